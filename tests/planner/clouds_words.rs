//! What a cloud states of its quota, of updates that run, and of what it does not offer.

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::plan::{Action, FindingCode, GrowthBlock, Hold, Plan, PodVerdict, Refusal, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{Cannot, Hindrance, Node, QuotaKind, RegionRoom, RemovalNote, Snapshot};

use crate::support::scenario::situation;

/// Returns two empty groups, the first one preferred, and three pods that fill a node each.
fn three_pods() -> (Snapshot, Policy) {
    let (world, policy) = situation(
        "group web cpu=4 priority=2
         group spare cpu=4 priority=1
         pods job x3 cpu=3",
    );
    (world.snapshot, policy)
}

fn room(machines: Option<i64>, cpus: Option<i64>) -> Vec<RegionRoom> {
    vec![RegionRoom { region: "us-west-2".into(), machines, cpus, memory_mib: None }]
}

fn added(plan: &Plan) -> Vec<u32> {
    plan.groups.iter().map(|group| group.added).collect()
}

#[test]
fn no_more_is_bought_than_the_quota_has_room_for() {
    let (mut snapshot, policy) = three_pods();
    snapshot.quotas = room(Some(2), None);
    let plan = plan(&snapshot, &policy);
    assert_eq!(plan.summary.nodes_added, 2);
    let refusals = plan.pods.iter().find_map(|pod| match &pod.verdict {
        PodVerdict::CannotHelp { refusals } => Some(refusals),
        _ => None,
    });
    let refusal = &refusals.expect("one pod gets no node").first().expect("a reason").refusal;
    let of = QuotaKind::Machines;
    assert_eq!(*refusal, Refusal::Quota { region: "us-west-2".into(), of, left: 0, of_a_node: 1 });
    let hit = FindingCode::QuotaHit { region: "us-west-2".into(), of, pods: 1 };
    assert!(plan.findings.iter().any(|finding| finding.code == hit), "{:?}", plan.findings);
}

#[test]
fn what_is_on_its_way_has_taken_nothing_of_the_quota_yet() {
    let (mut snapshot, policy) = three_pods();
    snapshot.quotas = room(Some(3), None);
    snapshot.groups[0].desired = 1;
    let plan = plan(&snapshot, &policy);
    assert_eq!(plan.summary.nodes_added, 2, "beside the one that is coming");
}

#[test]
fn the_quota_of_another_region_limits_nobody() {
    let (mut snapshot, policy) = three_pods();
    snapshot.quotas = room(Some(0), Some(0));
    snapshot.quotas[0].region = "elsewhere".into();
    assert_eq!(plan(&snapshot, &policy).summary.nodes_added, 3);
}

#[test]
fn a_group_that_is_being_updated_leaves_growth_to_the_next_one() {
    let (mut snapshot, policy) = three_pods();
    let web = snapshot.groups.iter_mut().find(|group| group.id.name == "web").expect("a group");
    let busy = Hindrance::Busy { state: "UPDATE_IN_PROGRESS".into() };
    web.cannot = Cannot::launch_or_remove(Some(busy.clone()), Some(busy));
    let plan = plan(&snapshot, &policy);
    let web = plan.groups.iter().position(|report| report.group.name == "web").expect("a group");
    assert_eq!(plan.groups[web].blocked, Some(GrowthBlock::BusyWithUpdate { state: "UPDATE_IN_PROGRESS".into() }));
    assert_eq!(added(&plan)[web], 0);
    assert_eq!(plan.summary.nodes_added, 3);
}

#[test]
fn no_node_leaves_a_group_whose_cloud_ignores_names() {
    let (world, policy) = situation(
        "policy idle-threshold=0
         group web cpu=4 desired=1
         node web-1 group=web",
    );
    let mut snapshot = world.snapshot;
    assert_eq!(plan(&snapshot, &policy).groups[0].cordoned, 1);
    let reason = "any other node could go".to_owned();
    snapshot.groups[0].cannot.remove = Some(Hindrance::NotOffered { reason });
    let plan = plan(&snapshot, &policy);
    assert_eq!((plan.groups[0].cordoned, plan.groups[0].removed), (0, 0));
    assert!(
        matches!(&plan.nodes[0].held_by, Some(Hold::GroupUnsettled { detail }) if detail.contains("any other node could go"))
    );
}

#[test]
fn beside_a_removal_that_shows_nothing_nothing_else_leaves_its_group() {
    let (world, policy) = situation(
        "policy max-scale-in-fraction=1 cordon-settle=0
         group web cpu=4 max=9 desired=3
         group db cpu=4 max=9 desired=1
         node web-1 group=web cordoned=10m
         node web-2 group=web cordoned=10m
         node web-3 group=web not-ready=2h
         node db-1 group=db cordoned=10m",
    );
    let mut snapshot = world.snapshot;
    let removed = |snapshot: &Snapshot| {
        let ends = |action: &Action| match action {
            Action::Terminate { node, .. } => Some(node.name.clone()),
            Action::TerminateUnhealthy { node, .. } => node.as_ref().map(|node| node.name.clone()),
            _ => None,
        };
        plan(snapshot, &policy).actions.iter().filter_map(ends).collect::<Vec<String>>()
    };
    let everything = removed(&snapshot);
    assert_eq!(everything.len(), 4, "{everything:?}");
    let web = &snapshot.groups[snapshot.groups.iter().position(|group| group.id.name == "web").expect("a group")];
    let first = snapshot.nodes.iter().find(|node| node.name == "web-1").and_then(Node::instance_id).expect("an instance");
    let (group, at) = (web.id.clone(), Seconds::minutes(5).before(snapshot.taken_at));
    let note = RemovalNote { group, desired: web.desired, instances: vec![first.to_owned()], at };
    snapshot.removal_notes = vec![note];
    assert_eq!(removed(&snapshot), ["db-1", "web-1"], "the very same may be sent again");
    snapshot.removal_notes[0].desired = 4;
    assert_eq!(removed(&snapshot), everything, "it shows in the count");
}

#[test]
fn a_dead_node_that_the_cloud_cannot_replace_stays_where_its_group_is_at_its_minimum() {
    let (world, policy) = situation(
        "policy max-scale-in-fraction=1
         group web cpu=4 min=2 max=9 desired=2
         node web-1 group=web not-ready=2h
         node web-2 group=web
         pods work cpu=3 on=web-2",
    );
    let mut snapshot = world.snapshot;
    let is_replaced = |plan: &Plan| plan.actions.iter().any(|action| matches!(action, Action::TerminateUnhealthy { .. }));
    let free = plan(&snapshot, &policy);
    assert!(is_replaced(&free), "{:?}", free.nodes);
    snapshot.groups[0].cannot.replace = Some(Hindrance::NotOffered { reason: "nothing comes in its place".into() });
    let plan = plan(&snapshot, &policy);
    assert!(!is_replaced(&plan), "{:?}", plan.actions);
    let hold = &plan.nodes[0].held_by;
    assert!(matches!(hold, Some(Hold::GroupUnsettled { detail }) if detail.contains("nothing comes in its place")), "{hold:?}");
}
