//! The proof that a node which an earlier run cordoned may end with its instance.

use jiff::Timestamp;

use super::expected::Expected;
use super::may_lose::may_lose;
use super::{InstanceNames, LastLook, LeaseNow, MissingProof, PodRules, PodsNow, SkipReason};
use crate::apply::node_marks::{our_cordon, refuse_if_kept};
use crate::cloud::{GroupNow, Share};
use crate::duration::Seconds;
use crate::plan::NodeRef;
use crate::snapshot::Node;

/// A node that is to end, as it is in the plan.
#[derive(Debug, Clone, Copy)]
pub struct Terminable<'a> {
    /// The node.
    pub node: &'a NodeRef,
    /// Its instance.
    pub instance: &'a str,
    /// When we cordoned it.
    pub cordoned_at: Timestamp,
    /// `--cordon-settle`.
    pub settle: Seconds,
    /// What the verdicts on its pods depend on.
    pub rules: PodRules<'a>,
}

/// What was read of it, in the order of the fields.
#[derive(Debug)]
pub struct TerminationLooks<'a> {
    /// Its group.
    pub group: &'a GroupNow,
    /// The names of its instance.
    pub names: &'a InstanceNames,
    /// The pods that count on the node.
    pub expected: &'a Expected,
    /// Our Lease.
    pub lease: &'a LeaseNow,
    /// Every Node.
    pub nodes: &'a [Node],
    /// Its Node.
    pub node: &'a Node,
    /// The pods on it: the last look.
    pub pods: &'a PodsNow,
    /// The time by the wall clock.
    pub now: Timestamp,
}

/// The proof that a node which an earlier run cordoned is empty, may be ended by us, and is
/// expected by no pod.
#[derive(Debug)]
pub struct Termination {
    instance: String,
    last_look: LastLook,
}

impl Termination {
    /// Makes it from what was read.
    ///
    /// # Errors
    /// When a proof is missing. A need for the node comes before the state of its group, so that
    /// the node can be given back.
    pub fn prove(terminable: Terminable<'_>, looks: &TerminationLooks<'_>) -> Result<Self, MissingProof> {
        must_be_the_node_we_cordoned(terminable, looks.node)?;
        must_have_settled(terminable, looks.now)?;
        must_be_the_only_one(terminable.instance, looks.names, looks.node, looks.nodes)?;
        looks.pods.must_not_hold_us(terminable.rules)?;
        looks.pods.must_be_free(terminable.rules)?;
        looks.expected.must_be_nobody(&terminable.node.name, looks.now)?;
        may_lose(looks.group, terminable.instance, Share::Goes)?;
        looks.lease.must_be_ours()?;
        Ok(Self { instance: terminable.instance.to_owned(), last_look: LastLook(looks.pods.asked_at) })
    }

    /// Returns the instance.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Returns when the pods were requested.
    #[must_use]
    pub fn last_look(&self) -> LastLook {
        self.last_look
    }
}

/// Requires that the Node is still the one we cordoned then, and has no mark that keeps it.
fn must_be_the_node_we_cordoned(terminable: Terminable<'_>, node: &Node) -> Result<(), SkipReason> {
    must_be_that(terminable.node, node)?;
    if our_cordon(node)? != terminable.cordoned_at {
        return Err(SkipReason::CordonChanged);
    }
    refuse_if_kept(node)
}

/// Requires that the cordon is old enough that a pod bound in spite of it would have arrived.
fn must_have_settled(terminable: Terminable<'_>, now: Timestamp) -> Result<(), SkipReason> {
    let until = terminable.settle.after(terminable.cordoned_at);
    if now >= until { Ok(()) } else { Err(SkipReason::TooSoon { until }) }
}

/// Refuses a Node of that name that was made again.
pub(super) fn must_be_that(wanted: &NodeRef, node: &Node) -> Result<(), SkipReason> {
    match node.name == wanted.name && node.uid == wanted.uid {
        true => Ok(()),
        false => Err(SkipReason::NodeReplaced),
    }
}

/// Refuses a Node that is another instance, or that shares its instance with another Node: one of
/// the two is wrong, and the pods bound to the other run on the same machine.
pub(super) fn must_be_the_only_one(
    instance: &str,
    names: &InstanceNames,
    node: &Node,
    nodes: &[Node],
) -> Result<(), SkipReason> {
    let named = node.instance_id().is_none_or(|id| id == instance);
    if names.id != instance || !named || !names.are_of(node) {
        return Err(SkipReason::OtherInstance);
    }
    match names.claimants(nodes).find(|other| other.uid != node.uid) {
        Some(other) => Err(SkipReason::TwoNodes { other: other.name.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::test_looks::{Scene, at, node_with, pod_with};
    use super::*;
    use crate::apply::NotReachedReason;
    use crate::snapshot::ObjectName;

    #[test]
    fn an_empty_node_that_we_cordoned_may_end() {
        let proof = Scene::new().terminate().expect("nothing stands against it");
        assert_eq!(proof.instance(), "i-a");
        assert!(proof.last_look().is_fresh(Scene::asked_at()));
    }

    /// Returns what is missing after one field of the Node was set.
    fn with_node(field: &'static str, value: Value) -> Result<(), MissingProof> {
        let mut scene = Scene::new();
        scene.set_node(field, value);
        scene.terminate().map(drop)
    }

    #[test]
    fn only_the_very_node_we_cordoned_goes() {
        let missing = |reason| Err(MissingProof::Fact(reason));
        assert_eq!(with_node("uid", json!("another")), missing(SkipReason::NodeReplaced));
        assert_eq!(with_node("unschedulable", json!(false)), missing(SkipReason::NotCordoned));
        assert_eq!(with_node("marks", json!({})), missing(SkipReason::CordonedByPerson));
        let anew = json!({ "ec2-autoscale/cordoned-at": "2026-11-22T10:00:01Z" });
        assert_eq!(with_node("marks", anew), missing(SkipReason::CordonChanged));
        let keep = "cluster-autoscaler.kubernetes.io/scale-down-disabled";
        let kept = json!({ "ec2-autoscale/cordoned-at": "2026-11-22T10:00:00Z", keep: "true" });
        assert_eq!(with_node("marks", kept), missing(SkipReason::Kept { mark: keep.into() }));
        assert_eq!(with_node("provider_id", json!("aws:///us-west-2a/i-b")), missing(SkipReason::OtherInstance));
    }

    #[test]
    fn a_node_of_another_scheme_goes_by_its_address() {
        assert_eq!(with_node("provider_id", json!("k3s://ip-10-0-0-1")), Ok(()));
        let mut scene = Scene::new();
        scene.set_node("provider_id", json!("k3s://elsewhere"));
        scene.set_node("addresses", json!(["192.0.2.9"]));
        assert_eq!(scene.terminate().map(drop), Err(SkipReason::OtherInstance.into()));
    }

    #[test]
    fn an_address_proves_nothing_when_it_was_asked_of_another_instance() {
        let mut scene = Scene::new();
        scene.set_node("provider_id", Value::Null);
        assert_eq!(scene.terminate().map(drop), Ok(()));
        scene.names.id = "i-b".into();
        assert_eq!(scene.terminate().map(drop), Err(SkipReason::OtherInstance.into()));
    }

    #[test]
    fn two_nodes_that_claim_one_instance_stay() {
        for (field, value) in [
            ("provider_id", json!("aws:///us-west-2a/i-a")),
            ("addresses", json!(["10.0.0.1"])),
            ("name", json!("ip-10-0-0-1")),
        ] {
            let mut scene = Scene::new();
            let name = ("name", if field == "name" { value.clone() } else { json!("twin") });
            scene.nodes.push(node_with(&[("uid", json!("u-2")), name.clone(), (field, value)]));
            let other = name.1.as_str().expect("a name").to_owned();
            assert_eq!(scene.terminate().map(drop), Err(SkipReason::TwoNodes { other }.into()), "{field}");
        }
    }

    #[test]
    fn the_cordon_settles_first() {
        let mut scene = Scene::new();
        scene.now = at(29);
        assert_eq!(scene.terminate().map(drop), Err(SkipReason::TooSoon { until: at(30) }.into()));
        scene.now = at(30);
        assert!(scene.terminate().is_ok());
    }

    #[test]
    fn a_pod_on_the_node_keeps_it() {
        let mut scene = Scene::new();
        scene.pods.pods.push(pod_with(&[]));
        assert_eq!(scene.terminate().map(drop), Err(SkipReason::BecameBusy { pods: 1 }.into()));
        scene.pods.specs.clear();
        assert_eq!(scene.terminate().map(drop), Err(SkipReason::BecameBusy { pods: 1 }.into()), "whatever it asks for");
    }

    #[test]
    fn a_claim_for_the_node_keeps_it() {
        let mut scene = Scene::new();
        let claim = ObjectName::new("batch", "data");
        scene.expected.claims.push(claim.clone());
        scene.expected.users.push(pod_with(&[
            ("node", Value::Null),
            ("created_at", json!(at(0))),
            ("volumes", json!([{ "kind": "claim", "claim": "data" }])),
        ]));
        assert_eq!(scene.terminate().map(drop), Err(SkipReason::VolumeSelected { claim }.into()));
    }

    #[test]
    fn a_group_that_may_not_lose_it_keeps_it() {
        let mut scene = Scene::new();
        scene.group.min = 2;
        assert_eq!(scene.terminate().map(drop), Err(SkipReason::AtMin { min: 2 }.into()));
    }

    #[test]
    fn a_lease_that_lapsed_within_the_step_forbids_it_also_when_it_was_renewed() {
        let mut scene = Scene::new();
        scene.lapse();
        assert_eq!(scene.terminate().map(drop), Err(MissingProof::Lease(NotReachedReason::LeaseLapsed)));
    }
}
