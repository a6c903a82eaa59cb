//! The proof that an instance does no work and never will: it did not become a node, or its node is
//! dead.

use jiff::Timestamp;

use super::may_lose::may_lose;
use super::termination::{must_be_that, must_be_the_only_one};
use super::{InstanceNames, LastLook, LeaseNow, MissingProof, PodRules, PodsNow, SkipReason};
use crate::apply::node_marks::refuse_if_kept;
use crate::apply::steady::SteadyTime;
use crate::cloud::{GroupNow, Share};
use crate::plan::NodeRef;
use crate::snapshot::{MachineHealth, Node, ObjectName};

/// An instance that is to end, as it is in the plan.
#[derive(Debug, Clone, Copy)]
pub struct Unhealthy<'a> {
    /// The instance.
    pub instance: &'a str,
    /// What becomes of its share of the desired capacity.
    pub share: Share,
}

/// A pod that is bound to a node's name, whether or not such a Node exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundPod {
    /// The pod.
    pub pod: ObjectName,
    /// Its `spec.nodeName`.
    pub node: String,
}

/// What was read of an instance that never became a node, in the order of the fields.
#[derive(Debug)]
pub struct UnregisteredLooks<'a> {
    /// Its group.
    pub group: &'a GroupNow,
    /// Its names, according to EC2.
    pub names: &'a InstanceNames,
    /// Our Lease.
    pub lease: &'a LeaseNow,
    /// Every Node.
    pub nodes: &'a [Node],
    /// Every unfinished pod that is bound.
    pub bound: &'a [BoundPod],
    /// When the last list of those was requested.
    pub asked_at: SteadyTime,
}

/// What was read of a dead node, in the order of the fields.
#[derive(Debug)]
pub struct DeadLooks<'a> {
    /// Its group.
    pub group: &'a GroupNow,
    /// The names of its instance.
    pub names: &'a InstanceNames,
    /// The health of its instance, where the plan relies on its being impaired.
    pub health: Option<MachineHealth>,
    /// Our Lease.
    pub lease: &'a LeaseNow,
    /// Every Node.
    pub nodes: &'a [Node],
    /// Its Node.
    pub node: &'a Node,
    /// Every unfinished pod that is bound to any of the instance's names.
    pub bound: &'a [BoundPod],
    /// The pods on it: the last look.
    pub pods: &'a PodsNow,
}

/// The proof that an instance does no work and never will.
#[derive(Debug)]
pub struct UnhealthyTermination {
    instance: String,
    share: Share,
    last_look: LastLook,
}

impl UnhealthyTermination {
    /// Makes it for an instance without a node: no Node is it, and no pod is bound to any of its
    /// names.
    ///
    /// # Errors
    /// When a proof is missing.
    pub fn prove_unregistered(unhealthy: Unhealthy<'_>, looks: &UnregisteredLooks<'_>) -> Result<Self, MissingProof> {
        let Unhealthy { instance, share } = unhealthy;
        if looks.names.id != instance || looks.names.addresses.is_empty() {
            return Err(SkipReason::NamesUnknown.into());
        }
        if let Some(node) = looks.names.claimants(looks.nodes).next() {
            return Err(SkipReason::Registered { node: node.name.clone() }.into());
        }
        if let Some(bound) = looks.bound.iter().find(|bound| is_on_it(bound, looks.names, looks.nodes)) {
            return Err(SkipReason::PodBound { pod: bound.pod.clone(), node: bound.node.clone() }.into());
        }
        may_lose(looks.group, instance, share)?;
        looks.lease.must_be_ours()?;
        Ok(Self { instance: instance.to_owned(), share, last_look: LastLook(looks.asked_at) })
    }

    /// Makes it for an instance whose Node has not been Ready since then, and on which nothing can
    /// run any more.
    ///
    /// # Errors
    /// When a proof is missing.
    pub fn prove_dead(
        unhealthy: Unhealthy<'_>,
        (node, since): (&NodeRef, Timestamp),
        rules: PodRules<'_>,
        looks: &DeadLooks<'_>,
    ) -> Result<Self, MissingProof> {
        let Unhealthy { instance, share } = unhealthy;
        must_be_that(node, looks.node)?;
        refuse_if_kept(looks.node)?;
        must_be_the_only_one(instance, looks.names, looks.node, looks.nodes)?;
        must_still_be_dead(looks.node, since)?;
        looks.pods.must_not_hold_us(rules)?;
        if !looks.health.is_some_and(MachineHealth::is_broken) {
            looks.pods.must_be_free(rules)?;
            must_be_bound_to_nothing_else(looks)?;
        }
        may_lose(looks.group, instance, share)?;
        looks.lease.must_be_ours()?;
        Ok(Self { instance: instance.to_owned(), share, last_look: LastLook(looks.pods.asked_at) })
    }

    /// Returns the instance.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Returns what becomes of its share of the desired capacity.
    #[must_use]
    pub fn share(&self) -> Share {
        self.share
    }

    /// Returns when the pods were requested.
    #[must_use]
    pub fn last_look(&self) -> LastLook {
        self.last_look
    }
}

/// Whether a pod is bound to one of the instance's names. `ip-10-0-0-1` of some other domain may be
/// another network's machine: where a Node of that very name is another instance, the pod is on
/// that one.
fn is_on_it(bound: &BoundPod, names: &InstanceNames, nodes: &[Node]) -> bool {
    let is_others = || nodes.iter().any(|node| node.name == bound.node && node.instance_id().is_some());
    names.mean(&bound.node) && (names.addresses.contains(&bound.node) || !is_others())
}

/// Requires that no pod is bound to another name of the machine: its other Node may be missing only
/// for the moment.
fn must_be_bound_to_nothing_else(looks: &DeadLooks<'_>) -> Result<(), SkipReason> {
    let elsewhere = looks.bound.iter().filter(|bound| bound.node != looks.node.name);
    match elsewhere.into_iter().find(|bound| is_on_it(bound, looks.names, looks.nodes)) {
        Some(bound) => Err(SkipReason::PodBound { pod: bound.pod.clone(), node: bound.node.clone() }),
        None => Ok(()),
    }
}

/// Requires that the node has not been Ready, without a break, since then.
fn must_still_be_dead(node: &Node, since: Timestamp) -> Result<(), SkipReason> {
    if node.is_ready() {
        return Err(SkipReason::Recovered);
    }
    if node.silent_since() == Some(since) { Ok(()) } else { Err(SkipReason::ReadinessChanged) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::test_looks::{Scene, at, node_with, pod_with};
    use super::*;
    use crate::apply::NotReachedReason;

    fn missing<T>(reason: SkipReason) -> Result<T, MissingProof> {
        Err(MissingProof::Fact(reason))
    }

    fn stranger(nodes: Vec<Node>, bound_to: &[&str]) -> Result<(), MissingProof> {
        let pod = ObjectName::new("batch", "train");
        let bound: Vec<_> = bound_to.iter().map(|node| BoundPod { pod: pod.clone(), node: (*node).to_owned() }).collect();
        Scene { nodes, ..Scene::new() }.end_stranger(&bound).map(drop)
    }

    #[test]
    fn an_instance_that_no_node_and_no_pod_names_is_nobodys() {
        let elsewhere = node_with(&[("name", json!("n-b")), ("provider_id", json!("aws:///us-west-2a/i-b"))]);
        assert_eq!(stranger(vec![elsewhere], &["n-b", "ip-10-0-0-11.ec2.internal"]), Ok(()));
    }

    #[test]
    fn a_node_of_any_scheme_saves_its_instance() {
        for provider_id in [Value::Null, json!("k3s://n-a"), json!("aws:///us-west-2a/i-a")] {
            let node = node_with(&[("name", json!("n-a")), ("provider_id", provider_id), ("addresses", json!(["10.0.0.1"]))]);
            assert_eq!(stranger(vec![node], &[]), missing(SkipReason::Registered { node: "n-a".into() }));
        }
    }

    /// The Node object is gone for a moment, and its pods run on.
    #[test]
    fn a_pod_that_is_bound_to_one_of_its_names_saves_it() {
        for name in ["ip-10-0-0-1.us-west-2.compute.internal", "10.0.0.1", "ip-10-0-0-1.corp.example", "i-a.any.domain", "i-a"]
        {
            let reason = SkipReason::PodBound { pod: ObjectName::new("batch", "train"), node: name.into() };
            assert_eq!(stranger(Vec::new(), &[name]), missing(reason));
        }
    }

    #[test]
    fn a_pod_on_a_machine_of_another_network_saves_nobody() {
        let name = "ip-10-0-0-1.ec2.internal";
        let other = node_with(&[("name", json!(name)), ("provider_id", json!("aws:///us-east-1a/i-b"))]);
        assert_eq!(stranger(vec![other], &[name]), Ok(()));
    }

    #[test]
    fn an_instance_of_which_ec2_tells_no_name_stays() {
        let mut scene = Scene { nodes: Vec::new(), ..Scene::new() };
        scene.names.addresses.clear();
        assert_eq!(scene.end_stranger(&[]).map(drop), missing(SkipReason::NamesUnknown));
    }

    /// Returns what is missing for the dead node after one field was set.
    fn dead(field: &'static str, value: Value) -> Result<(), MissingProof> {
        let mut scene = Scene::dead();
        scene.set_node(field, value);
        scene.end_dead(None).map(drop)
    }

    #[test]
    fn only_a_node_that_is_still_dead_goes() {
        assert_eq!(dead("ready", json!({ "status": "false", "since": at(0) })), Ok(()));
        let later = json!({ "status": "unknown", "since": at(1) });
        assert_eq!(dead("ready", later), missing(SkipReason::ReadinessChanged));
        assert_eq!(dead("ready", json!({ "status": "true", "since": at(0) })), missing(SkipReason::Recovered));
        assert_eq!(dead("provider_id", json!("aws:///us-west-2a/i-b")), missing(SkipReason::OtherInstance));
        assert_eq!(dead("uid", json!("another")), missing(SkipReason::NodeReplaced));
        let mark = "karpenter.sh/do-not-disrupt";
        let marks = |since| json!({ "ec2-autoscale/not-ready-since": since, mark: "true" });
        assert_eq!(dead("marks", json!({})), missing(SkipReason::ReadinessChanged), "no run has seen it silent");
        assert_eq!(dead("marks", json!({ "ec2-autoscale/not-ready-since": at(1) })), missing(SkipReason::ReadinessChanged));
        assert_eq!(dead("marks", marks(at(0))), missing(SkipReason::Kept { mark: mark.into() }));
    }

    #[test]
    fn work_keeps_a_dead_node_unless_its_machine_is_broken() {
        let mut scene = Scene::dead();
        scene.pods.pods.push(pod_with(&[]));
        let busy = || missing(SkipReason::BecameBusy { pods: 1 });
        assert_eq!(scene.end_dead(None).map(drop), busy());
        assert_eq!(scene.end_dead(Some(MachineHealth::Running)).map(drop), busy());
        assert_eq!(scene.end_dead(Some(MachineHealth::Impaired)).map(drop), busy());
        assert_eq!(scene.end_dead(Some(MachineHealth::Stopped)).map(drop), Ok(()));
    }

    #[test]
    fn a_pod_under_another_name_of_the_machine_keeps_a_dead_node() {
        let mut scene = Scene::dead();
        scene.bound.push(BoundPod { pod: ObjectName::new("batch", "job"), node: "i-a.ec2.internal".into() });
        let bound = SkipReason::PodBound { pod: ObjectName::new("batch", "job"), node: "i-a.ec2.internal".into() };
        assert_eq!(scene.end_dead(None).map(drop), missing(bound));
        assert_eq!(scene.end_dead(Some(MachineHealth::Stopped)).map(drop), Ok(()));
        scene.bound[0].node = "elsewhere".into();
        assert_eq!(scene.end_dead(None).map(drop), Ok(()));
    }

    #[test]
    fn a_lapse_forbids_both() {
        let mut scene = Scene::dead();
        scene.lapse();
        let lapsed = || Err(MissingProof::Lease(NotReachedReason::LeaseLapsed));
        assert_eq!(scene.end_dead(None).map(drop), lapsed());
        scene.nodes.clear();
        assert_eq!(scene.end_stranger(&[]).map(drop), lapsed());
    }
}
