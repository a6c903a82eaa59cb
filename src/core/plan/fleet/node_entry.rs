//! A node joined with its pods.

use super::{GroupIx, MemberIx, NodeIx};
use crate::snapshot::{Node, Pod};

/// A node with its pods.
pub(crate) struct NodeEntry<'a> {
    pub(crate) node: &'a Node,
    /// Its group and position in it, if a managed group owns it.
    pub(crate) member_of: Option<(GroupIx, MemberIx)>,
    /// Whether its instance is in the warm pool of a managed group. It is no member of it then.
    pub(crate) is_warm: bool,
    /// Another node that is the same instance, or this one where it could be several instances.
    /// Neither is touched.
    pub(crate) rival: Option<NodeIx>,
    /// Whether it is not complete yet, and what it lacks is still on its way.
    pub(crate) is_lagging: bool,
    /// Unfinished pods bound to it, in no order: sorting them would cost more than the rest of the
    /// join.
    pub(crate) pods: Vec<&'a Pod>,
    /// Those that come and go with the node.
    pub(crate) of_the_node: Vec<&'a Pod>,
    /// What they request together, one amount a column.
    pub(crate) requested: Vec<i64>,
    /// Those that keep it from being idle, in no order either.
    pub(crate) holders: Vec<&'a Pod>,
    /// Unbound pods for which the scheduler makes room here by preemption.
    pub(crate) nominated: Vec<&'a Pod>,
    /// Unbound pods that wait for a volume that is being made for this node.
    pub(crate) awaiting_volume: Vec<&'a Pod>,
}

impl<'a> NodeEntry<'a> {
    /// Returns a node of which nothing else is known yet, with room for the usual number of pods:
    /// lists that grow pod by pod are moved again and again.
    pub(super) fn bare(node: &'a Node, columns: usize, usual_pods: usize) -> Self {
        let requested = vec![0; columns];
        Self {
            node,
            member_of: None,
            is_warm: false,
            rival: None,
            is_lagging: false,
            pods: Vec::with_capacity(usual_pods),
            requested,
            of_the_node: Vec::new(),
            holders: Vec::with_capacity(usual_pods),
            nominated: Vec::new(),
            awaiting_volume: Vec::new(),
        }
    }

    /// Returns the DaemonSets that have their pod on the node, by namespace and name.
    pub(crate) fn present_daemons(&self) -> Vec<(&'a str, &'a str)> {
        let owned = self.of_the_node.iter().filter_map(|pod| Some((pod, pod.owner.as_ref()?)));
        let by_daemons = owned.filter(|(_, owner)| owner.kind == "DaemonSet");
        by_daemons.map(|(pod, owner)| (pod.namespace.as_str(), owner.name.as_str())).collect()
    }
}
