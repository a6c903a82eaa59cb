//! What the values of labels, taints and annotations are, by their keys.

use std::collections::BTreeSet;

use super::fields::TextKind;
use crate::snapshot::{NodeSelectorOperator, NodeSelectorTerm, Snapshot, TolerationOperator};
use crate::well_known::labels::{ARCHITECTURES, EBS_ZONE, HOSTNAME, MACHINE_TYPES, OPERATING_SYSTEMS, REGIONS, ZONE_ID, ZONES};
use crate::well_known::{OWN, annotations};

/// The field of nodes by which selectors name one.
const NAME_OF_A_NODE: &str = "metadata.name";
/// Labels with values of a few words.
const OF_WORDS: [&str; 4] =
    ["karpenter.sh/capacity-type", "eks.amazonaws.com/capacityType", "node.kubernetes.io/lifecycle", "lifecycle"];
/// Labels of vendors, with what their machines have.
const OF_VENDORS: [&str; 8] = [
    "nvidia.com/",
    "amd.com/",
    "beta.amd.com/",
    "habana.ai/",
    "gpu.intel.com/",
    "aws.amazon.com/neuron",
    "karpenter.k8s.aws/instance-",
    "k8s.amazonaws.com/accelerator",
];
/// Labels whose values are numbers.
const OF_NUMBERS: [&str; 4] = [
    "batch.kubernetes.io/job-completion-index",
    "apps.kubernetes.io/pod-index",
    "leaderworkerset.sigs.k8s.io/group-index",
    "leaderworkerset.sigs.k8s.io/worker-index",
];
/// Annotations and taints of autoscalers, which have truths, numbers and times.
const OF_SETTINGS: [&str; 5] = [
    OWN,
    "cluster-autoscaler.kubernetes.io/",
    "controller.kubernetes.io/pod-deletion-cost",
    "karpenter.sh/do-not-disrupt",
    "openai/cordoned-by-autoscaler",
];
/// Taints with the time at which they came.
const WITH_TIMES: [&str; 2] = ["ToBeDeletedByClusterAutoscaler", "DeletionCandidateOfClusterAutoscaler"];

/// Returns what the value of a label is.
pub(super) fn of_value(key: &str) -> TextKind {
    let begins = |list: &[&str]| list.iter().any(|beginning| key.starts_with(beginning));
    if key == HOSTNAME || key == NAME_OF_A_NODE {
        TextKind::Host
    } else if ZONES.contains(&key) || REGIONS.contains(&key) || [ZONE_ID, EBS_ZONE].contains(&key) {
        TextKind::Place
    } else if MACHINE_TYPES.contains(&key) {
        TextKind::MachineType
    } else if key == annotations::SAFE_TO_EVICT_LOCAL_VOLUMES {
        TextKind::List
    } else if key == annotations::USES_REQUEST || key == annotations::USES_REQUEST_FORMERLY {
        TextKind::Name
    } else if OPERATING_SYSTEMS.contains(&key) || ARCHITECTURES.contains(&key) || OF_WORDS.contains(&key) || begins(&OF_VENDORS)
    {
        TextKind::Kept
    } else if OF_NUMBERS.contains(&key) || begins(&OF_SETTINGS) || begins(&WITH_TIMES) {
        TextKind::Setting
    } else {
        TextKind::Name
    }
}

/// Returns the keys of labels and taints whose values are compared as numbers.
pub(super) fn compared_as_numbers(snapshot: &Snapshot) -> BTreeSet<String> {
    let of_pods = snapshot.pod_specs.values().flat_map(|spec| spec.node_affinity.iter().flatten());
    let of_volumes = snapshot.volumes.iter().flat_map(|volume| volume.node_affinity.iter().flatten());
    let of_claims = snapshot.resource_claims.iter().filter_map(|claim| claim.allocation.as_ref());
    let of_claims = of_claims.flat_map(|allocation| allocation.node_selector.iter().flatten());
    let of_nodes = of_pods.chain(of_volumes).chain(of_claims).flat_map(compared_of_term);
    let tolerations = snapshot.pod_specs.values().flat_map(|spec| &spec.tolerations);
    let is_compared = |operator: &TolerationOperator| matches!(operator, TolerationOperator::Lt | TolerationOperator::Gt);
    let of_taints =
        tolerations.filter(|toleration| is_compared(&toleration.operator)).filter_map(|toleration| toleration.key.clone());
    of_nodes.chain(of_taints).collect()
}

fn compared_of_term(term: &NodeSelectorTerm) -> impl Iterator<Item = String> {
    let is_compared = |operator: &NodeSelectorOperator| matches!(operator, NodeSelectorOperator::Gt | NodeSelectorOperator::Lt);
    term.match_expressions.iter().filter(move |one| is_compared(&one.operator)).map(|one| one.key.clone())
}
