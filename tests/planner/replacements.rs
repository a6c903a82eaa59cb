//! What forbids replacing an unhealthy instance twice, and only that, within `--backoff`.

use ec2_autoscale_core::plan::{Action, plan};
use ec2_autoscale_core::snapshot::Activity;
use jiff::SignedDuration;

use crate::support::scenario::{self, situation};

/// Returns how many instances are replaced in a group that has one without a node and had this many
/// end ten minutes ago.
fn replaced(ended: usize, replacement: bool) -> usize {
    let script = "policy max-scale-in-fraction=1\ngroup image zones=a cpu=4 desired=3 max=9\nnode n1 group=image\nnode n2 group=image\n\
                  instance group=image age=40m";
    let (mut world, policy) = situation(script);
    let started_at = world.now() - SignedDuration::from_mins(10);
    let activity = |number: usize| Activity { replacement, ..scenario::ended(format!("end-{number}"), started_at) };
    world.snapshot.groups[0].activities = (0..ended).map(activity).collect();
    let plan = plan(&world.snapshot, &policy);
    plan.actions.iter().filter(|action| matches!(action, Action::TerminateUnhealthy { .. })).count()
}

#[test]
fn only_replacements_count() {
    assert_eq!(replaced(9, false), 1, "nodes that went because they were idle");
    assert_eq!((replaced(1, true), replaced(2, true)), (1, 0));
}
