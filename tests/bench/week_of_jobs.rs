//! A week of jobs, more by day than by night and fewer at its end: a made-up trace of as many jobs as
//! wanted, and the empty cluster that they come to.

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::snapshot::{
    CPU, ClusterIdentity, DaemonSet, Group, Labels, MEMORY, Market, PODS, PodSpec, Price, PriceSource, Region, Snapshot,
    SpecId, TagFacts, UsdPerHour,
};
use ec2_autoscale_core::trace::{Trace, Work};

use crate::batch_jobs::{amounts, duration, pod, started_at, tolerates_everything};
use crate::made_up;
use crate::random::Random;
use crate::small_pods::spec;

const REGION: &str = "us-west-2";
const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];
const GIB: i64 = 1 << 30;
const MOST_NODES: i64 = 2_000;
/// The last job comes so long before the week ends that all are done by then.
const ARRIVALS: usize = 153 * 3600;
/// How many of a hundred jobs that would come in an hour of the day do.
const BY_HOUR: [usize; 24] = [35, 30, 28, 26, 25, 25, 28, 36, 55, 75, 90, 96, 98, 100, 100, 98, 94, 88, 78, 68, 60, 52, 46, 40];
/// The same for days of the week; it begins on a Monday.
const BY_DAY: [usize; 7] = [92, 100, 96, 98, 90, 42, 38];

/// Name, millicores and GiB of a node, its price in millionths of a dollar an hour, and millicores and
/// GiB of what runs there.
type Kind = (&'static str, i64, i64, u64, &'static [(i64, i64)]);

const KINDS: [Kind; 2] = [
    ("general", 15_900, 60, 768_000, &[(1_000, 2), (1_000, 4), (2_000, 4), (2_000, 8), (4_000, 8), (4_000, 16), (7_000, 24)]),
    ("memory", 15_900, 122, 1_008_000, &[(2_000, 24), (4_000, 40), (7_000, 58)]),
];

/// Returns a cluster of two groups without nodes, and a DaemonSet that runs on each of theirs.
pub(crate) fn start() -> Snapshot {
    let mut start = Snapshot::empty(ClusterIdentity::default(), started_at());
    start.regions = vec![Region { name: REGION.to_owned(), preference: 0, unreadable: None }];
    start.groups = KINDS.iter().map(group).collect();
    start.prices = Some(KINDS.iter().map(price).collect());
    let id = SpecId(0);
    start.pod_specs.insert(id, PodSpec { tolerations: vec![tolerates_everything()], ..spec(amounts(100, 0)) });
    start.daemon_sets.push(DaemonSet {
        namespace: "kube-system".to_owned(),
        name: "logs".to_owned(),
        labels: Labels::new(),
        resource_claims: Vec::new(),
        spec: id,
    });
    start
}

fn group(kind: &Kind) -> Group {
    let (name, millicores, gib, ..) = *kind;
    let resources = [(CPU, millicores), (MEMORY, gib * GIB), (PODS, 110)].into_iter().collect();
    let labels = [("pool", name)].into();
    let tags = TagFacts { resources, labels, ..TagFacts::default() };
    let zones = ZONES.map(str::to_owned).to_vec();
    Group { tags, ..made_up::group(REGION, name.to_owned(), name.to_owned(), MOST_NODES, zones) }
}

fn price(kind: &Kind) -> Price {
    Price {
        region: REGION.to_owned(),
        machine_type: kind.0.to_owned(),
        market: Market::OnDemand,
        zone: None,
        usd_per_hour: UsdPerHour::from_micros(kind.3),
        list_usd_per_hour: None,
        source: PriceSource::Table,
    }
}

/// Returns this many jobs of one pod each. Four in five run anywhere, the others on a group of their
/// own.
pub(crate) fn trace(jobs: usize) -> Trace {
    let mut random = Random::seeded(42);
    let mut trace = Trace { pod_specs: specs(), ..Trace::default() };
    let mut times: Vec<usize> = (0..jobs).map(|_| arrival(&mut random)).collect();
    times.sort_unstable();
    for (number, at) in times.into_iter().enumerate() {
        let of_memory = random.percent(20);
        let (first, kinds) = if of_memory { (KINDS[0].4.len(), KINDS[1].4.len()) } else { (0, KINDS[0].4.len()) };
        let id = SpecId(u32::try_from(first + random.below(kinds)).expect("few specifications"));
        trace.work.push(Work {
            at: seconds(at),
            pod: pod(number, id),
            parallelism: 1,
            completions: 1,
            duration: Some(seconds(duration(&mut random))),
            until: None,
        });
    }
    trace
}

fn specs() -> std::collections::BTreeMap<SpecId, PodSpec> {
    let of_kind = |kind: &Kind| {
        let selector: Labels = if kind.0 == "memory" { [("pool", "memory")].into() } else { Labels::new() };
        let specs = kind.4.iter().map(move |(millicores, gib)| spec(amounts(*millicores, gib * GIB)));
        specs.map(move |spec| PodSpec { node_selector: selector.clone(), ..spec }).collect::<Vec<_>>()
    };
    (0..).map(SpecId).zip(KINDS.iter().flat_map(of_kind)).collect()
}

fn arrival(random: &mut Random) -> usize {
    loop {
        let at = random.below(ARRIVALS);
        let (day, hour) = (at / 86_400, at / 3600 % 24);
        if random.percent(BY_DAY[day]) && random.percent(BY_HOUR[hour]) {
            return at;
        }
    }
}

fn seconds(number: usize) -> Seconds {
    Seconds(number as u64)
}
