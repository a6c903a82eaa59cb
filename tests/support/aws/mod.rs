//! The AWS the tests talk to: moto behind a launcher of ours, one server per
//! test process, one AWS account per test.
//!
//! ```ignore
//! let aws = AwsServer::account();
//! aws.group("web-a").region("us-west-2").launch_template("m5.large").max(10).create();
//! // run the binary with aws.env(), then:
//! assert_eq!(aws.group_state("us-west-2", "web-a").desired, 2);
//! assert!(aws.mutations().is_empty());
//! ```
//!
//! `launcher.py` and `emulator/` say what moto gets wrong and what is mended;
//! `tests/it/aws_contract.rs` states how AWS answers and holds them to it.

mod account;
mod activity;
mod answered_launches;
mod automatic;
mod calls;
mod fault;
mod group;
mod instance;
mod launch_facts;
mod launches;
mod moment;
mod provision;
mod reservation;
mod server;
mod spot;
mod transition;

pub(crate) use account::Account;
pub(crate) use activity::Activity;
pub(crate) use answered_launches::AnsweredLag;
pub(crate) use calls::Call;
pub(crate) use fault::Fault;
pub(crate) use group::{Mixed, NewGroup};
pub(crate) use launches::{ActivityLag, LaunchDelay, LaunchFailure};
pub(crate) use moment::Moment;
pub(crate) use provision::python_with_moto;
pub(crate) use reservation::NewReservation;
pub(crate) use server::AwsServer;
pub(crate) use spot::SpotRequest;
pub(crate) use transition::Transition;
