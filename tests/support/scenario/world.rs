//! A small cluster in memory, of which snapshots can be taken and in which plans can be carried
//! out.
//!
//! It is the obvious simulation: requested instances come and become nodes, and pods go where the
//! plan expects them. It shares no code with the planner.

use std::collections::BTreeMap;

use ec2_autoscale_core::plan::{Action, FindingCode, NodeReport, NodeState, Plan, PodVerdict, UnhealthyReason};
use ec2_autoscale_core::snapshot::{
    Activity, ActivityKind, ActivityStatus, ClusterIdentity, DisruptionBudget, Group, GrowthNote, Instance, InstanceNote,
    Labels, Lifecycle, Name, Node, ObjectName, Phase, Pod, Readiness, ReadyStatus, Region, Resources, Scheduling, Snapshot,
    Taint, TaintEffect,
};
use ec2_autoscale_core::well_known::{annotations, provider_id, taints};
use jiff::{SignedDuration, Timestamp};

/// The cluster, and what its next instances will look like.
pub(crate) struct World {
    pub(crate) snapshot: Snapshot,
    serial: u32,
}

/// What a node of a group offers once it is Ready.
pub(crate) struct Offer {
    pub(crate) allocatable: Resources,
    pub(crate) taints: Vec<Taint>,
    pub(crate) labels: Labels,
}

impl World {
    pub(crate) fn new() -> Self {
        let cluster = ClusterIdentity { name: "test".into(), ..ClusterIdentity::default() };
        let now = "2026-11-22T12:00:00Z".parse().expect("a timestamp");
        Self { snapshot: Snapshot::empty(cluster, now), serial: 0 }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.snapshot.taken_at
    }

    pub(crate) fn ago(&self, seconds: u64) -> Timestamp {
        self.now() - SignedDuration::from_secs(i64::try_from(seconds).expect("a short while"))
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.snapshot.taken_at += SignedDuration::from_secs(i64::try_from(seconds).expect("a short while"));
    }

    pub(crate) fn region_of(&self, group: &str) -> String {
        self.snapshot.groups.iter().find(|known| known.id.name == group).expect("a group of that name").id.region.clone()
    }

    /// Returns a number that no other name has.
    pub(crate) fn next(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }

    pub(crate) fn add_region(&mut self, name: &str) {
        if self.snapshot.regions.iter().all(|region| region.name != name) {
            let preference = u32::try_from(self.snapshot.regions.len()).expect("few regions");
            self.snapshot.regions.push(Region { name: name.into(), preference, unreadable: None });
        }
    }

    /// Returns what a node of a group offers, according to the tags of the group.
    pub(crate) fn offer(&self, group: &str) -> Offer {
        let group = self.snapshot.groups.iter().find(|known| known.id.name == group).expect("a group of that name");
        Offer {
            allocatable: group.tags.resources.clone(),
            taints: group.tags.taints.clone(),
            labels: group.tags.labels.clone(),
        }
    }

    /// Launches an instance of a group in its emptiest zone.
    pub(crate) fn launch(&mut self, group: &str, age: u64) -> String {
        let known = self.snapshot.groups.iter().find(|known| known.id.name == group).expect("a group of that name");
        let in_zone = |zone: &String| known.instances.iter().filter(|instance| instance.zone == *zone).count();
        let fewest = || known.zones.iter().min_by_key(|zone| in_zone(zone)).expect("a group has zones").clone();
        let zone = self.zone_of_placement(known).unwrap_or_else(fewest);
        self.launch_in(group, zone, age)
    }

    /// Returns the zone of a placement group that keeps all machines in one, once it has some.
    fn zone_of_placement(&self, group: &Group) -> Option<String> {
        let own = group.placement.as_ref().filter(|placement| placement.is_in_one_zone())?;
        let shares = |other: &&Group| other.placement.as_ref().is_some_and(|placement| placement.name == own.name);
        let mut sharing = self.snapshot.groups.iter().filter(shares).flat_map(|group| &group.instances);
        sharing.next().map(|instance| instance.zone.clone())
    }

    fn launch_in(&mut self, group: &str, zone: String, age: u64) -> String {
        let launched_at = Some(self.ago(age));
        let id = format!("i-{:08x}", self.next());
        let group = self.snapshot.groups.iter_mut().find(|known| known.id.name == group).expect("a group of that name");
        let option = group.launch_options.first().expect("a group launches something");
        let instance = Instance {
            id: id.clone(),
            zone,
            machine_type: option.machine_type.clone(),
            lifecycle: Lifecycle::InService,
            protected: group.launches_protected,
            launched_at,
            weight: option.weight,
            image: option.image.clone(),
            launch_version: None,
            addresses: vec![],
            spot: false,
            reservation: None,
        };
        group.instances.push(instance);
        id
    }

    /// Puts an instance into a reservation.
    pub(crate) fn reserve(&mut self, instance: &str, reservation: Option<&str>) {
        let mut instances = self.snapshot.groups.iter_mut().flat_map(|group| &mut group.instances);
        let instance = instances.find(|known| known.id == instance).expect("an instance of that id");
        instance.reservation = reservation.map(str::to_owned);
    }

    /// Makes an instance a Ready node.
    pub(crate) fn register(&mut self, group: &str, instance: &str, name: &str, age: u64) {
        let offer = self.offer(group);
        let owner = self.snapshot.groups.iter().find(|known| known.id.name == group).expect("a group of that name");
        let machine = owner.instances.iter().find(|known| known.id == instance).expect("an instance of that id");
        let mut labels = offer.labels;
        for (key, value) in [
            ("kubernetes.io/hostname", name),
            ("topology.kubernetes.io/region", &owner.id.region),
            ("topology.kubernetes.io/zone", &machine.zone),
            ("node.kubernetes.io/instance-type", &machine.machine_type),
        ] {
            labels.insert(key.into(), value.into());
        }
        let node = Node {
            name: name.into(),
            uid: format!("uid-of-{name}"),
            labels,
            marks: Labels::new(),
            taints: offer.taints,
            unschedulable: false,
            provider_id: Some(provider_id::of(&machine.zone, instance)),
            allocatable: offer.allocatable,
            ready: Readiness { status: ReadyStatus::True, since: Some(self.ago(age)) },
            created_at: self.ago(age),
            addresses: vec![],
        };
        self.snapshot.nodes.push(node);
    }

    /// Notes that an earlier run saw the instance in service without a node.
    pub(crate) fn note(&mut self, instance: &str, age: u64) {
        let is_its_group = |group: &&Group| group.instances.iter().any(|known| known.id == instance);
        let group = self.snapshot.groups.iter().find(is_its_group).expect("a group has the instance").id.clone();
        let note = InstanceNote { group, instance: instance.to_owned(), first_seen: self.ago(age) };
        self.snapshot.instance_notes.push(note);
    }

    pub(crate) fn node(&mut self, name: &str) -> &mut Node {
        self.snapshot.nodes.iter_mut().find(|node| node.name == name).expect("a node of that name")
    }

    /// Carries a plan out as `apply` would. New instances are launched at once and are not nodes
    /// yet; see [`World::boot`].
    pub(crate) fn carry_out(&mut self, plan: &Plan) {
        for action in &plan.actions {
            self.step(action);
        }
    }

    fn step(&mut self, action: &Action) {
        let now = self.now();
        match action {
            Action::NoteInstances { seen, settled, fruitless } => {
                let notes = &mut self.snapshot.instance_notes;
                notes.retain(|note| !settled.contains(note));
                notes.extend(seen.iter().cloned());
                let notes = &mut self.snapshot.fruitless_notes;
                notes.retain(|note| !fruitless.iter().any(|new| new.group == note.group));
                notes.extend(fruitless.iter().cloned());
            }
            Action::ClearIdle { node, .. } => self.node(&node.name).taints.retain(|taint| taint.key != taints::IDLE_SINCE),
            Action::MarkIdle { node, since } => self.node(&node.name).taints.push(Taint {
                key: taints::IDLE_SINCE.into(),
                value: since.as_second().to_string(),
                effect: TaintEffect::PreferNoSchedule,
            }),
            Action::ClearGone { node, .. } => {
                self.node(&node.name).marks.remove(annotations::GONE_SINCE);
            }
            Action::MarkGone { node, since, .. } => {
                self.node(&node.name).marks.insert(annotations::GONE_SINCE.into(), since.to_string().into());
            }
            Action::ClearNotReady { node } => {
                self.node(&node.name).marks.remove(annotations::NOT_READY_SINCE);
            }
            Action::MarkNotReady { node, since } => {
                self.node(&node.name).marks.insert(annotations::NOT_READY_SINCE.into(), since.to_string().into());
            }
            Action::DeleteNode { node, .. } => {
                self.snapshot.nodes.retain(|known| known.name != node.name);
                self.snapshot.pods.retain(|pod| pod.node.as_deref() != Some(node.name.as_str()));
            }
            Action::Uncordon { node, .. } => {
                let node = self.node(&node.name);
                node.unschedulable = false;
                node.marks.clear();
                node.taints.retain(|taint| taint.key != taints::IDLE_SINCE);
            }
            Action::SetDesired { group, from, to, .. } => {
                let known = self.snapshot.groups.iter_mut().find(|known| known.id == *group).expect("the plan names a group");
                assert_eq!(known.desired, *from, "the plan presumes what is there");
                assert!(*to <= known.max, "nothing goes above max");
                known.desired = *to;
                self.snapshot.growth_notes.retain(|note| note.group != *group);
                self.snapshot.growth_notes.push(GrowthNote { group: group.clone(), desired: *to, at: now });
            }
            Action::Launch { group, from, to, zones, .. } => {
                let known = self.snapshot.groups.iter_mut().find(|known| known.id == *group).expect("the plan names a group");
                assert_eq!(known.desired, *from, "the plan presumes what is there");
                assert!(*to <= known.max, "nothing goes above max");
                known.desired = *to;
                for launch in zones {
                    for _ in 0..launch.nodes {
                        self.launch_in(&group.name, launch.zone.clone(), 0);
                    }
                }
            }
            Action::RevertDesired { group, from, to, .. } => {
                let known = self.snapshot.groups.iter_mut().find(|known| known.id == *group).expect("the plan names a group");
                assert_eq!(known.desired, *from, "the plan presumes what is there");
                known.desired = *to;
                assert!(self.missing(&group.name) >= 0, "no live capacity is taken away");
            }
            Action::Cordon { node, .. } => {
                let node = self.node(&node.name);
                node.unschedulable = true;
                node.marks.insert(annotations::CORDONED_AT.into(), now.to_string().into());
            }
            Action::StartDrain { node, .. } => {
                let node = self.node(&node.name);
                node.unschedulable = true;
                node.marks.insert(annotations::CORDONED_AT.into(), now.to_string().into());
                node.marks.insert(annotations::DRAINING_SINCE.into(), now.to_string().into());
            }
            Action::Evict { pods, .. } => {
                for eviction in pods {
                    if self.may_be_evicted(&eviction.uid) {
                        self.evict(&eviction.uid);
                    }
                }
            }
            Action::TerminateUnhealthy { group, instance, node, decrement, reason } => {
                let node = node.as_ref().map(|node| node.name.as_str()).unwrap_or_default();
                if let UnhealthyReason::Dead { machine: Some(_), .. } = reason {
                    // Its pods ended with the machine.
                    self.snapshot.pods.retain(|pod| pod.node.as_deref() != Some(node));
                }
                if !decrement {
                    // The cloud launches the capacity again.
                    let known =
                        self.snapshot.groups.iter_mut().find(|known| known.id == *group).expect("the plan names a group");
                    let ending =
                        known.instances.iter().find(|known| known.id == *instance).expect("the plan names an instance");
                    known.desired += ending.weight.get();
                    let started_at = now;
                    let id = format!("activity-of-{instance}");
                    known.activities.insert(0, ended(id, started_at));
                }
                self.terminate(node, instance, &group.name);
            }
            Action::Terminate { node, instance, group, .. } => self.terminate(&node.name, instance, &group.name),
        }
    }

    /// Whether the Eviction API lets a pod go, which spends a disruption of its budget.
    fn may_be_evicted(&mut self, uid: &str) -> bool {
        let pod = self.snapshot.pods.iter().find(|pod| pod.uid == uid).expect("a pod of that uid");
        if pod.phase == Phase::Pending {
            return true;
        }
        let covers = |budget: &&mut DisruptionBudget| {
            let selector = budget.selector.as_ref().map(|selector| &selector.match_labels);
            let has = |(key, value): (&Name, &Name)| pod.labels.get(key) == Some(value);
            *pod.namespace == *budget.namespace && selector.is_some_and(|labels| labels.iter().all(has))
        };
        let mut covering = self.snapshot.budgets.iter_mut().filter(covers);
        let Some(budget) = covering.next() else { return true };
        assert!(covering.next().is_none(), "more than one budget covers {uid}");
        let is_free = budget.always_allow_unhealthy && !pod.ready;
        let is_allowed = is_free || budget.disruptions_allowed > 0;
        budget.disruptions_allowed -= i32::from(is_allowed && !is_free);
        is_allowed
    }

    /// Deletes a pod. Its controller creates it again, without a node.
    fn evict(&mut self, uid: &str) {
        let (now, number) = (self.now(), self.next());
        let pod = self.snapshot.pods.iter_mut().find(|pod| pod.uid == uid).expect("a pod of that uid");
        let is_replaced = pod.owner.as_ref().is_some_and(|owner| ["ReplicaSet", "StatefulSet"].contains(&owner.kind.as_str()));
        let permits_eviction =
            pod.drain_annotations.get("cluster-autoscaler.kubernetes.io/safe-to-evict").is_some_and(|it| it == "true");
        assert!(is_replaced || permits_eviction, "a pod was evicted that no controller creates again: {pod:?}");
        pod.uid = format!("{uid}-{number}").into();
        pod.node = None;
        pod.ready = false;
        pod.phase = Phase::Pending;
        pod.created_at = now;
        pod.scheduling = Scheduling::Unschedulable { since: now };
    }

    fn terminate(&mut self, node: &str, instance: &str, group: &str) {
        let busy = self.snapshot.pods.iter().find(|pod| pod.node.as_deref() == Some(node) && !pod.is_daemon());
        assert!(busy.is_none(), "a busy node was terminated: {busy:?}");
        let known = self.snapshot.groups.iter_mut().find(|known| known.id.name == group).expect("the plan names a group");
        let gone = known.instances.iter().find(|known| known.id == instance).expect("the plan names an instance").weight.get();
        known.instances.retain(|known| known.id != instance);
        known.desired -= gone;
        assert!(known.desired >= known.min, "nothing goes below min");
        self.snapshot.nodes.retain(|known| known.name != node);
        self.snapshot.pods.retain(|pod| pod.node.as_deref() != Some(node));
    }

    /// Launches what was requested, and makes launched and starting instances Ready nodes.
    pub(crate) fn boot(&mut self) {
        let names: Vec<String> = self.snapshot.groups.iter().map(|group| group.id.name.clone()).collect();
        for name in names {
            while self.missing(&name) > 0 {
                self.launch(&name, 0);
            }
            for instance in self.without_node(&name) {
                let number = self.next();
                self.register(&name, &instance, &format!("{name}-n{number}"), 0);
            }
        }
        let now = self.now();
        for node in self.snapshot.nodes.iter_mut().filter(|node| node.ready.status == ReadyStatus::False) {
            node.ready = Readiness { status: ReadyStatus::True, since: Some(now) };
            node.taints.retain(|taint| taint.key != "node.kubernetes.io/not-ready");
        }
    }

    /// Takes back, as a person would, the capacity that was requested and did not come.
    pub(crate) fn settle(&mut self, group: &str) {
        let missing = self.missing(group);
        let group = self.snapshot.groups.iter_mut().find(|known| known.id.name == group).expect("a group of that name");
        group.desired -= missing;
    }

    fn missing(&self, group: &str) -> i64 {
        let group = self.snapshot.groups.iter().find(|known| known.id.name == group).expect("a group of that name");
        let live: i64 =
            group.instances.iter().filter(|instance| instance.lifecycle.is_live()).map(|instance| instance.weight.get()).sum();
        group.desired - live
    }

    fn without_node(&self, group: &str) -> Vec<String> {
        let group = self.snapshot.groups.iter().find(|known| known.id.name == group).expect("a group of that name");
        let has_node = |id: &str| self.snapshot.nodes.iter().any(|node| node.instance_id() == Some(id));
        group.instances.iter().filter(|instance| !has_node(&instance.id)).map(|instance| instance.id.clone()).collect()
    }

    /// Binds pods to the nodes where the plan expects them, as far as those nodes exist.
    pub(crate) fn bind(&mut self, plan: &Plan) {
        let expected: BTreeMap<ObjectName, String> = plan
            .pods
            .iter()
            .filter_map(|report| match &report.verdict {
                PodVerdict::FitsExisting { node } | PodVerdict::FitsUncordoned { node } => {
                    Some((report.pod.clone(), node.clone()))
                }
                _ => None,
            })
            .collect();
        let now = self.now();
        for pod in &mut self.snapshot.pods {
            if let Some(node) = expected.get(&pod.id()) {
                run_on(pod, node, now);
            }
        }
    }

    /// Whether every instance is a node, and no node is about to go.
    pub(crate) fn is_settled(&self, plan: &Plan) -> bool {
        let all_up = self
            .snapshot
            .groups
            .iter()
            .all(|group| self.missing(&group.id.name) <= 0 && self.without_node(&group.id.name).is_empty());
        let waits = |node: &NodeReport| {
            matches!(
                node.state,
                NodeState::GracePeriod { .. }
                    | NodeState::Starting { .. }
                    | NodeState::PodPending { .. }
                    | NodeState::Draining { .. }
                    | NodeState::IdleSchedulable { .. }
                    | NodeState::IdleUnschedulable { .. }
            )
        };
        let held_for_good = plan.findings.iter().any(|finding| matches!(finding.code, FindingCode::MassFailure { .. }));
        all_up && (held_for_good || !plan.nodes.iter().any(waits))
    }

    /// Ends the pods well whose name begins so.
    pub(crate) fn finish(&mut self, prefix: &str) -> usize {
        let before = self.snapshot.pods.len();
        self.snapshot.pods.retain(|pod| !pod.name.starts_with(prefix));
        before - self.snapshot.pods.len()
    }
}

/// Returns the activity of an instance that ended.
pub(crate) fn ended(id: String, started_at: Timestamp) -> Activity {
    Activity {
        id,
        kind: ActivityKind::Terminate,
        status: ActivityStatus::Successful,
        started_at,
        message: String::new(),
        requested_at: None,
        capacity_problem: false,
        zone: None,
        machine_type: None,
        replacement: true,
        by_instance_refresh: false,
        placement_full: false,
        machine_died: false,
    }
}

/// Binds a pod.
pub(crate) fn run_on(pod: &mut Pod, node: &str, now: Timestamp) {
    pod.node = Some(node.into());
    pod.phase = Phase::Running;
    pod.scheduling = Scheduling::Scheduled { at: Some(now) };
}
