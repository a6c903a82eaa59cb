//! Tests of steps about nodes: whose they are, and whether pods need them.

use crate::plan::action::{Action, NodeRef};
use crate::plan::check::Violation;
use crate::snapshot::{Gang, GangKind, GangName, ObjectName, Phase, ReadyStatus, RemovalNote, Snapshot};
use crate::well_known::provider_id;

use super::fixture::{
    ago, cordon, delete, end_dead, end_nobodys, evict, group, judge, judge_one, node_mut, node_ref, now, pod, provider_id,
    snapshot, start_drain, terminate, uncordon,
};

const SAFE_TO_EVICT: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";

#[test]
fn every_step_is_right_where_nothing_is_wrong() {
    for action in [cordon("a"), start_drain("a"), uncordon("c"), terminate("c"), end_dead(), evict(&["service"]), delete()] {
        assert_eq!(judge_one(action.clone(), |_| ()), [], "{action:?}");
    }
}

#[test]
fn a_node_that_pods_keep_stays() {
    let busy = |name: &str| vec![Violation::Busy(name.into())];
    for (name, action) in [("a", cordon("a")), ("c", terminate("c")), ("d", end_dead())] {
        assert_eq!(judge_one(action.clone(), |it| it.pods.push(pod("job", name, "Job"))), busy(name));
        // A pod that should have ended long ago may still run.
        let overdue = judge_one(action.clone(), |it| {
            it.pods.push(pod("job", name, "Job"));
            it.pods.last_mut().expect("it was just added").deletion_deadline = Some(ago(600));
        });
        assert_eq!(overdue, busy(name));
        let finished = judge_one(action, |it| {
            it.pods.push(pod("job", name, "Job"));
            it.pods.last_mut().expect("it was just added").phase = Phase::Succeeded;
        });
        assert_eq!(finished, []);
    }
}

#[test]
fn what_comes_with_a_node_does_not_keep_it() {
    assert_eq!(judge_one(terminate("c"), |it| it.pods.push(pod("agent", "c", "DaemonSet"))), []);
    assert_eq!(
        judge_one(terminate("c"), |it| {
            let mut mirror = pod("proxy", "c", "Node");
            mirror.mirror = true;
            it.pods.push(mirror);
        }),
        []
    );
    let annotated = |value: &str| {
        judge_one(terminate("c"), |it| {
            let mut agent = pod("agent", "c", "ExtendedDaemonSet");
            agent.drain_annotations.insert("cluster-autoscaler.kubernetes.io/daemonset-pod".into(), value.into());
            it.pods.push(agent);
        })
    };
    assert_eq!(annotated("true"), []);
    assert_eq!(annotated("false"), [Violation::Busy("c".into())]);
}

#[test]
fn a_job_is_given_up_only_below_the_limit_that_a_person_set() {
    let below = |limit| {
        judge(vec![terminate("c")], |it, policy| {
            it.pods.push(pod("job", "c", "Job"));
            policy.expendable_below = Some(limit);
        })
    };
    assert_eq!(below(0), [Violation::Busy("c".into())]);
    assert_eq!(below(1), []);
}

#[test]
fn a_pod_on_a_node_object_that_is_missing_keeps_the_machine() {
    for place in ["10.0.0.3", "ip-10-0-0-3", "ip-10-0-0-3.us-west-2.compute.internal", "i-c.us-west-2.compute.internal", "I-C"]
    {
        let bound = judge_one(terminate("c"), |it| it.pods.push(pod("job", place, "Job")));
        assert_eq!(bound, [Violation::Busy("c".into())], "{place}");
    }
    assert_eq!(judge_one(terminate("c"), |it| it.pods.push(pod("job", "10.0.0.33", "Job"))), []);
}

#[test]
fn a_node_that_is_not_ours_stays() {
    let not_ours = |name: &str| vec![Violation::NotOurs(name.into())];
    for (name, action) in
        [("a", cordon("a")), ("a", start_drain("a")), ("c", terminate("c")), ("d", end_dead()), ("old", delete())]
    {
        let detached = judge_one(action.clone(), |it| {
            node_mut(it, name).labels.insert("ec2-autoscale/detached".into(), "".into());
        });
        assert_eq!(detached, not_ours(name));
        let protected = judge_one(action, |it| {
            node_mut(it, name).marks.insert("karpenter.sh/do-not-disrupt".into(), "true".into());
        });
        assert_eq!(protected, not_ours(name));
    }
    // The mark is gone, so that a person may have cordoned the node.
    assert_eq!(judge_one(terminate("c"), |it| node_mut(it, "c").marks.clear()), not_ours("c"));
    assert_eq!(judge_one(terminate("c"), |it| node_mut(it, "c").unschedulable = false), not_ours("c"));
    assert_eq!(judge_one(cordon("a"), |it| node_mut(it, "a").unschedulable = true), not_ours("a"));
    assert_eq!(judge_one(uncordon("c"), |it| node_mut(it, "c").marks.clear()), not_ours("c"));
    assert_eq!(judge_one(uncordon("a"), |_| ()), not_ours("a"));
    // A mark on an open node is removed.
    assert_eq!(judge_one(uncordon("c"), |it| node_mut(it, "c").unschedulable = false), []);
}

#[test]
fn the_node_of_this_very_run_stays() {
    for (name, action) in [("a", cordon("a")), ("c", terminate("c")), ("e", evict(&["service"]))] {
        let own = judge_one(action, |it| {
            it.cluster.own_pod = Some(ObjectName::new("batch", "ec2-autoscale-1"));
            it.pods.push(pod("ec2-autoscale-1", name, "Job"));
        });
        assert_eq!(own, [Violation::NotOurs(name.into())]);
    }
    // A pod of the same name in another namespace is another pod, and so is another pod of the
    // namespace.
    for own in [ObjectName::new("jobs", "ec2-autoscale-1"), ObjectName::new("batch", "ec2-autoscale-2")] {
        let others = judge_one(cordon("a"), |it| {
            it.cluster.own_pod = Some(own);
            it.pods.push(pod("ec2-autoscale-1", "a", "Job"));
        });
        assert_eq!(others, [Violation::Busy("a".into())]);
    }
}

#[test]
fn a_cordon_settles_first() {
    let cordoned = |at: jiff::Timestamp| {
        let Action::Terminate { node, group, instance, reason, .. } = terminate("c") else { unreachable!() };
        let action = Action::Terminate { node, group, instance, cordoned_at: at, reason };
        judge_one(action, |it| {
            node_mut(it, "c").marks.insert("ec2-autoscale/cordoned-at".into(), at.to_string().into());
        })
    };
    let second = jiff::SignedDuration::from_secs(1);
    assert_eq!(cordoned(now() - 30 * second), []);
    assert_eq!(cordoned(now() - 29 * second), [Violation::TooSoon("c".into())]);
    assert_eq!(cordoned(now() + 29 * second), [Violation::TooSoon("c".into())]);
    // The plan names an earlier cordon than the node's.
    let another = judge_one(terminate("c"), |it| {
        node_mut(it, "c").marks.insert("ec2-autoscale/cordoned-at".into(), ago(9).to_string().into());
    });
    assert_eq!(another, [Violation::TooSoon("c".into())]);
}

#[test]
fn a_node_goes_only_for_its_own_instance() {
    let other = |name: &str| vec![Violation::OtherInstance(name.into())];
    assert_eq!(judge_one(terminate("c"), |it| node_mut(it, "c").provider_id = Some(provider_id("i-a"))), other("c"));
    // A providerID of another scheme does not name the instance, but an address that both have
    // does.
    let foreign = |addresses: &[&str]| {
        judge_one(terminate("c"), |it| {
            let node = node_mut(it, "c");
            node.provider_id = Some("k3s://c".into());
            node.addresses = addresses.iter().map(|&address| address.into()).collect();
        })
    };
    assert_eq!(foreign(&[]), other("c"));
    assert_eq!(foreign(&["10.0.0.3"]), []);
    assert_eq!(foreign(&["10.0.0.3", "10.0.0.1"]), other("c"), "it could be either");
    assert_eq!(judge_one(cordon("a"), |it| node_mut(it, "a").provider_id = None), other("a"));
    assert_eq!(judge_one(cordon("a"), |it| node_mut(it, "a").provider_id = Some(provider_id("i-z"))), other("a"));
}

#[test]
fn of_two_nodes_that_claim_an_instance_neither_goes() {
    let twice = |node: &str| vec![Violation::ClaimedTwice(format!("i-{node}"))];
    let mark = Action::MarkIdle { node: node_ref("a"), since: now() };
    for (name, action) in [
        ("a", cordon("a")),
        ("a", start_drain("a")),
        ("a", mark),
        ("c", terminate("c")),
        ("d", end_dead()),
        ("e", evict(&["service"])),
    ] {
        let claimed = judge_one(action, |it| {
            let mut double = it.nodes.iter().find(|node| node.name == name).expect("a node").clone();
            double.name = "double".into();
            it.nodes.push(double);
        });
        assert_eq!(claimed, twice(name), "{name}");
    }
    // Nodes are found by address while the cloud controller has not written the providerID.
    let young = judge_one(terminate("c"), |it| {
        let mut double = it.nodes[0].clone();
        (double.name, double.provider_id) = ("ip-10-0-0-3.internal".into(), None);
        it.nodes.push(double);
    });
    assert_eq!(young, twice("c"));
}

#[test]
fn a_node_that_was_made_again_is_another() {
    for (name, action) in
        [("a", cordon("a")), ("c", terminate("c")), ("c", uncordon("c")), ("d", end_dead()), ("old", delete())]
    {
        assert_eq!(judge_one(action, |it| node_mut(it, name).uid = "again".into()), [Violation::Unknown(name.into())]);
    }
    let mark = Action::MarkIdle { node: NodeRef { name: "z".into(), uid: "z".into() }, since: now() };
    assert_eq!(judge_one(mark, |_| ()), [Violation::Unknown("z".into())]);
    let gone = judge_one(terminate("c"), |it| it.groups[0].instances.retain(|instance| instance.id != "i-c"));
    assert_eq!(gone, [Violation::Unknown("i-c".into())]);
}

#[test]
fn a_dead_node_stays_while_pods_are_on_a_node_that_nobody_knows() {
    let judged = |place: &str| judge_one(end_dead(), |it| it.pods.push(pod("job", place, "Job")));
    assert_eq!(judged("worker-7"), [Violation::Busy("d".into())]);
    assert_eq!(judged("10.0.0.4"), [Violation::Busy("d".into())]);
    assert_eq!(judged("10.0.0.3"), [], "another machine of ours");
}

#[test]
fn a_node_is_dead_when_it_is_silent_for_long_and_does_no_work() {
    let not_dead = vec![Violation::NotDead("d".into())];
    assert_eq!(judge_one(end_dead(), |it| node_mut(it, "d").ready.status = ReadyStatus::True), not_dead);
    assert_eq!(judge_one(end_dead(), |it| node_mut(it, "d").ready.since = Some(ago(59))), not_dead);
    assert_eq!(judge_one(end_dead(), |it| node_mut(it, "d").ready.since = Some(ago(60))), []);
    // Runs have seen it so for as long.
    let marked = |minutes: i64| {
        judge_one(end_dead(), |it| {
            node_mut(it, "d").marks.insert("ec2-autoscale/not-ready-since".into(), ago(minutes).to_string().into());
        })
    };
    assert_eq!(marked(60), []);
    assert_eq!(marked(59), not_dead);
    assert_eq!(judge_one(end_dead(), |it| node_mut(it, "d").marks.clear()), not_dead);
    let busy = || vec![Violation::Busy("d".into())];
    for (health, violations) in [("running", busy()), ("impaired", busy()), ("stopped", vec![])] {
        let judged = judge_one(end_dead(), |it| {
            it.pods.push(pod("job", "d", "Job"));
            let mut check = it.machine_checks[0].clone();
            check.instance = "i-d".into();
            check.health = serde_json::from_value(health.into()).expect("a health");
            it.machine_checks.push(check);
        });
        assert_eq!(judged, violations, "{health}");
    }
}

#[test]
fn a_pod_is_evicted_that_would_be_created_again_or_permits_it() {
    let not_evictable = |name: &str| vec![Violation::NotEvictable(format!("batch/{name}"))];
    assert_eq!(judge_one(evict(&["other"]), |it| it.pods.clear()), not_evictable("other"));
    let judged = |owner: &str, annotation: Option<(&str, &str)>| {
        judge_one(evict(&["service"]), |it| {
            it.pods = vec![pod("service", "e", owner)];
            it.pods[0].drain_annotations.extend(annotation.map(|(key, value)| (key.to_owned(), value.to_owned())));
        })
    };
    assert_eq!(judged("Job", None), not_evictable("service"));
    assert_eq!(judged("Job", Some((SAFE_TO_EVICT, "true"))), []);
    assert_eq!(judged("StatefulSet", None), []);
    assert_eq!(judged("StatefulSet", Some((SAFE_TO_EVICT, "false"))), not_evictable("service"));
    assert_eq!(judged("StatefulSet", Some(("karpenter.sh/do-not-disrupt", "true"))), not_evictable("service"));
    assert_eq!(judged("StatefulSet", Some(("ec2-autoscale/do-not-evict", ""))), not_evictable("service"));
    for (value, violations) in [("true", not_evictable("service")), ("false", vec![])] {
        let labelled = judge_one(evict(&["service"]), |it| {
            it.pods[0].labels.insert("openai/do-not-drain".into(), value.into());
        });
        assert_eq!(labelled, violations, "openai/do-not-drain={value}");
    }
    // The pod was created again under the same name.
    assert_eq!(judge_one(evict(&["service"]), |it| it.pods[0].uid = "again".into()), [Violation::Busy("e".into())]);
    // The step has the name of one pod and the uid of another.
    let Action::Evict { node, group, since, limits, timeout, mut pods } = evict(&["service"]) else { unreachable!() };
    pods[0].pod.name = "other".into();
    let mixed_up = Action::Evict { node, group, since, limits, timeout, pods };
    assert_eq!(judge_one(mixed_up, |_| ()), not_evictable("other"));
    // One more pod is on the node.
    assert_eq!(judge_one(evict(&["service"]), |it| it.pods.push(pod("job", "e", "Job"))), [Violation::Busy("e".into())]);
    // A pod that is leaving is not evicted again.
    let leaving = judge_one(evict(&["service"]), |it| it.pods[0].deletion_deadline = Some(now()));
    assert_eq!(leaving, not_evictable("service"));
}

#[test]
fn a_gang_that_runs_on_several_nodes_is_not_torn() {
    let torn = vec![Violation::TearsGang("batch/service".into())];
    let id = GangName { kind: GangKind::PodGroup, name: "train".into() };
    let judged_since = |since: Option<jiff::Timestamp>, min: Option<u32>, other_on: &str| {
        let Action::Evict { group, limits, timeout, pods, .. } = evict(&["service"]) else { unreachable!() };
        let node = if since.is_some() { "e" } else { "a" };
        judge_one(Action::Evict { node: node_ref(node), group, since, limits, timeout, pods }, |it| {
            it.pods = vec![pod("service", node, "StatefulSet"), pod("other", other_on, "StatefulSet")];
            for pod in &mut it.pods {
                pod.gang = Some(Box::new(id.clone()));
            }
            let gang = |min| Gang {
                namespace: "batch".into(),
                id: id.clone(),
                min,
                same: None,
                total: None,
                priority: None,
                created_at: now(),
            };
            it.gangs.extend(min.map(gang));
        })
    };
    let judged = |min: Option<u32>, other_on: &str| judged_since(None, min, other_on);
    assert_eq!(judged(Some(2), "d"), torn);
    assert_eq!(judged(Some(1), "d"), []);
    assert_eq!(judged(None, "d"), torn, "a gang that could not be read");
    assert_eq!(judged(Some(2), "a"), [Violation::Busy("a".into())], "all are on the node, and one is left out");
    assert_eq!(judged_since(Some(ago(10)), Some(2), "d"), [], "the other one has moved already");
}

#[test]
fn a_leftover_is_deleted_on_proof_alone() {
    assert_eq!(snapshot().nodes.len(), 5, "the last of them is the leftover");
    let unmarked = vec![Violation::Unmarked("old".into())];
    let marked = |at: jiff::Timestamp| {
        let Action::DeleteNode { node, region, instance, .. } = delete() else { unreachable!() };
        judge_one(Action::DeleteNode { node, region, instance, since: at }, |it| {
            node_mut(it, "old").marks.insert("ec2-autoscale/gone-since".into(), at.to_string().into());
        })
    };
    assert_eq!(marked(ago(5)), []);
    assert_eq!(marked(ago(4)), unmarked);
    assert_eq!(judge_one(delete(), |it| node_mut(it, "old").marks.clear()), unmarked);
    let there = vec![Violation::StillThere("old".into())];
    for health in ["running", "stopped", "impaired", "ending"] {
        let health = serde_json::from_value(health.into()).expect("a health");
        assert_eq!(judge_one(delete(), |it| it.machine_checks[0].health = health), there, "{health}");
    }
    assert_eq!(judge_one(delete(), |it| it.machine_checks.clear()), there);
    assert_eq!(judge_one(delete(), |it| it.groups[0].instances[0].id = "i-old".into()), there);
    let other = vec![Violation::OtherInstance("old".into())];
    let in_another_region = provider_id::of("eu-west-1a", "i-old");
    let without_zone = format!("{}us-west-2/i-old", provider_id::SCHEME);
    let malformed = [without_zone, provider_id("x/i-old"), provider_id("i-x/i-old")];
    for id in [provider_id("i-new"), "k3s://old".to_owned(), in_another_region].into_iter().chain(malformed) {
        assert_eq!(judge_one(delete(), |it| node_mut(it, "old").provider_id = Some(id.clone())), other, "{id}");
    }
    let well = judge_one(delete(), |it| node_mut(it, "old").ready.status = ReadyStatus::True);
    assert_eq!(well, [Violation::NotOurs("old".into())]);
}

#[test]
fn nothing_ends_beside_a_removal_that_may_be_under_way() {
    let note = |it: &Snapshot, instances: &[&str], minutes: i64| RemovalNote {
        group: it.groups[0].id.clone(),
        desired: it.groups[0].desired,
        instances: instances.iter().map(|&instance| instance.to_owned()).collect(),
        at: ago(minutes),
    };
    let judged = |instances: &[&str], minutes: i64| {
        judge_one(terminate("c"), |it| it.removal_notes = vec![note(it, instances, minutes)])
    };
    let other = [Violation::RemovalUnderWay(group())];
    assert_eq!(judged(&["i-a"], 5), other);
    assert_eq!(judged(&["i-a"], 61), [], "nothing waits in a queue for so long");
    assert_eq!(judged(&["i-a", "i-c"], 5), [], "the very same may be sent again");
    let ended = judge_one(end_nobodys(), |it| it.removal_notes = vec![note(it, &["i-a"], 5)]);
    assert_eq!(ended, other);
}
