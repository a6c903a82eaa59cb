//! Taints of devices (`ToleratesTaint` in `k8s.io/dynamic-resource-allocation/resourceclaim`).

use crate::snapshot::{DeviceTaint, DeviceToleration};

/// Whether each taint is tolerated.
pub(super) fn are_tolerated(taints: &[DeviceTaint], tolerations: &[DeviceToleration]) -> bool {
    taints.iter().all(|taint| tolerations.iter().any(|toleration| tolerates(toleration, taint)))
}

fn tolerates(toleration: &DeviceToleration, taint: &DeviceTaint) -> bool {
    toleration.effect.as_ref().is_none_or(|effect| *effect == taint.effect)
        && (toleration.key.is_empty() || toleration.key == taint.key)
        && toleration.value.as_ref().is_none_or(|value| *value == taint.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_taints_are_tolerated() {
        let taint = |key: &str| DeviceTaint { key: key.to_owned(), value: "yes".to_owned(), effect: "NoSchedule".to_owned() };
        let toleration = |key: &str, value: Option<&str>, effect: Option<&str>| DeviceToleration {
            key: key.to_owned(),
            value: value.map(str::to_owned),
            effect: effect.map(str::to_owned),
        };
        let cases = [
            (toleration("sick", Some("yes"), None), true),
            (toleration("sick", Some("no"), None), false),
            (toleration("sick", None, Some("NoSchedule")), true),
            (toleration("sick", None, Some("NoExecute")), false),
            (toleration("", None, None), true),
            (toleration("other", None, None), false),
        ];
        for (toleration, tolerated) in cases {
            assert_eq!(are_tolerated(&[taint("sick")], std::slice::from_ref(&toleration)), tolerated, "{toleration:?}");
        }
        assert!(!are_tolerated(&[taint("a"), taint("b")], &[toleration("a", None, None)]), "each taint counts");
        assert!(are_tolerated(&[], &[]));
    }
}
