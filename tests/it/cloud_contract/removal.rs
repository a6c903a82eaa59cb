//! Removal: the machines that are named, and no other.

use ec2_autoscale::cloud::RemovalAnswer;

use super::victim::{Victim, accepted, remove, remove_all};
use super::{GroupSize, GroupWorld, THREE, for_each_cloud};

for_each_cloud!(
    a_machine_that_is_named_goes_alone,
    three_that_are_named_go_and_no_other,
    a_machine_is_replaced_by_another,
    a_group_at_its_minimum_keeps_its_machines,
    a_request_on_old_looks_is_held_back,
);

async fn a_machine_that_is_named_goes_alone<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let before = world.machines();
    assert_eq!(remove(world.cloud(), &world.group(), Victim::leaving(&before[1])).await, accepted());
    world.settle();
    assert_eq!(world.machines(), [before[0].clone(), before[2].clone()]);
    assert_eq!((world.now().await.desired, world.requests()), (2, 1));
}

async fn three_that_are_named_go_and_no_other<W: GroupWorld>() {
    let world = W::start(GroupSize { machines: 5, ..THREE }).await;
    let before = world.machines();
    let victims = [before[0].clone(), before[2].clone(), before[3].clone()];
    assert_eq!(remove_all(world.cloud(), &world.group(), &victims).await, accepted());
    world.settle();
    assert_eq!(world.machines(), [before[1].clone(), before[4].clone()]);
    let requests = if world.cloud().removes_together() { 1 } else { 3 };
    assert_eq!((world.now().await.desired, world.requests()), (2, requests));
}

async fn a_machine_is_replaced_by_another<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let before = world.machines();
    assert_eq!(remove(world.cloud(), &world.group(), Victim::replaced(&before[0])).await, accepted());
    world.settle();
    let after = world.machines();
    assert_eq!((after.len(), &after[..2]), (3, &before[1..]));
    assert!(!before.contains(&after[2]));
    assert_eq!(world.now().await.desired, 3);
}

async fn a_group_at_its_minimum_keeps_its_machines<W: GroupWorld>() {
    let world = W::start(GroupSize { min: 3, ..THREE }).await;
    let before = world.machines();
    let answer = remove(world.cloud(), &world.group(), Victim::leaving(&before[1])).await;
    assert!(matches!(answer, RemovalAnswer::AtMin(_)), "{answer:?}");
    world.settle();
    assert_eq!((world.machines(), world.now().await.min), (before, 3));
}

async fn a_request_on_old_looks_is_held_back<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let before = world.machines();
    let answer = remove(world.cloud(), &world.group(), Victim::seen_long_ago(&before[1])).await;
    assert_eq!((answer, world.requests()), (RemovalAnswer::TooOld, 0));
    assert_eq!(world.machines(), before);
}
