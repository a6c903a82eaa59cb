//! Explanations of one object: why a pod is pending, what a node is doing, what a new node of a
//! group would be like. They are pure functions of the same snapshot and policy as a plan.

mod absent;
mod alike;
mod automatic;
mod buffer;
mod gang;
mod group;
mod group_name;
mod node;
mod placement;
mod pod;
mod present;
mod price;
mod ranking;
mod request;
mod reserved;
mod template;

pub use super::scale_up::{CloudChooses, Precedence, Unused};
pub use absent::{AbsentPodsExplanation, HeldOnNode, PodsInWords};
pub use alike::NodesAlike;
pub use automatic::AutomaticFact;
pub use buffer::{BufferExplanation, buffer};
pub use gang::{GangExplanation, GangNode, GangPods, gangs};
pub use group::{GapFact, GroupExplanation, HealthFacts, Limits, Rank, explain as group};
pub use group_name::NoSuchGroup;
pub use node::{NodeExplanation, PodOnNode, PodsAlike, node};
pub use placement::PlacementFact;
pub use pod::{GroupVerdict, NodeVerdict, PodExplanation, pod};
pub use price::PriceFact;
pub use ranking::RankStep;
pub use request::{PodSetExplanation, RequestExplanation, request};
pub use reserved::ReservedFact;
pub use template::{
    AmountFact, DaemonRequests, LabelFact, OverheadFact, TaintFact, TemplateExplanation, VariantExplanation, VolumeLimit,
};
