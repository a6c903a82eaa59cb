//! The numbers of the first line.

use crate::plan::amounts::small;
use crate::plan::document::Summary;
use crate::plan::report::{Finding, GroupReport, NodeDecision, NodeReport, PodReport, PodVerdict};

/// Counts what a plan does and which pods it helps.
pub(super) fn summary(groups: &[GroupReport], pods: &[PodReport], nodes: &[NodeReport], findings: &[Finding]) -> Summary {
    let decided = |wanted: NodeDecision| small(nodes.iter().filter(|report| report.decision == wanted).count());
    let (mut helped, mut waiting, mut unhelped) = (0, 0, 0);
    for PodReport { ruling, .. } in pods {
        helped += u32::from(ruling.verdict.is_helped());
        waiting += u32::from(matches!(ruling.verdict, PodVerdict::WaitsForRegion { .. }));
        unhelped += u32::from(ruling.verdict.is_unhelped());
    }
    Summary {
        groups_changed: small(groups.iter().filter(|group| group.changes()).count()),
        nodes_added: groups.iter().map(|group| group.added).sum(),
        nodes_removed: decided(NodeDecision::Terminate),
        nodes_cordoned: decided(NodeDecision::Cordon),
        nodes_drained: decided(NodeDecision::Drain),
        instances_replaced: groups.iter().map(|group| group.replaced).sum(),
        nodes_uncordoned: decided(NodeDecision::Uncordon),
        nodes_deleted: decided(NodeDecision::Delete),
        pods_helped: helped,
        pods_waiting: waiting,
        pods_unhelped: unhelped,
        complete: !findings.iter().any(|finding| finding.code.is_incomplete()),
    }
}
