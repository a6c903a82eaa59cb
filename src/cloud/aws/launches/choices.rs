//! What a group launches from: its overrides, or its one launch template or configuration, and how
//! it pays for machines.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types::{
    AutoScalingGroup, InstancesDistribution, LaunchTemplate, LaunchTemplateOverrides, MixedInstancesPolicy,
};

use crate::snapshot::{Purchase, Weight};

use super::problem::LaunchProblem;
use super::requirements::of_override;
use super::sources::{LaunchSource, LaunchSources, TemplateVersion, Types};
use crate::cloud::aws::groups::described::weight;

/// One override, or the whole of a group that has none.
#[derive(Debug, PartialEq)]
pub(crate) struct LaunchChoice<'a> {
    pub(crate) types: Types,
    pub(crate) weight: Weight,
    pub(crate) image: Option<String>,
    pub(crate) source: &'a LaunchSource,
}

/// Returns the launch configurations and template versions that groups name.
pub(crate) fn named_sources<'a>(
    groups: impl Iterator<Item = &'a AutoScalingGroup>,
) -> (BTreeSet<String>, BTreeSet<TemplateVersion>) {
    let (mut configurations, mut templates) = (BTreeSet::new(), BTreeSet::new());
    for group in groups {
        configurations.extend(group.launch_configuration_name.clone());
        templates.extend(group.launch_template().and_then(TemplateVersion::of));
        if let Some(policy) = group.mixed_instances_policy() {
            templates.extend(base_template(policy));
            templates.extend(overrides(policy).iter().filter_map(override_template));
        }
    }
    (configurations, templates)
}

fn base_template(policy: &MixedInstancesPolicy) -> Option<TemplateVersion> {
    policy.launch_template()?.launch_template_specification().and_then(TemplateVersion::of)
}

fn overrides(policy: &MixedInstancesPolicy) -> &[LaunchTemplateOverrides] {
    policy.launch_template().map(LaunchTemplate::overrides).unwrap_or_default()
}

fn override_template(it: &LaunchTemplateOverrides) -> Option<TemplateVersion> {
    it.launch_template_specification().and_then(TemplateVersion::of)
}

/// Returns the machine images that groups may launch.
pub(crate) fn named_images<'a>(
    groups: impl Iterator<Item = &'a AutoScalingGroup>,
    sources: &LaunchSources,
) -> BTreeSet<String> {
    let choices = groups.filter_map(|group| choices(group, sources).ok()).flat_map(|(choices, _)| choices);
    choices.filter_map(|choice| choice.image).collect()
}

/// Returns what a group launches from, best first, and how it pays for machines.
pub(crate) fn choices<'a>(
    group: &AutoScalingGroup,
    sources: &'a LaunchSources,
) -> Result<(Vec<LaunchChoice<'a>>, Purchase), LaunchProblem> {
    if let Some(policy) = group.mixed_instances_policy() {
        let base = template(sources, base_template(policy))?;
        let choices = overrides(policy).iter().map(|it| override_choice(it, base, sources)).collect::<Result<Vec<_>, _>>()?;
        let choices = if choices.is_empty() { vec![whole(base)] } else { choices };
        return Ok((choices, distribution(policy.instances_distribution())));
    }
    let source = match group.launch_configuration_name() {
        Some(name) => configuration(sources, name)?,
        None => template(sources, group.launch_template().and_then(TemplateVersion::of))?,
    };
    Ok((vec![whole(source)], source.purchase.clone()))
}

fn configuration<'a>(sources: &'a LaunchSources, name: &str) -> Result<&'a LaunchSource, LaunchProblem> {
    let missing = || LaunchProblem::unclear(format!("launch configuration {name} was not read"));
    sources.configurations.get(name).ok_or_else(missing)?.as_ref().map_err(Clone::clone)
}

fn template(sources: &LaunchSources, version: Option<TemplateVersion>) -> Result<&LaunchSource, LaunchProblem> {
    let none = || LaunchProblem::unclear("it has neither a launch template nor a launch configuration");
    let version = version.ok_or_else(none)?;
    let missing = || LaunchProblem::unclear(format!("{version} was not read"));
    sources.templates.get(&version).ok_or_else(missing)?.as_ref().map_err(Clone::clone)
}

fn whole(source: &LaunchSource) -> LaunchChoice<'_> {
    LaunchChoice { types: source.types.clone(), weight: Weight::ONE, image: source.image.clone(), source }
}

/// Converts an override. It states what differs from the policy's template, or names another
/// template.
fn override_choice<'a>(
    it: &LaunchTemplateOverrides,
    base: &'a LaunchSource,
    sources: &'a LaunchSources,
) -> Result<LaunchChoice<'a>, LaunchProblem> {
    let source = match override_template(it) {
        Some(own) => template(sources, Some(own))?,
        None => base,
    };
    let named = it.instance_type.clone().map(Types::One);
    let meeting = || it.instance_requirements().map(|it| Types::Meeting(Box::new(of_override(it))));
    Ok(LaunchChoice {
        types: named.or_else(meeting).unwrap_or_else(|| source.types.clone()),
        weight: weight(it.weighted_capacity()),
        image: it.image_id.clone().or_else(|| source.image.clone()),
        source,
    })
}

/// Returns how a group pays for machines. AWS's defaults are no base capacity and all of it on
/// demand.
pub(crate) fn distribution(distribution: Option<&InstancesDistribution>) -> Purchase {
    let base = distribution.and_then(|it| it.on_demand_base_capacity).map_or(0, i64::from);
    let percentage = distribution.and_then(|it| it.on_demand_percentage_above_base_capacity).map_or(100, i64::from);
    let max_price = distribution.and_then(|it| it.spot_max_price.as_deref()?.parse().ok());
    match (base, percentage) {
        (_, 100..) => Purchase::OnDemand,
        (0, 0) => Purchase::Spot { max_price },
        _ => Purchase::Mixed { on_demand_base: base, on_demand_percentage: percentage, max_price },
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::{InstanceRequirements, LaunchTemplateSpecification, MemoryMiBRequest, VCpuCountRequest};

    use crate::cloud::aws::launches::sources::TemplateRef;
    use crate::cloud::aws::reservations::setting::ReservationSetting;
    use crate::snapshot::CpuLayout;

    use super::*;

    fn source(types: Types) -> LaunchSource {
        LaunchSource {
            version: Some("lt-1:7".into()),
            types,
            image: Some("ami-1".into()),
            volumes: vec![],
            efa_interfaces: 0,
            network_interfaces: 1,
            cpu: CpuLayout::default(),
            purchase: Purchase::OnDemand,
            reservations: ReservationSetting::default(),
            placement: None,
        }
    }

    fn one(name: &str) -> Types {
        Types::One(name.to_owned())
    }

    fn version(id: &str) -> TemplateVersion {
        TemplateVersion { template: TemplateRef::Id(id.to_owned()), version: "$Default".into() }
    }

    fn specification(id: &str) -> LaunchTemplateSpecification {
        LaunchTemplateSpecification::builder().launch_template_id(id).build()
    }

    fn sources() -> LaunchSources {
        let spot = LaunchSource { purchase: Purchase::Spot { max_price: None }, ..source(one("c5.large")) };
        LaunchSources {
            configurations: [
                ("old".to_owned(), Ok(source(one("m4.large")))),
                ("gone".to_owned(), Err(LaunchProblem::unclear("launch configuration gone does not exist"))),
            ]
            .into(),
            templates: [
                (version("lt-open"), Ok(source(Types::Unsaid))),
                (version("lt-spot"), Ok(spot)),
                (version("lt-arm"), Ok(LaunchSource { image: Some("ami-arm".into()), ..source(one("m6g.large")) })),
            ]
            .into(),
        }
    }

    fn mixed(overrides: Vec<LaunchTemplateOverrides>, distribution: InstancesDistribution) -> AutoScalingGroup {
        let template = LaunchTemplate::builder()
            .launch_template_specification(specification("lt-open"))
            .set_overrides(Some(overrides))
            .build();
        let policy = MixedInstancesPolicy::builder().launch_template(template).instances_distribution(distribution).build();
        AutoScalingGroup::builder().mixed_instances_policy(policy).build()
    }

    #[test]
    fn a_group_launches_from_what_it_names() {
        let sources = sources();
        for (group, machine_type, purchase) in [
            (AutoScalingGroup::builder().launch_configuration_name("old"), "m4.large", Purchase::OnDemand),
            (
                AutoScalingGroup::builder().launch_template(specification("lt-spot")),
                "c5.large",
                Purchase::Spot { max_price: None },
            ),
        ] {
            let (choices, paid) = choices(&group.build(), &sources).expect("a source");
            assert_eq!(choices.iter().map(|it| &it.types).collect::<Vec<_>>(), [&one(machine_type)]);
            assert_eq!(paid, purchase);
        }
    }

    #[test]
    fn a_source_that_is_missing_is_told() {
        let sources = sources();
        for (group, text) in [
            (AutoScalingGroup::builder().launch_configuration_name("gone"), "launch configuration gone does not exist"),
            (
                AutoScalingGroup::builder().launch_template(specification("lt-9")),
                "launch template lt-9 version $Default was not read",
            ),
            (AutoScalingGroup::builder(), "it has neither a launch template nor a launch configuration"),
        ] {
            assert_eq!(choices(&group.build(), &sources).err(), Some(LaunchProblem::unclear(text)));
        }
    }

    #[test]
    fn overrides_have_their_own_type_weight_image_and_template() {
        let sources = sources();
        let requirements = InstanceRequirements::builder()
            .v_cpu_count(VCpuCountRequest::builder().min(4).build())
            .memory_mib(MemoryMiBRequest::builder().min(1024).build())
            .build();
        let group = mixed(
            vec![
                LaunchTemplateOverrides::builder().instance_type("m5.4xlarge").weighted_capacity("4").build(),
                LaunchTemplateOverrides::builder().launch_template_specification(specification("lt-arm")).build(),
                LaunchTemplateOverrides::builder().instance_type("m5.large").image_id("ami-own").build(),
                LaunchTemplateOverrides::builder().instance_requirements(requirements.clone()).build(),
            ],
            InstancesDistribution::builder().build(),
        );
        let (choices, _) = choices(&group, &sources).expect("templates");
        let told: Vec<_> = choices.iter().map(|it| (it.types.clone(), it.weight.get(), it.image.as_deref())).collect();
        assert_eq!(
            told,
            [
                (one("m5.4xlarge"), 4, Some("ami-1")),
                (one("m6g.large"), 1, Some("ami-arm")),
                (one("m5.large"), 1, Some("ami-own")),
                (Types::Meeting(Box::new(of_override(&requirements))), 1, Some("ami-1")),
            ]
        );
        let (configurations, templates) = named_sources([&group].into_iter());
        assert!(configurations.is_empty());
        assert_eq!(templates, [version("lt-arm"), version("lt-open")].into());
    }

    #[test]
    fn a_policy_without_overrides_launches_its_template() {
        let sources = sources();
        let group = mixed(vec![], InstancesDistribution::builder().build());
        let (choices, _) = choices(&group, &sources).expect("the template");
        assert_eq!(choices, [whole(sources.templates[&version("lt-open")].as_ref().expect("read"))]);
    }

    #[test]
    fn the_distribution_says_how_instances_are_paid_for() {
        let usd = |price: Option<&str>| price.map(|price| price.parse().expect("a price"));
        let spot = |price: Option<&str>| Purchase::Spot { max_price: usd(price) };
        let mixed = |on_demand_base, on_demand_percentage, price: Option<&str>| Purchase::Mixed {
            on_demand_base,
            on_demand_percentage,
            max_price: usd(price),
        };
        for (base, percentage, price, expected) in [
            (None, None, None, Purchase::OnDemand),
            (Some(2), Some(100), None, Purchase::OnDemand),
            (None, Some(0), None, spot(None)),
            (Some(0), Some(0), Some("0.4"), spot(Some("0.4"))),
            (Some(0), Some(0), Some(""), spot(None)),
            (Some(0), Some(0), Some("much"), spot(None)),
            (Some(2), Some(0), None, mixed(2, 0, None)),
            (None, Some(30), Some("0.4"), mixed(0, 30, Some("0.4"))),
        ] {
            let policy = InstancesDistribution::builder()
                .set_on_demand_base_capacity(base)
                .set_on_demand_percentage_above_base_capacity(percentage)
                .set_spot_max_price(price.map(str::to_owned))
                .build();
            assert_eq!(distribution(Some(&policy)), expected, "{base:?} {percentage:?}");
        }
        assert_eq!(distribution(None), Purchase::OnDemand);
    }
}
