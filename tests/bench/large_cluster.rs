//! A made-up cluster of any size: groups in three regions, full and idle nodes, and pods pending in
//! classes, some of which no group can help.

use ec2_autoscale_core::plan::{Plan, PodVerdict};
use ec2_autoscale_core::snapshot::{
    Activity, ActivityKind, ActivityStatus, Architecture, CPU, ClusterIdentity, DaemonSet, EPHEMERAL_STORAGE, Group, Instance,
    Labels, Lifecycle, MEMORY, MachineDetails, MachineType, Name, Node, PODS, Phase, Pod, PodSpec, Purchase, Readiness,
    ReadyStatus, Region, Resources, Scheduling, Snapshot, SpecId, TagFacts, Taint, TaintEffect, Toleration, TolerationOperator,
    Weight,
};
use jiff::{SignedDuration, Timestamp};

use crate::made_up;
use crate::random::Random;
use crate::small_pods::{now, owner, pending_pod, spec};
use ec2_autoscale_core::well_known::taints;

/// The size; the rest follows from the seed.
#[derive(Clone, Copy)]
pub(crate) struct LargeCluster {
    pub(crate) nodes: usize,
    pub(crate) running: usize,
    pub(crate) pending: usize,
    pub(crate) classes: usize,
    pub(crate) groups: usize,
}

/// The size that the program promises to handle.
pub(crate) const FULL: LargeCluster =
    LargeCluster { nodes: 5_000, running: 150_000, pending: 30_000, classes: 300, groups: 100 };

const SEED: u64 = 42;
const REGIONS: [&str; 3] = ["us-west-2", "us-east-1", "eu-west-1"];
const TEAMS: usize = 8;
const DAEMONS: usize = 3;
/// Specifications of running pods, after those of the DaemonSets.
const RUNNING_SPECS: usize = 400;
/// One in this many nodes runs nothing but DaemonSet pods.
const IDLE_EVERY: usize = 19;
/// One in this many classes requests more than any node has.
const IMPOSSIBLE_EVERY: usize = 25;
/// One in this many pending pods of the classes with a high priority is nominated to a node.
const NOMINATED_EVERY: usize = 20;
const GIB: i64 = 1 << 30;

impl LargeCluster {
    pub(crate) fn snapshot(self) -> Snapshot {
        let mut random = Random::seeded(SEED);
        let mut snapshot = Snapshot::empty(ClusterIdentity { name: "large".to_owned(), ..ClusterIdentity::default() }, now());
        snapshot.regions = (0..)
            .zip(REGIONS)
            .map(|(preference, name)| Region { name: name.to_owned(), preference, unreadable: None })
            .collect();
        snapshot.machine_types = REGIONS.iter().flat_map(|region| machine_types(region)).collect();
        snapshot.groups = (0..self.groups).map(group).collect();
        for number in 0..self.nodes {
            let group = &mut snapshot.groups[number % self.groups];
            let (node, instance) = node(number, group, random.below(1 << 24));
            group.instances.push(instance);
            group.desired += 1;
            snapshot.nodes.push(node);
        }
        self.add_specs(&mut snapshot, &mut random);
        self.add_running(&mut snapshot, &mut random);
        self.add_pending(&mut snapshot, &mut random);
        snapshot
    }

    /// Asserts that every pod has a verdict: those that fit a new node of some group are helped,
    /// and the others cannot be.
    pub(crate) fn assert_answer(self, plan: &Plan) {
        assert_eq!((plan.nodes.len(), plan.pods.len(), plan.groups.len()), (self.nodes, self.pending, self.groups));
        let impossible = self.classes.div_ceil(IMPOSSIBLE_EVERY) * (self.pending / self.classes);
        assert_eq!(plan.summary.pods_unhelped as usize, impossible);
        assert_eq!(plan.summary.pods_helped as usize, self.pending - impossible);
        let verdicts = |wanted: fn(&PodVerdict) -> bool| plan.pods.iter().filter(|pod| wanted(&pod.verdict)).count();
        assert!(verdicts(|verdict| matches!(verdict, PodVerdict::FitsExisting { .. })) > 0, "nobody fits an existing node");
        assert!(verdicts(|verdict| matches!(verdict, PodVerdict::Nominated { .. })) > 0, "nobody is nominated");
        assert!(plan.summary.nodes_added > 0 && plan.summary.nodes_cordoned > 0, "{:?}", plan.summary);
    }

    /// Asserts that with the default limit most pods wait for a later run.
    pub(crate) fn assert_braked(self, plan: &Plan) {
        assert_eq!((plan.nodes.len(), plan.pods.len()), (self.nodes, self.pending));
        assert_eq!(plan.summary.nodes_added, plan.policy.max_scale_up);
        assert!(plan.summary.pods_unhelped as usize > self.pending / 2, "{:?}", plan.summary);
    }

    fn add_specs(self, snapshot: &mut Snapshot, random: &mut Random) {
        let mut add = |spec: PodSpec| {
            let id = SpecId(u32::try_from(snapshot.pod_specs.len()).expect("few specifications"));
            snapshot.pod_specs.insert(id, spec);
        };
        for _ in 0..DAEMONS {
            let mut daemon = spec(amounts(100, GIB / 8));
            daemon.tolerations = ["dedicated", "reserved", "nvidia.com/gpu"].map(tolerates).to_vec();
            add(daemon);
        }
        for _ in 0..RUNNING_SPECS {
            add(spec(amounts(100 + 50 * small(random.below(17)), GIB / 4 * (1 + small(random.below(7))))));
        }
        for class in 0..self.classes {
            add(pending_spec(class, random));
        }
        let daemon = |number: u32| DaemonSet {
            namespace: "kube-system".to_owned(),
            name: format!("daemon-{number}"),
            spec: SpecId(number),
            labels: Labels::new(),
            resource_claims: Vec::new(),
        };
        snapshot.daemon_sets = (0..).take(DAEMONS).map(daemon).collect();
    }

    /// Adds DaemonSet pods to every node, and spreads the others evenly over those that are not
    /// idle. The pods of a node share its name, as they do where a snapshot is read.
    fn add_running(self, snapshot: &mut Snapshot, random: &mut Random) {
        let names: Vec<Name> = snapshot.nodes.iter().map(|node| Name::from(node.name.as_str())).collect();
        for (node, name) in names.iter().enumerate() {
            for daemon in 0..DAEMONS {
                let mut pod = pending_pod(format!("daemon-{daemon}-{node:05}"), SpecId(u32::try_from(daemon).expect("few")));
                pod.namespace = "kube-system".into();
                pod.owner = Some(owner("DaemonSet", "apps/v1", &format!("daemon-{daemon}")).into());
                snapshot.pods.push(running_on(name, pod));
            }
        }
        let busy: Vec<usize> = (0..self.nodes).filter(|node| node % IDLE_EVERY != 0).collect();
        for number in 0..self.running - self.nodes * DAEMONS {
            let node = &names[busy[number % busy.len()]];
            let spec = SpecId(u32::try_from(DAEMONS + random.below(RUNNING_SPECS)).expect("few specifications"));
            snapshot.pods.push(running_on(node, pending_pod(format!("train-{:08x}-{number:06}", random.below(1 << 31)), spec)));
        }
    }

    fn add_pending(self, snapshot: &mut Snapshot, random: &mut Random) {
        for number in 0..self.pending {
            let class = number % self.classes;
            let spec = SpecId(u32::try_from(DAEMONS + RUNNING_SPECS + class).expect("few specifications"));
            let mut pod = pending_pod(format!("wait-{:08x}-{number:06}", random.below(1 << 31)), spec);
            if snapshot.pod_specs[&spec].priority > 0 && (number / self.classes).is_multiple_of(NOMINATED_EVERY) {
                pod.nominated_node =
                    Some(snapshot.nodes[1 + IDLE_EVERY * random.below(self.nodes / IDLE_EVERY)].name.as_str().into());
            }
            snapshot.pods.push(pod);
        }
    }
}

fn pending_spec(class: usize, random: &mut Random) -> PodSpec {
    let mut asked = spec(amounts(250 * (1 + small(random.below(16))), GIB / 2 * (1 + small(random.below(16)))));
    // No two classes are alike.
    asked.containers[0].requests.set(EPHEMERAL_STORAGE, (1 + small(class)) << 20);
    if class.is_multiple_of(IMPOSSIBLE_EVERY) {
        asked.containers[0].requests.set(CPU, 100_000);
        return asked;
    }
    let mut select = |key: &str, value: String| drop(asked.node_selector.insert(key.into(), value.into()));
    if random.percent(25) {
        select("topology.kubernetes.io/region", REGIONS[random.below(REGIONS.len())].to_owned());
    }
    if random.percent(25) {
        select("team", format!("team-{}", random.below(TEAMS)));
    }
    if random.percent(10) {
        asked.tolerations = vec![tolerates("dedicated")];
    }
    let has_gpus = random.percent(10);
    let is_urgent = !has_gpus && random.percent(10);
    if has_gpus {
        asked.node_selector.clear();
        asked.tolerations = vec![tolerates("nvidia.com/gpu")];
        asked.containers[0].requests.set("nvidia.com/gpu", 1 + small(random.below(4)));
    } else if is_urgent {
        asked.priority = 1000;
        asked.node_selector.clear();
    }
    asked
}

fn running_on(node: &Name, mut pod: Pod) -> Pod {
    pod.phase = Phase::Running;
    pod.scheduling = Scheduling::Scheduled { at: Some(pod.created_at) };
    pod.node = Some(node.clone());
    pod.ready = true;
    pod
}

fn tolerates(key: &str) -> Toleration {
    Toleration { key: Some(key.to_owned()), operator: TolerationOperator::Exists, value: String::new(), effect: None }
}

fn amounts(millicores: i64, bytes: i64) -> Resources {
    [(CPU, millicores), (MEMORY, bytes)].into_iter().collect()
}

fn small(number: usize) -> i64 {
    i64::try_from(number).expect("a small number")
}

/// Whether a group has GPUs: every tenth does. Of the others every tenth is dedicated by a taint,
/// and every tenth fits no pod that waits.
fn has_gpus(group: usize) -> bool {
    group % 10 == 9
}

fn machine_type(group: usize) -> String {
    if has_gpus(group) { "g5.4xlarge".to_owned() } else { format!("m{}.4xlarge", 5 + group % 3) }
}

fn machine_types(region: &str) -> Vec<MachineType> {
    (0..10)
        .filter(|group| *group < 3 || has_gpus(*group))
        .map(|group| MachineType {
            region: region.to_owned(),
            name: machine_type(group),
            cpus: 16,
            memory_mib: 65_536,
            architecture: Architecture::Amd64,
            network_pods: 234,
            devices: if has_gpus(group) { [("nvidia.com/gpu", 4)].into_iter().collect() } else { Resources::default() },
            max_efa_interfaces: 0,
            details: MachineDetails::default(),
        })
        .collect()
}

fn group(number: usize) -> Group {
    let region = REGIONS[number % REGIONS.len()];
    let taint = |key: &str| Taint { key: key.to_owned(), value: String::new(), effect: TaintEffect::NoSchedule };
    let taints = match number % 10 {
        9 => vec![taint("nvidia.com/gpu")],
        8 => vec![taint("dedicated")],
        6 => vec![taint("reserved")],
        _ => vec![],
    };
    let labels: Labels = [("team", format!("team-{}", number / 3 % TEAMS))].into();
    let zones = if number.is_multiple_of(2) { vec!["a", "b"] } else { vec!["c"] };
    let activity = |age: i64| Activity {
        id: format!("activity-{number}-{age}"),
        kind: ActivityKind::Launch,
        status: ActivityStatus::Successful,
        started_at: ago(age * 3600),
        message: String::new(),
        requested_at: Some(ago(age * 3600 + 60)),
        capacity_problem: false,
        replacement: false,
        by_instance_refresh: false,
        placement_full: false,
        machine_died: false,
        zone: None,
        machine_type: None,
    };
    let zones = zones.into_iter().map(|zone| format!("{region}{zone}")).collect();
    let mut group = made_up::group(region, format!("workers-{number:03}"), machine_type(number), 500, zones);
    group.launch_options[0].image = Some("ami-0123456789abcdef0".to_owned());
    group.launch_options[0].root_volume_gib = Some(100);
    if number.is_multiple_of(4) {
        group.purchase = Purchase::Spot { max_price: None };
    }
    group.activities = (1..20).map(activity).collect();
    group.tags = TagFacts { labels, taints, ..TagFacts::default() };
    group
}

fn ago(seconds: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_secs(seconds)).expect("a time")
}

/// Returns a Ready node of a group, and its instance. Every second idle node has been idle for
/// long.
fn node(number: usize, group: &Group, address: usize) -> (Node, Instance) {
    let region = &group.id.region;
    let address = format!("ip-10-{}-{}-{}-{number}", address >> 16, address >> 8 & 255, address & 255);
    let name = format!("{address}.{region}.compute.internal");
    let zone = group.zones[number / 7 % group.zones.len()].clone();
    let id = format!("i-{number:017x}");
    let machine = group.launch_options[0].machine_type.clone();
    let gpus = i64::from(machine.starts_with('g')) * 4;
    let mut allocatable = amounts(15_890, 57 * GIB);
    for (resource, amount) in [(PODS, 234), (EPHEMERAL_STORAGE, 95 * GIB), ("nvidia.com/gpu", gpus)] {
        if amount > 0 {
            allocatable.set(resource, amount);
        }
    }
    let mut taints = group.tags.taints.clone();
    if number.is_multiple_of(2 * IDLE_EVERY) {
        let value = ago(3600).as_second().to_string();
        taints.push(Taint { key: taints::IDLE_SINCE.to_owned(), value, effect: TaintEffect::PreferNoSchedule });
    }
    let mut labels: Labels = [
        ("kubernetes.io/hostname", name.as_str()),
        ("kubernetes.io/os", "linux"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/arch", "amd64"),
        ("node.kubernetes.io/instance-type", &machine),
        ("beta.kubernetes.io/instance-type", &machine),
        ("topology.kubernetes.io/region", region),
        ("failure-domain.beta.kubernetes.io/region", region),
        ("topology.kubernetes.io/zone", &zone),
        ("failure-domain.beta.kubernetes.io/zone", &zone),
        ("topology.ebs.csi.aws.com/zone", &zone),
        ("eks.amazonaws.com/nodegroup", &group.id.name),
    ]
    .into();
    labels.extend(group.tags.labels.clone());
    let node = Node {
        uid: format!("uid-of-{name}"),
        labels,
        marks: Labels::new(),
        taints,
        unschedulable: false,
        provider_id: Some(format!("aws:///{zone}/{id}")),
        allocatable,
        ready: Readiness { status: ReadyStatus::True, since: Some(ago(80_000)) },
        created_at: ago(80_000),
        addresses: vec![name.clone()],
        name: name.clone(),
    };
    let instance = Instance {
        id,
        zone,
        machine_type: machine,
        lifecycle: Lifecycle::InService,
        protected: true,
        launched_at: Some(ago(80_100)),
        weight: Weight::ONE,
        image: Some("ami-0123456789abcdef0".to_owned()),
        launch_version: None,
        addresses: vec![name],
        spot: false,
        reservation: None,
    };
    (node, instance)
}
