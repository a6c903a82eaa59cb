//! What a node is doing: the first state that applies, in the order of the rules. States that
//! forbid to touch a node come before what it does.

mod consolidation;
mod is_leftover;
mod rules;
mod spares;
mod utilization;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::drain::{self, Budgets, Drainability, EvictionCost};
use super::fleet::{Fleet, GroupEntry, NodeEntry, NodeIx};
use super::report::NodeState;
use super::scale_up::ScaleUp;
use super::situation::Situation;
use crate::duration::Seconds;
use crate::index_vec::IndexVec;
use crate::snapshot::{MissingFact, Pod};

pub(crate) use is_leftover::leftover;
pub(crate) use rules::looks_dead;
use rules::{RULES, RULES_OF_FREE_NODES, StateRule};
pub(crate) use utilization::utilization;

/// The states of the nodes in one plan, and what they follow from.
pub(crate) struct NodeStates<'a> {
    pub(crate) situation: &'a Situation<'a>,
    pub(crate) scale_up: &'a ScaleUp,
}

impl<'a> NodeStates<'a> {
    pub(crate) fn fleet(&self) -> &'a Fleet<'a> {
        &self.situation.fleet
    }

    pub(crate) fn budgets(&self) -> &'a Budgets<'a> {
        &self.situation.budgets
    }

    /// Returns the state of every node.
    pub(crate) fn all(&self) -> IndexVec<NodeIx, NodeState> {
        let entries = &self.fleet().nodes;
        let first = |rules: &[StateRule], node: NodeIx| rules.iter().find_map(|rule| rule(self, node, &entries[node]));
        let mut states: IndexVec<NodeIx, Option<NodeState>> = entries.numbers().map(|node| first(&RULES, node)).collect();
        let spares: BTreeSet<NodeIx> = spares::spares(self, &states);
        for (node, state) in states.iter_numbered_mut().filter(|(_, state)| state.is_none()) {
            *state = if spares.contains(&node) { self.spare(&entries[node]) } else { first(&RULES_OF_FREE_NODES, node) };
        }
        let known =
            |state: Option<NodeState>| state.expect("the last rule always applies: a node to which no other applies is idle");
        states.into_iter().map(known).collect()
    }

    /// Returns how long the node has been idle: since the time in its taint or the end of a pod
    /// that no run saw, or from now on.
    fn idle(&self, entry: &NodeEntry<'_>) -> Seconds {
        Seconds::between(self.idle_from(entry), self.fleet().now())
    }

    fn idle_from(&self, entry: &NodeEntry<'_>) -> Timestamp {
        self.fleet().idle_since(entry).unwrap_or(self.fleet().now())
    }

    fn group(&self, entry: &NodeEntry<'_>) -> Option<&GroupEntry<'_>> {
        self.fleet().group_of(entry)
    }

    /// Whether a node came for a gang that cannot start on what came, and nobody else is expected
    /// there.
    fn is_left_by_a_gang(&self, node: NodeIx) -> bool {
        self.scale_up.short_gangs.iter().any(|short| short.left.contains(&node))
    }

    fn spare(&self, entry: &NodeEntry<'_>) -> Option<NodeState> {
        let policy = &self.group(entry)?.policy;
        let (threshold, spares) = (policy.type_idle_threshold, policy.type_idle_count);
        Some(NodeState::TypeGracePeriod { idle: self.idle(entry), threshold, spares })
    }

    /// Returns the pods that keep a node, each with the verdict of the rules of draining.
    fn verdicts<'e>(&self, entry: &NodeEntry<'e>) -> Vec<(&'e Pod, Drainability)> {
        entry.holders.iter().map(|&pod| (pod, drain::of_pod(self.fleet(), entry, pod, self.budgets()))).collect()
    }

    /// Whether a node with pods may be considered for draining: it is open, well, not too young,
    /// and every fact is known.
    pub(crate) fn may_be_drained(&self, entry: &NodeEntry<'_>) -> bool {
        let Some(group) = self.group(entry) else { return false };
        let is_old_enough = self.fleet().age(entry.node) >= group.policy.min_node_age;
        drain::drains(&group.policy) && is_old_enough && self.is_drainable(entry)
    }

    /// Whether a node with pods can be drained: it is open and well, and every fact is known.
    fn is_drainable(&self, entry: &NodeEntry<'_>) -> bool {
        let is_well = entry.node.is_ready() && !entry.node.unschedulable;
        is_well && !entry.holders.is_empty() && !self.lacks_facts()
    }

    /// Returns what it costs to empty a node whose machine is about to end, if all its pods may be
    /// moved. They end with it otherwise, so that it matters neither whether drains are on nor how
    /// young the node is.
    pub(crate) fn can_be_emptied_before_its_end(&self, node: NodeIx) -> Option<EvictionCost> {
        let entry = &self.fleet().nodes[node];
        self.fleet().closing(entry).filter(|_| self.is_drainable(entry))?;
        let verdicts = self.verdicts(entry);
        (!verdicts.iter().any(|(_, verdict)| verdict.in_the_way())).then(|| cost_of(&verdicts))
    }

    /// Whether facts are missing: a budget that could not be read might forbid every eviction.
    fn lacks_facts(&self) -> bool {
        self.fleet().snapshot.gaps.iter().any(|gap| match &gap.fact {
            MissingFact::Objects { resource } => resource == "poddisruptionbudgets",
            MissingFact::Activities { .. }
            | MissingFact::LaunchOptions { .. }
            | MissingFact::MachineTypes { .. }
            | MissingFact::Launches { .. }
            | MissingFact::MachineChecks { .. }
            | MissingFact::Images { .. }
            | MissingFact::Subnets { .. }
            | MissingFact::PlacementGroups { .. }
            | MissingFact::NodeGroups { .. }
            | MissingFact::AutomaticChanges { .. }
            | MissingFact::Reservations { .. }
            | MissingFact::ZoneIds { .. }
            | MissingFact::GrowthNotes
            | MissingFact::Identity
            | MissingFact::ForeignLeases
            | MissingFact::Spot { .. }
            | MissingFact::Quota { .. } => false,
        })
    }

    fn is_under_utilized(&self, entry: &NodeEntry<'_>) -> bool {
        let limit = self.group(entry).map_or(0.0, |group| group.policy.drain_utilization);
        limit > 0.0 && self.may_be_drained(entry) && utilization::is_below(&utilization(self.fleet(), entry), limit)
    }
}

/// Returns what evicting all of them costs.
fn cost_of(verdicts: &[(&Pod, Drainability)]) -> EvictionCost {
    let costs = verdicts.iter().filter_map(|(_, verdict)| match verdict {
        Drainability::Movable { cost, .. } => Some(*cost),
        Drainability::Ignored { .. } | Drainability::Waits { .. } | Drainability::Blocks { .. } => None,
    });
    costs.sum()
}
