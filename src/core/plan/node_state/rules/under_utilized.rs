//! A node of which pods request little.

use crate::plan::amounts::small;
use crate::plan::drain::PodInTheWay;
use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::{NodeStates, cost_of, utilization};
use crate::plan::report::NodeState;

/// Applies to a node whose pods request little of it. Whether they fit elsewhere, all together, is
/// tried where nodes are chosen (`scale_in`).
pub(super) fn under_utilized(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    if entry.holders.is_empty() {
        return None;
    }
    let utilization = utilization(nodes.fleet(), entry);
    let verdicts = nodes.verdicts(entry);
    let pods = small(verdicts.len());
    let cost = cost_of(&verdicts);
    let in_the_way = verdicts.into_iter().filter(|(_, verdict)| verdict.in_the_way());
    let mut in_the_way: Vec<PodInTheWay> = in_the_way.map(|(pod, verdict)| PodInTheWay::new(pod.id(), verdict)).collect();
    in_the_way.sort_by(|a, b| a.pod.cmp(&b.pod));
    Some(match in_the_way.is_empty() {
        true => NodeState::UnderUtilizedDrainable { utilization, pods, cost },
        false => NodeState::UnderUtilizedUndrainable { utilization, in_the_way },
    })
}
