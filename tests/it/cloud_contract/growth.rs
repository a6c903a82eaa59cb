//! Growth: to a number, once.

use ec2_autoscale::cloud::ChangeAnswer;

use super::{GroupSize, GroupWorld, THREE, for_each_cloud};

for_each_cloud!(a_group_grows_to_an_absolute_number, a_repeat_does_not_grow_twice, a_group_grows_from_nothing);

async fn a_group_grows_to_an_absolute_number<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let before = world.machines();
    assert_eq!(world.cloud().set_desired(&world.group(), 5).await, ChangeAnswer::Accepted);
    world.settle();
    let after = world.machines();
    assert_eq!((after.len(), &after[..3]), (5, &before[..]), "two more beside the old ones");
    assert_eq!((world.now().await.desired, world.requests()), (5, 1));
}

async fn a_repeat_does_not_grow_twice<W: GroupWorld>() {
    let world = W::start(THREE).await;
    for _ in 0..2 {
        assert_eq!(world.cloud().set_desired(&world.group(), 4).await, ChangeAnswer::Accepted);
        world.settle();
    }
    assert_eq!((world.machines().len(), world.now().await.desired), (4, 4));
}

async fn a_group_grows_from_nothing<W: GroupWorld>() {
    let world = W::start(GroupSize { machines: 0, ..THREE }).await;
    assert_eq!(world.cloud().set_desired(&world.group(), 2).await, ChangeAnswer::Accepted);
    world.settle();
    let now = world.now().await;
    assert_eq!((world.machines().len(), now.desired, now.live()), (2, 2, 2));
}
