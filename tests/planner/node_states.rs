//! The states of a node, and the edges between one state and the next: a reason that forbids any
//! change goes before the node's own activity.

use ec2_autoscale_core::plan::{NodeState, Plan, plan};
use ec2_autoscale_core::snapshot::{Claim, ClaimPhase, Lifecycle, ObjectName, PodVolume, Scheduling};

use crate::support::scenario::{World, situation};

/// Returns the state of each node, in the order of their names, once something about the cluster
/// was changed.
fn states(script: &str, change: impl FnOnce(&mut World)) -> Vec<(String, NodeState)> {
    let (mut world, policy) = situation(script);
    change(&mut world);
    let Plan { nodes, .. } = plan(&world.snapshot, &policy);
    nodes.into_iter().map(|report| (report.node, report.state)).collect()
}

/// Returns the state of the node `n`.
fn state(script: &str, change: impl FnOnce(&mut World)) -> NodeState {
    states(script, change).into_iter().find(|(name, _)| name == "n").expect("there is such a node").1
}

fn code(script: &str) -> &'static str {
    state(script, |_| ()).code()
}

/// One group whose node `n` has been idle for long enough to be removed.
const IDLE: &str = "group web cpu=4 desired=1\nnode n group=web idle=20m";

#[test]
fn an_idle_node_that_nothing_speaks_for_could_go() {
    assert_eq!(code(IDLE), "idle-schedulable");
}

#[test]
fn a_node_that_a_person_took_away_or_keeps_is_not_ours() {
    assert_eq!(code("group web cpu=4 desired=1\nnode n group=web idle=20m cordoned-by-person"), "cordoned-by-person");
    assert_eq!(code("group web cpu=4 desired=1\nnode n group=web idle=20m protected"), "protected");
    for label in ["ec2-autoscale/detached", "openai/detached"] {
        let detached = state(IDLE, |world| drop(world.node("n").labels.insert(label.into(), "".into())));
        assert_eq!(detached, NodeState::Detached, "{label}");
    }
}

#[test]
fn a_node_whose_instance_is_not_in_service_is_left_alone() {
    use Lifecycle::{Detached, InService, Pending, Standby, Terminated, Terminating, Warm};
    for (lifecycle, code) in [
        (Pending, "idle-schedulable"),
        (InService, "idle-schedulable"),
        (Terminating, "instance-terminated"),
        (Terminated, "instance-terminated"),
        (Detached, "detached"),
        (Standby, "detached"),
        (Warm, "warm"),
    ] {
        let state = state(IDLE, |world| world.snapshot.groups[0].instances[0].lifecycle = lifecycle);
        assert_eq!(state.code(), code, "{lifecycle:?}");
    }
}

#[test]
fn two_nodes_that_are_one_instance_are_contested() {
    let both = states(IDLE, |world| {
        let mut double = world.node("n").clone();
        (double.name, double.uid) = ("double".into(), "uid-double".into());
        world.snapshot.nodes.push(double);
    });
    let contested = |name: &str, other: &str| (name.to_owned(), NodeState::Contested { other: other.into() });
    assert_eq!(both, [contested("double", "n"), contested("n", "double")]);
}

#[test]
fn the_node_of_this_very_run_is_known_by_the_namespace_and_the_name_of_its_pod() {
    let script = format!("{IDLE}\npods run cpu=1 on=n");
    for (namespace, name, code) in [("batch", "run-0", "own-node"), ("jobs", "run-0", "busy"), ("batch", "run-1", "busy")] {
        let own = state(&script, |world| world.snapshot.cluster.own_pod = Some(ObjectName::new(namespace, name)));
        assert_eq!(own.code(), code, "{namespace}/{name}");
    }
}

#[test]
fn a_node_is_starting_until_it_is_as_old_as_the_policy_says() {
    let aged = |age: &str| code(&format!("group web cpu=4 desired=1\nnode n group=web idle=20m age={age}"));
    assert_eq!(aged("599s"), "starting");
    assert_eq!(aged("600s"), "idle-schedulable");
}

#[test]
fn an_idle_node_waits_for_the_idle_threshold() {
    let idle = |idle: &str| code(&format!("group web cpu=4 desired=1\nnode n group=web idle={idle}"));
    assert_eq!(idle("599s"), "grace-period");
    assert_eq!(idle("600s"), "idle-schedulable");
}

#[test]
fn an_hour_that_was_paid_for_is_waited_for() {
    // The instance is two minutes older than its node.
    let aged = |age: &str, more: &str| {
        code(&format!(
            "policy launch-hour-threshold=10m\ngroup web cpu=4 desired=1\nnode n group=web idle=20m age={age} {more}"
        ))
    };
    assert_eq!(aged("4079s", ""), "launch-hr-grace-period");
    assert_eq!(aged("4080s", ""), "idle-schedulable");
    assert_eq!(aged("4079s", "cordoned=5m"), "idle-unschedulable", "it goes already");
}

#[test]
fn a_group_keeps_its_minimum_and_a_busy_cordon_is_taken_back_before_that() {
    let at_min = |more: &str| code(&format!("group web cpu=4 min=1 desired=1\nnode n group=web {more}"));
    assert_eq!(at_min("idle=20m"), "group-min-size");
    assert_eq!(at_min("idle=20m cordoned=5m"), "group-min-size");
    assert_eq!(at_min("\npods job cpu=1 on=n"), "group-min-size");
    assert_eq!(at_min("cordoned=5m\npods job cpu=1 on=n"), "busy-unschedulable");
    let heavy = |desired: u32| code(&format!("group web cpu=4 weight=2 min=1 desired={desired}\nnode n group=web idle=20m"));
    assert_eq!(heavy(2), "group-min-size", "it would take two away");
    assert_eq!(heavy(3), "idle-schedulable");
}

#[test]
fn every_pod_that_is_expected_on_a_node_counts() {
    let script = "group web cpu=4 desired=1
                  node n group=web idle=20m
                  pods placed x2 cpu=500m
                  pods nominated x2 cpu=500m nominated=n
                  pods making x3 cpu=500m unseen";
    let expected = state(script, |world| {
        for number in 0..3 {
            let claim = format!("data-{number}");
            world.snapshot.claims.push(Claim {
                namespace: "batch".into(),
                name: claim.clone(),
                phase: ClaimPhase::Pending,
                deleting: false,
                volume: None,
                storage_class: Some("slow".into()),
                access_modes: vec![],
                requested: 0,
                selector: None,
                block: false,
                attributes_class: None,
                selected_node: Some("n".into()),
            });
            let name = format!("making-{number}");
            let pod = world.snapshot.pods.iter_mut().find(|pod| pod.name == name).expect("a pod of that name");
            (pod.volumes, pod.scheduling) = (vec![PodVolume::Claim { claim }], Scheduling::Unseen);
        }
    });
    assert_eq!(expected, NodeState::PodPending { pods: 7 });
}

#[test]
fn only_an_open_and_ready_node_is_a_spare_and_the_one_that_was_idle_last() {
    let spares = |nodes: &str| {
        states(&format!("policy type-idle-count=1\ngroup web cpu=4 desired=2 max=9\n{nodes}"), |_| ())
            .into_iter()
            .map(|(name, state)| format!("{name} {}", state.code()))
            .collect::<Vec<_>>()
    };
    let n = "node n group=web idle=20m";
    assert_eq!(spares(&format!("{n}\nnode o group=web idle=12m")), ["n idle-schedulable", "o type-grace-period"]);
    assert_eq!(spares(&format!("{n}\nnode o group=web idle=12m cordoned=5m")), ["n type-grace-period", "o idle-unschedulable"]);
    assert_eq!(spares(&format!("{n}\nnode o group=web idle=12m not-ready=5m")), ["n type-grace-period", "o idle-schedulable"]);
    // A node that is kept in any case is the first spare; one that is no capacity yet is none.
    assert_eq!(spares(&format!("{n}\nnode o group=web idle=1h protected")), ["n idle-schedulable", "o protected"]);
    assert_eq!(spares(&format!("{n}\nnode o group=web age=1m")), ["n type-grace-period", "o starting"]);
}

#[test]
fn each_machine_type_has_its_own_spares_for_as_long_as_the_policy_says() {
    let spares = |idle: &str| {
        let script = format!(
            "policy type-idle-count=1 type-idle-threshold=1h
             group web cpu=4 desired=1
             node n group=web idle={idle}
             group other cpu=4 desired=1 type=c5.xlarge
             node o group=other idle=20m"
        );
        states(&script, |_| ()).into_iter().map(|(_, state)| state.code()).collect::<Vec<_>>()
    };
    assert_eq!(spares("3599s"), ["type-grace-period", "type-grace-period"]);
    assert_eq!(spares("3600s"), ["idle-schedulable", "type-grace-period"]);
}

#[test]
fn the_resource_of_which_most_is_requested_says_how_much_a_node_is_used() {
    let used = |pods: &str| {
        let script = format!(
            "policy drain-utilization=0.5
             group web cpu=4 mem=16Gi gpu=8 desired=2
             node n group=web
             node o group=web
             pods full cpu=3 on=o
             pods light owner=ReplicaSet on=n {pods}"
        );
        match state(&script, |_| ()) {
            NodeState::UnderUtilizedDrainable { utilization, .. } | NodeState::UnderUtilizedUndrainable { utilization, .. } => {
                utilization.resource
            }
            other => other.code().to_owned(),
        }
    };
    assert_eq!(used("cpu=1 mem=1Gi"), "cpu");
    assert_eq!(used("cpu=100m mem=7Gi"), "memory");
    assert_eq!(used("cpu=1 mem=1Gi gpu=3"), "nvidia.com/gpu");
    // A utilization of exactly the threshold is not below it.
    assert_eq!(used("cpu=1999m"), "cpu");
    assert_eq!(used("cpu=2"), "busy");
}

#[test]
fn a_node_is_emptied_only_when_it_is_well_and_old_enough_and_every_budget_was_read() {
    let light = |group: &str, node: &str, more: &str| {
        code(&format!(
            "policy drain-utilization=0.5 {group}
             group web cpu=4 desired=2
             node n group=web {node}
             node o group=web
             pods full cpu=3 on=o
             pods light cpu=100m owner=ReplicaSet on=n
             {more}"
        ))
    };
    assert_eq!(light("", "", ""), "under-utilized-drainable");
    assert_eq!(light("", "age=599s", ""), "busy");
    assert_eq!(light("", "age=600s", ""), "under-utilized-drainable");
    assert_eq!(light("", "not-ready=5m", ""), "busy");
    assert_eq!(light("drain-utilization=0", "", ""), "busy");
    assert_eq!(light("", "", "unread poddisruptionbudgets"), "busy");
    assert_eq!(light("", "", "unread daemonsets"), "under-utilized-drainable");
}

/// A Node that its instance left behind, and the group that launched it.
const LEFT_BEHIND: &str = "group web cpu=4 desired=1
                           node n group=web not-ready=2h unmarked machine=terminated left-behind
                           node o group=web";

#[test]
fn a_leftover_is_known_by_the_group_that_launched_it_or_by_our_mark() {
    assert_eq!(code(LEFT_BEHIND), "instance-terminated");
    assert_eq!(code(&LEFT_BEHIND.replace("unmarked", "unmarked by-nobody")), "unmanaged");
    assert_eq!(code(&LEFT_BEHIND.replace("unmarked", "by-nobody")), "instance-terminated");
    let of_another = |change: fn(&mut World)| state(LEFT_BEHIND, change).code();
    // A group of that name in another region launched something else.
    assert_eq!(of_another(|world| world.snapshot.groups[0].id.region = "eu-west-1".into()), "unmanaged");
    assert_eq!(of_another(|world| world.snapshot.machine_checks[0].group = Some("other".into())), "unmanaged");
}

#[test]
fn a_leftover_is_of_the_region_that_was_asked_and_that_was_read() {
    let marked = LEFT_BEHIND.replace("unmarked", "");
    let of_region = |region: &str, is_known: bool| {
        let changed = state(&marked, |world| {
            world.add_region("eu-west-1");
            world.snapshot.machine_checks[0].region = region.into();
            world.snapshot.regions.retain(|known| is_known || known.name != region);
        });
        changed.code()
    };
    assert_eq!(of_region("us-west-2", true), "instance-terminated");
    assert_eq!(of_region("us-west-2", false), "unmanaged");
    assert_eq!(of_region("eu-west-1", true), "unmanaged", "its zone is of another region");
}
