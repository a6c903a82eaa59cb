//! What emptying a node is worth: its share of the price against its share of the disruption.

use ec2_autoscale_core::plan::{ConsolidationScore, NotEmptied, Plan, plan};

use crate::support::scenario::situation;

/// Of four nodes of equal price `n` has this many pods, which would fit on the others, and each of
/// those has two.
fn crowd(policy: &str, pods: u32) -> Plan {
    let (world, policy) = situation(&format!(
        "policy consolidate max-scale-in-fraction=0.1 {policy}\n\
         group web cpu=16 type=l desired=4 max=9\n\
         node n group=web\nnode o group=web\nnode p group=web\nnode q group=web\n\
         price us-west-2 l 1.0\n\
         pods small x{pods} cpu=100m mem=1Mi on=n owner=ReplicaSet\n\
         pods o x2 cpu=4 on=o\npods p x2 cpu=4 on=p\npods q x2 cpu=4 on=q"
    ));
    plan(&world.snapshot, &policy)
}

/// Returns the score of a node that is drained, and why one is not.
fn verdict(plan: &Plan) -> (Option<ConsolidationScore>, Option<NotEmptied>) {
    let node = plan.nodes.iter().find(|report| report.node == "n").expect("the node");
    (node.score, node.not_emptied.clone())
}

/// The shares are a quarter of the price, and (1 + pods) of (10 + pods).
#[test]
fn a_node_of_many_pods_is_left_where_little_is_saved() {
    assert_eq!(verdict(&crowd("min-consolidation-score=0.5", 8)), (Some(ConsolidationScore(500)), None));
    let (score, why) = verdict(&crowd("min-consolidation-score=0.5", 9));
    assert_eq!(score, None);
    assert_eq!(
        why.expect("a reason").to_string(),
        "is not emptied: it saves little for what it disrupts, score 0.47 of --min-consolidation-score 0.50"
    );
    assert_eq!(verdict(&crowd("min-consolidation-score=0", 60)).0, Some(ConsolidationScore(286)));
}

#[test]
fn without_prices_nothing_is_weighed() {
    let (mut world, policy) = situation(
        "policy consolidate min-consolidation-score=9\n\
         group web cpu=16 desired=2 max=9\n\
         node n group=web\nnode o group=web\n\
         pods small x9 cpu=100m mem=1Mi on=n owner=ReplicaSet\npods o cpu=4 on=o",
    );
    world.snapshot.prices = None;
    assert_eq!(verdict(&plan(&world.snapshot, &policy)), (None, None));
}

#[test]
fn the_score_stands_in_the_plan() {
    let plan = crowd("", 2);
    let node = plan.nodes.iter().find(|report| report.node == "n").expect("the node");
    assert!(node.message.ends_with("is drained, to be terminated by a later run (score 1.00)"), "{}", node.message);
}
