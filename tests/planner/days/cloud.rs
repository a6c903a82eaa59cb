//! AWS and the machines: launches that succeed, fail or lead to nothing; nodes that come late, die
//! or vanish.

use std::collections::BTreeMap;

use ec2_autoscale_core::snapshot::{
    Activity, ActivityKind, ActivityStatus, Lifecycle, MachineCheck, MachineHealth, Phase, Pod, Readiness, ReadyStatus,
    Scheduling, Taint, TaintEffect,
};
use jiff::SignedDuration;

use super::surprise::Surprise;
use super::work::{Work, stays};
use crate::support::dice::Dice;
use crate::support::scenario::World;

/// The taint that the node lifecycle controller puts on a node whose kubelet is silent, and how
/// long pods tolerate it.
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const PATIENCE: u32 = 5;
const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// Older activities are not read.
const MEMORY: SignedDuration = SignedDuration::from_hours(3);

#[derive(Default)]
pub(super) struct Cloud {
    /// When an instance becomes a node; `None` for an instance that never will by itself.
    boots: BTreeMap<String, Option<u32>>,
    shortages: Vec<Shortage>,
    illnesses: BTreeMap<String, Illness>,
    serial: u32,
}

/// A period in which a group, or a zone of it, cannot get instances.
struct Shortage {
    group: String,
    zone: Option<String>,
    until: u32,
}

struct Illness {
    since: u32,
    /// `None` when the shortage has no end.
    until: Option<u32>,
}

impl Cloud {
    /// Moves a minute on by day: things may break.
    pub(super) fn go_on(&mut self, world: &mut World, work: &mut Work, dice: &mut Dice, minute: u32) -> Vec<Surprise> {
        let mut surprises = Vec::new();
        if dice.once_in(250) {
            self.run_short(world, dice, minute);
        }
        if dice.once_in(200) {
            surprises.extend(self.fall_ill(world, dice, minute));
        }
        if dice.once_in(250) {
            surprises.extend(vanish(world, work, dice));
        }
        surprises.extend(self.pass(world, work, dice, minute, true));
        surprises
    }

    /// Moves a minute on in the evening: everything is repaired.
    pub(super) fn wind_down(&mut self, world: &mut World, work: &mut Work, dice: &mut Dice, minute: u32) -> Vec<Surprise> {
        self.shortages.clear();
        self.illnesses.values_mut().for_each(|illness| illness.until = Some(minute));
        self.boots.values_mut().filter(|boot| boot.is_none()).for_each(|boot| *boot = Some(minute));
        self.pass(world, work, dice, minute, false)
    }

    fn pass(&mut self, world: &mut World, work: &mut Work, dice: &mut Dice, minute: u32, may_fail: bool) -> Vec<Surprise> {
        self.shortages.retain(|shortage| shortage.until > minute);
        start_up(world);
        self.register(world, minute);
        let mut surprises = self.launch(world, dice, minute, may_fail);
        surprises.extend(self.heal_or_give_up(world, work, minute));
        surprises
    }

    fn run_short(&mut self, world: &World, dice: &mut Dice, minute: u32) {
        let group = &world.snapshot.groups[dice.below(world.snapshot.groups.len())];
        let zone = dice.once_in(2).then(|| dice.pick(&group.zones));
        let until = minute + 5 + u32::try_from(dice.below(90)).expect("a short while");
        self.shortages.push(Shortage { group: group.id.name.clone(), zone, until });
    }

    /// Launches what was requested, zone by zone, the emptiest first; each attempt leaves an
    /// activity.
    fn launch(&mut self, world: &mut World, dice: &mut Dice, minute: u32, may_fail: bool) -> Vec<Surprise> {
        let mut surprises = Vec::new();
        for number in 0..world.snapshot.groups.len() {
            let oldest = world.now() - MEMORY;
            world.snapshot.groups[number].activities.retain(|activity| activity.started_at >= oldest);
            while missing(world, number) > 0 {
                let (failed, open) = self.zones(world, number);
                surprises.extend(failed.into_iter().filter_map(|zone| self.note_failure(world, number, &zone)));
                let Some(zone) = open else { break };
                let never = may_fail && dice.once_in(40);
                let late = u32::try_from(dice.below(5)).expect("a short while");
                let id = self.start(world, number, &zone);
                self.boots.insert(id, (!never).then_some(minute + 2 + late));
                surprises.extend(never.then_some(Surprise::Failure));
            }
        }
        surprises
    }

    /// Returns the zones that are tried and have no capacity, and the first that has some.
    fn zones(&self, world: &World, number: usize) -> (Vec<String>, Option<String>) {
        let group = &world.snapshot.groups[number];
        let members = |zone: &String| group.instances.iter().filter(|instance| instance.zone == *zone).count();
        let is_short = |zone: &String| {
            let concerns = |shortage: &Shortage| shortage.zone.as_ref().is_none_or(|short| short == zone);
            self.shortages.iter().any(|shortage| shortage.group == group.id.name && concerns(shortage))
        };
        let mut zones = group.zones.clone();
        zones.sort_by_key(|zone| (members(zone), zone.clone()));
        let short = zones.iter().take_while(|zone| is_short(zone)).cloned().collect();
        let open = zones.into_iter().find(|zone| !is_short(zone));
        (short, open)
    }

    /// Notes a failed launch. AWS tries again and again; one attempt in five minutes is noted.
    fn note_failure(&mut self, world: &mut World, number: usize, zone: &str) -> Option<Surprise> {
        let recent = world.now() - SignedDuration::from_mins(5);
        let group = &mut world.snapshot.groups[number];
        let is_told = |it: &Activity| it.has_failed() && it.zone.as_deref() == Some(zone) && it.started_at > recent;
        if group.activities.iter().any(is_told) {
            return None;
        }
        self.note(world, number, zone, ActivityStatus::Failed);
        Some(Surprise::Failure)
    }

    fn note(&mut self, world: &mut World, number: usize, zone: &str, status: ActivityStatus) {
        self.serial += 1;
        let started_at = world.now();
        let has_failed = status == ActivityStatus::Failed;
        let group = &mut world.snapshot.groups[number];
        let machine_type = group.launch_options.first().map(|option| option.machine_type.clone());
        group.activities.push(Activity {
            id: format!("launch-{}", self.serial),
            kind: ActivityKind::Launch,
            status,
            started_at,
            message: if has_failed { "InsufficientInstanceCapacity".to_owned() } else { String::new() },
            requested_at: None,
            capacity_problem: has_failed,
            zone: Some(zone.to_owned()),
            machine_type,
            replacement: false,
            by_instance_refresh: false,
            placement_full: false,
            machine_died: false,
        });
    }

    fn start(&mut self, world: &mut World, number: usize, zone: &str) -> String {
        let group = world.snapshot.groups[number].id.name.clone();
        let id = world.launch(&group, 0);
        let instance = world.snapshot.groups[number].instances.last_mut().expect("it was just launched");
        zone.clone_into(&mut instance.zone);
        instance.lifecycle = Lifecycle::Pending;
        self.note(world, number, zone, ActivityStatus::Successful);
        id
    }

    /// Makes nodes of the instances whose time has come; a node takes another minute to be Ready.
    fn register(&mut self, world: &mut World, minute: u32) {
        for number in 0..world.snapshot.groups.len() {
            let group = world.snapshot.groups[number].id.name.clone();
            let is_due = |id: &str| self.boots.get(id).is_some_and(|boot| boot.is_some_and(|at| at <= minute));
            let due: Vec<String> = world.snapshot.groups[number]
                .instances
                .iter_mut()
                .filter(|instance| is_due(&instance.id))
                .map(|instance| {
                    instance.lifecycle = Lifecycle::InService;
                    instance.id.clone()
                })
                .collect();
            for id in due {
                self.boots.remove(&id);
                let name = format!("{group}-{id}");
                world.register(&group, &id, &name, 0);
                let now = world.now();
                let node = world.node(&name);
                node.ready = Readiness { status: ReadyStatus::False, since: Some(now) };
                node.taints.push(no_schedule(NOT_READY));
                start_daemons(world, &name);
            }
        }
    }

    /// Silences the kubelet of a node.
    fn fall_ill(&mut self, world: &mut World, dice: &mut Dice, minute: u32) -> Option<Surprise> {
        let well: Vec<String> =
            world.snapshot.nodes.iter().filter(|node| node.is_ready()).map(|node| node.name.clone()).collect();
        if well.is_empty() {
            return None;
        }
        let name = dice.pick(&well);
        let until = dice.once_in(2).then(|| minute + 2 + u32::try_from(dice.below(40)).expect("a short while"));
        let now = world.now();
        let node = world.node(&name);
        node.ready = Readiness { status: ReadyStatus::Unknown, since: Some(now) };
        node.taints.push(no_schedule(UNREACHABLE));
        let instance = node.instance_id().expect("every node is an instance").to_owned();
        if until.is_none() {
            // Its machine is broken for good, and EC2 knows it; other machines are only cut off.
            let region = node.labels["topology.kubernetes.io/region"].to_string();
            let check = MachineCheck { instance, region, group: None, node: None, health: MachineHealth::Stopped };
            world.snapshot.machine_checks.push(check);
        }
        self.illnesses.insert(name, Illness { since: minute, until });
        Some(Surprise::Failure)
    }

    fn heal_or_give_up(&mut self, world: &mut World, work: &mut Work, minute: u32) -> Vec<Surprise> {
        let mut surprises = Vec::new();
        self.illnesses.retain(|name, _| world.snapshot.nodes.iter().any(|node| node.name == *name));
        for (name, illness) in &self.illnesses {
            if illness.until.is_some_and(|until| until <= minute) {
                surprises.push(Surprise::Failure);
                recover(world, name);
            } else if illness.since + PATIENCE == minute {
                surprises.push(Surprise::Failure);
                send_pods_away(world, work, name);
            }
        }
        self.illnesses.retain(|_, illness| illness.until.is_none_or(|until| until > minute));
        surprises
    }
}

/// Takes an instance back, as AWS does with spot instances.
fn vanish(world: &mut World, work: &mut Work, dice: &mut Dice) -> Option<Surprise> {
    let nodes = &world.snapshot.nodes;
    let node = (!nodes.is_empty()).then(|| dice.below(nodes.len()))?;
    let node = world.snapshot.nodes.remove(node);
    let id = node.instance_id().expect("every node is an instance").to_owned();
    world.snapshot.groups.iter_mut().for_each(|group| group.instances.retain(|instance| instance.id != id));
    let on_node = |pod: &Pod| pod.node.as_deref() == Some(node.name.as_str());
    let (lost, kept) = std::mem::take(&mut world.snapshot.pods).into_iter().partition(on_node);
    world.snapshot.pods = kept;
    let lost: Vec<Pod> = lost;
    let lost: Vec<Pod> = lost.into_iter().filter(|pod| !pod.is_daemon() && stays(pod)).collect();
    work.make_again(&lost, &mut world.snapshot);
    Some(Surprise::Failure)
}

/// Returns the capacity that was requested and does not live.
pub(super) fn missing(world: &World, number: usize) -> i64 {
    let group = &world.snapshot.groups[number];
    let live = group.instances.iter().filter(|instance| instance.lifecycle.is_live());
    group.desired - live.map(|instance| instance.weight.get()).sum::<i64>()
}

fn start_up(world: &mut World) {
    let now = world.now();
    for node in world.snapshot.nodes.iter_mut().filter(|node| node.ready.status == ReadyStatus::False) {
        node.ready = Readiness { status: ReadyStatus::True, since: Some(now) };
        node.taints.retain(|taint| taint.key != NOT_READY);
    }
}

fn start_daemons(world: &mut World, node: &str) {
    let now = world.now();
    for set in &world.snapshot.daemon_sets {
        let pod = serde_json::json!({
            "namespace": set.namespace, "name": format!("{}-on-{node}", set.name), "uid": format!("uid-of-{}-on-{node}", set.name),
            "spec": set.spec, "node": node, "phase": "running", "created_at": now, "scheduling": {"state": "scheduled", "at": now},
            "owner": {"kind": "DaemonSet", "api_version": "apps/v1", "name": set.name, "uid": format!("uid-of-{}", set.name)},
        });
        let mut pod: Pod = serde_json::from_value(pod).expect("a pod");
        pod.phase = Phase::Running;
        world.snapshot.pods.push(pod);
    }
}

/// Connects the node again; pods that were being deleted there are gone now.
fn recover(world: &mut World, name: &str) {
    let now = world.now();
    let node = world.node(name);
    node.ready = Readiness { status: ReadyStatus::True, since: Some(now) };
    node.taints.retain(|taint| taint.key != UNREACHABLE);
    world.snapshot.pods.retain(|pod| stays(pod) || pod.node.as_deref() != Some(name));
}

/// Deletes pods, which no kubelet confirms while it is silent, and creates them again elsewhere.
fn send_pods_away(world: &mut World, work: &mut Work, name: &str) {
    let deadline = world.now() + SignedDuration::from_secs(30);
    let mut lost = Vec::new();
    for pod in world.snapshot.pods.iter_mut().filter(|pod| pod.node.as_deref() == Some(name)) {
        if !pod.is_daemon() && stays(pod) {
            pod.deletion_deadline = Some(deadline);
            pod.ready = false;
            lost.push(pod.clone());
        }
    }
    debug_assert!(lost.iter().all(|pod| matches!(pod.scheduling, Scheduling::Scheduled { .. })));
    work.make_again(&lost, &mut world.snapshot);
}

fn no_schedule(key: &str) -> Taint {
    Taint { key: key.into(), value: String::new(), effect: TaintEffect::NoSchedule }
}
