//! A step in a few words, such as `scale up workers-a (us-west-2): desired 3 → 5`.

use std::fmt;

use super::action::Action;
use super::reason::count;
use crate::snapshot::InstanceNote;

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoteInstances { seen, settled } => {
                let number = |notes: &[InstanceNote]| count(u64::try_from(notes.len()).unwrap_or(u64::MAX), "instance");
                match (seen.is_empty(), settled.is_empty()) {
                    (false, true) => write!(f, "note {} without a node", number(seen)),
                    (true, _) => write!(f, "forget {} noted without a node", number(settled)),
                    (false, false) => {
                        write!(f, "note {} without a node, forget {}", number(seen), number(settled))
                    }
                }
            }
            Self::ClearIdle { node, since: _ } => write!(f, "clear the idle mark of {}", node.name),
            Self::MarkIdle { node, since: _ } => write!(f, "mark {} idle", node.name),
            Self::ClearGone { node, since: _ } => write!(f, "take the mark off {}, whose instance is there", node.name),
            Self::MarkGone { node, instance, since: _ } => write!(f, "mark {}, whose instance {instance} is gone", node.name),
            Self::ClearNotReady { node } => write!(f, "take the mark off {}, which is Ready again", node.name),
            Self::MarkNotReady { node, since: _ } => write!(f, "mark {} not Ready", node.name),
            Self::DeleteNode { node, instance, .. } => {
                write!(f, "delete the Node {}, whose instance {instance} is gone", node.name)
            }
            Self::Uncordon { node, reason: _ } => write!(f, "uncordon {}", node.name),
            Self::SetDesired { group, from, to, nodes: _, reason: _ } => {
                write!(f, "scale up {group}: desired {from} → {to}")
            }
            Self::RevertDesired { group, from, to, failed_at: _, message: _ } => {
                write!(f, "take back what {group} cannot launch: desired {from} → {to}")
            }
            Self::Cordon { node, group: _, reason: _ } => write!(f, "cordon {}", node.name),
            Self::TerminateUnhealthy { group, instance, node, decrement, reason: _ } => {
                let how = if *decrement { "terminate" } else { "replace" };
                match node {
                    Some(node) => write!(f, "{how} unhealthy {} ({instance}) of {group}", node.name),
                    None => write!(f, "{how} unhealthy {instance} of {group}"),
                }
            }
            Self::StartDrain { node, group: _, grace: _, reason: _ } => write!(f, "cordon {} to drain it", node.name),
            Self::Evict { node, group: _, since: _, grace: _, timeout: _, pods } => {
                write!(f, "evict {} from {}", count(u64::try_from(pods.len()).unwrap_or(u64::MAX), "pod"), node.name)
            }
            Self::Terminate { node, group: _, instance, cordoned_at: _, reason: _ } => {
                write!(f, "terminate {} ({instance})", node.name)
            }
        }
    }
}
