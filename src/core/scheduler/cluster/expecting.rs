//! Domains that are expected: nodes may be added there, and whoever spreads pods over zones wants
//! them in all of these. kube-scheduler itself knows a zone by its nodes alone, so that it would
//! put every pod in the first zone that gets one.

use super::domains::ITS_OWN;
use super::{Blueprint, Cluster, DemandId};
use crate::scheduler::topology_needs::SpreadNeed;

impl Cluster<'_> {
    /// Notes the domains of a node that may be added, for the spread constraints of some pods. What
    /// each node alone is a domain of is not among them.
    pub fn expect_domains(&mut self, demand: DemandId, blueprint: &Blueprint) {
        let shared = |need: &SpreadNeed| {
            let domain = blueprint.domains[self.tallies[need.tally].key];
            (domain != ITS_OWN).then_some((need.tally, domain))
        };
        let domains: Vec<_> = self.demands[demand].topology.spread.iter().filter_map(shared).collect();
        if domains.is_empty() || !self.expected_of.insert((demand, domains)) {
            return;
        }
        let checkpoint = self.checkpoint();
        let node = self.add(blueprint, &[]);
        for position in 0..self.demands[demand].topology.spread.len() {
            let tally = self.demands[demand].topology.spread[position].tally;
            let domain = self.counting_domain(tally, node);
            if blueprint.domains[self.tallies[tally].key] != ITS_OWN {
                self.expected.extend(domain.map(|domain| (tally, domain)));
            }
        }
        self.roll_back(checkpoint);
    }

    /// Lets the expected domains count as if a node were there.
    pub fn count_expected_domains(&mut self) {
        for (tally, domain) in &self.expected {
            self.tallies[*tally].expect(*domain);
        }
        self.counts_expected = !self.expected.is_empty();
    }

    /// Lets the expected domains count no longer. Returns whether any did.
    pub fn ignore_expected_domains(&mut self) -> bool {
        for (tally, _) in &self.expected {
            self.tallies[*tally].forget_expected();
        }
        std::mem::take(&mut self.counts_expected)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scheduler::NodeView;
    use crate::snapshot::{ClusterIdentity, Labels, PodSpec, Snapshot};

    /// Returns a pod that spreads over zones and over nodes.
    fn spec() -> PodSpec {
        let over = |key: &str| {
            json!({ "topology_key": key, "max_skew": 1, "selector": { "match_labels": { "app": "web" } },
                "honor_node_affinity": true, "honor_node_taints": false })
        };
        serde_json::from_value(json!({
            "scheduler_name": "default-scheduler", "restart_policy": "never", "containers": [],
            "topology_spread": [over("zone"), over("kubernetes.io/hostname")],
        }))
        .expect("a specification")
    }

    #[test]
    fn a_zone_counts_before_its_first_node_until_it_is_ignored() {
        let snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        let labels = |key: &str, value: &str| Labels::from([(key.to_owned(), value.to_owned())]);
        let (spec, pod, zones) = (spec(), labels("app", "web"), ["a", "b"].map(|zone| labels("zone", zone)));
        let (mut cluster, demand) = Cluster::of_one_kind(&snapshot, &spec, &pod);
        let views = [0, 1].map(|zone| NodeView { name: "", labels: &zones[zone], taints: &[], unschedulable: false });
        let [first, second] = views.map(|view| {
            let forms = cluster.forms(&[view]);
            cluster.blueprint(forms, &[view])
        });
        cluster.expect_domains(demand, &second);
        cluster.expect_domains(demand, &second);
        cluster.count_expected_domains();
        let nodes = [0, 1].map(|_| cluster.add(&first, &[9]));
        cluster.place(demand, nodes[0], 1);
        assert_eq!(cluster.room(demand, nodes[1]), 0, "the other zone has none yet");
        assert!(cluster.ignore_expected_domains());
        assert_eq!(cluster.room(demand, nodes[1]), 1, "the other zone has no node");
        assert!(!cluster.ignore_expected_domains());
        let other = cluster.add(&second, &[9]);
        assert_eq!([cluster.room(demand, nodes[1]), cluster.room(demand, other)], [0, 1], "now it has");
    }
}
