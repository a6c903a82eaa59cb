//! The proof that a pod may be evicted from a node that we drain.

use jiff::Timestamp;

use super::termination::must_be_that;
use super::{LastLook, LeaseNow, MissingProof, PodRules, PodsNow, SkipReason};
use crate::apply::node_marks::{our_cordon, refuse_if_kept};
use crate::plan::{DrainTerms, NodeRef};
use crate::snapshot::{Node, ObjectName, Pod};

/// A node that is drained, as it is in the plan.
#[derive(Debug, Clone, Copy)]
pub struct Evictable<'a> {
    /// The node.
    pub node: &'a NodeRef,
    /// Since when it is drained; absent when this run itself began it.
    pub since: Option<Timestamp>,
}

/// What was read of it, in the order of the fields.
#[derive(Debug)]
pub struct EvictionLooks<'a> {
    /// What the verdicts depend on, with every budget of the cluster.
    pub terms: DrainTerms<'a>,
    /// Our Lease.
    pub lease: &'a LeaseNow,
    /// The Node.
    pub node: &'a Node,
    /// The pods on it: the last look.
    pub pods: &'a PodsNow,
}

/// The proof that a pod may be evicted: its node is drained by us, and every pod on it may leave or
/// is ignored.
#[derive(Debug)]
pub struct EvictionProof {
    pod: ObjectName,
    uid: String,
    last_look: LastLook,
}

impl EvictionProof {
    /// Makes one for each of these pods that is on the node, in their order, from what was read.
    ///
    /// # Errors
    /// When a proof is missing. A pod that must stay forbids the eviction of all the others: the
    /// node would be drained for nothing.
    pub fn prove(
        evictable: Evictable<'_>,
        pods: &[crate::plan::Eviction],
        looks: &EvictionLooks<'_>,
    ) -> Result<Vec<Self>, MissingProof> {
        must_be_that(evictable.node, looks.node)?;
        must_be_draining(looks.node, evictable.since)?;
        let rules = PodRules { own_pod: looks.terms.own_pod, expendable_below: looks.terms.expendable_below };
        looks.pods.must_not_hold_us(rules)?;
        nobody_may_stay(looks.pods, &looks.terms)?;
        looks.lease.must_be_ours()?;
        let last_look = LastLook(looks.pods.asked_at);
        let is_there = |pod: &&crate::plan::Eviction| looks.pods.pods.iter().any(|there| there.uid == pod.uid);
        let proof = |pod: &crate::plan::Eviction| Self { pod: pod.pod.clone(), uid: pod.uid.clone(), last_look };
        Ok(pods.iter().filter(is_there).map(proof).collect())
    }

    /// Returns the pod.
    #[must_use]
    pub fn pod(&self) -> &ObjectName {
        &self.pod
    }

    /// Returns its UID.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// Returns when the pods were requested.
    #[must_use]
    pub fn last_look(&self) -> LastLook {
        self.last_look
    }
}

/// Requires that the node is still drained by us, since then.
fn must_be_draining(node: &Node, since: Option<Timestamp>) -> Result<(), SkipReason> {
    refuse_if_kept(node)?;
    our_cordon(node)?;
    match (node.draining_since(), since) {
        (None, _) => Err(SkipReason::NotDraining),
        (Some(found), Some(seen)) if found != seen => Err(SkipReason::CordonChanged),
        (Some(_), _) => Ok(()),
    }
}

/// Refuses a node with a pod that must stay.
pub(in crate::apply) fn nobody_may_stay(pods: &PodsNow, terms: &DrainTerms<'_>) -> Result<(), SkipReason> {
    let known: Vec<(&Pod, _)> = pods.pods.iter().filter_map(|pod| Some((pod, pods.specs.get(&pod.spec)?))).collect();
    // A pod whose specification is missing may be anything.
    if known.len() < pods.pods.len() {
        return Err(SkipReason::BecameBusy { pods: u32::try_from(pods.pods.len()).unwrap_or(u32::MAX) });
    }
    let verdicts = terms.verdicts(known.iter().copied());
    match known.iter().zip(verdicts).find(|(_, verdict)| verdict.ends_a_drain()) {
        Some(((pod, _), why)) => Err(SkipReason::PodStays { pod: pod.id(), why }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::test_looks::{Scene, at, pod_with};
    use super::*;
    use crate::apply::NotReachedReason;

    fn evict(scene: &Scene, since: Option<Timestamp>) -> Result<Vec<String>, MissingProof> {
        let proofs = scene.evict(&["web-1", "web-2"], since)?;
        Ok(proofs.iter().map(|proof| proof.pod().to_string()).collect())
    }

    fn web() -> Vec<(&'static str, Value)> {
        let owner = json!({ "kind": "ReplicaSet", "api_version": "apps/v1", "name": "web", "uid": "w" });
        vec![("name", json!("web-1")), ("uid", json!("web-1")), ("owner", owner)]
    }

    #[test]
    fn pods_that_are_there_are_asked_to_leave() {
        let mut scene = Scene::draining();
        scene.pods.pods.push(pod_with(&web()));
        assert_eq!(evict(&scene, Some(at(0))), Ok(vec!["batch/web-1".to_owned()]));
        assert_eq!(evict(&scene, None), Ok(vec!["batch/web-1".to_owned()]), "begun by this very run");
    }

    #[test]
    fn a_job_that_came_keeps_the_others_too() {
        let mut scene = Scene::draining();
        scene.pods.pods = vec![pod_with(&web()), pod_with(&[])];
        let stays = evict(&scene, Some(at(0)));
        assert!(
            matches!(&stays, Err(MissingProof::Fact(SkipReason::PodStays { pod, .. })) if *pod.name == *"train"),
            "{stays:?}"
        );
    }

    #[test]
    fn a_pod_of_which_nobody_knows_what_it_asks_for_keeps_the_others_too() {
        let mut scene = Scene::draining();
        scene.pods.pods = vec![pod_with(&web()), pod_with(&[("name", json!("odd")), ("spec", json!(9))])];
        assert_eq!(evict(&scene, Some(at(0))), Err(MissingProof::Fact(SkipReason::BecameBusy { pods: 2 })));
    }

    #[test]
    fn only_a_drain_of_ours_goes_on() {
        let judge = |field: &'static str, value: Value| {
            let mut scene = Scene::draining();
            scene.set_node(field, value);
            evict(&scene, Some(at(0))).map(drop)
        };
        let missing = |reason| Err(MissingProof::Fact(reason));
        assert_eq!(judge("unschedulable", json!(true)), Ok(()));
        assert_eq!(judge("uid", json!("another")), missing(SkipReason::NodeReplaced));
        assert_eq!(judge("unschedulable", json!(false)), missing(SkipReason::NotCordoned));
        assert_eq!(judge("marks", json!({})), missing(SkipReason::CordonedByPerson));
        assert_eq!(judge("marks", json!({ "ec2-autoscale/cordoned-at": at(0) })), missing(SkipReason::NotDraining));
        let anew = json!({ "ec2-autoscale/cordoned-at": at(0), "ec2-autoscale/draining-since": at(1) });
        assert_eq!(judge("marks", anew), missing(SkipReason::CordonChanged));
    }

    #[test]
    fn a_lapse_of_the_lease_forbids_it() {
        let mut scene = Scene::draining();
        scene.pods.pods.push(pod_with(&web()));
        scene.lapse();
        assert_eq!(evict(&scene, Some(at(0))), Err(MissingProof::Lease(NotReachedReason::LeaseLapsed)));
    }
}
