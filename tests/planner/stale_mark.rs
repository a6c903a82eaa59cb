//! The mark of our cordon on a node that a person made schedulable: it is removed, so that the
//! person's next cordon is not taken for ours.

use ec2_autoscale_core::plan::{Action, Plan, UncordonReason, plan};

use crate::support::scenario::situation;

fn cleared(plan: &Plan) -> Vec<&str> {
    let names = plan.actions.iter().filter_map(|action| match action {
        Action::Uncordon { node, reason: UncordonReason::StaleMark } => Some(node.name.as_str()),
        _ => None,
    });
    names.collect()
}

#[test]
fn a_mark_that_outlived_its_cordon_goes_and_changes_nothing_else() {
    let (mut world, policy) = situation(
        "group web cpu=4 desired=3
         node busy group=web cordoned=5m uncordoned-by-person
         node idle group=web cordoned=5m uncordoned-by-person
         node clean group=web
         pods job cpu=1 on=busy",
    );
    let first = plan(&world.snapshot, &policy);
    assert_eq!(cleared(&first), ["busy", "idle"]);
    assert!(!first.has_changes(), "marks alone are no change");
    world.carry_out(&first);
    let after = plan(&world.snapshot, &policy);
    assert_eq!(cleared(&after), Vec::<&str>::new());
    assert!(world.snapshot.nodes.iter().all(|node| !node.has_stale_mark() && !node.unschedulable));
}
