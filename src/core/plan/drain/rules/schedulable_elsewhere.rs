//! Row 11, as far as one pod by itself tells: where nobody can say which nodes would take the pod, none will be found.

use crate::plan::drain::{BlockReason, Drainability, Question};

pub(super) fn ask(question: &Question<'_>) -> Option<Drainability> {
    let scheduler = &question.spec.scheduler_name;
    let why = if !question.scheduler_names.contains(scheduler) {
        BlockReason::OtherScheduler { scheduler: scheduler.clone() }
    } else if let Some(claim) = question.spec.resource_claims.first() {
        // A claim is allocated on the node where the pod is; where it could be allocated anew is not modelled.
        BlockReason::ResourceClaim { claim: claim.clone() }
    } else {
        return None;
    };
    Some(Drainability::Blocks { why })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::sample::Sample;

    #[test]
    fn what_is_not_modelled_stays() {
        let of_volcano = Sample::web().spec("scheduler_name", json!("volcano"));
        assert_eq!(of_volcano.verdict().to_string(), "is placed by volcano, not by a --scheduler-name");
        let with_device = Sample::web().spec("resource_claims", json!(["gpu"]));
        assert_eq!(
            with_device.verdict().to_string(),
            "uses the resource claim gpu; where else that could be had is not modelled"
        );
    }
}
