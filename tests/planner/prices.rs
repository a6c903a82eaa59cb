//! Prices: the bill of a plan, the cheapest mix against exhaustive search, and a lower bound that
//! no mix undercuts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Bill, Plan, explain, plan};
use ec2_autoscale_core::render::{self, TableStyle};
use ec2_autoscale_core::snapshot::{ObjectName, UsdPerHour};

use crate::support::dice::Dice;
use crate::support::scenario::situation;

const SEEDS: u64 = 400;
/// With so many every other expander is tried.
const OTHERS_SEEDS: u64 = 200;
/// A group as the search sees it: millicores and MiB, millionths of a dollar, and the nodes that it
/// may have.
struct Group {
    offers: [i64; 2],
    price: u64,
    max: usize,
}

/// A pod: its requests, and the only group that it may run in, if there is one.
#[derive(Clone)]
struct Pod {
    kind: usize,
    asks: [i64; 2],
    group: Option<usize>,
}

/// Returns at most three groups and eight pods, as a script and as the search sees them.
fn case(seed: u64) -> (String, Vec<Group>, Vec<Pod>) {
    let mut dice = Dice::new(seed);
    let number = |dice: &mut Dice, end: usize| i64::try_from(dice.below(end)).expect("a small number");
    let mut script = "policy expander=price\n".to_owned();
    let groups: Vec<Group> = (0..=dice.below(3))
        .map(|_| {
            let cpu = 2 << dice.below(5);
            let memory = cpu * (2 << dice.below(3)) * 1024;
            // About AWS's price of a core and a GiB, a little more or less.
            let fair = 28_000 * cpu + 3 * memory;
            let price = u64::try_from(fair * (80 + number(&mut dice, 41)) / 100).expect("a price");
            Group { offers: [cpu * 1000, memory], price, max: if dice.once_in(4) { 1 + dice.below(3) } else { 8 } }
        })
        .collect();
    for (place, Group { offers: [cpu, memory], price, max }) in groups.iter().enumerate() {
        let _ = writeln!(script, "group g{place} cpu={cpu}m mem={memory}Mi max={max} label=own=g{place} type=t{place}");
        let _ = writeln!(script, "price us-west-2 t{place} {}.{:06}", price / 1_000_000, price % 1_000_000);
    }
    let mut pods = Vec::new();
    for kind in 0..=dice.below(4) {
        let asks = [250 * (1 + number(&mut dice, 24)), 512 * (1 + number(&mut dice, 24))];
        let group = dice.once_in(8).then(|| dice.below(groups.len()));
        let count = (1 + dice.below(4)).min(8 - pods.len());
        let select = group.map_or_else(String::new, |group| format!("select=own=g{group}"));
        let _ = writeln!(script, "pods p{kind} x{count} cpu={}m mem={}Mi {select}", asks[0], asks[1]);
        pods.extend(std::iter::repeat_n(Pod { kind, asks, group }, count));
        if pods.len() == 8 {
            break;
        }
    }
    (script, groups, pods)
}

/// Returns the lowest price of nodes for all pods, by trying every way; `None` where there is none.
fn cheapest(groups: &[Group], pods: &[Pod]) -> Option<u64> {
    cheapest_within(groups, pods, usize::MAX)
}

/// Returns that with at most so many nodes.
fn cheapest_within(groups: &[Group], pods: &[Pod], most: usize) -> Option<u64> {
    let mut search = Search { groups, pods, most, heaps: Vec::new(), least: None };
    search.part(0);
    search.least
}

struct Search<'c> {
    groups: &'c [Group],
    pods: &'c [Pod],
    most: usize,
    heaps: Vec<Vec<usize>>,
    least: Option<u64>,
}

impl Search<'_> {
    fn part(&mut self, pod: usize) {
        if pod == self.pods.len() {
            let mut left: Vec<usize> = self.groups.iter().map(|group| group.max).collect();
            return self.choose(0, 0, &mut left);
        }
        for heap in 0..(self.heaps.len() + 1).min(self.most) {
            if heap == self.heaps.len() {
                self.heaps.push(Vec::new());
            }
            self.heaps[heap].push(pod);
            if (0..self.groups.len()).any(|group| self.takes(group, heap)) {
                self.part(pod + 1);
            }
            self.heaps[heap].pop();
            if self.heaps[heap].is_empty() {
                self.heaps.pop();
            }
        }
    }

    fn choose(&mut self, heap: usize, price: u64, left: &mut [usize]) {
        if self.least.is_some_and(|least| price >= least) {
            return;
        }
        if heap == self.heaps.len() {
            self.least = Some(price);
            return;
        }
        for group in 0..self.groups.len() {
            if left[group] > 0 && self.takes(group, heap) {
                left[group] -= 1;
                self.choose(heap + 1, price + self.groups[group].price, left);
                left[group] += 1;
            }
        }
    }

    fn takes(&self, group: usize, heap: usize) -> bool {
        let Group { offers, .. } = &self.groups[group];
        let pods = || self.heaps[heap].iter().map(|pod| &self.pods[*pod]);
        let fits = |resource: usize| pods().map(|pod| pod.asks[resource]).sum::<i64>() <= offers[resource];
        fits(0) && fits(1) && pods().all(|pod| pod.group.is_none_or(|only| only == group))
    }
}

#[test]
fn a_mix_for_a_few_pods_is_the_cheapest_there_is() {
    let mut solved = 0;
    for seed in 0..SEEDS {
        let (script, groups, pods) = case(seed);
        let (world, policy) = situation(&script);
        let plan = plan(&world.snapshot, &policy);
        assert_eq!(violations(&plan, &world.snapshot), [], "{script}");
        // If not all pods find a place, the search and the planner may place different ones.
        let Some(least) = cheapest(&groups, &pods) else { continue };
        assert_eq!(plan.summary.pods_unhelped, 0, "{script}");
        let bill = plan.bill.as_ref().expect("prices are known");
        let (paid, bound) = (bill.new_nodes.micros(), bill.lower_bound.expect("pods got nodes").micros());
        assert!(bound <= least, "at least {bound} would be paid, and {least} is enough\n{script}");
        assert!(least <= paid, "{paid} is less than the least, {least}\n{script}");
        assert_eq!(paid, least, "dearer than need be\n{script}");
        assert_eq!(bound, least, "all ways are tried for so few pods\n{script}");
        solved += 1;
    }
    assert!(solved > 200, "too few of the cases can be solved");
}

/// Goes red when a limit on the nodes of a run is laid on a mix that was chosen without it: then
/// pods are bought for class by class, or with nodes that cost more than fewer others.
#[test]
fn within_max_scale_up_the_pods_that_are_served_cost_as_little_as_they_can() {
    let (mut limited, mut equal) = (0, 0);
    for seed in 0..SEEDS / 2 {
        let (script, groups, pods) = case(seed);
        let free = planned(&script);
        let nodes = free.summary.nodes_added;
        for most in 1..=nodes + 1 {
            let script = script.replace("expander=price", &format!("expander=price max-scale-up={most}"));
            let plan = planned(&script);
            if most >= nodes {
                assert_eq!(plan.pods, free.pods, "{most} of {nodes} nodes\n{script}");
                equal += 1;
                continue;
            }
            let is_served = |kind: usize, number: usize| {
                let name = format!("p{kind}-{number}");
                plan.pods.iter().any(|report| report.pod.name == *name && report.verdict.is_helped())
            };
            let mut numbers = BTreeMap::new();
            let mut number_in_kind = |kind: usize| {
                let next: &mut usize = numbers.entry(kind).or_default();
                *next += 1;
                *next - 1
            };
            let served: Vec<Pod> = pods.iter().filter(|pod| is_served(pod.kind, number_in_kind(pod.kind))).cloned().collect();
            let least = cheapest_within(&groups, &served, usize::try_from(most).expect("a few"));
            let paid = plan.bill.as_ref().expect("prices are known").new_nodes.micros();
            assert_eq!(Some(paid), least, "for {} of {} pods on {most} nodes\n{script}", served.len(), pods.len());
            limited += 1;
        }
    }
    assert!(limited > 150 && equal > 150, "{limited} with a limit that was hit, {equal} with one that was not");
}

/// Returns what nodes of one group cost for all pods, filled first fit, the largest ones first.
fn first_fit(group: usize, groups: &[Group], pods: &[Pod]) -> Option<u64> {
    let Group { offers, price, max } = &groups[group];
    let mut pods = pods.to_vec();
    pods.sort_by_key(|pod| std::cmp::Reverse(pod.asks));
    let mut nodes: Vec<[i64; 2]> = Vec::new();
    for pod in pods {
        let fits = |free: &[i64; 2]| pod.asks.iter().zip(free).all(|(asked, free)| asked <= free);
        if pod.group.is_some_and(|only| only != group) || !fits(offers) {
            return None;
        }
        let place = nodes.iter().position(fits).unwrap_or(nodes.len());
        if place == nodes.len() {
            nodes.push(*offers);
        }
        (0..2).for_each(|at| nodes[place][at] -= pod.asks[at]);
    }
    (nodes.len() <= *max).then(|| price * nodes.len() as u64)
}

/// Goes red when the mix is not compared with what is bought class by class.
#[test]
fn no_other_expander_is_cheaper() {
    for seed in 0..OTHERS_SEEDS {
        let (script, groups, pods) = case(seed);
        let cost = |expander: &str| {
            let plan = planned(&script.replace("expander=price", &format!("expander={expander} packing=dense")));
            (plan.summary.pods_unhelped == 0).then(|| plan.bill.expect("prices are known").new_nodes)
        };
        let Some(paid) = cost("price") else { continue };
        let alone = (0..groups.len()).filter_map(|group| first_fit(group, &groups, &pods)).min();
        assert!(alone.is_none_or(|alone| paid.micros() <= alone), "{paid} and only {alone:?} of one group\n{script}");
        for other in ["least-waste", "least-nodes", "most-pods", "random"] {
            let others = cost(other);
            assert!(others.is_none_or(|others| paid <= others), "{paid} and only {others:?} by {other}\n{script}");
        }
    }
}

/// Groups like 21 machine types of EC2: cores, GiB, and the price on demand in us-east-1.
const TYPES: [(&str, i64, i64, &str); 21] = [
    ("c6i-large", 2, 4, "0.085"),
    ("c6i-xlarge", 4, 8, "0.17"),
    ("c6i-2xlarge", 8, 16, "0.34"),
    ("c7i-4xlarge", 16, 32, "0.714"),
    ("c7i-8xlarge", 32, 64, "1.428"),
    ("c7i-16xlarge", 64, 128, "2.856"),
    ("c7i-24xlarge", 96, 192, "4.284"),
    ("m6i-large", 2, 8, "0.096"),
    ("m6i-xlarge", 4, 16, "0.192"),
    ("m6i-2xlarge", 8, 32, "0.384"),
    ("m6i-4xlarge", 16, 64, "0.768"),
    ("m6i-8xlarge", 32, 128, "1.536"),
    ("m7i-16xlarge", 64, 256, "3.2256"),
    ("m7i-24xlarge", 96, 384, "4.8384"),
    ("r6i-large", 2, 16, "0.126"),
    ("r6i-xlarge", 4, 32, "0.252"),
    ("r6i-2xlarge", 8, 64, "0.504"),
    ("r7i-4xlarge", 16, 128, "1.0584"),
    ("r7i-8xlarge", 32, 256, "2.1168"),
    ("r7i-16xlarge", 64, 512, "4.2336"),
    ("r7i-24xlarge", 96, 768, "6.3504"),
];

/// Returns the groups and prices of [`TYPES`] as a script.
fn types(max_scale_up: u32) -> String {
    let mut script = format!("policy expander=price max-scale-up={max_scale_up}\n");
    for (name, cores, gib, price) in TYPES {
        let _ = writeln!(script, "group {name} cpu={cores} mem={gib}Gi max=1000 type={name}\nprice us-west-2 {name} {price}");
    }
    script
}

/// Kinds of pods: how many, millicores, and MiB.
type Kinds = &'static [(u32, u32, u32)];

fn kinds(kinds: Kinds) -> String {
    let mut script = String::new();
    for (number, (pods, cpu, mib)) in kinds.iter().enumerate() {
        let _ = writeln!(script, "pods k{number} x{pods} cpu={cpu}m mem={mib}Mi");
    }
    script
}

const MANY: Kinds = &[
    (31, 2450, 4480),
    (17, 1850, 1920),
    (12, 850, 1152),
    (9, 2400, 15_744),
    (22, 4350, 6336),
    (14, 600, 5120),
    (6, 7100, 9216),
];

/// Goes red when nodes are filled first fit instead of by worth.
#[test]
fn many_pods_cost_little_more_than_the_bound() {
    let plan = planned(&(types(1000) + &kinds(MANY)));
    let bill = plan.bill.expect("prices are known");
    let (paid, bound) = (bill.new_nodes.micros(), bill.lower_bound.expect("pods got nodes").micros());
    assert_eq!(plan.summary.pods_unhelped, 0);
    assert!(paid * 100 <= bound * 102, "{paid} is more than 2 % above {bound}");
}

/// Goes red when one load that its groups cannot take makes every other pod dearer.
#[test]
fn a_pod_too_many_for_one_group_changes_nothing_for_others() {
    let full = |pods: u32| {
        format!("group full cpu=8 max=2 label=own=full type=f\nprice us-west-2 f 1\npods f x{pods} cpu=8 select=own=full\n")
    };
    let cost = |pods: u32| {
        let plan = planned(&(types(1000) + &full(pods) + &kinds(MANY)));
        (plan.bill.expect("prices are known").new_nodes, plan.summary.pods_unhelped)
    };
    let ((fitting, none), (one_too_many, one)) = (cost(2), cost(3));
    assert_eq!((none, one), (0, 1));
    assert_eq!(fitting, one_too_many);
}

/// Goes red when more nodes than a run may add throw the mix away.
#[test]
fn a_run_that_may_not_add_all_nodes_adds_the_best_of_them() {
    let cost = |most: u32| {
        let plan = planned(&(types(most) + &kinds(MANY)));
        (plan.bill.expect("prices are known"), plan.summary.nodes_added)
    };
    let (all, nodes) = cost(1000);
    let (some, fewer) = cost(nodes - 1);
    assert_eq!(fewer, nodes - 1);
    let each = |bill: &Bill| bill.new_nodes.micros() * 1000 / bill.lower_bound.expect("pods got nodes").micros();
    assert!(each(&some) <= each(&all) + 5, "{} instead of {} thousandths of the bound", each(&some), each(&all));
}

fn planned(script: &str) -> Plan {
    let (world, policy) = situation(script);
    let plan = plan(&world.snapshot, &policy);
    assert_eq!(violations(&plan, &world.snapshot), []);
    plan
}

fn usd(text: &str) -> UsdPerHour {
    text.parse().expect("an amount")
}

/// By hand: one node of either group takes all three pods or one; three small ones cost 0.30, a
/// large one 0.35.
#[test]
fn the_price_of_all_pods_counts_and_not_that_of_each() {
    let script = |large: &str| {
        format!(
            "policy expander=price
             group small cpu=4 max=9 type=s
             group large cpu=12 max=9 type=l
             price us-west-2 s 0.1
             price us-west-2 l {large}
             pods job x3 cpu=4"
        )
    };
    let added = |plan: &Plan| plan.groups.iter().map(|group| (group.group.name.clone(), group.added)).collect::<Vec<_>>();
    let dear = planned(&script("0.35"));
    assert_eq!(added(&dear), [("large".into(), 0), ("small".into(), 3)]);
    let bill = dear.bill.expect("prices are known");
    assert_eq!((bill.new_nodes, bill.lower_bound), (usd("0.3"), Some(usd("0.3"))));
    let cheap = planned(&script("0.25"));
    assert_eq!(added(&cheap), [("large".into(), 1), ("small".into(), 0)]);
}

/// Computed by hand: both groups have room for one node. The pod that needs zone a gets the one
/// there, even if the other pod might be put into the smaller group of the two.
#[test]
fn a_balanced_node_leaves_the_places_that_others_need() {
    let plan = planned(
        "policy expander=price balance-similar-groups
         group a cpu=4 max=1 type=s zones=a
         group b cpu=4 max=1 type=s zones=b
         price us-west-2 s 0.1
         pods plain cpu=4
         pods zonal cpu=4 select=topology.kubernetes.io/zone=us-west-2a",
    );
    assert_eq!(plan.groups.iter().map(|group| group.added).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(plan.summary.pods_helped, 2);
}

/// The bill counts three live nodes of known price, and one more that is bought. A finding reports
/// the group without a price and without a node.
#[test]
fn the_bill_counts_what_lives_and_what_is_bought() {
    let plan = planned(
        "policy max-scale-in-fraction=1
         group web cpu=4 max=9 desired=3 type=w
         group mixed cpu=8 max=9 type=a,b label=team=x
         group dark cpu=2 max=9 type=dark
         node n1 group=web
         node n2 group=web
         node n3 group=web idle=1h cordoned=10m
         pods p x2 cpu=3 on=n1
         pods q cpu=3 on=n2
         price us-west-2 w 0.2
         price us-west-2 a 0.4
         price us-west-2 b 0.3
         pods job cpu=6 select=team=x",
    );
    let bill = plan.bill.as_ref().expect("prices are known");
    assert_eq!((bill.before, bill.after, bill.new_nodes, bill.pods), (usd("0.6"), usd("0.8"), usd("0.4"), 1));
    let names: Vec<&str> = bill.unpriced.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, Vec::<&str>::new(), "dark has no node and gets none");
    let finding = plan.findings.iter().find(|finding| finding.message.contains("no price of dark in us-west-2 is known"));
    assert!(finding.is_some(), "{:?}", plan.findings);
    assert!(plan.summary.complete, "a missing price is no failure");
}

#[test]
fn without_prices_nothing_is_said_of_them() {
    let plan = planned("group web cpu=4 max=9\npods job cpu=3");
    assert_eq!(plan.bill, None);
    assert!(!render::table(&plan, TableStyle { width: Some(80), ..TableStyle::default() }).contains("COSTS"));
}

#[test]
fn a_pod_is_told_what_it_costs_where() {
    let (world, policy) = situation(
        "policy expander=price
         group small cpu=4 max=9 type=s
         group large cpu=8 max=9 type=l
         group dark cpu=8 max=9 type=dark
         price us-west-2 s 0.1
         price us-west-2 l 0.3
         pods job x2 cpu=4",
    );
    let name = ObjectName::new("batch", "job-0");
    let explained = explain::pod(&world.snapshot, &policy, &name).expect("it is there");
    let steps: Vec<&str> = explained.ranking.iter().map(|step| step.message.as_str()).collect();
    assert_eq!(
        steps,
        [
            "small before large: $0.10/h a pod instead of $0.15/h",
            "large before dark: $0.15/h a pod, while no price of the other is known",
        ]
    );
    let group = explain::group(&world.snapshot, &policy, "large").expect("it is there");
    let text = render::explain_group(&group, Some(80), false);
    assert!(text.contains("a node    $0.30/h (l on demand; table of --prices)"), "{text}");
    let group = explain::group(&world.snapshot, &policy, "dark").expect("it is there");
    let text = render::explain_group(&group, Some(80), false);
    assert!(text.contains("no price of dark is known"), "{text}");
}

#[test]
fn what_stands_before_price_decides_first() {
    let plan = planned(
        "policy expander=priority,price
         group dear cpu=4 max=2 type=d priority=5
         group cheap cpu=4 max=9 type=c
         price us-west-2 d 1.0
         price us-west-2 c 0.1
         pods job x3 cpu=4",
    );
    let added: Vec<_> = plan.groups.iter().map(|group| (group.group.name.as_str(), group.added)).collect();
    assert_eq!(added, [("dear", 2), ("cheap", 1)]);
}

/// By hand: the first is the base, and of the three above it every second one is on demand, rounded
/// up.
#[test]
fn each_node_of_a_mixed_group_counts_by_how_it_is_paid_for() {
    let plan = planned(
        "group mixed cpu=4 max=9 type=m on-demand=1:50
         price us-west-2 m 1.0
         price us-west-2 m 0.3 spot
         pods job x4 cpu=4",
    );
    let bill = plan.bill.expect("prices are known");
    assert_eq!((bill.new_nodes, bill.lower_bound), (usd("3.3"), Some(usd("1.2"))));
}

/// If the price of a spot instance is not known, it costs at most the price on demand.
#[test]
fn a_spot_instance_costs_no_more_than_on_demand() {
    let (world, policy) = situation("group spot cpu=4 max=9 type=m spot\nprice us-west-2 m 1.0\npods job cpu=4");
    let bill = plan(&world.snapshot, &policy).bill.expect("prices are known");
    assert_eq!((bill.new_nodes, bill.unpriced.len()), (usd("1"), 0));
    let group = explain::group(&world.snapshot, &policy, "spot").expect("it is there");
    let text = render::explain_group(&group, Some(100), false);
    assert!(text.contains("$1.00/h at most (m spot, of which only the price on demand is known; table of --prices)"), "{text}");
}
