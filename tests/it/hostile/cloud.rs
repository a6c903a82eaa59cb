//! AWS: instances that come, late or never, from a warm pool or for another cluster, and that AWS
//! takes back.

use ec2_autoscale::snapshot::{
    Activity, ActivityKind, ActivityStatus, Lifecycle, MachineHealth, Readiness, ReadyStatus, Taint, TaintEffect,
};
use jiff::{SignedDuration, Timestamp};

use super::truth::{Home, Machine, Scheme, Truth};
use crate::support::dice::Dice;

pub(super) const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// Older activities are not read.
const MEMORY: SignedDuration = SignedDuration::from_hours(3);

/// Groups that cannot get instances, and until when.
#[derive(Default)]
pub(super) struct Shortages(Vec<(String, Timestamp)>);

impl Shortages {
    fn concern(&self, group: &str, now: Timestamp) -> bool {
        self.0.iter().any(|(short, until)| short == group && *until > now)
    }
}

/// Makes the first instances: two Ready nodes, and in `shared` two of the other cluster. Where no
/// tag names that cluster, one of them has been there for long.
pub(super) fn begin(truth: &mut Truth, is_old: bool) {
    for _ in 0..2 {
        let id = start(truth, 0, Home::Here, 7_200);
        truth.machines.get_mut(&id).expect("it was just launched").boots_at = Some(truth.now());
    }
    for age in [if is_old { 100_000 } else { 60 }, 60] {
        start(truth, 1, Home::Elsewhere, age);
        truth.world.snapshot.groups[1].desired += 1;
    }
    register_due(truth);
}

/// Lives through a minute.
pub(super) fn go_on(truth: &mut Truth) {
    if truth.dice.once_in(250) {
        let group = truth.dice.below(truth.world.snapshot.groups.len());
        let group = truth.world.snapshot.groups[group].id.name.clone();
        let until = truth.now() + SignedDuration::from_mins(5 + i64::try_from(truth.dice.below(60)).expect("a short while"));
        truth.shortages.0.push((group, until));
        truth.ledger.failed(truth.now());
    }
    // The other cluster's autoscaler grows the group that both think is theirs.
    if truth.dice.once_in(400) && truth.world.snapshot.groups[1].desired < truth.world.snapshot.groups[1].max - 2 {
        truth.world.snapshot.groups[1].desired += 1;
        start(truth, 1, Home::Elsewhere, 0);
    }
    if truth.dice.once_in(300) {
        take_back(truth);
    }
    launch(truth);
}

/// Launches what was requested.
fn launch(truth: &mut Truth) {
    for number in 0..truth.world.snapshot.groups.len() {
        let oldest = truth.now() - MEMORY;
        let now = truth.now();
        truth.world.snapshot.groups[number].activities.retain(|activity| activity.started_at >= oldest);
        while missing(truth, number) > 0 {
            if truth.shortages.concern(&truth.world.snapshot.groups[number].id.name, now) {
                note(truth, number, ActivityStatus::Failed);
                truth.ledger.failed(now);
                break;
            }
            note(truth, number, ActivityStatus::Successful);
            let is_warm = truth.dice.once_in(6);
            let age = if is_warm { 172_800 } else { 0 };
            let id = start(truth, number, Home::Here, age);
            if is_warm {
                truth.tally.count("instance left the warm pool");
                truth.tell(&id, "left the warm pool");
            }
            if truth.dice.once_in(12) {
                truth.machines.get_mut(&id).expect("it was just launched").boots_at = None;
                truth.tell(&id, "will never be a node");
                truth.ledger.failed(now);
            }
        }
    }
}

fn missing(truth: &Truth, number: usize) -> i64 {
    let group = &truth.world.snapshot.groups[number];
    let live = group.instances.iter().filter(|instance| instance.lifecycle.is_live()).count();
    group.desired - i64::try_from(live).expect("few instances")
}

fn note(truth: &mut Truth, number: usize, status: ActivityStatus) {
    let has_failed = status == ActivityStatus::Failed;
    let (serial, started_at) = (truth.world.next(), truth.now());
    let group = &mut truth.world.snapshot.groups[number];
    group.activities.push(Activity {
        id: format!("launch-{serial}"),
        kind: ActivityKind::Launch,
        status,
        started_at,
        message: if has_failed { "InsufficientInstanceCapacity".to_owned() } else { String::new() },
        requested_at: None,
        capacity_problem: has_failed,
        zone: None,
        machine_type: None,
        replacement: false,
        by_instance_refresh: false,
        placement_full: false,
        machine_died: false,
    });
}

/// Adds an instance that was launched so many seconds ago.
fn start(truth: &mut Truth, number: usize, home: Home, age: u64) -> String {
    let group = truth.world.snapshot.groups[number].id.name.clone();
    let id = truth.world.launch(&group, age);
    let serial = truth.world.next();
    let host = format!("ip-10-{number}-{}-{}", serial / 250, serial % 250);
    let instance = truth.world.snapshot.groups[number].instances.last_mut().expect("it was just launched");
    instance.lifecycle = Lifecycle::Pending;
    if home == Home::Elsewhere {
        instance.lifecycle = Lifecycle::InService;
    }
    instance.addresses = vec![format!("10.{number}.{}.{}", serial / 250, serial % 250), format!("{host}.ec2.internal")];
    let scheme = scheme(&mut truth.dice);
    let node = if scheme == Scheme::Ec2 && truth.dice.once_in(3) {
        format!("worker-{serial}")
    } else {
        format!("{host}.ec2.internal")
    };
    let wait = 100 + truth.dice.below(300);
    let boots_at = (home == Home::Here).then(|| truth.in_seconds(wait));
    let machine =
        Machine { group, node, home, health: MachineHealth::Running, scheme, boots_at, missing: None, heard_again_at: None };
    truth.machines.insert(id.clone(), machine);
    truth.tell(&id, format!("came, {home:?}, {scheme:?}, launched {age} s ago"));
    id
}

fn scheme(dice: &mut Dice) -> Scheme {
    dice.pick(&[Scheme::Ec2, Scheme::Ec2, Scheme::Ec2, Scheme::Late, Scheme::Other, Scheme::None])
}

/// Turns instances whose time has come into nodes, which take a moment to be Ready.
pub(super) fn register_due(truth: &mut Truth) {
    let now = truth.now();
    let due: Vec<String> = truth
        .machines
        .iter()
        .filter(|(_, machine)| machine.is_living() && machine.boots_at.is_some_and(|at| at <= now))
        .map(|(id, _)| id.clone())
        .collect();
    for id in due {
        let machine = truth.machines.get_mut(&id).expect("it is due");
        machine.boots_at = None;
        let (group, name) = (machine.group.clone(), machine.node.clone());
        register(truth, &id, &group, &name);
        let node = truth.world.node(&name);
        node.ready = Readiness { status: ReadyStatus::False, since: Some(now) };
        node.taints.push(Taint { key: NOT_READY.into(), value: String::new(), effect: TaintEffect::NoSchedule });
        truth.tell(&id, format!("registered as {name}"));
    }
    // One that never boots is in service all the same.
    for instance in truth.world.snapshot.groups.iter_mut().flat_map(|group| &mut group.instances) {
        if instance.lifecycle == Lifecycle::Pending && truth.machines[&instance.id].boots_at.is_none() {
            instance.lifecycle = Lifecycle::InService;
        }
    }
}

/// Makes the Node object of a machine anew.
pub(super) fn register(truth: &mut Truth, id: &str, group: &str, name: &str) {
    truth.world.register(group, id, name, 0);
    let instances = truth.world.snapshot.groups.iter_mut().flat_map(|group| &mut group.instances);
    let instance = instances.into_iter().find(|instance| instance.id == id).expect("the machine is an instance");
    instance.lifecycle = Lifecycle::InService;
    let addresses = instance.addresses.clone();
    let scheme = truth.machines[id].scheme;
    let serial = truth.world.next();
    let node = truth.world.node(name);
    node.uid = format!("uid-{serial}-of-{name}");
    node.addresses = addresses;
    match scheme {
        Scheme::Ec2 => {}
        Scheme::Late | Scheme::None => node.provider_id = None,
        Scheme::Other => node.provider_id = Some(format!("k3s://{name}")),
    }
}

/// Takes an instance back, as AWS does with spot instances. Its Node is left behind or removed;
/// what ran there is made again.
fn take_back(truth: &mut Truth) {
    let living = |truth: &Truth| -> Vec<String> {
        let here = truth.machines.iter().filter(|(_, machine)| machine.is_living() && machine.home == Home::Here);
        here.map(|(id, _)| id.clone()).collect()
    };
    let candidates = living(truth);
    if candidates.is_empty() {
        return;
    }
    let id = truth.dice.pick(&candidates);
    truth.tell(&id, "was taken back by AWS");
    let is_left = truth.dice.once_in(2);
    end(truth, &id, is_left);
    truth.ledger.failed(truth.now());
}

/// Ends an instance. What ran there is made again by its controllers.
pub(super) fn end(truth: &mut Truth, id: &str, leaves_its_node: bool) {
    let now = truth.now();
    let machine = truth.machines.get_mut(id).expect("a machine");
    machine.health = MachineHealth::Terminated;
    machine.boots_at = None;
    machine.missing = None;
    machine.heard_again_at = None;
    let name = machine.node.clone();
    truth.world.snapshot.groups.iter_mut().for_each(|group| group.instances.retain(|instance| instance.id != id));
    super::work::lose(truth, &name);
    if leaves_its_node {
        if let Some(node) = truth.world.snapshot.nodes.iter_mut().find(|node| node.name == name) {
            node.ready = Readiness { status: ReadyStatus::Unknown, since: Some(now) };
        }
    } else {
        truth.world.snapshot.nodes.retain(|node| node.name != name);
        truth.world.snapshot.pods.retain(|pod| pod.node.as_deref() != Some(name.as_str()));
    }
}
