//! The subject of a step.

use super::action::{Action, NodeRef};
use crate::snapshot::GroupId;

/// The subject of a step. Two steps of one stage about the same subject are the same step, or
/// contradict each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject<'a> {
    Node(&'a NodeRef),
    /// A Node object that its instance has left behind.
    Leftover(&'a NodeRef),
    Instance(&'a GroupId, &'a str),
    Group(&'a GroupId),
    /// The notes beside the Lease.
    Notes,
}

impl Action {
    /// Returns the subject of the step.
    pub(crate) fn subject(&self) -> Subject<'_> {
        match self {
            Self::ClearIdle { node, .. }
            | Self::MarkIdle { node, .. }
            | Self::Uncordon { node, .. }
            | Self::Cordon { node, .. }
            | Self::StartDrain { node, .. }
            | Self::Evict { node, .. }
            | Self::Terminate { node, .. } => Subject::Node(node),
            Self::ClearGone { node, .. }
            | Self::MarkGone { node, .. }
            | Self::ClearNotReady { node }
            | Self::MarkNotReady { node, .. }
            | Self::DeleteNode { node, .. } => Subject::Leftover(node),
            Self::TerminateUnhealthy { group, instance, .. } => Subject::Instance(group, instance),
            Self::SetDesired { group, .. } | Self::Launch { group, .. } | Self::RevertDesired { group, .. } => {
                Subject::Group(group)
            }
            Self::NoteInstances { .. } => Subject::Notes,
        }
    }
    /// Returns the node that it is about, if it is about one.
    #[must_use]
    pub fn node(&self) -> Option<&NodeRef> {
        match (self.subject(), self) {
            (Subject::Node(node) | Subject::Leftover(node), _) => Some(node),
            (_, Self::TerminateUnhealthy { node, .. }) => node.as_ref(),
            (Subject::Instance(..) | Subject::Group(_) | Subject::Notes, _) => None,
        }
    }
}
