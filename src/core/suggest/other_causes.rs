//! Pods that wait for something else than a node.

use super::no_help::NoHelp;
use crate::plan::{Plan, PodVerdict};
use crate::snapshot::ObjectName;

/// Returns the pods that wait for something else than a node.
pub(super) fn not_for_want_of_a_node(before: &Plan) -> Vec<(ObjectName, NoHelp)> {
    let waits_for_other_things = |verdict: &PodVerdict| match verdict {
        PodVerdict::Refused { .. }
        | PodVerdict::Gated { .. }
        | PodVerdict::OtherScheduler { .. }
        | PodVerdict::LowPriority { .. }
        | PodVerdict::DaemonSet
        | PodVerdict::NotModelled { .. }
        | PodVerdict::GangIncomplete { .. }
        | PodVerdict::GangUnknown { .. } => true,
        PodVerdict::FitsExisting { .. }
        | PodVerdict::Nominated { .. }
        | PodVerdict::FitsUpcoming { .. }
        | PodVerdict::FitsUncordoned { .. }
        | PodVerdict::FitsNew { .. }
        | PodVerdict::WaitsForRegion { .. }
        | PodVerdict::NotYetScheduled
        | PodVerdict::Terminating
        | PodVerdict::OtherNamespace
        | PodVerdict::RoomRequested { .. }
        | PodVerdict::GangWithoutRoom { .. }
        | PodVerdict::CannotHelp { .. } => false,
    };
    let others = before.pods.iter().filter(|pod| waits_for_other_things(&pod.verdict));
    others.map(|pod| (pod.pod.clone(), NoHelp::NotForWantOfANode { verdict: pod.verdict.clone() })).collect()
}
