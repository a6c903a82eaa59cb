//! The undo log: what was tried is taken back, the newest first.

use super::{Cluster, DemandId, FormsId, NodeId};

/// One change of the working copy.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// A node was added.
    Added,
    /// Pods were placed.
    Placed { demand: DemandId, node: NodeId, pods: u32 },
    /// It became clearer what a node will be.
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
                Some(Change::Narrowed { node, before }) => self.nodes[node].forms = before,
            }
        }
    }

    fn take_back(&mut self, demand: DemandId, node: NodeId, pods: u32) {
        self.change_free(demand, node, i64::from(pods));
        for position in 0..self.demands[demand].topology.counted_in.len() {
            let tally = self.demands[demand].topology.counted_in[position];
            if let Some(domain) = self.counting_domain(tally, node) {
                self.tallies[tally].take(domain, pods);
            }
        }
        let ports = self.nodes[node].ports.len() - self.demands[demand].ports.len();
        self.nodes[node].ports.truncate(ports);
        if !self.demands[demand].volumes.claims.is_empty() {
            self.volumes.take_back(node);
        }
    }

    fn remove_newest_node(&mut self) {
        let node = self.nodes.len() - 1;
        for tally in 0..self.tallies.len() {
            if let Some(domain) = self.spread_domain(tally, node) {
                self.tallies[tally].leave(domain);
            }
        }
        let width = self.domains.len();
        let hostname = (0..width).find(|key| self.domains.name(*key) == super::HOSTNAME);
        if let Some(key) = hostname.filter(|_| self.nodes[node].is_unnamed) {
            self.domains.forget_fresh(key);
        }
        self.volumes.forget(node);
        self.domains_of.truncate(node * width);
        self.free.truncate(node * self.world.columns.len());
        self.nodes.truncate(node);
    }
}
