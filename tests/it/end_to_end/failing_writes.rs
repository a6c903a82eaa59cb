//! Every write of `apply` fails once, in every way that a write can: it is made again or reported,
//! and nothing is done twice.
//!
//! Two runs make every kind of write: no drain begins while pods wait for nodes that are bought.
//! Timeouts, which take their time, are tried on the library in `tests/it/apply/timeouts.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::cluster::{TestCluster, WEST};
use super::drain::web;
use super::world::job;
use crate::support::aws;
use crate::support::kubernetes::{CallPattern, Fault};

const FLAGS: [&str; 4] = ["--drain-utilization=0.5", "--drain-grace=1m", "--max-scale-in-fraction=1", "--cordon-settle=0"];

/// The writes of a run beside those that both make: mark, uncordon, cordon and terminate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Errand {
    Buy,
    Drain,
}

/// A cluster in which one run has nearly every kind of write to make.
struct Everything {
    errand: Errand,
    cluster: TestCluster,
    /// A node that is idle, and not marked yet.
    fresh: String,
    /// A node that has been idle for an hour.
    idle: String,
    /// A node that is idle and cordoned by us.
    leaving: String,
    /// A node that we cordoned, where a job runs again.
    busy_again: String,
    /// A node with one small pod that fits elsewhere.
    underused: String,
}

impl Everything {
    fn new(errand: Errand) -> Self {
        let cluster = TestCluster::start();
        cluster.group("workers").launch_template("m5.large").max(10).desired(6).create();
        let nodes = cluster.register_nodes(WEST, "workers");
        let [host, fresh, idle, leaving, busy_again, underused] = nodes.try_into().expect("six nodes");
        cluster.kubernetes.add(job("train", 1000).node(&host));
        cluster.kubernetes.add(job("late", 1000).node(&busy_again));
        cluster.kubernetes.add(web("web-1").node(&underused));
        cluster.pass(Duration::from_hours(5));
        let an_hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
        for node in [&idle, &leaving] {
            let mark = json!([{
                "key": "ec2-autoscale/idle-since", "value": an_hour_ago.as_second().to_string(), "effect": "PreferNoSchedule"
            }]);
            cluster.kubernetes.edit("nodes", "", node, |node| node["spec"]["taints"] = mark);
        }
        for node in [&leaving, &busy_again] {
            cluster.kubernetes.edit("nodes", "", node, |node| {
                node["spec"]["unschedulable"] = json!(true);
                let at = an_hour_ago.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
                node["metadata"]["annotations"]["ec2-autoscale/cordoned-at"] = json!(at);
            });
        }
        let label = "k8s.io/cluster-autoscaler/node-template/label/pool";
        cluster.group("other").launch_template("m5.large").tag(label, "other").create();
        if errand == Errand::Buy {
            cluster.kubernetes.add(job("pending", 900).node_selector("pool", "other"));
        }
        cluster.kubernetes.kubelets_confirm_at_once();
        Self { errand, cluster, fresh, idle, leaving, busy_again, underused }
    }

    /// Spoils the first write of each kind to the Kubernetes API.
    fn spoil(&self, fault: impl Fn(Fault) -> Fault) {
        let on = |pattern: CallPattern| self.cluster.kubernetes.fault(fault(Fault::of(pattern)).times(1));
        let updates = |number| CallPattern::on("update", "leases").nth(number);
        // The release comes third, after a note and its repetition, or first; of two faults that
        // fit the oldest strikes.
        on(updates(3));
        on(updates(1));
        on(CallPattern::on("create", "leases"));
        on(CallPattern::on("create", "pods/eviction"));
        for node in [&self.fresh, &self.idle, &self.busy_again, &self.underused] {
            on(CallPattern::on("patch", "nodes").named(node));
        }
    }

    /// Does the same for AWS.
    fn spoil_aws(&self, fault: impl Fn(aws::Fault) -> aws::Fault) {
        for action in ["SetDesiredCapacity", "TerminateInstanceInAutoScalingGroup"] {
            self.cluster.aws.fault(&fault(aws::Fault::on(action)).times(1));
        }
    }

    /// Returns how often each write was sent, by what it does.
    fn sent(&self) -> BTreeMap<String, usize> {
        let mut sent = BTreeMap::new();
        let named = [(&self.fresh, "fresh"), (&self.idle, "idle"), (&self.busy_again, "busy"), (&self.underused, "underused")];
        let leaving = self.cluster.instance_of(&self.leaving);
        for mut change in self.cluster.kubernetes_changes().into_iter().chain(self.cluster.aws_changes()) {
            for (node, word) in named {
                change = change.replace(node.as_str(), word);
            }
            change = change.replace(&leaving, "leaving").replace("us-west-2 ", "");
            *sent.entry(change).or_default() += 1;
        }
        sent
    }

    /// Asserts that everything is as an undisturbed run leaves it, except perhaps for the
    /// termination.
    fn assert_done(&self) {
        let cluster = &self.cluster;
        assert_eq!(cluster.taints(&self.fresh), ["ec2-autoscale/idle-since"]);
        assert!(cluster.is_cordoned(&self.idle) && !cluster.is_cordoned(&self.busy_again));
        let drains = self.errand == Errand::Drain;
        assert_eq!(cluster.is_cordoned(&self.underused), drains);
        assert_eq!(cluster.kubernetes.find("pods", "default", "web-1").is_none(), drains, "evicted");
        assert_eq!(cluster.aws.group_state(WEST, "other").instances.len(), usize::from(!drains));
        let lease = cluster.kubernetes.get("leases", "kube-system", "ec2-autoscale");
        assert!(lease["spec"]["holderIdentity"].is_null(), "{lease}");
        let notes = lease["metadata"]["annotations"]["ec2-autoscale/asked"].to_string();
        assert_eq!(notes.matches("other").count(), usize::from(!drains), "{notes}");
    }

    /// Asserts that the next run ends what is left, each instance once in all.
    fn assert_the_next_run_ends_the_rest(&self) {
        let cluster = &self.cluster;
        cluster.kubernetes.clear_faults();
        cluster.aws.clear_faults();
        cluster.kubernetes.run_controllers();
        cluster.kubernetes.remove("pods", "default", "pending");
        let ended: &[&String] = match self.errand {
            Errand::Buy => &[&self.leaving, &self.idle],
            Errand::Drain => &[&self.leaving, &self.idle, &self.underused],
        };
        cluster.pass(Duration::from_mins(1));
        cluster.apply(&FLAGS).exits(0);
        let state = cluster.aws.group_state(WEST, "workers");
        assert_eq!(state.count("InService"), 6 - ended.len());
        assert_eq!(usize::try_from(state.desired).expect("small"), 6 - ended.len());
        for node in ended {
            let instance = cluster.instance_of(node);
            let accepted = cluster.aws.mutations().into_iter().filter(|call| {
                call.action.starts_with("Terminate") && call.param("InstanceId") == instance && call.status == Some(200)
            });
            assert!(accepted.count() <= 1, "{instance} was ended twice");
            assert!(state.instances.iter().all(|one| one.id != instance || one.lifecycle_state != "InService"));
        }
    }
}

impl Errand {
    /// Returns the steps before the termination.
    fn steps(self) -> Vec<&'static str> {
        match self {
            Self::Buy => vec!["mark-idle: done", "uncordon: done", "set-desired: done", "cordon: done"],
            Self::Drain => vec!["mark-idle: done", "uncordon: done", "cordon: done", "start-drain: done", "evict: done"],
        }
    }

    /// Returns every write.
    fn writes(self) -> Vec<&'static str> {
        let both = [TERMINATION, "cordon idle", "create the Lease", "mark fresh", "release the Lease", "uncordon busy"];
        let own = match self {
            Self::Buy => ["SetDesiredCapacity other 1", "write the Lease"],
            Self::Drain => ["cordon underused", EVICTION],
        };
        [&both[..], &own].concat()
    }
}

const TERMINATION: &str = "TerminateInstanceInAutoScalingGroup leaving true";
const EVICTION: &str = "create pods/eviction default/web-1";

/// Asserts how often each write was sent: as often as `times` states, or `usual`.
fn assert_sent(world: &Everything, usual: usize, times: &[(&str, usize)]) {
    let count = |write: &str| times.iter().find(|(named, _)| *named == write).map_or(usual, |(_, times)| *times);
    let expected: BTreeMap<String, usize> =
        world.errand.writes().into_iter().map(|write| (write.to_owned(), count(write))).collect();
    assert_eq!(world.sent(), expected);
}

/// Asserts that each is made again, except the termination: its failure is reported, and the next
/// run looks anew.
fn assert_mended(spoil: impl Fn(Fault) -> Fault, spoil_aws: impl Fn(aws::Fault) -> aws::Fault) {
    for errand in [Errand::Buy, Errand::Drain] {
        let world = Everything::new(errand);
        world.spoil(&spoil);
        world.spoil_aws(&spoil_aws);
        let run = world.cluster.apply(&FLAGS).exits(3);
        assert_eq!(run.steps(), [errand.steps(), vec!["terminate: failed"]].concat());
        assert_sent(&world, 2, &[(TERMINATION, 1)]);
        world.assert_done();
        world.assert_the_next_run_ends_the_rest();
    }
}

#[test]
fn undisturbed_each_write_is_made_once() {
    for errand in [Errand::Buy, Errand::Drain] {
        let world = Everything::new(errand);
        let run = world.cluster.apply(&FLAGS).exits(0);
        assert_eq!(run.steps(), [errand.steps(), vec!["terminate: done"]].concat());
        assert_sent(&world, 1, &[]);
        world.assert_done();
        world.assert_the_next_run_ends_the_rest();
    }
}

/// AWS reports this with a code of its own, and the status 500.
#[test]
fn a_conflict_passes() {
    assert_mended(|fault| fault.status(409), |fault| fault.code("ResourceContention").status(500));
}

#[test]
fn who_asks_too_often_asks_again() {
    assert_mended(|fault| fault.status(429), |fault| fault.code("Throttling").message("Rate exceeded"));
}

#[test]
fn a_fault_of_the_server_passes() {
    assert_mended(|fault| fault.status(500), |fault| fault.status(500));
}

#[test]
fn a_gateway_that_gives_up_is_asked_again() {
    assert_mended(|fault| fault.status(504), |fault| fault.status(504));
}

#[test]
fn a_connection_that_ends_before_the_write_is_made_anew() {
    assert_mended(Fault::cut_before, aws::Fault::cut_before_change);
}

/// Each write is done and its answer lost. A write that is seen to be done is not repeated; the
/// note is written over with itself, and a pod that is gone is not evicted again.
#[test]
fn a_write_whose_answer_is_lost_is_not_done_twice() {
    for errand in [Errand::Buy, Errand::Drain] {
        let world = Everything::new(errand);
        world.spoil(Fault::cut_after);
        world.spoil_aws(aws::Fault::cut_after_change);
        let run = world.cluster.apply(&FLAGS).exits(0);
        assert_eq!(run.steps(), [errand.steps(), vec!["terminate: done"]].concat());
        assert_sent(&world, 1, &[("write the Lease", 2)]);
        world.assert_done();
        world.assert_the_next_run_ends_the_rest();
    }
}
