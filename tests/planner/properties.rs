//! Properties of every plan, tried on random clusters. A cluster is written in the words of the
//! scenarios, so that a failing one can be pasted into `tests/scenarios`.

use std::collections::BTreeMap;

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{GroupReport, GrowReason, Plan, PodVerdict, explain, plan};
use ec2_autoscale_core::policy::ClusterLimit;
use ec2_autoscale_core::render;
use ec2_autoscale_core::snapshot::{ContainerRole, Group, Pod, PodSpec, Snapshot, Taint};
use proptest::prelude::*;

use crate::support::clusters::cluster;
use crate::support::scenario::situation;

const CASES: u32 = 128;
/// The most plans until one changes nothing.
const MOST_ROUNDS: u32 = 100;
/// The same with prices: a group replaces nodes at most once in fifty minutes.
const MOST_ROUNDS_WITH_PRICES: u32 = 300;
proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn no_plan_breaks_a_rule(script in cluster()) {
        let (world, policy) = situation(&script);
        let plan = plan(&world.snapshot, &policy);
        prop_assert_eq!(violations(&plan, &world.snapshot), vec![]);
        prop_assert_eq!(plan.pods.len(), world.snapshot.pods.iter().filter(|pod| pod.node.is_none()).count());
        prop_assert_eq!(plan.nodes.len(), world.snapshot.nodes.len());
        prop_assert_eq!(plan.groups.len(), world.snapshot.groups.len());
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(script in cluster(), keys in prop::collection::vec(any::<u64>(), 64)) {
        let (world, policy) = situation(&script);
        let shuffled = shuffled(&world.snapshot, &keys);
        prop_assert_eq!(render::json(&plan(&world.snapshot, &policy)), render::json(&plan(&shuffled, &policy)));
        if let Some(pod) = world.snapshot.pods.iter().filter(|pod| pod.node.is_none()).map(Pod::id).min() {
            let explained = |snapshot: &Snapshot| render::json(&explain::pod(snapshot, &policy, &pod));
            prop_assert_eq!(explained(&world.snapshot), explained(&shuffled));
        }
    }

    #[test]
    fn no_limit_of_the_cluster_is_exceeded(script in cluster()) {
        let (world, policy) = situation(&script);
        let plan = plan(&world.snapshot, &policy);
        let bought = plan.groups.iter().any(|report| report.added > 0);
        let size = cluster_size(&plan, &world.snapshot);
        for (limit, size) in [policy.max_nodes_total, policy.max_cpu, policy.max_memory].into_iter().zip(size) {
            // The existing nodes may exceed the limit; then none is added.
            prop_assert!(!bought || limit.is_none_or(|most| size <= most), "{:?} has become {}", limit, size);
        }
    }

    /// Groups that are alike get new nodes only while they are not larger than those of their kind
    /// that could have got them.
    #[test]
    fn balanced_groups_differ_by_one_node(
        present in prop::collection::vec(0..4_u32, 4), max in prop::collection::vec(0..6_u32, 4), pods in 1..20_u32, limit in 1..30_u32,
    ) {
        let mut lines = vec![format!("policy balance-similar-groups max-nodes-total={limit}")];
        for (group, (present, max)) in present.iter().zip(&max).enumerate() {
            let zone = ["a", "b", "c", "d"][group];
            lines.push(format!("group g{zone} cpu=4 zones={zone} desired={present} max={}", present.max(max)));
            for node in 0..*present {
                lines.push(format!("node {zone}-{node} group=g{zone}"));
                lines.push(format!("pods on-{zone}-{node} cpu=4 on={zone}-{node}"));
            }
        }
        lines.push(format!("pods job x{pods} cpu=3"));
        let (world, policy) = situation(&lines.join("\n"));
        let plan = plan(&world.snapshot, &policy);
        let after = |report: &GroupReport| i64::from(report.live + report.added);
        let could_grow = plan.groups.iter().filter(|report| after(report) < report.max);
        let smallest = could_grow.map(after).min();
        for report in plan.groups.iter().filter(|report| report.added > 0) {
            prop_assert!(smallest.is_none_or(|smallest| after(report) <= smallest + 1), "{:?}", plan.actions);
        }
        let (there, added) = (present.iter().sum::<u32>(), plan.summary.nodes_added);
        let room: u32 = present.iter().zip(&max).map(|(present, max)| max.saturating_sub(*present)).sum();
        prop_assert_eq!(added, pods.min(room).min(limit.saturating_sub(there)), "all that the limits allow");
    }

    #[test]
    fn a_snapshot_and_a_plan_survive_their_files(script in cluster()) {
        let (world, policy) = situation(&script);
        let text = serde_json::to_vec(&world.snapshot).expect("a snapshot is JSON");
        prop_assert_eq!(&Snapshot::from_json(&text).expect("what was written"), &world.snapshot);
        let plan = plan(&world.snapshot, &policy);
        let read: Plan = serde_json::from_str(&render::json(&plan)).expect("what was written");
        prop_assert_eq!(read, plan);
    }

    #[test]
    fn every_placement_fits(script in cluster()) {
        let (world, policy) = situation(&script);
        let plan = plan(&world.snapshot, &policy);
        prop_assert_eq!(misplaced(&plan, &world.snapshot), Vec::<String>::new());
    }

    /// Plans are carried out until one changes nothing; from then on time may pass, and still none
    /// buys.
    #[test]
    fn carrying_plans_out_reaches_quiet(script in cluster()) {
        let (mut world, policy) = situation(&script);
        let has_prices = world.snapshot.prices.is_some();
        let most_rounds = if has_prices { MOST_ROUNDS_WITH_PRICES } else { MOST_ROUNDS };
        let mut rounds = 0;
        loop {
            let plan = plan(&world.snapshot, &policy);
            prop_assert_eq!(violations(&plan, &world.snapshot), vec![], "round {}", rounds);
            if !plan.has_changes() && world.is_settled(&plan) {
                break;
            }
            world.carry_out(&plan);
            world.wait(60);
            world.boot();
            world.bind(&plan);
            rounds += 1;
            prop_assert!(rounds < most_rounds, "no end after {} rounds: {:?}", rounds, plan.actions);
        }
        let has_limit = ClusterLimit::ALL.iter().any(|limit| policy.cluster_limit(*limit).is_some());
        let nodes = world.snapshot.nodes.len();
        for _ in 0..3 {
            world.wait(600);
            let plan = plan(&world.snapshot, &policy);
            let counts = |reason: &GrowReason| !has_prices || matches!(reason, GrowReason::PendingPods { .. });
            let buys = plan.actions.iter().any(|action| action.growth().is_some_and(|growth| counts(growth.reason)));
            // A backoff that ends is a reason to buy again, and so is room below a limit of the
            // cluster that removed nodes have left.
            let room_came = has_limit && world.snapshot.nodes.len() < nodes;
            prop_assert!(!buys || script.contains("failure") || room_came, "bought after quiet: {:?}", plan.actions);
            world.carry_out(&plan);
        }
    }
}

/// Returns the same facts in another order, as far as order has no meaning.
fn shuffled(snapshot: &Snapshot, keys: &[u64]) -> Snapshot {
    fn shuffle<T>(list: &mut [T], keys: &[u64]) {
        for position in (1..list.len()).rev() {
            let other = usize::try_from(keys[position % keys.len()] % (position as u64 + 1)).expect("a position");
            list.swap(position, other);
        }
    }
    let mut copy = snapshot.clone();
    shuffle(&mut copy.nodes, keys);
    shuffle(&mut copy.pods, keys);
    shuffle(&mut copy.groups, keys);
    shuffle(&mut copy.regions, keys);
    shuffle(&mut copy.daemon_sets, keys);
    for group in &mut copy.groups {
        shuffle(&mut group.instances, keys);
        shuffle(&mut group.activities, keys);
    }
    copy
}

/// Returns nodes, millicores and bytes of memory once the plan is carried out, if nothing is
/// terminated: the existing nodes, those on the way that are not among them, and the new ones.
fn cluster_size(plan: &Plan, snapshot: &Snapshot) -> [i64; 3] {
    let there = snapshot.nodes.iter().map(|node| &node.allocatable);
    let coming = plan.groups.iter().flat_map(|report| {
        let not_registered = report.upcoming_nodes.iter().filter(|node| node.node.is_none()).count();
        let group =
            snapshot.groups.iter().find(|known| known.id == report.group).expect("the plan speaks of groups that are there");
        std::iter::repeat_n(&group.tags.resources, not_registered + report.new_nodes.len())
    });
    let all: Vec<_> = there.chain(coming).collect();
    let sum = |name: &str| all.iter().map(|resources| resources.get(name)).sum();
    [i64::try_from(all.len()).expect("a small number"), sum("cpu"), sum("memory")]
}

/// Checks placements in the obvious way: adds up what each node would hold, and compares labels and
/// taints one by one. It knows only what the scripts can express, and nothing of
/// `src/core/scheduler`.
fn misplaced(plan: &Plan, snapshot: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut asked: BTreeMap<(String, u32), BTreeMap<String, i64>> = BTreeMap::new();
    for pod in snapshot.pods.iter().filter(|pod| pod.node.is_some()) {
        add(asked.entry((pod.node.as_deref().unwrap_or_default().to_owned(), 0)).or_default(), &snapshot.pod_specs[&pod.spec]);
    }
    for report in &plan.pods {
        let pod = snapshot.pods.iter().find(|pod| pod.id() == report.pod).expect("the plan speaks of pods that are there");
        let spec = &snapshot.pod_specs[&pod.spec];
        let (place, labels, taints) = match &report.verdict {
            PodVerdict::FitsExisting { node } | PodVerdict::FitsUncordoned { node } => {
                let known =
                    snapshot.nodes.iter().find(|known| known.name == *node).expect("the plan speaks of nodes that are there");
                ((node.clone(), 0), known.labels.clone(), known.taints.clone())
            }
            PodVerdict::FitsNew { group, new_node } => {
                let known =
                    snapshot.groups.iter().find(|known| known.id == **group).expect("the plan speaks of groups that are there");
                let mut labels = known.tags.labels.clone();
                labels.insert("topology.kubernetes.io/region".into(), group.region.clone().into());
                let report = plan.groups.iter().find(|report| report.group == **group).expect("every group has a report");
                let ordinal = usize::try_from(*new_node).expect("a small number") - 1;
                if let Some(zone) = certain_zones(report, known).swap_remove(ordinal) {
                    labels.insert("topology.kubernetes.io/zone".into(), zone.into());
                }
                ((group.name.clone(), *new_node), labels, known.tags.taints.clone())
            }
            _ => continue,
        };
        if let Some((key, value)) = spec.node_selector.iter().find(|(key, value)| labels.get(key) != Some(*value)) {
            wrong.push(format!("{} on {place:?}, which is not {key}={value}", report.pod));
        }
        if taints.iter().any(|taint| {
            keeps_away(taint) && spec.tolerations.iter().all(|toleration| toleration.key.as_ref() != Some(&taint.key))
        }) {
            wrong.push(format!("{} on {place:?}, which is tainted", report.pod));
        }
        add(asked.entry(place).or_default(), spec);
    }
    for ((name, number), amounts) in &asked {
        let offer = match number {
            0 => snapshot.nodes.iter().find(|node| node.name == *name).map(|node| &node.allocatable),
            _ => snapshot.groups.iter().find(|group| group.id.name == *name).map(|group| &group.tags.resources),
        };
        let offer = offer.expect("every place is a node or a group");
        // The script put the pods there that ran before, which does not count.
        let placed_there = plan.pods.iter().any(|report| match &report.verdict {
            PodVerdict::FitsExisting { node } | PodVerdict::FitsUncordoned { node } => *number == 0 && node == name,
            PodVerdict::FitsNew { group, new_node } => group.name == *name && new_node == number,
            _ => false,
        });
        wrong.extend(
            amounts
                .iter()
                .filter(|(resource, amount)| placed_there && **amount > offer.get(resource))
                .map(|(resource, amount)| format!("{name}/{number} would hold {amount} {resource} of {}", offer.get(resource))),
        );
    }
    wrong
}

/// Returns the zones of a plan's new nodes, where they are certain: the plan chooses them, or AWS
/// launches where there are fewest instances, and of equal zones each gets one before any gets a
/// second. The order within such a round does not matter, as its nodes are alike.
fn certain_zones(report: &GroupReport, group: &Group) -> Vec<Option<String>> {
    if report.new_nodes.iter().all(|node| node.chosen) {
        return report.new_nodes.iter().map(|node| Some(node.zone.clone())).collect();
    }
    let mut instances: BTreeMap<&str, usize> = group.zones.iter().map(|zone| (zone.as_str(), 0)).collect();
    for instance in group.instances.iter().filter(|instance| instance.lifecycle.is_live()) {
        *instances.entry(&instance.zone).or_default() += 1;
    }
    let not_launched = report.upcoming_nodes.iter().filter(|node| node.instance.is_none()).count();
    let mut launches = not_launched + report.new_nodes.len();
    let mut zones = Vec::new();
    while launches > 0 {
        let fewest = instances.values().min().copied().expect("a group has zones");
        let round: Vec<&str> = instances.iter().filter(|(_, count)| **count == fewest).map(|(zone, _)| *zone).collect();
        let is_complete = launches >= round.len();
        for zone in round.into_iter().take(launches) {
            instances.entry(zone).and_modify(|count| *count += 1);
            zones.push(is_complete.then(|| zone.to_owned()));
        }
        launches = not_launched + report.new_nodes.len() - zones.len();
    }
    zones.split_off(not_launched)
}

fn keeps_away(taint: &Taint) -> bool {
    taint.effect != ec2_autoscale_core::snapshot::TaintEffect::PreferNoSchedule
        && taint.key != "node.kubernetes.io/unschedulable"
}

fn add(sum: &mut BTreeMap<String, i64>, spec: &PodSpec) {
    *sum.entry("pods".into()).or_default() += 1;
    for container in spec.containers.iter().filter(|container| container.role == ContainerRole::Main) {
        for (name, amount) in container.requests.iter() {
            *sum.entry(name.to_owned()).or_default() += amount;
        }
    }
}
