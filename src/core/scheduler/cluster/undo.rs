//! The undo log, by which what was tried is taken back, the newest first.

use super::{Cluster, DemandId, FormsId, NodeId};
use crate::index_vec::Number;

/// One change of the working copy.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// A node was added.
    Added,
    /// Pods were placed.
    Placed { demand: DemandId, node: NodeId, pods: u32 },
    /// Pods were taken off a node that is to go.
    Evicted { demand: DemandId, node: NodeId, pods: u32 },
    /// A pod that will come with a node was counted.
    Counted { node: NodeId, kind: usize },
    /// The forms that a node may take were narrowed.
    Narrowed { node: NodeId, before: FormsId },
}

/// A state to which the working copy can be taken back.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Checkpoint(usize);

impl Cluster<'_> {
    /// Remembers this state.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.log.len())
    }

    /// Takes back everything since.
    pub fn roll_back(&mut self, checkpoint: Checkpoint) {
        while self.log.len() > checkpoint.0 {
            match self.log.pop() {
                None => return,
                Some(Change::Added) => self.remove_newest_node(),
                Some(Change::Placed { demand, node, pods }) => self.take_back(demand, node, pods),
                Some(Change::Evicted { demand, node, pods }) => self.bring_back(demand, node, pods),
                Some(Change::Counted { node, kind }) => {
                    self.change_counts_of_kind(kind, node, |tally, domain| tally.take(domain, 1));
                }
                Some(Change::Narrowed { node, before }) => {
                    self.nodes[node].forms = before;
                    self.open_round_of(node);
                }
            }
        }
    }

    /// Returns the nodes on which room came back since the last time, of which some may be gone.
    pub fn take_raised(&mut self) -> impl Iterator<Item = NodeId> + use<> {
        let known = self.nodes.len();
        std::mem::take(&mut self.raised).into_iter().filter(move |node| node.index() < known)
    }

    fn take_back(&mut self, demand: DemandId, node: NodeId, pods: u32) {
        self.change_free(demand, node, i64::from(pods));
        self.raised.insert(node);
        self.change_counts(demand, node, |tally, domain| tally.take(domain, pods));
        let ports = self.nodes[node].ports.len() - self.demands[demand].ports.len();
        self.nodes[node].ports.truncate(ports);
        if !self.demands[demand].volumes.claims.is_empty() {
            self.volumes.take_back(node);
        }
        if self.demands[demand].wants_devices() {
            self.devices.take_back();
        }
    }

    fn bring_back(&mut self, demand: DemandId, node: NodeId, pods: u32) {
        self.change_counts(demand, node, |tally, domain| tally.add(domain, pods));
        if !self.demands[demand].volumes.claims.is_empty() {
            self.volumes.bring_back();
        }
    }

    fn remove_newest_node(&mut self) {
        let Some(node) = self.nodes.numbers().next_back() else { return };
        self.leave_round(node);
        for ground in 0..self.grounds.len() {
            if let Some(domain) = self.ground_domain(ground, node) {
                self.grounds[ground].leave(domain);
            }
        }
        let width = self.domains.len();
        if let Some(key) = self.nodes[node].unnamed {
            self.domains.forget_fresh(key);
        }
        self.volumes.forget(node);
        self.devices.forget(node);
        self.domains_of.truncate(node.index() * width);
        self.free.truncate(self.places_of(node).start);
        self.nodes.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Resident;
    use super::*;
    use crate::scheduler::NodeView;
    use crate::snapshot::{ClusterIdentity, Labels, PodSpec, Snapshot};

    /// Returns a pod that spreads over zones, wants a node for itself and takes a port of it.
    fn spec() -> PodSpec {
        let selector = json!({ "match_labels": { "app": "web" } });
        serde_json::from_value(json!({
            "scheduler_name": "default-scheduler", "restart_policy": "never",
            "containers": [{ "name": "a", "role": "main",
                "host_ports": [{ "ip": "0.0.0.0", "protocol": "TCP", "port": 80 }] }],
            "topology_spread": [{ "topology_key": "zone", "max_skew": 1, "selector": selector,
                "honor_node_affinity": true, "honor_node_taints": false }],
            "pod_anti_affinity": [{ "topology_key": "kubernetes.io/hostname", "selector": selector }],
        }))
        .expect("a specification")
    }

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_was_tried_leaves_no_trace() {
        let snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        let (spec, pod) = (spec(), labels(&[("app", "web")]));
        let zones = ["a", "b"].map(|zone| labels(&[("zone", zone)]));
        let (mut cluster, demand) = Cluster::of_one_kind(&snapshot, &spec, &pod);
        let node = |zone: usize| NodeView { name: "", labels: &zones[zone], taints: &[], unschedulable: false };
        let there: Vec<NodeId> = [0, 0, 1].into_iter().map(|zone| cluster.add_known(node(zone), &[3])).collect();
        cluster.place(demand, there[0], 1);
        let facts = |cluster: &mut Cluster<'_>| {
            let of = |node: &NodeId| (cluster.misfit(demand, *node), cluster.row(*node).to_vec());
            there.iter().map(of).collect::<Vec<_>>()
        };
        let before = facts(&mut cluster);
        assert!(before[0].0.is_some() && before[1].0.is_some() && before[2].0.is_none(), "{before:?}");
        let checkpoint = cluster.checkpoint();
        cluster.evict(demand, there[0], 1);
        assert!(cluster.misfit(demand, there[1]).is_none(), "the pod that kept others away has gone");
        cluster.place(demand, there[2], 1);
        let further = cluster.add_known(node(1), &[3]);
        cluster.place(demand, further, 1);
        let daemon = Resident { namespace: "default", labels: &pod, spec: &spec, terminating: false };
        assert!(cluster.is_counted(&daemon));
        let with_daemon = cluster.add_known(node(0), &[3]);
        cluster.add_coming_resident(with_daemon, &daemon);
        assert!(cluster.misfit(demand, with_daemon).is_some(), "the pod that comes with it keeps others away");
        assert_ne!(facts(&mut cluster), before);
        cluster.roll_back(checkpoint);
        assert_eq!((facts(&mut cluster), cluster.len()), (before, there.len()));
    }
}
