//! The steps that carry out a plan, as `apply` would. What `apply` reads again before each step is
//! what the plan saw a moment ago, except for the effects of the steps before. So only what those
//! can change is checked again.

use super::World;
use super::ids::{HostId, MachineId};
use crate::duration::Seconds;
use crate::plan::{Action, Eviction, NodeRef};
use crate::simulate::Departure;
use crate::snapshot::{FruitlessNote, GroupId, GrowthNote, InstanceNote, Node, Taint, TaintEffect, Weight};
use crate::well_known::{annotations, taints};

impl World<'_> {
    pub(super) fn carry_out(&mut self, actions: &[Action]) {
        for action in actions {
            self.step(action);
        }
    }

    fn step(&mut self, action: &Action) {
        let now = self.mark();
        match action {
            Action::NoteInstances { seen, settled, fruitless } => self.write_notes(seen, settled, fruitless),
            Action::ClearIdle { node, since: _ } => self.change(node, |node| node.taints.retain(|taint| !is_idle_mark(taint))),
            Action::MarkIdle { node, since } => {
                let mark = Taint {
                    key: taints::IDLE_SINCE.to_owned(),
                    value: since.as_second().to_string(),
                    effect: TaintEffect::PreferNoSchedule,
                };
                self.change(node, |node| {
                    node.taints.retain(|taint| !is_idle_mark(taint));
                    node.taints.push(mark);
                });
            }
            Action::ClearGone { node, since: _ } => self.change(node, |node| drop(node.marks.remove(annotations::GONE_SINCE))),
            Action::MarkGone { node, instance: _, since } => {
                let since = crate::duration::whole_seconds(*since);
                self.change(node, |node| drop(node.marks.insert(annotations::GONE_SINCE.into(), since.into())));
            }
            Action::ClearNotReady { node } => {
                self.change(node, |node| drop(node.marks.remove(annotations::NOT_READY_SINCE)));
            }
            Action::MarkNotReady { node, since } => {
                let since = crate::duration::whole_seconds(*since);
                self.change(node, |node| drop(node.marks.insert(annotations::NOT_READY_SINCE.into(), since.into())));
            }
            Action::Uncordon { node, reason: _ } => self.uncordon(node),
            Action::SetDesired { group, from, to, nodes: _, reason: _ } => self.grow(group, *from, *to),
            Action::Launch { group, zones, otherwise, .. } => self.launch_where_named(group, zones, otherwise),
            Action::RevertDesired { group, from, to, failed_at: _, message: _ } => self.set_desired(group, *from, *to),
            Action::Cordon { node, group: _, reason: _ } => self.change(node, |node| cordon(node, &now)),
            Action::StartDrain { node, group: _, limits: _, reason: _ } => self.change(node, |node| {
                cordon(node, &now);
                node.marks.insert(annotations::DRAINING_SINCE.into(), now.into());
            }),
            Action::Evict { node: _, group: _, since: _, limits: _, timeout: _, pods } => self.evict_in_turn(pods),
            Action::Terminate { node: _, group, instance, cordoned_at: _, reason: _ } => self.terminate(group, instance, true),
            Action::TerminateUnhealthy { group, instance, node: _, decrement, reason: _ } => {
                self.terminate(group, instance, *decrement);
            }
            Action::DeleteNode { node, region: _, instance: _, since: _ } => {
                if let Some(host) = self.host(node) {
                    self.remove_node(host);
                }
            }
        }
    }

    fn write_notes(&mut self, seen: &[InstanceNote], settled: &[InstanceNote], fruitless: &[FruitlessNote]) {
        let notes = &mut self.snapshot.instance_notes;
        notes.retain(|note| !settled.contains(note));
        notes.extend(seen.iter().cloned());
        let notes = &mut self.snapshot.fruitless_notes;
        notes.retain(|note| !fruitless.iter().any(|new| new.group == note.group));
        notes.extend(fruitless.iter().cloned());
    }

    /// Returns the very node that a plan names.
    fn host(&self, node: &NodeRef) -> Option<HostId> {
        self.hosts.named(&node.name).filter(|host| self.node(*host).uid == node.uid)
    }

    fn change(&mut self, node: &NodeRef, change: impl FnOnce(&mut Node)) {
        if let Some(host) = self.host(node) {
            change(self.node_mut(host));
        }
    }

    /// Removes all our marks.
    fn uncordon(&mut self, node: &NodeRef) {
        let Some(host) = self.host(node) else { return };
        let node = self.node_mut(host);
        node.unschedulable = false;
        node.taints.retain(|taint| !is_idle_mark(taint) && taint.key != taints::UNSCHEDULABLE);
        for mark in [annotations::CORDONED_AT, annotations::DRAINING_SINCE, annotations::PREDECESSOR_CORDON] {
            node.marks.remove(mark);
        }
        node.labels.remove(annotations::PREDECESSOR_CORDON);
        self.queue.changed.insert(host);
    }

    pub(super) fn group_number(&self, group: &GroupId) -> Option<usize> {
        self.snapshot.groups.iter().position(|known| known.id == *group)
    }

    /// Requests more of a group, and notes that in the Lease.
    pub(super) fn grow(&mut self, group: &GroupId, from: i64, to: i64) {
        self.note_growth(group, to);
        self.set_desired(group, from, to);
    }

    pub(super) fn note_growth(&mut self, group: &GroupId, desired: i64) {
        let at = self.time();
        let keep = Seconds(self.policy.longest_init_time(&self.snapshot.groups).0.saturating_mul(2));
        let notes = &mut self.snapshot.growth_notes;
        notes.retain(|other| keep.after(other.at) >= at && !(other.group == *group && other.desired == desired));
        notes.push(GrowthNote { group: group.clone(), desired, at });
    }

    /// Sets the desired capacity; the cloud launches or terminates within seconds.
    fn set_desired(&mut self, group: &GroupId, from: i64, to: i64) {
        let Some(number) = self.group_number(group) else { return };
        let at = self.time();
        let known = &mut self.snapshot.groups[number];
        if known.desired == from && (known.min..=known.max).contains(&to) {
            known.desired = to;
            self.groups[number].asked_at = Some(at);
            self.hungry.insert(number);
        }
    }

    /// Evicts the cheapest pods first; a pod whose budget is spent waits for a later run.
    fn evict_in_turn(&mut self, pods: &[Eviction]) {
        for eviction in pods {
            if let Some(pod) = self.by_uid.get(&eviction.uid).copied()
                && self.may_be_evicted(pod)
            {
                self.evict(pod);
            }
        }
    }

    /// Ends an instance by its id: either with its share of the desired capacity, or so that the
    /// cloud launches another.
    fn terminate(&mut self, group: &GroupId, instance: &str, decrement: bool) {
        let Some(number) = self.group_number(group) else { return };
        let Some(machine) = self.may_lose(number, instance, decrement) else { return };
        if decrement {
            let known = &mut self.snapshot.groups[number];
            let share = known.instances.iter().find(|known| known.id == *instance).map_or(1, |known| known.weight.get());
            known.desired -= share;
        } else {
            self.groups[number].asked_at = None;
            self.hungry.insert(number);
        }
        self.note_end(number, !decrement);
        self.end_by_group(machine, Departure::ScaledIn);
    }

    /// Whether a group meets the conditions of the cloud and of `apply` for losing an instance.
    fn may_lose(&self, group: usize, instance: &str, decrement: bool) -> Option<MachineId> {
        let known = &self.snapshot.groups[group];
        let weight = known.instances.iter().find(|known| known.id == *instance)?.weight.get();
        let heaviest = Weight::largest(known.instances.iter().map(|instance| instance.weight)).get();
        let is_at_min = decrement && known.desired - weight < known.min;
        let is_shrinking = known.live_weight() - known.desired > heaviest - 1;
        let machine = self.groups[group].machines.get(instance).copied();
        machine.filter(|_| !is_at_min && !is_shrinking)
    }
}

fn is_idle_mark(taint: &Taint) -> bool {
    taint.key == taints::IDLE_SINCE
}

fn cordon(node: &mut Node, now: &str) {
    node.unschedulable = true;
    node.marks.insert(annotations::CORDONED_AT.into(), now.into());
    if node.taints.iter().all(|taint| taint.key != taints::UNSCHEDULABLE) {
        node.taints.push(Taint {
            key: taints::UNSCHEDULABLE.to_owned(),
            value: String::new(),
            effect: TaintEffect::NoSchedule,
        });
    }
}
