//! Ending what does no work and never will: an instance that did not become a node, and one whose node is dead.

use k8s_openapi::api::core::v1::Node as ApiNode;

use super::end_instance::{Share, end_instance};
use super::refuse_if_kept;
use crate::apply::aws::{ec2, health_of};
use crate::apply::kubernetes::read_node;
use crate::apply::occupants::refuse_if_busy;
use crate::apply::{ApplyContext, Ending, Obstacle, SkipReason};
use crate::gather::aws::instances;
use crate::gather::kubernetes::list::list_all;
use crate::gather::kubernetes::nodes::read_node as convert;
use crate::plan::{NodeRef, UnhealthyReason};
use crate::snapshot::{GroupId, Node};

/// Terminates the instance, if it is still as unhealthy as the plan saw it. Without `decrement` AWS launches another in its place.
pub(in crate::apply) async fn terminate_unhealthy(
    context: &ApplyContext<'_>,
    group: &GroupId,
    instance: &str,
    node: Option<&NodeRef>,
    (decrement, reason): (bool, UnhealthyReason),
) -> Result<Ending, Obstacle> {
    match node {
        Some(node) => {
            still_dead(&read_node(context, node).await?.node, instance, reason)?;
            if !is_still_broken(context, group, instance, reason).await? {
                refuse_if_busy(context, &node.name).await?;
            }
        }
        None => refuse_if_registered(context, group, instance).await?,
    }
    let share = if decrement { Share::Goes } else { Share::Stays };
    end_instance(context, group, instance, share).await
}

/// Whether the node is still that instance, not Ready without a break, and nobody spoke for it.
fn still_dead(node: &Node, instance: &str, reason: UnhealthyReason) -> Result<(), SkipReason> {
    refuse_if_kept(node)?;
    if node.instance_id() != Some(instance) {
        return Err(SkipReason::OtherInstance);
    }
    if node.is_ready() {
        return Err(SkipReason::Recovered);
    }
    match reason {
        UnhealthyReason::Dead { since, .. } if node.silent_since() != Some(since) => Err(SkipReason::ReadinessChanged),
        UnhealthyReason::Dead { .. } | UnhealthyReason::NeverRegistered { .. } => Ok(()),
    }
}

/// Whether EC2 still says that the instance does nothing any more, where the plan counts on that: then its pods do not keep it.
async fn is_still_broken(
    context: &ApplyContext<'_>,
    group: &GroupId,
    instance: &str,
    reason: UnhealthyReason,
) -> Result<bool, Obstacle> {
    let UnhealthyReason::Dead { machine: Some(_), .. } = reason else { return Ok(false) };
    Ok(health_of(context, &group.region, instance).await?.is_broken())
}

/// A node of the instance may have come at the last moment. Until the cloud controller has written its providerID it is known by its
/// name and addresses only, which EC2 is asked for then.
async fn refuse_if_registered(context: &ApplyContext<'_>, group: &GroupId, instance: &str) -> Result<(), Obstacle> {
    let nodes = list_all(&context.kubernetes, |node: &ApiNode| convert(node)).await;
    let nodes = nodes.map_err(|error| Obstacle::Failed(format!("listing nodes: {error}")))?;
    let nameless = nodes.iter().any(|node| node.provider_id.is_none());
    let addresses = if nameless { addresses_of(context, group, instance).await? } else { Vec::new() };
    match nodes.into_iter().find(|node| is_of(node, instance, &addresses)) {
        Some(node) => Err(SkipReason::Registered { node: node.name }.into()),
        None => Ok(()),
    }
}

async fn addresses_of(context: &ApplyContext<'_>, group: &GroupId, instance: &str) -> Result<Vec<String>, Obstacle> {
    let known = instances::addresses_of(ec2(context, &group.region)?, &group.region, instance).await;
    known.map_err(|error| Obstacle::Failed(format!("looking {instance} up: {error}")))
}

/// Whether a node is the instance, by the rule that the planner has.
fn is_of(node: &Node, instance: &str, addresses: &[String]) -> bool {
    match &node.provider_id {
        Some(_) => node.instance_id() == Some(instance),
        None => addresses.iter().any(|address| *address == node.name || node.addresses.contains(address)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn only_a_node_that_is_still_dead_goes() {
        let judge = |field: &str, value: Value| {
            let mut node = json!({
                "name": "n", "uid": "u", "allocatable": {}, "ready": { "status": "unknown" },
                "created_at": "2026-11-22T00:00:00Z", "provider_id": "aws:///us-west-2a/i-a",
            });
            node[field] = value;
            let reason = UnhealthyReason::Dead { since: "2026-11-22T00:00:00Z".parse().expect("a timestamp"), machine: None };
            still_dead(&serde_json::from_value(node).expect("a node"), "i-a", reason)
        };
        assert_eq!(judge("ready", json!({ "status": "false" })), Ok(()));
        let later = json!({ "status": "unknown", "since": "2026-11-22T00:00:01Z" });
        assert_eq!(judge("ready", later), Err(SkipReason::ReadinessChanged));
        assert_eq!(judge("ready", json!({ "status": "true" })), Err(SkipReason::Recovered));
        assert_eq!(judge("provider_id", json!("aws:///us-west-2a/i-b")), Err(SkipReason::OtherInstance));
        let mark = "karpenter.sh/do-not-disrupt";
        assert_eq!(judge("marks", json!({ mark: "true" })), Err(SkipReason::Kept { mark: mark.into() }));
    }
    #[test]
    fn a_node_without_a_provider_id_is_known_by_name_or_address() {
        let known = |provider_id: Value, name: &str, addresses: &[&str]| {
            let node = json!({
                "name": name, "uid": "u", "allocatable": {}, "ready": { "status": "unknown" }, "addresses": addresses,
                "created_at": "2026-11-22T00:00:00Z", "provider_id": provider_id,
            });
            let own = ["ip-10-0-0-1.ec2.internal".to_owned(), "10.0.0.1".to_owned()];
            is_of(&serde_json::from_value(node).expect("a node"), "i-a", &own)
        };
        assert!(known(json!("aws:///us-west-2a/i-a"), "n", &[]));
        assert!(known(Value::Null, "ip-10-0-0-1.ec2.internal", &[]));
        assert!(known(Value::Null, "n", &["192.0.2.1", "10.0.0.1"]));
        assert!(!known(Value::Null, "n", &["192.0.2.1"]));
        // Another machine may have had the address before.
        assert!(!known(json!("aws:///us-west-2a/i-b"), "n", &["10.0.0.1"]));
    }
}
