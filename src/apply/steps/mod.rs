//! One kind of action a file: its preconditions, which are read again, and its one call.

pub(super) mod begin_drain;
pub(super) mod cordon;
mod drain_terms;
mod end_instance;
pub(super) mod evict;
mod growing;
pub(super) mod launch;
pub(super) mod leftover;
pub(super) mod marks;
pub(super) mod notes;
pub(super) mod remove_together;
pub(super) mod revert_desired;
pub(super) mod set_desired;
pub(super) mod terminate;
pub(super) mod terminate_unhealthy;
pub(super) mod uncordon;

use super::Ending;
use super::nodes::NodeChanged;

/// Describes how a step that changes a node ended.
fn changed(change: NodeChanged) -> Ending {
    match change {
        NodeChanged::Already => Ending::done("it was so already"),
        NodeChanged::Patched => Ending::done(""),
    }
}
