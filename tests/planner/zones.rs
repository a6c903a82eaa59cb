//! Pods that spread over zones, in a group of several: whichever of the equal zones the cloud takes
//! first, the pods that are promised a node get one.

use std::fmt::Write as _;

use ec2_autoscale_core::plan::{Plan, PodVerdict, plan};
use ec2_autoscale_core::snapshot::Snapshot;

use crate::support::dice::Dice;
use crate::support::scenario::situation;

/// The zones of the groups.
const ZONES: [&str; 3] = ["a", "b", "c"];

/// What is to be bought for, in numbers.
struct Case {
    script: String,
    skew: u32,
    min_domains: u32,
    /// How many pods a node takes.
    room: u32,
}

/// Existing nodes are full. Some have pods that are counted.
fn case(dice: &mut Dice) -> Case {
    let (room, skew, min_domains) = (dice.below(3) + 1, dice.below(2) + 1, dice.below(4));
    let (old, pods, max) = (dice.below(5), dice.below(9) + 1, dice.below(12) + 1);
    let mut script = format!("group web zones=a,b,c max=99 desired={old} cpu={room}\n");
    for number in 0..old {
        let label = if dice.below(2) == 0 { "web" } else { "other" };
        let _ =
            writeln!(script, "node web-{number} group=web\npods there-{number} cpu={room} on=web-{number} label=app={label}");
    }
    for zone in ZONES {
        if dice.below(3) == 0 {
            let _ = writeln!(
                script,
                "group old-{zone} zones={zone} max=1 desired=1 cpu={room}\nnode old-{zone}-1 group=old-{zone}"
            );
            let _ = writeln!(script, "pods old-{zone} cpu={room} on=old-{zone}-1 label=app=web");
        }
    }
    let _ = writeln!(script, "policy max-scale-up={max} packing=dense");
    let _ = writeln!(script, "pods new x{pods} cpu=1 label=app=web spread=zone:{skew}:{}", min_domains.max(1));
    Case { script, skew: small(skew), min_domains: small(min_domains.max(1)), room: small(room) }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("a small number")
}

fn zone_number(zone: &str) -> usize {
    ZONES.iter().position(|name| zone.ends_with(name)).expect("one of the zones")
}

/// Returns how many pods the plan promises a node.
fn promised(plan: &Plan) -> u32 {
    let is_promised = |verdict: &PodVerdict| matches!(verdict, PodVerdict::FitsNew { .. } | PodVerdict::FitsExisting { .. });
    small(plan.pods.iter().filter(|pod| is_promised(&pod.verdict)).count())
}

/// Returns how many new nodes each zone may have, in every way that leaves the instances of the
/// group balanced after each launch.
fn ways(instances: [u32; 3], left: u32, new: [u32; 3], found: &mut Vec<[u32; 3]>) {
    if left == 0 {
        if !found.contains(&new) {
            found.push(new);
        }
        return;
    }
    let fewest = instances.iter().copied().min().unwrap_or(0);
    for zone in (0..3).filter(|zone| instances[*zone] == fewest) {
        let add = |mut counts: [u32; 3]| {
            counts[zone] += 1;
            counts
        };
        ways(add(instances), left - 1, add(new), found);
    }
}

/// Returns how many pods the scheduler binds. In which order it takes zones makes no difference.
fn bound(case: &Case, nodes: [u32; 3], mut pods: [u32; 3], new: [u32; 3], waiting: u32) -> u32 {
    let mut free = new.map(|nodes| nodes * case.room);
    let domains: Vec<usize> = (0..3).filter(|zone| nodes[*zone] + new[*zone] > 0).collect();
    for number in 0..waiting {
        let enough = small(domains.len()) >= case.min_domains;
        let least = if enough { domains.iter().map(|zone| pods[*zone]).min().unwrap_or(0) } else { 0 };
        let Some(zone) = (0..3).find(|zone| free[*zone] > 0 && pods[*zone] < least + case.skew) else { return number };
        free[zone] -= 1;
        pods[zone] += 1;
    }
    waiting
}

/// Returns by zone the nodes, and the pods that are counted.
fn by_zone(snapshot: &Snapshot) -> [[u32; 3]; 2] {
    let zone = |node: &str| {
        let known = snapshot.nodes.iter().find(|known| known.name == node).expect("a node");
        zone_number(known.labels.get("topology.kubernetes.io/zone").expect("its zone"))
    };
    let mut counts = [[0; 3]; 2];
    for node in &snapshot.nodes {
        counts[0][zone(&node.name)] += 1;
    }
    for pod in snapshot.pods.iter().filter(|pod| pod.labels.get("app").is_some_and(|app| app.as_str() == "web")) {
        if let Some(node) = &pod.node {
            counts[1][zone(node)] += 1;
        }
    }
    counts
}

#[test]
fn what_is_promised_holds_in_whichever_zones_the_nodes_come() {
    let mut dice = Dice::new(17);
    let mut total = 0;
    for _ in 0..300 {
        let case = case(&mut dice);
        let (world, policy) = situation(&case.script);
        let plan = plan(&world.snapshot, &policy);
        let (promised, [nodes, pods]) = (promised(&plan), by_zone(&world.snapshot));
        let group = &world.snapshot.groups[0];
        let mut instances = [0; 3];
        group.instances.iter().for_each(|instance| instances[zone_number(&instance.zone)] += 1);
        let mut found = Vec::new();
        ways(instances, plan.summary.nodes_added, [0; 3], &mut found);
        for new in found {
            let bound = bound(&case, nodes, pods, new, promised);
            assert_eq!(bound, promised, "new nodes by zone {new:?}, of {nodes:?} with {pods:?} in\n{}", case.script);
        }
        total += promised;
    }
    assert!(total > 700, "{total} pods were promised a node");
}

/// Returns the nodes added and the pods that can't be helped.
fn outcome(script: &str) -> (u32, usize) {
    let (world, policy) = situation(script);
    let plan = plan(&world.snapshot, &policy);
    let left = plan.pods.iter().filter(|pod| matches!(pod.verdict, PodVerdict::CannotHelp { .. })).count();
    (plan.summary.nodes_added, left)
}

/// A pod needs a zone that has as few pods as any.
#[test]
fn as_many_nodes_are_bought_as_make_the_zone_certain() {
    let there = |counts: [u32; 3]| {
        let node = |(zone, count): (&str, u32)| {
            let pods = format!("pods {zone} x{count} cpu=10m on={zone}-1 label=app=web\n");
            format!(
                "group {zone} zones={zone} max=1 desired=1 cpu=1\nnode {zone}-1 group={zone}\npods fill-{zone} cpu=900m on={zone}-1\n"
            ) + if count > 0 { &pods } else { "" }
        };
        ZONES.into_iter().zip(counts).map(node).collect::<String>()
    };
    let of = |counts: [u32; 3], max: u32| {
        outcome(&format!("{}group new zones=a,b,c max={max} cpu=4\npods web cpu=3 label=app=web spread=zone:1", there(counts)))
    };
    assert_eq!(of([0, 0, 0], 9), (1, 0), "any zone will do");
    assert_eq!(of([0, 1, 0], 9), (3, 0), "the node that is named must do in the zone that is expected");
    assert_eq!(of([0, 1, 1], 9), (3, 0));
    assert_eq!(of([0, 1, 1], 2), (0, 1), "of two neither may be in the first zone");
    assert_eq!(of([1, 1, 1], 9), (1, 0));
}
