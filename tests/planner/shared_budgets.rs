//! Lives of clusters whose services share nodes and budgets: every drain that is begun ends or is
//! taken back in time, and no budget is ever broken. A life that is cut off may end amid a drain.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::plan::Action;
use ec2_autoscale_core::simulate::{Settings, simulate};
use ec2_autoscale_core::snapshot::{DisruptionBudget, Pod, Snapshot};
use ec2_autoscale_core::trace::Trace;
use jiff::Timestamp;

use crate::support::dice::Dice;
use crate::support::scenario::situation;

const SEEDS: u64 = 60;
const INTERVAL: Seconds = Seconds(60);

/// Returns a cluster of three to eight nodes with up to four services on them, as a script.
fn cluster(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let nodes = 3 + dice.below(6);
    let method = dice.pick(&["consolidate", "drain-utilization=0.6", "consolidate drain-utilization=0.4"]);
    let timeout = dice.pick(&["10m", "2m", "1m"]);
    let mut script = format!("policy {method} drain-timeout={timeout} drain-grace=1s max-scale-in-fraction=1\n");
    let _ = writeln!(script, "group web zones=a,b cpu=8 mem=32Gi desired={nodes} max=20");
    for node in 0..nodes {
        let _ = writeln!(script, "node n{node} group=web");
    }
    for service in 0..2 + dice.below(3) {
        for node in 0..nodes {
            let replicas = dice.below(3);
            if replicas > 0 {
                let (cpu, owner) = (250 * (1 + dice.below(8)), dice.pick(&["ReplicaSet", "StatefulSet"]));
                let _ = writeln!(
                    script,
                    "pods s{service}n{node} x{replicas} cpu={cpu}m mem=1Gi on=n{node} owner={owner} label=app=s{service}"
                );
            }
        }
        let _ = writeln!(script, "budget b{service} allowed={} label=app=s{service}", dice.below(4));
    }
    script
}

fn covers(budget: &DisruptionBudget, pod: &Pod) -> bool {
    let selector = budget.selector.as_ref().map(|selector| &selector.match_labels);
    selector.is_some_and(|labels| labels.iter().all(|(key, value)| pod.labels.get(key) == Some(value)))
}

/// Returns how many pods of each budget are available.
fn available(snapshot: &Snapshot) -> BTreeMap<String, i64> {
    let count = |budget: &DisruptionBudget| snapshot.pods.iter().filter(|pod| pod.ready && covers(budget, pod)).count();
    let of = |budget: &DisruptionBudget| (budget.name.clone(), i64::try_from(count(budget)).expect("few pods"));
    snapshot.budgets.iter().map(of).collect()
}

/// What became of the drains of a life.
#[derive(Default)]
struct Drains {
    /// When each drain began that has not ended.
    begun: BTreeMap<String, Timestamp>,
    ended: usize,
    taken_back: usize,
    /// Drains that went on for several runs.
    long: usize,
}

impl Drains {
    /// Compares the marks with those of the run before.
    fn look(&mut self, snapshot: &Snapshot, within: Seconds, script: &str) {
        for (name, since) in std::mem::take(&mut self.begun) {
            match snapshot.nodes.iter().find(|node| node.name == name) {
                None => self.ended += 1,
                Some(node) if node.draining_since().is_none() => self.taken_back += 1,
                Some(_) => {
                    let age = Seconds::between(since, snapshot.taken_at);
                    assert!(age.0 <= within.0 + INTERVAL.0, "{name} has been drained for {age}\n{script}");
                    self.long += usize::from(age == INTERVAL);
                    self.begun.insert(name, since);
                }
            }
        }
    }

    fn note(&mut self, snapshot: &Snapshot, actions: &[Action]) {
        let begun = actions.iter().filter_map(|action| match action {
            Action::StartDrain { node, .. } => Some(node.name.clone()),
            _ => None,
        });
        self.begun.extend(begun.map(|node| (node, snapshot.taken_at)));
    }
}

#[test]
fn a_drain_ends_or_is_taken_back_and_no_budget_is_broken() {
    let mut all = Drains::default();
    for seed in 0..SEEDS {
        let script = cluster(seed);
        let (world, policy) = situation(&script);
        let mut start = world.snapshot;
        start.pods.iter_mut().for_each(|pod| pod.ready = true);
        let total = available(&start);
        for budget in &mut start.budgets {
            let most = i32::try_from(total[&budget.name]).expect("few pods");
            budget.disruptions_allowed = budget.disruptions_allowed.min(most);
        }
        let wanted: BTreeMap<String, i64> = start
            .budgets
            .iter()
            .map(|budget| (budget.name.clone(), total[&budget.name] - i64::from(budget.disruptions_allowed)))
            .collect();
        let settings = Settings { seed, interval: INTERVAL, longest: Seconds::minutes(4 * 60), ..Settings::default() };
        let within = Seconds(policy.drain_timeout.0 * 3);
        let mut drains = Drains::default();
        let history = simulate(&start, &Trace::default(), &policy, &settings, &mut |snapshot, outline| {
            drains.look(snapshot, within, &script);
            for (budget, available) in available(snapshot) {
                assert!(available >= wanted[&budget], "{budget} has {available} of {}\n{script}", wanted[&budget]);
            }
            drains.note(snapshot, &outline.actions());
        });
        assert!(history.runs > 1, "{script}");
        all.ended += drains.ended;
        all.taken_back += drains.taken_back;
        all.long += drains.long;
    }
    let Drains { ended, taken_back, long, .. } = all;
    assert!(ended > 60 && long > 20, "{ended} drains ended, {taken_back} were taken back, {long} took several runs");
    assert!(taken_back * 5 < ended, "{ended} drains ended, and {taken_back} were taken back");
}
