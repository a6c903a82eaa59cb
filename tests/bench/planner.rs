//! The time that a plan takes, and whether it is the right one: `cargo bench -p
//! ec2-autoscale-core`.
//!
//! Every round plans the same snapshot from scratch. Results and memory are asserted; times depend
//! on what else the machine does, so they are printed beside their targets.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod consolidation;
mod large_cluster;
mod made_up;
mod memory;
mod mixed;
mod prices;
mod random;
mod small_pods;

use std::time::{Duration, Instant};

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Plan, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::Snapshot;
use large_cluster::LargeCluster;

const ROUNDS: usize = 11;

/// 51,000 pods of two sizes onto one group.
const SMALL_PODS_TARGET: Duration = Duration::from_millis(10);
/// The cluster of `consolidation`.
const CONSOLIDATION_TARGET: Duration = Duration::from_secs(1);
/// The size of `large_cluster::FULL`.
const FULL_TARGET: Duration = Duration::from_millis(300);
/// The numbers of pods in the mixed cases, and the target for the largest.
const MIXED_SIZES: [usize; 3] = [1_000, 5_000, 20_000];
const MIXED_TARGET: Duration = Duration::from_millis(500);
/// How many times the time for one pod may grow from the smallest mixed case to the largest.
const MIXED_GROWTH_TARGET: f64 = 2.0;
const FULL_MEMORY_LIMIT_MIB: u64 = 400;
/// How many times the time may grow when everything but the groups grows five times: five, and a
/// margin for noise.
const GROWTH_TARGET: f64 = 6.5;

fn main() {
    let policy = Policy { max_scale_up: 10_000, ..Policy::default() };
    let braked = Policy::default();

    prices::measure();
    let small = measure("51,000 small pods, one group", &small_pods::snapshot(), &policy, small_pods::assert_answer);
    let mixed = MIXED_SIZES.map(|pods| {
        let snapshot = mixed::snapshot(pods);
        let name = format!("{pods} pods with constraints, no node");
        measure(&name, &snapshot, &policy, |plan| mixed::assert_answer(pods, &snapshot, plan))
    });
    let fifth = LargeCluster { nodes: 1_000, running: 30_000, pending: 6_000, ..large_cluster::FULL };
    let fifth = measure("1,000 nodes, 30,000 + 6,000 pods", &fifth.snapshot(), &policy, |plan| fifth.assert_answer(plan));
    let full = large_cluster::FULL;
    let snapshot = full.snapshot();
    let whole = measure("5,000 nodes, 150,000 + 30,000 pods", &snapshot, &policy, |plan| full.assert_answer(plan));
    let at_brake = measure("the same, at the default brake", &snapshot, &braked, |plan| full.assert_braked(plan));

    let thorough = Policy { consolidate: true, max_scale_in_fraction: 1.0, max_parallel_drains: u32::MAX, ..Policy::default() };
    let name = format!("{} nodes, {} pods to consolidate", consolidation::NODES, consolidation::PODS);
    let consolidated = measure(&name, &consolidation::snapshot(), &thorough, consolidation::assert_answer);

    let for_a_pod = |case: usize| mixed[case].best.as_secs_f64() / f64::from(u32::try_from(MIXED_SIZES[case]).unwrap_or(1));
    let mixed_growth = for_a_pod(2) / for_a_pod(0);
    println!(
        "time for one pod, {} to {} pods with constraints: {mixed_growth:.1} times, {}",
        MIXED_SIZES[0],
        MIXED_SIZES[2],
        verdict(mixed_growth < MIXED_GROWTH_TARGET)
    );
    let growth = whole.best.as_secs_f64() / fifth.best.as_secs_f64();
    println!("growth from 1,000 to 5,000 nodes: {growth:.1} times, {}", verdict(growth < GROWTH_TARGET));
    for (name, figures, target) in [
        ("small pods", &small, SMALL_PODS_TARGET),
        ("20,000 with constraints", &mixed[2], MIXED_TARGET),
        ("consolidation", &consolidated, CONSOLIDATION_TARGET),
        ("full size", &whole, FULL_TARGET),
        ("full size at the brake", &at_brake, FULL_TARGET),
    ] {
        println!("{name}: {:.0?} of {target:?}, {}", figures.best, verdict(figures.best < target));
    }
    for figures in [whole, at_brake] {
        let peak = figures.peak_mib.unwrap_or(0);
        assert!(peak < FULL_MEMORY_LIMIT_MIB, "{peak} MiB is over {FULL_MEMORY_LIMIT_MIB} MiB");
    }
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "as it should be" } else { "TOO SLOW (on a machine that does nothing else)" }
}

/// The figures of one case.
struct Figures {
    best: Duration,
    /// The peak of the whole process, with the snapshot, where the kernel reports it.
    peak_mib: Option<u64>,
}

fn measure(name: &str, snapshot: &Snapshot, policy: &Policy, assert_answer: impl Fn(&Plan)) -> Figures {
    memory::forget_peak();
    let mut times = Vec::with_capacity(ROUNDS);
    let mut answer = None;
    for _ in 0..ROUNDS {
        // The plan of the round before is not part of what one plan takes.
        drop(answer.take());
        let begun = Instant::now();
        let made = plan(snapshot, policy);
        times.push(begun.elapsed());
        answer = Some(made);
    }
    let peak_mib = memory::peak_mib();
    times.sort_unstable();
    let (best, median) = (times[0], times[ROUNDS / 2]);
    let memory = peak_mib.map_or_else(|| "unknown".to_owned(), |peak| format!("{peak} MiB"));
    println!("{name:<36} min {best:>10.2?}  median {median:>10.2?}  peak memory {memory}");

    let answer = answer.expect("there is at least one round");
    assert_eq!(violations(&answer, snapshot), vec![], "{name}");
    assert_answer(&answer);
    Figures { best, peak_mib }
}
