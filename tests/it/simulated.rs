//! What holds of every simulated life: on random clusters that live through random work, each run's plan is `plan()` of what was
//! there, the scheduler binds nothing that the second opinion forbids, and the history adds up.

mod bindings;
mod sums;
mod work;

use std::cell::Cell;

use ec2_autoscale::duration::Seconds;
use ec2_autoscale::plan::check::violations;
use ec2_autoscale::plan::{Action, Plan, plan};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::render;
use ec2_autoscale::simulate::{History, Settings, simulate};
use ec2_autoscale::snapshot::{Group, Instance, Snapshot};
use ec2_autoscale::trace::Trace;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::cli::ec2_autoscale;
use crate::reference::worlds::{Situation, situations};
use crate::support::dice::Dice;
use bindings::Bindings;
use work::{priced, random_trace};

const CASES: u32 = 48;

/// A random cluster with prices and work.
struct Life {
    start: Snapshot,
    policy: Policy,
    trace: Trace,
    settings: Settings,
}

impl Life {
    fn of(situation: Situation, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let start = priced(situation.snapshot);
        let trace = random_trace(&start, &mut dice);
        let settings = Settings {
            seed,
            interval: Seconds(97),
            boot_time: Seconds(150),
            spot_interruptions: 0.7,
            longest: Seconds(4 * 3600),
            ..Settings::default()
        };
        let consolidate = dice.once_in(2);
        let policy = Policy { consolidate, drain_grace: Seconds(600), revert_unfilled: dice.once_in(3), ..situation.policy };
        Self { start, policy, trace, settings }
    }

    fn lived(&self, watch: &mut dyn FnMut(&Snapshot, &Plan)) -> History {
        simulate(&self.start, &self.trace, &self.policy, &self.settings, watch)
    }
}

/// The same cases every time: how much happens in them is asserted.
fn tried(cases: u32, test: impl Fn(&Life) -> Result<(), TestCaseError>) {
    let config = ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng)
        .run(&(situations(), any::<u64>()), |(situation, seed)| test(&Life::of(situation, seed)));
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn live_weight(group: &Group) -> i64 {
    let live = group.instances.iter().filter(|instance| instance.lifecycle.is_live());
    live.map(|instance: &Instance| instance.weight).sum()
}

#[test]
fn every_run_plans_what_it_sees_within_the_limits_of_the_groups() {
    let seen = Cell::new((0, 0));
    tried(CASES, |life| {
        let mut wrong = Vec::new();
        life.lived(&mut |snapshot, made| {
            if plan(snapshot, &life.policy) != *made {
                wrong.push(format!("another plan at {}", snapshot.taken_at));
            }
            wrong.extend(violations(made, snapshot).iter().map(|violation| format!("{violation:?}")));
            for (group, first) in snapshot.groups.iter().zip(&life.start.groups) {
                let heaviest = group.launch_options.iter().map(|option| option.weight).max().unwrap_or(1);
                let most = group.max.max(live_weight(first)) + heaviest - 1;
                let least = group.min.min(first.desired);
                if live_weight(group) > most || group.desired < least || group.desired > group.max.max(first.desired) {
                    wrong.push(format!("{}: {} of {}..{}", group.id, group.desired, group.min, group.max));
                }
            }
            let (runs, actions) = seen.get();
            seen.set((runs + 1, actions + made.actions.len()));
        });
        prop_assert_eq!(wrong, Vec::<String>::new());
        Ok(())
    });
    let (runs, actions) = seen.get();
    assert!(runs > 1000 && actions > 500, "{runs} runs with {actions} actions");
}

#[test]
fn nothing_is_bound_where_the_second_opinion_forbids_it() {
    let asked = Cell::new(0);
    tried(CASES, |life| {
        let mut bindings = Bindings::default();
        life.lived(&mut |snapshot, _| bindings.look(snapshot, &life.policy));
        asked.set(asked.get() + bindings.asked);
        prop_assert_eq!(bindings.wrong, Vec::<String>::new());
        Ok(())
    });
    assert!(asked.get() > 300, "{} pods were bound", asked.get());
}

#[test]
fn the_history_adds_up() {
    let seen = Cell::new((0, 0, 0));
    tried(CASES, |life| {
        let history = life.lived(&mut |_, _| {});
        prop_assert_eq!(sums::wrong(&history, &life.trace), Vec::<String>::new());
        let (ended, lost, failed) = seen.get();
        seen.set((
            ended + history.pods.iter().filter(|pod| pod.ended_at.is_some()).count(),
            lost + history.pods.iter().map(|pod| pod.losses + pod.evictions).sum::<u32>(),
            failed + history.failed_launches.iter().sum::<u32>(),
        ));
        Ok(())
    });
    let (ended, lost, failed) = seen.get();
    assert!(ended > 200 && lost > 5 && failed > 20, "{ended} ended, {lost} lost, {failed} launches failed");
}

/// Only pods that their controllers simply make again are evicted, or those that say they may be.
#[test]
fn nobody_is_evicted_who_would_not_be_made_again() {
    let evicted = Cell::new(0);
    tried(CASES, |life| {
        let mut wrong = Vec::new();
        life.lived(&mut |snapshot, made| {
            let evictions = made.actions.iter().filter_map(|action| match action {
                Action::Evict { pods, .. } => Some(pods),
                _ => None,
            });
            for eviction in evictions.flatten() {
                let pod = snapshot.pods.iter().find(|pod| pod.uid == eviction.uid).expect("the plan names pods that are there");
                let kind = pod.owner.as_ref().map_or("", |owner| owner.kind.as_str());
                let says_yes = pod.drain_annotations.get("cluster-autoscaler.kubernetes.io/safe-to-evict");
                let is_made_again = ["ReplicaSet", "StatefulSet", "ReplicationController"].contains(&kind);
                if !is_made_again && says_yes.is_none_or(|says| says != "true") {
                    wrong.push(format!("{} of {kind}", pod.id()));
                }
                evicted.set(evicted.get() + 1);
            }
        });
        prop_assert_eq!(wrong, Vec::<String>::new());
        Ok(())
    });
    assert!(evicted.get() > 5, "{} pods were evicted", evicted.get());
}

#[test]
fn the_same_life_is_lived_whatever_the_order_of_the_lists() {
    tried(CASES / 4, |life| {
        let shuffled = |list: u64| {
            let mut start = life.start.clone();
            let mut dice = Dice::new(list);
            dice.shuffle(&mut start.pods);
            dice.shuffle(&mut start.nodes);
            dice.shuffle(&mut start.budgets);
            start.groups.iter_mut().for_each(|group| dice.shuffle(&mut group.instances));
            simulate(&start, &life.trace, &life.policy, &life.settings, &mut |_, _| {})
        };
        let history = life.lived(&mut |_, _| {});
        prop_assert_eq!(&life.lived(&mut |_, _| {}), &history);
        prop_assert_eq!(shuffled(1), history);
        Ok(())
    });
}

/// What a run saw, written to a file: the program plans the same, to the byte.
#[test]
fn the_program_plans_the_same_of_what_a_run_saw() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let compared = Cell::new(0);
    tried(2, |life| {
        let policy = Policy { idle_threshold: Seconds(300), consolidate: true, ..Policy::default() };
        let life = Life {
            policy,
            start: life.start.clone(),
            trace: life.trace.clone(),
            settings: Settings { interval: Seconds(1200), ..life.settings.clone() },
        };
        life.lived(&mut |snapshot, made| {
            let file = folder.path().join("s.json");
            std::fs::write(&file, serde_json::to_vec(snapshot).expect("plain data")).expect("a file can be written");
            let file = file.to_str().expect("a path of plain characters");
            let flags = ["plan", "-o", "json", "--snapshot", file, "--idle-threshold", "5m", "--consolidate"];
            let output = ec2_autoscale(&flags).output().expect("the binary starts");
            assert_eq!(String::from_utf8_lossy(&output.stdout), render::json(made));
            compared.set(compared.get() + 1);
        });
        Ok(())
    });
    assert!(compared.get() > 10, "{} plans", compared.get());
}
