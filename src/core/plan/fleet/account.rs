//! Whether this account and this cluster belong together.
//!
//! A kubeconfig and a sign-in to the cloud are two settings. The only evidence that they belong
//! together is a Ready node that is an instance of the account.

use super::{Fleet, NodeEntry};
use crate::snapshot::{MachineCheck, MachineHealth};

/// Evidence that account and cluster belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acquaintance {
    /// Some Ready node is an instance that the account knows.
    Shown,
    /// The cluster has no Ready node in a region that was read, so that none could be.
    NoReadyNode,
    /// The account knows none of the Ready nodes.
    Strangers,
}

impl Fleet<'_> {
    /// Returns whether some Ready node is an instance that this account knows.
    pub(crate) fn acquaintance(&self) -> Acquaintance {
        // A node in a region that could not be read shows nothing about the account.
        let is_witness = |entry: &&NodeEntry<'_>| entry.node.is_ready() && self.unreadable_region_of(entry.node).is_none();
        let mut witnesses = self.nodes.iter().filter(is_witness).peekable();
        if witnesses.peek().is_none() {
            return Acquaintance::NoReadyNode;
        }
        match witnesses.any(|entry| self.is_known(entry)) {
            true => Acquaintance::Shown,
            false => Acquaintance::Strangers,
        }
    }

    fn is_known(&self, entry: &NodeEntry<'_>) -> bool {
        let is_of_it = |check: &&MachineCheck| {
            check.node.as_deref() == Some(&entry.node.name) || entry.node.instance_id() == Some(&check.instance)
        };
        let mut checks = self.snapshot.machine_checks.iter().filter(is_of_it);
        entry.member_of.is_some() || checks.any(|check| check.health != MachineHealth::NotFound)
    }
}
