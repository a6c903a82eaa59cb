//! Row 4: the pod asks to be left until it ends.

use crate::plan::drain::{Drainability, Question, WaitReason};
use crate::well_known::annotations::SAFE_TO_EVICT;

pub(super) fn ask(question: &Question<'_>) -> Option<Drainability> {
    let waits = question.annotation(SAFE_TO_EVICT) == Some("on-completion");
    waits.then_some(Drainability::Waits { why: WaitReason::OnCompletion })
}

#[cfg(test)]
mod tests {
    use crate::plan::drain::sample::Sample;
    use crate::plan::drain::{Drainability, WaitReason};

    #[test]
    fn it_is_waited_for() {
        for sample in [Sample::web(), Sample::job()] {
            let asks = sample.annotation("cluster-autoscaler.kubernetes.io/safe-to-evict", "on-completion");
            assert_eq!(asks.verdict(), Drainability::Waits { why: WaitReason::OnCompletion });
        }
    }
}
