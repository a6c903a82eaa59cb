//! A second AWS, for size: the calls that the product makes, answered from memory by one thread.
//!
//! ```text
//! gateway ─► admin (what a test sets up) · actions, one a file ─► world
//! ```
//!
//! The emulator (`tests/support/aws`) serves some 80 calls a second; this one serves thousands, and
//! 500 groups with 5,000 instances. It speaks the emulator's admin API, so that an [`Account`] is
//! used alike on both, and passes the contract suite (`tests/it/aws_contract.rs`) in what it has.
//! It has on-demand groups of one type and launches at once, with or without a zone that is named.
//! Launches fail for want of capacity alone, in whole groups. Whatever else a test wishes for it
//! refuses.

mod actions;
mod admin;
mod form;
mod gateway;
mod refusal;
mod world;
mod xml;

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use axum::Router;

use super::aws::Account;
use world::World;

static PORT: OnceLock<u16> = OnceLock::new();

/// The running stand-in, one for a test process.
pub(crate) struct AwsStandIn;

impl AwsStandIn {
    /// A fresh account on it; it is started by the first call.
    pub(crate) fn account() -> Account {
        Account::on_port(*PORT.get_or_init(start))
    }
}

fn start() -> u16 {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on the loopback address");
    listener.set_nonblocking(true).expect("a listener for an asynchronous server");
    let port = listener.local_addr().expect("the address of a bound listener").port();
    // It ends with the process.
    thread::Builder::new().name("aws-stand-in".to_owned()).spawn(move || serve(listener)).expect("a thread for the server");
    port
}

fn serve(listener: std::net::TcpListener) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime for the server");
    let service = Router::new().fallback(gateway::serve).with_state(Arc::new(Mutex::new(World::default())));
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener in the server's runtime");
        axum::serve(listener, service).await.expect("serving AWS");
    });
}
