//! The answers of Magnum and Nova that are read, and the one request that changes something.
//!
//! Only the fields that a rule reads are here. Fields that an older service leaves out, or answers
//! with null, have a default.

mod cluster;
mod flavor;
mod labels;
mod limits;
mod node_group;
mod pages;
mod resize;
mod server;
mod stack;
mod time;

pub(crate) use cluster::{ClusterAnswer, TemplateAnswer};
pub(crate) use flavor::FlavorAnswer;
pub(crate) use labels::StackLabels;
pub(crate) use limits::LimitsAnswer;
pub(crate) use node_group::{ListedGroup, NodeGroupAnswer};
pub(crate) use pages::{cluster_names, every_flavor, every_group, every_server};
pub(crate) use resize::{ResizeAnswer, ResizeBody};
pub(crate) use server::ServerAnswer;
pub(crate) use stack::{ListedStack, ResourceAnswer, StackAnswer, StackList};
