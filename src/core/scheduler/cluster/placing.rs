//! Places pods on nodes and takes them off.

use super::tally::Tally;
use super::undo::Change;
use super::{Cluster, DemandId, NodeId, Resident};
use crate::scheduler::demand::Demand;
use crate::snapshot::PodVolume;

impl<'a> Cluster<'a> {
    /// Places so many pods on a node. The caller knows from [`Cluster::room`] that they fit.
    pub fn place(&mut self, demand: DemandId, node: NodeId, pods: u32) {
        self.change_free(demand, node, -i64::from(pods));
        self.change_counts(demand, node, |tally, domain| tally.add(domain, pods));
        let ports = &self.demands[demand].ports;
        self.nodes[node].ports.extend(ports);
        if !self.demands[demand].volumes.claims.is_empty() {
            let view = *self.expected(node);
            let Demand { namespace, volumes, .. } = &self.demands[demand];
            self.volumes.place(&self.parts.storage, namespace, volumes, (node, &view));
        }
        if self.demands[demand].wants_devices() {
            let view = *self.expected(node);
            self.devices.place(demand, (node, &view));
        }
        self.log.push(Change::Placed { demand, node, pods });
    }

    /// Places as many of so many pods on a node as fit there. Returns how many.
    pub fn fill(&mut self, demand: DemandId, node: NodeId, pods: u32) -> u32 {
        let mut left = pods;
        while left > 0 {
            // Where a rule counts pods, `room` holds for pods that are placed in a row.
            let taken = if left == 1 { u32::from(self.takes(demand, node)) } else { self.room(demand, node).min(left) };
            if taken == 0 {
                break;
            }
            self.place(demand, node, taken);
            left -= taken;
        }
        pods - left
    }

    /// Takes pods of a kind off a node that is to go: they no longer count for the rules of others,
    /// nor keep claims for themselves. The node stays as a domain, but nothing may be placed on it
    /// again, since what is free on it has no meaning any more.
    pub fn evict(&mut self, demand: DemandId, node: NodeId, pods: u32) {
        self.change_counts(demand, node, |tally, domain| tally.take(domain, pods));
        let Demand { namespace, volumes, .. } = &self.demands[demand];
        if !volumes.claims.is_empty() {
            self.volumes.evict(namespace, volumes);
        }
        self.log.push(Change::Evicted { demand, node, pods });
    }

    /// Counts a pod that is expected on a node, with its requests.
    pub fn occupy(&mut self, node: NodeId, requests: &[i64], pod: &Resident<'a>, volumes: &'a [PodVolume]) {
        let places = self.places_of(node);
        for (free, requested) in self.free[places].iter_mut().zip(requests) {
            *free = free.saturating_sub(*requested);
        }
        self.add_resident(node, pod);
        self.add_volumes(node, pod.namespace, volumes);
    }

    /// Changes every count that such a pod on a node is part of.
    pub(super) fn change_counts(&mut self, demand: DemandId, node: NodeId, change: impl Fn(&mut Tally, u32)) {
        for position in 0..self.demands[demand].topology.counted_in.len() {
            let tally = self.demands[demand].topology.counted_in[position];
            self.change_count(tally, node, &change);
        }
    }

    /// Changes every count that a pod on a node is part of.
    pub(super) fn change_counts_of_kind(&mut self, kind: usize, node: NodeId, change: impl Fn(&mut Tally, u32)) {
        for position in 0..self.rules.counts_of_kind(kind).len() {
            let tally = self.rules.counts_of_kind(kind)[position];
            self.change_count(tally, node, &change);
        }
    }

    fn change_count(&mut self, tally: usize, node: NodeId, change: &impl Fn(&mut Tally, u32)) {
        let Some(domain) = self.counting_domain(tally, node) else { return };
        if self.nodes[node].round.is_none() {
            change(&mut self.tallies[tally], domain);
            return;
        }
        let before = self.tallies[tally].at(domain);
        change(&mut self.tallies[tally], domain);
        self.note_in_round(tally, node, domain, before, self.tallies[tally].at(domain));
    }

    pub(super) fn change_free(&mut self, demand: DemandId, node: NodeId, pods: i64) {
        let places = self.places_of(node);
        for (free, requested) in self.free[places].iter_mut().zip(&self.demands[demand].requests) {
            *free = free.saturating_add(requested.saturating_mul(pods));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scheduler::NodeView;
    use crate::snapshot::{ClusterIdentity, Labels, PodSpec, Snapshot};

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// Returns pods that spread over zones, with further parts of their specification.
    fn spec(part: &serde_json::Value) -> PodSpec {
        let mut spec = json!({
            "scheduler_name": "default-scheduler", "restart_policy": "never", "containers": [{ "name": "a", "role": "main" }],
            "topology_spread": [{ "topology_key": "zone", "max_skew": 2, "honor_node_affinity": true,
                "honor_node_taints": false, "selector": { "match_labels": { "app": "web" } } }],
        });
        spec.as_object_mut().expect("an object").extend(part.as_object().expect("an object").clone());
        serde_json::from_value(spec).expect("a specification")
    }

    #[test]
    fn a_node_takes_a_pod_where_it_has_room_for_any() {
        let snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        let (pod, zones) = (labels(&[("app", "web")]), ["a", "b"].map(|zone| labels(&[("zone", zone)])));
        let term = json!([{ "topology_key": "zone", "selector": { "match_labels": { "app": "web" } } }]);
        let port = json!([{ "name": "a", "role": "main", "host_ports": [{ "ip": "0.0.0.0", "protocol": "TCP", "port": 80 }] }]);
        let parts =
            [json!({}), json!({ "pod_anti_affinity": term }), json!({ "pod_affinity": term }), json!({ "containers": port })];
        for part in parts {
            let spec = spec(&part);
            let (mut cluster, demand) = Cluster::of_one_kind(&snapshot, &spec, &pod);
            let view = |zone: usize| NodeView { name: "", labels: &zones[zone], taints: &[], unschedulable: false };
            let nodes = [(0, 5), (0, 1), (1, 2), (1, 0)].map(|(zone, free)| cluster.add_known(view(zone), &[free]));
            let mut taken = 0;
            for step in 0..12 {
                let rooms = nodes.map(|node| (cluster.takes(demand, node), cluster.room(demand, node)));
                assert!(rooms.iter().all(|(takes, room)| *takes == (*room > 0)), "{part}: {rooms:?}");
                let node = nodes[step % nodes.len()];
                taken += cluster.fill(demand, node, 1);
            }
            assert!(taken > 0 && taken < 12, "{part}: {taken}");
        }
    }
}
