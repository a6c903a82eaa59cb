//! What pods may request of a new node of one machine type, from the best source there is.

use super::amounts::Amounts;
use super::formula;
use super::problem::TemplateProblem;
use super::siblings::{Siblings, has_its_devices};
use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, GroupEntry, NodeEntry};
use crate::plan::report::FactSource;
use crate::snapshot::{CPU, LaunchOption, MEMORY, Node, PODS, Resources};
use crate::well_known::tags;

/// Returns the amounts of the live nodes of the group and type. Without any, they are those of a
/// node of the same type and image elsewhere; else those that the tags state, and the formula for
/// the rest.
pub(super) fn of(
    fleet: &Fleet<'_>,
    group: &GroupEntry<'_>,
    siblings: &Siblings<'_>,
    option: &LaunchOption,
) -> Result<Amounts, TemplateProblem> {
    live(siblings.of_type(&option.machine_type))
        .or_else(|| same_type_elsewhere(fleet, group, option))
        .or_else(|| stated(fleet, group, option))
        .ok_or_else(|| TemplateProblem::MachineTypeUnknown {
            machine_type: option.machine_type.clone(),
            region: group.id().region.clone(),
        })
}

fn live(siblings: &[&Node]) -> Option<Amounts> {
    let (first, others) = siblings.split_first()?;
    let mut least = first.allocatable.clone();
    for node in others {
        least.lower_to(&node.allocatable);
    }
    let nodes = small(siblings.len());
    Some(Amounts::of(least, FactSource::LiveNodes { nodes }))
}

/// Returns the amounts of such a node: one that has its devices, if any does.
fn same_type_elsewhere(fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption) -> Option<Amounts> {
    let machine = fleet.machine_type(&group.id().region, &option.machine_type);
    let is_twin = |entry: &&NodeEntry<'_>| {
        entry.node.is_ready() && !fleet.is_starting(entry) && is_launched_alike(fleet, entry, option) == Some(true)
    };
    let twins = || fleet.nodes.iter().filter(is_twin);
    let is_whole = |entry: &&NodeEntry<'_>| machine.is_none_or(|machine| has_its_devices(entry.node, machine));
    let twin = twins().find(is_whole).or_else(|| twins().next())?;
    let source = FactSource::SameTypeElsewhere { node: twin.node.name.clone() };
    Some(Amounts::of(twin.node.allocatable.clone(), source))
}

/// Whether a node has the same type and image and, as far as that is known, the same volume,
/// network interfaces and processors.
fn is_launched_alike(fleet: &Fleet<'_>, entry: &NodeEntry<'_>, option: &LaunchOption) -> Option<bool> {
    let instance = fleet.instance_of(entry)?;
    let is_twin = instance.machine_type == option.machine_type && instance.image.is_some() && instance.image == option.image;
    let options = &fleet.group_of(entry)?.group.launch_options;
    let what_counts = |it: &LaunchOption| (it.root_volume_gib, it.efa_interfaces, it.details.cpu);
    let is_alike = |its: &LaunchOption| what_counts(its) == what_counts(option);
    Some(is_twin && options.iter().find(|its| its.machine_type == option.machine_type).is_none_or(is_alike))
}

/// Returns what the tags state, and the formula for the rest. Without a description of the type the
/// tags are enough by themselves when they state the amounts that every pod needs.
pub(super) fn stated(fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption) -> Option<Amounts> {
    let tags = &group.group.tags.resources;
    let mut offer = match fleet.machine_type(&group.id().region, &option.machine_type) {
        Some(machine) => {
            let mut offer = Amounts::of(
                formula::allocatable(group.group.node_formula, machine, option, &group.policy),
                FactSource::Formula,
            );
            for (name, source) in formula::other_sources(machine, option, &group.policy) {
                offer.sources.insert(name, source);
            }
            let without_pages = offer.resources.get(MEMORY) - huge_pages(tags);
            offer.set(MEMORY, without_pages.max(0), FactSource::Formula);
            offer
        }
        None if [CPU, MEMORY, PODS].iter().all(|name| tags.contains(name)) => {
            Amounts::of(Resources::default(), FactSource::LaunchTemplate)
        }
        None => return None,
    };
    for (name, amount) in tags.iter() {
        offer.set(name, amount, FactSource::Tag { key: format!("{}{name}", tags::RESOURCE) });
    }
    Some(offer)
}

/// Returns the bytes in huge pages, which are no ordinary memory any more
/// (`pkg/kubelet/nodestatus/setters.go`, `MachineInfo`).
fn huge_pages(tags: &Resources) -> i64 {
    tags.iter().filter(|(name, _)| name.starts_with("hugepages-")).map(|(_, bytes)| bytes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::template::Template;
    use crate::plan::template::test_group::SampleGroup;
    use crate::snapshot::EPHEMERAL_STORAGE;
    use crate::well_known::resources::EFA;

    const GIB: i64 = 1 << 30;
    const MIB: i64 = 1 << 20;

    fn template(sample: &SampleGroup) -> Template {
        sample.template().expect("a template")
    }

    fn tag(name: &str) -> FactSource {
        FactSource::Tag { key: format!("{}{name}", tags::RESOURCE) }
    }

    #[test]
    fn live_nodes_of_the_type_outweigh_everything() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.node("n1", "m5.large", "us-west-2a").allocatable.set(MEMORY, 5 * GIB);
        sample.node("n2", "m5.large", "us-west-2a").allocatable.set(CPU, 1900);
        sample.group().tags.resources = [(CPU, 8000), ("example.com/fpga", 2)].into_iter().collect();
        let template = template(&sample);
        assert_eq!(template.allocatable, [(CPU, 1900), (MEMORY, 4 * GIB), (PODS, 20)].into_iter().collect());
        assert_eq!(template.sources.worst_amount, FactSource::LiveNodes { nodes: 2 });
    }

    #[test]
    fn a_node_elsewhere_must_be_launched_alike() {
        for (image, root_volume_gib, efa_interfaces, is_twin) in [
            (Some("ami-1"), None, 0, true),
            (Some("ami-2"), None, 0, false),
            (None, None, 0, false),
            (Some("ami-1"), Some(100), 0, false),
            (Some("ami-1"), None, 1, false),
        ] {
            let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
            sample.add_group("other", &["m5.large"]);
            sample.node_of(1, "twin", "m5.large", "us-west-2a");
            let option = &mut sample.group().launch_options[0];
            option.image = image.map(str::to_owned);
            (option.root_volume_gib, option.efa_interfaces) = (root_volume_gib, efa_interfaces);
            let found = template(&sample).sources.worst_amount == FactSource::SameTypeElsewhere { node: "twin".into() };
            assert_eq!(found, is_twin, "{image:?} {root_volume_gib:?} {efa_interfaces}");
        }
    }

    #[test]
    fn a_node_elsewhere_with_its_devices_is_the_better_example() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["p3.2xlarge"]);
        sample.add_group("other", &["p3.2xlarge"]);
        sample.node_of(1, "a-broken", "p3.2xlarge", "us-west-2a");
        assert_eq!(template(&sample).allocatable.get("nvidia.com/gpu"), 0);
        sample.node_of(1, "b-whole", "p3.2xlarge", "us-west-2a").allocatable.set("nvidia.com/gpu", 1);
        assert_eq!(template(&sample).allocatable.get("nvidia.com/gpu"), 1);
    }

    #[test]
    fn tags_override_single_amounts_of_the_formula() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["p3.2xlarge"]);
        sample.group().tags.resources =
            [(CPU, 4000), ("hugepages-2Mi", 2 * GIB), ("example.com/fpga", 2)].into_iter().collect();
        let option = &mut sample.group().launch_options[0];
        (option.root_volume_gib, option.efa_interfaces) = (Some(100), 9);
        sample.policy.max_pods = Some(50);
        let template = template(&sample);
        // 61 GiB: 62464 − ceil(4684.8) − (11 × 29 + 255) − 100 MiB, and huge pages are no ordinary
        // memory.
        let memory = (62_464 - 4685 - 574 - 100) * MIB - 2 * GIB;
        for (name, amount, source) in [
            (CPU, 4000, tag(CPU)),
            (MEMORY, memory, FactSource::Formula),
            (PODS, 50, FactSource::Setting { name: "max-pods".into() }),
            (EPHEMERAL_STORAGE, 89 * GIB, FactSource::LaunchTemplate),
            ("nvidia.com/gpu", 1, FactSource::MachineType),
            (EFA, 4, FactSource::LaunchTemplate),
            ("hugepages-2Mi", 2 * GIB, tag("hugepages-2Mi")),
            ("example.com/fpga", 2, tag("example.com/fpga")),
        ] {
            assert_eq!((template.allocatable.get(name), &template.sources.amounts[name]), (amount, &source), "{name}");
        }
        assert_eq!(template.allocatable.iter().count(), 8);
        assert_eq!(template.sources.worst_amount, FactSource::Formula);
    }

    #[test]
    fn an_unknown_type_needs_tags_for_what_every_pod_needs() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m99.large"]);
        let unknown = TemplateProblem::MachineTypeUnknown { machine_type: "m99.large".into(), region: "us-west-2".into() };
        assert_eq!(sample.template().err(), Some(unknown.clone()));
        sample.group().tags.resources = [(CPU, 2000), (MEMORY, GIB)].into_iter().collect();
        assert_eq!(sample.template().err(), Some(unknown));
        sample.group().tags.resources.set(PODS, 10);
        let template = template(&sample);
        assert_eq!(template.allocatable, [(CPU, 2000), (MEMORY, GIB), (PODS, 10)].into_iter().collect());
        assert!(matches!(template.sources.worst_amount, FactSource::Tag { .. }));
    }

    #[test]
    fn a_mixed_group_offers_the_least_of_each() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["p3.2xlarge", "m5.large"]);
        sample.node("n1", "m5.large", "us-west-2a").allocatable.set(CPU, 9000);
        let template = template(&sample);
        let amount = |name: &str| (template.allocatable.get(name), template.sources.amounts[name].clone());
        let live = FactSource::LiveNodes { nodes: 1 };
        assert_eq!(amount(CPU), (7910, FactSource::Formula));
        assert_eq!(amount(MEMORY), (4 * GIB, live.clone()));
        assert_eq!(amount("nvidia.com/gpu"), (0, live));
        assert_eq!(template.variants.iter().map(|it| it.allocatable.get(CPU)).collect::<Vec<_>>(), [7910, 9000]);
    }
}
