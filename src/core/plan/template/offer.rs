//! What pods may request of a new node of one machine type, from the best source there is.

use super::amounts::Amounts;
use super::formula;
use super::problem::TemplateProblem;
use crate::plan::amounts::small;
use crate::plan::fleet::siblings::{Evidence, agreement, has_devices_of};
use crate::plan::fleet::{Fleet, GroupEntry, NodeEntry};
use crate::plan::report::FactSource;
use crate::snapshot::{CPU, LaunchOption, MEMORY, PODS, Resources};
use crate::well_known::resources::{REPORTED_BY_PLUGINS, device_family, names_of_device};
use crate::well_known::tags;

/// Returns the amounts of the live nodes of the group and type. Without any, they are those of a
/// node of the same type and image elsewhere; else those that the tags state, and the formula for
/// the rest.
pub(super) fn of(fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption) -> Result<Amounts, TemplateProblem> {
    live(fleet, group, option)
        .or_else(|| same_type_elsewhere(fleet, group, option))
        .or_else(|| stated(fleet, group, option))
        .ok_or_else(|| TemplateProblem::MachineTypeUnknown {
            machine_type: option.machine_type.clone(),
            region: group.id().region.clone(),
        })
}

/// Returns what most siblings offer. Beside siblings of an older version, what tags and the launch
/// template state goes before.
fn live(fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption) -> Option<Amounts> {
    let siblings = group.siblings.of_type(&option.machine_type);
    let nodes = fleet.nodes_of(siblings);
    if nodes.is_empty() {
        return None;
    }
    let offers: Vec<&Resources> = nodes.iter().map(|node| &node.allocatable).collect();
    let mut agreed = Amounts::of(agreement::amounts(&offers), FactSource::LiveNodes { nodes: small(nodes.len()) });
    if siblings.evidence == Evidence::Outdated {
        set_what_was_changed(&mut agreed, fleet, group, option);
    }
    for (name, amount) in unreported(fleet, group).iter() {
        agreed.set(name, amount, FactSource::Tag { key: format!("{}{name}", tags::RESOURCE) });
    }
    Some(agreed)
}

/// Sets the amounts that tags and the launch template state, which may be newer than the nodes.
fn set_what_was_changed(agreed: &mut Amounts, fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption) {
    let Some(stated) = stated(fleet, group, option) else { return };
    for (name, amount) in stated.resources.iter() {
        let source = &stated.sources[name];
        if matches!(source, FactSource::Tag { .. } | FactSource::LaunchTemplate) {
            agreed.set(name, amount, source.clone());
        }
    }
}

/// Returns the amounts that tags state and no node reports, because an extender of the scheduler
/// counts them. A device of the machine is reported, or it is not there.
pub(super) fn unreported(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Resources {
    let tags = &group.group.tags.resources;
    if tags.is_empty() {
        return Resources::default();
    }
    let nodes = fleet.nodes_of(group.siblings.all());
    let options = group.group.launch_options.iter();
    let machines: Vec<_> = options.filter_map(|option| fleet.machine_type(&group.id().region, &option.machine_type)).collect();
    let is_of_a_machine = |name: &str| {
        let mut devices = machines.iter().flat_map(|machine| machine.devices.iter());
        devices.any(|(device, _)| device_family(device) == device_family(name))
    };
    let is_reported = |name: &str| nodes.iter().any(|node| node.allocatable.contains(name));
    let may_be_an_extenders = |name: &str| device_family(name).is_some_and(|family| !REPORTED_BY_PLUGINS.contains(&family));
    let counts = |name: &str| may_be_an_extenders(name) && !is_of_a_machine(name) && !is_reported(name);
    tags.iter().filter(|(name, _)| !nodes.is_empty() && counts(name)).collect()
}

/// Returns the amounts of such a node: one that has its devices, if any does.
fn same_type_elsewhere(fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption) -> Option<Amounts> {
    let machine = fleet.machine_type(&group.id().region, &option.machine_type);
    let is_twin = |entry: &&NodeEntry<'_>| {
        entry.node.is_ready() && !entry.is_lagging && is_launched_alike(fleet, entry, option) == Some(true)
    };
    let twins = || fleet.nodes.iter().filter(is_twin);
    let is_whole =
        |entry: &&NodeEntry<'_>| machine.is_none_or(|machine| has_devices_of(entry.node, machine, &fleet.served_by_classes));
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
            add_other_names(fleet, &mut offer);
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

/// Returns the most of a resource that tags and the formula state of a machine type of the group.
pub(crate) fn stated_amount(fleet: &Fleet<'_>, group: &GroupEntry<'_>, resource: &str) -> i64 {
    let options = group.group.launch_options.iter();
    let amounts = options.filter_map(|option| stated(fleet, group, option)).map(|stated| stated.resources.get(resource));
    amounts.max().unwrap_or(0)
}

/// Adds each device under the other names that its device plugins give it, or under the one that
/// the cluster's nodes report.
fn add_other_names(fleet: &Fleet<'_>, offer: &mut Amounts) {
    let devices: Vec<String> = offer.resources.iter().map(|(name, _)| name.to_owned()).collect();
    for device in &devices {
        let names = names_of_device(device);
        if names.len() == 1 {
            continue;
        }
        let is_reported = |name: &&&str| fleet.nodes.iter().any(|entry| entry.node.allocatable.get(name) > 0);
        let reported: Vec<&str> = names.iter().filter(is_reported).copied().collect();
        let (amount, source) = (offer.resources.get(device), offer.sources[device].clone());
        for name in names {
            let counts = reported.is_empty() || reported.contains(&name);
            offer.set(name, if counts { amount } else { 0 }, source.clone());
        }
    }
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
        sample.group().tags.resources = [(CPU, 8000)].into_iter().collect();
        let template = template(&sample);
        assert_eq!(template.allocatable, [(CPU, 1900), (MEMORY, 4 * GIB), (PODS, 20)].into_iter().collect());
        assert_eq!(template.sources.worst_amount, FactSource::LiveNodes { nodes: 2 });
    }

    #[test]
    fn a_tag_counts_beside_live_nodes_for_what_no_node_reports() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["p3.2xlarge"]);
        sample.node("n1", "p3.2xlarge", "us-west-2a");
        sample.node("n2", "p3.2xlarge", "us-west-2a").allocatable.set("example.com/reported", 0);
        sample.group().tags.resources =
            [("example.com/extender", 2), ("example.com/reported", 2), ("nvidia.com/gpu", 1)].into_iter().collect();
        let template = template(&sample);
        let offered = ["example.com/extender", "example.com/reported", "nvidia.com/gpu"].map(|it| template.allocatable.get(it));
        assert_eq!(offered, [2, 0, 0], "a device of the machine is reported, or it is not there");
        assert_eq!(template.sources.amounts["example.com/extender"], tag("example.com/extender"));
    }

    #[test]
    fn beside_nodes_of_an_older_version_the_launch_template_and_the_tags_go_first() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        let node = sample.node("n1", "m5.large", "us-west-2a");
        node.allocatable.set(EPHEMERAL_STORAGE, 17 * GIB);
        node.labels.insert("pool".into(), "old".into());
        sample.group().tags.labels.insert("pool".into(), "new".into());
        sample.group().launch_options[0].root_volume_gib = Some(100);
        let seen = |sample: &SampleGroup| {
            let template = template(sample);
            (
                template.allocatable.get(EPHEMERAL_STORAGE) / GIB,
                template.allocatable.get(MEMORY) / GIB,
                template.variants[0].labels["pool"].clone(),
            )
        };
        assert_eq!(seen(&sample), (17, 4, "old".into()));
        sample.group().launch_options[0].image = Some("ami-2".to_owned());
        assert_eq!(seen(&sample), (89, 4, "new".into()));
        sample.group().launch_options[0].image = Some("ami-1".to_owned());
        sample.group().launch_options[0].launch_version = Some("lt:2".to_owned());
        assert_eq!(seen(&sample), (17, 4, "old".into()), "the version of the node is not known");
        sample.group().instances[0].launch_version = Some("lt:1".to_owned());
        assert_eq!(seen(&sample), (89, 4, "new".into()));
        sample.node("n2", "m5.large", "us-west-2a");
        sample.group().instances[1].launch_version = Some("lt:2".to_owned());
        let template = template(&sample);
        assert_eq!(template.allocatable.get(EPHEMERAL_STORAGE), 0, "a node of the present version says all");
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
