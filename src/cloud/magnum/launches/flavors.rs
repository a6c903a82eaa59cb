//! The flavor of a group, and what it offers.

use crate::cloud::magnum::api::{FlavorAnswer, NodeGroupAnswer};
use crate::snapshot::{
    Architecture, LaunchDetails, LaunchOption, MachineDetails, MachineType, OperatingSystem, Resources, Weight,
};

/// The label of a group that gives its machines a volume of that many GB, in place of the flavor's
/// disk.
const BOOT_VOLUME: &str = "boot_volume_size";
/// The trait that a flavor of arm64 machines requires (`os_traits/hw/arch.py`).
const ARM64: &str = "trait:HW_ARCH_AARCH64";

/// Returns the flavor of a group. A user may have written its id or its name.
pub(crate) fn flavor_of<'a>(group: &NodeGroupAnswer, flavors: &'a [FlavorAnswer]) -> Option<&'a FlavorAnswer> {
    let wanted = group.flavor_id.as_deref()?;
    let by_id = flavors.iter().find(|flavor| flavor.id == wanted);
    by_id.or_else(|| flavors.iter().find(|flavor| flavor.name == wanted))
}

/// Returns the one thing that a group launches.
pub(crate) fn launch_option(group: &NodeGroupAnswer, flavor: &FlavorAnswer) -> LaunchOption {
    let volume = group.labels.get(BOOT_VOLUME).and_then(|size| size.parse::<i64>().ok()).filter(|size| *size > 0);
    LaunchOption {
        machine_type: flavor.name.clone(),
        weight: Weight::ONE,
        image: group.image_id.clone(),
        launch_version: None,
        root_volume_gib: volume.or_else(|| Some(flavor.disk).filter(|disk| *disk > 0)),
        efa_interfaces: 0,
        details: LaunchDetails { operating_system: Some(OperatingSystem::Linux), ..LaunchDetails::default() },
    }
}

/// Returns what a machine of a flavor offers. Its devices are not known by a name of Kubernetes:
/// live nodes and tags show them.
pub(crate) fn machine_type(region: &str, flavor: &FlavorAnswer) -> MachineType {
    MachineType {
        region: region.to_owned(),
        name: flavor.name.clone(),
        cpus: flavor.vcpus,
        memory_mib: flavor.ram,
        architecture: architecture(flavor),
        network_pods: 0,
        devices: Resources::default(),
        max_efa_interfaces: 0,
        details: MachineDetails::default(),
    }
}

fn architecture(flavor: &FlavorAnswer) -> Architecture {
    match flavor.extra_specs.get(ARM64).map(String::as_str) {
        Some("required") => Architecture::Arm64,
        _ => Architecture::Amd64,
    }
}

/// Returns the extra specs by which a flavor has devices, as `name=value`.
pub(crate) fn device_specs(flavor: &FlavorAnswer) -> Vec<String> {
    let is_of_devices = |spec: &str| {
        ["pci_passthrough:alias", "resources:VGPU", "accel:device_profile"].contains(&spec)
            || spec.starts_with("resources:CUSTOM_")
    };
    let specs = flavor.extra_specs.iter().filter(|(spec, _)| is_of_devices(spec));
    specs.map(|(spec, value)| format!("{spec}={value}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::magnum::api::StackLabels;

    fn flavors() -> [FlavorAnswer; 2] {
        let flavor = |id: &str, name: &str, disk| FlavorAnswer {
            id: id.into(),
            name: name.into(),
            vcpus: 4,
            ram: 8192,
            disk,
            ..FlavorAnswer::default()
        };
        [flavor("3", "m1.medium", 40), flavor("9", "3", 0)]
    }

    fn group(flavor: &str, volume: Option<&str>) -> NodeGroupAnswer {
        let labels = StackLabels(volume.map(|size| ("boot_volume_size".to_owned(), size.to_owned())).into_iter().collect());
        NodeGroupAnswer { flavor_id: Some(flavor.into()), labels, ..NodeGroupAnswer::default() }
    }

    #[test]
    fn a_flavor_is_meant_by_its_id_or_else_by_its_name() {
        let flavors = flavors();
        for (wanted, name) in [("3", Some("m1.medium")), ("m1.medium", Some("m1.medium")), ("9", Some("3")), ("x", None)] {
            assert_eq!(flavor_of(&group(wanted, None), &flavors).map(|flavor| flavor.name.as_str()), name, "{wanted}");
        }
    }

    #[test]
    fn a_boot_volume_replaces_the_disk_of_the_flavor() {
        let [flavor, without_disk] = flavors();
        let size = |volume, flavor| launch_option(&group("3", volume), flavor).root_volume_gib;
        assert_eq!(size(Some("100"), &flavor), Some(100));
        assert_eq!(size(Some("0"), &flavor), Some(40));
        assert_eq!(size(None, &without_disk), None);
    }

    #[test]
    fn the_devices_of_a_flavor_are_shown_as_it_names_them() {
        let mut flavor = flavors()[0].clone();
        for (spec, value) in
            [("pci_passthrough:alias", "a100:2"), ("hw:cpu_policy", "dedicated"), ("resources:CUSTOM_FPGA", "1")]
        {
            flavor.extra_specs.insert(spec.into(), value.into());
        }
        assert_eq!(device_specs(&flavor), ["pci_passthrough:alias=a100:2", "resources:CUSTOM_FPGA=1"]);
    }
}
