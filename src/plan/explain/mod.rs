//! One object against everything: why is this pod pending, what is this node doing. Pure, from the same snapshot and policy as
//! a plan.

mod alike;
mod node;
mod pod;
mod present;

pub use alike::NodesAlike;
pub use node::{NodeExplanation, PodOnNode, PodsAlike, node};
pub use pod::{GroupAnswer, NodeAnswer, PodExplanation, pod};
