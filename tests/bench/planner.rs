//! The time that a plan takes, and whether it is the right one: `cargo bench -p
//! ec2-autoscale-core`. Behind `--`, a part of a name and a number choose cases and rounds: `cargo
//! bench -p ec2-autoscale-core --bench planner -- consolidate 1`.
//!
//! Every round plans the same snapshot from scratch. Results and memory are asserted; times depend
//! on what else the machine does, so they are printed beside their targets.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod consolidation;
#[expect(dead_code, reason = "the other benches use the rest")]
mod growing;
mod large_cluster;
mod made_up;
mod memory;
mod mixed;
mod prices;
mod random;
mod small_pods;

use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant};

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Plan, plan};
use ec2_autoscale_core::policy::{Packing, Policy};
use ec2_autoscale_core::snapshot::Snapshot;
use large_cluster::LargeCluster;

/// Rounds of a case, unless an argument says otherwise.
const ROUNDS: usize = 11;

const SMALL: &str = "51,000 small pods, one group";
const FIFTH: &str = "1,000 nodes, 30,000 + 6,000 pods";
const FULL: &str = "5,000 nodes, 150,000 + 30,000 pods";
const FULL_BRAKED: &str = "5,000 nodes, at the default brake";
const CLAIMS: &str = "5,000 nodes, 20,000 claims of devices";
const CONSOLIDATION: &str = "1,000 nodes, 30,000 to consolidate";
/// The numbers of pods in the mixed cases, and their names.
const MIXED: [(usize, &str); 3] = [
    (1_000, "1,000 pods with constraints, no node"),
    (5_000, "5,000 pods with constraints, no node"),
    (20_000, "20,000 pods with constraints, no node"),
];

/// The best time that a case should reach.
const TARGETS: [(&str, Duration); 6] = [
    (SMALL, Duration::from_millis(10)),
    (MIXED[2].1, Duration::from_millis(500)),
    (CONSOLIDATION, Duration::from_secs(1)),
    (CLAIMS, Duration::from_millis(500)),
    (FULL, Duration::from_millis(300)),
    (FULL_BRAKED, Duration::from_millis(300)),
];
const FULL_MEMORY_LIMIT_MIB: u64 = 400;
/// How many times the time for one pod may grow from the smallest mixed case to the largest.
const MIXED_GROWTH_TARGET: f64 = 2.0;
/// How many times the time may grow when everything but the groups grows five times: five, and a
/// margin for noise.
const GROWTH_TARGET: f64 = 6.5;

/// Asserts that a plan is the answer to its snapshot.
type Assertion = Box<dyn Fn(&Snapshot, &Plan)>;

/// A snapshot, how to plan it, and the answer.
struct Case {
    name: &'static str,
    snapshot: Snapshot,
    policy: Policy,
    assert_answer: Assertion,
}

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let part = arguments.first().map_or("", String::as_str);
    let rounds = arguments.get(1).map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"));

    if "prices".contains(part) {
        prices::measure();
    }
    let names = [SMALL].into_iter().chain(MIXED.map(|(_, name)| name)).chain([FIFTH, FULL, FULL_BRAKED, CONSOLIDATION, CLAIMS]);
    let figures: BTreeMap<_, _> =
        names.filter(|name| name.contains(part)).map(|name| (name, measure(&case(name), rounds))).collect();
    print_growth(&figures);
    for (name, target) in TARGETS {
        if let Some(figures) = figures.get(name) {
            println!("{name}: {:.0?} of {target:?}, {}", figures.best, verdict(figures.best < target));
        }
    }
    for name in [FULL, FULL_BRAKED] {
        let peak = figures.get(name).and_then(|figures| figures.peak_mib).unwrap_or(0);
        assert!(peak < FULL_MEMORY_LIMIT_MIB, "{name}: {peak} MiB is over {FULL_MEMORY_LIMIT_MIB} MiB");
    }
}

fn case(name: &'static str) -> Case {
    let large = LargeCluster { nodes: 1_000, running: 30_000, pending: 6_000, ..large_cluster::FULL };
    let large = if name == FIFTH { large } else { large_cluster::FULL };
    // The answers that are known are those of pods packed tightly.
    let unbraked = Policy { max_scale_up: 10_000, packing: Packing::Dense, ..Policy::default() };
    let (snapshot, policy, assert_answer): (_, _, Assertion) = match name {
        SMALL => (small_pods::snapshot(), unbraked, Box::new(|_, plan| small_pods::assert_answer(plan))),
        FIFTH | FULL => (large.snapshot(), unbraked, Box::new(move |_, plan| large.assert_answer(plan))),
        FULL_BRAKED => (large.snapshot(), Policy::default(), Box::new(move |_, plan| large.assert_braked(plan))),
        CLAIMS => {
            let claims = growing::CLAIMS;
            let (size, of_size) = (claims.size, claims.assert_answer);
            ((claims.snapshot)(size), claims.policy(), Box::new(move |_, plan| of_size(size, plan)))
        }
        CONSOLIDATION => {
            let thorough =
                Policy { consolidate: true, max_scale_in_fraction: 1.0, max_parallel_drains: u32::MAX, ..Policy::default() };
            (consolidation::snapshot(), thorough, Box::new(|_, plan| consolidation::assert_answer(plan)))
        }
        _ => {
            let (pods, _) = MIXED.into_iter().find(|(_, mixed)| *mixed == name).expect("a case of that name");
            let assert_answer = move |snapshot: &Snapshot, plan: &Plan| mixed::assert_answer(pods, snapshot, plan);
            (mixed::snapshot(pods), unbraked, Box::new(assert_answer))
        }
    };
    Case { name, snapshot, policy, assert_answer }
}

/// Prints how the time grows with the size, where both sizes were measured.
fn print_growth(figures: &BTreeMap<&str, Figures>) {
    let seconds = |name| figures.get(name).map(|figures| figures.best.as_secs_f64());
    let for_a_pod = |(pods, name)| Some(seconds(name)? / f64::from(u32::try_from(pods).ok()?));
    let [small, _, large] = MIXED;
    if let (Some(one), Some(many)) = (for_a_pod(small), for_a_pod(large)) {
        let growth = many / one;
        let verdict = verdict(growth < MIXED_GROWTH_TARGET);
        println!("time for one pod, {} to {} pods with constraints: {growth:.1} times, {verdict}", small.0, large.0);
    }
    if let (Some(fifth), Some(whole)) = (seconds(FIFTH), seconds(FULL)) {
        let growth = whole / fifth;
        println!("growth from 1,000 to 5,000 nodes: {growth:.1} times, {}", verdict(growth < GROWTH_TARGET));
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

fn measure(case: &Case, rounds: usize) -> Figures {
    memory::forget_peak();
    let mut times = Vec::with_capacity(rounds);
    let mut answer = None;
    for _ in 0..rounds {
        // The plan of the round before is not part of what one plan takes.
        drop(answer.take());
        let begun = Instant::now();
        let made = plan(&case.snapshot, &case.policy);
        times.push(begun.elapsed());
        answer = Some(made);
    }
    let peak_mib = memory::peak_mib();
    times.sort_unstable();
    let (best, median) = (times[0], times[rounds / 2]);
    let memory = peak_mib.map_or_else(|| "unknown".to_owned(), |peak| format!("{peak} MiB"));
    println!("{:<37} min {best:>10.2?}  median {median:>10.2?}  peak memory {memory}", case.name);

    let answer = answer.expect("there is at least one round");
    assert_eq!(violations(&answer, &case.snapshot), vec![], "{}", case.name);
    (case.assert_answer)(&case.snapshot, &answer);
    Figures { best, peak_mib }
}
