//! A pod stays when a person or its owner has marked it. The marks of both popular autoscalers
//! count like ours.

use crate::duration::Seconds;
use crate::plan::drain::{BlockReason, Drainability, Question};
use crate::snapshot::Scheduling;
use crate::well_known::annotations::{DO_NOT_DISRUPT, DO_NOT_EVICT, SAFE_TO_EVICT};
use crate::well_known::labels::DO_NOT_DRAIN;

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let why = unconditional(question).map(|mark| BlockReason::Mark { mark }).or_else(|| for_a_while(question))?;
    Some(Drainability::Blocks { why })
}

fn unconditional(question: &Question<'_>) -> Option<String> {
    let label = question.pod.labels.get(DO_NOT_DRAIN).filter(|value| *value == "true");
    if let Some(value) = label {
        return Some(format!("label {DO_NOT_DRAIN}={value}"));
    }
    if let Some(value) = question.annotation(SAFE_TO_EVICT).filter(|value| *value == "false") {
        return Some(format!("annotation {SAFE_TO_EVICT}={value}"));
    }
    let ours = question.annotation(DO_NOT_EVICT).filter(|value| *value != "false");
    ours.map(|value| format!("annotation {DO_NOT_EVICT}={value}"))
}

/// Returns the mark that keeps a pod for a duration from its start. A value that is neither a yes,
/// a no nor a duration counts as a no, since somebody meant to protect the pod. The pod starts when
/// it is bound: the kubelet begins at once.
fn for_a_while(question: &Question<'_>) -> Option<BlockReason> {
    let value = question.annotation(DO_NOT_DISRUPT).filter(|value| *value != "false")?;
    let mark = format!("annotation {DO_NOT_DISRUPT}={value}");
    let Ok(Seconds(seconds)) = value.parse::<Seconds>() else { return Some(BlockReason::Mark { mark }) };
    let started_at = match question.pod.scheduling {
        Scheduling::Scheduled { at: Some(at) } => at,
        Scheduling::Scheduled { at: None } | Scheduling::Unseen | Scheduling::Gated | Scheduling::Unschedulable { .. } => {
            question.now
        }
    };
    let until = Seconds(seconds).after(started_at);
    (until > question.now).then_some(BlockReason::MarkUntil { mark, until, now: question.now })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::test_pod::SamplePod;

    const SAFE: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";

    #[test]
    fn each_mark_keeps_the_pod() {
        for (sample, mark) in [
            (SamplePod::web().pod("labels", json!({ "openai/do-not-drain": "true" })), "label openai/do-not-drain=true"),
            (SamplePod::web().annotation(SAFE, "false"), "annotation cluster-autoscaler.kubernetes.io/safe-to-evict=false"),
            (SamplePod::web().annotation("ec2-autoscale/do-not-evict", ""), "annotation ec2-autoscale/do-not-evict="),
            (SamplePod::web().annotation("karpenter.sh/do-not-disrupt", "true"), "annotation karpenter.sh/do-not-disrupt=true"),
            (SamplePod::web().annotation("karpenter.sh/do-not-disrupt", "soon"), "annotation karpenter.sh/do-not-disrupt=soon"),
        ] {
            assert_eq!(sample.verdict().to_string(), format!("is kept by its {mark}"));
        }
    }

    #[test]
    fn a_no_beats_a_yes() {
        let both = SamplePod::web().annotation(SAFE, "true").annotation("karpenter.sh/do-not-disrupt", "true");
        assert!(both.verdict().in_the_way(), "{}", both.verdict());
    }

    #[test]
    fn a_label_or_annotation_of_another_value_does_not() {
        let sample = SamplePod::web()
            .pod("labels", json!({ "openai/do-not-drain": "false" }))
            .annotation("ec2-autoscale/do-not-evict", "false");
        assert!(sample.annotation("karpenter.sh/do-not-disrupt", "false").is_movable());
    }

    /// The sample's pod was bound two hours ago.
    #[test]
    fn karpenters_duration_counts_from_the_start() {
        let lasting = |value: &str| SamplePod::web().annotation("karpenter.sh/do-not-disrupt", value);
        assert!(lasting("2h").is_movable());
        assert_eq!(
            lasting("2h1m").verdict().to_string(),
            "is kept by its annotation karpenter.sh/do-not-disrupt=2h1m until 12:01 UTC, in 1m"
        );
    }
}
