//! Our marks on nodes.
//!
//! All state lives in the cluster: through these marks one run remembers for the next.

use jiff::Timestamp;

use super::{Node, TaintEffect};
use crate::well_known::{annotations, taints};

impl Node {
    /// Returns since when the node has been idle, by our taint.
    #[must_use]
    pub fn idle_since(&self) -> Option<Timestamp> {
        let taint = self
            .taints
            .iter()
            .find(|taint| taint.key == taints::IDLE_SINCE && taint.effect == TaintEffect::PreferNoSchedule)?;
        Timestamp::from_second(taint.value.parse().ok()?).ok()
    }

    /// Returns when we cordoned the node; `None` when it is not cordoned, or a person cordoned it.
    /// The predecessor's mark has no time, so its cordon counts as old as the node.
    #[must_use]
    pub fn cordoned_by_us(&self) -> Option<Timestamp> {
        if !self.unschedulable {
            return None;
        }
        let ours = self.marks.get(annotations::CORDONED_AT).and_then(|at| at.parse().ok());
        ours.or_else(|| self.marks.contains_key(annotations::PREDECESSOR_CORDON).then_some(self.created_at))
    }

    /// Whether a cordon mark of ours is left on a node that somebody made schedulable by hand. A
    /// person's next cordon of it would look like ours.
    #[must_use]
    pub fn has_stale_mark(&self) -> bool {
        let is_marked = |mark: &&str| self.marks.contains_key(mark);
        !self.unschedulable && [annotations::CORDONED_AT, annotations::DRAINING_SINCE].iter().any(is_marked)
    }

    /// Returns since when we have been draining the node; `None` unless we cordoned it, too.
    #[must_use]
    pub fn draining_since(&self) -> Option<Timestamp> {
        self.cordoned_by_us()?;
        self.marks.get(annotations::DRAINING_SINCE).and_then(|at| at.parse().ok())
    }

    /// Returns since when runs have known that the node's instance is gone.
    #[must_use]
    pub fn gone_since(&self) -> Option<Timestamp> {
        self.marks.get(annotations::GONE_SINCE).and_then(|at| at.parse().ok())
    }

    /// Returns since when runs have seen the node not Ready; `None` while it is Ready.
    #[must_use]
    pub fn not_ready_since(&self) -> Option<Timestamp> {
        let marked = || self.marks.get(annotations::NOT_READY_SINCE).and_then(|at| at.parse().ok());
        if self.is_ready() { None } else { marked() }
    }

    /// Returns since when the node has been not Ready without a break, as far as runs have seen it
    /// and its condition agrees.
    #[must_use]
    pub fn silent_since(&self) -> Option<Timestamp> {
        Some(self.not_ready_since()?.max(self.readiness_since()))
    }

    /// Whether the node carries the mark of being not Ready, whatever its value.
    #[must_use]
    pub fn has_not_ready_mark(&self) -> bool {
        self.marks.contains_key(annotations::NOT_READY_SINCE)
    }

    /// Whether the node carries any mark of ours, even an unreadable one: no node of another tool
    /// does.
    #[must_use]
    pub fn has_our_mark(&self) -> bool {
        let is_marked = |mark: &&str| self.marks.contains_key(mark);
        annotations::OUR_MARKS.iter().any(is_marked) || self.taints.iter().any(|taint| taint.key == taints::IDLE_SINCE)
    }
}
