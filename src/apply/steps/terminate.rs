//! Terminates a node that an earlier run cordoned: the second of the two looks, and the one step
//! that cannot be undone.

use jiff::Timestamp;

use super::end_instance::{end_instance, names_of_node, names_unless_provider_id};
use super::uncordon::undo_cordon;
use crate::apply::cloud::read_group;
use crate::apply::expected::expected_on;
use crate::apply::nodes::read_node;
use crate::apply::pods_on_node::pods_on;
use crate::apply::proof::{InstanceProof, Terminable, Termination, TerminationLooks};
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason, StepOutcome};
use crate::cloud::GroupNow;
use crate::plan::NodeRef;
use crate::snapshot::GroupId;

/// Terminates the instance and lowers the group's desired capacity with it. The Node object stays
/// for the cloud controller.
///
/// A node that is needed again is uncordoned instead.
pub(in crate::apply) async fn terminate(
    context: &StepContext<'_>,
    node: &NodeRef,
    group: &GroupId,
    instance: &str,
    cordoned_at: Timestamp,
) -> Result<Ending, Obstacle> {
    let prove = async || {
        let group_now = read_group(context, group).await?;
        Box::pin(prove(context, (group, &group_now), node, instance, cordoned_at)).await
    };
    or_uncordon(context, node, end_instance(context, group, prove).await).await
}

/// Proves that the node may end: reads all that was not read of it yet, in the order of the proof.
pub(super) async fn prove(
    context: &StepContext<'_>,
    (group, group_now): (&GroupId, &GroupNow),
    node: &NodeRef,
    instance: &str,
    cordoned_at: Timestamp,
) -> Result<InstanceProof, Obstacle> {
    let settle = context.policy.cordon_settle;
    let terminable = Terminable { node, instance, cordoned_at, settle, rules: context.pod_rules() };
    let nodes = context.census().recent(context).await?;
    let by_ec2 = names_unless_provider_id(context, (&group.region, instance), node, &nodes).await?;
    let expected = expected_on(context, &node.name).await?;
    let lease = context.look_at_lease().await?;
    let found = read_node(context, node).await?.node;
    let names = names_of_node(&found, by_ec2)?;
    let pods = pods_on(context, &node.name).await?;
    let looks = TerminationLooks {
        group: group_now,
        names: &names,
        expected: &expected,
        lease: &lease,
        nodes: &nodes,
        node: &found,
        pods: &pods,
        now: (context.clock)(),
    };
    Ok(InstanceProof::Emptied(Termination::prove(terminable, &looks)?))
}

/// Uncordons the node where the ending is that it became busy.
pub(super) async fn or_uncordon(
    context: &StepContext<'_>,
    node: &NodeRef,
    ending: Result<Ending, Obstacle>,
) -> Result<Ending, Obstacle> {
    match ending {
        Err(obstacle) => uncordon_again(context, node, obstacle).await,
        ending => ending,
    }
}

/// Uncordons a node that became busy; any other obstacle leaves it as it is.
async fn uncordon_again(context: &StepContext<'_>, node: &NodeRef, obstacle: Obstacle) -> Result<Ending, Obstacle> {
    let busy = matches!(
        obstacle,
        Obstacle::Skipped(SkipReason::BecameBusy { .. } | SkipReason::PodNominated { .. } | SkipReason::VolumeSelected { .. })
    );
    if !busy {
        return Err(obstacle);
    }
    let why = StepOutcome::from(obstacle);
    match undo_cordon(context, node).await {
        Ok(_) => Ok(Ending::new(why, "uncordoned again".to_owned())),
        Err(lost @ Obstacle::NotReached(_)) => Err(lost),
        Err(trouble) => Err(Obstacle::Failed(format!("{why}; and it could not be uncordoned: {}", StepOutcome::from(trouble)))),
    }
}
