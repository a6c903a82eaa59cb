//! Nodes that are not there and on which pods run all the same.
//!
//! A Node object that is deleted and registered anew is the same machine. While it is missing, the pods that are bound to it are
//! the only sign that a machine is not nobody's.

use std::collections::BTreeSet;

use super::{GroupEntry, GroupIx};
use crate::index_vec::IndexVec;

/// Writes at each instance without a node to which missing node an unfinished pod is bound that the instance could be.
///
/// A name that fits no instance at all could be any of those that have no node; the first such name is returned.
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
