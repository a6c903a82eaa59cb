//! The proofs that are needed before anything is removed: each rule by a small cluster in which
//! trusting an absence would end a busy machine.

use ec2_autoscale_core::plan::explain;
use ec2_autoscale_core::plan::{
    Action, FindingCode, GrowthBlock, Hold, InstanceState, NodeState, Plan, PodVerdict, Proof, UncordonReason, plan,
};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{
    Claim, ClaimPhase, GroupId, MachineCheck, MachineHealth, Membership, Node, ObjectName, PodVolume, ReadyStatus,
    RejectedGroup, Rejection,
};
use jiff::{SignedDuration, Timestamp};

use crate::support::scenario::{World, situation};

/// Returns every step that takes something away.
fn removals(plan: &Plan) -> Vec<String> {
    let removes = |action: &&Action| match action {
        Action::Cordon { .. }
        | Action::StartDrain { .. }
        | Action::Evict { .. }
        | Action::Terminate { .. }
        | Action::TerminateUnhealthy { .. }
        | Action::DeleteNode { .. } => true,
        Action::NoteInstances { .. }
        | Action::ClearIdle { .. }
        | Action::MarkIdle { .. }
        | Action::ClearGone { .. }
        | Action::MarkGone { .. }
        | Action::ClearNotReady { .. }
        | Action::MarkNotReady { .. }
        | Action::Uncordon { .. }
        | Action::SetDesired { .. }
        | Action::Launch { .. }
        | Action::RevertDesired { .. } => false,
    };
    plan.actions.iter().filter(removes).map(ToString::to_string).collect()
}

fn purchases(plan: &Plan) -> Vec<(&str, u32)> {
    let bought = plan.actions.iter().filter_map(|action| match action {
        Action::SetDesired { group, nodes, .. } => Some((group.name.as_str(), *nodes)),
        _ => None,
    });
    bought.collect()
}

fn state<'a>(plan: &'a Plan, node: &str) -> &'a NodeState {
    &plan.nodes.iter().find(|report| report.node == node).expect("every node is in the plan").state
}

fn hold_of<'a>(plan: &'a Plan, instance: &str) -> Option<&'a Hold> {
    let report = plan.instances.iter().find(|report| report.instance == instance).expect("the instance is in the plan");
    match &report.state {
        InstanceState::NeverRegistered { held_by, .. } => held_by.as_ref(),
        other => panic!("{instance} is {other}"),
    }
}

fn has_finding(plan: &Plan, is_it: impl Fn(&FindingCode) -> bool) -> bool {
    plan.findings.iter().any(|finding| is_it(&finding.code))
}

fn verdict<'a>(plan: &'a Plan, pod: &str) -> &'a PodVerdict {
    &plan.pods.iter().find(|report| report.pod.name == *pod).expect("every pending pod is in the plan").verdict
}

/// A group with three nodes, one of them empty and cordoned long ago: it is removed unless a rule
/// keeps it.
const ONE_TO_GO: &str = "
    group web cpu=4 desired=3
    node gone group=web cordoned=10m idle=30m
    node b group=web
    node c group=web
    pods job cpu=1 on=b
    pods job2 cpu=1 on=c
";

/// A group with a node, and an instance without a node for half an hour.
const ONE_LOST: &str = "
    group web cpu=4 desired=2
    node a group=web
    pods job cpu=1 on=a
    instance group=web age=30m
";

fn lost(world: &World) -> String {
    world.snapshot.instance_notes[0].instance.clone()
}

fn change(world: &mut World, node: &str, change: impl FnOnce(&mut Node)) {
    change(world.node(node));
}

fn named(world: &mut World, instance: &str, addresses: &[&str]) {
    let mut members = world.snapshot.groups.iter_mut().flat_map(|group| &mut group.instances);
    let member = members.find(|member| member.id == instance).expect("a group has the instance");
    member.addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
}

fn planned(script: &str) -> (World, Policy, Plan) {
    let (world, policy) = situation(script);
    let plan = plan(&world.snapshot, &policy);
    (world, policy, plan)
}

#[test]
fn the_empty_cordoned_node_and_the_lost_instance_go_when_all_is_proved() {
    let (_, _, plan) = planned(ONE_TO_GO);
    assert_eq!(removals(&plan).len(), 1, "{:?}", plan.actions);
    let gone = plan.nodes.iter().find(|report| report.node == "gone").expect("it is in the plan");
    assert!(gone.proofs.len() == 6 && gone.proofs.iter().all(|proof| proof.holds), "{:?}", gone.proofs);
    let (world, _, plan) = planned(ONE_LOST);
    assert_eq!(hold_of(&plan, &lost(&world)), None);
    assert_eq!(removals(&plan).len(), 1);
}

#[test]
fn a_node_of_another_scheme_is_its_instance_by_name_or_address() {
    for address in ["10.0.0.7", "ip-10-0-0-7.ec2.internal", "2001:db8::7"] {
        let (mut world, policy) = situation(ONE_LOST);
        let lost = lost(&world);
        named(&mut world, &lost, &[address]);
        let mut node = world.node("a").clone();
        (node.name, node.uid) = ("k".into(), "uid-k".into());
        node.provider_id = Some("k3s://k".into());
        node.addresses = vec![address.into()];
        world.snapshot.nodes.push(node);
        let plan = plan(&world.snapshot, &policy);
        assert_eq!(removals(&plan), Vec::<String>::new(), "{address}");
        assert_eq!(
            plan.nodes.iter().find(|report| report.node == "k").and_then(|it| it.group.clone()).map(|it| it.name),
            Some("web".into())
        );
        let settles = |action: &Action| matches!(action, Action::NoteInstances { settled, .. } if settled[0].instance == lost);
        assert!(plan.actions.iter().any(settles), "the note goes once the instance is a node");
    }
}

#[test]
fn a_pod_bound_to_a_missing_node_keeps_every_instance_that_could_be_it() {
    let bind = |world: &mut World, name: &str| {
        let mut pod = world.snapshot.pods[0].clone();
        (pod.name, pod.uid, pod.node) = ("elsewhere".into(), "uid-elsewhere".into(), Some(name.into()));
        world.snapshot.pods.push(pod);
    };
    for (name, addresses) in [
        ("ip-10-0-0-7.corp.example", vec!["10.0.0.7"]),
        ("i-lost.ec2.internal", vec![]),
        // A name without a known form could belong to any instance.
        ("gpu-node-3", vec!["10.0.0.7"]),
    ] {
        let (mut world, policy) = situation(ONE_LOST);
        let lost = lost(&world);
        named(&mut world, &lost, &addresses);
        let name = name.replace("i-lost", &lost);
        bind(&mut world, &name);
        let plan = plan(&world.snapshot, &policy);
        assert_eq!(hold_of(&plan, &lost), Some(&Hold::PodOnMissingNode { node: name.clone() }));
        assert_eq!(removals(&plan), Vec::<String>::new());
    }
    // A pod that has ended is no sign of life, nor is one on the missing node of an instance that
    // is known.
    let (mut world, policy) = situation(ONE_LOST);
    bind(&mut world, "gpu-node-3");
    world.snapshot.pods.last_mut().expect("a pod").phase = ec2_autoscale_core::snapshot::Phase::Succeeded;
    assert_eq!(removals(&plan(&world.snapshot, &policy)).len(), 1);
}

#[test]
fn an_instance_is_as_old_as_its_note_and_not_as_its_launch() {
    let (mut world, policy) = situation(
        "group web cpu=4 desired=2
         node a group=web
         pods job cpu=4 on=a
         pods waits cpu=4
         instance group=web age=2d unnoted",
    );
    let first = plan(&world.snapshot, &policy);
    assert_eq!((removals(&first), purchases(&first)), (vec![], vec![]));
    assert!(matches!(verdict(&first, "waits-0"), PodVerdict::FitsUpcoming { .. }), "{:?}", verdict(&first, "waits-0"));
    let notes = |plan: &Plan| plan.actions.iter().filter(|action| matches!(action, Action::NoteInstances { .. })).count();
    assert_eq!(notes(&first), 1);
    assert!(!has_finding(&first, |code| matches!(code, FindingCode::Strangers { .. })), "it may have left a warm pool");
    world.carry_out(&first);
    assert_eq!(notes(&plan(&world.snapshot, &policy)), 0, "it is noted once");
    // An old instance that never becomes a node may be a node of another cluster.
    world.wait(25 * 60);
    let later = plan(&world.snapshot, &policy);
    let instance = world.snapshot.instance_notes[0].instance.clone();
    assert_eq!(hold_of(&later, &instance), Some(&Hold::Strangers { instances: 1 }));
    assert!(has_finding(&later, |code| matches!(code, FindingCode::Strangers { instances: 1, .. })));
}

#[test]
fn one_old_stranger_keeps_its_whole_group_from_losing_an_instance() {
    let (mut world, policy) = situation(ONE_LOST);
    let lost = lost(&world);
    let stranger = world.launch("web", 51 * 60);
    world.note(&stranger, 26 * 60);
    world.snapshot.groups[0].desired = 3;
    let with_stranger = plan(&world.snapshot, &policy);
    for instance in [&lost, &stranger] {
        assert_eq!(hold_of(&with_stranger, instance), Some(&Hold::Strangers { instances: 1 }));
    }
    assert_eq!(removals(&with_stranger), Vec::<String>::new());
}

#[test]
fn notes_of_a_group_that_could_not_be_read_stay() {
    let (mut world, policy) = situation(ONE_LOST);
    world.snapshot.groups.clear();
    let settled = |world: &World| {
        let plan = plan(&world.snapshot, &policy);
        plan.actions.iter().any(|action| matches!(action, Action::NoteInstances { settled, .. } if settled.len() == 1))
    };
    assert!(settled(&world), "the group is gone");
    world.snapshot.regions[0].unreadable = Some("no answer".into());
    assert!(!settled(&world));
}

#[test]
fn two_nodes_that_are_one_instance_are_left_alone_and_the_ready_one_counts() {
    let (mut world, policy) = situation(ONE_TO_GO);
    let mut twin = world.node("gone").clone();
    (twin.name, twin.uid) = ("twin".into(), "uid-twin".into());
    twin.ready.status = ReadyStatus::Unknown;
    world.snapshot.nodes.push(twin);
    let plan = plan(&world.snapshot, &policy);
    assert_eq!(removals(&plan), Vec::<String>::new());
    for (node, other) in [("gone", "twin"), ("twin", "gone")] {
        assert_eq!(*state(&plan, node), NodeState::Contested { other: other.into() });
    }
    let contested: Vec<String> = plan
        .findings
        .iter()
        .filter(|finding| matches!(finding.code, FindingCode::Contested { .. }))
        .map(|finding| finding.message.clone())
        .collect();
    assert_eq!(contested.len(), 1);
    assert!(contested[0].contains("gone") && contested[0].contains("twin"), "{contested:?}");
    assert_eq!(plan.groups[0].live, 3);
}

#[test]
fn an_account_that_knows_no_ready_node_buys_nothing_and_removes_nothing() {
    let strange = |node: &mut Node| node.provider_id = node.provider_id.take().map(|id| format!("{id}-elsewhere"));
    let (mut world, policy) = situation(
        "group web cpu=4 max=5
         node gone group=web not-ready=2h machine=not-found left-behind gone=1h
         node b group=web
         pods job cpu=4 on=b
         pods waits cpu=1",
    );
    world.snapshot.groups[0].instances.clear();
    change(&mut world, "b", strange);
    let refused = plan(&world.snapshot, &policy);
    assert_eq!((removals(&refused), purchases(&refused)), (vec![], vec![]));
    assert_eq!(refused.groups[0].blocked, Some(GrowthBlock::AccountUnknown));
    assert!(has_finding(&refused, |code| matches!(code, FindingCode::AccountUnknown { example, .. } if example == "b")));
    assert!(!refused.summary.complete);

    let first = Policy { first_nodes: true, ..policy.clone() };
    let allowed = plan(&world.snapshot, &first);
    assert_eq!((removals(&allowed), purchases(&allowed)), (vec![], vec![("web", 1)]), "nothing goes all the same");
    assert!(allowed.summary.complete);

    // EC2 knows the instance although no managed group has it.
    let instance = world.node("b").instance_id().expect("an EC2 node").to_owned();
    let health = MachineHealth::Running;
    world.snapshot.machine_checks.push(MachineCheck { instance, region: "us-west-2".into(), group: None, node: None, health });
    let shown = plan(&world.snapshot, &policy);
    assert_eq!(purchases(&shown), [("web", 1)]);
    assert_eq!(removals(&shown).len(), 1, "the leftover Node goes: {:?}", shown.actions);
}

#[test]
fn without_a_ready_node_nothing_goes() {
    let (mut world, policy) = situation(ONE_TO_GO);
    world.snapshot.nodes.iter_mut().filter(|node| node.name != "gone").for_each(|node| node.ready.status = ReadyStatus::False);
    assert_eq!(removals(&plan(&world.snapshot, &policy)).len(), 1);
    change(&mut world, "gone", |node| node.ready.status = ReadyStatus::False);
    assert_eq!(removals(&plan(&world.snapshot, &policy)), Vec::<String>::new());
}

#[test]
fn a_clock_that_is_off_by_more_than_five_minutes_stops_removals() {
    let (mut world, policy) = situation(ONE_TO_GO);
    let mut ends = |machine: Option<i64>, cloud: Option<i64>| {
        (world.snapshot.clocks.machine, world.snapshot.clocks.cloud) = (machine, cloud);
        let plan = plan(&world.snapshot, &policy);
        let told = has_finding(&plan, |code| matches!(code, FindingCode::ClockOff { .. }));
        (removals(&plan).len(), told, plan.summary.complete)
    };
    for (machine, cloud, expected) in [
        (None, None, (1, false, true)),
        (Some(30), Some(-30), (1, false, true)),
        (Some(31), None, (1, true, true)),
        (None, Some(-300), (1, true, true)),
        (Some(-301), Some(0), (0, true, false)),
        (Some(0), Some(301), (0, true, false)),
    ] {
        assert_eq!(ends(machine, cloud), expected, "{machine:?} {cloud:?}");
    }
}

#[test]
fn a_node_is_dead_only_once_runs_have_seen_it_silent_for_long() {
    let (mut world, policy) = situation(
        "group web cpu=4 desired=2
         node silent group=web not-ready=2h unmarked
         node b group=web
         pods job cpu=1 on=b",
    );
    let first = plan(&world.snapshot, &policy);
    assert_eq!(removals(&first), Vec::<String>::new(), "its condition may be of a clock that is off");
    let marks = |plan: &Plan| plan.actions.iter().any(|action| matches!(action, Action::MarkNotReady { .. }));
    assert!(marks(&first));
    world.carry_out(&first);
    world.wait(3599);
    assert_eq!(removals(&plan(&world.snapshot, &policy)), Vec::<String>::new());
    world.wait(1);
    assert_eq!(removals(&plan(&world.snapshot, &policy)).len(), 1);
    // It was Ready for a moment in between: the silence begins anew, whatever the mark contains.
    let now = world.now();
    change(&mut world, "silent", |node| node.ready.since = Some(now - SignedDuration::from_mins(5)));
    assert_eq!(removals(&plan(&world.snapshot, &policy)), Vec::<String>::new());
    change(&mut world, "silent", |node| node.ready.status = ReadyStatus::True);
    let back = plan(&world.snapshot, &policy);
    assert!(back.actions.iter().any(|action| matches!(action, Action::ClearNotReady { .. })));
}

#[test]
fn a_silent_node_with_a_job_stays_and_a_finding_names_the_job() {
    let (world, policy, plan) = planned(
        "group web cpu=4 desired=2
         node silent group=web not-ready=2h
         node b group=web
         pods job cpu=1 on=silent",
    );
    assert_eq!(removals(&plan), Vec::<String>::new());
    let pod = ObjectName::new("batch", "job-0");
    assert!(has_finding(&plan, |code| matches!(code, FindingCode::SilentNode { pod: named, .. } if *named == pod)));
    let explained = explain::node(&world.snapshot, &policy, "silent").expect("the node is there");
    let missing: Vec<Proof> = explained.proofs.iter().filter(|proof| !proof.holds).map(|proof| proof.proof).collect();
    assert_eq!(missing, [Proof::Empty]);
}

#[test]
fn a_leftover_is_deleted_once_its_mark_is_five_minutes_old() {
    for (age, deleted) in [("299s", 0), ("300s", 1)] {
        let (_, _, plan) = planned(&format!(
            "group web cpu=4 desired=1
             node gone group=web not-ready=2h machine=terminated left-behind gone={age}
             node b group=web"
        ));
        let deletions = plan.actions.iter().filter(|action| matches!(action, Action::DeleteNode { .. })).count();
        assert_eq!(deletions, deleted, "{age}");
    }
}

#[test]
fn priority_keeps_no_pod_from_keeping_its_node_unless_somebody_says_so() {
    let script = |policy: &str| format!("{policy}\n{ONE_TO_GO}\npods low cpu=1 on=gone priority=-50");
    let (_, _, plan_of_all) = planned(&script(""));
    assert_eq!(removals(&plan_of_all), Vec::<String>::new());
    let (world, policy) = situation(&script(""));
    let expendable = Policy { expendable_below: Some(0), ..policy.clone() };
    assert_eq!(removals(&plan(&world.snapshot, &expendable)).len(), 1);
    // For whom nodes are bought is another question.
    let picky = Policy { min_priority: 1, ..policy };
    let picky = plan(&world.snapshot, &picky);
    assert_eq!(removals(&picky), Vec::<String>::new());
    assert!(!picky.actions.iter().any(|action| matches!(action, Action::MarkIdle { .. })), "{:?}", picky.actions);
}

#[test]
fn a_volume_in_the_making_keeps_its_node_for_an_hour() {
    let (mut world, policy) = situation(&format!("{ONE_TO_GO}\npods waits cpu=1"));
    let claim = |node: &str| Claim {
        namespace: "batch".into(),
        name: "data".into(),
        phase: ClaimPhase::Pending,
        deleting: false,
        volume: None,
        storage_class: Some("slow".into()),
        access_modes: vec![],
        requested: 0,
        selector: None,
        block: false,
        attributes_class: None,
        selected_node: Some(node.into()),
    };
    world.snapshot.claims.push(claim("gone"));
    assert_eq!(removals(&plan(&world.snapshot, &policy)).len(), 1, "a claim that no pod uses keeps nothing");
    let pod = world.snapshot.pods.iter_mut().find(|pod| pod.node.is_none()).expect("a pending pod");
    pod.volumes = vec![PodVolume::Claim { claim: "data".into() }];
    pod.scheduling = ec2_autoscale_core::snapshot::Scheduling::Unseen;
    let waiting = plan(&world.snapshot, &policy);
    assert_eq!(*state(&waiting, "gone"), NodeState::PodPending { pods: 1 });
    let hour_ago: Timestamp = world.ago(3600);
    world.snapshot.pods.iter_mut().filter(|pod| pod.node.is_none()).for_each(|pod| pod.created_at = hour_ago);
    let later = plan(&world.snapshot, &policy);
    assert_eq!(removals(&later).len(), 1);
    assert!(has_finding(&later, |code| matches!(code, FindingCode::SelectedNodeIgnored { node, .. } if node == "gone")));
}

#[test]
fn marks_of_groups_that_are_not_managed_any_more_are_taken_off() {
    let (mut world, policy) = situation(
        "group former cpu=4 desired=2
         node closed group=former cordoned=1h idle=2h
         node idle group=former idle=2h
         group other cpu=4 desired=1 max=5
         node b group=other
         pods job cpu=4 on=b
         pods waits cpu=4",
    );
    world.snapshot.groups.retain(|group| group.id.name == "other");
    let id = GroupId { region: "us-west-2".into(), name: "former".into() };
    world.snapshot.rejected_groups.push(RejectedGroup { id: id.clone(), rejection: Rejection::OptedOut });
    let opened = plan(&world.snapshot, &policy);
    assert_eq!(purchases(&opened), [], "the pod fits on the node that is opened");
    let uncordons = |plan: &Plan| plan.actions.iter().filter(|action| matches!(action, Action::Uncordon { .. })).count();
    assert_eq!(uncordons(&opened), 1);
    assert!(opened.actions.iter().any(|action| matches!(action, Action::ClearIdle { node, .. } if node.name == "idle")));
    world.snapshot.pods.retain(|pod| pod.node.is_some());
    let alone = plan(&world.snapshot, &policy);
    let reason = alone.actions.iter().find_map(|action| match action {
        Action::Uncordon { reason, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(reason, Some(UncordonReason::NoLongerManaged));
    // Another install may have marked it, where groups are found by a tag of its own.
    world.snapshot.rejected_groups = vec![RejectedGroup { id, rejection: Rejection::NoClusterTag }];
    assert_eq!(uncordons(&plan(&world.snapshot, &policy)), 1);
    world.snapshot.looked_at.group_tags = vec!["team=a".parse().expect("a tag")];
    assert_eq!(uncordons(&plan(&world.snapshot, &policy)), 0);
}

#[test]
fn a_gap_that_nobody_dated_is_stalled_once_a_pod_has_waited_for_long() {
    for (pending, bought) in [("25m", vec![]), ("26m", vec![("second", 1)])] {
        let (_, _, plan) = planned(&format!(
            "group first cpu=4 desired=1 max=1 priority=9
             group second cpu=4 max=5
             pods waits cpu=4 pending={pending}"
        ));
        assert_eq!(purchases(&plan), bought, "{pending}");
    }
    // A pod that is gated waits for something else.
    let (_, _, plan) = planned(
        "group first cpu=4 desired=1 max=1 priority=9
         group second cpu=4 max=5
         pods waits cpu=4 pending=2m
         pods gated cpu=4 pending=2d gate=g",
    );
    assert_eq!(purchases(&plan), []);
}

#[test]
fn a_daemon_that_never_fits_takes_nothing_and_is_named() {
    let (_, _, plan) = planned(
        "group web cpu=4 max=5
         daemon whoops cpu=1000
         daemon agent cpu=1
         pods waits x2 cpu=3",
    );
    assert_eq!(purchases(&plan), [("web", 2)], "the agent's share is kept");
    let set = ObjectName::new("kube-system", "whoops");
    assert!(has_finding(
        &plan,
        |code| matches!(code, FindingCode::DaemonSetFitsNowhere { daemon_set, .. } if *daemon_set == set)
    ));
}

#[test]
fn a_run_that_could_hurt_others_says_so() {
    let (mut world, policy) = situation(ONE_TO_GO);
    let own = world.snapshot.pods[0].id();
    world.snapshot.cluster.own_pod = Some(own.clone());
    let calm = plan(&world.snapshot, &policy);
    assert!(has_finding(&calm, |code| matches!(code, FindingCode::RunOnWorker { node } if node == "b")));
    assert!(!has_finding(&calm, |code| matches!(code, FindingCode::RunPreempts { .. })));
    world.snapshot.cluster.own_pod_preempts = true;
    assert!(has_finding(
        &plan(&world.snapshot, &policy),
        |code| matches!(code, FindingCode::RunPreempts { pod } if *pod == own)
    ));
}

#[test]
fn a_group_tag_that_finds_no_group_is_a_finding() {
    let (mut world, policy) = situation("group web cpu=4 max=5");
    let is_told = |world: &World| {
        has_finding(&plan(&world.snapshot, &policy), |code| matches!(code, FindingCode::GroupTagMatchesNothing { .. }))
    };
    assert!(!is_told(&world));
    world.snapshot.looked_at.group_tags = vec!["team=a".parse().expect("a tag")];
    assert!(is_told(&world));
    world.snapshot.groups[0].managed_by = Membership::GroupTag;
    assert!(!is_told(&world));
}

#[test]
fn a_dead_node_stays_while_a_pod_is_bound_to_another_name_that_may_be_its_machine() {
    let (mut world, policy) = situation(
        "group web cpu=4 desired=2
         node silent group=web not-ready=2h
         node b group=web
         pods job cpu=1 on=b",
    );
    assert_eq!(removals(&plan(&world.snapshot, &policy)).len(), 1);
    let mut pod = world.snapshot.pods[0].clone();
    (pod.name, pod.uid, pod.node) = ("elsewhere".into(), "uid-elsewhere".into(), Some("gpu-node-3".into()));
    world.snapshot.pods.push(pod);
    assert_eq!(removals(&plan(&world.snapshot, &policy)), Vec::<String>::new());
}

#[test]
fn a_cordoned_node_stays_while_a_pod_is_bound_to_another_name_of_its_machine() {
    let (mut world, policy) = situation(ONE_TO_GO);
    let instance = world.node("gone").instance_id().expect("an EC2 node").to_owned();
    let mut pod = world.snapshot.pods[0].clone();
    (pod.name, pod.uid, pod.node) =
        ("elsewhere".into(), "uid-elsewhere".into(), Some(format!("{instance}.ec2.internal").into()));
    world.snapshot.pods.push(pod);
    assert_eq!(removals(&plan(&world.snapshot, &policy)), Vec::<String>::new());
}

#[test]
fn absurd_amounts_saturate() {
    let (mut world, policy) = situation(&format!("{ONE_TO_GO}\npods waits x3 cpu=1"));
    for spec in world.snapshot.pod_specs.values_mut() {
        for container in &mut spec.containers {
            for resource in ["cpu", "memory", "example.com/widget"] {
                container.requests.set(resource, i64::MAX);
            }
        }
    }
    for node in &mut world.snapshot.nodes {
        node.allocatable.set("cpu", i64::MAX);
    }
    world.snapshot.groups[0].max = i64::MAX;
    let all = Policy { consolidate: true, drain_utilization: 1.0, ..policy };
    let plan = plan(&world.snapshot, &all);
    assert_eq!(plan.pods.len(), 3);
    assert!(explain::node(&world.snapshot, &all, "b").is_some());
}
