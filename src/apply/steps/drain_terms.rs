//! What the verdicts on the pods of a node depend on beside the pods: flags, and the budgets as
//! they are now.

use k8s_openapi::api::policy::v1::PodDisruptionBudget;

use crate::apply::Obstacle;
use crate::apply::step_context::StepContext;
use crate::kubernetes::list::list_all;
use crate::kubernetes::reading::budgets::read_budget;
use crate::plan::{DrainTerms, EvictionLimits};
use crate::snapshot::DisruptionBudget;

/// Returns what the verdict on a pod depends on beside the pod.
pub(super) fn terms<'a>(
    context: &'a StepContext<'_>,
    limits: EvictionLimits,
    budgets: &'a [DisruptionBudget],
) -> DrainTerms<'a> {
    DrainTerms {
        now: (context.clock)(),
        own_pod: context.own_pod,
        expendable_below: context.policy.expendable_below,
        scheduler_names: &context.policy.scheduler_names,
        limits,
        budgets,
    }
}

/// Reads the budgets.
pub(super) async fn budgets(context: &StepContext<'_>) -> Result<Vec<DisruptionBudget>, Obstacle> {
    let listed = list_all(&context.kubernetes, |budget: &PodDisruptionBudget| read_budget(budget)).await;
    listed.map_err(|error| Obstacle::Failed(format!("listing poddisruptionbudgets: {error}")))
}
