//! A step in a few words, such as `scale up workers-a (us-west-2): desired 3 → 5`.

use std::fmt;

use super::action::Action;
use super::reason::count;
use crate::snapshot::InstanceNote;

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoteInstances { seen, settled, fruitless } => {
                let number = |notes: &[InstanceNote]| count(u64::try_from(notes.len()).unwrap_or(u64::MAX), "instance");
                let parts = [
                    (!seen.is_empty()).then(|| format!("note {} without a node", number(seen))),
                    (!settled.is_empty()).then(|| format!("forget {} noted without a node", number(settled))),
                    (!fruitless.is_empty()).then(|| {
                        let groups: Vec<&str> = fruitless.iter().map(|note| note.group.name.as_str()).collect();
                        format!("note that nodes of {} helped nobody", groups.join(", "))
                    }),
                ];
                f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
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
            Self::Launch { group, from, to, zones, .. } => {
                let zones: Vec<String> = zones.iter().map(|launch| format!("{} in {}", launch.nodes, launch.zone)).collect();
                write!(f, "scale up {group}: desired {from} → {to}, {}", zones.join(" and "))
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
            Self::StartDrain { node, group: _, limits: _, reason: _ } => write!(f, "cordon {} to drain it", node.name),
            Self::Evict { node, group: _, since: _, limits: _, timeout: _, pods } => {
                write!(f, "evict {} from {}", count(u64::try_from(pods.len()).unwrap_or(u64::MAX), "pod"), node.name)
            }
            Self::Terminate { node, group: _, instance, cordoned_at: _, reason: _ } => {
                write!(f, "terminate {} ({instance})", node.name)
            }
        }
    }
}
