//! What the DaemonSets take of a node: their pods run there before any other.

use crate::scheduler::{Columns, NodeView, PodView, pending_requests, predicates};
use crate::snapshot::{Labels, PodSpec, Resources, Snapshot, Taint, Toleration, TolerationOperator};

/// The DaemonSets of a cluster with what each of their pods requests.
pub(crate) struct Daemons<'a> {
    sets: Vec<DaemonDemand<'a>>,
    no_columns: Columns,
}

struct DaemonDemand<'a> {
    namespace: &'a str,
    name: &'a str,
    spec: PodSpec,
    requests: Resources,
}

/// Taints that the DaemonSet controller makes its pods tolerate
/// (`pkg/controller/daemon/util/daemonset_util.go`, `AddOrUpdateDaemonPodTolerations`).
const TOLERATED_BY_EVERY_DAEMON: [&str; 6] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/unschedulable",
];

impl<'a> Daemons<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot) -> Self {
        let demand = |set: &'a crate::snapshot::DaemonSet| {
            let mut spec = snapshot.pod_specs[&set.spec].clone();
            let network = spec.host_network.then_some("node.kubernetes.io/network-unavailable");
            let tolerated = TOLERATED_BY_EVERY_DAEMON.into_iter().chain(network);
            spec.tolerations.extend(tolerated.map(|key| Toleration {
                key: Some(key.to_owned()),
                operator: TolerationOperator::Exists,
                value: String::new(),
                effect: None,
            }));
            DaemonDemand { namespace: &set.namespace, name: &set.name, requests: pending_requests(&spec), spec }
        };
        Self { sets: snapshot.daemon_sets.iter().map(demand).collect(), no_columns: Columns::new([]) }
    }

    /// What the DaemonSets that would run on a node request there, without those for which `is_there(namespace, name)` holds.
    pub(crate) fn requests_on(&self, labels: &Labels, taints: &[Taint], is_there: impl Fn(&str, &str) -> bool) -> Resources {
        let node = NodeView { name: "", labels, taints, unschedulable: false, free: &[] };
        let mut sum = Resources::default();
        for set in self.sets.iter().filter(|set| !is_there(set.namespace, set.name)) {
            let pod = PodView { spec: &set.spec, requests: &[], resources: &self.no_columns };
            if predicates::first_lasting_misfit(&pod, &node).is_none() {
                sum.add(&set.requests);
            }
        }
        sum
    }
}
