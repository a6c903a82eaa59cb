//! Worlds in which new nodes are not what the tags say: they are smaller, lack a device, get their
//! label late, or begin with a taint.
//!
//! Whatever is bought and helps nobody is not bought again within `--backoff`, and every pod that
//! some group can truly serve is served.

use std::collections::BTreeMap;

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::plan::{Action, PodVerdict, plan};
use ec2_autoscale_core::snapshot::{
    Activity, ActivityKind, ActivityStatus, Node, Phase, Pod, PodSpec, Resources, Scheduling, Taint, TaintEffect,
};
use jiff::{SignedDuration, Timestamp};

use crate::support::dice::Dice;
use crate::support::scenario::{World, run_on, situation};

const SEEDS: u64 = 20;
const MINUTES: u32 = 2000;
/// A pod that some group can serve waits for at most this long: for `--instance-init-time` on the
/// nodes of each of the two groups that do not help it, and then for one that does.
const LONGEST_WAIT: u64 = 2 * INIT_TIME + 10 * 60;
const BACKOFF: u64 = 60 * 60;
/// `--instance-init-time`: until then what a node lacks may still come, and others that ask for the
/// same are bought for.
const INIT_TIME: u64 = 25 * 60;
const GROUPS: [&str; 3] = ["first", "second", "third"];
/// The group that is tried last is as its tags say.
const HONEST: &str = "third";

/// How the nodes of a group differ from its tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deviation {
    None,
    /// The machine is half as large.
    Smaller,
    /// The kubelet and the agents keep more back.
    Overhead,
    /// The device never appears.
    NoDevice,
    /// The label comes after some minutes.
    LateLabel,
    /// An agent takes its taint off after some minutes.
    TaintOfTheStart,
}

const DEVIATIONS: [Deviation; 6] = [
    Deviation::None,
    Deviation::Smaller,
    Deviation::Overhead,
    Deviation::NoDevice,
    Deviation::LateLabel,
    Deviation::TaintOfTheStart,
];
/// For how long a label or an agent may take.
const LATE: SignedDuration = SignedDuration::from_mins(8);
const AGENT: &str = "startup-taint.cluster-autoscaler.kubernetes.io/agent";

struct Story {
    world: World,
    policy: ec2_autoscale_core::policy::Policy,
    deviations: BTreeMap<&'static str, Deviation>,
    /// When the pods of a specification were last bought for in vain, by group.
    in_vain: BTreeMap<(String, String), Timestamp>,
    /// When each running pod ends.
    ends: BTreeMap<String, Timestamp>,
    dice: Dice,
    serial: u32,
}

impl Story {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut script = String::from("policy idle-threshold=10m max-scale-in-fraction=1\n");
        for (place, name) in GROUPS.iter().enumerate() {
            let line = format!("group {name} max=40 cpu=8 mem=32Gi gpu=4 label=pool=x priority={}\n", 9 - place);
            script.push_str(&line);
        }
        let (world, policy) = situation(&script);
        let deviation = |name: &&'static str| {
            let drawn = DEVIATIONS[dice.below(DEVIATIONS.len())];
            (*name, if *name == HONEST { Deviation::None } else { drawn })
        };
        let deviations = GROUPS.iter().map(deviation).collect();
        Self { world, policy, deviations, in_vain: BTreeMap::new(), ends: BTreeMap::new(), dice, serial: 0 }
    }

    fn live(&mut self, seed: u64) {
        for minute in 0..MINUTES {
            self.world.snapshot.taken_at += SignedDuration::from_mins(1);
            self.end_pods();
            // Quiet hours let nodes go, and busy ones begin anew.
            if minute % 240 < 120 && self.dice.once_in(12) {
                self.add_job();
            }
            self.launch();
            self.settle_nodes();
            self.bind();
            self.check_waits(seed, minute);
            let plan = plan(&self.world.snapshot, &self.policy);
            self.check_purchases(&plan, seed, minute);
            self.world.carry_out(&plan);
        }
    }

    fn now(&self) -> Timestamp {
        self.world.snapshot.taken_at
    }

    fn add_job(&mut self) {
        let cpu = 1 + self.dice.below(7);
        let (gpu, selects) = (self.dice.once_in(3), self.dice.once_in(3));
        let count = 1 + self.dice.below(4);
        let spec: PodSpec = serde_json::from_value(serde_json::json!({
            "scheduler_name": "default-scheduler", "restart_policy": "never",
            "node_selector": if selects { serde_json::json!({"pool": "x"}) } else { serde_json::json!({}) },
            "containers": [{"name": "main", "role": "main", "requests":
                if gpu { serde_json::json!({"cpu": cpu.to_string(), "nvidia.com/gpu": "1"}) }
                else { serde_json::json!({"cpu": cpu.to_string()}) }}]
        }))
        .expect("a specification");
        let known = self.world.snapshot.pod_specs.iter().find(|(_, other)| **other == spec).map(|(id, _)| *id);
        let id = known.unwrap_or_else(|| {
            let id = ec2_autoscale_core::snapshot::SpecId(u32::try_from(self.world.snapshot.pod_specs.len()).expect("few"));
            self.world.snapshot.pod_specs.insert(id, spec);
            id
        });
        for _ in 0..count {
            self.serial += 1;
            let name = ec2_autoscale_core::snapshot::ObjectName::new("batch", format!("p{}", self.serial));
            let mut pod = Pod::unseen(name, id, self.now());
            pod.uid = format!("uid-{}", self.serial).into();
            pod.scheduling = Scheduling::Unschedulable { since: self.now() };
            self.world.snapshot.pods.push(pod);
        }
    }

    fn end_pods(&mut self) {
        let now = self.now();
        let over: Vec<String> = self.ends.iter().filter(|(_, end)| **end <= now).map(|(uid, _)| uid.clone()).collect();
        for uid in over {
            self.ends.remove(&uid);
            self.world.snapshot.pods.retain(|pod| pod.uid != uid);
        }
    }

    /// Launches what was requested; each instance is a Ready node at once, as its group makes them.
    fn launch(&mut self) {
        let before: Vec<String> = self.world.snapshot.nodes.iter().map(|node| node.name.clone()).collect();
        self.world.boot();
        let now = self.now();
        let new: Vec<String> =
            self.world.snapshot.nodes.iter().map(|node| node.name.clone()).filter(|name| !before.contains(name)).collect();
        for name in new {
            let group = *GROUPS.iter().find(|group| name.starts_with(*group)).expect("a node of a group");
            self.serial += 1;
            let activity = Activity {
                id: format!("launch-{}", self.serial),
                kind: ActivityKind::Launch,
                status: ActivityStatus::Successful,
                started_at: now,
                message: String::new(),
                requested_at: None,
                capacity_problem: false,
                zone: None,
                machine_type: None,
                replacement: false,
                by_instance_refresh: false,
                placement_full: false,
                machine_died: false,
            };
            let owner = self.world.snapshot.groups.iter_mut().find(|known| known.id.name == group).expect("the group");
            owner.activities.insert(0, activity);
            let deviation = self.deviations[group];
            deviate(self.world.node(&name), deviation);
        }
    }

    fn settle_nodes(&mut self) {
        let now = self.now();
        for node in &mut self.world.snapshot.nodes {
            if now.duration_since(node.created_at) >= LATE {
                node.labels.insert("pool".into(), "x".into());
                node.taints.retain(|taint| taint.key != AGENT);
            }
        }
    }

    fn bind(&mut self) {
        let now = self.now();
        for index in 0..self.world.snapshot.pods.len() {
            if self.world.snapshot.pods[index].node.is_some() {
                continue;
            }
            let spec = self.world.snapshot.spec(&self.world.snapshot.pods[index]).clone();
            let fitting = self.world.snapshot.nodes.iter().find(|node| !node.unschedulable && self.has_room(node, &spec));
            if let Some(name) = fitting.map(|node| node.name.clone()) {
                let length = SignedDuration::from_mins(20 + i64::try_from(self.dice.below(90)).expect("short"));
                let pod = &mut self.world.snapshot.pods[index];
                run_on(pod, &name, now);
                self.ends.insert(pod.uid.to_string(), now + length);
            }
        }
    }

    fn has_room(&self, node: &Node, spec: &PodSpec) -> bool {
        let mut room = node.allocatable.clone();
        let there = self.world.snapshot.pods.iter().filter(|pod| pod.node.as_deref() == Some(&node.name));
        there
            .filter(|pod| pod.phase != Phase::Succeeded)
            .for_each(|pod| room.subtract(&requests(self.world.snapshot.spec(pod))));
        is_admitted(node, spec) && fits(&requests(spec), &room)
    }

    /// Whether an empty node of the group would truly take such a pod, once all has come.
    fn truly_helps(&self, group: &str, spec: &PodSpec) -> bool {
        let mut offer = self.world.offer(group).allocatable;
        shrink(&mut offer, self.deviations[group]);
        fits(&requests(spec), &offer)
    }

    fn check_waits(&self, seed: u64, minute: u32) {
        for pod in self.world.snapshot.pods.iter().filter(|pod| pod.node.is_none()) {
            let waits = Seconds::between(pod.created_at, self.now()).0;
            let is_servable = self.truly_helps(HONEST, self.world.snapshot.spec(pod));
            assert!(
                !is_servable || waits <= LONGEST_WAIT,
                "seed {seed}, minute {minute}: {} waits for {waits} s ({:?})",
                pod.name,
                self.deviations
            );
        }
    }

    /// Notes what is bought in vain, and fails where that was bought for the like less than a
    /// backoff ago.
    fn check_purchases(&mut self, plan: &ec2_autoscale_core::plan::Plan, seed: u64, minute: u32) {
        let grows = |group: &str| {
            plan.actions.iter().any(|action| matches!(action, Action::SetDesired { group: it, .. } if it.name == group))
        };
        let now = self.now();
        for report in &plan.pods {
            let PodVerdict::FitsNew { group, .. } = &report.verdict else { continue };
            let pod = self.world.snapshot.pods.iter().find(|pod| *pod.name == *report.pod.name).expect("the pod");
            let spec = self.world.snapshot.spec(pod).clone();
            if !grows(&group.name) || self.truly_helps(&group.name, &spec) {
                continue;
            }
            let key = (group.name.clone(), serde_json::to_string(&spec).expect("JSON"));
            let before = *self.in_vain.entry(key.clone()).or_insert(now);
            let since = Seconds::between(before, now).0;
            if since > INIT_TIME {
                self.in_vain.insert(key, now);
                assert!(
                    since >= BACKOFF,
                    "seed {seed}, minute {minute}: {} is bought in again in vain for {} after {since} s ({:?})",
                    group.name,
                    report.pod,
                    self.deviations
                );
            }
        }
    }
}

fn deviate(node: &mut Node, deviation: Deviation) {
    shrink(&mut node.allocatable, deviation);
    match deviation {
        Deviation::LateLabel => drop(node.labels.remove("pool")),
        Deviation::TaintOfTheStart => {
            node.taints.push(Taint { key: AGENT.into(), value: String::new(), effect: TaintEffect::NoSchedule });
        }
        Deviation::None | Deviation::Smaller | Deviation::Overhead | Deviation::NoDevice => {}
    }
}

fn shrink(offer: &mut Resources, deviation: Deviation) {
    match deviation {
        Deviation::Smaller => offer.set("cpu", offer.get("cpu") / 2),
        Deviation::Overhead => offer.set("cpu", offer.get("cpu") - 1500),
        Deviation::NoDevice => offer.set("nvidia.com/gpu", 0),
        Deviation::None | Deviation::LateLabel | Deviation::TaintOfTheStart => {}
    }
}

fn is_admitted(node: &Node, spec: &PodSpec) -> bool {
    let keeps_away = |taint: &&Taint| taint.effect != TaintEffect::PreferNoSchedule;
    spec.node_selector.iter().all(|(key, value)| node.labels.get(key) == Some(value))
        && node.taints.iter().filter(keeps_away).count() == 0
}

fn requests(spec: &PodSpec) -> Resources {
    let mut sum: Resources = [("pods", 1)].into_iter().collect();
    spec.containers.iter().for_each(|container| sum.add(&container.requests));
    sum
}

fn fits(requests: &Resources, room: &Resources) -> bool {
    requests.iter().all(|(name, amount)| amount <= room.get(name))
}

#[test]
fn what_helped_nobody_is_not_bought_again_and_who_can_be_served_is_served() {
    let mut in_vain = 0;
    for seed in 0..SEEDS {
        let mut story = Story::new(seed);
        story.live(seed);
        in_vain += story.in_vain.len();
    }
    assert!(in_vain > 0, "no world had a purchase in vain");
}
