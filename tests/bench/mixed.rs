//! Pods with constraints on each other, and no node yet: a fifth each plain, spread over zones,
//! spread over nodes, bound to one zone together, and needing a node for itself (after Karpenter's
//! `scheduling_benchmark_test.go`).

use ec2_autoscale_core::plan::{Plan, PodVerdict};
use ec2_autoscale_core::snapshot::{
    Architecture, CPU, ClusterIdentity, Group, LabelSelector, MEMORY, MachineDetails, MachineType, PodAffinityTerm, PodSpec,
    Region, Resources, Snapshot, SpecId, TopologySpread,
};

use crate::made_up;
use crate::random::Random;
use crate::small_pods::{now, pending_pod, spec};

const SEED: u64 = 42;
const MILLICORES: [i64; 5] = [100, 250, 500, 1000, 1500];
const MEBIBYTES: [i64; 6] = [100, 256, 512, 1024, 2048, 4096];
const LABEL: &str = "my-label";
const LABEL_VALUES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];
const ZONE: &str = "topology.kubernetes.io/zone";
const HOSTNAME: &str = "kubernetes.io/hostname";
/// What an m5.4xlarge has, and what the formula leaves to pods.
const CORES: i64 = 16;
const ALLOCATABLE_MILLICORES: i64 = 15_890;
const KINDS: usize = 5;

/// The constraint that a fifth of the pods has on the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Company {
    Plain,
    SpreadOverZones,
    SpreadOverNodes,
    OneZoneTogether,
    NodeForItself,
}

const COMPANIES: [Company; KINDS] =
    [Company::Plain, Company::SpreadOverZones, Company::SpreadOverNodes, Company::OneZoneTogether, Company::NodeForItself];

pub(crate) fn snapshot(pods: usize) -> Snapshot {
    let mut random = Random::seeded(SEED);
    let mut snapshot = Snapshot::empty(ClusterIdentity::default(), now());
    snapshot.regions = vec![Region { name: "us-west-2".to_owned(), preference: 0, unreadable: None }];
    snapshot.groups = vec![group()];
    snapshot.machine_types = vec![machine_type()];
    let mut known = std::collections::BTreeMap::new();
    for number in 0..pods {
        let company = COMPANIES[number * KINDS / pods];
        let value = LABEL_VALUES[random.below(LABEL_VALUES.len())];
        let cpu = MILLICORES[random.below(MILLICORES.len())];
        let memory = MEBIBYTES[random.below(MEBIBYTES.len())] << 20;
        let asked = asked(company, value, [(CPU, cpu), (MEMORY, memory)].into_iter().collect());
        let next = SpecId(u32::try_from(known.len()).expect("few specifications"));
        let id = *known.entry(asked).or_insert(next);
        let mut pod = pending_pod(format!("mixed-{number:05}"), id);
        pod.labels.insert(LABEL.into(), value.into());
        snapshot.pods.push(pod);
    }
    snapshot.pod_specs = known.into_iter().map(|(spec, id)| (id, spec)).collect();
    snapshot
}

/// Asserts that every pod gets a node except, perhaps, pods that all need the same zone: AWS
/// spreads the nodes over all three.
pub(crate) fn assert_answer(pods: usize, snapshot: &Snapshot, plan: &Plan) {
    assert_eq!(plan.pods.len(), pods);
    let first_of_one_zone = pods * 3 / KINDS;
    let one_zone = first_of_one_zone..pods * 4 / KINDS;
    for (number, pod) in plan.pods.iter().enumerate().filter(|(number, _)| !one_zone.contains(number)) {
        assert!(matches!(pod.verdict, PodVerdict::FitsNew { .. }), "{number}: {}", pod.message);
    }
    let helped = plan.pods[one_zone.clone()].iter().filter(|pod| pod.verdict.is_helped()).count();
    assert!(helped * 2 > one_zone.len(), "only {helped} of {} that want one zone", one_zone.len());
    let requested: i64 = snapshot
        .pods
        .iter()
        .zip(&plan.pods)
        .filter(|(_, report)| report.verdict.is_helped())
        .map(|(pod, _)| snapshot.spec(pod).containers[0].requests.get(CPU))
        .sum();
    let least = u32::try_from(requested / ALLOCATABLE_MILLICORES).expect("few nodes");
    let added = plan.summary.nodes_added;
    // Cores alone are no bound: pods that spread and pods that want a node for themselves need more
    // nodes than they fill.
    let most = match pods {
        1_000 => 56,
        5_000 => 290,
        20_000 => 1_234,
        _ => panic!("no answer is known for {pods} pods"),
    };
    assert!((least..=most).contains(&added), "{added} nodes; {most} are enough, {least} would be the least by cores alone");
    println!("{pods} pods with constraints: {added} nodes; {least} by cores alone; {helped} of {} in one zone", one_zone.len());
}

fn asked(company: Company, value: &str, requests: Resources) -> PodSpec {
    let mut asked = spec(requests);
    let selector =
        || Some(LabelSelector { match_labels: [(LABEL.to_owned(), value.to_owned())].into(), match_expressions: vec![] });
    let spread = |key: &str| TopologySpread {
        topology_key: key.to_owned(),
        max_skew: 1,
        min_domains: None,
        selector: selector(),
        match_label_keys: vec![],
        honor_node_affinity: true,
        honor_node_taints: false,
    };
    let term = |key: &str| PodAffinityTerm {
        topology_key: key.to_owned(),
        selector: selector(),
        namespaces: vec![],
        namespace_selector: None,
    };
    match company {
        Company::Plain => {}
        Company::SpreadOverZones => asked.topology_spread = vec![spread(ZONE)],
        Company::SpreadOverNodes => asked.topology_spread = vec![spread(HOSTNAME)],
        Company::OneZoneTogether => asked.pod_affinity = vec![term(ZONE)],
        Company::NodeForItself => asked.pod_anti_affinity = vec![term(HOSTNAME)],
    }
    asked
}

fn group() -> Group {
    let zones = ["us-west-2a", "us-west-2b", "us-west-2c"].map(str::to_owned).to_vec();
    made_up::group("us-west-2", "mixed".to_owned(), "m5.4xlarge".to_owned(), 10_000, zones)
}

fn machine_type() -> MachineType {
    MachineType {
        region: "us-west-2".to_owned(),
        name: "m5.4xlarge".to_owned(),
        cpus: CORES,
        memory_mib: 65_536,
        architecture: Architecture::Amd64,
        network_pods: 234,
        devices: Resources::default(),
        max_efa_interfaces: 0,
        details: MachineDetails::default(),
    }
}
