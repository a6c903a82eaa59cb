//! Terminating a node that an earlier run cordoned: the second of the two looks, and the one step that cannot be undone.

use jiff::Timestamp;

use super::end_instance::{Share, end_instance};
use super::uncordon::undo_cordon;
use super::{our_cordon, refuse_if_kept};
use crate::apply::kubernetes::read_node;
use crate::apply::occupants::{refuse_if_busy, refuse_if_expected};
use crate::apply::{ApplyContext, Ending, Obstacle, Outcome, SkipReason};
use crate::duration::Seconds;
use crate::plan::NodeRef;
use crate::snapshot::{GroupId, Node};

/// Terminates the instance and lowers the group's desired capacity with it. The Node object stays for the cloud controller.
///
/// A node that is needed again is uncordoned instead.
pub(in crate::apply) async fn terminate(
    context: &ApplyContext<'_>,
    node: &NodeRef,
    group: &GroupId,
    instance: &str,
    cordoned: Timestamp,
) -> Result<Ending, Obstacle> {
    let found = read_node(context, node).await?;
    still_ours_to_end(&found.node, instance, cordoned)?;
    has_settled(cordoned, context.policy.cordon_settle, (context.clock)())?;
    if let Err(obstacle) = refuse_if_needed(context, node).await {
        return give_back(context, node, obstacle).await;
    }
    end_instance(context, group, instance, Share::Goes).await
}

/// Pods on the node, then pods that are on their way to it.
async fn refuse_if_needed(context: &ApplyContext<'_>, node: &NodeRef) -> Result<(), Obstacle> {
    refuse_if_busy(context, &node.name).await?;
    refuse_if_expected(context, &node.name).await
}

/// Uncordons a node that became busy; any other obstacle leaves it as it is.
async fn give_back(context: &ApplyContext<'_>, node: &NodeRef, obstacle: Obstacle) -> Result<Ending, Obstacle> {
    let busy = matches!(
        obstacle,
        Obstacle::Skipped(SkipReason::BecameBusy { .. } | SkipReason::PodNominated { .. } | SkipReason::VolumeSelected { .. })
    );
    if !busy {
        return Err(obstacle);
    }
    let why = Outcome::from(obstacle);
    match undo_cordon(context, node).await {
        Ok(_) => Ok(Ending { outcome: why, message: "uncordoned again".to_owned() }),
        Err(trouble) => Err(Obstacle::Failed(format!("{why}; and it could not be uncordoned: {}", Outcome::from(trouble)))),
    }
}

/// Whether the node is still the instance we cordoned then, and nobody has spoken for it since.
fn still_ours_to_end(node: &Node, instance: &str, cordoned: Timestamp) -> Result<(), SkipReason> {
    if our_cordon(node)? != cordoned {
        return Err(SkipReason::CordonChanged);
    }
    refuse_if_kept(node)?;
    match node.instance_id() {
        Some(id) if id == instance => Ok(()),
        Some(_) | None => Err(SkipReason::OtherInstance),
    }
}

/// Whether the cordon is old enough that a pod bound in spite of it would have arrived.
fn has_settled(cordoned: Timestamp, settle: Seconds, now: Timestamp) -> Result<(), SkipReason> {
    let until = settle.after(cordoned);
    if now >= until { Ok(()) } else { Err(SkipReason::TooSoon { until }) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const CORDONED: &str = "2026-11-22T10:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    /// Judges a node that we cordoned at [`CORDONED`], after one field was set.
    fn judge(field: &str, value: Value) -> Result<(), SkipReason> {
        let mut node = json!({
            "name": "n", "uid": "u", "allocatable": {}, "ready": { "status": "true" }, "created_at": "2026-11-22T00:00:00Z",
            "marks": { "ec2-autoscale/cordoned-at": CORDONED }, "unschedulable": true, "provider_id": "aws:///us-west-2a/i-a",
        });
        node[field] = value;
        still_ours_to_end(&serde_json::from_value(node).expect("a node"), "i-a", at(CORDONED))
    }

    #[test]
    fn only_the_very_node_we_cordoned_goes() {
        assert_eq!(judge("unschedulable", json!(true)), Ok(()));
        assert_eq!(judge("unschedulable", json!(false)), Err(SkipReason::NotCordoned));
        assert_eq!(judge("marks", json!({})), Err(SkipReason::CordonedByPerson));
        let anew = json!({ "ec2-autoscale/cordoned-at": "2026-11-22T10:00:01Z" });
        assert_eq!(judge("marks", anew), Err(SkipReason::CordonChanged));
        let keep = "cluster-autoscaler.kubernetes.io/scale-down-disabled";
        let kept = json!({ "ec2-autoscale/cordoned-at": CORDONED, keep: "true" });
        assert_eq!(judge("marks", kept), Err(SkipReason::Kept { mark: keep.into() }));
        for provider_id in ["aws:///us-west-2a/i-b", "i-a", ""] {
            assert_eq!(judge("provider_id", json!(provider_id)), Err(SkipReason::OtherInstance), "{provider_id:?}");
        }
    }

    #[test]
    fn the_cordon_settles_first() {
        let settled = |now| has_settled(at(CORDONED), Seconds(30), at(now));
        assert_eq!(settled("2026-11-22T10:00:30Z"), Ok(()));
        assert_eq!(settled("2026-11-22T10:00:29Z"), Err(SkipReason::TooSoon { until: at("2026-11-22T10:00:30Z") }));
    }
}
