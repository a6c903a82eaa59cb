//! A pod of the system moves only where a budget states how many may be missing.

use crate::plan::drain::{BlockReason, CoveringBudgets, Drainability, Question};

const SYSTEM_NAMESPACE: &str = "kube-system";

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let is_system = question.pod.namespace == SYSTEM_NAMESPACE;
    let has_budget = || !matches!(question.budgets.covering(question.pod), CoveringBudgets::None);
    (is_system && !has_budget()).then_some(Drainability::Blocks { why: BlockReason::SystemPod })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::test_pod::SamplePod;

    #[test]
    fn a_system_pod_needs_a_budget() {
        let system = || SamplePod::web().pod("namespace", json!("kube-system"));
        assert_eq!(system().verdict().to_string(), "is in kube-system without a PodDisruptionBudget");
        assert!(system().budget("dns", 1).is_movable());
    }
}
