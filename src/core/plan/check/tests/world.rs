//! Tests of what must hold of the account and of the clocks before anything goes.

use super::fixture::{
    cordon, delete, end_dead, end_nobodys, evict, grow, judge, judge_one, node_mut, provider_id, revert, terminate,
};
use crate::plan::action::Action;
use crate::plan::check::Violation;
use crate::snapshot::{MachineHealth, ReadyStatus, Snapshot};

fn removals() -> [Action; 5] {
    [terminate("c"), end_dead(), end_nobodys(), evict(&["service"]), delete()]
}

/// Silences the nodes `a`, `c` and `e`, so that only an unknown node is Ready.
fn only_a_stranger_is_ready(it: &mut Snapshot) {
    let mut stranger = it.nodes[0].clone();
    (stranger.name, stranger.provider_id) = ("stranger".into(), Some(provider_id("i-stranger")));
    it.nodes.iter_mut().for_each(|node| node.ready.status = ReadyStatus::Unknown);
    it.nodes.push(stranger);
}

fn describe_the_stranger(it: &mut Snapshot, health: MachineHealth) {
    let mut check = it.machine_checks[0].clone();
    (check.instance, check.health) = ("i-stranger".into(), health);
    it.machine_checks.push(check);
}

#[test]
fn nothing_goes_in_an_account_that_is_not_shown_to_be_the_clusters() {
    for action in removals() {
        assert_eq!(judge_one(action.clone(), only_a_stranger_is_ready), [Violation::WrongAccount], "{action:?}");
        let not_found = judge_one(action.clone(), |it| {
            only_a_stranger_is_ready(it);
            describe_the_stranger(it, MachineHealth::NotFound);
        });
        assert_eq!(not_found, [Violation::WrongAccount], "{action:?}");
        let known = judge_one(action.clone(), |it| {
            only_a_stranger_is_ready(it);
            describe_the_stranger(it, MachineHealth::Running);
        });
        assert_eq!(known, [], "{action:?}");
        let known_by_address = judge_one(action.clone(), |it| {
            only_a_stranger_is_ready(it);
            node_mut(it, "stranger").provider_id = Some("k3s://stranger".into());
            describe_the_stranger(it, MachineHealth::Running);
            it.machine_checks.last_mut().expect("it was just added").node = Some("stranger".into());
        });
        assert_eq!(known_by_address, [], "{action:?}");
        // One Ready member is enough, also when it is found by its address.
        let by_address = judge_one(action.clone(), |it| {
            only_a_stranger_is_ready(it);
            let node = node_mut(it, "a");
            (node.ready.status, node.provider_id, node.addresses) = (ReadyStatus::True, None, vec!["10.0.0.1".into()]);
        });
        assert_eq!(by_address, [], "{action:?}");
    }
}

#[test]
fn nothing_is_bought_in_an_account_that_is_not_shown_to_be_the_clusters() {
    assert_eq!(judge_one(grow(6, 7), only_a_stranger_is_ready), [Violation::WrongAccount]);
    let first = judge(vec![grow(6, 7)], |it, policy| {
        only_a_stranger_is_ready(it);
        policy.first_nodes = true;
    });
    assert_eq!(first, []);
    // A cluster without any Ready node may get its first.
    assert_eq!(judge_one(grow(6, 7), |it| it.nodes.clear()), []);
    let removed = judge(vec![terminate("c")], |it, policy| {
        only_a_stranger_is_ready(it);
        policy.first_nodes = true;
    });
    assert_eq!(removed, [Violation::WrongAccount], "the switch is about buying only");
}

#[test]
fn nothing_goes_while_the_clocks_disagree() {
    for action in removals() {
        for (machine, cloud) in [(Some(301), None), (Some(-301), Some(0)), (None, Some(301)), (Some(0), Some(-301))] {
            let judged = judge_one(action.clone(), |it| (it.clocks.machine, it.clocks.cloud) = (machine, cloud));
            assert_eq!(judged, [Violation::ClockOff], "{action:?}");
        }
        let near = judge_one(action, |it| (it.clocks.machine, it.clocks.cloud) = (Some(300), Some(-300)));
        assert_eq!(near, []);
    }
    for action in [grow(6, 7), cordon("a"), revert(6, 5)] {
        assert_eq!(judge_one(action, |it| it.clocks.machine = Some(301)), [], "it can be taken back");
    }
}
