//! A day of jobs on a large cluster that runs services: a made-up trace of as many pods as wanted,
//! and the nodes that they come to.

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::simulate::Settings;
use ec2_autoscale_core::snapshot::{
    CPU, ClusterIdentity, DaemonSet, Group, Instance, Labels, Lifecycle, MEMORY, Market, Name, Node, ObjectName, PODS, Phase,
    Pod, PodSpec, Price, PriceSource, Readiness, ReadyStatus, Region, RestartPolicy, Scheduling, Snapshot, SpecId, TagFacts,
    UsdPerHour, Weight,
};
use ec2_autoscale_core::trace::{Trace, Work};
use jiff::Timestamp;

use crate::batch_jobs::{NAMESPACE, amounts, duration, pod, started_at, tolerates_everything};
use crate::made_up;
use crate::random::Random;
use crate::small_pods::{owner, spec};

const REGION: &str = "us-west-2";
const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];
const GIB: i64 = 1 << 30;
const GROUPS: usize = 10;
/// The most nodes of all groups together.
const MOST_NODES: usize = 5_000;
/// The nodes at the start, each with a service.
const FIRST_NODES: usize = 3_000;
/// Millicores and GiB of a pod of a service, and of a node.
const OF_SERVICE: (i64, i64) = (8_000, 24);
const OF_NODE: (i64, i64) = (15_900, 60);
/// Millicores and GiB of the pods that come.
const SIZES: [(i64, i64); 8] =
    [(1_000, 2), (1_000, 4), (2_000, 4), (2_000, 8), (4_000, 8), (4_000, 16), (7_000, 24), (8_000, 30)];
const DAY: usize = 24 * 3600;
/// How many of a hundred pods that would come in an hour of the day do.
const BY_HOUR: [usize; 24] = [50, 48, 46, 45, 45, 46, 50, 56, 65, 78, 90, 96, 98, 100, 100, 98, 94, 88, 78, 68, 62, 58, 55, 52];

/// Returns how the world goes: it ends with the day.
pub(crate) fn settings() -> Settings {
    Settings { longest: Seconds(DAY as u64), ..Settings::default() }
}

/// Returns a cluster of ten groups whose nodes run a DaemonSet and a service each.
pub(crate) fn start() -> Snapshot {
    let mut start = Snapshot::empty(ClusterIdentity::default(), started_at());
    start.regions = vec![Region { name: REGION.to_owned(), preference: 0, unreadable: None }];
    start.groups = (0..GROUPS).map(group).collect();
    start.prices = Some((0..GROUPS).map(price).collect());
    let daemon = PodSpec { tolerations: vec![tolerates_everything()], ..spec(amounts(100, 0)) };
    let service = PodSpec { restart_policy: RestartPolicy::Always, ..spec(amounts(OF_SERVICE.0, OF_SERVICE.1 * GIB)) };
    start.pod_specs = [(SpecId(0), daemon), (SpecId(1), service)].into();
    start.daemon_sets.push(DaemonSet {
        namespace: "kube-system".to_owned(),
        name: "logs".to_owned(),
        labels: Labels::new(),
        resource_claims: Vec::new(),
        spec: SpecId(0),
    });
    for number in 0..FIRST_NODES {
        let group = &mut start.groups[number % GROUPS];
        let (node, instance) = node(number, group);
        group.instances.push(instance);
        group.desired += 1;
        let name = Name::from(node.name.as_str());
        start.nodes.push(node);
        start.pods.push(running(&name, format!("logs-{number:04}"), "kube-system".into(), SpecId(0), ("DaemonSet", "logs")));
        start.pods.push(running(&name, format!("web-{number:04}"), NAMESPACE.clone(), SpecId(1), ("ReplicaSet", "web")));
    }
    start
}

fn group(number: usize) -> Group {
    let resources = [(CPU, OF_NODE.0), (MEMORY, OF_NODE.1 * GIB), (PODS, 110)].into_iter().collect();
    let labels = [("pool", format!("pool-{number}"))].into();
    let tags = TagFacts { resources, labels, ..TagFacts::default() };
    let most = i64::try_from(MOST_NODES / GROUPS).expect("a small number");
    let zones = ZONES.map(str::to_owned).to_vec();
    Group { tags, ..made_up::group(REGION, format!("pool-{number}"), format!("machine-{number}"), most, zones) }
}

fn price(number: usize) -> Price {
    Price {
        region: REGION.to_owned(),
        machine_type: format!("machine-{number}"),
        market: Market::OnDemand,
        zone: None,
        usd_per_hour: UsdPerHour::from_micros(700_000 + 10_000 * number as u64),
        list_usd_per_hour: None,
        source: PriceSource::Table,
    }
}

/// Returns a Ready node of a group, and its instance.
fn node(number: usize, group: &Group) -> (Node, Instance) {
    let (id, zone) = (format!("i-{number:017x}"), ZONES[number / GROUPS % ZONES.len()].to_owned());
    let name = format!("{id}.{REGION}.compute.internal");
    let mut labels: Labels = [
        ("kubernetes.io/hostname", name.as_str()),
        ("topology.kubernetes.io/region", REGION),
        ("topology.kubernetes.io/zone", &zone),
    ]
    .into();
    labels.extend(group.tags.labels.clone());
    let node = Node {
        uid: format!("uid-of-{name}"),
        labels,
        marks: Labels::new(),
        taints: Vec::new(),
        unschedulable: false,
        provider_id: Some(format!("aws:///{zone}/{id}")),
        allocatable: group.tags.resources.clone(),
        ready: Readiness { status: ReadyStatus::True, since: Some(long_ago()) },
        created_at: long_ago(),
        addresses: Vec::new(),
        name,
    };
    let instance = Instance {
        id,
        zone,
        machine_type: group.launch_options[0].machine_type.clone(),
        lifecycle: Lifecycle::InService,
        protected: true,
        launched_at: Some(long_ago()),
        weight: Weight::ONE,
        image: None,
        launch_version: None,
        addresses: Vec::new(),
        spot: false,
        reservation: None,
    };
    (node, instance)
}

fn long_ago() -> Timestamp {
    "2026-11-20T00:00:00Z".parse().expect("a time")
}

fn running(node: &Name, name: String, namespace: Name, spec: SpecId, (kind, of): (&str, &str)) -> Pod {
    Pod {
        uid: format!("uid-of-{name}").into(),
        labels: [("app.kubernetes.io/name", of)].into(),
        owner: Some(owner(kind, "apps/v1", of).into()),
        phase: Phase::Running,
        scheduling: Scheduling::Scheduled { at: Some(long_ago()) },
        node: Some(node.clone()),
        ready: true,
        ..Pod::unseen(ObjectName { namespace, name: name.into() }, spec, long_ago())
    }
}

/// Returns this many pods that come in the day. One in five runs on a group of its own.
pub(crate) fn trace(pods: usize) -> Trace {
    let mut random = Random::seeded(42);
    let mut trace = Trace { pod_specs: specs(), ..Trace::default() };
    let mut times: Vec<usize> = (0..pods).map(|_| arrival(&mut random)).collect();
    times.sort_unstable();
    for (number, at) in times.into_iter().enumerate() {
        let pool = if random.percent(20) { 1 + random.below(GROUPS) } else { 0 };
        let id = SpecId(u32::try_from(pool * SIZES.len() + random.below(SIZES.len())).expect("few specifications"));
        trace.work.push(Work {
            at: Seconds(at as u64),
            pod: pod(number, id),
            parallelism: 1,
            completions: 1,
            duration: Some(Seconds(duration(&mut random) as u64)),
            until: None,
        });
    }
    trace
}

/// Returns the kinds of pods that run anywhere, and then those of each group.
fn specs() -> std::collections::BTreeMap<SpecId, PodSpec> {
    let anywhere = [Labels::new()].into_iter();
    let selectors = anywhere.chain((0..GROUPS).map(|number| [("pool", format!("pool-{number}"))].into()));
    let of_selector = |selector: Labels| {
        let sizes = SIZES.iter().map(|(millicores, gib)| spec(amounts(*millicores, gib * GIB)));
        sizes.map(move |spec| PodSpec { node_selector: selector.clone(), ..spec }).collect::<Vec<_>>()
    };
    (0..).map(SpecId).zip(selectors.flat_map(of_selector)).collect()
}

fn arrival(random: &mut Random) -> usize {
    loop {
        let at = random.below(DAY);
        if random.percent(BY_HOUR[at / 3600]) {
            return at;
        }
    }
}
