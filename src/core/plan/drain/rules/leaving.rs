//! A pod that is being deleted, and whose grace period is not over, leaves by itself.

use crate::plan::drain::{Drainability, Question, WaitReason};

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let until = question.pod.deletion_deadline?;
    Some(Drainability::Waits { why: WaitReason::Leaving { until, now: question.now } })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::test_pod::SamplePod;

    #[test]
    fn a_pod_within_its_grace_is_waited_for() {
        let leaving = SamplePod::web().pod("deletion_deadline", json!("2026-11-22T12:00:20Z"));
        assert_eq!(leaving.verdict().to_string(), "is being deleted, until 12:00 UTC, in 20s");
    }
}
