//! The decisions as steps, in an order that is safe.

use std::collections::BTreeMap;

use super::desired::desired_after;
use crate::plan::action::{Action, LaunchElsewhere, NodeRef, ZoneLaunch};
use crate::plan::decisions::Decisions;
use crate::plan::drain::EvictionLimits;
use crate::plan::fleet::{GroupIx, NodeIx};
use crate::plan::group_health::Unfilled;
use crate::plan::node_outcome::NodeStep;
use crate::plan::node_state::leftover;
use crate::plan::reason::{CordonReason, TerminateReason, UnhealthyReason};
use crate::plan::report::NodeState;
use crate::plan::scale_up::{Alternative, GroupPurchase, PlannedNode, ZoneOrigin, fixed_order};
use crate::plan::situation::Situation;
use crate::snapshot::Group;

/// Returns every step, marks first and terminations last. Nodes come by name, but for evictions,
/// which come in an order in which the scheduler finds places for the pods. Groups come in the
/// order in which they are tried: a run that is stopped half-way has grown the preferred ones.
pub(in crate::plan) fn actions(situation: &Situation<'_>, decisions: &Decisions) -> Vec<Action> {
    let steps = Steps { situation, decisions };
    let mut actions = decisions.marks.clone();
    actions.extend(decisions.nodes.numbers().flat_map(|node| steps.of_node(node)));
    actions.sort_by(|one, other| (one.stage(), one.node()).cmp(&(other.stage(), other.node())));
    actions.extend(steps.evictions());
    actions.extend(fixed_order(&situation.fleet).into_iter().filter_map(|group| steps.of_group(group)));
    let replaced = decisions.lost.iter().filter(|(_, hold)| hold.is_none());
    actions.extend(replaced.filter_map(|((group, id), _)| steps.of_lost(*group, id)));
    actions.sort_by_key(Action::stage);
    actions
}

struct Steps<'d, 'a> {
    situation: &'d Situation<'a>,
    decisions: &'d Decisions,
}

impl Steps<'_, '_> {
    fn of_group(&self, group: GroupIx) -> Option<Action> {
        let fleet = &self.situation.fleet;
        let purchase = &self.decisions.scale_up.purchases[group];
        let (nodes, entry) = (purchase.count(), &fleet.groups[group]);
        let (id, from) = (entry.id().clone(), entry.group.desired);
        if nodes > 0 {
            let (to, reason) = (desired_after(fleet, group, nodes), purchase.reason());
            let is_chosen = purchase.nodes.iter().all(|node| node.origin == ZoneOrigin::Chosen);
            return Some(match is_chosen {
                true => {
                    let (zones, otherwise) = (by_zone(&purchase.nodes), self.elsewhere(purchase));
                    let subnets = subnets(entry.group, zones.iter().map(|launch| &launch.zone));
                    Action::Launch { group: id, from, to, nodes, zones, subnets, otherwise, reason }
                }
                false => Action::SetDesired { group: id, from, to, nodes, reason },
            });
        }
        let Unfilled { to, failed_at, message } = self.decisions.taken_back[group].clone()?;
        Some(Action::RevertDesired { group: id, from, to, failed_at, message })
    }

    fn elsewhere(&self, purchase: &GroupPurchase) -> Vec<LaunchElsewhere> {
        let place = |other: &Alternative| {
            let entry = &self.situation.fleet.groups[other.group];
            let nodes = other.nodes.min(purchase.count());
            let subnets = subnets(entry.group, other.zones.iter());
            LaunchElsewhere { group: entry.id().clone(), from: entry.group.desired, zones: other.zones.clone(), subnets, nodes }
        };
        purchase.alternatives.iter().map(place).collect()
    }

    fn of_lost(&self, group: GroupIx, id: &str) -> Option<Action> {
        let fleet = &self.situation.fleet;
        let entry = &fleet.groups[group];
        let instance = entry.members.iter().map(|member| member.instance).find(|instance| instance.id == id)?;
        Some(Action::TerminateUnhealthy {
            group: entry.id().clone(),
            instance: id.to_owned(),
            node: None,
            decrement: false,
            reason: UnhealthyReason::NeverRegistered { first_seen: fleet.first_seen(entry.id(), instance)? },
        })
    }

    fn of_node(&self, node: NodeIx) -> Vec<Action> {
        match &self.decisions.nodes[node].step {
            NodeStep::Keep => Vec::new(),
            NodeStep::Uncordon(reason) => vec![Action::Uncordon { node: self.reference(node), reason: *reason }],
            NodeStep::Cordon => self.cordon(node).into_iter().collect(),
            NodeStep::Drain { .. } => self.start_drain(node).into_iter().collect(),
            NodeStep::Terminate => self.terminate(node).into_iter().collect(),
            NodeStep::Replace => self.end_dead(node, false).into_iter().collect(),
            NodeStep::Delete => self.delete(node).into_iter().collect(),
        }
    }

    fn reference(&self, node: NodeIx) -> NodeRef {
        NodeRef::of(self.situation.fleet.nodes[node].node)
    }

    fn cordon(&self, node: NodeIx) -> Option<Action> {
        let fleet = &self.situation.fleet;
        let entry = &fleet.nodes[node];
        let since = fleet.idle_since(entry).unwrap_or(fleet.now());
        let group = fleet.group_of(entry)?.id().clone();
        let reason = match self.decisions.nodes[node].state {
            NodeState::ReservationEnds { at, .. } => CordonReason::ReservationEnds { at },
            _ => CordonReason::Idle { since },
        };
        Some(Action::Cordon { node: self.reference(node), group, reason })
    }

    fn start_drain(&self, node: NodeIx) -> Option<Action> {
        let NodeStep::Drain { begun: Some(reason), .. } = &self.decisions.nodes[node].step else { return None };
        let fleet = &self.situation.fleet;
        let entry = &fleet.nodes[node];
        let (group, limits) = (fleet.group_of(entry)?.id().clone(), EvictionLimits::of(fleet, entry));
        Some(Action::StartDrain { node: self.reference(node), group, limits, reason: *reason })
    }

    /// Returns the evictions of all nodes, in the order of their turns.
    fn evictions(&self) -> Vec<Action> {
        let turn = |node: &NodeIx| match &self.decisions.nodes[*node].step {
            NodeStep::Drain { evictions, .. } => Some(evictions.turn),
            _ => None,
        };
        let mut emptied: Vec<NodeIx> = self.decisions.nodes.numbers().filter(|node| turn(node).is_some()).collect();
        emptied.sort_by_key(turn);
        emptied.into_iter().filter_map(|node| self.evict(node)).collect()
    }

    fn evict(&self, node: NodeIx) -> Option<Action> {
        let NodeStep::Drain { evictions, .. } = &self.decisions.nodes[node].step else { return None };
        let entry = &self.situation.fleet.nodes[node];
        let owner = self.situation.fleet.group_of(entry)?;
        (!evictions.pods.is_empty()).then(|| Action::Evict {
            node: self.reference(node),
            group: owner.id().clone(),
            since: entry.node.draining_since(),
            limits: EvictionLimits::of(&self.situation.fleet, entry),
            timeout: owner.policy.drain_timeout,
            pods: evictions.pods.clone(),
        })
    }

    fn terminate(&self, node: NodeIx) -> Option<Action> {
        if matches!(self.decisions.nodes[node].state, NodeState::Dead { .. }) {
            return self.end_dead(node, true);
        }
        let fleet = &self.situation.fleet;
        let entry = &fleet.nodes[node];
        Some(Action::Terminate {
            node: self.reference(node),
            group: fleet.group_of(entry)?.id().clone(),
            instance: fleet.instance_of(entry)?.id.clone(),
            cordoned_at: entry.node.cordoned_by_us()?,
            reason: TerminateReason::of(entry.node),
        })
    }

    fn end_dead(&self, node: NodeIx, decrement: bool) -> Option<Action> {
        let NodeState::Dead { since, machine, .. } = self.decisions.nodes[node].state else { return None };
        let fleet = &self.situation.fleet;
        let entry = &fleet.nodes[node];
        Some(Action::TerminateUnhealthy {
            group: fleet.group_of(entry)?.id().clone(),
            instance: fleet.instance_of(entry)?.id.clone(),
            node: Some(self.reference(node)),
            decrement,
            reason: UnhealthyReason::Dead { since, machine },
        })
    }

    fn delete(&self, node: NodeIx) -> Option<Action> {
        let fleet = &self.situation.fleet;
        let entry = &fleet.nodes[node];
        Some(Action::DeleteNode {
            node: self.reference(node),
            region: leftover(fleet, entry)?.check.region.clone(),
            instance: entry.node.instance_id()?.to_owned(),
            since: entry.node.gone_since()?,
        })
    }
}

/// Returns how many nodes come in each zone, in the order in which the zones come first.
fn by_zone(nodes: &[PlannedNode]) -> Vec<ZoneLaunch> {
    let mut zones: Vec<ZoneLaunch> = Vec::new();
    for node in nodes {
        match zones.iter_mut().find(|launch| launch.zone == node.zone) {
            Some(launch) => launch.nodes += 1,
            None => zones.push(ZoneLaunch { zone: node.zone.clone(), nodes: 1 }),
        }
    }
    zones
}

/// Returns the subnets of the zones in which a group has several.
fn subnets<'z>(group: &Group, zones: impl Iterator<Item = &'z String>) -> BTreeMap<String, Vec<String>> {
    let several = |zone: &String| {
        let subnets = group.zone_choice.subnets_in(zone);
        (!subnets.is_empty()).then(|| (zone.clone(), subnets.to_vec()))
    };
    zones.filter_map(several).collect()
}
