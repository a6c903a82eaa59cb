//! Tags, launch template and formula that disagree with the live nodes.

use std::collections::BTreeSet;

use super::offer::stated;
use super::taints::is_by_hand;
use crate::plan::fleet::siblings::{Evidence, agreement};
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::report::{FactSource, TemplateDifference};
use crate::policy::Policy;
use crate::snapshot::{Group, LaunchOption, Name, Node, Resources, Taint};

/// Returns what is stated of a group and not confirmed by its Ready nodes. Where these disagree
/// with each other a change is being rolled out, and nothing is reported. What matters only from
/// zero is reported for groups that may shrink to it.
pub(crate) fn differences(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Vec<TemplateDifference> {
    let siblings = group.siblings.all();
    let all = fleet.nodes_of(siblings);
    if all.is_empty() || siblings.evidence != Evidence::Settled {
        return Vec::new();
    }
    let mut found = labels(group.group, &all);
    found.extend(taints(group.group, &all, fleet.policy));
    let options = group.group.launch_options.iter();
    let amounts: BTreeSet<TemplateDifference> = options.flat_map(|option| amounts(fleet, group, option)).collect();
    found.extend(amounts);
    found
}

fn labels(group: &Group, nodes: &[&Node]) -> Vec<TemplateDifference> {
    let difference = |(key, stated): (&Name, &Name)| {
        let values: BTreeSet<Option<&Name>> = nodes.iter().map(|node| node.labels.get(key)).collect();
        let live = match values.len() {
            1 => values.first().copied().flatten().map(Name::to_string),
            _ => None,
        };
        let is_borne_out = values.contains(&Some(stated));
        (!is_borne_out).then(|| TemplateDifference::Label { key: key.to_string(), stated: stated.to_string(), live })
    };
    group.tags.labels.iter().filter_map(difference).collect()
}

fn taints(group: &Group, nodes: &[&Node], policy: &Policy) -> Vec<TemplateDifference> {
    let lasting = |taint: &&Taint| policy.is_lasting_taint(taint);
    let is_on_no_node = |taint: &&Taint| !nodes.iter().any(|node| node.taints.contains(taint));
    let stated = group.taints_of_tags().filter(lasting).filter(is_on_no_node);
    let mut found: Vec<_> = stated.map(|taint| TemplateDifference::TaintOnNoNode { taint: taint.clone() }).collect();
    let stated: Vec<Taint> = group.taints_of_tags().chain(&group.node_group.taints).cloned().collect();
    let counts = |taint: &&Taint| group.min == 0 || is_by_hand(taint, &stated, policy);
    let shared = agreement::taints(nodes).into_iter().filter(lasting).filter(|taint| !group.states(taint));
    found.extend(shared.filter(counts).map(|taint| TemplateDifference::TaintNotStated { taint: taint.clone() }));
    found
}

/// Compares the amounts of one machine type. A tag is meant to be exact. The formula is off by a
/// little on other images; an amount that it promises too much counts when it is more than a tenth.
fn amounts(fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption) -> Vec<TemplateDifference> {
    let siblings = group.siblings.of_type(&option.machine_type);
    let nodes = fleet.nodes_of(siblings);
    if nodes.is_empty() || siblings.evidence != Evidence::Settled {
        return Vec::new();
    }
    let Some(stated) = stated(fleet, group, option) else { return Vec::new() };
    let offers: Vec<&Resources> = nodes.iter().map(|node| &node.allocatable).collect();
    let least = agreement::amounts(&offers);
    let is_off = |name: &str, amount: i64, live: i64| match &stated.sources[name] {
        FactSource::Tag { .. } => amount != live,
        _ => group.group.min == 0 && amount - live > amount / 10,
    };
    let listed = stated.resources.iter().filter(|(name, _)| !fleet.served_by_classes.contains(name));
    let off = listed.filter(|(name, amount)| is_off(name, *amount, least.get(name)));
    off.map(|(name, amount)| TemplateDifference::Amount { resource: name.to_owned(), stated: amount, live: least.get(name) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::template::test_group::SampleGroup;
    use crate::snapshot::{CPU, MEMORY, PODS, Taint, TaintEffect};

    fn messages(sample: &SampleGroup) -> Vec<String> {
        let fleet = Fleet::join(&sample.snapshot, &sample.policy);
        let group = fleet.groups.iter().find(|group| group.id().name == "g").expect("the group");
        differences(&fleet, group).iter().map(ToString::to_string).collect()
    }

    fn taint(key: &str) -> Taint {
        Taint { key: key.to_owned(), value: String::new(), effect: TaintEffect::NoSchedule }
    }

    /// Returns a group with a live node that offers exactly what the formula yields for an
    /// `m5.large`.
    fn as_stated() -> SampleGroup {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        let offer = sample.template().expect("a template").allocatable;
        for name in ["n1", "n2"] {
            sample.node(name, "m5.large", "us-west-2a").allocatable = offer.clone();
        }
        sample
    }

    #[test]
    fn nothing_is_said_of_nodes_that_are_as_stated_or_not_there() {
        let mut sample = as_stated();
        assert_eq!(messages(&sample), [""; 0]);
        sample.snapshot.nodes.clear();
        sample.group().tags.labels.insert("pool".into(), "web".into());
        assert_eq!(messages(&sample), [""; 0]);
    }

    #[test]
    fn labels_that_no_node_has() {
        let mut sample = as_stated();
        for key in ["other", "missing", "rolled-out", "right"] {
            sample.group().tags.labels.insert(key.into(), "web".into());
        }
        for node in &mut sample.snapshot.nodes {
            node.labels.insert("other".into(), "db".into());
            node.labels.insert("right".into(), "web".into());
        }
        sample.snapshot.nodes[0].labels.insert("rolled-out".into(), "web".into());
        assert_eq!(messages(&sample), ["none has the label missing=web", "label other is db, not web"]);
    }

    #[test]
    fn taints_that_are_only_stated_or_only_there() {
        let mut sample = as_stated();
        let starting = taint("startup-taint.cluster-autoscaler.kubernetes.io/cni");
        sample.group().tags.taints = vec![taint("stated"), taint("both"), starting];
        for node in &mut sample.snapshot.nodes {
            node.taints = vec![taint("both"), taint("there"), taint("node.kubernetes.io/unschedulable")];
        }
        sample.snapshot.nodes[0].taints.push(taint("on-one"));
        let stated = "none has the taint stated:NoSchedule";
        let there = "they have the taint there:NoSchedule, which no tag states";
        assert_eq!(messages(&sample), [stated, there]);
        sample.group().min = 1;
        assert_eq!(messages(&sample), [stated, there], "it was set by hand");
        sample.group().tags.taints = vec![];
        assert_eq!(messages(&sample), [""; 0], "from zero it never starts");
    }

    #[test]
    fn tags_are_exact_and_the_formula_is_off_by_a_tenth_at_most() {
        let mut sample = as_stated();
        sample.group().tags.resources = [(CPU, 4000), (PODS, 29), ("example.com/fpga", 1)].into_iter().collect();
        let node = &mut sample.snapshot.nodes[0];
        node.allocatable.set(MEMORY, node.allocatable.get(MEMORY) * 91 / 100);
        assert_eq!(messages(&sample), ["cpu is 1930m, not 4", "example.com/fpga is 0, not 1"]);
        sample.group().tags.resources = [].into_iter().collect();
        let node = &mut sample.snapshot.nodes[0];
        node.allocatable.set(MEMORY, 4 << 30);
        assert_eq!(messages(&sample), ["memory is 4Gi, not 6.7Gi"]);
        sample.group().min = 1;
        assert_eq!(messages(&sample), [""; 0]);
    }
}
