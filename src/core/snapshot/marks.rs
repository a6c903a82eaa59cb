//! Our marks on nodes, and those of others that we honour.
//!
//! All state lives in the cluster: these marks are the memory of one run for the next.

use jiff::Timestamp;

use super::{Node, TaintEffect};

/// Taint with the unix time since when a node is idle; `PreferNoSchedule`, so it nudges new pods to busier nodes.
pub const IDLE_SINCE_TAINT: &str = "ec2-autoscale/idle-since";
/// Annotation with the time (RFC 3339) at which we cordoned a node, so that we may uncordon or remove it.
pub const CORDONED_AT_ANNOTATION: &str = "ec2-autoscale/cordoned-at";
/// Annotation with the time (RFC 3339) since when we drain a node.
pub const DRAINING_SINCE_ANNOTATION: &str = "ec2-autoscale/draining-since";
/// Annotation with the time (RFC 3339) since when EC2 says that a node's instance is no more.
pub const GONE_SINCE_ANNOTATION: &str = "ec2-autoscale/gone-since";
/// Annotation with the time (RFC 3339) since when runs have seen a node not Ready without a break.
pub const NOT_READY_SINCE_ANNOTATION: &str = "ec2-autoscale/not-ready-since";
/// Annotation with which a pod says that it is one of a DaemonSet's kind, whatever the kind of its owner (Cluster Autoscaler's).
pub const DAEMON_POD_ANNOTATION: &str = "cluster-autoscaler.kubernetes.io/daemonset-pod";
/// The predecessor's cordon mark, honoured as ours for those who migrate.
pub const PREDECESSOR_CORDON: &str = "openai/cordoned-by-autoscaler";
/// Labels that take a node out of our hands.
pub const DETACHED_LABELS: [&str; 2] = ["ec2-autoscale/detached", "openai/detached"];
/// Annotations that keep a node, with the value that does (Cluster Autoscaler's and Karpenter's).
pub const PROTECTING_ANNOTATIONS: [(&str, &str); 2] =
    [("cluster-autoscaler.kubernetes.io/scale-down-disabled", "true"), ("karpenter.sh/do-not-disrupt", "true")];

impl Node {
    /// Since when the node is idle, as our taint says.
    #[must_use]
    pub fn idle_since(&self) -> Option<Timestamp> {
        let taint =
            self.taints.iter().find(|taint| taint.key == IDLE_SINCE_TAINT && taint.effect == TaintEffect::PreferNoSchedule)?;
        Timestamp::from_second(taint.value.parse().ok()?).ok()
    }

    /// When we cordoned the node; `None` when it is not cordoned, or by a person. The predecessor's mark has no time: the
    /// cordon then counts as old as the node.
    #[must_use]
    pub fn cordoned_by_us(&self) -> Option<Timestamp> {
        if !self.unschedulable {
            return None;
        }
        let ours = self.marks.get(CORDONED_AT_ANNOTATION).and_then(|at| at.parse().ok());
        ours.or_else(|| self.marks.contains_key(PREDECESSOR_CORDON).then_some(self.created_at))
    }

    /// Whether a cordon mark of ours is left on a node that somebody made schedulable by hand. A person's next cordon of it would
    /// look like ours.
    #[must_use]
    pub fn has_stale_mark(&self) -> bool {
        let is_marked = |mark: &&str| self.marks.contains_key(*mark);
        !self.unschedulable && [CORDONED_AT_ANNOTATION, DRAINING_SINCE_ANNOTATION].iter().any(is_marked)
    }

    /// Since when we drain the node; `None` unless we cordoned it, too.
    #[must_use]
    pub fn draining_since(&self) -> Option<Timestamp> {
        self.cordoned_by_us()?;
        self.marks.get(DRAINING_SINCE_ANNOTATION).and_then(|at| at.parse().ok())
    }

    /// Since when a run has known that the node's instance is no more.
    #[must_use]
    pub fn gone_since(&self) -> Option<Timestamp> {
        self.marks.get(GONE_SINCE_ANNOTATION).and_then(|at| at.parse().ok())
    }

    /// Since when runs have seen the node not Ready; `None` while it is Ready.
    #[must_use]
    pub fn not_ready_since(&self) -> Option<Timestamp> {
        let marked = || self.marks.get(NOT_READY_SINCE_ANNOTATION).and_then(|at| at.parse().ok());
        if self.is_ready() { None } else { marked() }
    }

    /// Since when the node has been not Ready without a break, as far as runs have seen it and its condition agrees.
    #[must_use]
    pub fn silent_since(&self) -> Option<Timestamp> {
        Some(self.not_ready_since()?.max(self.readiness_since()))
    }

    /// Whether the node carries a mark of being not Ready, whatever it says.
    #[must_use]
    pub fn has_not_ready_mark(&self) -> bool {
        self.marks.contains_key(NOT_READY_SINCE_ANNOTATION)
    }

    /// Whether the node carries any mark of ours, also one that cannot be read: no other tool's node does.
    #[must_use]
    pub fn has_our_mark(&self) -> bool {
        let own = [
            CORDONED_AT_ANNOTATION,
            DRAINING_SINCE_ANNOTATION,
            GONE_SINCE_ANNOTATION,
            NOT_READY_SINCE_ANNOTATION,
            PREDECESSOR_CORDON,
        ];
        own.iter().any(|mark| self.marks.contains_key(*mark)) || self.taints.iter().any(|taint| taint.key == IDLE_SINCE_TAINT)
    }

    /// Whether a person took the node out of our hands.
    #[must_use]
    pub fn is_detached(&self) -> bool {
        DETACHED_LABELS.iter().any(|label| self.labels.contains_key(*label))
    }

    /// The annotation that keeps the node, if one does.
    #[must_use]
    pub fn protecting_mark(&self) -> Option<&'static str> {
        let keeps = |(key, value): &&(&'static str, &str)| self.marks.get(*key).is_some_and(|actual| actual == value);
        PROTECTING_ANNOTATIONS.iter().find(keeps).map(|(key, _)| *key)
    }
}
