//! The taints of a new node, each with its source.

use std::collections::BTreeMap;

use crate::plan::amounts::small;
use crate::plan::fleet::siblings::{Evidence, agreement};
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::report::FactSource;
use crate::policy::Policy;
use crate::snapshot::{Node, Taint};
use crate::well_known::tags;

/// Returns the taints of a new node of a group: those that most of its live nodes have. A taint
/// that fewer have counts when a tag or the node group states it and one has it; without settled
/// nodes of the present version what is stated counts.
///
/// A taint that most nodes have although others are stated and not this key was set by hand: it
/// does not close the group. Nor do those that a node has only while it starts, or for its
/// condition, or for being removed.
pub(super) fn new_node_taints(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> BTreeMap<Taint, FactSource> {
    let policy = fleet.policy;
    let siblings = group.siblings.all();
    let nodes = fleet.nodes_of(siblings);
    let statements_decide = nodes.is_empty() || siblings.evidence != Evidence::Settled;
    let tag = |taint: &Taint| FactSource::Tag { key: format!("{}{}", tags::TAINT, taint.key) };
    let of_tags = group.group.taints_of_tags().map(|taint| (taint.clone(), tag(taint)));
    let given = group.group.node_group.taints.iter().map(|taint| (taint.clone(), FactSource::NodeGroup));
    let stated: Vec<(Taint, FactSource)> = of_tags.chain(given).collect();
    let all_stated: Vec<Taint> = stated.iter().map(|(taint, _)| taint.clone()).collect();
    let mut found = BTreeMap::new();
    for (taint, source) in stated {
        if statements_decide || nodes.iter().any(|node| node.taints.contains(&taint)) {
            found.insert(taint, source);
        }
    }
    let live = FactSource::LiveNodes { nodes: small(nodes.len()) };
    let shared = agreement::taints(&nodes).into_iter().filter(|taint| !is_by_hand(taint, &all_stated, policy));
    found.extend(shared.map(|taint| (taint.clone(), live.clone())));
    found.retain(|taint, _| policy.is_lasting_taint(taint));
    found
}

/// Whether a taint of live nodes was set by hand: others are stated, and none with its key.
#[must_use]
pub fn is_by_hand(taint: &Taint, stated: &[Taint], policy: &Policy) -> bool {
    let states_others = stated.iter().any(|other| policy.is_lasting_taint(other));
    states_others && stated.iter().all(|other| other.key != taint.key)
}

/// Returns the taints that a starting node will keep.
pub(crate) fn lasting_taints(node: &Node, policy: &Policy) -> Vec<Taint> {
    node.taints.iter().filter(|taint| policy.is_lasting_taint(taint)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::template::test_group::SampleGroup;
    use crate::snapshot::TaintEffect;

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
        sample.group().tags.taints = vec![no_schedule("rolled-out"), no_schedule("never-there"), no_schedule("all")];
        sample.node("n1", "m5.large", "us-west-2a").taints = vec![no_schedule("all"), no_schedule("rolled-out")];
        sample.node("n2", "m5.large", "us-west-2a").taints = vec![no_schedule("all"), no_schedule("one")];
        assert_eq!(taints_and_sources(&sample), [("all".to_owned(), FactSource::LiveNodes { nodes: 2 }), tag("rolled-out")]);
    }

    #[test]
    fn most_nodes_decide_and_what_was_set_by_hand_does_not_close_the_group() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        for name in ["n1", "n2", "n3"] {
            sample.node(name, "m5.large", "us-west-2a").taints = vec![no_schedule("gpu"), no_schedule("by-hand")];
        }
        sample.snapshot.nodes[0].taints.clear();
        let live = |key: &str| (key.to_owned(), FactSource::LiveNodes { nodes: 3 });
        assert_eq!(taints_and_sources(&sample), [live("by-hand"), live("gpu")], "nothing is stated");
        sample.group().tags.taints = vec![no_schedule("gpu")];
        assert_eq!(taints_and_sources(&sample), [live("gpu")]);
        sample.group().tags.taints = vec![no_schedule("startup-taint.cluster-autoscaler.kubernetes.io/cni")];
        assert_eq!(taints_and_sources(&sample), [live("by-hand"), live("gpu")], "a taint of the moment states nothing");
        sample.snapshot.nodes[2].taints.clear();
        assert_eq!(taints_and_sources(&sample), []);
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
