//! The labels of a new node, each with its source.
//!
//! Labels on which most live nodes of the same machine type agree outweigh the tags: a label in a
//! tag that no node has would make every run buy for the same pod. Where the nodes disagree, as in
//! the middle of a roll-out, the tag decides, and so it does beside nodes of an older version.

use std::collections::{BTreeMap, BTreeSet};

use super::{formula, operating_system};
use crate::plan::amounts::small;
use crate::plan::fleet::siblings::{Elders, Evidence, agreement};
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::report::FactSource;
use crate::snapshot::{Labels, LaunchOption, Name, Node};
use crate::well_known::labels::{
    ARCHITECTURES, HOSTNAME, MACHINE_TYPES, NETWORK_LAYERS, OF_THE_MACHINE, OLD_ZONE, OPERATING_SYSTEMS, REGIONS, ZONE,
    ZONE_ID, ZONES,
};

/// The value of a label that is each node's own, such as `kubernetes.io/hostname`, on a node that
/// does not exist yet: no selector can name it.
const UNNAMED: &str = "<new node>";

/// Whether the value of a label stands for one that nobody knows yet.
pub(crate) fn is_unnamed(value: &str) -> bool {
    value == UNNAMED
}

/// Labels with their sources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LabelFacts {
    pub(super) labels: Labels,
    pub(super) sources: BTreeMap<String, FactSource>,
}

impl LabelFacts {
    fn set(&mut self, key: &str, value: &str, source: FactSource) {
        self.labels.insert(key.into(), value.into());
        self.sources.insert(key.to_owned(), source);
    }

    fn remove(&mut self, key: &str) {
        self.labels.remove(key);
        self.sources.remove(key);
    }
}

/// The labels that live nodes of a group, of any type, show for another one.
pub(super) struct GroupLabels<'a> {
    common: Vec<(&'a str, &'a str)>,
    source: FactSource,
    /// The label of the zone for the driver of the cloud's disks.
    zone_of_disks: &'static str,
    /// The id of each zone.
    zone_ids: BTreeMap<String, (String, FactSource)>,
}

impl<'a> GroupLabels<'a> {
    pub(super) fn of(fleet: &Fleet<'a>, group: &GroupEntry<'a>) -> Self {
        let siblings = group.siblings.all();
        let nodes = fleet.nodes_of(siblings);
        Self {
            common: SiblingLabels::by(fleet, siblings).everywhere,
            source: live(&nodes),
            zone_of_disks: formula::zone_of_disks(group.group.node_formula),
            zone_ids: zone_ids(fleet, group, &nodes),
        }
    }
}

/// The labels of one machine type of a group, except those of the zone.
pub(super) struct TypeLabels<'a> {
    facts: LabelFacts,
    shown: SiblingLabels<'a>,
    /// Whether what the siblings show outweighs the tags.
    outweighs_tags: bool,
    source: FactSource,
    /// The labels that its live nodes have, if these show everything: a new one has no others.
    seen: Option<BTreeSet<&'a str>>,
    group: &'a GroupLabels<'a>,
}

impl<'a> TypeLabels<'a> {
    pub(super) fn of(fleet: &Fleet<'a>, group: &GroupEntry<'a>, labels: &'a GroupLabels<'a>, option: &LaunchOption) -> Self {
        let siblings = group.siblings.of_type(&option.machine_type);
        let own = fleet.nodes_of(siblings);
        let mut facts = LabelFacts::default();
        for (key, value) in labels.common.iter().filter(|(key, _)| !describes_the_machine(key)) {
            facts.set(key, value, labels.source.clone());
        }
        set_well_known(&mut facts, fleet, group, option);
        for (label, value) in &group.group.tags.labels {
            facts.set(label, value, FactSource::Tag { key: group.group.tags.label_tag(label) });
        }
        for (label, value) in &group.group.node_group.labels {
            facts.set(label, value, FactSource::NodeGroup);
        }
        let all_keys = || own.iter().flat_map(|node| node.labels.keys()).map(Name::as_str).collect();
        let mut labels = Self {
            facts,
            shown: SiblingLabels::by(fleet, siblings),
            outweighs_tags: siblings.evidence != Evidence::Outdated,
            source: live(&own),
            seen: (!own.is_empty() && siblings.evidence == Evidence::Settled).then(all_keys),
            group: labels,
        };
        let everywhere = std::mem::take(&mut labels.shown.everywhere);
        labels.facts = labels.with_shown(labels.facts.clone(), &everywhere);
        set_place_and_type(&mut labels.facts, group, option);
        labels
    }

    /// Adds what siblings show.
    fn with_shown(&self, mut facts: LabelFacts, shown: &[(&str, &str)]) -> LabelFacts {
        let is_stated = |facts: &LabelFacts, key: &str| {
            matches!(facts.sources.get(key), Some(FactSource::Tag { .. } | FactSource::NodeGroup))
        };
        for (key, value) in shown {
            if self.outweighs_tags || !is_stated(&facts, key) {
                facts.set(key, value, self.source.clone());
            }
        }
        facts
    }

    /// Returns the labels in one zone.
    pub(super) fn in_zone(&self, zone: &str) -> LabelFacts {
        let mut facts = match self.shown.by_zone.get(zone) {
            Some(shown) => self.with_shown(self.facts.clone(), shown),
            None => self.facts.clone(),
        };
        for key in [ZONE, OLD_ZONE, self.group.zone_of_disks] {
            facts.set(key, zone, FactSource::Group);
        }
        match self.group.zone_ids.get(zone) {
            Some((id, source)) => facts.set(ZONE_ID, id, source.clone()),
            None => facts.remove(ZONE_ID),
        }
        if let Some(seen) = &self.seen {
            let unseen: Vec<Name> = facts.labels.keys().filter(|key| !seen.contains(key.as_str())).cloned().collect();
            for key in &unseen {
                facts.remove(key);
            }
        }
        facts
    }
}

/// The labels that siblings show, without those that are specific to a node or that the group and
/// its launch template decide.
struct SiblingLabels<'a> {
    /// In each zone with siblings, what most of them there agree on.
    by_zone: BTreeMap<&'a str, Vec<(&'a str, &'a str)>>,
    /// What holds in all these zones: a label may follow the zone.
    everywhere: Vec<(&'a str, &'a str)>,
}

impl<'a> SiblingLabels<'a> {
    fn by(fleet: &Fleet<'a>, siblings: &Elders) -> Self {
        let mut nodes_by_zone: BTreeMap<&str, Vec<&'a Node>> = BTreeMap::new();
        for index in &siblings.nodes {
            let entry = &fleet.nodes[*index];
            let zone = fleet.instance_of(entry).map_or("", |instance| instance.zone.as_str());
            nodes_by_zone.entry(zone).or_default().push(entry.node);
        }
        let is_alone = siblings.nodes.len() == 1;
        let is_own_key = |key: &str| is_alone && fleet.topology_of_volumes.contains(key);
        let agreed = |nodes: Vec<&'a Node>| {
            let mut agreed = agreement::labels(&nodes);
            agreed.retain(|(key, value)| !is_own_key(key) && !nodes.iter().any(|node| is_own(node, key, value)));
            agreed
        };
        let by_zone: BTreeMap<_, _> = nodes_by_zone.into_iter().map(|(zone, nodes)| (zone, agreed(nodes))).collect();
        let own_values = values_of_each_node(fleet, siblings);
        let mut zones = by_zone.values();
        let mut everywhere = zones.next().cloned().unwrap_or_default();
        for other in zones {
            everywhere.retain(|label| other.binary_search(label).is_ok());
        }
        everywhere.extend(own_values.into_iter().map(|key| (key, UNNAMED)));
        Self { by_zone, everywhere }
    }
}

/// Returns the labels that a new node will have with a value that nobody knows: those that each of
/// several siblings has with a value of its own, and the places in the network that all of them
/// have.
fn values_of_each_node<'a>(fleet: &Fleet<'a>, siblings: &Elders) -> Vec<&'a str> {
    let nodes = fleet.nodes_of(siblings);
    let Some((first, others)) = nodes.split_first().filter(|(_, others)| !others.is_empty()) else { return Vec::new() };
    let is_distinct = |key: &&'a str| {
        // Most labels have one value everywhere.
        if first.labels.get(key) == others[0].labels.get(key) {
            return false;
        }
        let values: BTreeSet<Option<&Name>> = nodes.iter().map(|node| node.labels.get(key)).collect();
        values.len() == others.len() + 1 && !values.contains(&None)
    };
    let keys = first.labels.keys().map(Name::as_str);
    let is_decided_otherwise = |key: &str| key == ZONE_ID || ZONES.contains(&key) || key == HOSTNAME;
    let is_everywhere = |key: &str| nodes.iter().all(|node| node.labels.contains_key(key));
    let is_unknown = |key: &&'a str| if is_layer(key) { is_everywhere(key) } else { is_distinct(key) };
    keys.filter(|key| !is_decided_otherwise(key)).filter(is_unknown).collect()
}

/// Sets the labels that the kubelet gives every node. A tag may replace them.
fn set_well_known(facts: &mut LabelFacts, fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption) {
    if let Some((system, source)) = operating_system::of_new_node(fleet, option) {
        for key in OPERATING_SYSTEMS {
            facts.set(key, system.label(), source.clone());
        }
    }
    let machine = fleet.machine_type(&group.id().region, &option.machine_type);
    for key in ARCHITECTURES {
        match machine {
            Some(machine) => facts.set(key, machine.architecture.label(), FactSource::MachineType),
            // The architecture of another type is no evidence.
            None => match option.details.architecture {
                Some(architecture) => facts.set(key, architecture.label(), FactSource::Image),
                None => facts.remove(key),
            },
        }
    }
}

/// Sets the labels that no tag and no sibling can change.
fn set_place_and_type(facts: &mut LabelFacts, group: &GroupEntry<'_>, option: &LaunchOption) {
    facts.set(HOSTNAME, UNNAMED, FactSource::WellKnown);
    for key in REGIONS {
        facts.set(key, &group.id().region, FactSource::Group);
    }
    // A group whose launch template could not be read shows by its instances what it launches.
    let is_read = !group.group.launch_options.is_empty();
    for key in MACHINE_TYPES {
        facts.set(key, &option.machine_type, if is_read { FactSource::LaunchTemplate } else { FactSource::Group });
    }
}

/// Whether a label identifies the node, follows the zone, or is not for siblings to show: a new
/// node has another.
fn is_own(node: &Node, key: &str, value: &str) -> bool {
    let is_decided_otherwise = key == HOSTNAME || REGIONS.contains(&key) || MACHINE_TYPES.contains(&key);
    is_decided_otherwise
        || is_layer(key)
        || key == ZONE_ID
        || ZONES.contains(&key)
        || value == node.name
        || node.instance_id() == Some(value)
}

/// Whether a label names a place in the network. No sibling shows that of a new node, and the cloud
/// decides it only when the machine runs.
fn is_layer(key: &str) -> bool {
    key.starts_with(NETWORK_LAYERS)
}

fn describes_the_machine(key: &str) -> bool {
    OF_THE_MACHINE.iter().any(|beginning| key.starts_with(beginning))
}

fn live(nodes: &[&Node]) -> FactSource {
    FactSource::LiveNodes { nodes: small(nodes.len()) }
}

/// Returns the ids of the zones, from a sibling in the zone, else from the list of zones.
fn zone_ids(fleet: &Fleet<'_>, group: &GroupEntry<'_>, siblings: &[&Node]) -> BTreeMap<String, (String, FactSource)> {
    let listed = fleet.snapshot.zones.iter().filter(|zone| zone.region == group.id().region);
    let mut ids: BTreeMap<_, _> = listed.map(|zone| (zone.name.clone(), (zone.id.clone(), FactSource::ZoneList))).collect();
    for node in siblings {
        if let (Some(zone), Some(id)) = (node.labels.get(ZONE), node.labels.get(ZONE_ID)) {
            ids.insert(zone.to_string(), (id.to_string(), FactSource::LiveNodes { nodes: 1 }));
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::template::test_group::SampleGroup;
    use crate::snapshot::{NodeFormula, Zone};
    use crate::well_known::labels::{CINDER_ZONE, EBS_ZONE};
    use crate::well_known::tags;

    const LIVE: fn(u32) -> FactSource = |nodes| FactSource::LiveNodes { nodes };

    fn tag(label: &str) -> FactSource {
        FactSource::Tag { key: format!("{}{label}", tags::LABEL) }
    }

    /// Returns the label in the first variant of that type, with its source.
    fn label(sample: &SampleGroup, machine_type: &str, key: &str) -> Option<(String, FactSource)> {
        let template = sample.template().expect("a template");
        let variant = template.variants.iter().find(|variant| variant.machine_type == machine_type).expect("a variant");
        Some((variant.labels.get(key)?.to_string(), variant.label_sources[key].clone()))
    }

    #[test]
    fn what_the_cloud_gives_to_nodes_outweighs_the_tags() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        for (key, value) in [("pool", "tag"), ("own", "tag")] {
            sample.group().tags.labels.insert(key.into(), value.into());
        }
        sample.group().node_group.labels.insert("pool".into(), "given".into());
        assert_eq!(label(&sample, "m5.large", "pool"), Some(("given".to_owned(), FactSource::NodeGroup)));
        assert_eq!(label(&sample, "m5.large", "own"), Some(("tag".to_owned(), tag("own"))));
        sample.shared_label("n1", "m5.large", "pool", "live");
        assert_eq!(label(&sample, "m5.large", "pool"), Some(("live".to_owned(), LIVE(1))));
    }

    #[test]
    fn a_group_without_nodes_has_the_labels_of_the_cloud_the_kubelet_and_the_tags() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.group().tags.labels.insert("pool".into(), "web".into());
        sample.group().tags.labels.insert("old".into(), "1".into());
        sample.group().tags.label_tags.insert("old".into(), "kube/old".into());
        let zone = Zone { region: "us-west-2".into(), name: "us-west-2a".into(), id: "usw2-az2".into() };
        sample.snapshot.zones.push(zone);
        for (key, value, source) in [
            ("pool", "web", tag("pool")),
            ("old", "1", FactSource::Tag { key: "kube/old".into() }),
            ("kubernetes.io/hostname", "<new node>", FactSource::WellKnown),
            ("kubernetes.io/os", "linux", FactSource::WellKnown),
            ("beta.kubernetes.io/os", "linux", FactSource::WellKnown),
            ("kubernetes.io/arch", "amd64", FactSource::MachineType),
            ("beta.kubernetes.io/arch", "amd64", FactSource::MachineType),
            ("node.kubernetes.io/instance-type", "m5.large", FactSource::LaunchTemplate),
            ("beta.kubernetes.io/instance-type", "m5.large", FactSource::LaunchTemplate),
            ("topology.kubernetes.io/region", "us-west-2", FactSource::Group),
            ("failure-domain.beta.kubernetes.io/region", "us-west-2", FactSource::Group),
            ("topology.kubernetes.io/zone", "us-west-2a", FactSource::Group),
            ("failure-domain.beta.kubernetes.io/zone", "us-west-2a", FactSource::Group),
            (EBS_ZONE, "us-west-2a", FactSource::Group),
            (ZONE_ID, "usw2-az2", FactSource::ZoneList),
        ] {
            assert_eq!(label(&sample, "m5.large", key), Some((value.into(), source)), "{key}");
        }
        assert_eq!(label(&sample, "m5.large", CINDER_ZONE), None);
        sample.group().node_formula = NodeFormula::KubeletDefaults;
        assert_eq!(label(&sample, "m5.large", CINDER_ZONE), Some(("us-west-2a".into(), FactSource::Group)));
        assert_eq!(label(&sample, "m5.large", EBS_ZONE), None);
        sample.group().tags.labels.insert("kubernetes.io/os".into(), "windows".into());
        assert_eq!(label(&sample, "m5.large", "kubernetes.io/os"), Some(("windows".into(), tag("kubernetes.io/os"))));
    }

    #[test]
    fn live_nodes_outweigh_the_tags_where_they_agree() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        for (label, value) in [("pool", "tagged"), ("missing", "1"), ("rolled-out", "2"), ("new", "x")] {
            sample.group().tags.labels.insert(label.into(), value.into());
        }
        for (name, rolled_out) in [("n1", "1"), ("n2", "2")] {
            let labels = &mut sample.node(name, "m5.large", "us-west-2a").labels;
            for (key, value) in [("pool", "live"), ("rolled-out", rolled_out), ("kubernetes.io/hostname", name)] {
                labels.insert(key.into(), value.into());
            }
        }
        sample.node("n3", "m5.large", "us-west-2a").labels.extend(
            [("pool", "live"), ("new", "x"), ("only-here", "1")].map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        for (key, expected) in [
            ("pool", Some(("live", LIVE(3)))),
            ("missing", None),
            ("rolled-out", Some(("2", tag("rolled-out")))),
            ("new", Some(("x", tag("new")))),
            ("only-here", None),
            ("kubernetes.io/hostname", Some(("<new node>", FactSource::WellKnown))),
            // None of the nodes has it, so that a new one will not, either.
            (EBS_ZONE, None),
        ] {
            let expected = expected.map(|(value, source)| (value.to_owned(), source));
            assert_eq!(label(&sample, "m5.large", key), expected, "{key}");
        }
    }

    #[test]
    fn no_sibling_shows_the_place_of_a_new_node_in_the_network() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        for (name, lowest) in [("n1", "nn-7"), ("n2", "nn-8")] {
            let labels = &mut sample.node(name, "m5.large", "us-west-2a").labels;
            labels.insert(format!("{NETWORK_LAYERS}1").into(), "nn-1".into());
            labels.insert(format!("{NETWORK_LAYERS}3").into(), lowest.into());
        }
        let value = |layer: &str| label(&sample, "m5.large", &format!("{NETWORK_LAYERS}{layer}")).map(|(value, _)| value);
        assert_eq!(value("1").as_deref(), Some(UNNAMED), "they agree on it");
        assert_eq!(value("3").as_deref(), Some(UNNAMED), "each has its own");
        assert_eq!(value("2"), None, "none has it");
    }

    #[test]
    fn what_belongs_to_one_node_or_zone_is_not_taken_over() {
        let mut sample = SampleGroup::new(&["us-west-2a", "us-west-2b"], &["m5.large"]);
        let node = sample.node("n1", "m5.large", "us-west-2a");
        for (key, value) in [
            ("instance", node.instance_id().expect("an instance").to_owned()),
            ("name", "n1".to_owned()),
            ("topology.kubernetes.io/zone", "us-west-2a".to_owned()),
            (ZONE_ID, "usw2-az9".to_owned()),
        ] {
            node.labels.insert(key.into(), value.into());
        }
        sample.snapshot.zones = [("us-west-2a", "usw2-az1"), ("us-west-2b", "usw2-az2")]
            .map(|(name, id)| Zone { region: "us-west-2".into(), name: name.into(), id: id.into() })
            .into();
        let template = sample.template().expect("a template");
        let of = |variant: usize, key: &str| template.variants[variant].labels.get(key).map(Name::as_str);
        for variant in [0, 1] {
            assert_eq!((of(variant, "instance"), of(variant, "name")), (None, None));
        }
        assert_eq!((of(0, "topology.kubernetes.io/zone"), of(0, ZONE_ID)), (Some("us-west-2a"), Some("usw2-az9")));
        assert_eq!((of(1, "topology.kubernetes.io/zone"), of(1, ZONE_ID)), (Some("us-west-2b"), Some("usw2-az2")));
    }

    #[test]
    fn nodes_of_another_type_show_the_labels_of_the_group_and_not_of_the_machine() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["p3.2xlarge", "m5.large"]);
        for (key, value) in
            [("pool", "mixed"), ("nvidia.com/gpu.product", "V100"), ("node.kubernetes.io/instance-type", "p3.2xlarge")]
        {
            sample.shared_label("n1", "p3.2xlarge", key, value);
        }
        assert_eq!(label(&sample, "p3.2xlarge", "nvidia.com/gpu.product"), Some(("V100".into(), LIVE(1))));
        assert_eq!(label(&sample, "m5.large", "pool"), Some(("mixed".into(), LIVE(1))));
        assert_eq!(label(&sample, "m5.large", "nvidia.com/gpu.product"), None);
        let own_type = Some(("m5.large".into(), FactSource::LaunchTemplate));
        assert_eq!(label(&sample, "m5.large", "node.kubernetes.io/instance-type"), own_type);
        sample.group().tags.labels.insert("pool".into(), "tagged".into());
        assert_eq!(label(&sample, "m5.large", "pool"), Some(("tagged".into(), tag("pool"))));
    }
}
