//! A group that somebody deleted after it was read.

use ec2_autoscale::cloud::{ChangeAnswer, RemovalAnswer};

use super::victim::{Victim, remove};
use super::{GroupWorld, THREE, for_each_cloud};

for_each_cloud!(a_group_that_is_gone_changes_no_more);

async fn a_group_that_is_gone_changes_no_more<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let before = world.machines();
    world.delete().await;
    assert_eq!(world.cloud().group_now(&world.group()).await, Ok(None));
    let growth = world.cloud().set_desired(&world.group(), 5).await;
    assert!(matches!(growth, ChangeAnswer::Refused(_)), "{growth:?}");
    let removal = remove(world.cloud(), &world.group(), Victim::leaving(&before[0])).await;
    assert!(matches!(removal, RemovalAnswer::Answered(ChangeAnswer::Refused(_))), "{removal:?}");
}
