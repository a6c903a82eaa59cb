//! Plans that `apply` refuses, whatever the state of the cluster.

use super::RunError;
use crate::plan::check::Violation;
use crate::plan::{FindingCode, Plan, Proposal, allowed};
use crate::snapshot::{ForeignAutoscaler, Snapshot};

/// Checks a plan against rules that do not depend on the planner: the last defence against a fault
/// of the planner. A step that breaks one is left out; a plan that breaks one as a whole is
/// refused.
pub(super) fn checked(plan: Proposal, snapshot: &Snapshot) -> Result<Proposal, RunError> {
    allowed(plan, snapshot).map_err(|broken| broken_plan(&broken))
}

fn broken_plan(broken: &[Violation]) -> RunError {
    let rules: Vec<String> = broken.iter().map(ToString::to_string).collect();
    RunError::BrokenPlan { rules: rules.join("; ") }
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
    use crate::plan::Finding;
    use crate::policy::Policy;

    fn beside(autoscaler: ForeignAutoscaler, allowed: bool) -> Result<(), RunError> {
        let mut plan = decide(&crate::demo::snapshot(), &Policy::default()).expect("the demo has groups").into_plan();
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
    fn a_plan_that_breaks_a_rule_is_refused_with_every_rule() {
        let snapshot = crate::demo::snapshot();
        let sound = decide(&snapshot, &Policy::default()).expect("the demo has groups");
        assert_eq!(checked(sound.clone(), &snapshot).ok(), Some(sound));
        let error = broken_plan(&[Violation::TooManyNew(8), Violation::ClockOff]);
        assert_eq!(error.exit_code(), ExitCode::Failed);
        assert!(
            error.to_string().contains("--max-scale-up") && error.to_string().contains(&Violation::ClockOff.to_string()),
            "{error}"
        );
    }
}
