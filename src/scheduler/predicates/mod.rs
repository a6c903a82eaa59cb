//! The scheduler's filters, one a file, in the order in which it asks them.

mod node_affinity;
mod node_resources_fit;
mod node_unschedulable;
mod taint_toleration;

use super::{Misfit, NodeView, PodView};

/// A filter: why this pod may not be placed on this node, if it may not.
pub type Predicate = fn(&PodView<'_>, &NodeView<'_>) -> Option<Misfit>;

/// The filters that look at the pod and the node alone. The order is that of the default plugins of kube-scheduler
/// (`pkg/scheduler/apis/config/v1/default_plugins.go`); the first no is the reason that is reported.
pub const PREDICATES: [Predicate; 4] =
    [node_unschedulable::refuses, taint_toleration::refuses, node_affinity::refuses, node_resources_fit::refuses];

/// The filters whose answer does not change while pods are placed.
const UNCHANGING: [Predicate; 3] = [node_unschedulable::refuses, taint_toleration::refuses, node_affinity::refuses];

/// The first filter that refuses.
#[must_use]
pub fn first_misfit(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    PREDICATES.iter().find_map(|refuses| refuses(pod, node))
}

/// The first filter that refuses whatever else is placed on the node.
#[must_use]
pub fn first_lasting_misfit(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    UNCHANGING.iter().find_map(|refuses| refuses(pod, node))
}

/// How many such pods the node still takes, as far as requests go.
#[must_use]
pub fn room(pod: &PodView<'_>, node: &NodeView<'_>) -> u32 {
    node_resources_fit::room(pod, node)
}

/// The resource the node has too little of, if there is one.
#[must_use]
pub fn shortage(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    node_resources_fit::refuses(pod, node)
}
