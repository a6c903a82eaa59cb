//! The marks on a node, read here a second time and independently.

use jiff::Timestamp;

use crate::snapshot::{Name, Node, ReadyStatus};

/// Returns when we cordoned a node; nothing for an open one and for one that a person cordoned.
pub(super) fn our_cordon(node: &Node) -> Option<Timestamp> {
    let noted = mark(node, "ec2-autoscale/cordoned-at").and_then(|at| at.parse().ok());
    let is_predecessors = node.marks.contains_key("openai/cordoned-by-autoscaler");
    noted.or_else(|| is_predecessors.then_some(node.created_at)).filter(|_| node.unschedulable)
}

/// Whether an open node has a cordon mark of ours.
pub(super) fn has_leftover_mark(node: &Node) -> bool {
    let is_there = |key: &&str| node.marks.contains_key(key);
    !node.unschedulable && ["ec2-autoscale/cordoned-at", "ec2-autoscale/draining-since"].iter().any(is_there)
}

/// Returns since when a run has known that the node's instance is no more.
pub(super) fn gone_since(node: &Node) -> Option<Timestamp> {
    mark(node, "ec2-autoscale/gone-since").and_then(|at| at.parse().ok())
}

/// Whether a person keeps the node from us.
pub(super) fn is_kept(node: &Node) -> bool {
    let is_detached = ["ec2-autoscale/detached", "openai/detached"].iter().any(|label| node.labels.contains_key(label));
    let is_protected = ["cluster-autoscaler.kubernetes.io/scale-down-disabled", "karpenter.sh/do-not-disrupt"]
        .iter()
        .any(|key| mark(node, key) == Some("true"));
    is_detached || is_protected
}

/// Returns since when runs have seen the node not Ready and its condition agrees; nothing for a
/// Ready node and for one without a mark.
pub(super) fn silent_since(node: &Node) -> Option<Timestamp> {
    let changed = match node.ready.status {
        ReadyStatus::True => return None,
        ReadyStatus::False | ReadyStatus::Unknown => node.ready.since.unwrap_or(node.created_at),
    };
    let marked: Timestamp = mark(node, "ec2-autoscale/not-ready-since")?.parse().ok()?;
    Some(marked.max(changed))
}

fn mark<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.marks.get(key).map(Name::as_str)
}
