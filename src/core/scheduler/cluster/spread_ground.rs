//! The nodes that take part in spread constraints, by domain. Constraints of the same key that
//! leave out the same nodes share one ground, however many pods they spread.

use super::tally::slot;

/// The nodes that take part in some spread constraints.
#[derive(Debug, Clone)]
pub(super) struct SpreadGround {
    /// The topology key.
    pub(super) key: usize,
    /// Which nodes take part.
    pub(super) eligibility: usize,
    /// Nodes that take part, by domain.
    members: Vec<u32>,
    /// How many domains have such a node.
    domains: u32,
    /// Nodes that are expected in a domain and may be in another one, by domain.
    open: Vec<u32>,
    /// Nodes that may be in a domain, by domain.
    possible: Vec<u32>,
}

impl SpreadGround {
    pub(super) fn new(key: usize, eligibility: usize) -> Self {
        Self { key, eligibility, members: Vec::new(), domains: 0, open: Vec::new(), possible: Vec::new() }
    }

    /// Counts a node that takes part.
    pub(super) fn join(&mut self, domain: u32) {
        let members = slot(&mut self.members, domain as usize);
        *members += 1;
        self.domains += u32::from(*members == 1);
    }

    /// Forgets a node that took part and was only tried.
    pub(super) fn leave(&mut self, domain: u32) {
        let members = slot(&mut self.members, domain as usize);
        *members -= 1;
        self.domains -= u32::from(*members == 0);
    }

    /// Whether a domain has a node that takes part.
    pub(super) fn has(&self, domain: u32) -> bool {
        self.members.get(domain as usize).is_some_and(|members| *members > 0)
    }

    /// Counts a node that may be in any of some domains.
    pub(super) fn open(&mut self, expected: Option<u32>, possible: &[u32]) {
        if let Some(domain) = expected {
            *slot(&mut self.open, domain as usize) += 1;
        }
        for domain in possible {
            *slot(&mut self.possible, *domain as usize) += 1;
        }
    }

    /// Forgets that a node may be in any of some domains.
    pub(super) fn close(&mut self, expected: Option<u32>, possible: &[u32]) {
        if let Some(domain) = expected {
            *slot(&mut self.open, domain as usize) -= 1;
        }
        for domain in possible {
            *slot(&mut self.possible, *domain as usize) -= 1;
        }
    }

    /// Whether a domain has a node that is there for certain.
    pub(super) fn has_certain(&self, domain: u32) -> bool {
        let at = |numbers: &[u32]| numbers.get(domain as usize).copied().unwrap_or(0);
        at(&self.members) > at(&self.open)
    }

    /// Whether a domain may have such a node, and none for certain.
    pub(super) fn may_have_more(&self) -> bool {
        (0..).zip(&self.possible).any(|(domain, nodes)| *nodes > 0 && !self.has_certain(domain))
    }

    /// Returns how many domains have such a node.
    pub(super) fn len(&self) -> u32 {
        self.domains
    }
}
