//! The scheduler's sentence about a pod that fits nowhere:
//! `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) had untolerated taint(s). no new claims to deallocate, preemption: …`.

use std::collections::BTreeMap;

use ec2_autoscale::scheduler::Plugin;

/// What the sentence says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sentence {
    /// How many nodes each reason was given for.
    Counts { nodes: usize, reasons: Vec<(usize, Plugin)> },
    /// The pod was refused before any node was asked.
    BeforeNodes,
    /// Nodes were left out unasked.
    LeftOut,
    /// A reason that nobody here knows.
    Unknown { reason: String },
}

/// The beginning of each reason. A plugin may give one node several reasons, or each node another.
const REASONS: [(&str, Plugin); 20] = [
    ("node(s) were unschedulable", Plugin::NodeUnschedulable),
    ("node(s) had untolerated taint", Plugin::TaintToleration),
    ("node(s) didn't match Pod's node affinity/selector", Plugin::NodeAffinity),
    ("node(s) didn't have free ports for the requested pod ports", Plugin::NodePorts),
    ("Insufficient ", Plugin::NodeResourcesFit),
    ("Too many pods", Plugin::NodeResourcesFit),
    ("node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode", Plugin::VolumeRestrictions),
    ("node(s) exceed max volume count", Plugin::NodeVolumeLimits),
    ("node(s) didn't find available persistent volumes to bind", Plugin::VolumeBinding),
    ("node(s) didn't match PersistentVolume's node affinity", Plugin::VolumeBinding),
    ("node(s) had volume node affinity conflict", Plugin::VolumeBinding),
    ("node(s) did not have enough free storage", Plugin::VolumeBinding),
    ("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)", Plugin::VolumeBinding),
    ("node(s) had no available volume zone", Plugin::VolumeZone),
    ("node(s) didn't match pod topology spread constraints", Plugin::PodTopologySpread),
    ("node(s) didn't match pod affinity rules", Plugin::InterPodAffinity),
    ("node(s) didn't match pod anti-affinity rules", Plugin::InterPodAffinity),
    ("node(s) didn't satisfy existing pods anti-affinity rules", Plugin::InterPodAffinity),
    ("resourceclaim not available on the node", Plugin::DynamicResources),
    ("cannot allocate all claims", Plugin::DynamicResources),
];

pub(crate) fn read(message: &str) -> Sentence {
    // What follows is of preemption.
    let filters = message.split_once(". ").map_or(message, |(filters, _)| filters);
    let Some((head, reasons)) = filters.split_once(" nodes are available: ") else { return Sentence::BeforeNodes };
    let Some(nodes) = head.rsplit('/').next().and_then(|all| all.parse().ok()) else { return Sentence::BeforeNodes };
    let mut counts = Vec::new();
    for reason in reasons.trim_end_matches('.').split(", ") {
        let counted = reason.split_once(' ').and_then(|(number, words)| Some((number.parse().ok()?, words)));
        let Some((number, words)) = counted else { return Sentence::BeforeNodes };
        if words.starts_with("node(s) didn't satisfy plugin(s)") {
            return Sentence::LeftOut;
        }
        match REASONS.iter().find(|(beginning, _)| words.starts_with(beginning)) {
            Some((_, plugin)) => counts.push((number, *plugin)),
            None => return Sentence::Unknown { reason: words.to_owned() },
        }
    }
    Sentence::Counts { nodes, reasons: counts }
}

/// Where these refusals, one a node, are not what the sentence counts.
pub(crate) fn contradiction(sentence: &Sentence, refusals: &[Plugin]) -> Option<String> {
    let (nodes, reasons) = match sentence {
        // The planner asks filter by filter: earlier ones may answer first, later ones must not be reached.
        Sentence::BeforeNodes => {
            let later = refusals.iter().find(|plugin| **plugin > Plugin::VolumeBinding)?;
            return Some(format!("{later} refuses nodes here"));
        }
        Sentence::LeftOut => return None,
        Sentence::Unknown { reason } => return Some(format!("nobody knows the reason {reason:?}")),
        Sentence::Counts { nodes, reasons } => (*nodes, reasons),
    };
    if nodes != refusals.len() {
        return Some(format!("{} nodes here", refusals.len()));
    }
    let mut here: BTreeMap<Plugin, usize> = BTreeMap::new();
    for plugin in refusals {
        *here.entry(*plugin).or_default() += 1;
    }
    let mut there: BTreeMap<Plugin, Vec<usize>> = BTreeMap::new();
    for (number, plugin) in reasons {
        there.entry(*plugin).or_default().push(*number);
    }
    let plugins = here.keys().chain(there.keys()).copied();
    plugins.into_iter().find_map(|plugin| {
        let count = here.get(&plugin).copied().unwrap_or(0);
        let numbers = there.get(&plugin).map_or(&[][..], Vec::as_slice);
        // One node may have several reasons of one plugin: at least as many nodes as the commonest, at most the sum.
        let least = numbers.iter().copied().max().unwrap_or(0);
        let most: usize = numbers.iter().sum();
        let agrees = (least..=most).contains(&count);
        (!agrees).then(|| format!("{plugin} refuses {count} nodes here"))
    })
}

#[test]
fn a_sentence_is_counted_by_plugin() {
    let read = read(
        "0/6 nodes are available: 1 Insufficient cpu, 1 Too many pods, 2 node(s) didn't match pod anti-affinity rules, \
         3 node(s) had untolerated taint(s). no new claims to deallocate, preemption: not eligible due to \
         preemptionPolicy=Never.",
    );
    let Sentence::Counts { nodes, reasons } = &read else { panic!("{read:?}") };
    assert_eq!((*nodes, reasons.len()), (6, 4));
    let [fit, pods, taint] = [Plugin::NodeResourcesFit, Plugin::InterPodAffinity, Plugin::TaintToleration];
    assert_eq!(contradiction(&read, &[fit, pods, pods, taint, taint, taint]), None);
    assert_eq!(
        contradiction(&read, &[fit, fit, pods, taint, taint, taint]).as_deref(),
        Some("InterPodAffinity refuses 1 nodes here")
    );
}

#[test]
fn a_pod_refused_as_a_whole_has_no_counts() {
    assert_eq!(read("0/3 nodes are available: persistentvolumeclaim \"data\" not found. not found"), Sentence::BeforeNodes);
    assert_eq!(read("0/3 nodes are available: 3 stars."), Sentence::Unknown { reason: "stars".into() });
}
