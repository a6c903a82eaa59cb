//! Nodes that lack what the other nodes of their group have. They do not close the group, but a
//! person should look at them.

use std::collections::BTreeSet;

use crate::plan::fleet::siblings::{Evidence, agreement, is_of_current_version};
use crate::plan::fleet::{Fleet, GroupEntry, NodeEntry};
use crate::plan::report::SiblingDifference;
use crate::snapshot::{Name, Resources};
use crate::well_known::resources::device_family;

/// Returns the labels that matter to somebody: pods without a node ask for them.
pub(crate) fn labels_asked_for<'a>(fleet: &Fleet<'a>) -> BTreeSet<&'a str> {
    let mut keys = BTreeSet::new();
    for spec in fleet.unbound_specs() {
        keys.extend(spec.node_selector.keys().map(Name::as_str));
        let terms = spec.node_affinity.iter().flatten().flat_map(|term| &term.match_expressions);
        keys.extend(terms.map(|requirement| requirement.key.as_str()));
    }
    keys
}

/// Returns the Ready nodes of a group that lack a label or a device that most of their siblings
/// have, each with what it lacks. Of the labels those count that a tag states or a pod asks for.
pub(crate) fn odd_siblings<'a>(
    fleet: &Fleet<'a>,
    group: &GroupEntry<'a>,
    asked_for: &BTreeSet<&str>,
) -> Vec<(&'a str, Vec<SiblingDifference>)> {
    let mut found = Vec::new();
    for (machine_type, elders) in group.siblings.by_type().filter(|(_, elders)| elders.evidence == Evidence::Settled) {
        let nodes = fleet.nodes_of(elders);
        let matters = |key: &str| asked_for.contains(key) || group.group.tags.labels.contains_key(key);
        let labels: Vec<_> = agreement::labels(&nodes).into_iter().filter(|(key, _)| matters(key)).collect();
        let offers: Vec<&Resources> = nodes.iter().map(|node| &node.allocatable).collect();
        let devices = agreement::amounts(&offers);
        let members = group.live().filter(|member| member.instance.machine_type == machine_type);
        for member in members.filter(|member| is_of_current_version(member.instance, group.group)) {
            let Some(entry) = member.node.map(|node| &fleet.nodes[node]) else { continue };
            let lacks = lacks(entry, &labels, &devices);
            if entry.node.is_ready() && !entry.is_lagging && !lacks.is_empty() {
                found.push((entry.node.name.as_str(), lacks));
            }
        }
    }
    found
}

fn lacks(entry: &NodeEntry<'_>, labels: &[(&str, &str)], offer: &Resources) -> Vec<SiblingDifference> {
    let node = entry.node;
    let labels = labels.iter().filter(|(key, value)| node.labels.get(key).map(Name::as_str) != Some(*value));
    let labels = labels.map(|(key, value)| SiblingDifference::Label { key: (*key).to_owned(), value: (*value).to_owned() });
    let devices =
        offer.iter().filter(|(name, usual)| device_family(name).is_some() && *usual > 0 && node.allocatable.get(name) == 0);
    let devices = devices.map(|(name, usual)| SiblingDifference::Device { resource: name.to_owned(), usual });
    labels.chain(devices).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::template::test_group::SampleGroup;

    fn found(sample: &SampleGroup) -> Vec<(String, String)> {
        let fleet = Fleet::join(&sample.snapshot, &sample.policy);
        let group = fleet.groups.iter().find(|group| group.id().name == "g").expect("the group");
        let words = |lacks: Vec<SiblingDifference>| lacks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let odd = odd_siblings(&fleet, group, &BTreeSet::from(["pool"]));
        odd.into_iter().map(|(node, lacks)| (node.to_owned(), words(lacks))).collect()
    }

    #[test]
    fn a_node_that_lacks_what_most_have_is_named() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        for name in ["n1", "n2", "n3"] {
            let node = sample.node(name, "m5.large", "us-west-2a");
            node.labels.extend([("pool", "batch"), ("other", "x")].map(|(key, value)| (key.to_owned(), value.to_owned())));
            node.allocatable.set("example.com/fuse", 20);
        }
        assert_eq!(found(&sample), []);
        sample.snapshot.nodes[1].labels.clear();
        let odd = |words: &str| vec![("n2".to_owned(), words.to_owned())];
        assert_eq!(found(&sample), odd("the label pool=batch"), "nobody asks for the other label");
        sample.snapshot.nodes[1].allocatable.set("example.com/fuse", 0);
        assert_eq!(found(&sample), odd("the label pool=batch, example.com/fuse (20 on the others)"));
        sample.group().instances[1].image = Some("ami-0".to_owned());
        assert_eq!(found(&sample), [], "an older version may be different");
    }
}
