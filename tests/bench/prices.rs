//! `--expander price` on 1,000 random cases: by how much the price of the mix exceeds the lower
//! bound, which no mix undercuts. For a few pods the bound is far out of reach, since it allows
//! parts of nodes; `tests/planner/prices.rs` compares those with exhaustive search.

use std::time::{Duration, Instant};

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Bill, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{
    CPU, ClusterIdentity, Group, MEMORY, Market, PODS, Price, PriceSource, Region, Snapshot, SpecId, TagFacts, UsdPerHour,
};

use crate::made_up;
use crate::random::Random;
use crate::small_pods::{now, pending_pod, spec};

const SEED: u64 = 42;
const CASES: usize = 1_000;
const REGION: &str = "us-west-2";

/// Prints the gaps, and asserts that none is negative.
pub(crate) fn measure() {
    let mut random = Random::seeded(SEED);
    let policy = Policy { expander: "price".parse().expect("a chain"), max_scale_up: 100_000, ..Policy::default() };
    let (mut few, mut many, mut slowest) = (Vec::new(), Vec::new(), Duration::ZERO);
    for _ in 0..CASES {
        let snapshot = snapshot(&mut random);
        let begun = Instant::now();
        let made = plan(&snapshot, &policy);
        slowest = slowest.max(begun.elapsed());
        assert_eq!(violations(&made, &snapshot), vec![]);
        assert_eq!(made.summary.pods_unhelped, 0, "every pod fits on a node of some group");
        let gap = gap(made.bill.as_ref().expect("prices are known"));
        if made.pods.len() < 50 { few.push(gap) } else { many.push(gap) }
    }
    tell("fewer than 50 pods", few);
    tell("50 pods and more", many);
    println!("the slowest of these plans: {slowest:.1?}");
}

/// Returns by how much the new nodes exceed the bound, as a share of it.
fn gap(bill: &Bill) -> f64 {
    let bound = bill.lower_bound.expect("pods got nodes");
    assert!(bill.new_nodes >= bound, "{} is less than {bound}, below which nothing is", bill.new_nodes);
    #[expect(clippy::cast_precision_loss, reason = "for people to read")]
    let micros = |amount: UsdPerHour| amount.micros() as f64;
    micros(bill.new_nodes) / micros(bound) - 1.0
}

fn tell(name: &str, mut gaps: Vec<f64>) {
    gaps.sort_by(f64::total_cmp);
    let percent = |place: usize| gaps[place] * 100.0;
    println!(
        "price above the lower bound, {} cases of {name}: median {:.1} %, p95 {:.1} %, most {:.1} %",
        gaps.len(),
        percent(gaps.len() / 2),
        percent(gaps.len() * 95 / 100),
        percent(gaps.len() - 1)
    );
}

/// Returns two to six groups of sizes and shapes like AWS's, at about its prices, and up to 400
/// pods of up to 12 kinds.
fn snapshot(random: &mut Random) -> Snapshot {
    let mut snapshot = Snapshot::empty(ClusterIdentity::default(), now());
    snapshot.regions = vec![Region { name: REGION.to_owned(), preference: 0, unreadable: None }];
    let mut prices = Vec::new();
    for number in 0..2 + random.below(5) {
        // The first takes every pod.
        let cores = if number == 0 { 32 } else { 2 << random.below(5) };
        let gib = cores * (2 << random.below(3));
        let micros = (28_000 * cores + 3_000 * gib) * (85 + random.below(31)) / 100;
        let machine_type = format!("type-{number}");
        snapshot.groups.push(group(&machine_type, cores, gib));
        prices.push(Price {
            region: REGION.to_owned(),
            machine_type,
            market: Market::OnDemand,
            zone: None,
            usd_per_hour: UsdPerHour::from_micros(micros as u64),
            list_usd_per_hour: None,
            source: PriceSource::Table,
        });
    }
    snapshot.prices = Some(prices);
    let most = if random.percent(30) { 5 } else { 34 };
    for kind in 0..=random.below(12) {
        let id = SpecId(u32::try_from(kind).expect("few kinds"));
        let (cpu, mib) = (250 * (1 + random.below(32)), 512 * (1 + random.below(64)));
        let amount = |number: usize| i64::try_from(number).expect("a small number");
        snapshot.pod_specs.insert(id, spec([(CPU, amount(cpu)), (MEMORY, amount(mib) << 20)].into_iter().collect()));
        let pods = 1 + random.below(most);
        snapshot.pods.extend((0..pods).map(|number| pending_pod(format!("price-{kind:02}-{number:02}"), id)));
    }
    snapshot
}

fn group(machine_type: &str, cores: usize, gib: usize) -> Group {
    let amount = |number: usize| i64::try_from(number).expect("a small number");
    let resources = [(CPU, amount(cores) * 1000), (MEMORY, amount(gib) << 30), (PODS, 110)].into_iter().collect();
    let tags = TagFacts { resources, ..TagFacts::default() };
    let (name, zones) = (format!("group-of-{machine_type}"), vec![format!("{REGION}a")]);
    Group { tags, ..made_up::group(REGION, name, machine_type.to_owned(), 1_000, zones) }
}
