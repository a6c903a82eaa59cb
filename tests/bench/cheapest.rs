//! What plans cost by `--expander price`: `cargo bench -p ec2-autoscale-core --bench cheapest`.
//! Behind `--` the name of a part (`bound`, `others`, `large`), and for `others` a first and a last
//! seed.
//!
//! - `bound`: small sets of pods on 21 types of EC2, against the bound that no mix undercuts.
//! - `others`: clusters of few groups, against the other expanders and a choice for each node.
//! - `large`: 1,000 and 8,000 pods, with the time that a plan takes.
//! - `script PODS SHAPES SEED`: prints each set of that size in the words of scenarios, with what
//!   its plan costs, for another solver to compare.
//!
//! Prices and bounds are asserted; times depend on what else the machine does, so that they are
//! printed beside their targets.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../support"]
mod support {
    #[expect(dead_code, reason = "the tests use the rest")]
    pub(crate) mod dice;
    pub(crate) mod price_sets;
    #[expect(dead_code, unused_imports, reason = "the tests use the rest")]
    pub(crate) mod scenario;
}

use std::env;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Plan, plan};
use support::price_sets::{self, PodSet};
use support::scenario::situation;

/// Pods and shapes of a small set.
const SMALL: [(usize, usize); 5] = [(8, 3), (20, 5), (40, 8), (100, 20), (300, 40)];
const SMALL_SEEDS: u64 = 10;
/// Median, 95th percentile and most of price ÷ bound over all small sets.
const WITHIN: [f64; 3] = [1.01, 1.05, 1.10];
/// Each with five other choices.
const OTHERS_SEEDS: RangeInclusive<u64> = 0..=1_999;
/// In each second of the clusters a kind has up to so many pods, and four in the others.
const MOST_OF_A_KIND: usize = 16;
const OTHERS: [&str; 5] = ["least-waste", "least-nodes", "most-pods", "random", "priority"];
/// Pods of a large set, its shapes, and how long its plan may take.
const LARGE: [(usize, usize, Duration); 2] = [(1_000, 100, Duration::from_secs(1)), (8_000, 300, Duration::from_secs(2))];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number = |place: usize, unsaid: u64| {
        arguments.get(place).map_or(unsaid, |text| text.parse().unwrap_or_else(|_| panic!("{text:?} is no number")))
    };
    let others = || against_others(number(1, *OTHERS_SEEDS.start())..=number(2, *OTHERS_SEEDS.end()));
    match arguments.first().map(String::as_str) {
        None => {
            against_the_bound();
            others();
            in_time();
        }
        Some("bound") => against_the_bound(),
        Some("others") => others(),
        Some("large") => in_time(),
        Some("script") => {
            let [pods, shapes] = [1, 2].map(|place| usize::try_from(number(place, 8)).expect("a small number"));
            print_scripts(pods, shapes, number(3, 0));
        }
        Some(part) => panic!("{part:?} is none of bound, others, large and script"),
    }
}

fn against_the_bound() {
    let (mut ratios, mut slowest) = (Vec::new(), Duration::ZERO);
    for (pods, shapes) in SMALL {
        let mut of_size = Vec::new();
        for (set, seed) in PodSet::ALL.into_iter().flat_map(|set| (0..SMALL_SEEDS).map(move |seed| (set, seed))) {
            let (plan, took) = planned(&price_sets::cluster(set, pods, shapes, seed));
            slowest = slowest.max(took);
            of_size.push((above_the_bound(&plan), set, seed));
        }
        tell(&format!("{pods} pods of {shapes} shapes"), &mut of_size);
        ratios.extend(of_size);
    }
    let spread = tell("price ÷ bound", &mut ratios);
    println!("the slowest of these plans: {slowest:.1?}");
    assert!(spread.iter().zip(WITHIN).all(|(is, most)| *is <= most), "{spread:?} and at most {WITHIN:?}");
}

/// Prints and returns the median, the 95th percentile and the most.
fn tell(name: &str, ratios: &mut [(f64, PodSet, u64)]) -> [f64; 3] {
    ratios.sort_by(|one, other| one.0.total_cmp(&other.0));
    let last = ratios.len() - 1;
    let [median, p95, most] = [last / 2, last * 95 / 100, last].map(|place| ratios[place].0);
    let (_, set, seed) = ratios[last];
    println!("{name}: {} cases, median {median:.4}, p95 {p95:.4}, most {most:.4} ({set:?}, seed {seed})", ratios.len());
    [median, p95, most]
}

fn above_the_bound(plan: &Plan) -> f64 {
    let bill = plan.bill.as_ref().expect("prices are known");
    assert_eq!(plan.summary.pods_unhelped, 0, "every pod fits on a node of some type");
    let Some(bound) = bill.lower_bound.filter(|bound| bound.micros() > 0) else {
        assert_eq!(bill.new_nodes.micros(), 0, "nothing is bought where the half-full nodes take all pods");
        return 1.0;
    };
    assert!(bill.new_nodes >= bound, "{} is less than {bound}, below which nothing is", bill.new_nodes);
    #[expect(clippy::cast_precision_loss, reason = "for people to read")]
    let ratio = bill.new_nodes.micros() as f64 / bound.micros() as f64;
    ratio
}

fn against_others(seeds: RangeInclusive<u64>) {
    let next = AtomicU64::new(*seeds.start());
    let (counts, dearer): (Vec<u64>, Vec<Vec<String>>) = thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(|| dearer_of(&next, *seeds.end()))).collect();
        workers.into_iter().map(|worker| worker.join().expect("no plan is wrong")).unzip()
    });
    let (compared, dearer) = (counts.iter().sum::<u64>(), dearer.concat());
    println!("{compared} comparisons with other choices for as many pods: {} dearer", dearer.len());
    assert!(dearer.is_empty(), "{}", dearer.join("\n"));
}

/// Takes seeds until none is left. Returns how many other plans help as many pods, and names those
/// that cost less.
fn dearer_of(next: &AtomicU64, last: u64) -> (u64, Vec<String>) {
    let (mut compared, mut dearer) = (0, Vec::new());
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed > last {
            return (compared, dearer);
        }
        let script = price_sets::few_groups(seed, if seed.is_multiple_of(2) { 4 } else { MOST_OF_A_KIND });
        let (own, _) = planned(&script);
        for other in OTHERS {
            let (others, _) = planned(&script.replace("expander=price", &format!("expander={other} packing=dense")));
            if others.summary.pods_unhelped != own.summary.pods_unhelped {
                continue;
            }
            compared += 1;
            if cost(&others) < cost(&own) {
                dearer.push(format!("seed {seed}: {} and only {} by {other}", cost(&own), cost(&others)));
            }
        }
    }
}

fn in_time() {
    for (pods, shapes, target) in LARGE {
        for set in PodSet::ALL {
            let (plan, took) = planned(&price_sets::cluster(set, pods, shapes, 1));
            let verdict = if took < target { "as it should be" } else { "TOO SLOW (on a machine that does nothing else)" };
            let ratio = above_the_bound(&plan);
            println!("{pods} pods, {set:?}: {took:.2?} of {target:?}, {verdict}, {ratio:.4} of the bound");
        }
    }
}

fn print_scripts(pods: usize, shapes: usize, seed: u64) {
    for set in PodSet::ALL {
        let script = price_sets::cluster(set, pods, shapes, seed);
        let (plan, _) = planned(&script);
        println!("# {set:?} {pods} {shapes} {seed}: {}, {:.4} of the bound\n{script}", cost(&plan), above_the_bound(&plan));
    }
}

fn cost(plan: &Plan) -> u64 {
    plan.bill.as_ref().expect("prices are known").new_nodes.micros()
}

/// Returns the plan and how long it took to make.
fn planned(script: &str) -> (Plan, Duration) {
    let (world, policy) = situation(script);
    let begun = Instant::now();
    let plan = plan(&world.snapshot, &policy);
    let took = begun.elapsed();
    assert_eq!(violations(&plan, &world.snapshot), [], "{script}");
    (plan, took)
}
