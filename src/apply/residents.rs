//! The pods of a node at this moment, and whether each may leave it.

use k8s_openapi::api::policy::v1::PodDisruptionBudget;

use super::occupants::pods_on;
use super::{ApplyContext, Obstacle};
use crate::duration::Seconds;
use crate::gather::kubernetes::budgets::read_budget;
use crate::gather::kubernetes::list::list_all;
use crate::plan::{DrainTerms, Drainability};
use crate::snapshot::{DisruptionBudget, Pod};

/// A pod that is on a node now.
pub(super) struct Resident {
    pub(super) pod: Pod,
    /// Whether it may leave.
    pub(super) verdict: Drainability,
}

/// Every unfinished pod of a node. `grace` is `--drain-grace` of its group.
pub(super) async fn residents(context: &ApplyContext<'_>, node: &str, grace: Seconds) -> Result<Vec<Resident>, Obstacle> {
    let (pods, specs) = pods_on(context, node).await?;
    let budgets = budgets(context).await?;
    let terms = DrainTerms {
        now: (context.clock)(),
        own_pod: context.own_pod,
        expendable_below: context.policy.expendable_below,
        scheduler_names: &context.policy.scheduler_names,
        grace,
        budgets: &budgets,
    };
    let verdicts: Vec<Drainability> = terms.verdicts(pods.iter().map(|pod| (pod, &specs[&pod.spec])));
    Ok(pods.into_iter().zip(verdicts).map(|(pod, verdict)| Resident { pod, verdict }).collect())
}

async fn budgets(context: &ApplyContext<'_>) -> Result<Vec<DisruptionBudget>, Obstacle> {
    let listed = list_all(&context.kubernetes, |budget: &PodDisruptionBudget| read_budget(budget)).await;
    listed.map_err(|error| Obstacle::Failed(format!("listing poddisruptionbudgets: {error}")))
}
