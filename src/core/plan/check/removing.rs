//! What must be proved before a node is closed, an instance ends, or a Node object is deleted.

use jiff::Timestamp;

use super::Check;
use super::claims::{instance_of, zone_of};
use super::node_marks::{gone_since, is_kept, our_cordon, silent_since};
use super::violation::Violation;
use crate::duration::Seconds;
use crate::plan::action::NodeRef;
use crate::plan::reason::{CordonReason, UnhealthyReason};
use crate::plan::report::PodVerdict;
use crate::snapshot::{Group, GroupId, Instance, Lifecycle, MachineHealth};

/// How old the mark on a Node object must be before it is deleted.
const GONE_FOR: Seconds = Seconds::minutes(5);

impl Check<'_> {
    /// Returns what is unproven of what every irreversible step needs: that the account is the
    /// cluster's, and that ages are known.
    pub(super) fn unproven(&self) -> Option<Violation> {
        if !self.account_is_proven {
            return Some(Violation::WrongAccount);
        }
        self.clock_is_off.then_some(Violation::ClockOff)
    }

    /// Returns why a node is not cordoned: it must be ours alone, and no pod may keep it unless its
    /// machine ends by itself.
    pub(super) fn cordon(&self, node: &NodeRef, group: &GroupId, reason: CordonReason) -> Option<Violation> {
        let busy = || match reason {
            CordonReason::Idle { .. } => self.busy(node),
            CordonReason::ReservationEnds { at } => {
                (!self.ends_by(node, group, at)).then(|| Violation::Busy(node.name.clone()))
            }
        };
        self.not_ours(node, false).or_else(|| self.not_one_of(node, group)).or_else(busy)
    }

    /// Whether the machine of a node is in a reservation whose machines end, not before a moment.
    fn ends_by(&self, node: &NodeRef, group: &GroupId, at: Timestamp) -> bool {
        let mut instances = self.claims.instances_of(&node.name).filter_map(|id| Some(self.member(group, id)?.1));
        instances.any(|instance| {
            self.snapshot.reservations.iter().any(|it| {
                let is_its = it.region == group.region && Some(&it.id) == instance.reservation.as_ref();
                is_its && it.ends_machines_from.is_some_and(|ends| at <= ends)
            })
        })
    }

    /// Returns why a node is not drained. The evicted pods could take the room on which a pending
    /// pod counts.
    pub(super) fn drain(&self, node: &NodeRef, group: &GroupId) -> Option<Violation> {
        let awaits = |verdict: &PodVerdict| matches!(verdict, PodVerdict::FitsUpcoming { .. } | PodVerdict::FitsNew { .. });
        let is_awaited = || self.plan.pods.iter().any(|pod| awaits(&pod.ruling.verdict));
        self.not_ours(node, false)
            .or_else(|| self.not_one_of(node, group))
            .or_else(|| is_awaited().then(|| Violation::TakesRoom(node.name.clone())))
    }

    /// Returns why a node is not terminated: we must have cordoned it long enough ago, and no pod
    /// may keep it.
    pub(super) fn terminate(&self, node: &NodeRef, group: &GroupId, id: &str, cordoned_at: Timestamp) -> Option<Violation> {
        if self.member(group, id).is_none() {
            return Some(Violation::Unknown(id.to_owned()));
        }
        let is_settled = Seconds::between(cordoned_at, self.snapshot.taken_at) >= self.plan.policy.cordon_settle;
        let cordon = self.snapshot.nodes.iter().find(|known| known.name == node.name).and_then(our_cordon);
        self.unproven()
            .or_else(|| self.not_ours(node, true))
            .or_else(|| self.not_surely(node, id))
            .or_else(|| self.busy(node))
            .or_else(|| self.beside_another(group, id))
            .or_else(|| (!is_settled || cordon != Some(cordoned_at)).then(|| Violation::TooSoon(node.name.clone())))
    }

    /// Returns why an instance does not end without a cordon. It must have become no node, or its
    /// node must be dead.
    pub(super) fn terminate_unhealthy(
        &self,
        group: &GroupId,
        id: &str,
        node: Option<&NodeRef>,
        reason: UnhealthyReason,
    ) -> Option<Violation> {
        let Some((group, instance)) = self.member(group, id) else { return Some(Violation::Unknown(id.to_owned())) };
        self.unproven().or_else(|| self.beside_another(&group.id, id)).or_else(|| match (node, reason) {
            (None, UnhealthyReason::NeverRegistered { .. }) => self.never_registered(group, instance),
            (Some(node), UnhealthyReason::Dead { .. }) => self.dead(group, instance, node),
            (None, UnhealthyReason::Dead { .. }) => Some(Violation::Unknown(id.to_owned())),
            (Some(node), UnhealthyReason::NeverRegistered { .. }) => Some(Violation::Registered(node.name.clone())),
        })
    }

    /// Returns why an instance does not end beside others: a request that names those and shows
    /// nothing yet may be under way.
    fn beside_another(&self, group: &GroupId, id: &str) -> Option<Violation> {
        let (desired, instances) = self.group(group).map(|group| (group.desired, &group.instances))?;
        let live = instances.iter().filter(|instance| instance.lifecycle.is_live()).map(|instance| instance.id.as_str());
        let live = live.collect();
        let mut notes = self.snapshot.removal_notes.iter().filter(|note| note.group == *group);
        let is_another = notes.any(|note| {
            note.may_be_under_way(desired, &live, self.snapshot.taken_at) && !note.instances.iter().any(|named| named == id)
        });
        is_another.then(|| Violation::RemovalUnderWay(group.clone()))
    }

    /// Returns why an instance is not one that never became a node: no Node or pod may have its
    /// name, runs must have watched it for as long as a start may take, and it must surely not be
    /// another cluster's.
    fn never_registered(&self, group: &Group, instance: &Instance) -> Option<Violation> {
        let limit = self.plan.policy.for_group(group).0.instance_init_time;
        let is_over = |since: Timestamp, limit: Seconds| Seconds::between(since, self.snapshot.taken_at) >= limit;
        let mut notes = self.snapshot.instance_notes.iter();
        let is_watched =
            notes.any(|note| note.group == group.id && note.instance == instance.id && is_over(note.first_seen, limit));
        let is_stranger = |other: &Instance| {
            let twice = Seconds(limit.0.saturating_mul(2).saturating_add(1));
            other.lifecycle == Lifecycle::InService
                && self.claims.is_nobodys(&other.id)
                && other.launched_at.is_some_and(|at| is_over(at, twice))
        };
        if !self.claims.is_nobodys(&instance.id) {
            return Some(Violation::Registered(instance.id.clone()));
        }
        if !is_watched {
            return Some(Violation::Unwatched(instance.id.clone()));
        }
        if group.foreign_cluster.is_some() {
            return Some(Violation::ForeignGroup(group.id.clone()));
        }
        group.instances.iter().any(is_stranger).then(|| Violation::Strangers(group.id.clone()))
    }

    /// Returns why a node is not dead. It must be silent for long, and either no pod keeps it or
    /// the cloud states that its machine does nothing any more.
    fn dead(&self, group: &Group, instance: &Instance, node: &NodeRef) -> Option<Violation> {
        let found = match self.node(node) {
            Ok(found) => found,
            Err(violation) => return Some(violation),
        };
        let limit = self.plan.policy.for_group(group).0.dead_after;
        let is_silent = silent_since(found).is_some_and(|since| Seconds::between(since, self.snapshot.taken_at) >= limit);
        if !is_silent {
            return Some(Violation::NotDead(node.name.clone()));
        }
        if is_kept(found) {
            return Some(Violation::NotOurs(node.name.clone()));
        }
        let is_idle_machine = self.health(&instance.id).is_some_and(does_nothing);
        // Pods on a missing Node may be on this very machine, of which only another Node is left.
        let unexplained = || self.claims.has_unexplained_pods().then(|| Violation::Busy(node.name.clone()));
        let busy = || self.busy(node).or_else(unexplained).filter(|_| !is_idle_machine);
        self.not_surely(node, &instance.id).or_else(busy)
    }

    /// Returns why a Node object is not deleted. An earlier run must have marked it, and the cloud
    /// must state that its instance is no more.
    pub(super) fn deletion(&self, node: &NodeRef, region: &str, id: &str, since: Timestamp) -> Option<Violation> {
        let found = match self.node(node) {
            Ok(found) => found,
            Err(violation) => return Some(violation),
        };
        let is_marked = gone_since(found) == Some(since) && Seconds::between(since, self.snapshot.taken_at) >= GONE_FOR;
        let is_in_region = zone_of(found).is_some_and(|zone| zone.starts_with(region));
        let is_gone = self.health(id).is_some_and(is_no_more);
        let mut members = self.snapshot.groups.iter().flat_map(|group| &group.instances);
        let is_member = members.any(|member| member.id == id);
        let is_it = is_in_region && instance_of(found) == Some(id);
        self.unproven()
            .or_else(|| (is_kept(found) || found.is_ready()).then(|| Violation::NotOurs(node.name.clone())))
            .or_else(|| (!is_it).then(|| Violation::OtherInstance(node.name.clone())))
            .or_else(|| (!is_marked).then(|| Violation::Unmarked(node.name.clone())))
            .or_else(|| (!is_gone || is_member).then(|| Violation::StillThere(node.name.clone())))
    }

    /// Whether a node is not ours alone, or its cordon is not as it must be.
    pub(super) fn not_ours(&self, node: &NodeRef, must_be_cordoned: bool) -> Option<Violation> {
        let found = match self.node(node) {
            Ok(found) => found,
            Err(violation) => return Some(violation),
        };
        let is_as_it_must_be = found.unschedulable == must_be_cordoned && our_cordon(found).is_some() == must_be_cordoned;
        let is_ours = is_as_it_must_be && !is_kept(found) && !self.pods.is_own_node(&node.name);
        (!is_ours).then(|| Violation::NotOurs(node.name.clone()))
    }

    /// Whether another Node claims the same instance. Nothing may count towards the end of either
    /// then.
    pub(super) fn shared(&self, node: &NodeRef) -> Option<Violation> {
        let mut claimed = self.claims.instances_of(&node.name);
        let shared = claimed.find(|instance| self.claims.nodes_of(instance).len() > 1)?;
        Some(Violation::ClaimedTwice(shared.to_owned()))
    }

    /// Whether a node is not surely one instance of that group.
    pub(super) fn not_one_of(&self, node: &NodeRef, group: &GroupId) -> Option<Violation> {
        let claimed: Vec<&str> = self.claims.instances_of(&node.name).collect();
        match claimed.as_slice() {
            [id] if self.member(group, id).is_some() => self.not_surely(node, id),
            _ => Some(Violation::OtherInstance(node.name.clone())),
        }
    }

    /// Whether a node is not surely that instance and no other, or another Node claims the instance
    /// as well.
    fn not_surely(&self, node: &NodeRef, instance: &str) -> Option<Violation> {
        let claimed: Vec<&str> = self.claims.instances_of(&node.name).collect();
        if claimed != [instance] {
            return Some(Violation::OtherInstance(node.name.clone()));
        }
        self.shared(node)
    }

    /// Whether pods keep a node.
    fn busy(&self, node: &NodeRef) -> Option<Violation> {
        let mut claimed = self.claims.instances_of(&node.name);
        let is_kept = self.pods.keeping(&node.name).next().is_some()
            || claimed.any(|instance| self.pods.keep_elsewhere(instance, &self.claims));
        is_kept.then(|| Violation::Busy(node.name.clone()))
    }

    fn health(&self, instance: &str) -> Option<MachineHealth> {
        self.snapshot.machine_checks.iter().find(|check| check.instance == instance).map(|check| check.health)
    }
}

/// Whether a machine cannot be doing any work.
fn does_nothing(health: MachineHealth) -> bool {
    match health {
        MachineHealth::Running | MachineHealth::Impaired => false,
        MachineHealth::Stopped | MachineHealth::Ending | MachineHealth::Terminated | MachineHealth::NotFound => true,
    }
}

fn is_no_more(health: MachineHealth) -> bool {
    match health {
        MachineHealth::Terminated | MachineHealth::NotFound => true,
        MachineHealth::Running | MachineHealth::Impaired | MachineHealth::Stopped | MachineHealth::Ending => false,
    }
}
