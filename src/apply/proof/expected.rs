//! Pods that are not bound yet and count on a node: room is made for them there, or a volume is.

use std::time::Duration;

use jiff::Timestamp;

use super::SkipReason;
use crate::duration::Seconds;
use crate::snapshot::{ObjectName, Pod, PodVolume};

/// How long a claim may hold the node that was selected for its volume. A volume is made within minutes; a claim that waits for
/// longer waits for something else, such as a class that does not exist, and anybody may write the annotation.
pub const CLAIM_COUNTS_FOR: Duration = Duration::from_hours(1);

/// A claim whose volume is to be made for a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNow {
    /// The claim.
    pub claim: ObjectName,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Who counts on a node without being bound to it.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Pods that are nominated to it and not bound.
    pub nominated: Vec<ObjectName>,
    /// Claims whose volume is to be made for it, and is not there yet.
    pub claims: Vec<ClaimNow>,
    /// The unfinished pods of those claims' namespaces.
    pub users: Vec<Pod>,
}

impl Expected {
    /// Refuses a node that somebody counts on.
    pub(super) fn must_be_nobody(&self, node: &str, now: Timestamp) -> Result<(), SkipReason> {
        if let Some(pod) = self.nominated.first() {
            return Err(SkipReason::PodNominated { pod: pod.clone() });
        }
        match self.claims.iter().find(|claim| is_young(claim, now) && self.is_used(claim, node)) {
            Some(claim) => Err(SkipReason::VolumeSelected { claim: claim.claim.clone() }),
            None => Ok(()),
        }
    }

    /// Whether a pod uses the claim that is on the node or may still come to it.
    fn is_used(&self, claim: &ClaimNow, node: &str) -> bool {
        self.users.iter().any(|pod| {
            let is_elsewhere = pod.node.as_deref().is_some_and(|other| other != node);
            !is_elsewhere && !pod.is_finished() && pod.namespace == claim.claim.namespace && uses(pod, &claim.claim.name)
        })
    }
}

/// A claim that the clocks place in the future is young.
fn is_young(claim: &ClaimNow, now: Timestamp) -> bool {
    Seconds::between(claim.created_at, now).0 < CLAIM_COUNTS_FOR.as_secs()
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

    use super::super::sample::{at, pod_with};
    use super::*;

    /// Judges node `n` for a claim of that age in seconds and a pod with these fields.
    fn judge(age: i64, fields: &[(&str, Value)]) -> Result<(), SkipReason> {
        let claim = ClaimNow { claim: ObjectName::new("batch", "data"), created_at: at(0) };
        let users = vec![pod_with(fields)];
        Expected { nominated: Vec::new(), claims: vec![claim], users }.must_be_nobody("n", at(age))
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
