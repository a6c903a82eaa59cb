//! Devices that pods claim (dynamic resource allocation), allocated as kube-scheduler would.

mod alike;
mod capacity;
mod constraints;
mod extended;
mod facts;
mod new_node;
mod pools;
mod problem;
mod search;
mod selecting;
mod shapes;
mod taints;
mod taken;
mod wanted;

pub(super) use alike::{AlikeNodes, ClaimantIx, NodeStateIx, PoolKindIx};
pub(crate) use extended::EXTENDED_RESOURCES;
pub use extended::claim_of_extended_resources;
pub use facts::DeviceFacts;
pub use new_node::DevicesOfNewNode;
pub(super) use pools::{Completeness, Pool};
pub use problem::DeviceProblem;
pub(super) use search::{DeviceCandidate, DeviceSearch, Pick};
pub(super) use shapes::{SelectorIx, SelectorTexts, Shapes};
pub(super) use taken::{DevicesTaken, PoolIx};
pub use wanted::UnallocatedClaim;
pub(super) use wanted::{WantedClaim, WantedDevices};
