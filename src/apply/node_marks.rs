//! What the marks of a node mean for a change to it, and the merge patches that change ours. Pure.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Taint};
use serde_json::{Value, json};

use super::SkipReason;
use crate::duration::whole_seconds;
use crate::snapshot::{self};
use crate::well_known::{annotations, labels, taints};

/// Returns when we cordoned the node; refuses one that is schedulable, or that a person cordoned.
pub(super) fn our_cordon(node: &snapshot::Node) -> Result<Timestamp, SkipReason> {
    match (node.unschedulable, node.cordoned_by_us()) {
        (false, _) => Err(SkipReason::NotCordoned),
        (true, None) => Err(SkipReason::CordonedByPerson),
        (true, Some(at)) => Ok(at),
    }
}

/// Refuses a node with a mark that keeps it.
pub(super) fn refuse_if_kept(node: &snapshot::Node) -> Result<(), SkipReason> {
    let detached = labels::DETACHED.into_iter().find(|label| node.labels.contains_key(label));
    match node.protecting_mark().or(detached) {
        Some(mark) => Err(SkipReason::Kept { mark: mark.to_owned() }),
        None => Ok(()),
    }
}

/// Returns the patch that marks the node idle since then, in whole seconds; it replaces an older
/// mark.
pub(super) fn mark_idle(node: &Node, since: Timestamp) -> Value {
    let mark = Taint {
        key: taints::IDLE_SINCE.to_owned(),
        value: Some(since.as_second().to_string()),
        effect: "PreferNoSchedule".to_owned(),
        time_added: None,
    };
    let taints: Vec<_> = other_taints(node).chain([&mark]).collect();
    json!({ "spec": { "taints": taints } })
}

/// Returns the patch that removes the idle mark.
pub(super) fn clear_idle(node: &Node) -> Value {
    json!({ "spec": { "taints": without_idle_mark(node) } })
}

/// Returns the patch that cordons the node in our name. The mark holds whole seconds, as a later
/// run will read it.
pub(super) fn cordon(now: Timestamp) -> Value {
    json!({ "metadata": { "annotations": { annotations::CORDONED_AT: whole_seconds(now) } }, "spec": { "unschedulable": true } })
}

/// Returns the patch that marks since when the node's instance has been gone.
pub(super) fn mark_gone(since: Timestamp) -> Value {
    json!({ "metadata": { "annotations": { annotations::GONE_SINCE: whole_seconds(since) } } })
}

/// Returns the patch that removes that mark.
pub(super) fn clear_gone() -> Value {
    json!({ "metadata": { "annotations": { annotations::GONE_SINCE: null } } })
}

/// Returns the patch that marks since when runs have seen the node not Ready.
pub(super) fn mark_not_ready(since: Timestamp) -> Value {
    json!({ "metadata": { "annotations": { annotations::NOT_READY_SINCE: whole_seconds(since) } } })
}

/// Returns the patch that removes that mark.
pub(super) fn clear_not_ready() -> Value {
    json!({ "metadata": { "annotations": { annotations::NOT_READY_SINCE: null } } })
}

/// Returns the patch that cordons the node in our name and marks it as being drained.
pub(super) fn start_drain(now: Timestamp) -> Value {
    let mut patch = cordon(now);
    let annotations = &mut patch["metadata"]["annotations"];
    annotations[annotations::DRAINING_SINCE] = annotations[annotations::CORDONED_AT].clone();
    patch
}

/// Returns the patch that makes the node schedulable and removes every mark of ours; the
/// predecessor's was a label or an annotation.
pub(super) fn clear_all(node: &Node) -> Value {
    let annotations =
        json!({ annotations::CORDONED_AT: null, annotations::DRAINING_SINCE: null, annotations::PREDECESSOR_CORDON: null });
    json!({
        "metadata": { "annotations": annotations, "labels": { annotations::PREDECESSOR_CORDON: null } },
        "spec": { "unschedulable": null, "taints": without_idle_mark(node) },
    })
}

fn other_taints(node: &Node) -> impl Iterator<Item = &Taint> {
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
    taints.iter().filter(|taint| taint.key != taints::IDLE_SINCE)
}

/// Returns the taints without ours; `null` removes the field when no other is left.
fn without_idle_mark(node: &Node) -> Value {
    let rest: Vec<_> = other_taints(node).collect();
    if rest.is_empty() { Value::Null } else { json!(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(taints: &Value) -> Node {
        serde_json::from_value(json!({ "metadata": {}, "spec": { "taints": taints } })).expect("a node")
    }

    #[test]
    fn a_new_idle_mark_replaces_the_old_one_and_keeps_other_taints_whole() {
        let gpu = json!({ "key": "nvidia.com/gpu", "effect": "NoSchedule", "timeAdded": "2026-11-22T09:00:00Z" });
        let stale = json!({ "key": "ec2-autoscale/idle-since", "value": "soon", "effect": "NoSchedule" });
        let since = Timestamp::from_millisecond(1_795_341_600_750).expect("a timestamp");
        let mark = json!({ "key": "ec2-autoscale/idle-since", "value": "1795341600", "effect": "PreferNoSchedule" });
        assert_eq!(mark_idle(&node(&json!([stale, gpu])), since), json!({ "spec": { "taints": [gpu, mark] } }));
    }

    #[test]
    fn clearing_the_last_taint_takes_the_list_away() {
        let mark = json!({ "key": "ec2-autoscale/idle-since", "value": "1", "effect": "PreferNoSchedule" });
        assert_eq!(clear_idle(&node(&json!([mark]))), json!({ "spec": { "taints": null } }));
    }

    #[test]
    fn uncordoning_is_one_patch_that_leaves_nothing_of_ours() {
        let cordoned = json!({ "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule" });
        let mark = json!({ "key": "ec2-autoscale/idle-since", "value": "1", "effect": "PreferNoSchedule" });
        let patch = clear_all(&node(&json!([cordoned, mark])));
        assert_eq!(patch["spec"], json!({ "unschedulable": null, "taints": [cordoned] }));
        let gone = ["ec2-autoscale/cordoned-at", "ec2-autoscale/draining-since", "openai/cordoned-by-autoscaler"];
        assert!(gone.iter().all(|name| patch["metadata"]["annotations"].get(name) == Some(&Value::Null)));
        assert_eq!(patch["metadata"]["labels"], json!({ "openai/cordoned-by-autoscaler": null }));
    }

    #[test]
    fn a_cordon_is_marked_with_its_time_in_whole_seconds() {
        let patch = cordon("2026-11-22T10:00:00.999Z".parse().expect("a timestamp"));
        let mark = json!({ "annotations": { "ec2-autoscale/cordoned-at": "2026-11-22T10:00:00Z" } });
        assert_eq!(patch, json!({ "metadata": mark, "spec": { "unschedulable": true } }));
    }
}
