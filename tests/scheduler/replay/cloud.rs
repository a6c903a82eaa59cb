//! Auto Scaling: the groups of the day, the launches that fail, and from when to when each instance
//! was paid for.

use std::collections::BTreeMap;
use std::time::Duration;

use ec2_autoscale::snapshot::{Group, Snapshot};
use ec2_autoscale::trace::{Outage, Trace};
use serde_json::json;

use crate::support::aws::{Account, LaunchFailure};
use crate::support::aws_stand_in::AwsStandIn;

/// As the simulation has it: the second try follows after a minute, each further one waits twice as
/// long.
const FIRST_TRY: Duration = Duration::from_mins(1);
/// No try waits longer than this.
const LONGEST: Duration = Duration::from_mins(15);

const TEMPLATE_TAGS: &str = "k8s.io/cluster-autoscaler/node-template";

/// The groups of all regions, in one account.
pub(super) struct DayCloud {
    account: Account,
    pub(super) cluster: String,
    groups: Vec<WatchedGroup>,
    outages: Vec<Outage>,
    /// The outages that hold.
    failing: Vec<usize>,
    lives: Vec<InstanceLife>,
}

/// A group, and when Auto Scaling tries again.
struct WatchedGroup {
    region: String,
    name: String,
    /// Its instances, by their ids, as places among all lives.
    known: BTreeMap<String, usize>,
    tries: u32,
    next_try: Option<Duration>,
}

/// What became of an instance.
#[derive(Debug, Clone)]
pub(super) struct InstanceLife {
    /// The place of its group in the snapshot.
    pub(super) group: usize,
    pub(super) id: String,
    pub(super) zone: String,
    pub(super) node: String,
    pub(super) address: String,
    pub(super) launched: Duration,
    pub(super) ended: Option<Duration>,
}

impl DayCloud {
    /// Makes the groups of a snapshot, which launch their minimum now.
    pub(super) fn new(start: &Snapshot, trace: &Trace) -> Self {
        let account = AwsStandIn::account();
        let cluster = start.cluster.name.clone();
        for group in &start.groups {
            make(&account, &cluster, group);
        }
        let watched = |group: &Group| WatchedGroup {
            region: group.id.region.clone(),
            name: group.id.name.clone(),
            known: BTreeMap::new(),
            tries: 0,
            next_try: None,
        };
        let groups = start.groups.iter().map(watched).collect();
        Self { account, cluster, groups, outages: trace.outages.clone(), failing: Vec::new(), lives: Vec::new() }
    }

    /// Returns the variables that lead the program here.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        self.account.env()
    }

    /// Returns the names of the regions, the preferred one first.
    pub(super) fn names(&self) -> String {
        let mut names: Vec<&str> = self.groups.iter().map(|group| group.region.as_str()).collect();
        names.dedup();
        names.join(",")
    }

    /// Does what is due: outages begin and end, and Auto Scaling tries again to launch what is
    /// missing.
    pub(super) fn act(&mut self, now: Duration) {
        let holds = |outage: &Outage| (outage.from.0..outage.until.0).contains(&now.as_secs());
        let failing: Vec<usize> = (0..self.outages.len()).filter(|place| holds(&self.outages[*place])).collect();
        if failing != self.failing {
            self.account.mend_launches();
            for outage in failing.iter().map(|place| &self.outages[*place]) {
                self.account.fail_launches(&failure(outage));
            }
            self.failing = failing;
        }
        let is_due = |group: &WatchedGroup| group.next_try.is_some_and(|at| at <= now);
        if self.groups.iter().any(is_due) {
            self.account.retry_launches();
            for group in self.groups.iter_mut().filter(|group| is_due(group)) {
                group.next_try = None;
            }
        }
    }

    /// Returns the instances that have come since the last look, and those that are gone.
    pub(super) fn changes(&mut self, now: Duration) -> (Vec<InstanceLife>, Vec<InstanceLife>) {
        let (mut came, mut gone) = (Vec::new(), Vec::new());
        for (place, group) in self.groups.iter_mut().enumerate() {
            let state = self.account.group_state(&group.region, &group.name);
            for instance in
                state.instances.iter().filter(|instance| !group.known.contains_key(&instance.id)).collect::<Vec<_>>()
            {
                let life = InstanceLife {
                    group: place,
                    id: instance.id.clone(),
                    zone: instance.zone.clone(),
                    node: instance.private_dns.clone(),
                    address: instance.private_ip.clone(),
                    launched: now,
                    ended: None,
                };
                group.known.insert(instance.id.clone(), self.lives.len());
                self.lives.push(life.clone());
                came.push(life);
            }
            let lost = group.known.keys().filter(|id| state.instances.iter().all(|instance| instance.id != **id));
            for id in lost.cloned().collect::<Vec<_>>() {
                let life = &mut self.lives[group.known.remove(&id).expect("it was found")];
                life.ended = Some(now);
                gone.push(life.clone());
            }
            group.expect_try(state.instances.len() < state.desired as usize, now);
        }
        (came, gone)
    }

    /// Returns what became of each instance.
    pub(super) fn into_lives(self) -> Vec<InstanceLife> {
        self.lives
    }
}

impl WatchedGroup {
    /// Notes whether instances are missing, which have been tried for just now.
    fn expect_try(&mut self, lacks: bool, now: Duration) {
        match lacks {
            false => (self.tries, self.next_try) = (0, None),
            true if self.next_try.is_none() => {
                self.next_try = Some(now + (FIRST_TRY * (1 << self.tries.min(10))).min(LONGEST));
                self.tries += 1;
            }
            true => {}
        }
    }
}

fn failure(outage: &Outage) -> LaunchFailure {
    assert!(outage.zone.is_none(), "the stand-in knows shortages of whole groups");
    let mut failure = LaunchFailure::code("InsufficientInstanceCapacity");
    if let Some(region) = &outage.region {
        failure = failure.region(region);
    }
    match &outage.group {
        Some(group) => failure.group(group),
        None => failure,
    }
}

fn make(account: &Account, cluster: &str, group: &Group) {
    let number = |value: i64| u32::try_from(value).expect("sizes are small numbers");
    let new = account.group(&group.id.name).region(&group.id.region).launch_template(&group.launch_options[0].machine_type);
    let new = new.min(number(group.min)).max(number(group.max)).desired(number(group.desired)).protected();
    let new = new.tag("KubernetesCluster", cluster).tag("KubernetesRole", "worker");
    let mut new = match group.zones.as_slice() {
        [zone] => new.zones([zone]),
        [first, second] => new.zones([first, second]),
        zones => panic!("{zones:?}: the groups of the bundled day have one zone or two"),
    };
    for (key, value) in &group.tags.labels {
        new = new.tag(&format!("{TEMPLATE_TAGS}/label/{key}"), value);
    }
    for taint in &group.tags.taints {
        let effect = json!(taint.effect);
        let effect = effect.as_str().expect("effects are words");
        new = new.tag(&format!("{TEMPLATE_TAGS}/taint/{}", taint.key), &format!("{}:{effect}", taint.value));
    }
    new.create();
}
