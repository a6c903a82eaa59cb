//! Row 5: the pod says that it may be evicted. That lifts what protects it from us (rows 6 to 9), and nothing else.

use crate::plan::drain::Question;
use crate::well_known::annotations::SAFE_TO_EVICT;

/// Whether the pod says yes.
pub(in crate::plan::drain) fn says_yes(question: &Question<'_>) -> bool {
    question.annotation(SAFE_TO_EVICT) == Some("true")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::sample::Sample;
    use crate::well_known::annotations::SAFE_TO_EVICT;

    #[test]
    fn it_lifts_rows_6_to_9() {
        let cases = [
            ("a Job", Sample::job()),
            ("no controller", Sample::web().pod("owner", json!(null))),
            ("just bound", Sample::web().pod("scheduling", json!({ "state": "scheduled", "at": "2026-11-22T11:59:00Z" }))),
            ("kube-system", Sample::web().pod("namespace", json!("kube-system"))),
            ("scratch space", Sample::web().pod("volumes", json!([{ "kind": "empty-dir", "volume": "tmp" }]))),
        ];
        for (case, sample) in cases {
            assert!(!sample.is_movable(), "{case}: without the yes");
            assert!(sample.annotation(SAFE_TO_EVICT, "true").is_movable(), "{case}: with it");
        }
    }

    #[test]
    fn a_budget_counts_all_the_same() {
        assert!(!Sample::web().budget("quorum", 0).annotation(SAFE_TO_EVICT, "true").is_movable());
    }

    #[test]
    fn of_a_job_it_says_what_an_eviction_costs() {
        assert_eq!(
            Sample::job().annotation(SAFE_TO_EVICT, "true").verdict().to_string(),
            "may be moved, at an eviction cost of 1.00; it counts against the Job's backoffLimit unless its podFailurePolicy ignores \
             DisruptionTarget"
        );
    }
}
