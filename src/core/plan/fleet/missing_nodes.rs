//! Nodes that do not exist although pods are bound to them.
//!
//! A Node object that is deleted and registered again is the same machine. While it is missing, the
//! pods that are bound to it are the only sign that the machine is in use.

use std::collections::BTreeSet;

use super::{Fleet, GroupEntry, GroupIx, NodeEntry};
use crate::index_vec::IndexVec;

/// Records, for each instance, the missing node that it could be and to which an unfinished pod is
/// bound.
///
/// A name that fits no instance could be any of those without a node. The first such name is
/// returned.
pub(super) fn join<'a>(groups: &mut IndexVec<GroupIx, GroupEntry<'a>>, missing: &BTreeSet<&'a str>) -> Option<&'a str> {
    let mut unexplained: Option<&'a str> = None;
    for name in missing {
        let mut is_explained = false;
        for member in groups.iter_mut().flat_map(|group| &mut group.members) {
            if member.instance.may_be_named(name) {
                is_explained = true;
                member.pod_bound_to.get_or_insert(name);
            }
        }
        if !is_explained {
            unexplained.get_or_insert(name);
        }
    }
    if let Some(name) = unexplained {
        let without_node = groups.iter_mut().flat_map(|group| &mut group.members).filter(|member| member.node.is_none());
        without_node.for_each(|member| {
            member.pod_bound_to.get_or_insert(name);
        });
    }
    unexplained
}

impl<'a> Fleet<'a> {
    /// Returns the name of a missing Node to which an unfinished pod is bound, where that may be
    /// another name of the same machine.
    pub(crate) fn pod_bound_elsewhere(&self, entry: &NodeEntry<'_>) -> Option<&'a str> {
        let (group, member) = entry.member_of?;
        self.groups[group].members[member].pod_bound_to
    }

    /// Returns the same, or the name that fits no instance at all and could be any machine.
    pub(crate) fn pod_perhaps_bound_elsewhere(&self, entry: &NodeEntry<'_>) -> Option<&'a str> {
        self.pod_bound_elsewhere(entry).or(self.unexplained_name)
    }
}
