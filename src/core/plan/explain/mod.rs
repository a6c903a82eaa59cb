//! One object against everything: why is this pod pending, what is this node doing, what would a new node of this group be. Pure,
//! from the same snapshot and policy as a plan.

mod alike;
mod group;
mod group_name;
mod node;
mod pod;
mod present;
mod price;
mod ranking;
mod template;

pub use super::scale_up::{Precedence, Unused};
pub use alike::NodesAlike;
pub use group::{GapFact, GroupExplanation, HealthFacts, Limits, Rank, explain as group};
pub use group_name::NoSuchGroup;
pub use node::{NodeExplanation, PodOnNode, PodsAlike, node};
pub use pod::{GroupAnswer, NodeAnswer, PodExplanation, pod};
pub use price::PriceFact;
pub use ranking::RankStep;
pub use template::{AmountFact, DaemonRequests, LabelFact, TaintFact, TemplateExplanation, VariantExplanation, VolumeLimit};
