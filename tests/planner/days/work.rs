//! The work of the cluster: jobs that come and end, and services that are always there.

use std::collections::{BTreeMap, BTreeSet};

use ec2_autoscale_core::snapshot::{Name, Phase, Pod, Scheduling, Snapshot};
use jiff::SignedDuration;

use super::surprise::Surprise;
use crate::support::dice::Dice;

/// Busy and quiet stretches alternate: in a quiet one no pod arrives, so that whatever is bought
/// then was not needed.
const STRETCH: u32 = 120;

pub(super) struct Work {
    /// The patterns of jobs, of operators' objects and of people's own pods.
    jobs: Vec<Pod>,
    services: Vec<Service>,
    /// How many minutes the pods of a name run.
    lengths: BTreeMap<String, i64>,
    serial: u32,
}

struct Service {
    pattern: Pod,
    wanted: usize,
    /// How many available pods its budget requires.
    kept: usize,
}

impl Work {
    /// Takes the patterns out of the cluster.
    pub(super) fn from_patterns(snapshot: &mut Snapshot, dice: &mut Dice) -> Self {
        let patterns = std::mem::take(&mut snapshot.pods);
        let (services, mut jobs): (Vec<Pod>, Vec<Pod>) = patterns.into_iter().partition(is_of_a_service);
        for bare in jobs.iter_mut().filter(|pod| pod.name.starts_with("bare")) {
            bare.owner = None;
        }
        let service = |pattern| {
            let wanted = 2 + dice.below(5);
            Service { pattern, wanted, kept: wanted / 2 }
        };
        Self { jobs, services: services.into_iter().map(service).collect(), lengths: BTreeMap::new(), serial: 0 }
    }

    /// Moves a minute on by day.
    pub(super) fn go_on(&mut self, snapshot: &mut Snapshot, dice: &mut Dice, minute: u32) -> Vec<Surprise> {
        if (minute / STRETCH).is_multiple_of(2) {
            self.change_demand(snapshot, dice);
        }
        self.pass(snapshot)
    }

    /// Moves a minute on in the evening: running pods may end, waiting ones are withdrawn, and
    /// services are switched off.
    pub(super) fn wind_down(&mut self, snapshot: &mut Snapshot) -> Vec<Surprise> {
        for service in &mut self.services {
            (service.wanted, service.kept) = (0, 0);
        }
        snapshot.pods.retain(|pod| pod.node.is_some());
        self.pass(snapshot)
    }

    fn pass(&mut self, snapshot: &mut Snapshot) -> Vec<Surprise> {
        self.end_jobs(snapshot);
        become_ready(snapshot);
        let mut surprises = self.keep_services(snapshot);
        surprises.extend(unannounced(snapshot));
        self.count_budgets(snapshot);
        surprises
    }

    fn change_demand(&mut self, snapshot: &mut Snapshot, dice: &mut Dice) {
        if dice.once_in(15) {
            let pattern = dice.pick(&self.jobs);
            let most = if pattern.name.starts_with("bare") { 1 } else { 6 };
            for _ in 0..=dice.below(most) {
                let length = 5 + i64::try_from(dice.below(90)).expect("a short while");
                let pod = self.made(&pattern, snapshot);
                self.lengths.insert(pod.name.to_string(), length);
                snapshot.pods.push(pod);
            }
        }
        if dice.once_in(40) {
            let service = dice.below(self.services.len());
            let service = &mut self.services[service];
            service.wanted = 1 + dice.below(9);
            service.kept = service.wanted - 1 - dice.below(service.wanted).min(2).min(service.wanted - 1);
        }
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

    /// Creates the pods of a lost node again, as their controllers do; a bare pod is not created
    /// again.
    pub(super) fn make_again(&mut self, lost: &[Pod], snapshot: &mut Snapshot) {
        for pod in lost.iter().filter(|pod| pod.owner.is_some() && !is_of_a_service(pod)) {
            let again = self.made(pod, snapshot);
            let length = self.lengths.get(&pod.name.to_string()).copied().unwrap_or_default();
            self.lengths.insert(again.name.to_string(), length);
            snapshot.pods.push(again);
        }
    }

    fn end_jobs(&self, snapshot: &mut Snapshot) {
        let now = snapshot.taken_at;
        let is_over = |pod: &Pod| match (self.lengths.get(&pod.name.to_string()), &pod.scheduling) {
            (Some(length), Scheduling::Scheduled { at: Some(at) }) => *at + SignedDuration::from_mins(*length) <= now,
            _ => false,
        };
        let silent = not_ready(snapshot);
        snapshot.pods.retain(|pod| !is_over(pod) || pod.node.as_deref().is_some_and(|node| silent.contains(node)));
    }

    /// Creates missing pods of services, and removes the youngest of too many. Pods that are being
    /// deleted do not count.
    fn keep_services(&mut self, snapshot: &mut Snapshot) -> Vec<Surprise> {
        let mut surprises = Vec::new();
        for number in 0..self.services.len() {
            let (wanted, pattern) = (self.services[number].wanted, self.services[number].pattern.clone());
            let mut own: Vec<&Pod> = snapshot.pods.iter().filter(|pod| is_kin(pod, &pattern) && stays(pod)).collect();
            own.sort_by_key(|pod| (pod.created_at, pod.uid.clone()));
            let too_many: Vec<Name> = own.iter().skip(wanted).map(|pod| pod.uid.clone()).collect();
            for _ in own.len()..wanted {
                let pod = self.made(&pattern, snapshot);
                surprises.push(Surprise::Pod(pod.spec));
                snapshot.pods.push(pod);
            }
            snapshot.pods.retain(|pod| !too_many.contains(&pod.uid));
        }
        surprises
    }

    /// Writes what the disruption controller would: how many of the available pods exceed the
    /// number that the budget keeps.
    fn count_budgets(&self, snapshot: &mut Snapshot) {
        let silent = not_ready(snapshot);
        let is_available =
            |pod: &Pod| pod.ready && stays(pod) && pod.node.as_deref().is_some_and(|node| !silent.contains(node));
        for service in &self.services {
            let available = snapshot.pods.iter().filter(|pod| is_kin(pod, &service.pattern) && is_available(pod)).count();
            let allowed = i32::try_from(available.saturating_sub(service.kept)).expect("few pods");
            let own = |name: &str| service.pattern.labels.get("app").is_some_and(|app| app == name);
            let budget = snapshot.budgets.iter_mut().find(|budget| own(&budget.name)).expect("every service has a budget");
            budget.disruptions_allowed = allowed;
        }
    }
}

/// Whether its controller would create it again at once.
pub(super) fn is_of_a_service(pod: &Pod) -> bool {
    pod.owner.as_ref().is_some_and(|owner| owner.kind == "ReplicaSet")
}

/// Whether a pod is not being deleted.
pub(super) fn stays(pod: &Pod) -> bool {
    pod.deletion_deadline.is_none()
}

fn is_kin(pod: &Pod, pattern: &Pod) -> bool {
    is_of_a_service(pod) && pod.labels == pattern.labels
}

/// Makes containers Ready, a minute after their start.
fn become_ready(snapshot: &mut Snapshot) {
    let (now, silent) = (snapshot.taken_at, not_ready(snapshot));
    for pod in &mut snapshot.pods {
        let is_up = matches!(pod.scheduling, Scheduling::Scheduled { at: Some(at) } if at < now);
        pod.ready |= is_up && pod.node.as_deref().is_some_and(|node| !silent.contains(node));
    }
}

fn not_ready(snapshot: &Snapshot) -> BTreeSet<String> {
    snapshot.nodes.iter().filter(|node| !node.is_ready()).map(|node| node.name.clone()).collect()
}

/// Returns the pods that arrived since the last minute.
fn unannounced(snapshot: &Snapshot) -> Vec<Surprise> {
    let new = |pod: &&Pod| pod.scheduling == Scheduling::Unseen && !is_of_a_service(pod);
    snapshot.pods.iter().filter(new).map(|pod| Surprise::Pod(pod.spec)).collect()
}
