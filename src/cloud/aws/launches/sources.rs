//! Launch configurations and launch template versions, as far as they describe a new node.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::{LaunchConfiguration, LaunchTemplateSpecification};
use aws_sdk_ec2::types::{InstanceRequirementsRequest, LaunchTemplateCpuOptions, MarketType, ResponseLaunchTemplateData};

use crate::snapshot::{CpuLayout, Purchase};

use super::named_placement::{self, NamedPlacement};
use super::problem::LaunchProblem;
use super::requirements;
use crate::cloud::aws::reservations::setting::{self, Hardware, ReservationSetting};

/// One version of a launch template, as a group names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TemplateVersion {
    pub(crate) template: TemplateRef,
    /// `$Default`, `$Latest` or a number.
    pub(crate) version: String,
}

/// A launch template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TemplateRef {
    Id(String),
    Name(String),
}

/// The content of a launch configuration or of a launch template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LaunchSource {
    /// The template with the number of its version, or the configuration, as instances name it.
    pub(crate) version: Option<String>,
    pub(crate) types: Types,
    pub(crate) image: Option<String>,
    pub(crate) volumes: Vec<MappedVolume>,
    pub(crate) efa_interfaces: i64,
    /// How many network interfaces an instance has from its start.
    pub(crate) network_interfaces: i64,
    pub(crate) cpu: CpuLayout,
    pub(crate) purchase: Purchase,
    pub(crate) reservations: ReservationSetting,
    pub(crate) placement: Option<NamedPlacement>,
}

/// Which machine types a source may launch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Types {
    /// The source leaves that to the overrides.
    Unsaid,
    One(String),
    Meeting(Box<InstanceRequirementsRequest>),
}

/// A volume of a new instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MappedVolume {
    pub(crate) device: String,
    /// The size in GiB; the volume is as large as its snapshot when absent.
    pub(crate) gib: Option<i64>,
}

/// What the groups of a region launch from, or why that is not known.
#[derive(Debug, Default)]
pub(crate) struct LaunchSources {
    pub(crate) configurations: BTreeMap<String, Result<LaunchSource, LaunchProblem>>,
    pub(crate) templates: BTreeMap<TemplateVersion, Result<LaunchSource, LaunchProblem>>,
}

impl TemplateVersion {
    /// Converts the template that a group names. AWS fills in what a person left out, except the
    /// version, which is then `$Default`.
    pub(crate) fn of(specification: &LaunchTemplateSpecification) -> Option<Self> {
        let id = specification.launch_template_id.clone().map(TemplateRef::Id);
        let template = id.or_else(|| specification.launch_template_name.clone().map(TemplateRef::Name))?;
        Some(Self { template, version: specification.version().unwrap_or("$Default").to_owned() })
    }
}

impl std::fmt::Display for TemplateVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (TemplateRef::Id(name) | TemplateRef::Name(name)) = &self.template;
        write!(f, "launch template {name} version {}", self.version)
    }
}

/// Returns the content of a launch configuration.
pub(super) fn of_configuration(configuration: &LaunchConfiguration) -> LaunchSource {
    let spot = |price: &str| Purchase::Spot { max_price: price.parse().ok() };
    let volumes = configuration.block_device_mappings().iter().filter_map(|mapping| {
        let ebs = mapping.ebs().filter(|_| mapping.no_device != Some(true))?;
        Some(MappedVolume { device: mapping.device_name.clone()?, gib: ebs.volume_size.map(i64::from) })
    });
    LaunchSource {
        version: configuration.launch_configuration_name.clone(),
        types: configuration.instance_type.clone().map_or(Types::Unsaid, Types::One),
        image: configuration.image_id.clone(),
        volumes: volumes.collect(),
        efa_interfaces: 0,
        network_interfaces: 1,
        cpu: CpuLayout::default(),
        purchase: configuration.spot_price().filter(|price| !price.is_empty()).map_or(Purchase::OnDemand, spot),
        reservations: ReservationSetting {
            hardware: Hardware::of_tenancy(configuration.placement_tenancy()),
            ..ReservationSetting::default()
        },
        placement: None,
    }
}

/// Returns the content of a launch template.
pub(super) fn of_template(data: &ResponseLaunchTemplateData) -> LaunchSource {
    let named = data.instance_type.as_ref().map(|name| Types::One(name.as_str().to_owned()));
    let meeting = || data.instance_requirements().map(|it| Types::Meeting(Box::new(requirements::of_template(it))));
    let volumes = data.block_device_mappings().iter().filter_map(|mapping| {
        // A mapping with `NoDevice`, even an empty one, removes the device.
        let ebs = mapping.ebs().filter(|_| mapping.no_device.is_none())?;
        Some(MappedVolume { device: mapping.device_name.clone()?, gib: ebs.volume_size.map(i64::from) })
    });
    let is_efa = |kind: Option<&str>| matches!(kind, Some("efa" | "efa-only"));
    let efa_interfaces = data.network_interfaces().iter().filter(|it| is_efa(it.interface_type())).count();
    LaunchSource {
        version: None,
        types: named.or_else(meeting).unwrap_or(Types::Unsaid),
        image: data.image_id.clone(),
        volumes: volumes.collect(),
        efa_interfaces: i64::try_from(efa_interfaces).expect("a template has a handful of interfaces"),
        network_interfaces: i64::try_from(data.network_interfaces().len().max(1))
            .expect("a template has a handful of interfaces"),
        cpu: data.cpu_options().map_or_else(CpuLayout::default, cpu_layout),
        purchase: purchase(data),
        reservations: setting::of_template(data),
        placement: named_placement::of_template(data.placement()),
    }
}

fn cpu_layout(options: &LaunchTemplateCpuOptions) -> CpuLayout {
    CpuLayout {
        cores: options.core_count.filter(|cores| *cores > 0).map(i64::from),
        threads_per_core: options.threads_per_core.filter(|threads| *threads > 0).map(i64::from),
    }
}

fn purchase(data: &ResponseLaunchTemplateData) -> Purchase {
    match data.instance_market_options() {
        Some(market) if market.market_type == Some(MarketType::Spot) => {
            Purchase::Spot { max_price: market.spot_options().and_then(|spot| spot.max_price.as_deref()?.parse().ok()) }
        }
        _ => Purchase::OnDemand,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::{BlockDeviceMapping, Ebs};
    use aws_sdk_ec2::types::{
        InstanceType, LaunchTemplateBlockDeviceMapping, LaunchTemplateEbsBlockDevice, LaunchTemplateInstanceMarketOptions,
        LaunchTemplateInstanceNetworkInterfaceSpecification as Interface, LaunchTemplateSpotMarketOptions,
    };

    use super::*;

    fn volume(device: &str, gib: Option<i64>) -> MappedVolume {
        MappedVolume { device: device.to_owned(), gib }
    }

    #[test]
    fn a_launch_configuration_says_type_image_volumes_and_bid() {
        let mapping = |device: &str, gib| {
            BlockDeviceMapping::builder().device_name(device).ebs(Ebs::builder().volume_size(gib).build()).build()
        };
        let configuration = LaunchConfiguration::builder()
            .instance_type("p2.xlarge")
            .image_id("ami-1")
            .spot_price("0.5")
            .block_device_mappings(BlockDeviceMapping::builder().device_name("/dev/sdb").virtual_name("ephemeral0").build())
            .block_device_mappings(mapping("/dev/xvda", 100))
            .build();
        let expected = LaunchSource {
            version: None,
            types: Types::One("p2.xlarge".into()),
            image: Some("ami-1".into()),
            volumes: vec![volume("/dev/xvda", Some(100))],
            efa_interfaces: 0,
            network_interfaces: 1,
            cpu: CpuLayout::default(),
            purchase: Purchase::Spot { max_price: Some("0.5".parse().expect("a price")) },
            reservations: ReservationSetting::default(),
            placement: None,
        };
        assert_eq!(of_configuration(&configuration), expected);
        let on_demand = LaunchConfiguration::builder().instance_type("p2.xlarge").spot_price("").build();
        assert_eq!(of_configuration(&on_demand).purchase, Purchase::OnDemand);
    }

    #[test]
    fn a_launch_template_says_the_same_and_its_efa_interfaces() {
        let mapping = |device: &str, gib| {
            let ebs = LaunchTemplateEbsBlockDevice::builder().set_volume_size(gib).build();
            LaunchTemplateBlockDeviceMapping::builder().device_name(device).ebs(ebs)
        };
        let interface = |kind: &str| Interface::builder().interface_type(kind).build();
        let spot = LaunchTemplateSpotMarketOptions::builder().max_price("1.2").build();
        let data = ResponseLaunchTemplateData::builder()
            .instance_type(InstanceType::P4d24xlarge)
            .image_id("ami-2")
            .block_device_mappings(mapping("/dev/xvda", Some(200)).build())
            .block_device_mappings(mapping("/dev/xvdb", None).build())
            .block_device_mappings(mapping("/dev/xvdc", Some(1)).no_device("").build())
            .cpu_options(LaunchTemplateCpuOptions::builder().core_count(24).threads_per_core(1).build())
            .network_interfaces(interface("efa"))
            .network_interfaces(interface("interface"))
            .network_interfaces(interface("efa-only"))
            .instance_market_options(
                LaunchTemplateInstanceMarketOptions::builder().market_type(MarketType::Spot).spot_options(spot).build(),
            )
            .build();
        let expected = LaunchSource {
            version: None,
            types: Types::One("p4d.24xlarge".into()),
            image: Some("ami-2".into()),
            volumes: vec![volume("/dev/xvda", Some(200)), volume("/dev/xvdb", None)],
            efa_interfaces: 2,
            network_interfaces: 3,
            cpu: CpuLayout { cores: Some(24), threads_per_core: Some(1) },
            purchase: Purchase::Spot { max_price: Some("1.2".parse().expect("a price")) },
            reservations: ReservationSetting::default(),
            placement: None,
        };
        assert_eq!(of_template(&data), expected);
    }

    #[test]
    fn a_template_may_leave_the_type_open() {
        let nothing = of_template(&ResponseLaunchTemplateData::builder().build());
        assert_eq!((nothing.types, nothing.purchase), (Types::Unsaid, Purchase::OnDemand));
        let capacity_block = LaunchTemplateInstanceMarketOptions::builder().market_type(MarketType::CapacityBlock).build();
        let reserved = ResponseLaunchTemplateData::builder().instance_market_options(capacity_block).build();
        assert_eq!(of_template(&reserved).purchase, Purchase::OnDemand);
    }

    #[test]
    fn a_template_is_known_by_its_id_then_by_its_name() {
        let both = LaunchTemplateSpecification::builder().launch_template_id("lt-1").launch_template_name("p3").version("7");
        let by_id = TemplateVersion { template: TemplateRef::Id("lt-1".into()), version: "7".into() };
        assert_eq!(TemplateVersion::of(&both.build()), Some(by_id));
        let named = LaunchTemplateSpecification::builder().launch_template_name("p3").build();
        let by_name = TemplateVersion { template: TemplateRef::Name("p3".into()), version: "$Default".into() };
        assert_eq!(TemplateVersion::of(&named), Some(by_name));
    }
}
