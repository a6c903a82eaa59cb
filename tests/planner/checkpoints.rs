//! Jobs that state what they would lose: when they are moved, which first, and when never.

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Action, NodeReport, Plan, plan};

use crate::support::scenario::situation;

const SAVED: &str = "annotation=ec2-autoscale/checkpointed-at=2026-11-22T";

fn planned(script: &str) -> Plan {
    let (world, policy) = situation(script);
    let plan = plan(&world.snapshot, &policy);
    assert_eq!(violations(&plan, &world.snapshot), [], "{script}");
    plan
}

/// Returns the pods that are evicted, in their order.
fn evicted(plan: &Plan) -> Vec<String> {
    let pods = plan.actions.iter().flat_map(|action| match action {
        Action::Evict { pods, .. } => pods.as_slice(),
        _ => &[],
    });
    pods.map(|eviction| eviction.pod.name.to_string()).collect()
}

fn report<'p>(plan: &'p Plan, node: &str) -> &'p NodeReport {
    plan.nodes.iter().find(|report| report.node == node).expect("the node")
}

/// Two nodes with a job each, and one with room for both. It is noon.
fn two_jobs(policy: &str, first: &str, second: &str) -> Plan {
    planned(&format!(
        "policy consolidate max-scale-in-fraction=1 {policy}\n\
         group web cpu=4 desired=3 max=9\n\
         node a group=web\nnode b group=web\nnode c group=web\n\
         pods first cpu=1 on=a owner=Job {first}\n\
         pods second cpu=1 on=b owner=Job {second}\n\
         pods stays cpu=2 on=c"
    ))
}

#[test]
fn a_job_is_moved_shortly_after_its_checkpoint_only() {
    let at = |saved: &str| evicted(&two_jobs("", &format!("{SAVED}{saved}Z"), ""));
    assert_eq!(at("11:52:00"), ["first-0"]);
    assert_eq!(at("11:49:59"), [""; 0]);
    assert_eq!(evicted(&two_jobs("max-lost-work=5m", &format!("{SAVED}11:52:00Z"), "")), [""; 0]);
    assert_eq!(evicted(&two_jobs("", "annotation=ec2-autoscale/cost-of-restart=10m", "")), ["first-0"]);
    let plan = two_jobs("", &format!("{SAVED}11:40:00Z"), "");
    assert!(report(&plan, "a").message.contains("would lose 20m of work, more than --max-lost-work 10m"), "{plan:?}");
}

#[test]
fn the_one_that_loses_least_goes_first() {
    for (first, second, goes) in [("11:52:00", "11:58:00", "second-0"), ("11:58:00", "11:52:00", "first-0")] {
        let plan = two_jobs("max-parallel-drains=1", &format!("{SAVED}{first}Z"), &format!("{SAVED}{second}Z"));
        assert_eq!(evicted(&plan), [goes]);
    }
}

#[test]
fn before_its_machine_ends_a_job_moves_whatever_it_loses_if_it_can_start_again() {
    let ends = |annotation: &str| {
        planned(&format!(
            "policy\n\
             reservation cr-1 total=1 starts=-20h ends=40m kind=block\n\
             group block cpu=4 desired=1 max=1 reserved=cr-1 reserved-only\n\
             group web cpu=4 desired=1 max=9\n\
             node b group=block reservation=cr-1\nnode w group=web\n\
             pods job cpu=1 on=b owner=Job bound=19h {annotation}\n\
             pods stays cpu=2 on=w"
        ))
    };
    assert_eq!(evicted(&ends("")), [""; 0], "a job that states nothing is never moved");
    assert_eq!(evicted(&ends(&format!("{SAVED}03:00:00Z"))), ["job-0"]);
}

#[test]
fn a_job_of_a_gang_on_several_nodes_stays_however_little_it_loses() {
    let member = format!("{SAVED}11:58:00Z gang=g");
    assert_eq!(evicted(&two_jobs("\ngang g min=2", &member, &member)), [""; 0]);
    assert_eq!(evicted(&two_jobs("\ngang g min=1", &member, &member)).len(), 2, "they do not need each other");
}
