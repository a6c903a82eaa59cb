//! Whether a new node would take a pod, by what a pod states of nodes alone.

use crate::plan::fleet::GroupIx;
use crate::plan::situation::Situation;
use crate::scheduler::{NodeView, PodView, fits, predicates};
use crate::snapshot::Pod;

/// Whether new nodes of a group would take a pod.
pub(super) fn new_node_takes(situation: &Situation<'_>, group: GroupIx, pod: &Pod) -> bool {
    let fleet = &situation.fleet;
    let Some(template) = situation.template(group) else { return false };
    let view = PodView::of_spec(fleet.spec(pod), fleet.gates());
    let takes = |labels| {
        let node = NodeView { name: "", labels, taints: &template.taints, unschedulable: false };
        predicates::first_lasting_misfit(&view, &node).is_none()
    };
    fits(&fleet.columns.row(&template.free), fleet.requests(pod)) && template.variants.iter().any(|one| takes(&one.labels))
}
