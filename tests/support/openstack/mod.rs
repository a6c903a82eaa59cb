//! The OpenStack the tests talk to: genuine Keystone and Magnum, with drivers, machines and the
//! lists of Nova and Heat of ours; one set of processes per test process, one project per test.
//!
//! ```ignore
//! let project = OpenStackServer::project();
//! let workers = NewNodeGroup::named("default-worker").count(3).max(9);
//! let cluster = project.cluster("web").group(workers).create();
//! // run the binary with project.env(project.member()), then:
//! cluster.settle();
//! assert_eq!(cluster.state().groups["default-worker"].servers.len(), 3);
//! assert!(project.mutations().is_empty());
//! ```
//!
//! What is pretended is told in `emulator/`; `tests/it/openstack_contract.rs` states how the
//! services answer.

mod calls;
mod cluster;
mod driver_mode;
mod fault;
mod group_fault;
mod machine;
mod moment;
mod node_group;
mod project;
mod server;

pub(crate) use cluster::MagnumCluster;
pub(crate) use driver_mode::DriverMode;
pub(crate) use fault::OpenStackFault;
pub(crate) use group_fault::GroupFault;
pub(crate) use machine::OpenStackMachine;
pub(crate) use moment::OpenStackMoment;
pub(crate) use node_group::NewNodeGroup;
pub(crate) use project::{OpenStackPerson, OpenStackProject};
pub(crate) use server::OpenStackServer;
