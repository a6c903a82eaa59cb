//! A change while an earlier one of the group is in progress: no machine goes that nobody named.

use ec2_autoscale::cloud::{ChangeAnswer, RemovalAnswer};
use ec2_autoscale::snapshot::Hindrance;

use super::victim::{Victim, accepted, remove};
use super::{GroupWorld, Overlap, THREE, for_each_cloud};

for_each_cloud!(a_growth_during_a_growth, a_removal_during_a_growth, a_removal_during_a_removal);

/// Asserts that the group is busy and that the cloud refuses to change it.
async fn is_busy<W: GroupWorld>(world: &W, answer: &ChangeAnswer) {
    let cannot = world.now().await.cannot;
    for hindrance in [&cannot.launch, &cannot.remove, &cannot.replace] {
        assert!(matches!(hindrance, Some(Hindrance::Busy { .. })), "{cannot:?}");
    }
    assert!(matches!(answer, ChangeAnswer::Refused(_)), "{answer:?}");
    assert_eq!(world.requests(), 1, "the second is not sent");
}

async fn a_growth_during_a_growth<W: GroupWorld>() {
    let world = W::start(THREE).await;
    world.slow_down();
    assert_eq!(world.cloud().set_desired(&world.group(), 4).await, ChangeAnswer::Accepted);
    let second = world.cloud().set_desired(&world.group(), 5).await;
    let machines = match W::OVERLAP {
        Overlap::MixesUp => {
            is_busy(&world, &second).await;
            4
        }
        Overlap::KeepsApart => {
            assert_eq!((second, world.now().await.cannot.launch), (ChangeAnswer::Accepted, None));
            5
        }
    };
    world.settle();
    assert_eq!(world.machines().len(), machines);
}

async fn a_removal_during_a_growth<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let before = world.machines();
    world.slow_down();
    assert_eq!(world.cloud().set_desired(&world.group(), 4).await, ChangeAnswer::Accepted);
    let second = remove(world.cloud(), &world.group(), Victim::leaving(&before[0])).await;
    let left = after_the_second(&world, second, &before[..]).await;
    world.settle();
    let after = world.machines();
    assert!(left.iter().all(|machine| after.contains(machine)) && after.len() == left.len() + 1, "{after:?}");
}

async fn a_removal_during_a_removal<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let before = world.machines();
    world.slow_down();
    assert_eq!(remove(world.cloud(), &world.group(), Victim::leaving(&before[2])).await, accepted());
    let second = remove(world.cloud(), &world.group(), Victim::leaving(&before[0])).await;
    let left = after_the_second(&world, second, &before[..2]).await;
    world.settle();
    assert_eq!(world.machines(), left);
}

/// Asserts how the removal of the first machine was answered, and returns those that are to stay.
async fn after_the_second<W: GroupWorld>(world: &W, second: RemovalAnswer, machines: &[String]) -> Vec<String> {
    match (W::OVERLAP, second) {
        (Overlap::MixesUp, RemovalAnswer::Answered(answer)) => {
            is_busy(world, &answer).await;
            machines.to_vec()
        }
        (Overlap::KeepsApart, second) => {
            assert_eq!((second, world.now().await.cannot.remove), (accepted(), None));
            machines[1..].to_vec()
        }
        (Overlap::MixesUp, second) => panic!("{second:?}"),
    }
}
