//! Nodes of a working copy, with every rule between pods, ports and volumes.

use super::choice::ChoiceIx;
use super::ranked_nodes::Capacity;
use crate::index_vec::IndexVec;
use crate::scheduler::CpuMemory;
use crate::scheduler::cluster::{Cluster, DemandId, NodeId};
use crate::scheduler::matching::discouragements;
use crate::snapshot::Taint;

/// Nodes of a working copy.
#[derive(Debug)]
pub struct OnCluster<'c, 'a> {
    /// The working copy.
    pub cluster: &'c mut Cluster<'a>,
    /// The nodes, with the taints that may discourage pods.
    pub nodes: IndexVec<ChoiceIx, (NodeId, &'a [Taint])>,
    /// Whether all nodes of a sort are of one blueprint, and no taint discourages pods from them.
    pub are_sorts_alike: bool,
}

impl Capacity for OnCluster<'_, '_> {
    fn counts_as(&self, demand: DemandId) -> CpuMemory {
        self.cluster.columns().cpu_memory(&self.cluster.demand(demand).requests).as_of_pod()
    }

    fn requests(&self, demand: DemandId) -> &[i64] {
        &self.cluster.demand(demand).requests
    }

    fn free(&self, node: ChoiceIx) -> &[i64] {
        self.cluster.row(self.nodes[node].0)
    }

    fn takes(&mut self, demand: DemandId, node: ChoiceIx) -> bool {
        self.cluster.takes(demand, self.nodes[node].0)
    }

    fn state(&self, demand: DemandId) -> u64 {
        self.cluster.state_of_others(demand)
    }

    fn is_sort_closed(&self, demand: DemandId, node: ChoiceIx) -> bool {
        self.are_sorts_alike && self.cluster.is_shut_out(demand, self.nodes[node].0)
    }

    fn place(&mut self, demand: DemandId, node: ChoiceIx) {
        self.cluster.place(demand, self.nodes[node].0, 1);
    }

    fn may_be_taken_later(&self, demand: DemandId) -> bool {
        self.cluster.demand(demand).follows_others()
    }

    fn may_discourage(&self) -> bool {
        !self.are_sorts_alike
    }

    fn discouragements(&self, demand: DemandId, node: ChoiceIx) -> usize {
        discouragements(self.cluster.demand(demand).spec, self.nodes[node].1, self.cluster.gates())
    }
}
