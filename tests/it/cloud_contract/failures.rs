//! Launches that fail, and where that shows.

use ec2_autoscale::cloud::ChangeAnswer;
use ec2_autoscale::snapshot::{Activity, ActivityKind, ActivityStatus};
use jiff::{SignedDuration, Timestamp};

use super::{GroupWorld, THREE, for_each_cloud};

for_each_cloud!(a_launch_that_fails_is_an_activity_in_the_cloud_s_words);

/// The request is accepted, and nothing comes of it.
async fn a_launch_that_fails_is_an_activity_in_the_cloud_s_words<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let before = Timestamp::now() - SignedDuration::from_secs(5);
    world.fill_up();
    assert_eq!(world.cloud().set_desired(&world.group(), 4).await, ChangeAnswer::Accepted);
    world.settle();
    let now = world.now().await;
    assert_eq!((now.desired, now.live(), world.machines().len()), (4, 3, 3));
    let activities = world.cloud().activities_since(&world.group(), before).await.expect("activities");
    let is_launch_since = |it: &&Activity| it.kind == ActivityKind::Launch && it.started_at >= before;
    let failed: Vec<_> = activities.iter().filter(is_launch_since).filter(|it| it.status == ActivityStatus::Failed).collect();
    assert!(!failed.is_empty(), "{activities:?}");
    for launch in failed {
        assert!(launch.capacity_problem && launch.message.contains(W::NO_ROOM), "{launch:?}");
    }
}
