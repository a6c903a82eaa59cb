//! Node objects: they vanish and come back, fall silent, and get their `providerID` late.

use ec2_autoscale::snapshot::{MachineHealth, Node, Readiness, ReadyStatus, Taint, TaintEffect};
use jiff::SignedDuration;

use super::cloud::{NOT_READY, register};
use super::sights::Sight;
use super::truth::{Home, Scheme, Truth};

/// The taint that the node lifecycle controller puts on a node without contact.
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// The prefix of the names of Nodes that claim another's instance.
const GHOST: &str = "ghost-";

/// Lives through a minute.
pub(super) fn go_on(truth: &mut Truth) {
    become_ready(truth);
    write_late_ids(truth);
    if truth.dice.once_in(60) {
        vanish(truth);
    }
    if truth.dice.once_in(300) {
        double(truth);
    }
    if truth.dice.once_in(150) {
        fall_silent(truth);
    }
}

/// Does what is due within a minute: Nodes come back, kubelets report again.
pub(super) fn come_and_go(truth: &mut Truth) {
    let now = truth.now();
    let due = |machine: &super::truth::Machine| machine.missing.as_ref().is_some_and(|(_, at)| *at <= now);
    let back: Vec<String> = truth.machines.iter().filter(|(_, machine)| due(machine)).map(|(id, _)| id.clone()).collect();
    for id in &back {
        come_back(truth, id);
    }
    let heard = |machine: &super::truth::Machine| machine.heard_again_at.is_some_and(|at| at <= now);
    let heard: Vec<String> = truth.machines.iter().filter(|(_, machine)| heard(machine)).map(|(id, _)| id.clone()).collect();
    for id in heard {
        let machine = truth.machines.get_mut(&id).expect("a machine");
        machine.heard_again_at = None;
        let name = machine.node.clone();
        if let Some(node) = truth.world.snapshot.nodes.iter_mut().find(|node| node.name == name) {
            node.ready = Readiness { status: ReadyStatus::True, since: Some(now) };
            node.taints.retain(|taint| taint.key != UNREACHABLE);
        }
        super::work::end_those_leaving(truth, &name);
        truth.tell(&id, "was heard of again");
    }
}

fn become_ready(truth: &mut Truth) {
    let now = truth.now();
    for node in truth.world.snapshot.nodes.iter_mut().filter(|node| node.ready.status == ReadyStatus::False) {
        node.ready = Readiness { status: ReadyStatus::True, since: Some(now) };
        node.taints.retain(|taint| taint.key != NOT_READY);
    }
}

/// Writes late ids, as the cloud controller does.
fn write_late_ids(truth: &mut Truth) {
    let now = truth.now();
    for (id, machine) in truth.machines.iter().filter(|(_, machine)| machine.scheme == Scheme::Late) {
        let is_old = |node: &&mut Node| now.duration_since(node.created_at) > SignedDuration::from_mins(5);
        let own = truth.world.snapshot.nodes.iter_mut().find(|node| node.name == machine.node).filter(is_old);
        if let Some(node) = own {
            let zone = node.labels["topology.kubernetes.io/zone"].clone();
            node.provider_id = Some(format!("aws:///{zone}/{id}"));
        }
    }
}

/// Removes a Node object while its machine goes on, for seconds or for more than an hour. Where two
/// claim the machine, a dead Node is left whose machine's pods are bound to another name.
fn vanish(truth: &mut Truth) {
    let ready = |name: &str| truth.world.snapshot.nodes.iter().any(|node| node.name == name && node.is_ready());
    let is_here = |it: &super::truth::Machine| it.is_living() && it.home == Home::Here && ready(&it.node);
    let here = truth.machines.iter().filter(|(_, it)| is_here(it));
    let candidates: Vec<String> = here.map(|(id, _)| id.clone()).collect();
    if candidates.is_empty() || truth.sight != Sight::Right {
        return;
    }
    let id = truth.dice.pick(&candidates);
    let longest = if truth.dice.once_in(2) { 5_400 } else { 600 };
    let away = 20 + truth.dice.below(longest);
    let back_at = truth.in_seconds(away);
    let name = truth.machines[&id].node.clone();
    let nodes = &mut truth.world.snapshot.nodes;
    let place = nodes.iter().position(|node| node.name == name).expect("it is Ready");
    let node = nodes.remove(place);
    truth.machines.get_mut(&id).expect("a machine").missing = Some((node, back_at));
    truth.tally.count("node object vanished");
    truth.tell(&id, format!("its Node {name} vanished for {away} s"));
    truth.ledger.failed(truth.now());
}

/// Brings a Node back with the UID it had, as after an old list, or registered anew.
fn come_back(truth: &mut Truth, id: &str) {
    let machine = truth.machines.get_mut(id).expect("a machine");
    let Some((node, _)) = machine.missing.take() else { return };
    let (group, name) = (machine.group.clone(), machine.node.clone());
    if truth.dice.once_in(2) {
        truth.world.snapshot.nodes.push(node);
        truth.tell(id, "its Node came back");
    } else {
        register(truth, id, &group, &name);
        truth.tell(id, "its Node was made again");
    }
}

/// Makes a second Node claim the instance of the first for an hour: somebody restored an old object
/// under another name.
fn double(truth: &mut Truth) {
    let (now, serial) = (truth.now(), truth.world.next());
    let nodes = &mut truth.world.snapshot.nodes;
    nodes.retain(|node| !node.name.starts_with(GHOST) || now.duration_since(node.created_at) < SignedDuration::from_hours(1));
    let claims = |node: &&Node| node.is_ready() && node.place_in_cloud().is_some();
    let Some(mut ghost) = nodes.iter().find(claims).cloned() else { return };
    ghost.name = format!("{GHOST}{serial}");
    ghost.uid = format!("uid-of-{}", ghost.name);
    ghost.created_at = now;
    ghost.ready = Readiness { status: ReadyStatus::Unknown, since: Some(now) };
    nodes.push(ghost);
    truth.tally.count("two nodes claimed an instance");
    truth.ledger.failed(now);
}

/// Silences a kubelet: its machine is broken for good, or only cut off and works on.
fn fall_silent(truth: &mut Truth) {
    let ready = |name: &str| truth.world.snapshot.nodes.iter().any(|node| node.name == name && node.is_ready());
    let here = truth.machines.iter().filter(|(_, it)| it.is_living() && it.home == Home::Here && ready(&it.node));
    let candidates: Vec<String> = here.map(|(id, _)| id.clone()).collect();
    if candidates.is_empty() {
        return;
    }
    let id = truth.dice.pick(&candidates);
    let is_broken = truth.dice.once_in(2);
    let wait = 120 + truth.dice.below(7_200);
    let until = truth.in_seconds(wait);
    let now = truth.now();
    let machine = truth.machines.get_mut(&id).expect("a machine");
    let name = machine.node.clone();
    if is_broken {
        machine.health =
            truth.dice.pick(&[MachineHealth::Impaired, MachineHealth::Stopped, MachineHealth::Stopped, MachineHealth::Stopped]);
        machine.boots_at = None;
    } else {
        machine.heard_again_at = Some(until);
    }
    let node = truth.world.node(&name);
    node.ready = Readiness { status: ReadyStatus::Unknown, since: Some(now) };
    node.taints.push(Taint { key: UNREACHABLE.into(), value: String::new(), effect: TaintEffect::NoSchedule });
    if is_broken || truth.dice.once_in(2) {
        super::work::lose(truth, &name);
    }
    truth.tell(&id, if is_broken { "broke" } else { "was cut off, and works on" });
    truth.ledger.failed(now);
}
