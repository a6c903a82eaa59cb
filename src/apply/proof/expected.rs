//! Pods that are not bound yet and count on a node: they are nominated to it, or their volume is
//! made for it.

use std::time::Duration;

use jiff::Timestamp;

use super::SkipReason;
use crate::duration::Seconds;
use crate::snapshot::{ObjectName, Pod, PodVolume};

/// A pod may wait this long for a volume that is being made for a node before it no longer keeps
/// the node. A volume is made within minutes. A pod that waits for longer waits for something else,
/// such as a class that does not exist, and anybody may write the annotation of a claim.
pub const CLAIM_COUNTS_FOR: Duration = Duration::from_hours(1);

/// The pods that count on a node without being bound to it.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Pods that are nominated to it and not bound.
    pub nominated: Vec<ObjectName>,
    /// Claims whose volume is to be made for it, and is not there yet.
    pub claims: Vec<ObjectName>,
    /// The unfinished pods of those claims' namespaces.
    pub users: Vec<Pod>,
}

impl Expected {
    /// Refuses a node that a pod counts on.
    pub(super) fn must_be_nobody(&self, node: &str, now: Timestamp) -> Result<(), SkipReason> {
        if let Some(pod) = self.nominated.first() {
            return Err(SkipReason::PodNominated { pod: pod.clone() });
        }
        match self.claims.iter().find(|claim| self.is_used(claim, node, now)) {
            Some(claim) => Err(SkipReason::VolumeSelected { claim: claim.clone() }),
            None => Ok(()),
        }
    }

    /// Whether a young pod uses the claim that is on the node or may still come to it.
    fn is_used(&self, claim: &ObjectName, node: &str, now: Timestamp) -> bool {
        self.users.iter().any(|pod| {
            let is_elsewhere = pod.node.as_deref().is_some_and(|other| other != node);
            let may_come = !is_elsewhere && !pod.is_finished() && is_young(pod, now);
            may_come && pod.namespace == claim.namespace && uses(pod, &claim.name)
        })
    }
}

/// Whether a pod is young. One that was created in the future, by the clocks, is young.
fn is_young(pod: &Pod, now: Timestamp) -> bool {
    Seconds::between(pod.created_at, now).0 < CLAIM_COUNTS_FOR.as_secs()
}

fn uses(pod: &Pod, name: &str) -> bool {
    pod.volumes.iter().any(|volume| match volume {
        PodVolume::Claim { claim } | PodVolume::Ephemeral { claim, .. } => claim == name,
        PodVolume::EmptyDir { .. } | PodVolume::HostPath { .. } => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::test_looks::{at, pod_with};
    use super::*;

    /// Checks node `n` for a claim and a pod of that age in seconds with these fields.
    fn judge(age: i64, fields: &[(&str, Value)]) -> Result<(), SkipReason> {
        let fields = [fields, &[("created_at", json!(at(0)))]].concat();
        let (claims, users) = (vec![ObjectName::new("batch", "data")], vec![pod_with(&fields)]);
        Expected { nominated: Vec::new(), claims, users }.must_be_nobody("n", at(age))
    }

    fn using(claim: &str) -> (&'static str, Value) {
        ("volumes", json!([{ "kind": "claim", "claim": claim }]))
    }

    #[test]
    fn a_claim_holds_the_node_while_its_pod_waits_and_for_an_hour_at_most() {
        let held = Err(SkipReason::VolumeSelected { claim: ObjectName::new("batch", "data") });
        let unbound = ("node", Value::Null);
        assert_eq!(judge(3599, &[using("data"), unbound.clone()]), held);
        assert_eq!(judge(3600, &[using("data"), unbound.clone()]), Ok(()));
        assert_eq!(judge(-60, &[using("data"), unbound.clone()]), held, "by a clock that is behind");
        assert_eq!(judge(60, &[using("data"), ("node", json!("n"))]), held);
        assert_eq!(judge(60, &[using("data"), ("node", json!("other"))]), Ok(()));
        assert_eq!(judge(60, &[using("other"), unbound.clone()]), Ok(()));
        assert_eq!(judge(60, &[using("data"), unbound.clone(), ("namespace", json!("other"))]), Ok(()));
        let ephemeral = ("volumes", json!([{ "kind": "ephemeral", "claim": "data" }]));
        assert_eq!(judge(60, &[ephemeral, unbound]), held);
    }

    #[test]
    fn a_nominated_pod_holds_the_node() {
        let pod = ObjectName::new("batch", "urgent");
        let expected = Expected { nominated: vec![pod.clone()], ..Expected::default() };
        assert_eq!(expected.must_be_nobody("n", at(0)), Err(SkipReason::PodNominated { pod }));
    }
}
