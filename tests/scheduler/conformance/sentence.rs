//! The scheduler's sentence about a pod that fits nowhere: `0/3 nodes are available: 1 Too many pods, 2 node(s) were …`.

use std::collections::BTreeMap;

use ec2_autoscale::scheduler::Plugin;

/// Words by which each plugin's refusals are known. A sentence that names a claim or a volume is VolumeBinding's here, whichever
/// plugin looked for it first.
const WORDS: [(Plugin, &[&str]); 13] = [
    (Plugin::NodeUnschedulable, &["node(s) were unschedulable"]),
    (Plugin::NodeName, &["node(s) didn't match the requested node name"]),
    (Plugin::TaintToleration, &["node(s) had untolerated taint"]),
    (
        Plugin::NodeAffinity,
        &[
            "node(s) didn't match Pod's node affinity/selector",
            "node(s) didn't satisfy plugin(s) [NodeAffinity]",
            "pod affinity terms conflict",
        ],
    ),
    (Plugin::NodePorts, &["node(s) didn't have free ports"]),
    (Plugin::NodeResourcesFit, &["Too many pods", "Insufficient "]),
    (Plugin::VolumeRestrictions, &["node(s) had no available disk", "ReadWriteOncePod access mode"]),
    (Plugin::NodeVolumeLimits, &["node(s) exceed max volume count"]),
    (
        Plugin::VolumeBinding,
        &[
            "node(s) didn't find available persistent volumes to bind",
            "node(s) didn't match PersistentVolume's node affinity",
            "node(s) did not have enough free storage",
            "bound to non-existent",
            "unbound immediate PersistentVolumeClaims",
            "waiting for ephemeral volume controller",
            "persistentvolumeclaim \"",
            "persistentvolume \"",
        ],
    ),
    (Plugin::VolumeZone, &["node(s) had no available volume zone"]),
    (Plugin::PodTopologySpread, &["node(s) didn't match pod topology spread constraints"]),
    (
        Plugin::InterPodAffinity,
        &[
            "node(s) didn't match pod affinity rules",
            "node(s) didn't match pod anti-affinity rules",
            "node(s) didn't satisfy existing pods anti-affinity rules",
        ],
    ),
    (Plugin::DynamicResources, &["resourceclaim"]),
];

/// How many nodes each plugin refuses, of `nodes` in all.
pub(super) fn refusals(sentence: &str, nodes: usize) -> Result<BTreeMap<Plugin, usize>, String> {
    let why = || format!("this is not understood: {sentence}");
    let filters = sentence.split(". preemption:").next().and_then(|text| text.split(". no new claims").next());
    let reasons = filters.and_then(|text| text.split_once(" nodes are available: ")).ok_or_else(why)?.1;
    let mut counts = BTreeMap::new();
    for reason in parts(reasons) {
        let counted = reason.split_once(' ').and_then(|(number, words)| Some((number.parse::<usize>().ok()?, words)));
        // A sentence without numbers is of a pod that no node is asked about.
        let (number, words) = counted.unwrap_or((nodes, &reason));
        *counts.entry(plugin(words).ok_or_else(why)?).or_insert(0) += number;
    }
    // A node that lacks two resources is counted twice.
    if counts.contains_key(&Plugin::NodeResourcesFit) {
        let others: usize =
            counts.iter().filter(|(plugin, _)| **plugin != Plugin::NodeResourcesFit).map(|(_, count)| count).sum();
        counts.insert(Plugin::NodeResourcesFit, nodes.saturating_sub(others));
    }
    Ok(counts)
}

/// The reasons, each with its number; a comma within a reason does not end it.
fn parts(reasons: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for piece in reasons.split(", ") {
        match parts.last_mut() {
            Some(last) if !piece.starts_with(|first: char| first.is_ascii_digit()) => *last = format!("{last}, {piece}"),
            _ => parts.push(piece.to_owned()),
        }
    }
    parts
}

fn plugin(words: &str) -> Option<Plugin> {
    let known = WORDS.iter().find(|(_, known)| known.iter().any(|known| words.contains(known)));
    known.map(|(plugin, _)| *plugin)
}
