//! What a cloud does not do, in its own words, with nothing changed.

use ec2_autoscale::cloud::{ChangeAnswer, RemovalAnswer};

use super::victim::{Victim, remove};
use super::{GroupWorld, NextRequest, THREE, for_each_cloud};

for_each_cloud!(
    more_than_the_maximum_is_refused_in_the_cloud_s_words,
    a_missing_permission_is_named,
    a_request_too_many_is_told_from_a_refusal,
);

async fn more_than_the_maximum_is_refused_in_the_cloud_s_words<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let answer = world.cloud().set_desired(&world.group(), 6).await;
    assert!(matches!(&answer, ChangeAnswer::Refused(words) if words.contains(W::ABOVE_MAX)), "{answer:?}");
    world.settle();
    assert_eq!((world.machines().len(), world.now().await.desired), (3, 3));
}

async fn a_missing_permission_is_named<W: GroupWorld>() {
    let world = W::start(THREE).await;
    world.next_request(NextRequest::Forbidden);
    let answer = world.cloud().set_desired(&world.group(), 5).await;
    assert!(matches!(&answer, ChangeAnswer::Refused(words) if words.ends_with(W::PERMISSION)), "{answer:?}");
    assert_eq!(world.now().await.desired, 3);
}

async fn a_request_too_many_is_told_from_a_refusal<W: GroupWorld>() {
    let world = W::start(THREE).await;
    world.next_request(NextRequest::Throttled);
    let answer = world.cloud().set_desired(&world.group(), 5).await;
    assert!(matches!(answer, ChangeAnswer::Throttled(_)), "{answer:?}");

    let world = W::start(THREE).await;
    world.next_request(NextRequest::Throttled);
    let before = world.machines();
    let answer = remove(world.cloud(), &world.group(), Victim::leaving(&before[1])).await;
    assert!(matches!(answer, RemovalAnswer::Answered(ChangeAnswer::Throttled(_))), "{answer:?}");
    world.settle();
    assert_eq!((world.machines(), world.requests()), (before, 1));
}
