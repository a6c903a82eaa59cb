//! How many nodes a plan buys, against the textbook's first-fit decreasing.

use std::cmp::Reverse;

use ec2_autoscale_core::plan::{PodVerdict, plan};
use ec2_autoscale_core::policy::{Packing, Policy};
use ec2_autoscale_core::snapshot::{Snapshot, SpecId};
use serde_json::{Value, json};

use crate::replay::case;
use crate::support::dice::Dice;

/// Millicores and mebibytes.
type Size = [u64; 2];

const NODE: Size = [15_900, 32_000];

/// Returns random sizes, all different, of which the largest take a tenth to nearly all of a node.
fn random_sizes(dice: &mut Dice) -> Vec<Size> {
    let largest = dice.pick(&[[1500, 4000], [4000, 4000], [6000, 16_000], [15_000, 30_000]]);
    let mut size = |resource: usize| 100 + dice.below(largest[resource]) as u64;
    (0..150).map(|_| [size(0), size(1)]).collect()
}

/// Returns pods of these sizes, one of each, and a group of nodes without any.
fn snapshot(sizes: &[Size]) -> Snapshot {
    let requests = |[cpu, memory]: &Size| json!({ "cpu": format!("{cpu}m"), "memory": format!("{memory}Mi") });
    let sizes: Vec<(Value, usize)> = sizes.iter().map(|size| (requests(size), 1)).collect();
    case(&sizes, &json!({ "cpu": format!("{}m", NODE[0]), "memory": format!("{}Mi", NODE[1]), "pods": "110" }))
}

/// Returns how many nodes are bought so that every pod gets a place.
fn nodes_bought(snapshot: &Snapshot) -> usize {
    let policy = Policy { packing: Packing::Dense, max_scale_up: 200, ..Policy::default() };
    let plan = plan(snapshot, &policy);
    assert!(plan.pods.iter().all(|pod| matches!(pod.verdict, PodVerdict::FitsNew { .. })));
    plan.summary.nodes_added as usize
}

/// Returns how many nodes first-fit decreasing fills, with pods in the order of a size.
fn first_fit_decreasing(sizes: &[Size], of: impl Fn(Size) -> u64) -> usize {
    let millionths = |size: &Size| [0, 1].map(|resource| size[resource] * 1_000_000 / NODE[resource]);
    let mut sizes = sizes.to_vec();
    sizes.sort_by_key(|size| Reverse(of(millionths(size))));
    let mut free: Vec<Size> = Vec::new();
    for size in sizes {
        let fits = |free: &&mut Size| (0..2).all(|resource| free[resource] >= size[resource]);
        match free.iter_mut().find(fits) {
            Some(free) => *free = [free[0] - size[0], free[1] - size[1]],
            None => free.push([NODE[0] - size[0], NODE[1] - size[1]]),
        }
    }
    free.len()
}

#[test]
fn never_more_nodes_than_first_fit_decreasing_fills() {
    let mut fewer = [0; 2];
    for seed in 0..100 {
        let sizes = random_sizes(&mut Dice::new(seed));
        let bought = nodes_bought(&snapshot(&sizes));
        let largest = first_fit_decreasing(&sizes, |share| share[0].max(share[1]));
        let sum = first_fit_decreasing(&sizes, |share| share[0] + share[1]);
        assert!(bought <= largest.min(sum), "seed {seed}: {bought}, largest share first {largest}, largest sum first {sum}");
        fewer[0] += usize::from(bought < largest);
        fewer[1] += usize::from(bought < sum);
    }
    // Each of the orders is of use.
    assert!(fewer[0] >= 3 && fewer[1] >= 3, "{fewer:?}");
}

/// Eight large pods fill four nodes, on which the small ones, of which no two share a node, have no
/// room any more. If these come first, each leaves a place for a large one.
#[test]
fn small_pods_that_refuse_each_other_come_before_large_ones() {
    let of = |cpu: &str| json!({ "cpu": cpu, "memory": "1Gi" });
    let mut snapshot = case(&[(of("2"), 8), (of("500m"), 4)], &json!({ "cpu": "4", "memory": "16Gi", "pods": "58" }));
    assert_eq!(nodes_bought(&snapshot), 5, "18 cores on nodes of 4");
    let refusal = json!([{ "topology_key": "kubernetes.io/hostname", "selector": { "match_labels": { "app": "own-node" } } }]);
    let small = snapshot.pod_specs.get_mut(&SpecId(1)).expect("the second size");
    small.pod_anti_affinity = serde_json::from_value(refusal).expect("an anti-affinity");
    for pod in snapshot.pods.iter_mut().filter(|pod| pod.spec == SpecId(1)) {
        pod.labels.insert("app".into(), "own-node".into());
    }
    assert_eq!(nodes_bought(&snapshot), 6);
}
