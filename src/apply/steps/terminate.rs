//! Terminating a node that an earlier run cordoned: the second of the two looks, and the one step that cannot be undone.

use aws_sdk_autoscaling::Client;
use jiff::Timestamp;

use super::refuse_if_kept;
use super::uncordon::undo_cordon;
use crate::apply::aws::{Answer, GroupNow, client, read_group, terminate_instance};
use crate::apply::kubernetes::read_node;
use crate::apply::occupants::{refuse_if_busy, refuse_if_expected};
use crate::apply::{ApplyContext, Ending, Obstacle, Outcome, SkipReason};
use crate::duration::Seconds;
use crate::plan::NodeRef;
use crate::snapshot::{GroupId, Lifecycle, Node, Process};

/// What AWS says when the group is at its minimum: "Currently, desiredSize equals minSize (N). …".
const AT_MIN: &str = "desiredSize equals minSize";

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
    let client = client(context, group)?;
    let now = read_group(client, group).await?;
    may_lose(&now, instance)?;
    context.check_lease()?;
    match terminate_instance(client, instance).await {
        Answer::Accepted => Ok(Ending::done("")),
        Answer::Refused(words) if words.contains(AT_MIN) => {
            Ok(Ending { outcome: Outcome::Skipped { why: SkipReason::AtMin { min: now.min } }, message: words })
        }
        Answer::Refused(words) | Answer::Throttled(words) => Err(Obstacle::Failed(words)),
        Answer::Unclear(words) => look_after(client, group, instance, words).await,
    }
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

/// After an unclear answer only the instance itself tells what happened. The request is never repeated: it might end another
/// instance's place in the group.
async fn look_after(client: &Client, group: &GroupId, instance: &str, words: String) -> Result<Ending, Obstacle> {
    let lost = |then: &str| Obstacle::Failed(format!("AWS's answer was lost ({words}); {then}"));
    let now = read_group(client, group).await.map_err(|obstacle| lost(&Outcome::from(obstacle).to_string()))?;
    match now.instance(instance).map(|instance| instance.lifecycle) {
        None | Some(Lifecycle::Terminating | Lifecycle::Terminated) => {
            Ok(Ending::done(&format!("AWS's answer was lost, but the instance is going; desired is {}", now.desired)))
        }
        Some(Lifecycle::Pending | Lifecycle::InService | Lifecycle::Detached | Lifecycle::Standby | Lifecycle::Warm) => {
            Err(lost("the instance is still there; the next run looks again"))
        }
    }
}

/// Whether the node is still the instance we cordoned then, and nobody has spoken for it since.
fn still_ours_to_end(node: &Node, instance: &str, cordoned: Timestamp) -> Result<(), SkipReason> {
    match (node.unschedulable, node.cordoned_by_us()) {
        (false, _) => return Err(SkipReason::NotCordoned),
        (true, None) => return Err(SkipReason::CordonedByPerson),
        (true, Some(at)) if at != cordoned => return Err(SkipReason::CordonChanged),
        (true, Some(_)) => {}
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

/// Whether the group may lose the instance and its share of the desired capacity.
fn may_lose(group: &GroupNow, instance: &str) -> Result<(), SkipReason> {
    let instance = group.instance(instance).ok_or(SkipReason::NotInGroup)?;
    if instance.lifecycle != Lifecycle::InService {
        return Err(SkipReason::NotInService { lifecycle: instance.lifecycle });
    }
    if group.being_deleted {
        return Err(SkipReason::GroupBeingDeleted);
    }
    if group.suspended.contains(&Process::Terminate) {
        return Err(SkipReason::Suspended { process: Process::Terminate });
    }
    if group.desired - instance.weight < group.min {
        return Err(SkipReason::AtMin { min: group.min });
    }
    let live = group.live();
    // With weights the last instance may overshoot by less than its own; without, not at all.
    let weights = group.instances.iter().filter(|instance| instance.lifecycle.is_live()).map(|instance| instance.weight);
    let overshoot = weights.max().unwrap_or(1) - 1;
    match live - group.desired > overshoot {
        true => Err(SkipReason::AboveDesired { live, desired: group.desired }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::apply::aws::InstanceNow;

    const CORDONED: &str = "2026-11-22T10:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn instance(id: &str, lifecycle: Lifecycle, weight: i64) -> InstanceNow {
        InstanceNow { id: id.into(), lifecycle, weight, protected: true }
    }

    /// Two instances, both wanted, and a minimum of one.
    fn group() -> GroupNow {
        let instances = vec![instance("i-a", Lifecycle::InService, 1), instance("i-b", Lifecycle::InService, 1)];
        GroupNow { min: 1, max: 5, desired: 2, instances, ..GroupNow::default() }
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

    #[test]
    fn a_group_loses_no_instance_below_its_minimum() {
        assert_eq!(may_lose(&group(), "i-a"), Ok(()));
        assert_eq!(may_lose(&GroupNow { min: 2, ..group() }, "i-a"), Err(SkipReason::AtMin { min: 2 }));
        let weighted = vec![instance("i-a", Lifecycle::InService, 4), instance("i-b", Lifecycle::InService, 2)];
        let weighted = GroupNow { min: 3, desired: 6, instances: weighted, ..group() };
        assert_eq!(may_lose(&weighted, "i-a"), Err(SkipReason::AtMin { min: 3 }));
        assert_eq!(may_lose(&weighted, "i-b"), Ok(()));
    }

    #[test]
    fn a_group_that_aws_is_shrinking_is_left_alone() {
        let reason = SkipReason::AboveDesired { live: 2, desired: 1 };
        assert_eq!(may_lose(&GroupNow { desired: 1, min: 0, ..group() }, "i-a"), Err(reason));
        let weighted = vec![instance("i-a", Lifecycle::InService, 4), instance("i-b", Lifecycle::InService, 4)];
        let overshooting = GroupNow { min: 0, desired: 5, instances: weighted, ..group() };
        assert_eq!(may_lose(&overshooting, "i-a"), Ok(()));
        let reason = SkipReason::AboveDesired { live: 8, desired: 4 };
        assert_eq!(may_lose(&GroupNow { desired: 4, ..overshooting }, "i-a"), Err(reason));
    }

    #[test]
    fn only_an_instance_in_service_of_a_willing_group_goes() {
        assert_eq!(may_lose(&group(), "i-z"), Err(SkipReason::NotInGroup));
        for lifecycle in [Lifecycle::Pending, Lifecycle::Terminating, Lifecycle::Standby] {
            let instances = vec![instance("i-a", lifecycle, 1)];
            assert_eq!(may_lose(&GroupNow { instances, ..group() }, "i-a"), Err(SkipReason::NotInService { lifecycle }));
        }
        let suspended = GroupNow { suspended: [Process::Terminate].into(), ..group() };
        assert_eq!(may_lose(&suspended, "i-a"), Err(SkipReason::Suspended { process: Process::Terminate }));
        assert_eq!(may_lose(&GroupNow { being_deleted: true, ..group() }, "i-a"), Err(SkipReason::GroupBeingDeleted));
    }
}
