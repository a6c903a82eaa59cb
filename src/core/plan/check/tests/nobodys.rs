//! Tests of instances that never became a node.

use super::fixture::{ago, end_nobodys, group, judge_one, node_mut, pod, provider_id};
use crate::plan::check::Violation;
use crate::snapshot::{Lifecycle, Phase, Snapshot};

#[test]
fn an_instance_that_nobody_knows_ends_after_its_time() {
    assert_eq!(judge_one(end_nobodys(), |_| ()), []);
    let unwatched = vec![Violation::Unwatched("i-n".into())];
    assert_eq!(judge_one(end_nobodys(), |it| it.instance_notes.clear()), unwatched, "however long ago it was launched");
    assert_eq!(judge_one(end_nobodys(), |it| it.instance_notes[0].first_seen = ago(24)), unwatched);
    assert_eq!(judge_one(end_nobodys(), |it| it.instance_notes[0].first_seen = ago(25)), []);
    assert_eq!(judge_one(end_nobodys(), |it| it.instance_notes[0].instance = "i-m".into()), unwatched);
    assert_eq!(judge_one(end_nobodys(), |it| it.instance_notes[0].group.name = "other".into()), unwatched);
    let of_group = |it: &mut Snapshot| {
        it.groups[0].tags.settings.insert("instance-init-time".into(), "27m".into());
    };
    assert_eq!(judge_one(end_nobodys(), of_group), unwatched, "the time of its group counts");
}

#[test]
fn an_instance_is_somebodys_by_any_name_of_a_node() {
    let registered = vec![Violation::Registered("i-n".into())];
    let known = |provider_id: Option<&str>, name: &str, address: &str| {
        judge_one(end_nobodys(), |it| {
            let mut node = it.nodes[0].clone();
            node.provider_id = provider_id.map(str::to_owned);
            (node.name, node.addresses) = (name.into(), vec![address.into()]);
            it.nodes.push(node);
        })
    };
    assert_eq!(known(Some(&provider_id("i-n")), "x", ""), registered);
    for scheme in [None, Some("k3s://x"), Some("rke2://x"), Some("kind://docker/x"), Some(provider_id("").as_str())] {
        assert_eq!(known(scheme, "x", "10.0.0.9"), registered, "{scheme:?}");
        assert_eq!(known(scheme, "ip-10-0-0-9.anything.example", ""), registered, "{scheme:?}");
        assert_eq!(known(scheme, "i-n.us-west-2.compute.internal", ""), registered, "{scheme:?}");
        assert_eq!(known(scheme, "x", "10.0.0.99"), [], "{scheme:?}");
    }
    // Another machine of the account has the address today.
    assert_eq!(known(Some(&provider_id("i-m")), "x", "10.0.0.9"), []);
}

#[test]
fn an_address_is_the_same_in_every_spelling() {
    let registered = judge_one(end_nobodys(), |it| {
        it.groups[0].instances[4].addresses = vec!["2001:db8:0:0::9".into()];
        let node = node_mut(it, "a");
        (node.provider_id, node.addresses) = (None, vec!["2001:DB8::9".into()]);
    });
    assert_eq!(registered, [Violation::Registered("i-n".into())]);
}

#[test]
fn a_bound_pod_shows_that_an_instance_is_somebodys() {
    let bound = |place: &str, phase: Phase| {
        judge_one(end_nobodys(), |it| {
            let mut job = pod("job", place, "Job");
            job.phase = phase;
            it.pods.push(job);
        })
    };
    for place in ["10.0.0.9", "ip-10-0-0-9.internal", "ip-10-0-0-9", "i-n", "i-n.example"] {
        assert_eq!(bound(place, Phase::Running), [Violation::Registered("i-n".into())], "{place}");
        assert_eq!(bound(place, Phase::Failed), [], "{place}");
    }
    // A name that fits no instance may belong to any instance without a Node. A name of an instance
    // that has a Node is explained.
    assert_eq!(bound("worker-7", Phase::Running), [Violation::Registered("i-n".into())]);
    assert_eq!(bound("worker-7", Phase::Succeeded), []);
    assert_eq!(bound("ip-10-0-0-1.example", Phase::Running), []);
}

#[test]
fn an_instance_that_may_be_anothers_node_stays() {
    let tagged = judge_one(end_nobodys(), |it| it.groups[0].foreign_cluster = Some("blue".into()));
    assert_eq!(tagged, [Violation::ForeignGroup(group())]);
    let stranger = |minutes: i64, lifecycle: Lifecycle| {
        judge_one(end_nobodys(), |it| {
            let mut other = it.groups[0].instances[4].clone();
            (other.id, other.launched_at, other.lifecycle) = ("i-s".into(), Some(ago(minutes)), lifecycle);
            other.addresses.clear();
            it.groups[0].instances.push(other);
        })
    };
    assert_eq!(stranger(51, Lifecycle::InService), [Violation::Strangers(group())]);
    assert_eq!(stranger(50, Lifecycle::InService), []);
    assert_eq!(stranger(51, Lifecycle::Pending), []);
    let itself = judge_one(end_nobodys(), |it| it.groups[0].instances[4].launched_at = Some(ago(51)));
    assert_eq!(itself, [Violation::Strangers(group())]);
}
