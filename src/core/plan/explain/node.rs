//! `explain node`: what a node is doing, which pods keep it, what is free, and why pending pods do
//! not fit.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::present::cluster_as_seen;
use super::reserved::{self, ReservedFact};
use crate::index_vec::IndexVec;
use crate::plan::compose::compose;
use crate::plan::decisions::decide;
use crate::plan::drain::{self, Drainability, PodInTheWay};
use crate::plan::fleet::{Fleet, NodeEntry, NodeIx};
use crate::plan::pending::demand_of;
use crate::plan::pod_claims::Devices;
use crate::plan::proofs::proofs;
use crate::plan::report::{Finding, NodeReport, NodeState, ProofReport};
use crate::plan::situation::Situation;
use crate::policy::Policy;
use crate::scheduler::cluster::DemandId;
use crate::scheduler::{Demand, Misfit, Storage, VolumeNeeds};
use crate::snapshot::{ObjectName, Pod, Resources, Snapshot, SpecId};

/// The explanation of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeExplanation {
    /// The plan's report on it. Its state counts pods, too, so that it can be read by itself.
    pub report: NodeReport,
    /// What pods may request of it.
    pub allocatable: Resources,
    /// What is still free of that. It is below 0 where more is requested than there is.
    pub free: Resources,
    /// The reservation that its machine uses, if it uses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<ReservedFact>,
    /// Since when the kubelet has not reported it Ready, by its condition; absent while it is
    /// Ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_ready_since: Option<Timestamp>,
    /// `taken_at` of the snapshot, from which distances are counted.
    pub now: Timestamp,
    /// The plan's findings about it, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// What has to be proved before it goes, and whether it is.
    pub proofs: Vec<ProofReport>,
    /// The pods on it, by namespace and name.
    pub pods: Vec<PodOnNode>,
    /// The pods without a node, those that would fit first.
    pub pending: Vec<PodsAlike>,
}

/// A pod on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PodOnNode {
    /// The pod.
    #[serde(flatten)]
    pub pod: ObjectName,
    /// Whether it keeps the node from being idle.
    pub keeps_node: bool,
    /// Whether it may be moved: as far as that depends on the pod alone, or, where this plan has
    /// tried to empty the node, with what budgets and the other nodes have left for it.
    pub drainability: Drainability,
    /// The same in words that follow the pod's name.
    pub message: String,
    /// What it holds there.
    pub requests: Resources,
}

/// Pending pods with the same verdict for the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PodsAlike {
    /// The first of the scheduler's filters that refuses; absent when they fit, one at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misfit: Option<Misfit>,
    /// The verdict in words.
    pub message: String,
    /// The pods.
    pub pods: Vec<ObjectName>,
}

/// Explains a node. Returns nothing when the snapshot has no node of that name.
#[must_use]
pub fn node(snapshot: &Snapshot, policy: &Policy, name: &str) -> Option<NodeExplanation> {
    let situation = Situation::new(snapshot, policy);
    let fleet = &situation.fleet;
    let index = fleet.nodes.position(|entry| entry.node.name == name)?;
    let plan = compose(&situation, &decide(&situation));
    let about_it = |finding: &Finding| finding.code.nodes().contains(&name);
    let findings = plan.findings.iter().filter(|finding| about_it(finding)).map(|finding| finding.message.clone()).collect();
    let report = plan.nodes.into_iter().find(|report| report.node == name)?;
    let entry = &fleet.nodes[index];
    let pods = pods_on(&situation, entry, in_the_way(&report));
    Some(NodeExplanation {
        report,
        allocatable: entry.node.allocatable.clone(),
        free: free(fleet, entry),
        reserved: reserved::of_node(fleet, entry),
        not_ready_since: (!entry.node.is_ready()).then(|| entry.node.readiness_since()),
        now: fleet.now(),
        findings,
        proofs: proofs(fleet, entry),
        pods,
        pending: pending(fleet, index),
    })
}

fn free(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Resources {
    let row = fleet.columns.row(&entry.node.allocatable);
    let left = row.iter().zip(&entry.requested).enumerate();
    let offered = |column: usize| entry.node.allocatable.contains(fleet.columns.name(column));
    left.filter(|(column, (_, taken))| offered(*column) || **taken > 0)
        .map(|(column, (offer, taken))| (fleet.columns.name(column), offer.saturating_sub(*taken)))
        .collect()
}

/// Returns the pods that the plan found in the way when it tried to empty the node.
fn in_the_way(report: &NodeReport) -> &[PodInTheWay] {
    match (&report.not_emptied, &report.state) {
        (Some(why), _) => why.pods(),
        (None, NodeState::UnderUtilizedUndrainable { in_the_way, .. }) => in_the_way,
        (None, _) => &[],
    }
}

fn pods_on(situation: &Situation<'_>, entry: &NodeEntry<'_>, in_the_way: &[PodInTheWay]) -> Vec<PodOnNode> {
    let Situation { fleet, budgets, .. } = situation;
    let requests = |pod: &Pod| {
        let held = fleet.held(pod);
        let named = held.iter().enumerate().filter(|(_, amount)| **amount != 0);
        named.map(|(column, amount)| (fleet.columns.name(column), *amount)).collect()
    };
    let found: BTreeMap<&ObjectName, &Drainability> = in_the_way.iter().map(|found| (&found.pod, &found.verdict)).collect();
    let on_node = |pod: &&Pod| {
        let alone = drain::of_pod(fleet, entry, pod, budgets);
        let drainability = found.get(&pod.id()).map_or(alone, |found| (*found).clone());
        PodOnNode {
            pod: pod.id(),
            keeps_node: !matches!(drainability, Drainability::Ignored { .. }),
            message: drainability.to_string(),
            drainability,
            requests: requests(pod),
        }
    };
    let mut pods: Vec<PodOnNode> = entry.pods.iter().map(on_node).collect();
    pods.sort_by(|a, b| a.pod.cmp(&b.pod));
    pods
}

/// Returns the verdict of the node on every pod without one. Pods of one specification in one
/// namespace with the same labels and volumes are tried once.
fn pending(fleet: &Fleet<'_>, node: NodeIx) -> Vec<PodsAlike> {
    let storage = Storage::new(fleet.snapshot);
    let devices = Devices::new(fleet);
    let mut alike: BTreeMap<(SpecId, &str, &crate::snapshot::Labels, VolumeNeeds<'_>), Vec<&Pod>> = BTreeMap::new();
    for pod in fleet.waiting().iter().copied().filter(|pod| pod.deletion_deadline.is_none()) {
        alike.entry((pod.spec, &pod.namespace, &pod.labels, storage.needs(pod))).or_default().push(pod);
    }
    let demands: IndexVec<DemandId, Demand<'_>> =
        alike.values().map(|pods| demand_of(fleet, &storage, &devices, pods[0])).collect();
    let demands_of = demands.numbers();
    let cluster = cluster_as_seen(fleet, storage, demands, None);
    let mut verdicts: BTreeMap<Option<Misfit>, Vec<ObjectName>> = BTreeMap::new();
    for (demand, pods) in demands_of.zip(alike.values()) {
        let names = pods.iter().map(|pod| pod.id());
        verdicts.entry(cluster.misfit(demand, node.in_working_copy())).or_default().extend(names);
    }
    let of_misfit = |(misfit, mut pods): (Option<Misfit>, Vec<ObjectName>)| {
        pods.sort();
        let message = misfit.as_ref().map_or_else(|| "fits".to_owned(), ToString::to_string);
        PodsAlike { misfit, message, pods }
    };
    verdicts.into_iter().map(of_misfit).collect()
}
