//! Two and a half hours of a small cluster, with a run every three minutes: jobs come and end,
//! instances boot, a node is drained, and in the end everything is quiet. After every run the
//! servers' records are searched for what must never happen.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::cluster::{Run, TestCluster, WEST};
use super::drain::web;
use super::world::job;

const TICKS: u32 = 50;
const TICK: Duration = Duration::from_mins(3);
const MAX: u32 = 6;
/// The last runs, this many, have nothing to do.
const QUIET: u32 = 5;
const SETTINGS: [&str; 3] = ["--drain-utilization=0.5", "--drain-grace=10m", "--max-scale-in-fraction=0.5"];

/// When jobs come, how many, and how many ticks each works.
const ARRIVALS: [(u32, u32, u32); 6] = [(1, 3, 8), (4, 5, 6), (9, 2, 10), (14, 4, 3), (16, 1, 9), (26, 5, 4)];

/// The cluster, and what the test knows of it that the product does not.
struct Days {
    cluster: TestCluster,
    /// When each job ends.
    ends: BTreeMap<String, u32>,
    /// The UIDs of jobs that work: one that ends before its time has another or none.
    working: BTreeMap<String, String>,
    counts: Counts,
}

/// The counts of what happened so far.
#[derive(Debug, Default)]
struct Counts {
    purchases: usize,
    evictions: usize,
    terminations: usize,
    quiet_runs: u32,
}

impl Days {
    /// Makes two nodes, each with a small pod of a web server and a long job.
    fn begin() -> Self {
        let cluster = TestCluster::start();
        cluster.group("workers").launch_template("m5.large").max(MAX).desired(2).create();
        cluster.kubernetes.kubelets_confirm_at_once();
        let mut days = Self { cluster, ends: BTreeMap::new(), working: BTreeMap::new(), counts: Counts::default() };
        for (number, node) in (1..).zip(days.cluster.register_nodes(WEST, "workers")) {
            days.cluster.kubernetes.add(web(&format!("web-{number}")).node(&node));
            let name = format!("long-{number}");
            days.cluster.kubernetes.add(job(&name, 900).node(&node));
            days.ends.insert(name, 20);
        }
        days.cluster.pass(Duration::from_hours(1));
        days
    }

    /// Does everything that happens between two runs.
    fn pass(&mut self, tick: u32) {
        let kubernetes = &self.cluster.kubernetes;
        for name in self.ends.iter().filter(|(_, end)| **end == tick).map(|(name, _)| name) {
            kubernetes.remove("pods", "default", name).expect("a job works until its end");
            assert!(self.working.remove(name).is_some(), "{name} ended without having had a node");
        }
        for (_, jobs, length) in ARRIVALS.into_iter().filter(|(at, ..)| *at == tick) {
            for number in 0..jobs {
                let name = format!("job-{tick}-{number}");
                kubernetes.add(job(&name, 900));
                self.ends.insert(name, tick + 2 + length);
            }
        }
        for name in ["web-1", "web-2"] {
            if kubernetes.find("pods", "default", name).is_none() {
                kubernetes.add(web(name).unschedulable());
            }
        }
        self.cluster.cloud_controller(WEST, "workers");
        kubernetes.run_controllers();
        self.cluster.schedule();
        // What was bought in this run becomes a node now, and takes pods before the run after the
        // next.
        self.cluster.register_nodes(WEST, "workers");
        self.cluster.pass(TICK);
        self.note_who_works();
    }

    fn note_who_works(&mut self) {
        for pod in self.cluster.kubernetes.all("pods").iter().filter(|pod| pod["spec"]["nodeName"].is_string()) {
            let text = |value: &Value| value.as_str().expect("text").to_owned();
            let (name, uid) = (text(&pod["metadata"]["name"]), text(&pod["metadata"]["uid"]));
            if self.ends.contains_key(&name) {
                self.working.insert(name, uid);
            }
        }
    }

    /// Makes one run, and checks what must hold after it.
    fn run(&mut self, tick: u32) {
        self.cluster.forget_calls();
        let desired = self.cluster.desired(WEST, "workers");
        let run = self.cluster.apply(&SETTINGS).exits(0);
        self.assert_only_replaceable_pods_left(tick);
        self.assert_work_goes_on(tick);
        self.assert_sizes(tick, desired, &run);
        let changes = self.cluster.kubernetes_changes().len() + self.cluster.aws_changes().len();
        self.counts.quiet_runs = if changes == 0 { self.counts.quiet_runs + 1 } else { 0 };
    }

    fn assert_only_replaceable_pods_left(&mut self, tick: u32) {
        for call in self.cluster.kubernetes.mutations().iter().filter(|call| call.resource.starts_with("pods")) {
            let words = call.summary();
            assert!(call.resource == "pods/eviction" && call.name.starts_with("web-"), "tick {tick}: {words}");
            self.counts.evictions += 1;
        }
    }

    /// Asserts that every job that works is the same pod as before, and that its instance lives.
    fn assert_work_goes_on(&self, tick: u32) {
        let alive: Vec<String> =
            self.cluster.aws.group_state(WEST, "workers").instances.into_iter().map(|instance| instance.id).collect();
        for (name, uid) in &self.working {
            let pod = self.cluster.kubernetes.get("pods", "default", name);
            assert_eq!((&pod["metadata"]["uid"], &pod["metadata"]["deletionTimestamp"]), (&(**uid).into(), &Value::Null));
            let instance = self.cluster.instance_of(pod["spec"]["nodeName"].as_str().expect("a node"));
            assert!(alive.contains(&instance), "tick {tick}: {name} was on {instance}, which was ended");
        }
    }

    /// Asserts that the group stays within its bounds, that its desired capacity is only raised,
    /// and that it loses only what was cordoned before.
    fn assert_sizes(&mut self, tick: u32, before: u32, run: &Run) {
        let after = self.cluster.desired(WEST, "workers");
        let ended = self.cluster.aws.mutations().iter().filter(|call| call.action.starts_with("Terminate")).count();
        let asked: Vec<u32> =
            (self.cluster.aws.mutations().iter()).filter_map(|call| call.params.get("DesiredCapacity")?.parse().ok()).collect();
        assert!(asked.iter().all(|desired| (before..=MAX).contains(desired)), "tick {tick}: {asked:?} after {before}");
        let grown = asked.last().map_or(0, |desired| desired - before);
        assert_eq!(usize::try_from(before + grown - after).expect("few"), ended, "tick {tick}: {:?}", run.steps());
        let terminated = run.steps().iter().filter(|step| *step == "terminate: done").count();
        assert_eq!(terminated, ended, "each in a run after its cordon: {:?}", run.steps());
        self.counts.purchases += asked.len();
        self.counts.terminations += ended;
    }
}

#[test]
fn two_and_a_half_hours_end_quietly_and_no_job_was_disturbed() {
    let mut days = Days::begin();
    for tick in 0..TICKS {
        days.run(tick);
        days.pass(tick);
    }
    let Days { cluster, ends, counts, .. } = &days;
    assert!(counts.quiet_runs >= QUIET, "{counts:?}: {:?} {:?}", cluster.kubernetes_changes(), cluster.aws_changes());
    assert!(counts.purchases >= 3 && counts.terminations >= 3 && counts.evictions >= 1, "{counts:?}");
    assert!(ends.values().all(|end| *end < TICKS), "every job had its time");
    assert_eq!(cluster.pending(), [""; 0]);
    // Both small pods are together on the only node that is left, which has nothing of ours.
    let [node] = cluster.kubernetes.all("nodes").try_into().expect("one node");
    let name = node["metadata"]["name"].as_str().expect("a name").to_owned();
    assert_eq!(cluster.pods_by_node(), BTreeMap::from([(name.clone(), ["web-1", "web-2"].map(str::to_owned).to_vec())]));
    assert!(!cluster.is_cordoned(&name) && cluster.taints(&name).is_empty(), "{node}");
    assert_eq!(cluster.desired(WEST, "workers"), 1);
}
