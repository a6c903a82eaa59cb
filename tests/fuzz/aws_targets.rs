//! What is fuzzed of what AWS and the owners of groups write. As in `targets.rs`, each target takes any bytes, fails by a panic,
//! and returns whether it understood them.

use std::str;
use std::sync::LazyLock;

use aws_sdk_autoscaling::primitives::DateTime;
use aws_sdk_autoscaling::types::{Activity, ScalingActivityStatusCode};
use ec2_autoscale::cloud::aws::{InstanceTypes, Tags, read_activity, read_tags};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::snapshot::{Group, is_zone_of};

/// Some group; read once, as that takes longer than what is looked at.
static GROUP: LazyLock<Group> = LazyLock::new(|| ec2_autoscale::demo::snapshot().groups.remove(0));

/// Tags, one `key=value` a line. What is not understood is a sentence, and settings are a group's own or a sentence as well.
pub fn tags(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let tags: Tags = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let facts = read_tags(&tags);
    assert!(facts.problems.iter().all(|problem| !problem.trim().is_empty()));
    let group = Group { tags: facts, ..GROUP.clone() };
    let (_, refused) = Policy::default().for_group(&group);
    assert!(refused.len() <= group.tags.settings.len());
    true
}

/// A scaling activity: its description, cause, status message and details, one a line. Blame lies within the region.
pub fn activity(bytes: &[u8]) -> bool {
    const REGION: &str = "us-west-2";
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let mut lines = text.lines();
    let mut line = || lines.next().unwrap_or_default();
    let told = Activity::builder()
        .activity_id("activity")
        .start_time(DateTime::from_secs(1_790_000_000))
        .status_code(ScalingActivityStatusCode::Failed)
        .description(line())
        .cause(line())
        .status_message(line())
        .details(line())
        .build();
    let read = read_activity(&told, REGION, &InstanceTypes::new()).expect("it has an id and a start");
    assert!(read.zone.is_none_or(|zone| is_zone_of(&zone, REGION)));
    true
}
