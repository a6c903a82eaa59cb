//! `explain pod`: the pod against every existing node and every group that could grow.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alike::{NodesAlike, alike};
use super::present::cluster_as_seen;
use super::ranking::{RankStep, steps};
use crate::index_vec::IndexVec;
use crate::plan::decisions::decide_for;
use crate::plan::fleet::{Fleet, GroupIx, NodeIx};
use crate::plan::pending::demand_of;
use crate::plan::pod_claims::Devices;
use crate::plan::reason::Refusal;
use crate::plan::report::{PodVerdict, Ruling};
use crate::plan::scale_up::prospects;
use crate::plan::situation::Situation;
use crate::policy::Policy;
use crate::scheduler::{Misfit, Storage};
use crate::snapshot::{GroupId, Name, ObjectName, Pod, Snapshot};

/// The explanation of one pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PodExplanation {
    /// The pod.
    #[serde(flatten)]
    pub pod: ObjectName,
    /// The node it is bound to. The verdicts are then those for the case that it had to move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_to: Option<String>,
    /// The verdict of the plan, if it has no node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<PodVerdict>,
    /// All of that in words.
    pub message: String,
    /// Every node, by name.
    pub nodes: Vec<NodeVerdict>,
    /// The same with nodes of the same verdict together.
    pub nodes_alike: Vec<NodesAlike>,
    /// Every managed group, in the order in which they are tried.
    pub groups: Vec<GroupVerdict>,
    /// How the groups that the pod fits were ranked when nodes were bought for it; empty where
    /// nothing had to be bought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranking: Vec<RankStep>,
}

/// Whether one node would take a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeVerdict {
    /// The node.
    pub node: String,
    /// The first of the scheduler's filters that refuses; absent when the pod fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misfit: Option<Misfit>,
    /// The verdict in words.
    pub message: String,
}

/// Whether a new node of a group would take a pod, and the group can have one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupVerdict {
    /// The group.
    #[serde(flatten)]
    pub group: GroupId,
    /// Why it does not help; absent when it would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// The verdict in words.
    pub message: String,
}

/// Explains an unfinished pod. Returns nothing when the snapshot has no such pod.
#[must_use]
pub fn pod(snapshot: &Snapshot, policy: &Policy, name: &ObjectName) -> Option<PodExplanation> {
    let is_meant = |pod: &&Pod| pod.namespace == name.namespace && pod.name == name.name && !pod.is_finished();
    let pod = snapshot.pods.iter().find(is_meant)?;
    let situation = Situation::new(snapshot, policy);
    let fleet = &situation.fleet;
    let nodes = node_verdicts(fleet, pod);
    let (verdict, message, ranking, closed) = match &pod.node {
        Some(node) => (None, format!("runs on {node}"), Vec::new(), BTreeMap::new()),
        None => decided(&situation, pod),
    };
    Some(PodExplanation {
        ranking,
        groups: group_verdicts(&situation, pod, closed),
        pod: name.clone(),
        bound_to: pod.node.as_ref().map(Name::to_string),
        verdict,
        message,
        nodes_alike: alike(&nodes),
        nodes,
    })
}

/// Returns the decision for a pod without a node. It depends on the other pods, so that everything
/// is decided.
fn decided(situation: &Situation<'_>, pod: &Pod) -> (Option<PodVerdict>, String, Vec<RankStep>, BTreeMap<GroupIx, Refusal>) {
    let place = situation.fleet.unbound.iter().position(|unbound| unbound.uid == pod.uid);
    let place = place.expect("a pod without a node is among the unbound ones");
    let mut decided = decide_for(situation, Some(place)).scale_up;
    let Ruling { verdict, message } = (*decided.rulings[place].ruling).clone();
    let ranking = decided.ranking.take().map_or_else(Vec::new, |ranking| steps(&situation.fleet, ranking, &verdict));
    (Some(verdict), message, ranking, decided.closed)
}

/// Returns for each node whether it would take a pod.
pub(super) fn node_verdicts<'a>(fleet: &'a Fleet<'a>, pod: &'a Pod) -> Vec<NodeVerdict> {
    let storage = Storage::new(fleet.snapshot);
    let devices = Devices::new(fleet);
    let demand = demand_of(fleet, &storage, &devices, pod);
    let mut demands = IndexVec::new();
    let demand = demands.push(demand);
    let cluster = cluster_as_seen(fleet, storage, demands, Some(pod));
    let verdict = |(node, entry): (NodeIx, &crate::plan::fleet::NodeEntry<'_>)| {
        let misfit = cluster.misfit(demand, node.in_working_copy());
        let message = misfit.as_ref().map_or_else(|| "fits".to_owned(), ToString::to_string);
        NodeVerdict { node: entry.node.name.clone(), misfit, message }
    };
    fleet.nodes.iter_numbered().map(verdict).collect()
}

/// Returns for each group whether a new node of it would take a pod.
pub(super) fn group_verdicts(situation: &Situation<'_>, pod: &Pod, closed: BTreeMap<GroupIx, Refusal>) -> Vec<GroupVerdict> {
    let verdict = |(group, refusal): (GroupIx, Option<Refusal>)| GroupVerdict {
        group: situation.fleet.groups[group].id().clone(),
        message: refusal.as_ref().map_or_else(|| "a new node of it would do".to_owned(), ToString::to_string),
        refusal,
    };
    prospects(situation, pod, closed).into_iter().map(verdict).collect()
}
