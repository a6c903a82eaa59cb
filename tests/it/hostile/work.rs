//! The purpose of the cluster, and what tenants do beside.

use std::collections::BTreeMap;

use ec2_autoscale::snapshot::{Claim, ClaimPhase, DaemonSet, Labels, Name, Phase, Pod, Scheduling, Snapshot, SpecId};
use jiff::SignedDuration;

use super::truth::Truth;
use crate::support::dice::Dice;

/// Busy stretches and quiet ones take turns, in runs.
const STRETCH: i64 = 90;
/// No more pods than this wait or run at a time.
const MOST_PODS: usize = 24;

pub(super) struct Work {
    jobs: Vec<Pod>,
    service: Pod,
    wanted: usize,
    /// How many minutes each pod runs, by UID.
    lengths: BTreeMap<String, i64>,
    serial: u32,
    minutes: i64,
}

impl Work {
    /// Takes the patterns out of the cluster.
    pub(super) fn from_patterns(snapshot: &mut Snapshot, dice: &mut Dice) -> Self {
        let patterns = std::mem::take(&mut snapshot.pods);
        let (services, jobs): (Vec<Pod>, Vec<Pod>) = patterns.into_iter().partition(is_of_a_service);
        let service = services.into_iter().next().expect("a service");
        Self { jobs, service, wanted: 1 + dice.below(3), lengths: BTreeMap::new(), serial: 0, minutes: 0 }
    }

    /// Returns a job of so many minutes.
    pub(super) fn job(&mut self, snapshot: &Snapshot, minutes: i64) -> Pod {
        let pattern = self.jobs[0].clone();
        let pod = self.made(&pattern, snapshot);
        self.lengths.insert(pod.uid.to_string(), minutes);
        pod
    }

    fn made(&mut self, pattern: &Pod, snapshot: &Snapshot) -> Pod {
        self.serial += 1;
        let base = pattern.name.split('-').next().unwrap_or_default();
        let mut pod = pattern.clone();
        pod.name = format!("{base}-{}", self.serial).into();
        pod.uid = format!("uid-of-{}", pod.name).into();
        pod.node = None;
        pod.ready = false;
        pod.phase = Phase::Pending;
        pod.deletion_deadline = None;
        pod.scheduling = Scheduling::Unseen;
        pod.created_at = snapshot.taken_at;
        pod
    }
}

/// Lives through a minute.
pub(super) fn go_on(truth: &mut Truth) {
    truth.work.minutes += 1;
    finish(truth);
    if (truth.work.minutes / STRETCH) % 2 == 0 {
        submit(truth);
    }
    keep_service(truth);
    if truth.dice.once_in(60) {
        delete_one(truth);
    }
    if truth.dice.once_in(120) {
        imitate(truth);
    }
}

fn submit(truth: &mut Truth) {
    let unfinished = truth.world.snapshot.pods.iter().filter(|pod| !pod.is_daemon()).count();
    if !truth.dice.once_in(5) || unfinished > MOST_PODS {
        return;
    }
    let pattern = truth.dice.pick(&truth.work.jobs);
    for _ in 0..=truth.dice.below(4) {
        let length = 5 + i64::try_from(truth.dice.below(50)).expect("a short while");
        let pod = truth.work.made(&pattern, &truth.world.snapshot);
        truth.work.lengths.insert(pod.uid.to_string(), length);
        truth.world.snapshot.pods.push(pod);
    }
    if truth.dice.once_in(3) {
        truth.work.wanted = 1 + truth.dice.below(5);
    }
}

/// Ends jobs when their time is over, unless their kubelet cannot report it.
fn finish(truth: &mut Truth) {
    let now = truth.now();
    let Truth { world, work, .. } = truth;
    let reports = |name: &str| world.snapshot.nodes.iter().any(|node| node.name == name && node.is_ready());
    let is_over = |pod: &Pod| match (work.lengths.get(pod.uid.as_str()), &pod.scheduling) {
        (Some(length), Scheduling::Scheduled { at: Some(at) }) => *at + SignedDuration::from_mins(*length) <= now,
        _ => false,
    };
    let over: Vec<Name> = world
        .snapshot
        .pods
        .iter()
        .filter(|pod| is_over(pod) && pod.node.as_deref().is_some_and(reports))
        .map(|pod| pod.uid.clone())
        .collect();
    world.snapshot.pods.retain(|pod| !over.contains(&pod.uid));
    for uid in &over {
        work.lengths.remove(uid.as_str());
    }
    for pod in &mut world.snapshot.pods {
        pod.ready |= matches!(pod.scheduling, Scheduling::Scheduled { at: Some(at) } if at < now);
    }
}

fn keep_service(truth: &mut Truth) {
    let (pattern, wanted) = (truth.work.service.clone(), truth.work.wanted);
    let own = truth.world.snapshot.pods.iter().filter(|pod| is_of_a_service(pod) && pod.deletion_deadline.is_none());
    let own: Vec<(bool, Name)> = own.map(|pod| (pod.node.is_some(), pod.uid.clone())).collect();
    for _ in own.len()..wanted {
        let pod = truth.work.made(&pattern, &truth.world.snapshot);
        truth.world.snapshot.pods.push(pod);
    }
    let too_many: Vec<&Name> = own.iter().skip(wanted).map(|(_, uid)| uid).collect();
    truth.world.snapshot.pods.retain(|pod| !too_many.contains(&&pod.uid));
    let bound = i32::try_from(own.iter().filter(|(is_bound, _)| *is_bound).count()).expect("few pods");
    for budget in &mut truth.world.snapshot.budgets {
        budget.disruptions_allowed = (bound - 1).max(0);
    }
}

/// Deletes a pod that does not end: its deadline passes and it runs on.
fn delete_one(truth: &mut Truth) {
    let now = truth.now();
    let bound: Vec<usize> = (0..truth.world.snapshot.pods.len())
        .filter(|place| {
            let pod = &truth.world.snapshot.pods[*place];
            pod.node.is_some() && !pod.is_daemon() && pod.deletion_deadline.is_none()
        })
        .collect();
    if !bound.is_empty() {
        let place = truth.dice.pick(&bound);
        truth.world.snapshot.pods[place].deletion_deadline = Some(now + SignedDuration::from_secs(30));
    }
}

/// Makes a tenant write what looks like ours, or hold a node by a claim that nobody uses, or add a
/// DaemonSet that fits nowhere.
fn imitate(truth: &mut Truth) {
    let names: Vec<String> = truth.world.snapshot.nodes.iter().map(|node| node.name.clone()).collect();
    let serial = truth.world.next();
    let snapshot = &mut truth.world.snapshot;
    match truth.dice.below(3) {
        0 if !names.is_empty() => {
            let selected_node = Some(truth.dice.pick(&names));
            snapshot.claims.retain(|claim| !claim.name.starts_with("trap"));
            snapshot.claims.push(claim(format!("trap-{serial}"), selected_node));
        }
        1 => {
            // The pod has our name in the tenant's own namespace.
            let pattern = truth.work.jobs[0].clone();
            let mut pod = truth.work.made(&pattern, snapshot);
            pod.name = "ec2-autoscale-1".into();
            if snapshot.pods.iter().all(|other| other.name != pod.name) {
                truth.work.lengths.insert(pod.uid.to_string(), 40);
                snapshot.pods.push(pod);
            }
        }
        _ => {
            let hungry = snapshot.daemon_sets.iter().any(|set| set.name == "hungry");
            if hungry {
                snapshot.daemon_sets.retain(|set| set.name != "hungry");
            } else {
                let spec = hungry_spec(snapshot);
                snapshot.daemon_sets.push(DaemonSet {
                    namespace: "tenant".into(),
                    name: "hungry".into(),
                    spec,
                    labels: Labels::new(),
                    resource_claims: Vec::new(),
                });
            }
        }
    }
}

/// Returns a specification that no node has room for.
fn hungry_spec(snapshot: &mut Snapshot) -> SpecId {
    let mut spec = snapshot.pod_specs[&snapshot.daemon_sets[0].spec].clone();
    spec.containers[0].requests.set("cpu", 512_000);
    let id = SpecId(10_000);
    snapshot.pod_specs.insert(id, spec);
    id
}

fn claim(name: String, selected_node: Option<String>) -> Claim {
    Claim {
        namespace: "batch".into(),
        name,
        phase: ClaimPhase::Pending,
        deleting: false,
        volume: None,
        storage_class: None,
        access_modes: Vec::new(),
        requested: 0,
        selector: None,
        block: false,
        attributes_class: None,
        selected_node,
    }
}

/// Gives up the pods on a node as the control plane does: they stay bound and are made again
/// elsewhere.
pub(super) fn lose(truth: &mut Truth, node: &str) {
    let now = truth.now();
    let on_node = |pod: &&Pod| pod.node.as_deref() == Some(node) && !pod.is_daemon() && pod.deletion_deadline.is_none();
    let lost: Vec<Pod> = truth.world.snapshot.pods.iter().filter(on_node).cloned().collect();
    for pod in &mut truth.world.snapshot.pods {
        if pod.node.as_deref() == Some(node) && pod.deletion_deadline.is_none() {
            pod.deletion_deadline = Some(now);
        }
    }
    for pod in lost.iter().filter(|pod| !is_of_a_service(pod)) {
        let again = truth.work.made(pod, &truth.world.snapshot);
        let length = truth.work.lengths.get(pod.uid.as_str()).copied().unwrap_or(10);
        truth.work.lengths.insert(again.uid.to_string(), length);
        truth.world.snapshot.pods.push(again);
    }
}

/// Ends what was deleted meanwhile, as a kubelet does when it reports again.
pub(super) fn end_those_leaving(truth: &mut Truth, node: &str) {
    truth.world.snapshot.pods.retain(|pod| pod.node.as_deref() != Some(node) || pod.deletion_deadline.is_none());
}

/// Whether its controller would make it again at once.
pub(super) fn is_of_a_service(pod: &Pod) -> bool {
    pod.owner.as_ref().is_some_and(|owner| owner.kind == "ReplicaSet")
}
