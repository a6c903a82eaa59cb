//! What a group may launch, in the order of its overrides.

use aws_sdk_autoscaling::types::AutoScalingGroup;
use aws_sdk_ec2::types::{ArchitectureType, ArchitectureValues, InstanceRequirementsRequest};

use crate::snapshot::{Group, LaunchDetails, LaunchOption, MachineType, Purchase, Weight};

use super::choices::{LaunchChoice, choices};
use super::images::{MachineImage, MachineImages};
use super::problem::LaunchProblem;
use super::requirements::MatchingTypes;
use super::sources::{LaunchSources, Types};
use super::volumes;
use crate::cloud::aws::reservations::described::PLAIN_LINUX;
use crate::cloud::aws::reservations::matching::ReservationUse;
use crate::cloud::aws::reservations::rule::rule_of;
use crate::cloud::aws::sign_in::clients::RegionClients;

/// What a group launches and how it is paid for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GroupLaunch {
    pub(crate) options: Vec<LaunchOption>,
    pub(crate) purchase: Purchase,
    /// How what it launches from each source uses reservations.
    pub(crate) reservation_uses: Vec<ReservationUse>,
}

/// Returns what one group launches, or in one line why that is not known.
pub(crate) async fn of_group(
    clients: &RegionClients,
    group: &AutoScalingGroup,
    sources: &LaunchSources,
    images: &MachineImages,
    matching: &MatchingTypes,
) -> Result<GroupLaunch, LaunchProblem> {
    let (choices, purchase) = choices(group, sources)?;
    let mut options: Vec<LaunchOption> = Vec::new();
    let mut reservation_uses = Vec::new();
    for choice in choices {
        let image = choice.image.as_deref().and_then(|image| images.get(image));
        let machine_types = choice.types(clients, image, matching).await?;
        reservation_uses.push(choice.reservation_use(group, &machine_types, image));
        for machine_type in machine_types {
            // AWS uses the first override that names a type.
            if !options.iter().any(|known| known.machine_type == machine_type) {
                options.push(choice.option(machine_type, image));
            }
        }
    }
    match options.is_empty() {
        true => Err(LaunchProblem::unclear("no instance type meets its requirements")),
        false => Ok(GroupLaunch { options, purchase, reservation_uses }),
    }
}

impl LaunchChoice<'_> {
    async fn types(
        &self,
        clients: &RegionClients,
        image: Option<&MachineImage>,
        matching: &MatchingTypes,
    ) -> Result<Vec<String>, LaunchProblem> {
        match &self.types {
            Types::One(name) => Ok(vec![name.clone()]),
            Types::Meeting(requirements) => meeting(clients, requirements, image, matching).await,
            Types::Unsaid => Err(LaunchProblem::unclear("neither its launch template nor its overrides name an instance type")),
        }
    }

    fn reservation_use(
        &self,
        group: &AutoScalingGroup,
        machine_types: &[String],
        image: Option<&MachineImage>,
    ) -> ReservationUse {
        let setting = &self.source.reservations;
        let placement_group = group.placement_group.clone().or_else(|| setting.placement_group.clone());
        ReservationUse {
            rule: rule_of(group, setting),
            machine_types: machine_types.to_vec(),
            platform: image.and_then(|image| image.platform.clone()).unwrap_or_else(|| PLAIN_LINUX.to_owned()),
            hardware: setting.hardware,
            placement_group,
        }
    }

    fn option(&self, machine_type: String, image: Option<&MachineImage>) -> LaunchOption {
        LaunchOption {
            machine_type,
            weight: self.weight,
            image: self.image.clone(),
            launch_version: self.source.version.clone(),
            root_volume_gib: volumes::of_containers(&self.source.volumes, image),
            efa_interfaces: self.source.efa_interfaces,
            details: LaunchDetails {
                operating_system: image.map(|image| image.operating_system),
                architecture: image.and_then(MachineImage::kubernetes_architecture),
                cpu: self.source.cpu,
                volumes: volumes::attached(&self.source.volumes, image),
                network_interfaces: Some(self.source.network_interfaces),
            },
        }
    }
}

async fn meeting(
    clients: &RegionClients,
    requirements: &InstanceRequirementsRequest,
    image: Option<&MachineImage>,
    matching: &MatchingTypes,
) -> Result<Vec<String>, LaunchProblem> {
    let architectures = architectures(image.and_then(|image| image.architecture.as_ref()));
    let mut types = matching.of(&clients.ec2, &clients.region, requirements, &architectures).await?;
    types.sort();
    Ok(types)
}

/// Returns the architecture of the image, where an instance has shown it, and otherwise all that
/// Kubernetes runs on.
fn architectures(of_image: Option<&ArchitectureValues>) -> Vec<ArchitectureType> {
    match of_image {
        Some(known) => vec![ArchitectureType::from(known.as_str())],
        None => vec![ArchitectureType::X8664, ArchitectureType::Arm64],
    }
}

/// Sets the weights of a group whose capacity is counted in vCPUs or MiB (`DesiredCapacityType`,
/// only with requirements).
pub(crate) fn weigh(group: &mut Group, unit: Option<&str>, types: &[MachineType]) {
    let units = |machine_type: &MachineType| match unit {
        Some("vcpu") => Some(machine_type.cpus),
        Some("memory-mib") => Some(machine_type.memory_mib),
        _ => None,
    };
    let of_type = |name: &str| types.iter().find(|machine_type| machine_type.name == name).and_then(units).map(Weight::new);
    for option in &mut group.launch_options {
        option.weight = of_type(&option.machine_type).unwrap_or(option.weight);
    }
    for instance in &mut group.instances {
        instance.weight = of_type(&instance.machine_type).unwrap_or(instance.weight);
    }
}

#[cfg(test)]
mod tests {
    use crate::snapshot::{Architecture, GroupId, Membership, Resources};

    use super::*;

    #[test]
    fn the_architecture_of_an_image_narrows_the_types() {
        assert_eq!(architectures(Some(&ArchitectureValues::Arm64)), [ArchitectureType::Arm64]);
        assert_eq!(architectures(None), [ArchitectureType::X8664, ArchitectureType::Arm64]);
    }

    #[test]
    fn capacity_in_vcpus_gives_each_type_its_processors_as_weight() {
        let id = GroupId { region: "r".into(), name: "g".into() };
        let described = AutoScalingGroup::builder().build();
        let mut group = crate::cloud::aws::groups::described::convert(&described, id, Membership::Named, None);
        group.launch_options.push(LaunchOption {
            machine_type: "m5.4xlarge".into(),
            weight: Weight::ONE,
            image: None,
            launch_version: None,
            root_volume_gib: None,
            efa_interfaces: 0,
            details: LaunchDetails::default(),
        });
        let types = [MachineType {
            region: "r".into(),
            name: "m5.4xlarge".into(),
            cpus: 16,
            memory_mib: 65_536,
            architecture: Architecture::Amd64,
            network_pods: 234,
            devices: Resources::default(),
            max_efa_interfaces: 0,
            details: crate::snapshot::MachineDetails::default(),
        }];
        for (unit, weight) in [(None, 1), (Some("units"), 1), (Some("vcpu"), 16), (Some("memory-mib"), 65_536)] {
            group.launch_options[0].weight = Weight::ONE;
            weigh(&mut group, unit, &types);
            assert_eq!(group.launch_options[0].weight.get(), weight, "{unit:?}");
        }
    }
}
