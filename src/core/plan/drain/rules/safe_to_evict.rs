//! The annotation `safe-to-evict: "true"`, which permits the eviction. It lifts the rules that
//! protect a pod from us, and nothing else.

use crate::plan::drain::Question;
use crate::well_known::annotations::SAFE_TO_EVICT;

/// Whether the annotation permits the eviction.
pub(in crate::plan::drain) fn permits_eviction(question: &Question<'_>) -> bool {
    question.annotation(SAFE_TO_EVICT) == Some("true")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::test_pod::SamplePod;
    use crate::well_known::annotations::SAFE_TO_EVICT;

    #[test]
    fn it_lifts_the_rules_that_protect_a_pod_from_us() {
        let cases = [
            ("a Job", SamplePod::job()),
            ("no controller", SamplePod::web().pod("owner", json!(null))),
            ("just bound", SamplePod::web().pod("scheduling", json!({ "state": "scheduled", "at": "2026-11-22T11:59:00Z" }))),
            ("kube-system", SamplePod::web().pod("namespace", json!("kube-system"))),
            ("scratch space", SamplePod::web().pod("volumes", json!([{ "kind": "empty-dir", "volume": "tmp" }]))),
        ];
        for (case, sample) in cases {
            assert!(!sample.is_movable(), "{case}: without the annotation");
            assert!(sample.annotation(SAFE_TO_EVICT, "true").is_movable(), "{case}: with it");
        }
    }

    #[test]
    fn a_budget_counts_all_the_same() {
        assert!(!SamplePod::web().budget("quorum", 0).annotation(SAFE_TO_EVICT, "true").is_movable());
    }

    #[test]
    fn the_verdict_on_a_job_states_what_an_eviction_costs() {
        assert_eq!(
            SamplePod::job().annotation(SAFE_TO_EVICT, "true").verdict().to_string(),
            "may be moved, at an eviction cost of 1.00; it counts against the Job's backoffLimit unless its podFailurePolicy ignores \
             DisruptionTarget"
        );
    }
}
