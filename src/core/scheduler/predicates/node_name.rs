//! `NodeName`: a pod that names its node fits no other.

use crate::scheduler::{Misfit, NodeView, PodView};

pub(super) fn refuses(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    let wanted = pod.node_name?;
    (wanted != node.name).then(|| Misfit::NodeName { wanted: wanted.to_owned() })
}
