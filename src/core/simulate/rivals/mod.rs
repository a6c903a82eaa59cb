//! Two models of other autoscalers, written from their documentation, to compare with. They are
//! models and not the tools: each has the rules that its files state, with the default values of
//! the documentation, and nothing else. They see the same cluster as our planner and act in the
//! same world.

mod cluster_autoscaler;
mod first_fit;
mod karpenter;
mod planner;
mod rival;
mod scene;
mod step;

pub use planner::{Planner, UnknownPlanner};
pub(super) use rival::Rival;
pub(super) use scene::{LaunchOffer, ModelCluster, ModelGroup, ModelMember, ModelNode, ModelPod};
pub(super) use step::{Launched, RivalStep};
