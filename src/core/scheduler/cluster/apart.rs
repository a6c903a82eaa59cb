//! The pods that rules keep apart from each other: how many nodes they need at least.

use std::collections::BTreeMap;

use super::{Cluster, DemandId};
use crate::well_known::labels::HOSTNAME;

impl Cluster<'_> {
    /// Whether such pods keep any others away.
    #[must_use]
    pub fn keeps_others_away(&self, demand: DemandId) -> bool {
        !self.demands[demand].topology.anti_affinity.is_empty()
    }

    /// Returns the most of some pods of which no two may share a node.
    pub fn most_kept_apart(&self, pods: impl Iterator<Item = (DemandId, u32)>) -> u64 {
        let mut by_rule: BTreeMap<usize, u64> = BTreeMap::new();
        for (demand, pods) in pods {
            let topology = &self.demands[demand].topology;
            let of_one_node = |tally: &&usize| self.topology_key(**tally) == HOSTNAME && topology.changes(**tally);
            for tally in topology.anti_affinity.iter().filter(of_one_node) {
                *by_rule.entry(*tally).or_default() += u64::from(pods);
            }
        }
        by_rule.into_values().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scheduler::cluster::ClusterParts;
    use crate::scheduler::{Columns, Demand, DeviceFacts, Gates, Storage};
    use crate::snapshot::{ClusterIdentity, Labels, PodSpec, Snapshot};

    fn spec(topology_key: &str, app: &str) -> PodSpec {
        serde_json::from_value(json!({
            "scheduler_name": "default-scheduler", "restart_policy": "never", "containers": [],
            "pod_anti_affinity": [{ "topology_key": topology_key, "selector": { "match_labels": { "app": app } } }],
        }))
        .expect("a specification")
    }

    #[test]
    fn only_pods_that_refuse_each_other_on_a_node_are_counted_together() {
        let snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        let labels = |app: &str| Labels::from([("app".to_owned(), app.to_owned())]);
        let (web, batch) = (labels("web"), labels("batch"));
        let specs = [spec(HOSTNAME, "web"), spec("zone", "web"), spec(HOSTNAME, "other"), spec(HOSTNAME, "batch")];
        let demand = |(spec, labels)| Demand::new(spec, "default", labels, Vec::new());
        let all = [(&specs[0], &web), (&specs[0], &web), (&specs[1], &web), (&specs[2], &web), (&specs[3], &batch)];
        let parts = ClusterParts {
            columns: Columns::none(),
            gates: Gates::default(),
            storage: Storage::new(&snapshot),
            devices: DeviceFacts::of(&snapshot),
            namespaces: &[],
        };
        let demands: crate::index_vec::IndexVec<DemandId, Demand<'_>> = all.into_iter().map(demand).collect();
        let numbers: Vec<DemandId> = demands.numbers().collect();
        let cluster = Cluster::new(parts, demands, std::iter::empty());
        let most = |counts: [u32; 5]| cluster.most_kept_apart(numbers.iter().copied().zip(counts));
        assert_eq!(most([3, 4, 50, 50, 6]), 7, "the first two share a rule");
        assert_eq!(most([3, 4, 50, 50, 8]), 8);
        assert!(numbers.iter().all(|demand| cluster.keeps_others_away(*demand)));
    }
}
