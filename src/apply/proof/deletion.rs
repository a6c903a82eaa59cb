//! The proof that a Node object has been left behind by its instance.

use jiff::Timestamp;

use super::termination::must_be_that;
use super::{LastLook, LeaseNow, MissingProof, SkipReason};
use crate::apply::node_marks::refuse_if_kept;
use crate::apply::steady::SteadyTime;
use crate::duration::Seconds;
use crate::plan::NodeRef;
use crate::snapshot::{MachineHealth, Node};

/// The mark on the Node must be this old. EC2 may know of a starting machine a little later than
/// the cluster.
pub const LEAST_MARK_AGE: Seconds = Seconds::minutes(5);

/// A Node object that is to be deleted, as the plan saw it.
#[derive(Debug, Clone, Copy)]
pub struct Deletable<'a> {
    /// The Node.
    pub node: &'a NodeRef,
    /// Its instance.
    pub instance: &'a str,
    /// The time of the mark.
    pub since: Timestamp,
}

/// What was read of it, in the order of the fields.
#[derive(Debug)]
pub struct DeletionLooks<'a> {
    /// The health of its instance, according to EC2.
    pub health: MachineHealth,
    /// Our Lease.
    pub lease: &'a LeaseNow,
    /// The Node: the last look.
    pub node: &'a Node,
    /// Its `resourceVersion`.
    pub version: Option<&'a str>,
    /// When the Node was requested.
    pub asked_at: SteadyTime,
    /// The time by the wall clock.
    pub now: Timestamp,
}

/// The proof that a Node object's instance is no more, as two looks at least [`LEAST_MARK_AGE`]
/// apart found. Pods that are bound to it are no obstacle then: nothing runs them.
#[derive(Debug)]
pub struct NodeDeletion {
    node: NodeRef,
    version: Option<String>,
    last_look: LastLook,
}

impl NodeDeletion {
    /// Makes it from what was read.
    ///
    /// # Errors
    /// When a proof is missing.
    pub fn prove(deletable: Deletable<'_>, looks: &DeletionLooks<'_>) -> Result<Self, MissingProof> {
        must_be_that(deletable.node, looks.node)?;
        must_be_silent(looks.node, deletable.instance)?;
        if looks.node.gone_since() != Some(deletable.since) {
            return Err(SkipReason::NotMarkedGone.into());
        }
        let until = LEAST_MARK_AGE.after(deletable.since);
        if looks.now < until {
            return Err(SkipReason::MarkTooYoung { until }.into());
        }
        if !looks.health.is_gone() {
            return Err(SkipReason::MachineThere { health: looks.health }.into());
        }
        looks.lease.must_be_ours()?;
        let version = looks.version.map(str::to_owned);
        Ok(Self { node: deletable.node.clone(), version, last_look: LastLook(looks.asked_at) })
    }

    /// Returns the Node.
    #[must_use]
    pub fn node(&self) -> &NodeRef {
        &self.node
    }

    /// Returns its `resourceVersion` when it was read.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns when the Node was requested.
    #[must_use]
    pub fn last_look(&self) -> LastLook {
        self.last_look
    }
}

/// Requires that the Node is still that instance, is not Ready, and has no mark that keeps it.
pub(in crate::apply) fn must_be_silent(node: &Node, instance: &str) -> Result<(), SkipReason> {
    refuse_if_kept(node)?;
    if node.place_in_cloud().is_none_or(|(_, id)| id != instance) {
        return Err(SkipReason::OtherInstance);
    }
    if node.is_ready() { Err(SkipReason::Recovered) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::test_looks::{Scene, at};
    use super::*;

    fn judge(field: &'static str, value: Value) -> Result<(), MissingProof> {
        let mut scene = Scene::left_behind();
        scene.set_node(field, value);
        scene.delete(MachineHealth::Terminated).map(drop)
    }

    fn missing(reason: SkipReason) -> Result<(), MissingProof> {
        Err(MissingProof::Fact(reason))
    }

    #[test]
    fn only_the_very_node_that_was_marked_is_deleted() {
        assert_eq!(judge("ready", json!({ "status": "false" })), Ok(()));
        assert_eq!(judge("uid", json!("another")), missing(SkipReason::NodeReplaced));
        assert_eq!(judge("ready", json!({ "status": "true" })), missing(SkipReason::Recovered));
        for provider_id in ["aws:///us-west-2a/i-b", "aws://us-west-2/i-a", "k3s://i-a", "i-a"] {
            assert_eq!(judge("provider_id", json!(provider_id)), missing(SkipReason::OtherInstance), "{provider_id}");
        }
        assert_eq!(judge("marks", json!({})), missing(SkipReason::NotMarkedGone));
        assert_eq!(judge("marks", json!({ "ec2-autoscale/gone-since": at(1) })), missing(SkipReason::NotMarkedGone));
        let label = "ec2-autoscale/detached";
        assert_eq!(judge("labels", json!({ label: "" })), missing(SkipReason::Kept { mark: label.into() }));
    }

    #[test]
    fn the_mark_is_five_minutes_old_at_least() {
        let mut scene = Scene::left_behind();
        scene.now = at(299);
        assert_eq!(scene.delete(MachineHealth::Terminated).map(drop), missing(SkipReason::MarkTooYoung { until: at(300) }));
        scene.now = at(300);
        assert!(scene.delete(MachineHealth::Terminated).is_ok());
    }

    #[test]
    fn ec2_must_say_that_the_instance_is_no_more() {
        let scene = Scene::left_behind();
        assert!(scene.delete(MachineHealth::NotFound).is_ok());
        for health in [MachineHealth::Running, MachineHealth::Impaired, MachineHealth::Stopped, MachineHealth::Ending] {
            assert_eq!(scene.delete(health).map(drop), missing(SkipReason::MachineThere { health }), "{health}");
        }
    }
}
