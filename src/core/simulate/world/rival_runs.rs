//! The runs of a model in place of our planner: what it sees, and how its steps are carried out, by
//! the same calls of the cloud and of Kubernetes as those of our plans.

use super::chance::lot;
use super::ids::{HostId, MachineId, PodId};
use super::launches::choice_at;
use super::machines::MachineStage;
use super::{RunOutcome, RunWatcher, World};
use crate::plan::ExpectedNode;
use crate::scheduler::Gates;
use crate::simulate::Departure;
use crate::simulate::rivals::{
    LaunchOffer, Launched, ModelCluster, ModelGroup, ModelMember, ModelNode, ModelPod, Rival, RivalStep,
};
use crate::snapshot::{Group, Market, Scheduling, UsdPerHour};

impl World<'_> {
    /// Runs the model, unless nothing has happened since it has found nothing to do.
    pub(super) fn run_rival(&mut self, mut rival: Rival, watch: &mut RunWatcher<'_>) -> RunOutcome {
        self.record.runs += 1;
        self.snapshot.taken_at = self.time();
        watch(&self.snapshot, None);
        let rests = !self.is_stirred && rival.rests_until().is_none_or(|until| self.now < until);
        let mut steps = Vec::new();
        if rests && !self.looks_anew {
            rival.pass(self.now);
        } else {
            self.forget_old_activities();
            self.allow_disruptions();
            steps = rival.run(&self.scene());
            self.is_stirred = !steps.is_empty();
        }
        if let Some(at) = rival.wakes_at().filter(|at| *at > self.now) {
            self.next_run = self.next_run.min(at);
        }
        let moves_by_itself = !steps.is_empty() || rival.rests_until().is_some();
        for step in steps {
            if let Some(launched) = self.take_rival_step(&rival, step) {
                rival.note(launched);
            }
        }
        self.rival = Some(rival);
        RunOutcome { actions: Vec::new(), moves_by_itself, rulings: None }
    }

    /// Notes that the scheduler could not place a pod.
    pub(super) fn note_refusal(&mut self) {
        if let Some(at) = self.rival.as_mut().and_then(|rival| rival.note_refusal(self.now)) {
            self.next_run = self.next_run.min(at);
        }
    }

    /// Returns what the model sees.
    fn scene(&self) -> ModelCluster<'_> {
        let gates = Gates { numeric_tolerations: self.policy.numeric_tolerations };
        let groups = (0..self.groups.len()).map(|group| self.scene_group(group)).collect();
        let mut machines: Vec<MachineId> = self.groups.iter().flat_map(|facts| facts.machines.values().copied()).collect();
        machines.sort_unstable();
        let of_nobody = self.hosts.ids().filter(|host| self.hosts.get(*host).machine.is_none());
        let mut nodes: Vec<ModelNode<'_>> = of_nobody.map(|host| self.scene_node(host, None)).collect();
        nodes.extend(machines.into_iter().filter_map(|machine| self.scene_machine(machine)));
        let (columns, lot) = (&self.columns, lot(self.settings.seed, self.now.0));
        ModelCluster {
            now: self.now,
            snapshot: &self.snapshot,
            columns,
            gates,
            lot,
            waiting: self.scene_waiting(),
            nodes,
            groups,
        }
    }

    fn scene_waiting(&self) -> Vec<ModelPod<'_>> {
        let all = self.queue.specs().flat_map(|(_, pods)| pods.collect::<Vec<_>>());
        let is_refused = |pod: &PodId| matches!(self.pod(*pod).scheduling, Scheduling::Unschedulable { .. });
        let mut waiting: Vec<PodId> = all.filter(is_refused).collect();
        waiting.sort_by_key(|pod| (self.pod(*pod).created_at, *pod));
        waiting.into_iter().map(|pod| self.scene_pod(pod)).collect()
    }

    fn scene_pod(&self, id: PodId) -> ModelPod<'_> {
        let pod = self.pod(id);
        ModelPod { pod, spec: self.snapshot.spec(pod), row: &self.lives[id].held.row }
    }

    fn scene_group(&self, number: usize) -> ModelGroup<'_> {
        let group = &self.snapshot.groups[number];
        let expected = self.groups[number].expected.as_deref().unwrap_or_default();
        let offer = |node| {
            let spot = group.next_is_spot();
            LaunchOffer { node, price: self.price_of(group, node, spot), spot, free: self.columns.row(&node.free) }
        };
        ModelGroup { group, is_open: group.cannot.launch.is_none(), offers: expected.iter().map(offer).collect() }
    }

    fn price_of(&self, group: &Group, node: &ExpectedNode, spot: bool) -> Option<UsdPerHour> {
        let market = if spot { Market::Spot } else { Market::OnDemand };
        let prices = self.prices.as_ref()?;
        let price = prices.of_machine(&group.id.region, &node.machine_type, market, &node.zone)?;
        Some(prices.rate(price))
    }

    /// Returns the node of an instance, or what it becomes; nothing where it becomes none.
    fn scene_machine(&self, machine: MachineId) -> Option<ModelNode<'_>> {
        let known = &self.machines[machine];
        let story = &known.story;
        let member = ModelMember {
            machine,
            group: story.group,
            machine_type: &story.machine_type,
            launched_at: story.launched_at,
            price: story.price,
            spot: story.spot,
        };
        if let Some(host) = known.host {
            return Some(self.scene_node(host, Some(member)));
        }
        let place = known.expected.filter(|_| known.stage == MachineStage::Starting)?;
        let expected = self.groups[story.group].expected.as_ref().ok()?.get(place)?;
        Some(ModelNode {
            member: Some(member),
            labels: &expected.labels,
            taints: &expected.taints,
            unschedulable: false,
            is_ready: false,
            total: self.columns.row(&expected.allocatable),
            free: self.columns.row(&expected.free),
            pods: Vec::new(),
        })
    }

    fn scene_node<'w>(&'w self, host: HostId, member: Option<ModelMember<'w>>) -> ModelNode<'w> {
        let (node, facts) = (self.node(host), self.hosts.get(host));
        // What a node carries until it is Ready is no reason to think that it will take no pods.
        let coming = member.filter(|_| !node.is_ready()).and_then(|member| {
            let place = self.machines[member.machine].expected?;
            self.groups[member.group].expected.as_ref().ok()?.get(place)
        });
        // A pod that is being deleted has been evicted already, and keeps no node.
        let stays = |pod: &PodId| !self.lives[*pod].comes_with_its_node && !self.record.leaving.contains(pod);
        let pods = facts.pods.iter().copied().filter(stays);
        ModelNode {
            member,
            labels: &node.labels,
            taints: coming.map_or(&node.taints, |coming| &coming.taints),
            unschedulable: node.unschedulable,
            is_ready: node.is_ready(),
            total: self.columns.row(&node.allocatable),
            free: facts.free.clone(),
            pods: pods.map(|pod| self.scene_pod(pod)).collect(),
        }
    }

    /// Carries a step out. Returns what became of a launch.
    fn take_rival_step(&mut self, rival: &Rival, step: RivalStep) -> Option<Launched> {
        match step {
            RivalStep::Grow { group, to } => self.want(group, to),
            RivalStep::Revert { group } => self.want(group, self.snapshot.groups[group].live_weight()),
            RivalStep::Launch { order, offers } => {
                let machine = offers.into_iter().find_map(|(group, place)| self.launch_offer(group, place));
                return Some(Launched { order, machine });
            }
            RivalStep::Cordon { machine } => self.let_pods_in(machine, false),
            RivalStep::Uncordon { machine } => self.let_pods_in(machine, true),
            RivalStep::Evict { pods } => self.evict_by_uid(&pods),
            RivalStep::Terminate { machine } => self.end_for(rival, machine),
        }
        None
    }

    fn want(&mut self, group: usize, desired: i64) {
        let known = &mut self.snapshot.groups[group];
        known.desired = desired.clamp(known.min, known.max);
        self.groups[group].asked_at = Some(self.now.after(self.began_at));
        self.hungry.insert(group);
    }

    /// Makes every group want what lives: its nodes are launched one by one.
    pub(super) fn want_what_lives(&mut self) {
        for group in &mut self.snapshot.groups {
            group.desired = group.live_weight();
        }
    }

    /// Launches a node of a type in a zone, whatever the group's maximum is.
    fn launch_offer(&mut self, group: usize, place: usize) -> Option<MachineId> {
        let known = &self.snapshot.groups[group];
        let expected = self.groups[group].expected.as_ref().ok()?;
        let node = expected.get(place)?;
        let (zone, machine_type) = (node.zone.clone(), node.machine_type.clone());
        if self.has_no_capacity(&known.id, &zone) || self.lacks_reservation(group, node) {
            self.note_no_capacity(group, zone, machine_type);
            return None;
        }
        let choice = choice_at(known, expected, place);
        let number = self.machines.len();
        self.launch(group, &choice);
        (self.machines.len() > number).then_some(number)
    }

    fn let_pods_in(&mut self, machine: MachineId, open: bool) {
        let Some(host) = self.machines[machine].host else { return };
        self.node_mut(host).unschedulable = !open;
        if open {
            self.queue.changed.insert(host);
        }
    }

    fn evict_by_uid(&mut self, pods: &[String]) {
        for uid in pods {
            if let Some(pod) = self.by_uid.get(uid).copied()
                && self.may_be_evicted(pod)
            {
                self.evict(pod);
            }
        }
    }

    /// Ends an instance, which no other replaces.
    fn end_for(&mut self, rival: &Rival, machine: MachineId) {
        if self.machines[machine].stage == MachineStage::Gone {
            return;
        }
        let group = self.machines[machine].story.group;
        self.note_end(group, false);
        self.end_by_group(machine, Departure::ScaledIn);
        let known = &mut self.snapshot.groups[group];
        known.desired = if rival.has_no_groups() { known.live_weight() } else { (known.desired - 1).max(known.min) };
        self.hungry.insert(group);
    }
}
