//! A pod whose annotation is `safe-to-evict: "on-completion"` stays until it ends.

use crate::plan::drain::{Drainability, Question, WaitReason};
use crate::well_known::annotations::SAFE_TO_EVICT;

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let waits = question.annotation(SAFE_TO_EVICT) == Some("on-completion");
    waits.then_some(Drainability::Waits { why: WaitReason::OnCompletion })
}

#[cfg(test)]
mod tests {
    use crate::plan::drain::test_pod::SamplePod;
    use crate::plan::drain::{Drainability, WaitReason};

    #[test]
    fn it_is_waited_for() {
        for sample in [SamplePod::web(), SamplePod::job()] {
            let waiting = sample.annotation("cluster-autoscaler.kubernetes.io/safe-to-evict", "on-completion");
            assert_eq!(waiting.verdict(), Drainability::Waits { why: WaitReason::OnCompletion });
        }
    }
}
