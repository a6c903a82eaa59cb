//! The labels and taints a new node carries.

use crate::policy::Policy;
use crate::snapshot::{Group, Labels, MachineType, Node, Taint, TaintEffect};

/// Labels that say which node it is: a new node has others.
const OWN_TO_A_NODE: [&str; 1] = ["kubernetes.io/hostname"];
/// The value of `kubernetes.io/hostname` of a node that has no name yet: no selector can name it.
const UNNAMED_HOST: &str = "<new node>";
/// Key prefixes of taints that say how a node is doing or that somebody is removing it, not what it is for.
const CONDITION_TAINTS: [&str; 4] =
    ["node.kubernetes.io/", "ToBeDeletedByClusterAutoscaler", "DeletionCandidateOfClusterAutoscaler", "ec2-autoscale/"];

/// The labels of a new node of a group: what its Ready siblings have in common, then what the cloud says of the machine,
/// then what the group's tags say.
pub(super) fn new_node_labels(
    group: &Group,
    siblings: &[&Node],
    machine_type: &str,
    machine: Option<&MachineType>,
    zone: &str,
) -> Labels {
    let mut labels = in_common(siblings);
    let mut say = |keys: &[&str], value: &str| {
        for key in keys {
            labels.insert((*key).to_owned(), value.to_owned());
        }
    };
    say(&["kubernetes.io/hostname"], UNNAMED_HOST);
    say(&["kubernetes.io/os", "beta.kubernetes.io/os"], "linux");
    if let Some(machine) = machine {
        say(&["kubernetes.io/arch", "beta.kubernetes.io/arch"], machine.architecture.label());
    }
    say(&["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"], machine_type);
    say(&["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"], &group.id.region);
    say(&["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone", "topology.ebs.csi.aws.com/zone"], zone);
    if let Some(zone_id) = zone_id(siblings, zone) {
        say(&["topology.k8s.aws/zone-id"], &zone_id);
    }
    labels.extend(group.tags.labels.clone());
    labels
}

/// Labels on which all siblings agree. Zone ids are left out: they follow the zone.
fn in_common(siblings: &[&Node]) -> Labels {
    let Some((first, others)) = siblings.split_first() else { return Labels::new() };
    let is_shared = |(key, value): &(&String, &String)| others.iter().all(|other| other.labels.get(*key) == Some(*value));
    let is_general = |key: &str| !OWN_TO_A_NODE.contains(&key) && key != "topology.k8s.aws/zone-id";
    first
        .labels
        .iter()
        .filter(is_shared)
        .filter(|(key, _)| is_general(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn zone_id(siblings: &[&Node], zone: &str) -> Option<String> {
    let same_zone = siblings.iter().find(|node| node.labels.get("topology.kubernetes.io/zone").is_some_and(|own| own == zone));
    same_zone?.labels.get("topology.k8s.aws/zone-id").cloned()
}

/// The taints of a new node of a group: those all its Ready siblings have, and those of the group's tags. Taints that a node
/// has only while it starts, or for its condition, or for being removed, are left out: one cordoned sibling must not close
/// the group.
pub(super) fn new_node_taints(group: &Group, siblings: &[&Node], policy: &Policy) -> Vec<Taint> {
    let mut taints = group.tags.taints.clone();
    if let Some((first, others)) = siblings.split_first() {
        let shared = first.taints.iter().filter(|taint| others.iter().all(|other| other.taints.contains(taint)));
        taints.extend(shared.cloned());
    }
    taints.retain(|taint| is_lasting(taint) && !policy.is_startup_taint(taint));
    taints.sort_unstable();
    taints.dedup();
    taints
}

fn is_lasting(taint: &Taint) -> bool {
    taint.effect != TaintEffect::PreferNoSchedule && !CONDITION_TAINTS.iter().any(|prefix| taint.key.starts_with(prefix))
}

/// The taints a starting node will keep.
pub(crate) fn lasting_taints(node: &Node, policy: &Policy) -> Vec<Taint> {
    node.taints.iter().filter(|taint| is_lasting(taint) && !policy.is_startup_taint(taint)).cloned().collect()
}
