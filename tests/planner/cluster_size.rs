//! What counts towards `--max-nodes-total`, `--max-cpu`, `--max-memory` and `--max-hourly-cost`.

use ec2_autoscale_core::plan::{FindingCode, Plan, PodVerdict, Refusal, plan};
use ec2_autoscale_core::policy::{ClusterLimit, Policy};
use ec2_autoscale_core::snapshot::{Architecture, Lifecycle, MachineDetails, MachineType, Resources, Snapshot};

use crate::support::scenario::situation;

/// Returns two full nodes, and a pod that needs another one.
fn full() -> (Snapshot, Policy) {
    let (world, policy) = situation(
        "policy max-nodes-total=2
         group web cpu=4 desired=2
         node web-1 group=web
         node web-2 group=web
         pods busy cpu=4 on=web-1
         pods also-busy cpu=4 on=web-2
         pods job x3 cpu=3",
    );
    (world.snapshot, policy)
}

fn refusal(plan: &Plan) -> Option<Refusal> {
    plan.pods.iter().find_map(|pod| match &pod.verdict {
        PodVerdict::CannotHelp { refusals } => refusals.first().map(|refusal| refusal.refusal.clone()),
        _ => None,
    })
}

#[test]
fn the_refusal_names_the_limit_and_the_present_total() {
    let (snapshot, policy) = full();
    let plan = plan(&snapshot, &policy);
    let limit = ClusterLimit::Nodes;
    assert_eq!(refusal(&plan), Some(Refusal::ClusterLimit { limit, most: 2, total: 2, of_a_node: 1 }));
    let hit = FindingCode::ClusterLimitHit { limit, most: 2, pods: 3 };
    assert!(plan.findings.iter().any(|finding| finding.code == hit), "{:?}", plan.findings);
    assert!(plan.summary.complete, "nothing went wrong");
}

#[test]
fn nodes_that_leave_make_room_and_those_of_nobody_take_it() {
    let (mut snapshot, policy) = full();
    snapshot.groups[0].desired = 1;
    snapshot.groups[0].instances[1].lifecycle = Lifecycle::Terminating;
    assert_eq!(plan(&snapshot, &policy).summary.nodes_added, 1, "of 3 that are wanted");
    snapshot.groups[0].instances.remove(1);
    assert_eq!(plan(&snapshot, &policy).summary.nodes_added, 0, "the node has another owner now");
}

#[test]
fn instances_that_join_count_though_nothing_else_is_known_of_their_group() {
    let (mut snapshot, policy) = full();
    let policy = Policy { max_nodes_total: Some(4), ..policy };
    assert_eq!(plan(&snapshot, &policy).summary.nodes_added, 2);
    let mut unknown = snapshot.groups[0].clone();
    unknown.id.name = "unknown".into();
    unknown.launch_options.clear();
    unknown.desired = 1;
    unknown.instances.truncate(1);
    unknown.instances[0].id = "i-joining".into();
    unknown.instances[0].launched_at = Some(snapshot.taken_at);
    snapshot.groups.push(unknown);
    assert_eq!(plan(&snapshot, &policy).summary.nodes_added, 1);
}

#[test]
fn of_several_types_the_largest_counts() {
    let (world, policy) = situation("policy max-cpu=9\n group mixed type=small\n pods job x8 cpu=1");
    let mut snapshot = world.snapshot;
    let machine = |name: &str, cpus: i64| MachineType {
        region: "us-west-2".into(),
        name: name.into(),
        cpus,
        memory_mib: 65_536,
        architecture: Architecture::Amd64,
        network_pods: 58,
        devices: Resources::default(),
        max_efa_interfaces: 0,
        details: MachineDetails::default(),
    };
    snapshot.machine_types = vec![machine("small", 2), machine("large", 8)];
    let group = &mut snapshot.groups[0];
    group.tags.resources = Resources::default();
    assert_eq!(plan(&snapshot, &policy).summary.nodes_added, 4, "small ones: 1.93 cores each");
    let mut large = snapshot.groups[0].launch_options[0].clone();
    large.machine_type = "large".into();
    snapshot.groups[0].launch_options.push(large);
    assert_eq!(plan(&snapshot, &policy).summary.nodes_added, 1, "a large one has 7.91 cores");
}

/// A node is there and costs a tenth of a dollar, as new ones do.
const PRICED: &str =
    "price us-west-2 small 0.10\n group web cpu=4 type=small desired=1\n node web-1 group=web\n pods job x9 cpu=3";

#[test]
fn the_cost_per_hour_is_limited_to_what_new_nodes_may_cost() {
    let added = |limit: &str| {
        let (world, policy) = situation(&format!("policy max-hourly-cost={limit}\n {PRICED}"));
        plan(&world.snapshot, &policy).summary.nodes_added
    };
    for (limit, expected) in [("0.05", 0), ("0.19", 0), ("0.20", 1), ("0.55", 4), ("9", 8)] {
        assert_eq!(added(limit), expected, "{limit}");
    }
    let (world, policy) = situation(&format!("policy max-hourly-cost=0.55\n {PRICED}"));
    let plan = plan(&world.snapshot, &policy);
    let limit = ClusterLimit::HourlyCost;
    let expected = Refusal::ClusterLimit { limit, most: 550_000, total: 500_000, of_a_node: 100_000 };
    assert_eq!(refusal(&plan), Some(expected.clone()));
    assert_eq!(
        expected.to_string(),
        "--max-hourly-cost $0.55/h: $0.50/h are there or planned, and a new node of it costs $0.10/h"
    );
}

#[test]
fn what_may_cost_anything_is_not_bought_under_a_limit_of_money() {
    let (world, policy) = situation(&format!("policy max-hourly-cost=9\n {PRICED}"));
    let mut snapshot = world.snapshot;
    snapshot.prices = Some(Vec::new());
    let plan = plan(&snapshot, &policy);
    assert_eq!(plan.summary.nodes_added, 0);
    let why = refusal(&plan).map(|refusal| refusal.to_string());
    assert!(why.as_ref().is_some_and(|why| why.ends_with("and no price is known of a new node of it")), "{why:?}");
}
