//! Ends an instance that does no work and never will: it did not become a node, or its node is
//! dead.

use jiff::Timestamp;

use super::end_instance::{end_instance, names_of_node, names_unless_provider_id};
use crate::apply::census::{every_node, pods_bound_to};
use crate::apply::cloud::{health_of, names_of, read_group};
use crate::apply::nodes::read_node;
use crate::apply::pods_on_node::pods_on;
use crate::apply::proof::{DeadLooks, InstanceProof, Unhealthy, UnhealthyTermination, UnregisteredLooks};
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason};
use crate::cloud::{GroupNow, Share};
use crate::plan::{NodeRef, UnhealthyReason};
use crate::snapshot::{GroupId, MachineHealth};

/// An instance that was unhealthy when the plan was made.
#[derive(Clone, Copy)]
pub(in crate::apply) struct UnhealthyInstance<'a> {
    pub(in crate::apply) instance: &'a str,
    /// Its node, where it has one.
    pub(in crate::apply) node: Option<&'a NodeRef>,
    /// Whether its place in the group goes with it. If not, the cloud launches another.
    pub(in crate::apply) decrement: bool,
    pub(in crate::apply) reason: UnhealthyReason,
}

/// Terminates the instance, if it is still as unhealthy as in the plan.
pub(in crate::apply) async fn terminate_unhealthy(
    context: &StepContext<'_>,
    group: &GroupId,
    unhealthy: UnhealthyInstance<'_>,
) -> Result<Ending, Obstacle> {
    let prove = async || {
        let group_now = read_group(context, group).await?;
        Box::pin(prove(context, (group, &group_now), unhealthy)).await
    };
    end_instance(context, group, prove).await
}

/// Proves that the instance may end: reads all that was not read of it yet, in the order of the
/// proof.
pub(super) async fn prove(
    context: &StepContext<'_>,
    group: (&GroupId, &GroupNow),
    unhealthy: UnhealthyInstance<'_>,
) -> Result<InstanceProof, Obstacle> {
    let UnhealthyInstance { instance, node, decrement, reason } = unhealthy;
    let unhealthy = Unhealthy { instance, share: if decrement { Share::Goes } else { Share::Stays } };
    match (node, reason) {
        (Some(node), UnhealthyReason::Dead { since, machine }) => {
            look_at_dead(context, group, unhealthy, Dead { node, since, machine }).await
        }
        (None, UnhealthyReason::NeverRegistered { .. }) => look_at_unregistered(context, group, unhealthy).await,
        (Some(node), UnhealthyReason::NeverRegistered { .. }) => Err(SkipReason::Registered { node: node.name.clone() }.into()),
        (None, UnhealthyReason::Dead { .. }) => Err(SkipReason::NodeGone.into()),
    }
}

/// A node that was dead when the plan was made.
#[derive(Clone, Copy)]
struct Dead<'a> {
    node: &'a NodeRef,
    since: Timestamp,
    /// The health of its machine, where the plan relies on its being impaired.
    machine: Option<MachineHealth>,
}

/// Reads everything about a dead node, in the order of its proof.
async fn look_at_dead(
    context: &StepContext<'_>,
    (group, group_now): (&GroupId, &GroupNow),
    unhealthy: Unhealthy<'_>,
    dead: Dead<'_>,
) -> Result<InstanceProof, Obstacle> {
    let Dead { node, since, machine } = dead;
    let nodes = context.census().recent(context).await?;
    let by_ec2 = names_unless_provider_id(context, (&group.region, unhealthy.instance), node, &nodes).await?;
    let health = match machine {
        Some(_) => Some(health_of(context, &group.region, unhealthy.instance).await?),
        None => None,
    };
    let lease = context.look_at_lease().await?;
    let found = read_node(context, node).await?.node;
    let names = names_of_node(&found, by_ec2)?;
    let (bound, _) = pods_bound_to(context, &names).await?;
    let pods = pods_on(context, &node.name).await?;
    let (group, names, lease, nodes, node_now, pods) = (group_now, &names, &lease, &**nodes, &found, &pods);
    let looks = DeadLooks { group, names, health, lease, nodes, node: node_now, bound: &bound, pods };
    let proof = UnhealthyTermination::prove_dead(unhealthy, (node, since), context.pod_rules(), &looks)?;
    Ok(InstanceProof::Unhealthy(proof))
}

/// Reads everything about an instance without a node, in the order of its proof.
async fn look_at_unregistered(
    context: &StepContext<'_>,
    (group, group_now): (&GroupId, &GroupNow),
    unhealthy: Unhealthy<'_>,
) -> Result<InstanceProof, Obstacle> {
    let names = names_of(context, &group.region, unhealthy.instance).await?;
    let lease = context.look_at_lease().await?;
    let nodes = every_node(context).await?;
    let (bound, asked_at) = pods_bound_to(context, &names).await?;
    let (group, names, lease) = (group_now, &names, &lease);
    let looks = UnregisteredLooks { group, names, lease, nodes: &nodes, bound: &bound, asked_at };
    Ok(InstanceProof::Unhealthy(UnhealthyTermination::prove_unregistered(unhealthy, &looks)?))
}
