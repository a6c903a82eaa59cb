//! Tolerations, and the taints that they accept.

use crate::scheduler::{Gates, NodeView};
use crate::snapshot::{PodSpec, Taint, TaintEffect, Toleration, TolerationOperator};

/// Whether tolerations accept every taint that keeps pods away.
pub(in crate::scheduler) fn tolerates_all(tolerations: &[Toleration], node: &NodeView<'_>, gates: Gates) -> bool {
    first_untolerated(tolerations, node, gates).is_none()
}

pub(in crate::scheduler) fn first_untolerated<'a>(
    tolerations: &[Toleration],
    node: &NodeView<'a>,
    gates: Gates,
) -> Option<&'a Taint> {
    node.taints.iter().filter(|taint| keeps_away(taint.effect)).find(|taint| !tolerates(tolerations, taint, gates))
}

fn keeps_away(effect: TaintEffect) -> bool {
    match effect {
        TaintEffect::NoSchedule | TaintEffect::NoExecute => true,
        TaintEffect::PreferNoSchedule => false,
    }
}

/// Counts the taints that such pods avoid if they can: the plugin scores nodes by this number.
#[must_use]
pub fn discouragements(spec: &PodSpec, taints: &[Taint], gates: Gates) -> usize {
    let discourages = |taint: &&Taint| taint.effect == TaintEffect::PreferNoSchedule;
    taints.iter().filter(discourages).filter(|taint| !tolerates(&spec.tolerations, taint, gates)).count()
}

/// Whether any of the tolerations accepts the taint.
pub(in crate::scheduler) fn tolerates(tolerations: &[Toleration], taint: &Taint, gates: Gates) -> bool {
    tolerations.iter().any(|toleration| accepts(toleration, taint, gates))
}

fn accepts(toleration: &Toleration, taint: &Taint, gates: Gates) -> bool {
    let same_effect = toleration.effect.is_none_or(|effect| effect == taint.effect);
    let same_key = toleration.key.as_ref().is_none_or(|key| *key == taint.key);
    same_effect
        && same_key
        && match toleration.operator {
            TolerationOperator::Exists => true,
            TolerationOperator::Equal => toleration.key.is_some() && toleration.value == taint.value,
            TolerationOperator::Lt => compare(toleration, taint, gates).is_some_and(|(own, bound)| own < bound),
            TolerationOperator::Gt => compare(toleration, taint, gates).is_some_and(|(own, bound)| own > bound),
        }
}

/// Compares the taint's value and the toleration's as whole numbers; `None`, and so not tolerated,
/// when either is not one. Alpha and off by default (KEP 5471): a scheduler without the gate
/// tolerates nothing by them.
fn compare(toleration: &Toleration, taint: &Taint, gates: Gates) -> Option<(i64, i64)> {
    let bounds = || Some((taint.value.parse().ok()?, toleration.value.parse().ok()?));
    if gates.numeric_tolerations && toleration.key.is_some() { bounds() } else { None }
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
            assert_eq!(accepts(&toleration, &taint(NoSchedule), Gates::default()), accepted, "{name}");
        }
    }

    #[test]
    fn numbers_are_compared_behind_the_gate() {
        let gates = Gates { numeric_tolerations: true };
        for (operator, own, bound, accepted) in [
            (TolerationOperator::Lt, "5", "10", true),
            (TolerationOperator::Lt, "10", "10", false),
            (Gt, "950", "900", true),
            (Gt, "900", "900", false),
            (Gt, "many", "1", false),
            (Gt, "-1", "-2", true),
        ] {
            let toleration = Toleration { key: Some("gpu".into()), operator, value: bound.into(), effect: None };
            let taint = Taint { value: own.into(), ..taint(NoSchedule) };
            assert_eq!(accepts(&toleration, &taint, gates), accepted, "{own} {operator:?} {bound}");
        }
    }

    #[test]
    fn a_taint_that_only_prefers_keeps_nobody_away() {
        assert!(!keeps_away(taint(PreferNoSchedule).effect));
    }
}
