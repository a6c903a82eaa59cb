//! The machine images that groups launch: operating system, architecture and volumes.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ArchitectureValues, Filter, Image as Ec2Image};

use crate::snapshot::{Architecture, Gap, MissingFact, OperatingSystem};

use super::sources::MappedVolume;
use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::machines::instances::{Seen, operating_system};

const ACTION: &str = "ec2:DescribeImages";
/// EC2 takes at most this many values in one filter.
const BATCH: usize = 200;
/// How the names of the images of Bottlerocket begin.
const BOTTLEROCKET: &str = "bottlerocket-";

/// The machine images of a region, as EC2 describes them or as instances show them.
#[derive(Debug, Default)]
pub(crate) struct MachineImages(BTreeMap<String, MachineImage>);

/// What is known of a machine image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MachineImage {
    pub(crate) operating_system: OperatingSystem,
    pub(crate) architecture: Option<ArchitectureValues>,
    /// The device of its root volume, such as `/dev/xvda`.
    pub(crate) root_device: Option<String>,
    /// The volumes that it brings along, as far as they are known.
    pub(crate) volumes: Vec<MappedVolume>,
    /// The platform by which it is billed, such as `Linux/UNIX` or `Ubuntu Pro`.
    pub(crate) platform: Option<String>,
    /// Whether containers are on a volume of their own, beside the one of the system.
    pub(crate) is_bottlerocket: bool,
}

impl MachineImages {
    /// Reads the images of these ids in one call for up to 200. Those that EC2 does not describe
    /// are known as far as instances show them. A failure is only a gap.
    pub(crate) async fn read(client: &Client, region: &str, ids: &BTreeSet<String>, seen: &Seen) -> (Self, Option<Gap>) {
        let shown = ids.iter().filter_map(|id| Some((id.clone(), MachineImage::shown(seen, id)?)));
        let mut images = Self(shown.collect());
        // A parameter of Systems Manager in place of an id would fail the call.
        let ids: Vec<&String> = ids.iter().filter(|id| id.starts_with("ami-")).collect();
        let mut gap = None;
        for batch in ids.chunks(BATCH) {
            match describe_batch(client, region, batch).await {
                Ok(described) => images.0.extend(described),
                Err(error) => {
                    let fact = MissingFact::Images { region: region.to_owned() };
                    gap.get_or_insert(Gap { fact, error: error.to_string() });
                }
            }
        }
        (images, gap)
    }

    /// Returns what is known of an image.
    pub(crate) fn get(&self, id: &str) -> Option<&MachineImage> {
        self.0.get(id)
    }
}

impl MachineImage {
    /// Returns what an instance shows of its image.
    fn shown(seen: &Seen, id: &str) -> Option<Self> {
        let shown = seen.image(id)?;
        Some(Self {
            operating_system: shown.operating_system,
            architecture: shown.architecture.clone(),
            root_device: shown.root_device.clone(),
            volumes: Vec::new(),
            platform: shown.platform.clone(),
            is_bottlerocket: false,
        })
    }

    /// Returns the architecture in the words of Kubernetes.
    pub(crate) fn kubernetes_architecture(&self) -> Option<Architecture> {
        match self.architecture.as_ref()? {
            ArchitectureValues::X8664 | ArchitectureValues::X8664Mac => Some(Architecture::Amd64),
            ArchitectureValues::Arm64 | ArchitectureValues::Arm64Mac => Some(Architecture::Arm64),
            _ => None,
        }
    }
}

/// Describes some images. It filters by id, since EC2 then answers with those that exist.
async fn describe_batch(client: &Client, region: &str, ids: &[&String]) -> Result<Vec<(String, MachineImage)>, AwsError> {
    let values = ids.iter().map(|id| (*id).clone()).collect();
    let filter = Filter::builder().name("image-id").set_values(Some(values)).build();
    let answer = client.describe_images().filters(filter).send().await;
    let answer = answer.map_err(|error| AwsError::of(ACTION, region, &error))?;
    Ok(answer.images().iter().filter_map(|image| Some((image.image_id.clone()?, convert(image)))).collect())
}

fn convert(image: &Ec2Image) -> MachineImage {
    let volumes = image.block_device_mappings().iter().filter_map(|mapping| {
        let ebs = mapping.ebs()?;
        Some(MappedVolume { device: mapping.device_name.clone()?, gib: ebs.volume_size.map(i64::from) })
    });
    MachineImage {
        operating_system: operating_system(image.platform()),
        architecture: image.architecture.clone(),
        root_device: image.root_device_name.clone(),
        volumes: volumes.collect(),
        platform: image.platform_details.clone(),
        is_bottlerocket: image.name().is_some_and(|name| name.starts_with(BOTTLEROCKET)),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{BlockDeviceMapping, EbsBlockDevice, PlatformValues};

    use super::*;

    #[test]
    fn an_image_states_its_system_its_architecture_and_its_volumes() {
        let disk = EbsBlockDevice::builder().volume_size(50).build();
        let image = Ec2Image::builder()
            .image_id("ami-1")
            .name("Windows_Server-2022-English-Full-EKS_Optimized-1.34")
            .platform(PlatformValues::Windows)
            .architecture(ArchitectureValues::X8664)
            .root_device_name("/dev/sda1")
            .block_device_mappings(BlockDeviceMapping::builder().device_name("/dev/sda1").ebs(disk).build())
            .block_device_mappings(BlockDeviceMapping::builder().device_name("xvdca").virtual_name("ephemeral0").build())
            .build();
        let windows = convert(&image);
        assert_eq!(windows.operating_system, OperatingSystem::Windows);
        assert_eq!(windows.kubernetes_architecture(), Some(Architecture::Amd64));
        assert_eq!(windows.root_device.as_deref(), Some("/dev/sda1"));
        assert_eq!(windows.volumes, [MappedVolume { device: "/dev/sda1".into(), gib: Some(50) }]);
        assert!(!windows.is_bottlerocket);
    }

    #[test]
    fn without_a_platform_it_is_linux() {
        let image =
            Ec2Image::builder().name("bottlerocket-aws-k8s-1.34-aarch64-v1.46.0-1").architecture(ArchitectureValues::Arm64);
        let image = convert(&image.build());
        assert_eq!(image.operating_system, OperatingSystem::Linux);
        assert_eq!(image.kubernetes_architecture(), Some(Architecture::Arm64));
        assert!(image.is_bottlerocket);
    }
}
