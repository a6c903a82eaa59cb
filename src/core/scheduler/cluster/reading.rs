//! The parts of the working copy that the predicates read.

use super::volumes::VolumeUse;
use super::{Cached, Cluster, DemandId, FormsId, NodeId, SelectionIx};
use crate::index_vec::Number;
use crate::scheduler::storage::Storage;
use crate::scheduler::{DeviceProblem, Gates, NodeView};
use crate::snapshot::HostPort;

impl<'a> Cluster<'a> {
    /// Returns the features that the scheduler has switched on.
    #[must_use]
    pub fn gates(&self) -> Gates {
        self.parts.gates
    }

    pub(in crate::scheduler) fn storage(&self) -> &Storage<'a> {
        &self.parts.storage
    }

    /// Returns each form that the node may take, by a node that has it.
    pub(in crate::scheduler) fn ways(&self, node: NodeId) -> impl Iterator<Item = &NodeView<'a>> {
        self.descriptions_of(self.nodes[node].forms)
    }

    /// Returns each of these forms, by a node that has it.
    pub(in crate::scheduler) fn descriptions_of(&self, forms: FormsId) -> impl Iterator<Item = &NodeView<'a>> {
        self.forms[forms.index()].iter().map(|profile| self.descriptions.example(*profile))
    }

    /// Returns the forms that a node may take.
    #[must_use]
    pub fn forms_of(&self, node: NodeId) -> FormsId {
        self.nodes[node].forms
    }

    /// Returns whether such pods fit every form that a node may take, if that is known already.
    pub(in crate::scheduler) fn remembered(&self, demand: DemandId, forms: FormsId) -> Option<bool> {
        match self.accepted[self.selections[demand]].get(forms.index())? {
            Cached::Yes => Some(true),
            Cached::No => Some(false),
            Cached::Unknown => None,
        }
    }

    /// Remembers whether such pods fit every form.
    pub(in crate::scheduler) fn remember(&mut self, demand: DemandId, forms: FormsId, accepted: bool) {
        let (place, known) = (forms.index(), &mut self.accepted[self.selections[demand]]);
        if known.len() <= place {
            known.resize(self.forms.len(), Cached::Unknown);
        }
        known[place] = accepted.into();
    }

    /// Returns the number that kinds of pods share which select nodes alike.
    #[must_use]
    pub fn selection(&self, demand: DemandId) -> SelectionIx {
        self.selections[demand]
    }

    pub(in crate::scheduler) fn ports(&self, node: NodeId) -> &[&'a HostPort] {
        &self.nodes[node].ports
    }

    pub(in crate::scheduler) fn volumes(&self) -> &VolumeUse<'a> {
        &self.volumes
    }

    /// Returns why one more such pod gets no devices on a node, with the claim.
    pub(in crate::scheduler) fn device_problem(&self, demand: DemandId, node: NodeId) -> Option<(&'a str, DeviceProblem)> {
        self.devices.problem(demand, (node, self.expected(node)))
    }

    /// Returns, for each kind of pods, the nodes on which the filter of devices fails.
    pub(in crate::scheduler) fn device_failures(&self) -> Vec<(DemandId, Vec<NodeId>)> {
        let nodes = self.devices.by_state();
        let failing = |demand: DemandId| (demand, self.devices.failing_on(demand, &nodes, |node| self.expected(node)));
        self.demands.numbers().map(failing).filter(|(_, nodes)| !nodes.is_empty()).collect()
    }

    /// Notes that such pods can get devices nowhere.
    pub(in crate::scheduler) fn refuse_devices(&mut self, demand: DemandId, problem: DeviceProblem) {
        self.devices.stop_everywhere(demand, problem);
    }

    /// Returns why such pods can get devices nowhere.
    pub(in crate::scheduler) fn device_stop(&self, demand: DemandId) -> Option<&DeviceProblem> {
        self.devices.stop(demand)
    }

    /// Returns the topology key of a tally.
    pub(in crate::scheduler) fn topology_key(&self, tally: usize) -> &'a str {
        self.domains.name(self.tallies[tally].key)
    }

    /// Returns a number that is another one once pods have been placed that may help such a pod:
    /// the least filled domain has gone up, or its affinity finds more pods.
    pub(in crate::scheduler) fn state_of_others(&self, demand: DemandId) -> u64 {
        let topology = &self.demands[demand].topology;
        let least = topology.spread.iter().map(|need| u64::from(self.least(need.tally, need.min_domains)));
        let found = topology.affinity.iter().map(|tally| self.count_anywhere(*tally));
        least.chain(found).sum()
    }

    /// Whether the domain in which a tally counts the pods of a node is not the node's own.
    pub(in crate::scheduler) fn is_shared(&self, tally: usize, node: NodeId) -> bool {
        self.nodes[node].unnamed != Some(self.tallies[tally].key)
    }

    /// Returns what a tally counts in the domain of a node; `None` when the node lacks the label.
    pub(in crate::scheduler) fn count_at(&self, tally: usize, node: NodeId) -> Option<u32> {
        let tally = &self.tallies[tally];
        self.domain(tally.key, node).map(|domain| tally.at(domain))
    }

    /// Returns what a tally counts in all domains.
    pub(in crate::scheduler) fn count_anywhere(&self, tally: usize) -> u64 {
        self.tallies[tally].total
    }

    /// Returns how many pods the least filled domain of a spread constraint has.
    pub(in crate::scheduler) fn least(&self, tally: usize, min_domains: u32) -> u32 {
        self.tallies[tally].spread.as_ref().map_or(0, |spread| spread.least(&self.grounds[spread.ground], min_domains))
    }
}
