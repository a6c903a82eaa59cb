//! Answers that are lost: the cloud's state alone shows what happened.

use ec2_autoscale::cloud::{ChangeAnswer, RemovalAnswer};

use super::victim::{Victim, remove};
use super::{GroupWorld, NextRequest, THREE, for_each_cloud};

for_each_cloud!(a_growth_whose_answer_is_lost_is_unclear, a_removal_whose_answer_is_lost_is_unclear);

async fn a_growth_whose_answer_is_lost_is_unclear<W: GroupWorld>() {
    for (fate, desired) in [(NextRequest::LostBefore, 3), (NextRequest::LostAfter, 5)] {
        let world = W::start(THREE).await;
        world.next_request(fate);
        let answer = world.cloud().set_desired(&world.group(), 5).await;
        assert!(matches!(answer, ChangeAnswer::Unclear(_)), "{fate:?}: {answer:?}");
        world.settle();
        assert_eq!((world.now().await.desired, world.requests()), (desired, 1), "{fate:?}");
    }
}

async fn a_removal_whose_answer_is_lost_is_unclear<W: GroupWorld>() {
    for (fate, left) in [(NextRequest::LostBefore, &[0, 1, 2][..]), (NextRequest::LostAfter, &[0, 2])] {
        let world = W::start(THREE).await;
        world.next_request(fate);
        let before = world.machines();
        let answer = remove(world.cloud(), &world.group(), Victim::leaving(&before[1])).await;
        assert!(matches!(answer, RemovalAnswer::Answered(ChangeAnswer::Unclear(_))), "{fate:?}: {answer:?}");
        world.settle();
        let left: Vec<String> = left.iter().map(|place| before[*place].clone()).collect();
        assert_eq!((world.machines(), world.requests()), (left, 1), "{fate:?}");
    }
}
