//! Cases whose pods depend on each other and on volumes.

use std::collections::BTreeMap;

use ec2_autoscale::plan::{PodVerdict, plan};
use ec2_autoscale::policy::Policy;
use serde_json::Value;

use crate::cluster::{Cluster, Outcome, names};
use crate::dice::Dice;
use crate::world::World;
use crate::{Tally, Trial, agreement, carrying_out, promises, read};

/// How often the pods that are left are put before the scheduler once more.
const MOST_ROUNDS: usize = 8;

pub(crate) fn try_case(cluster: &Cluster, seed: u64, tally: &mut Tally) -> Vec<String> {
    let dice = &mut Dice::new(seed);
    let mut world = World::new(dice);
    world.make(cluster);
    world.case.pending.retain(|pod| cluster.try_add_pod(pod));
    let outcomes = settled(cluster, &world.case.pending);
    tally.pods += world.case.pending.len();
    tally.bound_before += outcomes.values().filter(|outcome| matches!(outcome, Outcome::Bound { .. })).count();

    let snapshot = read(cluster, &world.case);
    crate::keep(seed, &snapshot);
    let policy = Policy::default();
    let plan = plan(&snapshot, &policy);
    let verdicts: BTreeMap<&str, &PodVerdict> =
        plan.pods.iter().map(|report| (report.pod.name.as_str(), &report.verdict)).collect();
    let mut wrong = agreement::contradictions(&snapshot, &policy, &outcomes, tally);
    wrong.extend(promises::unexpected(&outcomes, &verdicts, true));

    cluster.delete_pods(unplaced(&outcomes));
    let trial = Trial { cluster, world: &world, plan: &plan };
    wrong.extend(carrying_out::broken_promises(&trial, dice, tally));
    wrong.extend(carrying_out::unfounded_refusals(&trial, dice, tally));
    wrong
}

/// What the scheduler makes of pods when it has seen all of it: those it finds no node for are made again until it says so of all
/// of them, so that each sentence is about the same moment.
fn settled(cluster: &Cluster, pods: &[Value]) -> BTreeMap<String, Outcome> {
    let mut outcomes = cluster.decisions(names(pods));
    for _ in 0..MOST_ROUNDS {
        let left: Vec<String> = unplaced(&outcomes).map(str::to_owned).collect();
        cluster.delete_pods(left.iter().map(String::as_str));
        let is_left = |pod: &&Value| left.iter().any(|name| pod["metadata"]["name"] == **name);
        cluster.add_pods(pods.iter().filter(is_left));
        let again = cluster.decisions(left.iter().map(String::as_str));
        let is_settled = unplaced(&again).count() == left.len();
        outcomes.extend(again);
        if is_settled {
            return outcomes;
        }
    }
    panic!("the scheduler finds a place for one more pod again and again");
}

fn unplaced(outcomes: &BTreeMap<String, Outcome>) -> impl Iterator<Item = &str> {
    let unplaced = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Unschedulable { .. }));
    unplaced.map(|(name, _)| name.as_str())
}
