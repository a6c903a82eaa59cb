//! What EC2 knows about the instances of the managed groups.

use std::collections::BTreeMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    ArchitectureValues, Filter, Instance as Ec2Instance, InstanceLifecycleType, InstanceStateName, PlatformValues, Reservation,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use crate::snapshot::{Group, Instance, OperatingSystem};

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::moment::timestamp;
use crate::cloud::aws::sign_in::clients::AwsClients;

const ACTION: &str = "ec2:DescribeInstances";
/// EC2 takes at most this many values in one filter.
const BATCH: usize = 200;
/// At most this many instances are on a page.
const LONGEST_PAGE: usize = 1000;
/// The same in the API's number.
const PAGE: i32 = 1000;
/// The tag with which Auto Scaling marks its instances with their group.
const GROUP_TAG: &str = "aws:autoscaling:groupName";
/// At most this many calls are made at a time.
const PARALLEL: usize = 4;

/// What EC2 knows about instances, and through them about their images.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    instances: BTreeMap<String, SeenInstance>,
    images: BTreeMap<String, SeenImage>,
}

/// What EC2 knows about one instance.
#[derive(Debug, PartialEq, Eq)]
struct SeenInstance {
    machine_type: Option<String>,
    launched_at: Option<Timestamp>,
    image: Option<String>,
    addresses: Vec<String>,
    spot: bool,
    reservation: Option<String>,
    /// Whether EC2 ends it together with its reservation.
    ends_with_reservation: bool,
    state: InstanceStateName,
    group: Option<String>,
}

/// What an instance shows of its machine image, so that the image need not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeenImage {
    /// The operating system of the image.
    pub(crate) operating_system: OperatingSystem,
    /// The architecture of the image.
    pub(crate) architecture: Option<ArchitectureValues>,
    /// The device of its root volume, such as `/dev/xvda`.
    pub(crate) root_device: Option<String>,
    /// The platform by which the image is billed.
    pub(crate) platform: Option<String>,
}

/// Reads the instances of these ids.
///
/// It filters by id, since EC2 then answers with those that exist, where one id that is gone would
/// otherwise fail the call.
pub(crate) async fn describe(client: &Client, region: &str, ids: &[String]) -> Result<Seen, AwsError> {
    describe_in_batches(client, region, "instance-id", ids).await
}

/// Reads the instances of groups: by their ids, or by the tag with which Auto Scaling marks them
/// where that takes fewer calls. Those that do not have the tag are then read by their ids.
pub(crate) async fn describe_of(client: &Client, region: &str, groups: &[&Group]) -> Result<Seen, AwsError> {
    let instances = groups.iter().flat_map(|group| &group.instances);
    let mut ids: Vec<String> = instances.map(|instance| instance.id.clone()).collect();
    let mut seen = Seen::default();
    if is_shorter_by_tag(ids.len(), groups.len()) {
        let names: Vec<String> = groups.iter().map(|group| group.id.name.clone()).collect();
        seen = describe_in_batches(client, region, &format!("tag:{GROUP_TAG}"), &names).await?;
        ids.retain(|id| !seen.instances.contains_key(id));
    }
    seen.extend(describe(client, region, &ids).await?);
    Ok(seen)
}

/// Whether so many instances of so many groups are found in fewer calls by the tags of the groups,
/// whose instances come on longer pages.
fn is_shorter_by_tag(instances: usize, groups: usize) -> bool {
    instances.div_ceil(BATCH) > groups.div_ceil(BATCH) + instances / LONGEST_PAGE
}

async fn describe_in_batches(client: &Client, region: &str, filter: &str, values: &[String]) -> Result<Seen, AwsError> {
    let batches = values.chunks(BATCH).map(|batch| describe_filtered(client, region, filter, batch.to_vec()));
    let batches: Vec<_> = stream::iter(batches.collect::<Vec<_>>()).buffered(PARALLEL).try_collect().await?;
    let mut seen = Seen::default();
    for batch in batches {
        seen.extend(batch);
    }
    Ok(seen)
}

/// The kind of address by which instances are looked up.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AddressKind {
    /// The private address of a network interface.
    V4,
    /// The IPv6 address.
    V6,
}

/// Reads the instances that have one of these addresses; makes no call when there is none.
pub(crate) async fn describe_at(
    client: &Client,
    region: &str,
    kind: AddressKind,
    addresses: &[String],
) -> Result<Seen, AwsError> {
    let filter = match kind {
        AddressKind::V4 => "private-ip-address",
        AddressKind::V6 => "ipv6-address",
    };
    let mut seen = Seen::default();
    for batch in addresses.chunks(BATCH) {
        seen.extend(describe_filtered(client, region, filter, batch.to_vec()).await?);
    }
    Ok(seen)
}

/// Returns the addresses by which a Node may know one instance; none when EC2 does not know the
/// instance.
pub(crate) async fn addresses_of(clients: &AwsClients, region: &str, id: &str) -> Result<Vec<String>, AwsError> {
    let mut seen = describe_batch(&clients.of(region)?.ec2, region, vec![id.to_owned()]).await?;
    Ok(seen.instances.remove(id).map_or_else(Vec::new, |instance| instance.addresses))
}

async fn describe_batch(client: &Client, region: &str, ids: Vec<String>) -> Result<Seen, AwsError> {
    describe_filtered(client, region, "instance-id", ids).await
}

async fn describe_filtered(client: &Client, region: &str, filter: &str, values: Vec<String>) -> Result<Seen, AwsError> {
    let filter = Filter::builder().name(filter).set_values(Some(values)).build();
    let mut pages = client.describe_instances().filters(filter).into_paginator().page_size(PAGE).send();
    let mut seen = Seen::default();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| AwsError::of(ACTION, region, &error))?;
        page.reservations().iter().flat_map(Reservation::instances).for_each(|instance| seen.note(instance));
    }
    Ok(seen)
}

impl Seen {
    fn note(&mut self, instance: &Ec2Instance) {
        let Some(id) = instance.instance_id.clone() else { return };
        self.instances.insert(id, convert(instance));
        if let Some(image) = instance.image_id.clone() {
            let shown = SeenImage {
                operating_system: operating_system(instance.platform()),
                architecture: instance.architecture.clone(),
                root_device: instance.root_device_name.clone(),
                platform: instance.platform_details.clone(),
            };
            self.images.insert(image, shown);
        }
    }

    /// Adds the content of another answer.
    pub(crate) fn extend(&mut self, other: Self) {
        self.instances.extend(other.instances);
        self.images.extend(other.images);
    }

    /// Returns the instance that has an address.
    pub(crate) fn at_address(&self, address: &str) -> Option<&str> {
        let mut instances = self.instances.iter();
        instances.find(|(_, instance)| instance.addresses.iter().any(|own| own == address)).map(|(id, _)| id.as_str())
    }

    /// Returns the state of an instance, if EC2 knows it.
    pub(crate) fn state(&self, id: &str) -> Option<&InstanceStateName> {
        self.instances.get(id).map(|instance| &instance.state)
    }

    /// Returns the group that launched an instance.
    pub(crate) fn group(&self, id: &str) -> Option<&str> {
        self.instances.get(id)?.group.as_deref()
    }

    /// Returns what an instance of the region shows of an image.
    pub(crate) fn image(&self, image: &str) -> Option<&SeenImage> {
        self.images.get(image)
    }

    /// Adds to an instance of a group what EC2 knows. One that EC2 no longer knows stays unchanged.
    pub(crate) fn complete(&self, instance: &mut Instance) {
        let Some(seen) = self.instances.get(&instance.id) else { return };
        if let Some(machine_type) = &seen.machine_type {
            machine_type.clone_into(&mut instance.machine_type);
        }
        instance.launched_at = seen.launched_at;
        instance.image = seen.image.clone().or(instance.image.take());
        instance.addresses.clone_from(&seen.addresses);
        instance.spot = seen.spot;
        instance.reservation.clone_from(&seen.reservation);
    }

    /// Whether EC2 ends one of the instances together with its reservation.
    pub(crate) fn has_any_that_ends_with_its_reservation(&self) -> bool {
        self.instances.values().any(|instance| instance.ends_with_reservation)
    }
}

/// Returns the operating system of a platform; EC2 names none but Windows.
pub(crate) fn operating_system(platform: Option<&PlatformValues>) -> OperatingSystem {
    match platform {
        Some(platform) if platform.as_str().eq_ignore_ascii_case("windows") => OperatingSystem::Windows,
        _ => OperatingSystem::Linux,
    }
}

fn convert(instance: &Ec2Instance) -> SeenInstance {
    SeenInstance {
        machine_type: instance.instance_type.as_ref().map(|name| name.as_str().to_owned()),
        launched_at: instance.launch_time.as_ref().and_then(timestamp),
        image: instance.image_id.clone(),
        addresses: addresses(instance),
        spot: instance.instance_lifecycle == Some(InstanceLifecycleType::Spot),
        reservation: instance.capacity_reservation_id.clone(),
        ends_with_reservation: matches!(
            instance.instance_lifecycle,
            Some(InstanceLifecycleType::CapacityBlock | InstanceLifecycleType::InterruptibleCapacityReservation)
        ),
        state: instance.state().and_then(|state| state.name.clone()).unwrap_or(InstanceStateName::Running),
        group: instance.tags().iter().find(|tag| tag.key() == Some(GROUP_TAG)).and_then(|tag| tag.value.clone()),
    }
}

/// Returns the addresses by which a Node may know the instance: its name and the first address of
/// each interface. The others belong to pods.
fn addresses(instance: &Ec2Instance) -> Vec<String> {
    let interfaces = instance.network_interfaces().iter().filter_map(|it| it.private_ip_address.as_ref());
    let own = [&instance.private_dns_name, &instance.private_ip_address, &instance.ipv6_address];
    let mut addresses: Vec<String> = Vec::new();
    for address in own.into_iter().flatten().chain(interfaces).filter(|address| !address.is_empty()) {
        if !addresses.contains(address) {
            addresses.push(address.clone());
        }
    }
    addresses
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::primitives::DateTime;
    use aws_sdk_ec2::types::{InstanceNetworkInterface, InstanceType};

    use crate::snapshot::{Lifecycle, Weight};

    use super::*;

    fn member(id: &str) -> Instance {
        Instance {
            id: id.to_owned(),
            zone: "us-west-2a".into(),
            machine_type: "m5.large".into(),
            lifecycle: Lifecycle::InService,
            protected: false,
            launched_at: None,
            weight: Weight::ONE,
            image: Some("ami-of-the-group".into()),
            launch_version: None,
            addresses: vec![],
            spot: false,
            reservation: None,
        }
    }

    fn interface(address: &str) -> InstanceNetworkInterface {
        InstanceNetworkInterface::builder().private_ip_address(address).build()
    }

    #[test]
    fn many_instances_of_few_groups_are_found_by_tag() {
        for (instances, groups, by_tag) in
            [(0, 10, false), (10, 10, false), (200, 10, false), (500, 500, false), (1000, 10, true), (5000, 500, true)]
        {
            assert_eq!(is_shorter_by_tag(instances, groups), by_tag, "{instances} in {groups}");
        }
    }

    #[test]
    fn an_instance_is_completed_by_what_ec2_knows() {
        let mut seen = Seen::default();
        seen.note(
            &Ec2Instance::builder()
                .instance_id("i-1")
                .instance_type(InstanceType::P3dn24xlarge)
                .image_id("ami-1")
                .architecture(ArchitectureValues::X8664)
                .root_device_name("/dev/xvda")
                .launch_time(DateTime::from_secs(1_795_000_000))
                .private_dns_name("ip-10-0-0-1.us-west-2.compute.internal")
                .private_ip_address("10.0.0.1")
                .network_interfaces(interface("10.0.0.1"))
                .network_interfaces(interface("10.0.0.9"))
                .instance_lifecycle(InstanceLifecycleType::Spot)
                .platform_details("Linux/UNIX")
                .build(),
        );
        let mut instance = member("i-1");
        seen.complete(&mut instance);
        assert_eq!(instance.machine_type, "p3dn.24xlarge");
        assert_eq!(instance.image.as_deref(), Some("ami-1"));
        assert_eq!(instance.launched_at, Timestamp::from_second(1_795_000_000).ok());
        assert_eq!(instance.addresses, ["ip-10-0-0-1.us-west-2.compute.internal", "10.0.0.1", "10.0.0.9"]);
        assert!(instance.spot);
        assert_eq!(seen.image("ami-1").and_then(|image| image.root_device.as_deref()), Some("/dev/xvda"));
        assert_eq!(seen.image("ami-1").map(|image| image.operating_system), Some(OperatingSystem::Linux));
        assert_eq!(seen.image("ami-1").and_then(|image| image.platform.as_deref()), Some("Linux/UNIX"));
        assert_eq!((instance.reservation, seen.has_any_that_ends_with_its_reservation()), (None, false));
    }

    #[test]
    fn an_instance_names_its_reservation_and_whether_it_ends_with_it() {
        use InstanceLifecycleType::{CapacityBlock, InterruptibleCapacityReservation};
        for (lifecycle, ends) in [(None, false), (Some(CapacityBlock), true), (Some(InterruptibleCapacityReservation), true)] {
            let mut seen = Seen::default();
            let reserved = Ec2Instance::builder().instance_id("i-1").capacity_reservation_id("cr-1");
            seen.note(&reserved.set_instance_lifecycle(lifecycle.clone()).build());
            let mut instance = member("i-1");
            seen.complete(&mut instance);
            assert_eq!((instance.reservation.as_deref(), instance.spot), (Some("cr-1"), false));
            assert_eq!(seen.has_any_that_ends_with_its_reservation(), ends, "{lifecycle:?}");
        }
    }

    #[test]
    fn an_instance_that_ec2_has_forgotten_stays_as_the_group_tells_it() {
        let mut instance = member("i-2");
        Seen::default().complete(&mut instance);
        assert_eq!(instance, member("i-2"));
    }

    #[test]
    fn a_terminated_instance_has_no_name() {
        let terminated = Ec2Instance::builder().instance_id("i-3").private_dns_name("").build();
        assert_eq!(addresses(&terminated), Vec::<String>::new());
    }
}
