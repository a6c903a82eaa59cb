//! A run dies right after one of its writes, before it gets the answer: later runs end in the same
//! place as if it had not.
//!
//! One run with `--wait` makes every write of a drain of three nodes: the claim of the Lease, three
//! cordons with their marks, three evictions, three terminations, its status and the release.

use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cluster::{TestCluster, WEST};
use super::drain::{DRAIN, Underused};
use crate::support::aws::Moment;
use crate::support::kubernetes::CallPattern;

/// At most this many runs follow the crash until there is nothing more to do.
const MOST_RUNS: usize = 8;

/// Ends the run with SIGKILL, which nothing can stop.
#[derive(Clone)]
struct Killer {
    victim: Arc<Mutex<Option<Child>>>,
    done: Sender<()>,
}

impl Killer {
    /// Kills it, and returns when it is dead: the server goes on with the held call only then.
    fn strike(&self) {
        let mut victim = self.victim.lock().expect("nobody failed");
        let victim = victim.as_mut().expect("it runs");
        victim.kill().expect("it can be killed");
        victim.wait().expect("it can be waited for");
        self.done.send(()).expect("the test waits");
    }
}

/// Starts a drain that dies at the moment which `arrange` sets up.
fn run_and_kill(cluster: &TestCluster, arrange: impl FnOnce(Killer)) {
    let (done, killed) = mpsc::channel();
    let killer = Killer { victim: Arc::default(), done };
    let victim = Arc::clone(&killer.victim);
    arrange(killer);
    let mut command = cluster.command("apply", &DRAIN);
    command.arg("--wait").stdout(Stdio::null()).stderr(Stdio::null());
    let mut place = victim.lock().expect("nobody failed");
    *place = Some(command.spawn().expect("the binary starts"));
    drop(place);
    killed.recv_timeout(Duration::from_mins(1)).expect("the run comes to that write");
    assert_eq!(cluster.kubernetes.waiting_moments(), 0);
    await_last_write(cluster);
}

/// Waits for the write that was held: it is done although its sender is dead.
fn await_last_write(cluster: &TestCluster) {
    let (kubernetes, aws) = (&cluster.kubernetes, &cluster.aws);
    let is_done = || {
        kubernetes.mutations().iter().all(|call| call.status.is_some())
            && aws.mutations().iter().all(|call| call.status.is_some())
    };
    let limit = Instant::now() + Duration::from_mins(1);
    while !is_done() {
        assert!(Instant::now() < limit, "the write was lost with its sender");
        std::thread::yield_now();
    }
}

/// Kills it at the n-th call, counted from one, of this kind to the Kubernetes API.
fn killed_at(verb: &str, resource: &str, n: usize) -> Underused {
    let world = Underused::new();
    let calls = CallPattern::on(verb, resource).nth(n);
    run_and_kill(&world.cluster, |killer| world.cluster.kubernetes.before(calls, move |_| killer.strike()));
    world
}

/// Does the same for terminations.
fn killed_at_termination(n: u32) -> Underused {
    let world = Underused::new();
    let moment = Moment::before("TerminateInstanceInAutoScalingGroup").number(n);
    run_and_kill(&world.cluster, |killer| world.cluster.aws.before(&moment, move || killer.strike()));
    world
}

impl Underused {
    /// Lets runs follow each other until one has nothing to do; returns the state of the cluster
    /// then.
    fn heal(&self) -> Value {
        self.until_the_next_run();
        self.let_the_lease_expire();
        for _ in 0..MOST_RUNS {
            let writes = self.writes();
            self.cluster.apply(&DRAIN).exits(0);
            self.until_the_next_run();
            if self.writes() == writes {
                return self.end_state();
            }
        }
        panic!("{MOST_RUNS} runs did not come to an end: {:?}", self.cluster.kubernetes_changes());
    }

    fn writes(&self) -> usize {
        self.cluster.kubernetes_changes().len() + self.cluster.aws_changes().len()
    }

    /// Frees the Lease: its holder is dead, and another run has watched the Lease and released it.
    /// The takeover itself is tested elsewhere.
    fn let_the_lease_expire(&self) {
        let kubernetes = &self.cluster.kubernetes;
        kubernetes.edit("leases", "kube-system", "ec2-autoscale", |lease| lease["spec"]["holderIdentity"] = json!(null));
    }

    /// Returns what is left, without what differs by chance.
    fn end_state(&self) -> Value {
        let cluster = &self.cluster;
        let state = cluster.aws.group_state(WEST, "workers");
        let role = |name: &str| if name == self.busy { "busy".to_owned() } else { name.to_owned() };
        let nodes = cluster.kubernetes.all("nodes").into_iter().map(|node| {
            let (spec, marks) = (&node["spec"], &node["metadata"]["annotations"]);
            let name = role(node["metadata"]["name"].as_str().expect("a name"));
            json!([name, spec["unschedulable"], spec["taints"], marks])
        });
        let nodes: Vec<Value> = nodes.collect();
        let pods: Vec<_> = cluster.pods_by_node().into_iter().map(|(node, pods)| (role(&node), pods)).collect();
        json!({ "desired": state.desired, "in-service": state.count("InService"), "nodes": nodes, "pods": pods })
    }

    /// Asserts by the records of both servers that only pods that are made again were evicted, and
    /// that only the three nodes ended.
    fn assert_nobody_was_hurt(&self) {
        for call in self.cluster.kubernetes.mutations().iter().filter(|call| call.resource.starts_with("pods")) {
            assert!(call.resource == "pods/eviction" && call.name.starts_with("web-"), "{}", call.summary());
        }
        let mut ended: Vec<String> = Vec::new();
        for call in self.cluster.aws.mutations() {
            assert_eq!(call.action, "TerminateInstanceInAutoScalingGroup");
            ended.push(call.param("InstanceId").to_owned());
        }
        ended.sort();
        let all = ended.len();
        ended.dedup();
        assert_eq!((all, ended.len()), (3, 3), "each once: {ended:?}");
        let busy = self.cluster.instance_of(&self.busy);
        assert!(!ended.contains(&busy), "the job's node was ended");
    }
}

/// Returns the state that the others are compared with: one node with everything on it and nothing
/// of ours.
fn undisturbed() -> Value {
    json!({
        "desired": 1, "in-service": 1, "nodes": [["busy", null, null, null]],
        "pods": [["busy", ["train", "web-1", "web-2", "web-3"]]],
    })
}

fn assert_heals(world: &Underused, killed: &str) {
    assert_eq!(world.heal(), undisturbed(), "killed at {killed}");
    world.assert_nobody_was_hurt();
}

/// The others are compared with this run; these are all the writes there are beside its status.
#[test]
fn a_run_that_nobody_kills_makes_eleven_writes() {
    let world = Underused::new();
    world.cluster.apply(&[&DRAIN[..], &["--wait"]].concat()).exits(0);
    let writes = world.cluster.kubernetes_changes();
    let count = |what: &str| writes.iter().filter(|line| line.starts_with(what)).count();
    let kinds = ["create the Lease", "cordon ", "create pods/eviction ", "release the Lease"];
    assert_eq!(kinds.map(count), [1, 3, 3, 1], "{writes:?}");
    assert_eq!((writes.len(), world.cluster.aws_changes().len()), (8, 3));
    assert_heals(&world, "no write");
}

#[test]
fn killed_at_a_write_of_the_lease() {
    assert_heals(&killed_at("create", "leases", 1), "the claim");
    assert_heals(&killed_at("update", "leases", 1), "the release");
}

#[test]
fn killed_at_a_cordon() {
    for n in 1..=3 {
        assert_heals(&killed_at("patch", "nodes", n), &format!("cordon {n}"));
    }
}

#[test]
fn killed_at_an_eviction() {
    for n in 1..=3 {
        assert_heals(&killed_at("create", "pods/eviction", n), &format!("eviction {n}"));
    }
}

#[test]
fn killed_at_a_termination() {
    for n in 1..=3 {
        assert_heals(&killed_at_termination(n), &format!("termination {n}"));
    }
}

/// Others are notified while the Lease is still held.
#[test]
fn killed_at_its_status() {
    assert_heals(&killed_at("create", "configmaps", 1), "the status");
}

/// Until its Lease is old enough, the dead run may be alive for all that others know.
#[test]
fn the_lease_of_a_killed_run_keeps_others_out_for_a_while() {
    let world = killed_at("patch", "nodes", 2);
    let before = world.writes();
    world.cluster.apply(&DRAIN).exits(75);
    assert_eq!(world.writes(), before);
    assert_heals(&world, "cordon 2");
}
