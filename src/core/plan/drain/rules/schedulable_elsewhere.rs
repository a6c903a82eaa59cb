//! A pod stays when it cannot be known which nodes would take it.

use crate::plan::drain::{BlockReason, Drainability, Question};

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let scheduler = &question.spec.scheduler_name;
    let why = if !question.scheduler_names.contains(scheduler) {
        BlockReason::OtherScheduler { scheduler: scheduler.clone() }
    } else if let Some(claim) = question.spec.resource_claims.first() {
        // A claim is allocated on the node where the pod is; where it could be allocated again is
        // not modelled.
        BlockReason::ResourceClaim { claim: claim.clone() }
    } else {
        return None;
    };
    Some(Drainability::Blocks { why })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::test_pod::SamplePod;

    #[test]
    fn what_is_not_modelled_stays() {
        let of_volcano = SamplePod::web().spec("scheduler_name", json!("volcano"));
        assert_eq!(of_volcano.verdict().to_string(), "is placed by volcano, not by a --scheduler-name");
        let with_device = SamplePod::web().spec("resource_claims", json!(["gpu"]));
        assert_eq!(
            with_device.verdict().to_string(),
            "uses the resource claim gpu; where else that could be had is not modelled"
        );
    }
}
