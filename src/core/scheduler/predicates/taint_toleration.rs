//! `TaintToleration`: the first taint that the pod does not tolerate keeps it away.

use crate::scheduler::matching::first_untolerated;
use crate::scheduler::{Misfit, NodeView, PodView};

pub(super) fn refuses(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    let taint = first_untolerated(&pod.spec.tolerations, node, pod.gates)?;
    Some(Misfit::TaintToleration { taint: taint.clone() })
}
