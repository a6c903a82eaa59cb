//! The positions of groups, of their instances and of nodes.

use crate::index_vec::{Number, numbers};
use crate::scheduler::cluster::NodeId;

numbers! {
    /// A group of a fleet.
    pub(crate) struct GroupIx;
    /// An instance of a group.
    pub(crate) struct MemberIx;
    /// A node of a fleet.
    pub(crate) struct NodeIx;
}

impl NodeIx {
    /// Returns the same node of a working copy to which the nodes of the fleet were added before
    /// all others, in their order.
    pub(crate) fn in_working_copy(self) -> NodeId {
        NodeId::from_index(self.index())
    }
}
