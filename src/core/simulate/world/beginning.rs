//! The world at the start: the cluster of a snapshot, and the trace that is to come.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::World;
use super::agenda::{Agenda, Event};
use super::arrivals::Arrivals;
use super::binding::is_plain;
use super::budgets::Watched;
use super::devices::{ClaimPlaces, add_devices};
use super::gangs::WorldGangs;
use super::groups::GroupFacts;
use super::hosts::Hosts;
use super::ids::MachineId;
use super::launches::story;
use super::machines::{Machine, MachineStage};
use super::pods::{Requests, SharedRequests};
use super::preemption::are_unequal;
use super::queue::SchedulingQueue;
use super::rankings::Rankings;
use super::record::Record;
use super::reservations::others_inside;
use super::turnover::Turnover;
use crate::duration::Seconds;
use crate::plan::{GroupOutlook, Prices, outlook};
use crate::policy::TimedPolicy;
use crate::scheduler::{Columns, pending_requests};
use crate::simulate::Settings;
use crate::simulate::rivals::Rival;
use crate::snapshot::{Instance, Lifecycle, PODS, Pod, PodSpec, Resources, Snapshot, SpecId};
use crate::trace::Trace;

/// An instance that was ending at the start is gone after this long.
const ENDING: Seconds = Seconds::minutes(1);

impl<'s> World<'s> {
    pub(super) fn new(start: &'s Snapshot, trace: &'s Trace, policy: &'s TimedPolicy, settings: &'s Settings) -> Self {
        // A quota states what is left at one moment, and nobody knows what the whole of it is.
        // Nobody writes the conditions of requests here, so that they would wait for ever.
        let mut snapshot = Snapshot {
            nodes: Vec::new(),
            pods: Vec::new(),
            quotas: Vec::new(),
            provisioning_requests: Vec::new(),
            ..start.clone()
        };
        let specs = take_over(&trace.pod_specs, &mut snapshot.pod_specs);
        add_devices(&mut snapshot, &trace.devices);
        let outlooks = outlook(start, &policy.base);
        let columns = columns(start, &snapshot.pod_specs, &outlooks);
        let pods = sorted_pods(start);
        let are_plain = pods.iter().all(|pod| is_plain(pod, &start.pod_specs[&pod.spec]))
            && trace.work.iter().all(|work| is_plain(&work.pod, &trace.pod_specs[&work.pod.spec]));
        let mut by_id: Vec<usize> = (0..snapshot.groups.len()).collect();
        by_id.sort_by_key(|group| &snapshot.groups[*group].id);
        let names: BTreeSet<_> = pods.iter().map(Pod::id).collect();
        let mut world = Self {
            trace,
            policy: &policy.base,
            policy_over_time: policy,
            policy_now: None,
            settings,
            prices: Prices::of(start),
            others_inside: others_inside(start),
            began_at: start.taken_at,
            now: Seconds(0),
            agenda: Agenda::default(),
            requests: requests(&snapshot.pod_specs, &columns),
            requests_by_spec: Rc::new(snapshot.pod_specs.iter().map(|(id, spec)| (*id, pending_requests(spec))).collect()),
            is_plain: are_plain,
            has_priorities: are_unequal(snapshot.pod_specs.values()),
            looks_anew: false,
            lives: Vec::new(),
            pod_ids: Vec::new(),
            by_uid: BTreeMap::new(),
            queue: SchedulingQueue::default(),
            gangs: WorldGangs::new(start, trace),
            hosts: Hosts::default(),
            rankings: Rankings::default(),
            claim_places: ClaimPlaces::of(&snapshot.resource_claims),
            machines: Vec::new(),
            groups: Vec::new(),
            by_id,
            hungry: (0..snapshot.groups.len()).collect(),
            arrivals: Arrivals::new(&trace.work, specs, names),
            budgets: Watched::new(&snapshot.budgets, &pods),
            record: Record::new(snapshot.groups.len()),
            rival: Rival::new(settings.planner, &policy.base),
            next_run: Seconds(0),
            is_stirred: true,
            is_shaken: true,
            turnover: Turnover::default(),
            rest: None,
            columns,
            snapshot,
        };
        world.add_groups(&outlooks, start);
        world.add_pods(pods);
        for rank in 0..world.by_id.len() {
            world.expect_change_of_sizes(rank);
        }
        for (work, coming) in trace.work.iter().enumerate() {
            world.agenda.add(coming.at, Event::WorkComes { work });
            if let Some(until) = coming.until {
                world.agenda.add(until, Event::WorkLeaves { work });
            }
        }
        for (reclaim, coming) in trace.reclaims.iter().enumerate() {
            world.agenda.add(coming.at, Event::ReclaimComes { reclaim });
        }
        world
    }

    /// Adds the groups with their instances, and all nodes.
    fn add_groups(&mut self, outlooks: &[GroupOutlook], start: &Snapshot) {
        let mut owners: BTreeMap<String, MachineId> = BTreeMap::new();
        for (number, outlook) in outlooks.iter().enumerate() {
            let group = &self.snapshot.groups[number];
            let boot_time = self.settings.boot_times.get(&group.id.name).copied().unwrap_or(self.settings.boot_time);
            self.groups.push(GroupFacts {
                expected: outlook.nodes.clone(),
                boot_time,
                memory: outlook.policy.backoff.max(outlook.policy.instance_init_time),
                machines: BTreeMap::new(),
                asked_at: None,
                wanted_for: VecDeque::new(),
                failures: 0,
                next_try: None,
                sizes_are_of: start.taken_at,
                balancing: None,
            });
        }
        for number in self.by_id.clone() {
            self.add_instances(number, &outlooks[number], &mut owners);
        }
        let mut nodes = start.nodes.clone();
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        for node in nodes {
            let machine = owners.get(&node.name).copied();
            let host = self.add_node(node, machine);
            if let Some(machine) = machine {
                self.machines[machine].host = Some(host);
            }
        }
        for number in self.by_id.clone() {
            let outlook = &outlooks[number];
            for instance in self.snapshot.groups[number].instances.clone() {
                let machine = self.groups[number].machines[&instance.id];
                self.begin_with(machine, &instance, outlook);
            }
        }
    }

    fn add_instances(&mut self, group: usize, outlook: &GroupOutlook, owners: &mut BTreeMap<String, MachineId>) {
        let known = &self.snapshot.groups[group];
        let (mut instances, region) = (known.instances.clone(), known.id.region.clone());
        instances.sort_by(|a, b| a.id.cmp(&b.id));
        for instance in &instances {
            let price = self.prices.as_ref().and_then(|prices| prices.in_region(&region, instance));
            let worth = self.worth_of(&region, instance);
            let story = story(instance, group, (price, worth), Seconds(0), Resources::default());
            let machine = self.add_machine(Machine::new(story, MachineStage::Silent, None, self.columns.len()));
            if let Some(node) = outlook.node_of.get(&instance.id) {
                owners.insert(node.clone(), machine);
            }
        }
    }

    /// Decides the stage of an existing instance: it is a node, becomes one in its time, or never
    /// does.
    fn begin_with(&mut self, machine: MachineId, instance: &Instance, outlook: &GroupOutlook) {
        match instance.lifecycle {
            Lifecycle::Terminating | Lifecycle::Terminated => self.agenda.add(ENDING, Event::MachineGone { machine }),
            Lifecycle::Detached | Lifecycle::Warm => {}
            Lifecycle::Standby | Lifecycle::Pending | Lifecycle::InService | Lifecycle::ReplacingDisk => {
                self.expect_interruption(machine);
                self.expect_end_of_reservation(machine, instance);
                self.expect_end_by_age(machine, instance);
                self.begin_to_be_a_node(machine, instance, outlook);
            }
        }
    }

    fn begin_to_be_a_node(&mut self, machine: MachineId, instance: &Instance, outlook: &GroupOutlook) {
        let is_it = |node: &crate::plan::ExpectedNode| node.machine_type == instance.machine_type && node.zone == instance.zone;
        let expected = outlook.nodes.as_ref().ok().and_then(|nodes| nodes.iter().position(is_it));
        let host = self.machines[machine].host;
        if let Some(host) = host {
            self.machines[machine].story.offers = self.node(host).allocatable.clone();
        }
        let limit = outlook.policy.instance_init_time;
        let began_at = self.began_at;
        let is_young = |since: jiff::Timestamp| Seconds::between(since, began_at) < limit;
        match host {
            Some(host) if self.node(host).is_ready() => {
                self.machines[machine].story.ready_at = Some(Seconds(0));
                self.enter(machine, MachineStage::Ready);
            }
            Some(host) if is_young(self.node(host).created_at) => self.begin_to_boot(machine, instance, expected),
            None if expected.is_some() && instance.launched_at.is_none_or(is_young) => {
                let free = outlook.nodes.as_ref().ok().zip(expected).map(|(nodes, place)| nodes[place].free.clone());
                self.machines[machine].story.offers = free.unwrap_or_default();
                self.begin_to_boot(machine, instance, expected);
            }
            Some(_) | None => {}
        }
    }

    fn begin_to_boot(&mut self, machine: MachineId, instance: &Instance, expected: Option<usize>) {
        self.machines[machine].expected = expected;
        self.enter(machine, MachineStage::Starting);
        let age = instance.launched_at.map_or(Seconds(0), |at| Seconds::between(at, self.began_at));
        let is_held = instance.lifecycle == Lifecycle::Pending;
        let held = if is_held { self.held_at_launch(self.machines[machine].story.group) } else { Seconds(0) };
        self.boot(machine, age, held);
    }

    fn add_pods(&mut self, pods: Vec<Pod>) {
        for pod in pods {
            let gone_at = pod.deletion_deadline.map(|deadline| Seconds::between(self.began_at, deadline));
            let id = self.add_pod(pod, None);
            let life = &self.lives[id];
            if let (true, super::pods::PodPlace::On { host, .. }) = (life.comes_with_its_node, life.place)
                && let Some(machine) = self.hosts.get(host).machine
            {
                let held = pending_requests(self.snapshot.spec(self.pod(id)));
                let offers = &mut self.machines[machine].story.offers;
                for (name, amount) in held.iter() {
                    if offers.contains(name) {
                        offers.set(name, offers.get(name).saturating_sub(amount));
                    }
                }
            }
            if let Some(at) = gone_at {
                self.agenda.add(at, Event::PodEnds { pod: id, life: 0 });
            }
        }
    }
}

/// Returns the pods that have not finished, in an order that does not depend on that of the
/// snapshot.
fn sorted_pods(start: &Snapshot) -> Vec<Pod> {
    let mut pods: Vec<Pod> = start.pods.iter().filter(|pod| !pod.is_finished()).cloned().collect();
    pods.sort_by(|a, b| (&a.namespace, &a.name, &a.uid).cmp(&(&b.namespace, &b.name, &b.uid)));
    pods
}

/// Numbers the specifications of a trace as a snapshot does, and adds those that the snapshot
/// lacks.
fn take_over(trace: &BTreeMap<SpecId, PodSpec>, known: &mut BTreeMap<SpecId, PodSpec>) -> BTreeMap<SpecId, SpecId> {
    let mut by_spec: BTreeMap<PodSpec, SpecId> = known.iter().map(|(id, spec)| (spec.clone(), *id)).collect();
    let mut next = known.last_key_value().map_or(0, |(id, _)| id.0 + 1);
    let mut numbered = |spec: &PodSpec| {
        *by_spec.entry(spec.clone()).or_insert_with(|| {
            let id = SpecId(next);
            next += 1;
            known.insert(id, spec.clone());
            id
        })
    };
    trace.iter().map(|(id, spec)| (*id, numbered(spec))).collect()
}

/// Returns the requests of each specification.
fn requests(specs: &BTreeMap<SpecId, PodSpec>, columns: &Columns) -> BTreeMap<SpecId, SharedRequests> {
    let numbered = specs.iter().enumerate();
    numbered.map(|(number, (id, spec))| (*id, Requests::from_spec(number, spec, columns))).collect()
}

/// Returns every resource that anything has, requests or will have.
fn columns(start: &Snapshot, specs: &BTreeMap<SpecId, PodSpec>, outlooks: &[GroupOutlook]) -> Columns {
    let requested: Vec<Resources> = specs.values().map(pending_requests).collect();
    let expected = outlooks.iter().filter_map(|outlook| outlook.nodes.as_ref().ok()).flatten();
    let resized = start.pods.iter().flat_map(|pod| pod.resized.iter().map(|held| &held.requests).chain([&pod.pod_resized]));
    let offered = start.nodes.iter().map(|node| &node.allocatable).chain(expected.map(|node| &node.allocatable));
    let all = requested.iter().chain(resized).chain(offered);
    let names: BTreeSet<&str> = all.flat_map(|resources| resources.iter().map(|(name, _)| name)).chain([PODS]).collect();
    Columns::new(names)
}
