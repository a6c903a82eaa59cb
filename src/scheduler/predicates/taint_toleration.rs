//! `TaintToleration`: the first taint that the pod does not tolerate keeps it away.

use crate::scheduler::{Misfit, NodeView, PodView};
use crate::snapshot::{Taint, TaintEffect, Toleration, TolerationOperator};

pub(super) fn refuses(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    let untolerated =
        node.taints.iter().filter(|taint| keeps_away(taint.effect)).find(|taint| !tolerates(&pod.spec.tolerations, taint));
    untolerated.map(|taint| Misfit::TaintToleration { taint: taint.clone() })
}

fn keeps_away(effect: TaintEffect) -> bool {
    match effect {
        TaintEffect::NoSchedule | TaintEffect::NoExecute => true,
        TaintEffect::PreferNoSchedule => false,
    }
}

/// Whether any of the tolerations accepts the taint.
pub(crate) fn tolerates(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations.iter().any(|toleration| accepts(toleration, taint))
}

fn accepts(toleration: &Toleration, taint: &Taint) -> bool {
    let same_effect = toleration.effect.is_none_or(|effect| effect == taint.effect);
    let same_key = toleration.key.as_ref().is_none_or(|key| *key == taint.key);
    same_effect
        && same_key
        && match toleration.operator {
            TolerationOperator::Exists => true,
            TolerationOperator::Equal => toleration.key.is_some() && toleration.value == taint.value,
            // Alpha and off by default (KEP 5471): a scheduler without the gate tolerates nothing by them.
            TolerationOperator::Lt | TolerationOperator::Gt => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TaintEffect::{NoExecute, NoSchedule, PreferNoSchedule};
    use TolerationOperator::{Equal, Exists, Gt};

    fn taint(effect: TaintEffect) -> Taint {
        Taint { key: "gpu".into(), value: "a100".into(), effect }
    }

    /// Cases after `staging/src/k8s.io/api/core/v1/toleration_test.go`.
    #[test]
    fn keys_values_and_effects_are_compared_as_the_api_says() {
        for (name, key, operator, value, effect, accepted) in [
            ("all the same", Some("gpu"), Equal, "a100", Some(NoSchedule), true),
            ("no effect means every effect", Some("gpu"), Equal, "a100", None, true),
            ("another value", Some("gpu"), Equal, "v100", None, false),
            ("another key", Some("cpu"), Equal, "a100", None, false),
            ("another effect", Some("gpu"), Equal, "a100", Some(NoExecute), false),
            ("any value", Some("gpu"), Exists, "", None, true),
            ("any key", None, Exists, "", None, true),
            ("any key, another effect", None, Exists, "", Some(NoExecute), false),
            ("no key needs Exists", None, Equal, "a100", None, false),
            ("numbers are compared only behind a gate", Some("gpu"), Gt, "1", None, false),
        ] {
            let toleration = Toleration { key: key.map(str::to_owned), operator, value: value.into(), effect };
            assert_eq!(accepts(&toleration, &taint(NoSchedule)), accepted, "{name}");
        }
    }

    #[test]
    fn a_taint_that_only_prefers_keeps_nobody_away() {
        assert!(!keeps_away(taint(PreferNoSchedule).effect));
    }
}
