//! One kind of action a file: what it presumes, looked at again, and the one call it makes.

pub(super) mod cordon;
pub(super) mod drain;
mod end_instance;
pub(super) mod leftover;
pub(super) mod marks;
pub(super) mod notes;
pub(super) mod revert_desired;
pub(super) mod set_desired;
pub(super) mod terminate;
pub(super) mod terminate_unhealthy;
pub(super) mod uncordon;

use jiff::Timestamp;

use super::kubernetes::NodeChanged;
use super::{Ending, SkipReason};
use crate::snapshot::{DETACHED_LABELS, Node};

/// How a step that changes a node ended.
fn changed(change: NodeChanged) -> Ending {
    match change {
        NodeChanged::Already => Ending::done("it was so already"),
        NodeChanged::Patched => Ending::done(""),
    }
}

/// When we cordoned the node; refuses one that is open, or that a person cordoned.
fn our_cordon(node: &Node) -> Result<Timestamp, SkipReason> {
    match (node.unschedulable, node.cordoned_by_us()) {
        (false, _) => Err(SkipReason::NotCordoned),
        (true, None) => Err(SkipReason::CordonedByPerson),
        (true, Some(at)) => Ok(at),
    }
}

/// Refuses a node that somebody spoke for since the plan was made.
fn refuse_if_kept(node: &Node) -> Result<(), SkipReason> {
    let detached = DETACHED_LABELS.into_iter().find(|label| node.labels.contains_key(*label));
    match node.protecting_mark().or(detached) {
        Some(mark) => Err(SkipReason::Kept { mark: mark.to_owned() }),
        None => Ok(()),
    }
}
