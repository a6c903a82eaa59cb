//! `NodeUnschedulable`: a cordoned node takes only pods that tolerate its taint.

use crate::scheduler::matching::tolerates;
use crate::scheduler::{Misfit, NodeView, PodView};
use crate::snapshot::{Taint, TaintEffect};

pub(super) fn refuses(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    if !node.unschedulable {
        return None;
    }
    let cordon =
        Taint { key: "node.kubernetes.io/unschedulable".to_owned(), value: String::new(), effect: TaintEffect::NoSchedule };
    (!tolerates(&pod.spec.tolerations, &cordon, pod.gates)).then_some(Misfit::NodeUnschedulable)
}
