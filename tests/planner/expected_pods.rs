//! Pods that Jobs are about to make.

use ec2_autoscale_core::plan::plan;
use ec2_autoscale_core::snapshot::Snapshot;

use crate::support::scenario::situation;

#[test]
fn no_more_pods_than_a_limit_are_expected_in_all() {
    let (world, policy) = situation(
        "group web max=3 cpu=4\njob one parallelism=4000\njob two parallelism=4000\npods one cpu=1\npods two cpu=1\n",
    );
    let plan = plan(&world.snapshot, &policy);
    assert_eq!(plan.expected.iter().map(|expected| expected.pods).sum::<u32>(), 5_000, "{:?}", plan.expected);
}

#[test]
fn nothing_is_expected_without_the_flag() {
    let script = "group web max=9 cpu=4\njob train parallelism=6\npods train x2 cpu=3";
    let (mut world, policy) = situation(script);
    let added = |snapshot: &Snapshot| plan(snapshot, &policy).summary.nodes_added;
    assert_eq!(added(&world.snapshot), 6);
    world.snapshot.looked_at.gangs.expect_job_pods = false;
    assert_eq!(added(&world.snapshot), 2);
}

#[test]
fn a_job_expects_no_more_than_it_wants_and_only_while_it_makes_pods() {
    let expected = |job: &str, pods: &str| {
        let (world, policy) = situation(&format!("group web max=90 cpu=4\njob train {job}\npods train {pods} cpu=3"));
        plan(&world.snapshot, &policy).expected.iter().map(|expected| expected.pods).sum::<u32>()
    };
    for (job, pods, count) in [
        ("parallelism=6", "x2", 4),
        ("parallelism=6 completions=4", "x2", 2),
        ("parallelism=6 completions=9 succeeded=6", "x2", 1),
        ("parallelism=6 succeeded=1", "x2", 0),
        ("parallelism=6 failed=1", "x2", 0),
        ("parallelism=6 suspended", "x2", 0),
        ("parallelism=6", "x6", 0),
        ("parallelism=6", "x2 unseen", 0),
        ("parallelism=6", "x2 gate=example.com/quota", 0),
        ("parallelism=6", "x2 device=claim", 0),
        ("parallelism=6", "x2 leaving", 0),
        ("parallelism=6 age=1h", "x2 pending=5m", 4),
        ("parallelism=6 age=1h", "x2 pending=6m", 0),
        ("parallelism=6 age=1m", "x2 pending=6m", 4),
    ] {
        assert_eq!(expected(job, pods), count, "{job}; {pods}");
    }
}
