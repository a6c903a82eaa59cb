//! What the predicates read of the working copy.

use super::volumes::VolumeUse;
use super::{Answer, Cluster, DemandId, FormsId, NodeId};
use crate::index_vec::Number;
use crate::scheduler::storage::Storage;
use crate::scheduler::{Gates, NodeView};
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
    pub(in crate::scheduler) fn ways(&self, node: NodeId) -> impl Iterator<Item = &NodeView<'a>> {
        self.descriptions_of(self.nodes[node].forms)
    }

    /// What nodes that may turn out so are like: each way, by a node that is like it.
    pub(in crate::scheduler) fn descriptions_of(&self, forms: FormsId) -> impl Iterator<Item = &NodeView<'a>> {
        self.forms[forms.index()].iter().map(|profile| self.descriptions.example(*profile))
    }

    /// What a node may turn out to be.
    pub(in crate::scheduler) fn forms_of(&self, node: NodeId) -> FormsId {
        self.nodes[node].forms
    }

    /// Whether such pods fit every way a node may turn out, where that was found out before.
    pub(in crate::scheduler) fn remembered(&self, demand: DemandId, forms: FormsId) -> Option<bool> {
        match self.answers[demand].get(forms.index())? {
            Answer::Yes => Some(true),
            Answer::No => Some(false),
            Answer::Unknown => None,
        }
    }

    /// Keeps the answer for whoever asks next.
    pub(in crate::scheduler) fn remember(&mut self, demand: DemandId, forms: FormsId, accepted: bool) {
        let place = forms.index();
        if self.answers[demand].len() <= place {
            self.answers[demand].resize(self.forms.len(), Answer::Unknown);
        }
        self.answers[demand][place] = accepted.into();
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
