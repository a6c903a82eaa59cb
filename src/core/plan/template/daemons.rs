//! What the DaemonSets take of a node: their pods run there before any other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::plan::known_pods::{KnownPod, KnownPods};
use crate::scheduler::cluster::Resident;
use crate::scheduler::{Gates, NodeView, PodView, pending_requests, placed_requests, ports_of, predicates};
use crate::snapshot::{
    DaemonSet, HostPort, Labels, ObjectName, Pod, PodSpec, Resources, Snapshot, Taint, TaintEffect, Toleration,
    TolerationOperator,
};
use crate::well_known::taints::{NOT_READY, UNREACHABLE, UNSCHEDULABLE};

/// The DaemonSets of a cluster with the requests of each pod of theirs.
pub(crate) struct Daemons<'a> {
    sets: Vec<DaemonDemand<'a>>,
    gates: Gates,
}

struct DaemonDemand<'a> {
    namespace: &'a str,
    name: &'a str,
    spec: PodSpec,
    requests: Resources,
    ports: Vec<&'a HostPort>,
    /// Its pod as the rules of other pods see it.
    resident: Resident<'a>,
    set: &'a DaemonSet,
    newest: Option<&'a Pod>,
}

/// A node for which DaemonSets are counted.
pub(crate) struct Place<'p> {
    pub(crate) labels: &'p Labels,
    pub(crate) taints: &'p [Taint],
    /// What pods may request of it when it is empty.
    pub(crate) offer: &'p Resources,
}

/// Taints that the DaemonSet controller makes its pods tolerate, beyond those of the DaemonSet
/// itself (`pkg/controller/daemon/util/daemonset_util.go`, `AddOrUpdateDaemonPodTolerations`).
const TOLERATED_BY_EVERY_DAEMON: [(&str, TaintEffect); 6] = [
    (NOT_READY, TaintEffect::NoExecute),
    (UNREACHABLE, TaintEffect::NoExecute),
    ("node.kubernetes.io/disk-pressure", TaintEffect::NoSchedule),
    ("node.kubernetes.io/memory-pressure", TaintEffect::NoSchedule),
    ("node.kubernetes.io/pid-pressure", TaintEffect::NoSchedule),
    (UNSCHEDULABLE, TaintEffect::NoSchedule),
];

/// The taint that pods on the node's own network tolerate as well.
const TOLERATED_ON_THE_NODES_NETWORK: (&str, TaintEffect) = ("node.kubernetes.io/network-unavailable", TaintEffect::NoSchedule);

/// Returns what the controller adds to a DaemonSet's tolerations.
fn added_tolerations(spec: &PodSpec) -> impl Iterator<Item = Toleration> + use<> {
    let network = spec.host_network.then_some(TOLERATED_ON_THE_NODES_NETWORK);
    TOLERATED_BY_EVERY_DAEMON.into_iter().chain(network).map(|(key, effect)| Toleration {
        key: Some(key.to_owned()),
        operator: TolerationOperator::Exists,
        value: String::new(),
        effect: Some(effect),
    })
}

/// Returns the newest pod of each DaemonSet, by namespace and name: a LimitRange or a vertical
/// autoscaler makes pods larger than their template, and a pod from before the template changed
/// shows an older one.
fn newest_pods<'a>(snapshot: &'a Snapshot, known: &KnownPods) -> BTreeMap<(&'a str, &'a str), &'a Pod> {
    let mut newest: BTreeMap<(&str, &str), &Pod> = BTreeMap::new();
    if snapshot.daemon_sets.is_empty() {
        return newest;
    }
    let may_be_a_daemons = |place: Option<KnownPod>| place.is_none_or(|place| place.comes_with_its_node);
    for (pod, _) in known.unfinished(snapshot).filter(|(pod, place)| may_be_a_daemons(*place) && pod.node.is_some()) {
        let Some(owner) = pod.owner.as_ref().filter(|owner| owner.kind == "DaemonSet") else { continue };
        let known = newest.entry((&pod.namespace, &owner.name)).or_insert(pod);
        if (pod.created_at, &pod.name) > (known.created_at, &known.name) {
            *known = pod;
        }
    }
    newest
}

fn held_by(snapshot: &Snapshot, pod: &Pod) -> Resources {
    placed_requests(pod, &snapshot.pod_specs[&pod.spec])
}

impl<'a> Daemons<'a> {
    #[cfg(test)]
    pub(crate) fn new(snapshot: &'a Snapshot, gates: Gates) -> Self {
        Self::knowing(snapshot, gates, &KnownPods::default())
    }

    pub(crate) fn knowing(snapshot: &'a Snapshot, gates: Gates, known: &KnownPods) -> Self {
        let newest = newest_pods(snapshot, known);
        let demand = |set: &'a DaemonSet| {
            let ports = ports_of(&snapshot.pod_specs[&set.spec]).collect();
            let mut spec = snapshot.pod_specs[&set.spec].clone();
            let added = added_tolerations(&spec);
            spec.tolerations.extend(added);
            let newest = newest.get(&(set.namespace.as_str(), set.name.as_str())).copied();
            let requests = newest.map_or_else(|| pending_requests(&spec), |pod| held_by(snapshot, pod));
            let resident = Resident {
                namespace: &set.namespace,
                labels: newest.map_or(&set.labels, |pod| &pod.labels),
                spec: &snapshot.pod_specs[&set.spec],
                terminating: false,
            };
            DaemonDemand { namespace: &set.namespace, name: &set.name, requests, spec, ports, resident, set, newest }
        };
        let mut sets: Vec<DaemonDemand<'a>> = snapshot.daemon_sets.iter().map(demand).collect();
        // The scheduler serves the highest priority first.
        sets.sort_by_key(|set| (Reverse(set.spec.priority), set.namespace, set.name));
        Self { sets, gates }
    }

    /// Returns what a pod of a DaemonSet requests, if the DaemonSet is known.
    pub(super) fn requests_of(&self, namespace: &str, name: &str) -> Option<&Resources> {
        self.sets.iter().find(|set| set.namespace == namespace && set.name == name).map(|set| &set.requests)
    }

    /// Returns what the DaemonSets that would run on a node request there, without those for which
    /// `is_there(namespace, name)` holds.
    pub(crate) fn requests_on(&self, place: &Place<'_>, is_there: impl Fn(&str, &str) -> bool) -> Resources {
        let mut sum = Resources::default();
        self.running(place, is_there).into_iter().for_each(|set| sum.add(&set.requests));
        sum
    }

    /// Returns the ports of the node that the DaemonSets would take there, without those for which
    /// `is_there` holds.
    pub(crate) fn ports_on(&self, place: &Place<'_>, is_there: impl Fn(&str, &str) -> bool) -> Vec<&'a HostPort> {
        if self.sets.iter().all(|set| set.ports.is_empty()) {
            return Vec::new();
        }
        self.running(place, is_there).into_iter().flat_map(|set| set.ports.iter().copied()).collect()
    }

    /// Returns the pods that the DaemonSets would have on a node, without those for which
    /// `is_there` holds: for pods that want them beside them, or do not.
    pub(crate) fn residents_on(&self, place: &Place<'_>, is_there: impl Fn(&str, &str) -> bool) -> Vec<Resident<'a>> {
        self.running(place, is_there).into_iter().map(|set| set.resident).collect()
    }

    /// Returns the DaemonSets that would run on a node, by namespace and name.
    pub(crate) fn names_on(&self, place: &Place<'_>) -> BTreeSet<(&'a str, &'a str)> {
        self.running(place, |_, _| false).into_iter().map(|set| (set.namespace, set.name)).collect()
    }

    /// Returns the pods of these DaemonSets.
    pub(crate) fn residents(&self, names: &BTreeSet<(&'a str, &'a str)>) -> Vec<Resident<'a>> {
        self.sets.iter().filter(|set| names.contains(&(set.namespace, set.name))).map(|set| set.resident).collect()
    }

    /// Returns the DaemonSets whose pods claim devices and that would run on any of some nodes,
    /// those with the highest priority first, each with its newest pod.
    pub(super) fn claiming<'p>(&self, places: impl Iterator<Item = Place<'p>>) -> Vec<(&'a DaemonSet, Option<&'a Pod>)> {
        let claims = |set: &DaemonDemand<'_>| !set.spec.resource_claims.is_empty() || !set.set.resource_claims.is_empty();
        if !self.sets.iter().any(claims) {
            return Vec::new();
        }
        let names: BTreeSet<(&str, &str)> = places.flat_map(|place| self.names_on(&place)).collect();
        let there = self.sets.iter().filter(|set| claims(set) && names.contains(&(set.namespace, set.name)));
        there.map(|set| (set.set, set.newest)).collect()
    }

    /// Returns the DaemonSets that would run on a node, each with the requests of its pod there.
    pub(crate) fn on(&self, place: &Place<'_>) -> impl Iterator<Item = (ObjectName, &Resources)> {
        let running = self.running(place, |_, _| false).into_iter();
        running.map(|set| (ObjectName::new(set.namespace, set.name), &set.requests))
    }

    /// Returns the DaemonSets that a node accepts but has no room for.
    pub(crate) fn without_room(&self, place: &Place<'_>) -> Vec<ObjectName> {
        self.divided(place, |_, _| false).1.into_iter().map(|set| ObjectName::new(set.namespace, set.name)).collect()
    }

    fn running(&self, place: &Place<'_>, is_there: impl Fn(&str, &str) -> bool) -> Vec<&DaemonDemand<'a>> {
        self.divided(place, is_there).0
    }

    /// Returns the DaemonSets that a node accepts: those that fit, and those that do not and take
    /// nothing of it.
    fn divided(
        &self,
        place: &Place<'_>,
        is_there: impl Fn(&str, &str) -> bool,
    ) -> (Vec<&DaemonDemand<'a>>, Vec<&DaemonDemand<'a>>) {
        let missing = self.sets.iter().filter(|set| !is_there(set.namespace, set.name));
        let accepted = missing.filter(|set| self.runs_on(set, place.labels, place.taints));
        let mut taken = Resources::default();
        accepted.partition(|set| {
            let mut with_it = taken.clone();
            with_it.add(&set.requests);
            let fits = set.requests.iter().all(|(name, amount)| amount <= 0 || with_it.get(name) <= place.offer.get(name));
            if fits {
                taken = with_it;
            }
            fits
        })
    }

    fn runs_on(&self, set: &DaemonDemand<'_>, labels: &Labels, taints: &[Taint]) -> bool {
        let node = NodeView { name: "", labels, taints, unschedulable: false };
        let pod = PodView::of_spec(&set.spec, self.gates);
        predicates::first_lasting_misfit(&pod, &node).is_none()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::{CPU, ClusterIdentity, SpecId};

    /// Returns what an agent that requests 100 millicores takes of a node with one taint.
    fn taken(host_network: bool, tolerations: &Value, key: &str, effect: TaintEffect) -> i64 {
        let spec = serde_json::from_value(json!({
            "scheduler_name": "default-scheduler", "restart_policy": "always", "host_network": host_network,
            "tolerations": tolerations, "containers": [{ "name": "a", "role": "main", "requests": { "cpu": "100m" } }]
        }));
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), Timestamp::UNIX_EPOCH);
        snapshot.pod_specs.insert(SpecId(0), spec.expect("a specification"));
        snapshot.daemon_sets.push(DaemonSet {
            namespace: "kube-system".into(),
            name: "agent".into(),
            spec: SpecId(0),
            labels: Labels::new(),
            resource_claims: Vec::new(),
        });
        let taint = Taint { key: key.to_owned(), value: String::new(), effect };
        let place = Place { labels: &Labels::new(), taints: &[taint], offer: &offer() };
        Daemons::new(&snapshot, Gates::default()).requests_on(&place, |_, _| false).get(CPU)
    }

    /// Returns four cores, and room for ten pods.
    fn offer() -> Resources {
        Resources::parse([("cpu", "4"), ("pods", "10")]).expect("quantities")
    }

    #[test]
    fn a_daemon_without_room_takes_nothing_and_the_higher_priority_comes_first() {
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), Timestamp::UNIX_EPOCH);
        for (id, (name, cpu, priority)) in
            [("small", "1", 0), ("whoops", "1000", 0), ("urgent", "3", 10), ("late", "1m", 0)].into_iter().enumerate()
        {
            let id = SpecId(u32::try_from(id).expect("few"));
            let spec = serde_json::from_value(json!({
                "scheduler_name": "default-scheduler", "restart_policy": "always", "priority": priority,
                "containers": [{ "name": "a", "role": "main", "requests": { "cpu": cpu } }]
            }));
            snapshot.pod_specs.insert(id, spec.expect("a specification"));
            snapshot.daemon_sets.push(DaemonSet {
                namespace: "a".into(),
                name: name.into(),
                spec: id,
                labels: Labels::new(),
                resource_claims: Vec::new(),
            });
        }
        let (labels, offer) = (Labels::new(), offer());
        let place = Place { labels: &labels, taints: &[], offer: &offer };
        let daemons = Daemons::new(&snapshot, Gates::default());
        let running: Vec<String> = daemons.on(&place).map(|(set, _)| set.name.to_string()).collect();
        assert_eq!(running, ["urgent", "late"]);
        let without: Vec<String> = daemons.without_room(&place).iter().map(|set| set.name.to_string()).collect();
        assert_eq!(without, ["small", "whoops"]);
        assert_eq!(daemons.requests_on(&place, |_, name| name == "urgent").get(CPU), 1001);
    }

    #[test]
    fn a_daemon_tolerates_what_the_controller_adds_and_its_own_taints() {
        use TaintEffect::{NoExecute, NoSchedule};
        let own = json!([{ "key": "gpu", "operator": "exists" }]);
        for (host_network, tolerations, key, effect, cpu) in [
            (false, json!([]), "node.kubernetes.io/disk-pressure", NoSchedule, 100),
            (false, json!([]), "node.kubernetes.io/not-ready", NoExecute, 100),
            (false, json!([]), "node.kubernetes.io/not-ready", NoSchedule, 0),
            (false, json!([]), "node.kubernetes.io/network-unavailable", NoSchedule, 0),
            (true, json!([]), "node.kubernetes.io/network-unavailable", NoSchedule, 100),
            (false, json!([]), "gpu", NoSchedule, 0),
            (false, own, "gpu", NoSchedule, 100),
        ] {
            assert_eq!(taken(host_network, &tolerations, key, effect), cpu, "{key}:{effect:?}");
        }
    }
}
