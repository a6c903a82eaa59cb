//! The taints of a new node, each with its source.

use std::collections::BTreeMap;

use crate::plan::amounts::small;
use crate::plan::report::FactSource;
use crate::policy::Policy;
use crate::snapshot::{Group, Node, Taint, TaintEffect};
use crate::well_known::{tags, taints};

/// Returns the taints of a new node of a group: those that its live nodes have in common. A taint
/// that only some of them have counts when a tag states it; without live nodes only the tags count.
/// Taints that a node has only while it starts, or for its condition, or for being removed, are
/// left out: one cordoned sibling must not close the group.
pub(super) fn new_node_taints(group: &Group, siblings: &[&Node], policy: &Policy) -> BTreeMap<Taint, FactSource> {
    let mut taints = BTreeMap::new();
    let tag = |taint: &Taint| FactSource::Tag { key: format!("{}{}", tags::TAINT, taint.key) };
    let of_tags = group.taints_of_tags().map(|taint| (taint, tag(taint)));
    let given = group.node_group.taints.iter().map(|taint| (taint, FactSource::NodeGroup));
    for (taint, source) in of_tags.chain(given) {
        if siblings.is_empty() || siblings.iter().any(|node| node.taints.contains(taint)) {
            taints.insert(taint.clone(), source);
        }
    }
    if let Some((first, others)) = siblings.split_first() {
        let live = FactSource::LiveNodes { nodes: small(siblings.len()) };
        let shared = first.taints.iter().filter(|taint| others.iter().all(|other| other.taints.contains(taint)));
        taints.extend(shared.map(|taint| (taint.clone(), live.clone())));
    }
    taints.retain(|taint, _| stays(taint, policy));
    taints
}

/// Whether a taint stays as long as the node and keeps pods away.
pub(crate) fn stays(taint: &Taint, policy: &Policy) -> bool {
    let is_condition = taints::OF_ITS_CONDITION.iter().any(|prefix| taint.key.starts_with(prefix));
    taint.effect != TaintEffect::PreferNoSchedule && !is_condition && !policy.is_startup_taint(taint)
}

/// Returns the taints that a starting node will keep.
pub(crate) fn lasting_taints(node: &Node, policy: &Policy) -> Vec<Taint> {
    node.taints.iter().filter(|taint| stays(taint, policy)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::template::test_group::SampleGroup;

    fn taint(key: &str, effect: TaintEffect) -> Taint {
        Taint { key: key.to_owned(), value: String::new(), effect }
    }

    fn no_schedule(key: &str) -> Taint {
        taint(key, TaintEffect::NoSchedule)
    }

    fn taints_and_sources(sample: &SampleGroup) -> Vec<(String, FactSource)> {
        let template = sample.template().expect("a template");
        template.taints.iter().map(|taint| taint.key.clone()).zip(template.sources.taints).collect()
    }

    fn tag(key: &str) -> (String, FactSource) {
        (key.to_owned(), FactSource::Tag { key: format!("{}{key}", tags::TAINT) })
    }

    #[test]
    fn without_nodes_the_tags_say_which() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.policy.startup_taints.push("own/starting".into());
        sample.group().tags.taints = vec![
            no_schedule("gpu"),
            taint("evicts", TaintEffect::NoExecute),
            taint("soft", TaintEffect::PreferNoSchedule),
            no_schedule("startup-taint.cluster-autoscaler.kubernetes.io/cni"),
            no_schedule("own/starting"),
        ];
        assert_eq!(taints_and_sources(&sample), [tag("evicts"), tag("gpu")]);
    }

    #[test]
    fn taints_of_the_cloud_and_of_tags_add_up() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        let valued = |key: &str, value: &str| Taint { value: value.to_owned(), ..no_schedule(key) };
        sample.group().tags.taints = vec![no_schedule("own"), valued("both", "tag")];
        sample.group().node_group.taints = vec![valued("both", "given"), valued("gpu", "true")];
        let given = |key: &str| (key.to_owned(), FactSource::NodeGroup);
        assert_eq!(taints_and_sources(&sample), [given("both"), given("gpu"), tag("own")]);
        assert_eq!(sample.template().expect("a template").taints[0], valued("both", "given"));
    }

    #[test]
    fn live_nodes_say_which_where_they_agree() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.group().tags.taints = vec![no_schedule("rolled-out"), no_schedule("never-there")];
        sample.node("n1", "m5.large", "us-west-2a").taints = vec![no_schedule("all"), no_schedule("rolled-out")];
        sample.node("n2", "m5.large", "us-west-2a").taints = vec![no_schedule("all"), no_schedule("one")];
        assert_eq!(taints_and_sources(&sample), [("all".to_owned(), FactSource::LiveNodes { nodes: 2 }), tag("rolled-out")]);
    }

    #[test]
    fn the_condition_of_the_only_node_does_not_close_the_group() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.node("n1", "m5.large", "us-west-2a").taints = [
            "node.kubernetes.io/unschedulable",
            "node.kubernetes.io/memory-pressure",
            "ToBeDeletedByClusterAutoscaler",
            "DeletionCandidateOfClusterAutoscaler",
            "ec2-autoscale/idle-since",
        ]
        .map(no_schedule)
        .into();
        assert_eq!(taints_and_sources(&sample), []);
    }
}
