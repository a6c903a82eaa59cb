//! Plans that `apply` refuses, whatever the state of the cluster.

use super::RunError;
use crate::plan::{FindingCode, Plan, allowed};
use crate::snapshot::{ForeignAutoscaler, Snapshot};

/// Checks a plan against rules that do not depend on the planner: the last defence against a fault
/// of the planner. A step that breaks one is left out; a plan that breaks one as a whole is
/// refused.
pub(super) fn checked(plan: Plan, snapshot: &Snapshot) -> Result<Plan, RunError> {
    allowed(plan, snapshot).map_err(|broken| {
        let rules: Vec<String> = broken.iter().map(ToString::to_string).collect();
        RunError::BrokenPlan { rules: rules.join("; ") }
    })
}

/// Refuses to run beside Cluster Autoscaler, which sets the desired capacity of the same kind of
/// groups. Karpenter makes instances of its own.
pub(super) fn refuse_beside_cluster_autoscaler(plan: &Plan, allowed: bool) -> Result<(), RunError> {
    let holder = plan.findings.iter().find_map(|finding| match &finding.code {
        FindingCode::ForeignAutoscaler { autoscaler: ForeignAutoscaler::ClusterAutoscaler, holder } => Some(holder),
        _ => None,
    });
    match holder {
        Some(holder) if !allowed => Err(RunError::BesideClusterAutoscaler { holder: holder.clone() }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::decide;
    use super::super::user_facing::UserFacing;
    use super::*;
    use crate::exit::ExitCode;
    use crate::plan::{Action, Finding};
    use crate::policy::Policy;

    fn beside(autoscaler: ForeignAutoscaler, allowed: bool) -> Result<(), RunError> {
        let mut plan = decide(&crate::demo::snapshot(), &Policy::default()).expect("the demo has groups");
        plan.findings = vec![Finding {
            code: FindingCode::ForeignAutoscaler { autoscaler, holder: "ca-1".into() },
            message: String::new(),
        }];
        refuse_beside_cluster_autoscaler(&plan, allowed)
    }

    #[test]
    fn cluster_autoscaler_is_refused_unless_allowed() {
        let error = beside(ForeignAutoscaler::ClusterAutoscaler, false).expect_err("refused");
        assert!(error.to_string().contains("ca-1"), "{error}");
        assert_eq!(error.exit_code(), ExitCode::Failed);
        assert!(beside(ForeignAutoscaler::ClusterAutoscaler, true).is_ok());
        assert!(beside(ForeignAutoscaler::Karpenter, false).is_ok());
    }

    #[test]
    fn a_plan_that_breaks_a_rule_as_a_whole_is_refused() {
        let snapshot = crate::demo::snapshot();
        let mut plan = decide(&snapshot, &Policy::default()).expect("the demo has groups");
        assert_eq!(checked(plan.clone(), &snapshot).ok().as_ref(), Some(&plan));
        for action in &mut plan.actions {
            if let Action::SetDesired { nodes, .. } = action {
                *nodes = 1000;
            }
        }
        let error = checked(plan, &snapshot).expect_err("far more than a run may buy");
        assert!(error.to_string().contains("--max-scale-up"), "{error}");
    }
}
