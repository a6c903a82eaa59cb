//! AWS: Auto Scaling Groups, their launches, their instances and their failures. No type of its SDK
//! leaves this folder.
//!
//! | folder | holds |
//! |---|---|
//! | `sign_in` | clients of each region, credentials, profiles, names of regions |
//! | `reading` | every region side by side, and one region |
//! | `node_groups` | what EKS gives to the nodes of its managed node groups, and their updates |
//! | `groups` | which groups are ours, their tags, and their state |
//! | `automatic` | what changes groups without us: scheduled actions and the like |
//! | `reservations` | capacity that is reserved, and which groups use it |
//! | `launches` | launch templates and configurations, machine types, zones |
//! | `machines` | instances, their status checks, and whether they are the cluster's |
//! | `failures` | scaling activities and the messages of failed launches |
//! | `changes` | the desired capacity, launches in a named zone, and the end of an instance |
//! | `prices` | spot prices, and the price list |

mod automatic;
pub(crate) mod changes;
mod error;
pub(crate) mod failures;
pub(crate) mod groups;
pub(super) mod launches;
pub(crate) mod machines;
mod moment;
mod node_groups;
pub(crate) mod prices;
pub(crate) mod reading;
mod reservations;
pub(crate) mod sign_in;

pub use super::group_tags::tags::{Tags, read_tags};
pub use error::{AwsError, CredentialProblem};
pub use failures::activities::{InstanceTypes, read_activity};
pub use sign_in::clients::{AwsClients, AwsOptions};
pub use sign_in::region_names::REGIONS;
