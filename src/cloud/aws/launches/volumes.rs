//! The volumes of a new instance: which one holds containers, and how large it is.

use std::collections::BTreeSet;

use crate::snapshot::OperatingSystem;

use super::images::MachineImage;
use super::sources::MappedVolume;

/// The volume on which Bottlerocket keeps containers. Its root volume has the system alone.
const DATA_OF_BOTTLEROCKET: &str = "/dev/xvdb";
/// The usual root devices of Linux images.
const USUAL_ROOTS: [&str; 2] = ["/dev/xvda", "/dev/sda1"];
/// The sizes when neither the template nor the image names one (Karpenter,
/// `amifamily/bottlerocket.go` and `amifamily/windows.go`).
const DATA_OF_BOTTLEROCKET_GIB: i64 = 20;
const ROOT_OF_WINDOWS_GIB: i64 = 50;

/// Returns the size of the volume that holds containers and their files: that of the template, else
/// that of the image. Returns `None` when neither is known.
pub(super) fn of_containers(mapped: &[MappedVolume], image: Option<&MachineImage>) -> Option<i64> {
    let Some(image) = image else { return usual_root(mapped).and_then(|volume| volume.gib) };
    let on = |volumes: &[MappedVolume], device: &str| volumes.iter().find(|volume| volume.device == device)?.gib;
    let own = |device: &str| on(mapped, device).or_else(|| on(&image.volumes, device));
    if image.is_bottlerocket {
        return own(DATA_OF_BOTTLEROCKET).or(Some(DATA_OF_BOTTLEROCKET_GIB));
    }
    let size = match image.root_device.as_deref() {
        Some(root) => own(root),
        None => usual_root(mapped).and_then(|volume| volume.gib),
    };
    size.or((image.operating_system == OperatingSystem::Windows).then_some(ROOT_OF_WINDOWS_GIB))
}

/// Returns how many volumes an instance has from its start: those of the image and of the template,
/// and at least its root volume. Returns `None` when the image is not known.
pub(super) fn attached(mapped: &[MappedVolume], image: Option<&MachineImage>) -> Option<i64> {
    let image = image?;
    let own = image.volumes.iter().chain(mapped).map(|volume| volume.device.as_str());
    let devices: BTreeSet<&str> = own.chain(image.root_device.as_deref()).collect();
    let and_data = i64::from(image.is_bottlerocket && !devices.contains(DATA_OF_BOTTLEROCKET));
    i64::try_from(devices.len()).ok().map(|devices| devices.max(1) + and_data)
}

/// Returns the volume of the usual root device of Linux images, otherwise the first.
fn usual_root(mapped: &[MappedVolume]) -> Option<&MappedVolume> {
    mapped.iter().find(|volume| USUAL_ROOTS.contains(&volume.device.as_str())).or(mapped.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(device: &str, gib: Option<i64>) -> MappedVolume {
        MappedVolume { device: device.to_owned(), gib }
    }

    fn image(operating_system: OperatingSystem, root: Option<&str>) -> MachineImage {
        MachineImage {
            operating_system,
            architecture: None,
            root_device: root.map(str::to_owned),
            volumes: Vec::new(),
            platform: None,
            is_bottlerocket: false,
        }
    }

    #[test]
    fn containers_are_on_the_root_volume() {
        let volumes = [volume("/dev/xvdb", Some(500)), volume("/dev/xvda", Some(80)), volume("/dev/sdz", None)];
        for (volumes, root, gib) in [
            (&volumes[..], Some("/dev/xvda"), Some(80)),
            (&volumes[..], Some("/dev/sda1"), None),
            (&volumes[..], None, Some(80)),
            (&volumes[..1], None, Some(500)),
            (&volumes[2..], None, None),
            (&[], None, None),
        ] {
            let image = image(OperatingSystem::Linux, root);
            assert_eq!(of_containers(volumes, Some(&image)), gib, "{root:?} of {volumes:?}");
        }
        assert_eq!(of_containers(&volumes, None), Some(80));
    }

    #[test]
    fn what_the_template_leaves_open_is_as_the_image_has_it() {
        let mut image = image(OperatingSystem::Linux, Some("/dev/xvda"));
        image.volumes = vec![volume("/dev/xvda", Some(30))];
        assert_eq!(of_containers(&[], Some(&image)), Some(30));
        assert_eq!(of_containers(&[volume("/dev/xvda", None)], Some(&image)), Some(30));
        assert_eq!(of_containers(&[volume("/dev/xvda", Some(8))], Some(&image)), Some(8));
    }

    #[test]
    fn bottlerocket_keeps_containers_on_its_second_volume() {
        let mut image = image(OperatingSystem::Linux, Some("/dev/xvda"));
        image.is_bottlerocket = true;
        let system = volume("/dev/xvda", Some(4));
        assert_eq!(of_containers(&[system.clone(), volume("/dev/xvdb", Some(200))], Some(&image)), Some(200));
        assert_eq!(of_containers(std::slice::from_ref(&system), Some(&image)), Some(20));
        image.volumes = vec![system, volume("/dev/xvdb", Some(40))];
        assert_eq!(of_containers(&[], Some(&image)), Some(40));
    }

    #[test]
    fn each_device_is_attached_once() {
        let mut image = image(OperatingSystem::Linux, Some("/dev/xvda"));
        assert_eq!(attached(&[], Some(&image)), Some(1));
        image.volumes = vec![volume("/dev/xvda", Some(20))];
        assert_eq!(attached(&[volume("/dev/xvda", Some(80)), volume("/dev/xvdf", Some(1))], Some(&image)), Some(2));
        image.is_bottlerocket = true;
        assert_eq!(attached(&[], Some(&image)), Some(2));
        assert_eq!(attached(&[volume("/dev/xvdb", None)], Some(&image)), Some(2));
        assert_eq!(attached(&[], None), None);
    }

    #[test]
    fn the_root_volume_of_windows_is_larger() {
        let image = image(OperatingSystem::Windows, Some("/dev/sda1"));
        assert_eq!(of_containers(&[], Some(&image)), Some(50));
        assert_eq!(of_containers(&[volume("/dev/sda1", Some(100))], Some(&image)), Some(100));
    }
}
