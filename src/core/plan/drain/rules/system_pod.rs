//! Row 8: a part of the cluster itself is moved only where its owner said, by a budget, how many may be missing.

use crate::plan::drain::{BlockReason, Claim, Drainability, Question};

const SYSTEM_NAMESPACE: &str = "kube-system";

pub(super) fn ask(question: &Question<'_>) -> Option<Drainability> {
    let is_system = question.pod.namespace == SYSTEM_NAMESPACE;
    let has_budget = || !matches!(question.budgets.matching(question.pod), Claim::None);
    (is_system && !has_budget()).then_some(Drainability::Blocks { why: BlockReason::SystemPod })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::sample::Sample;

    #[test]
    fn a_system_pod_needs_a_budget() {
        let system = || Sample::web().pod("namespace", json!("kube-system"));
        assert_eq!(system().verdict().to_string(), "is in kube-system without a PodDisruptionBudget");
        assert!(system().budget("dns", 1).is_movable());
    }
}
