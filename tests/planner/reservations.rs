//! Reservations in random clusters, and a day with a block in it.

use std::collections::BTreeMap;

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Action, FindingCode, Plan, explain, plan};
use ec2_autoscale_core::render;
use ec2_autoscale_core::simulate::report::Usd;
use ec2_autoscale_core::simulate::{Settings, simulate};
use ec2_autoscale_core::snapshot::{Pod, Scheduling, Snapshot, UsdPerHour};
use ec2_autoscale_core::trace::{Trace, Work};
use proptest::prelude::*;

use crate::support::scenario::situation;

/// A reservation of a random cluster: its room, what is free, and the minutes from now in which
/// machines can be launched into it.
#[derive(Debug, Clone)]
struct RandomReservation {
    total: u32,
    used: u32,
    starts: i64,
    lasts: i64,
    is_block: bool,
}

prop_compose! {
    fn reservation()(total in 1..5_u32, used in 0..5_u32, starts in -90..60_i64, lasts in 20..240_i64, is_block: bool)
        -> RandomReservation
    {
        RandomReservation { total, used: used.min(total), starts, lasts, is_block }
    }
}

impl RandomReservation {
    fn is_open(&self) -> bool {
        self.starts <= 0
    }

    /// Whether a node that is requested now would be of use: it takes 25 minutes to come, and a
    /// drain takes 10 and a half.
    fn is_long_enough(&self) -> bool {
        !self.is_block || (self.starts + self.lasts - 30) * 60 > 25 * 60 + 630
    }
}

/// Returns the moment so many minutes from now in the words of scenarios.
fn moment(minutes: i64) -> String {
    if minutes < 0 { format!("-{}m", -minutes) } else { format!("{minutes}m") }
}

/// Writes a cluster: two reservations, groups that use one of them each or launch anywhere, busy
/// nodes in them, and pods that wait.
fn script(reservations: &[RandomReservation], uses: &[(usize, bool)], pods: u32, expander: &str) -> String {
    let mut lines = vec![format!("policy expander={expander} instance-init-time=25m max-scale-in-fraction=1")];
    for (number, it) in reservations.iter().enumerate() {
        let (kind, free) = (if it.is_block { "block" } else { "on-demand" }, it.total - it.used);
        let (starts, ends) = (moment(it.starts), moment(it.starts + it.lasts));
        lines.push(format!("reservation cr-{number} total={} free={free} starts={starts} ends={ends} kind={kind}", it.total));
    }
    for (number, (reservation, only)) in uses.iter().enumerate() {
        let word = if *only { " reserved-only" } else { "" };
        lines.push(format!("group g{number} cpu=4 max=9 desired=2 reserved=cr-{reservation}{word}"));
        for node in ["busy", "idle"] {
            lines.push(format!("node {node}-{number} group=g{number} reservation=cr-{reservation} idle=1m"));
        }
        lines.push(format!("pods job-{number} cpu=1 on=busy-{number}"));
        lines.push(format!("pods web-{number} cpu=1 on=busy-{number} owner=ReplicaSet"));
    }
    lines.push("price us-west-2 m5.xlarge 0.192".to_owned());
    lines.push(format!("pods wait x{pods} cpu=3"));
    lines.push(format!("pods long x{pods} cpu=3 deadline=3h"));
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn never_more_is_bought_than_is_free_and_nothing_outside_of_the_time(
        reservations in prop::collection::vec(reservation(), 2),
        uses in prop::collection::vec((0..2_usize, any::<bool>()), 1..5),
        pods in 0..9_u32,
        expander in prop::sample::select(vec!["priority,region", "price", "random", "least-waste"]),
    ) {
        let (world, policy) = situation(&script(&reservations, &uses, pods, expander));
        let plan = plan(&world.snapshot, &policy);
        prop_assert_eq!(violations(&plan, &world.snapshot), vec![]);
        let mut bought: BTreeMap<usize, u32> = BTreeMap::new();
        for (number, (reservation, _)) in uses.iter().enumerate().filter(|(_, (_, only))| *only) {
            let report = plan.groups.iter().find(|it| it.group.name == format!("g{number}")).expect("every group is reported");
            *bought.entry(*reservation).or_default() += report.added;
        }
        for (reservation, bought) in bought {
            let it = &reservations[reservation];
            prop_assert!(bought <= it.total - it.used, "{} of {:?}", bought, it);
            prop_assert!(bought == 0 || it.is_open() && it.is_long_enough(), "{} of {:?}", bought, it);
        }
        prop_assert_eq!(evicted_jobs(&plan, &world.snapshot), Vec::<String>::new());
    }
}

fn evicted_jobs(plan: &Plan, snapshot: &Snapshot) -> Vec<String> {
    let evicted = plan.actions.iter().flat_map(|action| match action {
        Action::Evict { pods, .. } => pods.as_slice(),
        _ => &[],
    });
    let is_job = |pod: &&Pod| pod.owner.as_ref().is_some_and(|owner| owner.kind == "Job");
    let jobs = evicted.filter_map(|it| snapshot.pods.iter().find(|pod| pod.uid == it.uid).filter(is_job));
    jobs.map(|pod| pod.id().to_string()).collect()
}

/// A block from 12:20 to 16:20 in the simulated day, of which machines end from 15:50. Jobs wait
/// for it since noon. Later a service gets a place there, and could be elsewhere by the end.
#[test]
fn a_block_is_used_from_its_start_and_left_before_its_end() {
    let (world, policy) = situation(
        "policy instance-init-time=10m\n\
         reservation cr-1 total=3 starts=20m ends=4h20m kind=block\n\
         group block cpu=4 max=9 reserved=cr-1 reserved-only\n\
         group other cpu=4 min=1 max=2 desired=1 priority=-1\n\
         node other-1 group=other\n\
         price us-west-2 m5.xlarge 0.192\n\
         pods early cpu=4\n\
         pods late cpu=4 label=a=b\n\
         pods web cpu=4 owner=ReplicaSet",
    );
    let mut start = world.snapshot;
    let patterns: Vec<Pod> = std::mem::take(&mut start.pods);
    let (boot, minutes) = (Seconds::minutes(3), |minutes: u64| Seconds::minutes(minutes));
    let work = |pattern: usize, at: Seconds, pods: u32, duration: Option<Seconds>| Work {
        at,
        pod: Pod { scheduling: Scheduling::Unseen, ..patterns[pattern].clone() },
        parallelism: pods,
        completions: pods,
        duration,
        until: None,
    };
    let mut trace = Trace { pod_specs: start.pod_specs.clone(), ..Trace::default() };
    trace.work = vec![
        work(0, minutes(0), 5, Some(minutes(30))),
        work(1, minutes(190), 1, Some(minutes(15))),
        work(1, minutes(195), 1, Some(minutes(10))),
        work(2, minutes(196), 1, None),
    ];
    let settings = Settings { boot_time: boot, longest: minutes(300), ..Settings::default() };
    let (mut said, mut busy_late) = (Vec::new(), Vec::new());
    let ends = minutes(230);
    let mut watch = |snapshot: &Snapshot, _: &ec2_autoscale_core::plan::Outline<'_>| {
        let at = Seconds::between(start.taken_at, snapshot.taken_at);
        if at > minutes(205) && at < ends {
            let plan = plan(snapshot, &policy);
            said.extend(plan.findings.iter().filter_map(|finding| match &finding.code {
                FindingCode::ReservationEnds { .. } => Some(at),
                _ => None,
            }));
            let inside = snapshot.groups[0].instances.len();
            busy_late.push((at, inside));
        }
    };
    let history = simulate(&start, &trace, &policy, &settings, &mut watch);
    let block: Vec<_> = history.instances.iter().filter(|it| it.reserved).collect();
    let first: Vec<_> = block.iter().take(3).map(|it| (it.launched_at, it.ready_at, it.price)).collect();
    let expected = (minutes(20), Some(Seconds(minutes(20).0 + boot.0)), Some(UsdPerHour::ZERO));
    assert_eq!(first, vec![expected; 3], "all three at the start of the block, for nothing");
    assert_eq!(history.failed_launches, [0, 0], "none was tried before");
    assert!(!said.is_empty() && said[0] >= minutes(209), "the service is named in time: {said:?}");
    let last = busy_late.last().expect("runs watch the end");
    assert_eq!(last.1, 0, "nothing is left when the machines end: {busy_late:?}");
    let report = ec2_autoscale_core::simulate::Report::new(&history, policy.clone(), settings);
    assert!(report.groups[0].account.reserved_time > Seconds(0));
    assert_eq!(report.groups[0].account.cost, Some(Usd::from_micros(0)));
}

#[test]
fn groups_nodes_and_pods_are_explained_with_their_reservations() {
    let (world, policy) = situation(
        "reservation cr-1 total=4 free=2 starts=-1h ends=5h kind=block\n\
         reservation cr-2 type=m5.large starts=1h\n\
         group block cpu=4 max=9 desired=1 reserved=cr-1,cr-2,cr-3 reserved-only\n\
         group other cpu=4 max=9\n\
         node n group=block reservation=cr-1\n\
         pods on cpu=4 on=n\n\
         pods job x1 cpu=4",
    );
    let group = explain::group(&world.snapshot, &policy, "block").expect("there is such a group");
    let facts: Vec<String> = group.reserved.iter().map(ToString::to_string).collect();
    assert_eq!(
        facts,
        [
            "cr-1 (a block, active): 2 of 4 m5.xlarge in us-west-2a free; machines end from 16:30 UTC, in 4h 30m; \
             the group launches nowhere else",
            "cr-2 (on demand, scheduled): 1 of 1 m5.large in us-west-2a free; begins at 13:00 UTC, in 1h; \
             the group launches no such type there",
            "cr-3, which could not be found",
        ]
    );
    let node = explain::node(&world.snapshot, &policy, "n").expect("there is such a node");
    assert!(render::explain_node(&node, Some(100), false).contains("reserved"), "{node:?}");
    let pod = world.snapshot.pods.iter().find(|pod| pod.node.is_none()).expect("one waits").id();
    let pod = explain::pod(&world.snapshot, &policy, &pod).expect("there is such a pod");
    assert!(render::explain_pod(&pod, Some(200), false).contains("uses a reservation"), "{pod:?}");
}
