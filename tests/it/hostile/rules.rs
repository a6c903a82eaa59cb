//! The rules that hold whatever happens. They look at the truth, and know nothing of what a run
//! saw.

use std::collections::BTreeMap;

use ec2_autoscale::plan::Plan;
use ec2_autoscale::plan::check::Review;
use ec2_autoscale::snapshot::{Pod, Snapshot};
use jiff::{SignedDuration, Timestamp};

use super::run::Run;
use super::sights::Sight;
use super::truth::{Home, Truth};
use super::work::is_of_a_service;

/// Nodes bought within this time are held against the pods that waited.
const WINDOW: SignedDuration = SignedDuration::from_mins(25);
/// The pods for which nodes were bought may have waited this much earlier: lists are old, and
/// processes are stopped.
const LAG: SignedDuration = SignedDuration::from_mins(25);

/// Asserts that the check has no objection to a plan.
pub(super) fn assert_right(plan: &Plan, review: &Review) {
    let wrong = review.dropped.iter().map(|dropped| format!("{}: {:?}", dropped.violation, plan.actions[dropped.action]));
    let wrong: Vec<String> = wrong.chain(review.fatal.iter().map(ToString::to_string)).collect();
    assert!(wrong.is_empty(), "the plan breaks a rule: {}", wrong.join("\n"));
}

/// Asserts that nothing runs on an instance that we end, here or elsewhere.
pub(super) fn assert_may_end(run: &Run, truth: &Truth, id: &str) {
    assert!(!matches!(run.sight, Sight::OtherAccount(_)), "ended {id} in somebody else's account");
    let machine = &truth.machines[id];
    assert!(machine.home == Home::Here, "ended {id}, which is a busy node of another cluster");
    let working =
        truth.world.snapshot.pods.iter().filter(|pod| pod.node.as_deref() == Some(machine.node.as_str()) && !pod.is_daemon());
    let working: Vec<&Pod> = working.filter(|_| machine.is_living()).collect();
    assert!(working.is_empty(), "ended {id} with work on it: {working:?}");
}

/// Asserts that the machine of a Node object that we delete is gone.
pub(super) fn assert_may_delete(run: &Run, truth: &Truth, node: &str) {
    assert!(!matches!(run.sight, Sight::OtherCluster(_)), "deleted {node} of somebody else's cluster");
    let known = truth.world.snapshot.nodes.iter().find(|known| known.name == node);
    let named = known.and_then(ec2_autoscale::snapshot::Node::instance_id);
    let is_its = |id: &str, machine: &super::truth::Machine| machine.node == node || named == Some(id);
    let living = truth.machines.iter().find(|(id, machine)| is_its(id, machine) && machine.is_living());
    assert!(living.is_none(), "deleted the Node {node} of {:?}, which lives", living.map(|(id, _)| id));
}

/// Asserts that a pod that we evict would be made again at once.
pub(super) fn assert_may_evict(run: &Run, pod: &Pod) {
    assert!(run.sight == Sight::Right, "evicted {} with a wrong view: {:?}", pod.id(), run.sight);
    assert!(is_of_a_service(pod), "evicted {}, which nobody would make again", pod.id());
}

/// The purchases, the waiting pods, and the failures.
#[derive(Default)]
pub(super) struct Ledger {
    bought: Vec<(Timestamp, i64)>,
    /// When each pod was last seen without a node.
    waiting: BTreeMap<String, Timestamp>,
    failures: Vec<Timestamp>,
}

impl Ledger {
    /// Notes an event that no plan could foresee, and for which one node more may be bought.
    pub(super) fn failed(&mut self, now: Timestamp) {
        self.failures.push(now);
    }

    pub(super) fn look(&mut self, snapshot: &Snapshot) {
        for pod in snapshot.pods.iter().filter(|pod| pod.node.is_none()) {
            match self.waiting.get_mut(pod.uid.as_str()) {
                Some(seen) => *seen = snapshot.taken_at,
                None => drop(self.waiting.insert(pod.uid.to_string(), snapshot.taken_at)),
            }
        }
    }

    /// Holds a purchase against the pods that waited: one pod is the reason for one node, and so is
    /// one failure.
    pub(super) fn buy(&mut self, run: &Run, group: &str, nodes: i64, now: Timestamp) {
        assert!(run.sight == Sight::Right, "raised {group} with a wrong view: {:?}", run.sight);
        self.bought.push((now, nodes));
        self.bought.retain(|(at, _)| *at + WINDOW >= now);
        self.failures.retain(|at| *at + WINDOW + LAG >= now);
        self.waiting.retain(|_, at| *at + WINDOW + LAG >= now);
        let bought: i64 = self.bought.iter().map(|(_, nodes)| nodes).sum();
        let (pods, failures) = (self.waiting.len(), self.failures.len());
        let reasons = i64::try_from(pods + failures).expect("few");
        assert!(
            bought <= reasons,
            "{group} was raised by {nodes}: {bought} nodes bought for {pods} pods and {failures} failures"
        );
    }
}
