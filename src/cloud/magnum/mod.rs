//! OpenStack Magnum: the node groups of one cluster, their servers and their failures.
//!
//! | folder | holds |
//! |---|---|
//! | `sign_in` | settings, Keystone, the catalog, and single requests to the services |
//! | `api` | the answers that are read, and the request that changes a group |
//! | `driver` | which driver made the cluster, and what may be done with its groups |
//! | `reading` | the cluster with all that belongs to it, and what that is for the planner |
//! | `groups` | which groups are ours, their state, and which servers are theirs |
//! | `launches` | flavors, zones, and what a new node of a group is |
//! | `machines` | servers: their stage of life, their health, and whether they are the cluster's |
//! | `failures` | failed launches, by the states of groups and the faults of servers |
//! | `changes` | growth and removal, both by the same request |

pub(crate) mod api;
pub(crate) mod changes;
pub(crate) mod client;
pub(crate) mod driver;
mod error;
pub(crate) mod failures;
pub(crate) mod groups;
pub(crate) mod launches;
pub(crate) mod machines;
pub(crate) mod reading;
pub(crate) mod sign_in;

pub use client::MagnumClient;
pub use error::{MagnumError, RequestError, ServerWords, TokenKind};
pub use sign_in::options::MagnumOptions;
pub use sign_in::service::Service;
pub use sign_in::session::Session;
pub(crate) use sign_in::sources::settings_in_sight;
