//! Properties of every simulated life: on random clusters with random work, each run's plan is
//! `plan()` of the snapshot, the scheduler binds nothing that the second opinion forbids, and the
//! history adds up.

mod bindings;
mod evictions;
mod lives;
mod sums;
mod work;

use std::collections::BTreeMap;

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::simulate::{Departure, History, InstanceStory};
use ec2_autoscale_core::snapshot::Snapshot;

use crate::support::dice::Dice;
use lives::{Lived, lived_lives, some_lives};

/// Returns the findings of all lives, with the number of the life.
fn told(of: impl Fn(&Lived) -> Vec<String>) -> Vec<String> {
    let lives = lived_lives().iter().enumerate();
    lives.flat_map(|(number, lived)| of(lived).into_iter().map(move |words| format!("life {number}: {words}"))).collect()
}

fn counted(of: impl Fn(&Lived) -> usize) -> usize {
    lived_lives().iter().map(of).sum()
}

#[test]
fn every_run_plans_what_it_sees_within_the_limits_of_the_groups() {
    assert_eq!(told(|lived| lived.wrong.clone()), Vec::<String>::new());
    let (runs, actions) = (counted(|lived| lived.history.runs as usize), counted(|lived| lived.actions));
    assert!(runs > 1000 && actions > 200, "{runs} runs with {actions} actions");
}

#[test]
fn nothing_is_bound_where_the_second_opinion_forbids_it() {
    assert_eq!(told(|lived| lived.bindings.wrong.clone()), Vec::<String>::new());
    let asked = counted(|lived| lived.bindings.asked);
    assert!(asked > 150, "{asked} pods were bound");
}

#[test]
fn nobody_is_evicted_who_would_not_be_made_again() {
    assert_eq!(told(|lived| lived.evictions.wrong.clone()), Vec::<String>::new());
    let evicted = counted(|lived| lived.evictions.asked);
    assert!(evicted > 5, "{evicted} pods were evicted");
}

#[test]
fn the_history_adds_up() {
    assert_eq!(told(|lived| sums::wrong(&lived.history, &lived.trace)), Vec::<String>::new());
    let of_pods = |lived: &Lived, of: fn(&ec2_autoscale_core::simulate::PodStory) -> u32| -> usize {
        lived.history.pods.iter().map(of).sum::<u32>() as usize
    };
    let ended = counted(|lived| of_pods(lived, |pod| u32::from(pod.ended_at.is_some())));
    let lost = counted(|lived| of_pods(lived, |pod| pod.losses + pod.evictions));
    let failed = counted(|lived| lived.history.failed_launches.iter().sum::<u32>() as usize);
    assert!(ended > 100 && lost > 20 && failed > 20, "{ended} ended, {lost} lost, {failed} launches failed");
    let ran = counted(|lived| lived.history.gangs.iter().filter(|gang| gang.first_ran_at.is_some()).count());
    let interrupted = counted(|lived| lived.history.gangs.iter().filter(|gang| gang.waited > Seconds(0)).count());
    assert!(ran > 10 && interrupted > 5, "{ran} gangs ran, {interrupted} waited");
    let gone = |why: Departure| {
        let is_gone = move |machine: &&InstanceStory| machine.ended.is_some_and(|(_, reason)| reason == why);
        counted(move |lived| lived.history.instances.iter().filter(is_gone).count())
    };
    let (surplus, old) = (gone(Departure::Surplus), gone(Departure::TooOld));
    assert!(surplus > 20 && old > 5, "{surplus} were ended by a scheduled change, {old} for their age");
}

/// Returns the content of a history, whatever the order in which it names its groups.
fn by_name(history: &History) -> (Vec<String>, Vec<String>, Vec<String>) {
    let name = |group: usize| history.groups[group].to_string();
    let pods = history.pods.iter().map(|pod| {
        let group = pod.group.map(name);
        let pod = ec2_autoscale_core::simulate::PodStory { group: None, ..pod.clone() };
        format!("{group:?} {pod:?}")
    });
    let instances = history.instances.iter().map(|machine| {
        let group = name(machine.group);
        let machine = ec2_autoscale_core::simulate::InstanceStory { group: 0, ..machine.clone() };
        format!("{group} {machine:?}")
    });
    let samples = history.samples.iter().map(|sample| {
        let counts = sample.nodes.iter().zip(&sample.starting).enumerate();
        let groups: BTreeMap<String, _> = counts.map(|(group, counts)| (name(group), counts)).collect();
        format!("{} {groups:?} {} {} {}", sample.at, sample.waiting, sample.running, sample.rate)
    });
    (pods.collect(), instances.collect(), samples.collect())
}

#[test]
fn the_same_life_is_lived_whatever_the_order_of_the_lists() {
    for (life, lived) in some_lives().iter().zip(lived_lives()).take(4) {
        let mut other = life.clone();
        let mut dice = Dice::new(life.settings.seed);
        let start: &mut Snapshot = &mut other.start;
        dice.shuffle(&mut start.pods);
        dice.shuffle(&mut start.nodes);
        dice.shuffle(&mut start.budgets);
        start.groups.iter_mut().for_each(|group| dice.shuffle(&mut group.instances));
        assert_eq!(other.lived(&mut |_, _| {}), lived.history);
        other.start.groups.reverse();
        assert_eq!(by_name(&other.lived(&mut |_, _| {})), by_name(&lived.history));
    }
}
