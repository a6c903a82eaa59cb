//! What holds of every plan, tried on random clusters. A cluster is told in the words of the scenarios, so that a failing one
//! can be pasted into `tests/scenarios`.

use std::collections::BTreeMap;

use ec2_autoscale::plan::check::violations;
use ec2_autoscale::plan::{Action, GroupReport, GrowReason, Plan, PodVerdict, explain, plan};
use ec2_autoscale::policy::ClusterLimit;
use ec2_autoscale::render;
use ec2_autoscale::snapshot::{ContainerRole, Group, Pod, PodSpec, Snapshot, Taint};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::scenario::situation;

const CASES: u32 = 128;
/// Plans until one wants nothing.
const MOST_ROUNDS: u32 = 100;
/// The same with prices: a group is asked to replace nodes once in fifty minutes at most.
const MOST_ROUNDS_WITH_PRICES: u32 = 300;
/// Every group launches the same type, whatever it offers: so much may be had for less.
const PRICES: &str = "price us-west-2 m5.xlarge 0.192\nprice us-east-1 m5.xlarge 0.21\nprice us-west-2 m5.xlarge 0.07 spot";

prop_compose! {
    fn group(number: usize)(
        region in select(vec!["us-west-2", "us-east-1"]), zones in select(vec!["a", "b", "a,b"]), cpu in 2..17, gpu in select(vec![0, 0, 4, 8]),
        max in 3..9, spot in any::<bool>(), priority in -1..2, label in select(vec!["", "label=team=a", "label=team=b"]),
        taint in select(vec!["", "", "taint=dedicated"]), weight in 1..4,
    ) -> String {
        let spot = if spot { "spot" } else { "" };
        format!("group g{number} region={region} zones={zones} cpu={cpu} gpu={gpu} max={} desired=DESIRED{number} min={} {spot} priority={priority} {label} {taint} weight={weight}",
            max * weight, weight)
    }
}

prop_compose! {
    fn node()(state in select(vec!["", "", "idle=5m", "idle=30m", "idle=30m cordoned=10m", "cordoned=10m", "cordoned-by-person",
        "protected idle=1h", "starting age=2m", "age=3m", "not-ready=2h", "not-ready=5m", "draining=5m", "draining=40m"])) -> String { state.to_owned() }
}

prop_compose! {
    fn pods()(
        count in 1..9, cpu in select(vec!["100m", "1", "2", "3", "7", "40"]), mem in select(vec!["100Mi", "1Gi", "5Gi"]), gpu in select(vec![0, 0, 0, 1, 4]),
        select in select(vec!["", "", "select=team=a", "zone=us-west-2b", "select=topology.kubernetes.io/region=us-east-1"]),
        tolerate in select(vec!["", "tolerate=dedicated"]), priority in select(vec![0, 0, 10, -20]), owner in select(vec!["Job", "ReplicaSet", "DaemonSet"]),
    ) -> String { format!("x{count} cpu={cpu} mem={mem} gpu={gpu} {select} {tolerate} priority={priority} owner={owner}") }
}

prop_compose! {
    /// How groups are ranked, and what limits purchases.
    fn buying()(
        brake in select(vec!["2", "100"]), seed in 0..3, balance in select(vec!["", "balance-similar-groups"]), spare in select(vec!["0", "0", "2"]),
        expander in select(vec!["priority,region,single-zone,spot,least-waste", "random", "most-pods,spot", "least-nodes,priority,random", "least-waste,region", "price"]),
        limit in select(vec!["", "", "max-nodes-total=5", "max-cpu=24", "max-memory=80"]),
    ) -> String { format!("max-scale-up={brake} expander={expander} seed={seed} over-provision={spare} {limit} {balance}") }
}

prop_compose! {
    /// A script without `plan`: one to three groups, up to eight nodes with up to one pod each, up to five kinds of pending pods.
    pub(crate) fn cluster()(
        groups in (group(0), group(1), group(2)), used in 1..4_usize, nodes in prop::collection::vec((node(), any::<Index>(), select(vec!["", "Job", "ReplicaSet", "StatefulSet"])), 0..8),
        pods in prop::collection::vec(pods(), 0..5), daemon in any::<bool>(), fraction in select(vec!["0.1", "0.5", "1"]),
        drains in select(vec!["", "drain-utilization=0.6", "consolidate", "drain-utilization=0.3 type-idle-count=1"]),
        prices in select(vec!["", PRICES]), buying in buying(), broken in select(vec!["", "", "failure g0 10m InsufficientInstanceCapacity", "unreadable eu-west-1 InternalFailure"]),
    ) -> String {
        let mut members = vec![0; used];
        let mut lines = Vec::new();
        for (number, (state, group, owner)) in nodes.iter().enumerate() {
            let group = group.index(used);
            members[group] += 1;
            lines.push(format!("node n{number} group=g{group} {state}"));
            if !owner.is_empty() {
                lines.push(format!("pods on{number} cpu=1 on=n{number} owner={owner}"));
            }
        }
        lines.extend(pods.iter().enumerate().map(|(number, words)| format!("pods p{number} {words}")));
        let groups = [groups.0, groups.1, groups.2].into_iter().take(used).enumerate().map(|(number, sentence)| {
            let weight: i64 = sentence.rsplit_once("weight=").and_then(|(_, weight)| weight.parse().ok()).expect("a weight");
            sentence.replace(&format!("DESIRED{number}"), &(members[number] * weight).max(weight).to_string())
        });
        let daemon = if daemon { "daemon agent cpu=100m mem=50Mi" } else { "" };
        let policy = format!("policy max-scale-in-fraction={fraction} {buying} {drains}");
        let all: Vec<String> = [policy, daemon.to_owned(), prices.to_owned()].into_iter().chain(groups).chain(lines).chain([broken.to_owned()]).collect();
        all.join("\n")
    }
}

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
            // What is there already may be more than the limit allows; then nothing is added.
            prop_assert!(!bought || limit.is_none_or(|most| size <= most), "{:?} has become {}", limit, size);
        }
    }

    /// Groups that are alike get new nodes only while they are not larger than those of their kind that could have got them.
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

    /// Plans are carried out until one wants nothing; from then on time may pass, and still none wants to buy.
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
            let buys = plan.actions.iter().any(|action| matches!(action, Action::SetDesired { reason, .. } if counts(reason)));
            // A backoff that ends is a reason to buy again, and so is room that nodes which went have left below a limit of the cluster.
            let room_came = has_limit && world.snapshot.nodes.len() < nodes;
            prop_assert!(!buys || script.contains("failure") || room_came, "bought after quiet: {:?}", plan.actions);
            world.carry_out(&plan);
        }
    }
}

/// The same facts in another order, as far as order carries no meaning.
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

/// Nodes, millicores and bytes of memory once the plan is carried out, as far as nothing is terminated: the nodes that are there,
/// those on the way that are not among them, and the new ones.
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

/// The obvious check of placements: add up what each node would hold, and compare labels and taints one by one. It knows only
/// what the scripts can say, and nothing of `src/scheduler`.
fn misplaced(plan: &Plan, snapshot: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut asked: BTreeMap<(String, u32), BTreeMap<String, i64>> = BTreeMap::new();
    for pod in snapshot.pods.iter().filter(|pod| pod.node.is_some()) {
        add(asked.entry((pod.node.clone().unwrap_or_default(), 0)).or_default(), &snapshot.pod_specs[&pod.spec]);
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
                labels.insert("topology.kubernetes.io/region".into(), group.region.clone());
                let report = plan.groups.iter().find(|report| report.group == **group).expect("every group has a report");
                let ordinal = usize::try_from(*new_node).expect("a small number") - 1;
                if let Some(zone) = certain_zones(report, known).swap_remove(ordinal) {
                    labels.insert("topology.kubernetes.io/zone".into(), zone);
                }
                ((group.name.clone(), *new_node), labels, known.tags.taints.clone())
            }
            _ => continue,
        };
        if let Some((key, value)) = spec.node_selector.iter().find(|(key, value)| labels.get(*key) != Some(*value)) {
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
        // What ran there before was put there by the script, which does not count.
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

/// The zones of a plan's new nodes, where they are certain: AWS launches where there are fewest instances, and of zones that stand
/// equal each gets one before any gets a second. Which node of such a round is where does not matter, as they are alike.
fn certain_zones(report: &GroupReport, group: &Group) -> Vec<Option<String>> {
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
    taint.effect != ec2_autoscale::snapshot::TaintEffect::PreferNoSchedule && taint.key != "node.kubernetes.io/unschedulable"
}

fn add(sum: &mut BTreeMap<String, i64>, spec: &PodSpec) {
    *sum.entry("pods".into()).or_default() += 1;
    for container in spec.containers.iter().filter(|container| container.role == ContainerRole::Main) {
        for (name, amount) in container.requests.iter() {
            *sum.entry(name.to_owned()).or_default() += amount;
        }
    }
}
