//! Consolidation against exhaustive search: on small clusters the set of nodes that are removed is
//! never wrong, and seldom more than one node smaller than the largest possible set.

use std::fmt::Write as _;

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Action, Plan, plan};
use ec2_autoscale_core::snapshot::{ContainerAllocation, LabelSelector, PodSpec, Resources, SpecId};
use serde_json::json;

use crate::support::dice::Dice;
use crate::support::scenario::situation;

const SEEDS: u64 = 500;
/// In this many of a hundred clusters at most one more node could be removed.
const WITHIN_ONE: usize = 95;
/// The most steps of one search for places; a cluster that needs more is not small.
const MOST_STEPS: u32 = 2_000_000;

/// A node as the search sees it: what its pods leave free, and the pods that move when it is
/// removed.
#[derive(Clone)]
struct Node {
    pool: usize,
    free: [i64; 2],
    pods: Vec<Pod>,
    /// Whether a pod keeps it even if all pods fit elsewhere.
    is_kept: bool,
}

/// Processor in millicores, memory in MiB, and the pool that it needs, if it needs one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pod {
    asks: [i64; 2],
    pool: Option<usize>,
}

/// Returns a cluster of up to twelve nodes in up to three pools, as a script and as the search sees
/// it.
fn cluster(seed: u64) -> (String, Vec<Node>) {
    let mut dice = Dice::new(seed);
    let pools = 1 + dice.below(3);
    let sizes: Vec<[i64; 2]> = (0..pools).map(|_| [[4000, 16384], [8000, 32768], [16000, 32768]][dice.below(3)]).collect();
    let nodes = 3 + dice.below(10);
    let filling = 1 + dice.below(5);
    let mut script = "policy consolidate max-scale-in-fraction=1\n".to_owned();
    let homes: Vec<usize> = (0..nodes).map(|_| dice.below(pools)).collect();
    for (pool, [cpu, memory]) in sizes.iter().enumerate() {
        let desired = homes.iter().filter(|home| **home == pool).count();
        let _ = writeln!(script, "group g{pool} zones=a cpu={cpu}m mem={memory}Mi label=pool=p{pool} desired={desired} max=20");
    }
    let mut known = Vec::new();
    for (number, &pool) in homes.iter().enumerate() {
        let _ = writeln!(script, "node n{number} group=g{pool}");
        let mut node = Node { pool, free: sizes[pool], pods: Vec::new(), is_kept: false };
        for pod in 0..=dice.below(filling) {
            let mut small = |sides| i64::try_from(dice.below(sides)).expect("a small number");
            let asks = [500 * (1 + small(6)), 2048 * (1 + small(4))];
            if asks[0] > node.free[0] || asks[1] > node.free[1] {
                continue;
            }
            let bound_to = (dice.below(4) == 0).then_some(pool);
            let is_job = dice.below(12) == 0;
            let select = bound_to.map_or_else(String::new, |pool| format!("select=pool=p{pool}"));
            let owner = if is_job { "Job" } else { "ReplicaSet" };
            let _ =
                writeln!(script, "pods n{number}p{pod} cpu={}m mem={}Mi on=n{number} owner={owner} {select}", asks[0], asks[1]);
            node.free = [node.free[0] - asks[0], node.free[1] - asks[1]];
            node.pods.push(Pod { asks, pool: bound_to });
            node.is_kept |= is_job;
        }
        // Other rules decide whether an idle node is removed, and it receives no pods.
        if node.pods.is_empty() {
            let _ = writeln!(script, "pods n{number}p0 cpu=250m mem=512Mi on=n{number} owner=ReplicaSet");
            node.free = [node.free[0] - 250, node.free[1] - 512];
            node.pods.push(Pod { asks: [250, 512], pool: None });
        }
        known.push(node);
    }
    (script, known)
}

/// Whether the pods of these nodes fit on the others, by trying every way.
fn fits(nodes: &[Node], leaving: u32) -> bool {
    let goes = |number: usize| leaving & (1 << number) != 0;
    let mut pods: Vec<Pod> =
        (0..nodes.len()).filter(|number| goes(*number)).flat_map(|number| nodes[number].pods.clone()).collect();
    let mut room: Vec<(usize, [i64; 2])> =
        (0..nodes.len()).filter(|number| !goes(*number)).map(|number| (nodes[number].pool, nodes[number].free)).collect();
    let too_much = |resource: usize| {
        pods.iter().map(|pod| pod.asks[resource]).sum::<i64>() > room.iter().map(|(_, free)| free[resource]).sum::<i64>()
    };
    if too_much(0) || too_much(1) {
        return false;
    }
    pods.sort_by_key(|pod| (std::cmp::Reverse(pod.asks[0] * 4 + pod.asks[1]), pod.asks, pod.pool));
    let mut steps = 0;
    place(&pods, 0, &mut room, &mut steps)
}

/// Places the pods. Pods that are alike are placed in the order of the nodes, from `first` on.
fn place(pods: &[Pod], first: usize, room: &mut Vec<(usize, [i64; 2])>, steps: &mut u32) -> bool {
    *steps += 1;
    assert!(*steps < MOST_STEPS, "no small cluster");
    let Some((pod, rest)) = pods.split_first() else { return true };
    for number in first..room.len() {
        let (pool, free) = room[number];
        let is_open = pod.pool.is_none_or(|wanted| wanted == pool) && free[0] >= pod.asks[0] && free[1] >= pod.asks[1];
        // Of nodes that are alike one is enough.
        if !is_open || room[first..number].contains(&(pool, free)) {
            continue;
        }
        room[number].1 = [free[0] - pod.asks[0], free[1] - pod.asks[1]];
        let next = if rest.first() == Some(pod) { number } else { 0 };
        if place(rest, next, room, steps) {
            return true;
        }
        room[number].1 = free;
    }
    false
}

/// Whether some set of this many nodes could be removed. If a set can be removed, each part of it
/// can, so that sizes need not be skipped.
fn could_go(nodes: &[Node], count: u32) -> bool {
    let kept = (0..nodes.len()).filter(|number| nodes[*number].is_kept).fold(0_u32, |kept, number| kept | 1 << number);
    (0..1_u32 << nodes.len()).filter(|set| set.count_ones() == count && set & kept == 0).any(|set| fits(nodes, set))
}

#[test]
fn consolidation_is_never_wrong_and_nearly_complete() {
    let mut sizes = [0; 3];
    for seed in 0..SEEDS {
        let (script, nodes) = cluster(seed);
        let (world, mut policy) = situation(&script);
        policy.max_parallel_drains = u32::MAX;
        let plan = plan(&world.snapshot, &policy);
        assert_eq!(violations(&plan, &world.snapshot), [], "{script}");
        let number = |name: &str| name[1..].parse::<usize>().expect("n and a number");
        let drained = plan.actions.iter().filter_map(|action| match action {
            Action::StartDrain { node, .. } => Some(number(&node.name)),
            _ => None,
        });
        let gone = drained.fold(0_u32, |gone, number| gone | 1 << number);
        assert!((0..nodes.len()).all(|number| gone & (1 << number) == 0 || !nodes[number].is_kept), "{script}");
        assert!(fits(&nodes, gone), "the pods of {gone:b} do not fit\n{script}");
        let is_complete = !could_go(&nodes, gone.count_ones() + 1);
        let missed = if is_complete { 0 } else { 1 + usize::from(could_go(&nodes, gone.count_ones() + 2)) };
        sizes[missed] += 1;
    }
    let [exact, one_less, worse] = sizes;
    assert!(
        (exact + one_less) * 100 >= WITHIN_ONE * (exact + one_less + worse),
        "exact {exact}, one less {one_less}, worse {worse}"
    );
}

/// Each node alone could be removed: the follower stays beside its leader, and then the leader
/// leaves. Once both are evicted the follower has no pod left to follow, and where the leader moves
/// there is no room for it.
#[test]
fn pods_that_follow_others_are_not_left_behind() {
    let (mut world, policy) = situation(
        "policy consolidate max-scale-in-fraction=1
         group a zones=a cpu=8 desired=3
         group b zones=b cpu=8 desired=1
         node n1 group=a
         node n2 group=a
         node n3 group=b
         node n4 group=a
         pods follower cpu=2 on=n1 owner=ReplicaSet
         pods leader cpu=4 on=n2 owner=ReplicaSet label=app=leader
         pods kept cpu=4 on=n3
         pods large cpu=6 on=n4",
    );
    let follower = world.snapshot.pods.iter().find(|pod| pod.name == "follower-0").expect("it is there").spec;
    let term = json!({ "topology_key": "topology.kubernetes.io/zone",
        "selector": { "match_labels": { "app": "leader" } } });
    let spec = world.snapshot.pod_specs.get_mut(&follower).expect("a specification");
    spec.pod_affinity = vec![serde_json::from_value(term).expect("a term")];
    let plan = plan(&world.snapshot, &policy);
    let drained = plan.actions.iter().filter_map(|action| match action {
        Action::StartDrain { node, .. } => Some(node.name.as_str()),
        _ => None,
    });
    assert_eq!(drained.collect::<Vec<_>>(), ["n1"]);
}

/// Returns the nodes from which a plan begins to move the pods.
fn drained(plan: &Plan) -> Vec<&str> {
    let drained = plan.actions.iter().filter_map(|action| match action {
        Action::StartDrain { node, .. } => Some(node.name.as_str()),
        _ => None,
    });
    drained.collect()
}

/// One specification and two labels: there is room for both pods beside a third one that keeps one
/// of the labels away.
#[test]
fn pods_are_told_apart_by_the_labels_that_others_look_at() {
    let drained_with = |on_n1: &str, on_n2: &str, is_expected: bool| {
        let (mut world, policy) = situation(&format!(
            "policy consolidate max-scale-in-fraction=1
             group small cpu=6 desired=2
             group large cpu=16 desired=1
             node n1 group=small
             node n2 group=small
             node n3 group=large
             pods first cpu=5 on=n1 owner=ReplicaSet label=app={on_n1}
             pods second cpu=5 on=n2 owner=ReplicaSet label=app={on_n2}
             pods keeper cpu=1 {}",
            if is_expected { "select=node.kubernetes.io/instance-type=m5.large" } else { "on=n3" }
        ));
        world.node("n3").labels.insert("node.kubernetes.io/instance-type".into(), "m5.large".into());
        let keeper = world.snapshot.pods.iter().find(|pod| pod.name == "keeper-0").expect("it is there").spec;
        let term = json!({ "topology_key": "kubernetes.io/hostname",
            "selector": { "match_labels": { "app": "a" } } });
        let spec = world.snapshot.pod_specs.get_mut(&keeper).expect("a specification");
        spec.pod_anti_affinity = vec![serde_json::from_value(term).expect("a term")];
        let plan = plan(&world.snapshot, &policy);
        assert_eq!(violations(&plan, &world.snapshot), []);
        drained(&plan).join(" ")
    };
    for is_expected in [false, true] {
        assert_eq!(drained_with("b", "b", is_expected), "n1 n2");
        assert_eq!(drained_with("a", "b", is_expected), "n2");
        assert_eq!(drained_with("b", "a", is_expected), "n1");
        assert_eq!(drained_with("a", "a", is_expected), "");
    }
}

/// The pod that its controller creates again may request what the old pod was given in place.
#[test]
fn a_pod_that_was_resized_needs_room_for_the_larger_of_both() {
    let drained_with = |asked: &str, given: Option<&str>| {
        let (mut world, policy) = situation(&format!(
            "policy consolidate max-scale-in-fraction=1
             group web cpu=8 desired=2
             node n1 group=web
             node n2 group=web
             pods first cpu={asked} on=n1 owner=ReplicaSet
             pods second cpu=4 on=n2"
        ));
        let given = given.map(|cpu| ContainerAllocation {
            name: "main".into(),
            requests: Resources::parse([("cpu", cpu)]).expect("an amount"),
        });
        world.snapshot.pods[0].resized.extend(given);
        let plan = plan(&world.snapshot, &policy);
        drained(&plan).join(" ")
    };
    assert_eq!(drained_with("4", None), "n1");
    assert_eq!(drained_with("5", None), "");
    assert_eq!(drained_with("2", Some("4")), "n1");
    assert_eq!(drained_with("2", Some("5")), "");
    assert_eq!(drained_with("5", Some("2")), "");
}

/// How many nodes are emptied depends neither on how many pods move, nor on rules that leave them
/// free to.
#[test]
fn as_many_nodes_are_emptied_where_pods_spread_or_refuse_their_like() {
    const NODES: usize = 100;
    const PODS: usize = 20;
    const DEPLOYMENTS: usize = 50;
    let mut script = format!(
        "policy consolidate max-scale-in-fraction=1 max-parallel-drains=1000
         group web zones=a,b,c cpu=16 mem=64Gi desired={NODES} max={NODES}\n"
    );
    for node in 0..NODES {
        let _ = writeln!(script, "node n{node} group=web");
    }
    for pod in 0..NODES * PODS {
        let (node, app) = (pod % NODES, (pod + pod / NODES * 7) % DEPLOYMENTS);
        let _ = writeln!(script, "pods p{pod} cpu=250m mem=1Gi on=n{node} owner=ReplicaSet label=app=a{app}");
    }
    let emptied = |rule_of: &dyn Fn(LabelSelector, &mut PodSpec)| {
        let (mut world, policy) = situation(&script);
        let like = world.snapshot.pod_specs[&world.snapshot.pods[0].spec].clone();
        for app in 0..DEPLOYMENTS {
            let mut spec = like.clone();
            let selector = json!({ "match_labels": { "app": format!("a{app}") } });
            rule_of(serde_json::from_value(selector).expect("a selector"), &mut spec);
            world.snapshot.pod_specs.insert(SpecId(1_000 + u32::try_from(app).expect("few")), spec);
        }
        for (number, pod) in world.snapshot.pods.iter_mut().enumerate() {
            let app = (number + number / NODES * 7) % DEPLOYMENTS;
            pod.spec = SpecId(1_000 + u32::try_from(app).expect("few"));
        }
        let plan = plan(&world.snapshot, &policy);
        assert_eq!(violations(&plan, &world.snapshot), []);
        drained(&plan).len()
    };
    let free = emptied(&|_, _| {});
    let apart = emptied(&|selector, spec| {
        let term = json!({ "topology_key": "kubernetes.io/hostname", "selector": selector });
        spec.pod_anti_affinity = vec![serde_json::from_value(term).expect("a term")];
    });
    let spread = emptied(&|selector, spec| {
        let over_zones = json!({ "topology_key": "topology.kubernetes.io/zone", "max_skew": 10, "selector": selector,
            "honor_node_affinity": true, "honor_node_taints": false });
        spec.topology_spread = vec![serde_json::from_value(over_zones).expect("a constraint")];
    });
    assert!(free > 60, "{free}");
    assert_eq!(apart, NODES - NODES * PODS / DEPLOYMENTS, "each pod of a deployment needs a node of its own");
    assert!(spread + 3 >= free, "{spread} of {free}");
}
