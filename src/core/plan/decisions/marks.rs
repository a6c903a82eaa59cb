//! Marks that later runs read: since when nodes are idle, not Ready or gone, and which instances
//! have no node. They do not count as changes (`--detailed-exitcode`).

use jiff::Timestamp;

use crate::index_vec::IndexVec;
use crate::plan::action::{Action, NodeRef};
use crate::plan::fleet::{Fleet, NodeEntry, NodeIx};
use crate::plan::group_health::{NoteChanges, note_changes};
use crate::plan::node_outcome::{NodeOutcome, NodeStep};
use crate::plan::reason::UncordonReason;
use crate::plan::report::{NodeDecision, NodeState, StateTrait};
use crate::plan::scale_up::{ScaleUp, notes_of_unhelpful_nodes};
use crate::plan::situation::Situation;
use crate::snapshot::MissingFact;

/// Returns every mark, by node name.
pub(super) fn marks(situation: &Situation<'_>, scale_up: &ScaleUp, nodes: &IndexVec<NodeIx, NodeOutcome>) -> Vec<Action> {
    let fleet = &situation.fleet;
    let of_node = |(entry, outcome): (&NodeEntry<'_>, &NodeOutcome)| Marks { fleet, entry, outcome }.all();
    notes(situation, scale_up, nodes).into_iter().chain(fleet.nodes.iter().zip(nodes).flat_map(of_node)).collect()
}

/// Returns the notes of instances without a node and of nodes that helped nobody, unless the
/// earlier ones could not be read.
fn notes(situation: &Situation<'_>, scale_up: &ScaleUp, nodes: &IndexVec<NodeIx, NodeOutcome>) -> Option<Action> {
    let fleet = &situation.fleet;
    let is_unread = fleet.snapshot.gaps.iter().any(|gap| gap.fact == MissingFact::GrowthNotes);
    let NoteChanges { seen, settled } = note_changes(fleet);
    let goes = |node: NodeIx| nodes[node].step == NodeStep::Terminate;
    let fruitless = notes_of_unhelpful_nodes(situation, &scale_up.rulings, goes);
    let is_news = !seen.is_empty() || !settled.is_empty() || !fruitless.is_empty();
    (is_news && !is_unread).then_some(Action::NoteInstances { seen, settled, fruitless })
}

/// The marks of one node.
struct Marks<'m, 'a> {
    fleet: &'m Fleet<'a>,
    entry: &'m NodeEntry<'a>,
    outcome: &'m NodeOutcome,
}

impl Marks<'_, '_> {
    fn all(&self) -> Vec<Action> {
        let one_each = [self.gone(), self.not_ready(), self.stale()];
        self.idle().into_iter().chain(one_each.into_iter().flatten()).collect()
    }

    fn reference(&self) -> NodeRef {
        NodeRef::of(self.entry.node)
    }

    /// Returns the changes of the idle taint. It follows the facts; nodes that are not ours keep
    /// what they have. None is written on a node that ends in this plan, nor where a pod is
    /// expected, since the scheduler would then prefer other nodes.
    fn idle(&self) -> Vec<Action> {
        let clear = |since| Action::ClearIdle { node: self.reference(), since };
        let mark = |since| Action::MarkIdle { node: self.reference(), since };
        let marked = self.entry.node.idle_since();
        if self.outcome.decision() == NodeDecision::Uncordon {
            return Vec::new();
        }
        if self.fleet.is_former(self.entry) {
            return marked.map(clear).into_iter().collect();
        }
        if !self.may_mark() {
            return Vec::new();
        }
        if matches!(self.outcome.state, NodeState::RoomKept { .. }) {
            // It becomes idle only when nobody wants its room any more.
            return marked.map(clear).into_iter().collect();
        }
        let may_write = self.fleet.policy.scale_in && !self.is_to_change();
        match (marked, self.entry.holders.is_empty()) {
            (Some(since), false) => vec![clear(since)],
            (None, true) if may_write => vec![mark(self.fleet.now())],
            (Some(since), true) if may_write => {
                self.later(since).map_or_else(Vec::new, |later| vec![clear(since), mark(later)])
            }
            (Some(_), true) | (None, _) => Vec::new(),
        }
    }

    /// Returns since when a marked node has been idle, if a pod came and went since the mark. The
    /// mark keeps that when the pod's object is deleted. Marks hold whole seconds.
    fn later(&self, marked: Timestamp) -> Option<Timestamp> {
        self.fleet.idle_since(self.entry).filter(|since| since.as_second() > marked.as_second())
    }

    /// Whether an idle node will soon be gone or busy.
    fn is_to_change(&self) -> bool {
        let ends = matches!(self.outcome.decision(), NodeDecision::Terminate | NodeDecision::Replace | NodeDecision::Delete);
        ends || matches!(self.outcome.state, NodeState::PodPending { .. })
    }

    /// Returns the mark of a leftover. The run that finds it writes the mark, and the mark is
    /// removed when its instance exists after all.
    fn gone(&self) -> Option<Action> {
        if let NodeState::InstanceTerminated { leftover: Some(leftover) } = &self.outcome.state {
            let is_news = leftover.since.is_none() && self.outcome.held_by.is_none();
            let instance = self.entry.node.instance_id().filter(|_| is_news)?.to_owned();
            return Some(Action::MarkGone { node: self.reference(), instance, since: self.fleet.now() });
        }
        let since = self.entry.node.gone_since()?;
        let is_there = || self.fleet.machine_check(self.entry).is_some_and(|check| !check.health.is_gone());
        let is_selected = match self.fleet.group_of(self.entry) {
            Some(group) => self.fleet.policy.may_touch(&group.id().name),
            None => self.fleet.policy.only_groups.is_empty(),
        };
        let may_touch = is_selected && self.fleet.unreadable_region_of(self.entry.node).is_none();
        let is_mistaken = may_touch && (self.entry.node.is_ready() || is_there());
        is_mistaken.then_some(Action::ClearGone { node: self.reference(), since })
    }

    /// Returns the mark of a node that is not Ready. How long it is so is what runs have seen: the
    /// first one marks it, and the mark is removed when it is Ready again.
    fn not_ready(&self) -> Option<Action> {
        if !self.fleet.may_touch(self.entry) || self.outcome.state.has(StateTrait::NotOurs) {
            return None;
        }
        match (self.entry.node.is_ready(), self.entry.node.not_ready_since()) {
            (true, _) if self.entry.node.has_not_ready_mark() => Some(Action::ClearNotReady { node: self.reference() }),
            (false, None) if !self.entry.is_lagging && self.fleet.policy.scale_in => {
                Some(Action::MarkNotReady { node: self.reference(), since: self.fleet.now() })
            }
            (true | false, _) => None,
        }
    }

    fn may_mark(&self) -> bool {
        self.fleet.may_touch(self.entry)
            && !self.outcome.state.has(StateTrait::NotOurs)
            && !matches!(self.outcome.state, NodeState::Dead { .. } | NodeState::Starting { .. })
    }

    /// Returns the removal of our mark from a node that a person has made schedulable.
    fn stale(&self) -> Option<Action> {
        // Nodes of groups that are not managed any more are opened together with their marks.
        self.fleet.group_of(self.entry)?;
        let is_kept = self.outcome.decision() == NodeDecision::Keep;
        let is_stale = is_kept && self.entry.node.has_stale_mark() && self.fleet.may_touch(self.entry);
        is_stale.then(|| Action::Uncordon { node: self.reference(), reason: UncordonReason::StaleMark })
    }
}
