//! Nodes that refuse a pod for the same reason, described once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pod::NodeVerdict;
use crate::scheduler::{AffinityRule, Misfit};
use crate::snapshot::amount;

/// Nodes with the same verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodesAlike {
    /// The verdict, with the numbers that are the same on all of them or the best of them.
    pub message: String,
    /// The nodes.
    pub nodes: Vec<String>,
}

/// Groups verdicts: nodes that would take the pod first, then the reason that most nodes have.
pub(super) fn alike(verdicts: &[NodeVerdict]) -> Vec<NodesAlike> {
    let mut groups: Vec<(Option<Misfit>, Vec<String>)> = Vec::new();
    for NodeVerdict { node, misfit, .. } in verdicts {
        let found = groups.iter_mut().find(|(known, _)| is_same_reason(known.as_ref(), misfit.as_ref()));
        match found {
            None => groups.push((misfit.clone(), vec![node.clone()])),
            Some((known, nodes)) => {
                if let (Some(known), Some(misfit)) = (known, misfit) {
                    keep_the_better(known, misfit);
                }
                nodes.push(node.clone());
            }
        }
    }
    groups.sort_by_key(|(misfit, nodes)| (misfit.is_some(), std::cmp::Reverse(nodes.len())));
    groups.into_iter().map(|(misfit, nodes)| NodesAlike { message: words(misfit.as_ref(), nodes.len()), nodes }).collect()
}

fn is_same_reason(one: Option<&Misfit>, other: Option<&Misfit>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => reason(one) == reason(other),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// Returns the parts of a misfit that are the same on every node that refuses for it.
fn reason(misfit: &Misfit) -> (crate::scheduler::Plugin, Vec<String>, Option<AffinityRule>) {
    let (words, rule) = match misfit {
        Misfit::NodeUnschedulable => (vec![], None),
        Misfit::NodeName { wanted } => (vec![wanted.clone()], None),
        Misfit::TaintToleration { taint } => (vec![taint.to_string()], None),
        Misfit::NodeAffinity { requirement } => (vec![requirement.clone()], None),
        Misfit::NodePorts { port } => (vec![port.protocol.clone(), port.port.to_string()], None),
        Misfit::NodeResourcesFit { resource, asked, .. } => (vec![resource.clone(), asked.to_string()], None),
        Misfit::VolumeRestrictions { claim } => (vec![claim.clone()], None),
        Misfit::DynamicResources { claim, problem } => {
            (std::iter::once(claim.clone()).chain(problem.iter().map(ToString::to_string)).collect(), None)
        }
        Misfit::NodeVolumeLimits { driver, .. } => (vec![driver.clone()], None),
        Misfit::VolumeBinding { problem } => (vec![problem.to_string()], None),
        Misfit::VolumeZone { label, .. } => (vec![label.clone()], None),
        Misfit::PodTopologySpread { topology_key, skew } => (vec![topology_key.clone(), skew.is_some().to_string()], None),
        Misfit::InterPodAffinity { rule, topology_key } => (vec![topology_key.clone()], Some(*rule)),
    };
    (misfit.plugin(), words, rule)
}

/// Keeps the smaller of two shortages: that node comes nearest.
fn keep_the_better(known: &mut Misfit, other: &Misfit) {
    if let (Misfit::NodeResourcesFit { free, .. }, Misfit::NodeResourcesFit { free: more, .. }) = (known, other) {
        *free = (*free).max(*more);
    }
}

fn words(misfit: Option<&Misfit>, nodes: usize) -> String {
    match misfit {
        None => "fits".to_owned(),
        Some(Misfit::NodeResourcesFit { resource, asked, free }) if nodes > 1 && resource != crate::snapshot::PODS => {
            let at_most = if *free > 0 { "at most " } else { "" };
            let (asked, free) = (amount(resource, *asked), amount(resource, *free));
            format!("Insufficient {resource} ({asked} asked, {at_most}{free} free)")
        }
        Some(misfit) => misfit.to_string(),
    }
}
