//! A pod that was placed a short while ago stays for `--drain-grace`.

use crate::duration::Seconds;
use crate::plan::drain::{BlockReason, Drainability, Question};
use crate::snapshot::Scheduling;

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let grace = question.limits.grace;
    let age = match question.pod.scheduling {
        Scheduling::Scheduled { at: Some(at) } => Seconds::between(at, question.now),
        // The kubelet writes the time. Before it has done so, the pod is new here.
        Scheduling::Scheduled { at: None } | Scheduling::Unseen | Scheduling::Gated | Scheduling::Unschedulable { .. } => {
            Seconds(0)
        }
    };
    (age < grace).then_some(Drainability::Blocks { why: BlockReason::ScheduledLately { age, grace } })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::test_pod::SamplePod;

    #[test]
    fn the_grace_counts_from_the_binding() {
        let bound = |at: &str| SamplePod::web().pod("scheduling", json!({ "state": "scheduled", "at": at }));
        assert!(bound("2026-11-22T11:00:00Z").is_movable());
        assert_eq!(
            bound("2026-11-22T11:00:01Z").verdict().to_string(),
            "was placed here 59m 59s ago, less than --drain-grace 1h"
        );
    }

    #[test]
    fn a_pod_whose_binding_has_no_time_is_new() {
        assert!(!SamplePod::web().pod("scheduling", json!({ "state": "scheduled" })).is_movable());
    }
}
