//! What the predicates read of the working copy.

use super::volumes::VolumeUse;
use super::{Cluster, NodeDescription, NodeId};
use crate::scheduler::Gates;
use crate::scheduler::storage::Storage;
use crate::snapshot::HostPort;

impl<'a> Cluster<'a> {
    /// What the scheduler has switched on.
    #[must_use]
    pub fn gates(&self) -> Gates {
        self.world.gates
    }

    pub(in crate::scheduler) fn storage(&self) -> &Storage<'a> {
        &self.world.storage
    }

    /// Each way the node may turn out, by a node that is like it.
    pub(in crate::scheduler) fn ways(&self, node: NodeId) -> impl Iterator<Item = &NodeDescription<'a>> {
        self.forms[self.nodes[node].forms as usize].iter().map(|profile| self.descriptions.example(*profile))
    }

    pub(in crate::scheduler) fn ports(&self, node: NodeId) -> &[&'a HostPort] {
        &self.nodes[node].ports
    }

    pub(in crate::scheduler) fn volumes(&self) -> &VolumeUse<'a> {
        &self.volumes
    }

    /// The topology key of a tally.
    pub(in crate::scheduler) fn topology_key(&self, tally: usize) -> &'a str {
        self.domains.name(self.tallies[tally].key)
    }

    /// What a tally counts in the domain of a node; `None` when the node lacks the label.
    pub(in crate::scheduler) fn count_at(&self, tally: usize, node: NodeId) -> Option<u32> {
        let tally = &self.tallies[tally];
        self.domain(tally.key, node).map(|domain| tally.at(domain))
    }

    /// What a tally counts in all domains.
    pub(in crate::scheduler) fn count_anywhere(&self, tally: usize) -> u64 {
        self.tallies[tally].total
    }

    /// What the least filled domain of a spread constraint has.
    pub(in crate::scheduler) fn least(&self, tally: usize, min_domains: u32) -> u32 {
        self.tallies[tally].spread.as_ref().map_or(0, |spread| spread.least(min_domains))
    }
}
