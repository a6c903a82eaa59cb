//! The domain in which a node counts.

use super::descriptions::ProfileId;
use super::domains::NOWHERE;
use super::rules::Eligibility;
use super::spread_ground::SpreadGround;
use super::tally::SpreadCounts;
use super::{Cached, Cluster, NodeId};
use crate::index_vec::Number;
use crate::scheduler::matching::{is_selected, tolerates_all};

impl Cluster<'_> {
    /// Returns the domain in which a tally counts a pod on a node, if it does.
    pub(super) fn counting_domain(&mut self, tally: usize, node: NodeId) -> Option<u32> {
        match self.tallies[tally].spread {
            Some(SpreadCounts { ground, .. }) => self.ground_domain(ground, node),
            None => self.domain(self.tallies[tally].key, node),
        }
    }

    /// Returns the domain of a node that takes part in spread constraints of a ground.
    pub(super) fn ground_domain(&mut self, ground: usize, node: NodeId) -> Option<u32> {
        let SpreadGround { key, eligibility, .. } = self.grounds[ground];
        let domain = self.domain(key, node)?;
        self.takes_part(eligibility, node).then_some(domain)
    }

    pub(super) fn domain(&self, key: usize, node: NodeId) -> Option<u32> {
        let domain = self.domains_of[node.index() * self.domains.len() + key];
        (domain != NOWHERE).then_some(domain)
    }

    pub(super) fn takes_part(&mut self, eligibility: usize, node: NodeId) -> bool {
        let keys = &self.rules.eligibilities[eligibility].keys;
        if keys.iter().any(|key| self.domain(*key, node).is_none()) {
            return false;
        }
        self.is_eligible(eligibility, self.nodes[node].profile)
    }

    /// Whether nodes of a profile take part, if they have the keys.
    pub(super) fn is_eligible(&mut self, eligibility: usize, profile: ProfileId) -> bool {
        let example = *self.descriptions.example(profile);
        let profile = profile as usize;
        if self.eligible[eligibility].len() <= profile {
            self.eligible[eligibility].resize(profile + 1, Cached::Unknown);
        }
        if self.eligible[eligibility][profile] == Cached::Unknown {
            let Eligibility { affinity, tolerations, .. } = &self.rules.eligibilities[eligibility];
            let takes_part = affinity.is_none_or(|(selector, terms)| is_selected(selector, terms, &example))
                && tolerations.is_none_or(|own| tolerates_all(own, &example, self.parts.gates));
            self.eligible[eligibility][profile] = takes_part.into();
        }
        self.eligible[eligibility][profile] == Cached::Yes
    }
}
