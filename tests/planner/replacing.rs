//! Nodes replaced by one that costs less: on small clusters the exchange finishes, makes the
//! cluster cheaper, and does not begin again.

use std::fmt::Write as _;

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Action, DrainReason, GrowReason, Plan, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{GrowthNote, PodVolume, UsdPerHour};

use crate::support::dice::Dice;
use crate::support::scenario::{World, situation};

const SEEDS: u64 = 150;
/// Plans in which a cluster must have come to rest.
const MOST_ROUNDS: u32 = 150;

/// Two nodes, each too full for the pods of the other, and one type that takes the pods of both and
/// costs less than both.
const TWO_FOR_ONE: &str = "
    policy consolidate max-scale-in-fraction=1
    group large cpu=16 type=l desired=2 max=5
    group huge cpu=24 type=h max=2
    price us-west-2 l 1.0
    price us-west-2 h 1.5
    node l1 group=large
    node l2 group=large
    pods p1 x2 cpu=5 on=l1 owner=ReplicaSet
    pods p2 x2 cpu=5 on=l2 owner=ReplicaSet
";

fn planned(world: &World, policy: &Policy) -> Plan {
    let plan = plan(&world.snapshot, policy);
    assert_eq!(violations(&plan, &world.snapshot), [], "{:?}", plan.actions);
    plan
}

fn replacements(plan: &Plan) -> Vec<&GrowReason> {
    let reasons = plan.actions.iter().filter_map(|action| match action {
        Action::SetDesired { reason, nodes: 1, .. } => Some(reason),
        _ => None,
    });
    reasons.filter(|reason| matches!(reason, GrowReason::Replaces { .. })).collect()
}

fn drained(plan: &Plan) -> Vec<&str> {
    let drained = plan.actions.iter().filter_map(|action| match action {
        Action::StartDrain { node, reason: DrainReason::Replaced, .. } => Some(node.name.as_str()),
        _ => None,
    });
    drained.collect()
}

/// Whether a script leads to a replacement at once.
fn replaces(script: &str) -> bool {
    let (world, policy) = situation(script);
    !replacements(&planned(&world, &policy)).is_empty()
}

#[test]
fn a_cheaper_node_is_bought_and_nothing_drained_before_it_is_ready() {
    let (mut world, policy) = situation(TWO_FOR_ONE);
    let bought = planned(&world, &policy);
    let [GrowReason::Replaces { nodes, before, after }] = replacements(&bought)[..] else { panic!("{:?}", bought.actions) };
    let usd = |text: &str| text.parse::<UsdPerHour>().expect("an amount");
    assert_eq!((nodes.join(" ").as_str(), *before, *after), ("l1 l2", usd("2"), usd("1.5")));
    assert_eq!(bought.actions.len(), 1, "{:?}", bought.actions);
    let report = bought.groups.iter().find(|group| group.added > 0).expect("one grows");
    assert_eq!(report.message, "+1 node to replace l1, l2 ($1.50/h instead of $2.00/h) once it is Ready");

    world.carry_out(&bought);
    world.wait(60);
    let waiting = planned(&world, &policy);
    assert_eq!(waiting.actions, [], "it is on the way");
    world.boot();
    world.wait(60);
    let draining = planned(&world, &policy);
    assert_eq!(drained(&draining), ["l1", "l2"]);
    assert_eq!(draining.summary.nodes_added, 0);
}

#[test]
fn what_is_not_cheaper_or_not_calm_is_left_alone() {
    assert!(replaces(TWO_FOR_ONE));
    let changed = |from: &str, to: &str| {
        assert!(TWO_FOR_ONE.contains(from), "{from}");
        TWO_FOR_ONE.replace(from, to)
    };
    let also = |line: &str| format!("{TWO_FOR_ONE}\n{line}");
    for script in [
        changed("h 1.5", "h 2.0"),
        changed("price us-west-2 h 1.5", ""),
        changed("price us-west-2 l 1.0", ""),
        changed("policy consolidate", "policy"),
        changed("policy consolidate", "policy consolidate no-scale-up"),
        changed("policy consolidate", "policy consolidate no-scale-in"),
        changed("policy consolidate", "policy consolidate min-consolidation-score=0.26"),
        changed("policy consolidate", "policy consolidate type-idle-count=1"),
        changed("policy consolidate", "policy consolidate max-nodes-total=2"),
        changed("policy consolidate", "policy consolidate drain-grace=3h"),
        changed("policy consolidate", "policy consolidate max-scale-up=0"),
        changed("policy consolidate", "policy consolidate max-scale-up=0").replace("max=2", "max=2 max-scale-up=3"),
        changed("max=2", "max=2 max-scale-up=0"),
        changed("max=2", "max=0"),
        changed("max=5", "max=5 min=2"),
        changed("max=5", "max=5 min=1"),
        changed("pods p1 x2 cpu=5 on=l1 owner=ReplicaSet", "pods p1 x2 cpu=5 on=l1 owner=Job"),
        changed("node l1 group=large", "node l1 group=large age=5m"),
        changed("node l1 group=large", "node l1 group=large protected"),
        also("pods stuck cpu=99"),
        also("pods coming cpu=1"),
        also("failure huge 10m InsufficientInstanceCapacity"),
        also("instance group=large age=2m"),
        changed("desired=2", "desired=3") + "instance group=large age=40m",
        also("unreadable eu-west-1 InternalFailure"),
        also("budget both allowed=1"),
    ] {
        assert!(!replaces(&script), "{script}");
    }
}

#[test]
fn a_pod_that_waits_for_something_else_than_a_node_does_not_hold_an_exchange_up() {
    for pods in ["pods gated cpu=1 gate=g", "pods others cpu=1 scheduler=other", "pods low cpu=1 priority=-11"] {
        assert!(replaces(&format!("{TWO_FOR_ONE}\n{pods}")), "{pods}");
    }
}

#[test]
fn a_group_that_was_asked_is_not_asked_again_before_its_note_is_old() {
    for (seconds, is_bought) in [(2999, false), (3000, true)] {
        let (mut world, policy) = situation(TWO_FOR_ONE);
        let (group, at) = (world.snapshot.groups[1].id.clone(), world.ago(seconds));
        world.snapshot.growth_notes.push(GrowthNote { group, desired: 1, at });
        assert_eq!(!replacements(&planned(&world, &policy)).is_empty(), is_bought, "{seconds} s ago");
    }
}

#[test]
fn of_several_purchases_the_one_that_saves_most_is_made() {
    for (first, second, bought) in [("1.5", "1.2", "z"), ("1.2", "1.5", "a")] {
        let script = format!(
            "{}
             group a cpu=24 type=a max=2
             group z cpu=24 type=z max=2
             price us-west-2 a {first}
             price us-west-2 z {second}",
            TWO_FOR_ONE.replace("price us-west-2 h 1.5", "price us-west-2 h 1.9")
        );
        let (world, policy) = situation(&script);
        let plan = planned(&world, &policy);
        let grown = plan.actions.iter().map(|action| match action {
            Action::SetDesired { group, .. } => group.name.as_str(),
            other => panic!("{other}"),
        });
        assert_eq!(grown.collect::<Vec<_>>(), [bought]);
    }
}

/// The idle node fits the pods of both.
const ONE_THAT_CAME: &str = "
    policy consolidate max-scale-in-fraction=1
    group large cpu=16 type=l desired=2 max=5
    group huge cpu=24 type=h desired=1 max=2
    price us-west-2 l 1.0
    price us-west-2 h 1.5
    node l1 group=large
    node l2 group=large
    node h1 group=huge idle=2m
    pods p1 x2 cpu=5 on=l1 owner=ReplicaSet
    pods p2 x2 cpu=5 on=l2 owner=ReplicaSet
";

#[test]
fn an_idle_node_is_filled_only_where_it_costs_less_than_those_that_go() {
    let drained_onto = |from: &str, to: &str| {
        assert!(ONE_THAT_CAME.contains(from), "{from}");
        let (world, policy) = situation(&ONE_THAT_CAME.replace(from, to));
        let plan = planned(&world, &policy);
        drained(&plan).join(" ")
    };
    assert_eq!(drained_onto("h 1.5", "h 1.5"), "l1 l2");
    assert_eq!(drained_onto("h 1.5", "h 1.999999"), "l1 l2");
    assert_eq!(drained_onto("h 1.5", "h 2.0"), "");
    assert_eq!(drained_onto("owner=ReplicaSet\n    pods p2", "owner=Job\n    pods p2"), "", "one of them alone is cheaper");
    assert_eq!(drained_onto("node h1 group=huge idle=2m", "node h1 group=huge idle=2m cordoned-by-person"), "");
    assert_eq!(drained_onto("node h1 group=huge idle=2m", "node h1 group=huge idle=2m protected"), "");
    assert_eq!(drained_onto("node h1 group=huge idle=2m", "node h1 group=huge not-ready=2m"), "");
    assert_eq!(drained_onto("policy consolidate", "policy only-group=large consolidate"), "");
}

#[test]
fn what_is_drained_onto_an_idle_node_goes_on_in_the_next_run() {
    let (world, policy) = situation(&ONE_THAT_CAME.replace("node l1 group=large", "node l1 group=large draining=2m"));
    let plan = planned(&world, &policy);
    let steps = plan.actions.iter().filter_map(|action| match action {
        Action::Evict { node, pods, .. } => Some(format!("evict {} pods of {} for {}", pods.len(), node.name, pods[0].room_on)),
        Action::Uncordon { node, .. } => Some(format!("uncordon {}", node.name)),
        _ => None,
    });
    assert_eq!(steps.collect::<Vec<_>>(), ["evict 2 pods of l1 for h1"]);
}

#[test]
fn limits_of_a_run_and_budgets_hold_for_an_exchange_too() {
    let drained_under = |change: fn(&mut Policy), more: &str| {
        let (world, mut policy) = situation(&format!("{ONE_THAT_CAME}\n{more}"));
        change(&mut policy);
        let plan = planned(&world, &policy);
        drained(&plan).join(" ")
    };
    assert_eq!(drained_under(|policy| policy.max_parallel_drains = 1, ""), "l1");
    assert_eq!(drained_under(|policy| policy.max_scale_in_fraction = 0.1, ""), "l1");
    assert_eq!(drained_under(|_| (), "budget both allowed=2"), "l1");
    assert_eq!(drained_under(|_| (), "budget both allowed=4"), "l1 l2");
}

/// The note that `apply` keeps of the purchase outlives the node, so that it is not bought again as
/// soon as it has been removed.
#[test]
fn a_node_that_turned_out_useless_goes_and_is_not_bought_again_at_once() {
    let (mut world, policy) = situation(TWO_FOR_ONE);
    let bought = planned(&world, &policy);
    world.carry_out(&bought);
    world.wait(120);
    world.boot();
    // Meanwhile the pods are not to be moved any more.
    let annotation = ("cluster-autoscaler.kubernetes.io/safe-to-evict".to_owned(), "false".to_owned());
    world.snapshot.pods.iter_mut().for_each(|pod| {
        pod.drain_annotations.insert(annotation.0.clone().into(), annotation.1.clone().into());
        pod.volumes.retain(|volume| !matches!(volume, PodVolume::HostPath { .. }));
    });
    for _ in 0..30 {
        world.wait(60);
        let plan = planned(&world, &policy);
        assert!(drained(&plan).is_empty() && replacements(&plan).is_empty(), "{:?}", plan.actions);
        world.carry_out(&plan);
    }
    assert_eq!(world.snapshot.nodes.len(), 2, "the idle node has gone");
    world.snapshot.pods.iter_mut().for_each(|pod| pod.drain_annotations.clear());
    let minutes = (0..60).find(|_| {
        world.wait(60);
        !replacements(&planned(&world, &policy)).is_empty()
    });
    assert!(minutes.is_some_and(|minutes| minutes >= 10), "{minutes:?}: twice --instance-init-time after the first");
}

/// Returns a cluster of up to six nodes in up to four groups at about AWS's prices; most pods may
/// move.
fn cluster(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let limits = ["max-scale-in-fraction=1", "max-scale-in-fraction=0.1", "max-scale-in-fraction=0.5 drain-grace=5m"];
    let mut script = format!("policy consolidate min-consolidation-score=0 {}\n", dice.pick(&limits));
    let groups = 2 + dice.below(3);
    let sizes: Vec<usize> = (0..groups).map(|_| 2 << dice.below(4)).collect();
    let homes: Vec<usize> = (0..=dice.below(6)).map(|_| dice.below(groups)).collect();
    for (group, cores) in sizes.iter().enumerate() {
        let desired = homes.iter().filter(|home| **home == group).count();
        let price = 45_000 * cores * (80 + dice.below(41)) / 100;
        let _ = writeln!(script, "group g{group} cpu={cores} mem={}Gi type=t{group} desired={desired} max=8", cores * 4);
        let _ = writeln!(script, "price us-west-2 t{group} {}.{:06}", price / 1_000_000, price % 1_000_000);
    }
    for (node, home) in homes.iter().enumerate() {
        let _ = writeln!(script, "node n{node} group=g{home}");
        let mut left = sizes[*home] * 1000;
        for pod in 0..=dice.below(4) {
            let asked = 250 * (1 + dice.below(16));
            if asked <= left {
                left -= asked;
                let owner = if dice.once_in(15) { "Job" } else { "ReplicaSet" };
                let _ = writeln!(script, "pods n{node}p{pod} cpu={asked}m mem=256Mi on=n{node} owner={owner}");
            }
        }
    }
    script
}

/// Carries plans out until nothing has changed for three hours. Returns how many nodes were bought
/// to replace others.
fn come_to_rest(world: &mut World, policy: &Policy, script: &str) -> usize {
    let (mut bought, mut calm) = (0, 0);
    for _ in 0..MOST_ROUNDS {
        let plan = planned(world, policy);
        bought += replacements(&plan).len();
        calm = if plan.has_changes() || !world.is_settled(&plan) { 0 } else { calm + 1 };
        if calm == 12 {
            return bought;
        }
        world.carry_out(&plan);
        world.wait(if calm > 2 { 1200 } else { 60 });
        world.boot();
        world.bind(&plan);
    }
    panic!("no rest after {MOST_ROUNDS} plans\n{script}");
}

#[test]
fn every_exchange_ends_and_has_made_the_cluster_cheaper() {
    let mut clusters = 0;
    for seed in 0..SEEDS {
        let script = cluster(seed);
        let (mut world, policy) = situation(&script);
        let before = planned(&world, &policy).bill.expect("prices are known").before;
        let nodes = world.snapshot.nodes.len();
        let bought = come_to_rest(&mut world, &policy, &script);
        let after = planned(&world, &policy).bill.expect("prices are known").before;
        assert!(bought == 0 || after < before, "{bought} bought, {before} before, {after} after\n{script}");
        assert!(bought <= nodes, "{bought} bought for {nodes} nodes\n{script}");
        assert!(world.snapshot.pods.iter().all(|pod| pod.node.is_some()), "a pod was left without a node\n{script}");
        clusters += usize::from(bought > 0);
    }
    assert!(clusters > 20, "only {clusters} clusters had something to replace");
}
