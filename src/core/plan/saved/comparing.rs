//! Which steps of the current plan were reviewed, in the same state and for the same reason.

use std::collections::BTreeMap;
use std::mem::discriminant;

use super::Verdict;
use super::drift::{Drift, Drifted};
use super::growth::{Growth, requested_since, smaller};
use crate::plan::Plan;
use crate::plan::action::{Action, Eviction, NodeRef, Stage};
use crate::plan::amounts::small;
use crate::plan::reason::GrowReason;
use crate::plan::report::{FindingCode, NodeReport};
use crate::plan::subject::Subject;
use crate::snapshot::{GroupId, Snapshot};

type StepsBySubject<'a> = BTreeMap<(Stage, Subject<'a>), &'a Action>;
type NodesByName<'a> = BTreeMap<&'a str, &'a NodeReport>;

fn steps(plan: &Plan) -> StepsBySubject<'_> {
    plan.actions.iter().map(|action| ((action.stage(), action.subject()), action)).collect()
}

fn nodes(plan: &Plan) -> NodesByName<'_> {
    plan.nodes.iter().map(|report| (report.node.as_str(), report)).collect()
}

/// Both plans, by the subjects of their steps.
pub(super) struct BothPlans<'a> {
    saved: &'a Plan,
    now: &'a Plan,
    snapshot: &'a Snapshot,
    only_groups: &'a [String],
    reviewed: StepsBySubject<'a>,
    wanted: StepsBySubject<'a>,
    nodes_then: NodesByName<'a>,
    nodes_now: NodesByName<'a>,
}

impl<'a> BothPlans<'a> {
    pub(super) fn new(saved: &'a Plan, now: &'a Plan, snapshot: &'a Snapshot, only_groups: &'a [String]) -> Self {
        let (reviewed, wanted) = (steps(saved), steps(now));
        Self { saved, now, snapshot, only_groups, reviewed, wanted, nodes_then: nodes(saved), nodes_now: nodes(now) }
    }

    fn counterpart(&self, action: &Action) -> Option<&'a Action> {
        self.reviewed.get(&(action.stage(), action.subject())).copied()
    }

    /// Decides what happens to a step of the current plan.
    pub(super) fn verdict(&self, action: &Action) -> Verdict {
        if matches!(action, Action::NoteInstances { .. }) {
            // Notes of what this run saw need no review.
            return Verdict { done: Some(action.clone()), drifted: None };
        }
        match self.counterpart(action) {
            None => Verdict::left(Drifted::NotReviewed),
            Some(_) if !self.is_selected(action) => Verdict::left(Drifted::NotSelected),
            Some(reviewed) => self.compare(reviewed, action),
        }
    }

    /// Returns the difference that a verdict holds, if any.
    pub(super) fn drift(&self, action: &Action, verdict: &Verdict) -> Option<Drift> {
        let drifted = verdict.drifted.clone()?;
        Some(Drift::new(self.counterpart(action), Some(action), verdict.done.as_ref(), drifted))
    }

    /// Returns the reviewed steps that are not wanted any more.
    pub(super) fn gone(&self) -> Vec<Drift> {
        let is_note = |action: &&Action| matches!(action, Action::NoteInstances { .. });
        let reviewed = self.saved.actions.iter().filter(|action| !is_note(action));
        let gone = reviewed.filter(|action| !self.wanted.contains_key(&(action.stage(), action.subject())));
        gone.map(|action| Drift::new(Some(action), None, None, self.why_gone(action))).collect()
    }

    fn is_selected(&self, action: &Action) -> bool {
        let group = match action.subject() {
            Subject::Group(group) | Subject::Instance(group, _) => Some(group),
            Subject::Node(node) | Subject::Leftover(node) => {
                self.nodes_now.get(node.name.as_str()).and_then(|report| report.group.as_ref())
            }
            Subject::Notes => return true,
        };
        self.only_groups.is_empty() || group.is_some_and(|group| self.only_groups.contains(&group.name))
    }

    fn compare(&self, reviewed: &Action, now: &Action) -> Verdict {
        let (was, is) = (reviewed, now);
        match now {
            Action::NoteInstances { .. }
            | Action::ClearIdle { .. }
            | Action::MarkIdle { .. }
            | Action::ClearGone { .. }
            | Action::MarkGone { .. }
            | Action::ClearNotReady { .. }
            | Action::MarkNotReady { .. } => self.same(is, discriminant(was) == discriminant(is)),
            Action::Uncordon { reason, node } => {
                let is_same = |was: &Action| matches!(was, Action::Uncordon { reason: then, .. } if discriminant(then) == discriminant(reason));
                self.same(is, is_same(was) && self.is_in_same_state(node))
            }
            Action::Cordon { reason, node, .. } => {
                let is_same = |was: &Action| matches!(was, Action::Cordon { reason: then, .. } if discriminant(then) == discriminant(reason));
                self.same(is, is_same(was) && self.is_in_same_state(node))
            }
            Action::StartDrain { reason, node, .. } => {
                let is_same = |was: &Action| matches!(was, Action::StartDrain { reason: then, .. } if then == reason);
                self.same(is, is_same(was) && self.is_in_same_state(node))
            }
            Action::Evict { node, pods, .. } => self.evictions(was, is, node, pods),
            // These steps cannot be undone.
            Action::Terminate { node, .. } | Action::DeleteNode { node, .. } => {
                self.same(is, was == is && self.is_in_same_state(node))
            }
            Action::TerminateUnhealthy { node, .. } => {
                self.same(is, was == is && node.as_ref().is_none_or(|node| self.is_in_same_state(node)))
            }
            Action::SetDesired { .. } | Action::Launch { .. } => self.growth(was, is),
            Action::RevertDesired { from, to, .. } => match was {
                Action::RevertDesired { from: then_from, to: then_to, .. } if (then_from, then_to) == (from, to) => {
                    Verdict { done: Some(is.clone()), drifted: None }
                }
                _ => Verdict::left(Drifted::OtherCapacity { from: *from, to: *to }),
            },
        }
    }

    fn same(&self, now: &Action, is_same: bool) -> Verdict {
        match is_same {
            true => Verdict { done: Some(now.clone()), drifted: None },
            false => Verdict::left(self.other_state(now)),
        }
    }

    fn is_in_same_state(&self, node: &NodeRef) -> bool {
        let state = |nodes: &NodesByName<'_>| nodes.get(node.name.as_str()).map(|report| discriminant(&report.state));
        let then = state(&self.nodes_then);
        then.is_some() && then == state(&self.nodes_now)
    }

    fn other_state(&self, action: &Action) -> Drifted {
        let message = |plan: &Plan, nodes: &NodesByName<'_>| message_on(plan, nodes, action).unwrap_or_default();
        Drifted::OtherState { was: message(self.saved, &self.nodes_then), is: message(self.now, &self.nodes_now) }
    }

    fn evictions(&self, was: &Action, is: &Action, node: &NodeRef, pods: &[Eviction]) -> Verdict {
        let Action::Evict { pods: reviewed, .. } = was else { return Verdict::left(self.other_state(is)) };
        if !self.is_in_same_state(node) {
            return Verdict::left(self.other_state(is));
        }
        let is_reviewed =
            |eviction: &&Eviction| reviewed.iter().any(|then| then.uid == eviction.uid && then.pod == eviction.pod);
        if let Some(other) = pods.iter().find(|eviction| !is_reviewed(eviction)) {
            return Verdict::left(Drifted::OtherPods { pod: other.pod.clone() });
        }
        let left = reviewed.len().saturating_sub(pods.len());
        Verdict { done: Some(is.clone()), drifted: (left > 0).then(|| Drifted::PodsLeft { pods: small(left) }) }
    }

    fn growth(&self, was: &Action, is: &Action) -> Verdict {
        let (Some(then), Some(now)) = (was.growth(), is.growth()) else { return Verdict::left(self.other_state(is)) };
        let group = self.snapshot.groups.iter().find(|group| group.id == *now.group);
        let is_same = discriminant(was) == discriminant(is) && is_same_purpose(then.reason, now.reason);
        match group.filter(|_| is_same) {
            Some(group) => {
                let requested = requested_since(self.saved.made_at, then.from, group, self.snapshot);
                smaller((Growth::of(then), was), (Growth::of(now), is), requested, group)
            }
            None => Verdict::left(self.other_state(is)),
        }
    }

    fn why_gone(&self, action: &Action) -> Drifted {
        let unreadable = |region: &str| {
            let findings = self.now.findings.iter().map(|finding| &finding.code);
            let mut regions = findings.filter_map(|code| match code {
                FindingCode::RegionUnreadable { region, .. } => Some(region),
                _ => None,
            });
            regions.any(|known| known == region)
        };
        let group = match action.subject() {
            Subject::Node(node) | Subject::Leftover(node) => {
                self.nodes_then.get(node.name.as_str()).and_then(|report| report.group.as_ref())
            }
            Subject::Instance(group, _) | Subject::Group(group) => Some(group),
            Subject::Notes => None,
        };
        if let Some(group) = group.filter(|group| unreadable(&group.region)) {
            return Drifted::RegionUnreadable { region: group.region.clone() };
        }
        match action.subject() {
            Subject::Node(node) | Subject::Leftover(node) => {
                match self.snapshot.nodes.iter().find(|known| known.name == node.name) {
                    None => Drifted::NodeGone,
                    Some(known) if known.uid != node.uid => Drifted::NodeReplaced,
                    Some(_) => self.not_wanted(action),
                }
            }
            Subject::Group(group) | Subject::Instance(group, _)
                if !self.now.groups.iter().any(|report| report.group == *group) =>
            {
                Drifted::GroupGone
            }
            Subject::Instance(group, instance) if !self.is_member(group, instance) => Drifted::InstanceGone,
            Subject::Instance(..) | Subject::Group(_) | Subject::Notes => self.not_wanted(action),
        }
    }

    fn is_member(&self, group: &GroupId, instance: &str) -> bool {
        let known = self.snapshot.groups.iter().find(|known| known.id == *group);
        known.is_some_and(|known| known.instances.iter().any(|member| member.id == instance))
    }

    fn not_wanted(&self, action: &Action) -> Drifted {
        let because = message_on(self.now, &self.nodes_now, action);
        Drifted::NotWanted { because: because.unwrap_or_else(|| "nothing is said of it".to_owned()) }
    }
}

/// Whether nodes are bought for the same purpose. Other pods may be pending now, but a node that
/// replaces others must replace the same ones.
fn is_same_purpose(then: &GrowReason, now: &GrowReason) -> bool {
    match (then, now) {
        (GrowReason::PendingPods { .. } | GrowReason::PolicyMin { .. }, GrowReason::PendingPods { .. })
        | (GrowReason::PendingPods { .. } | GrowReason::PolicyMin { .. }, GrowReason::PolicyMin { .. }) => true,
        (GrowReason::Replaces { .. }, _) | (_, GrowReason::Replaces { .. }) => then == now,
    }
}

/// Returns the message of a plan on the subject of a step.
fn message_on(plan: &Plan, nodes: &NodesByName<'_>, action: &Action) -> Option<String> {
    let of_node = |name: &str| nodes.get(name).map(|report| report.message.clone());
    match (action.subject(), action) {
        (Subject::Node(node) | Subject::Leftover(node), _)
        | (Subject::Instance(..), Action::TerminateUnhealthy { node: Some(node), .. }) => of_node(&node.name),
        (Subject::Instance(_, instance), _) => {
            plan.instances.iter().find(|report| report.instance == instance).map(|report| report.message.clone())
        }
        (Subject::Group(group), _) => {
            plan.groups.iter().find(|report| report.group == *group).map(|report| report.message.clone())
        }
        (Subject::Notes, _) => None,
    }
}
