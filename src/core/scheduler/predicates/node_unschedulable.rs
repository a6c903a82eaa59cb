//! `NodeUnschedulable`: a cordoned node takes only pods that tolerate its taint.

use crate::scheduler::matching::tolerates;
use crate::scheduler::{Misfit, NodeView, PodView};
use crate::snapshot::{Taint, TaintEffect};
use crate::well_known::taints::UNSCHEDULABLE;

pub(super) fn refuses(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    if !node.unschedulable {
        return None;
    }
    let cordon = Taint { key: UNSCHEDULABLE.to_owned(), value: String::new(), effect: TaintEffect::NoSchedule };
    (!tolerates(&pod.spec.tolerations, &cordon, pod.gates)).then_some(Misfit::NodeUnschedulable)
}
