//! Every machine type of a region, and the zones that offer it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, InstanceTypeInfo, LocationType};
use futures::future::join_all;

use super::machine_types::convert;
use crate::cloud::aws::AwsClients;
use crate::cloud::aws::error::AwsError;
use crate::cloud::machines_offered::MachinesOffered;
use crate::snapshot::{Gap, MachineType, MissingFact};

const TYPES: &str = "ec2:DescribeInstanceTypes";
const OFFERINGS: &str = "ec2:DescribeInstanceTypeOfferings";

/// Reads the types of all regions side by side. What cannot be read becomes a gap.
pub(crate) async fn read(clients: &AwsClients) -> MachinesOffered {
    let regions = join_all(clients.usable().map(|region| read_region(&region.ec2, &region.region))).await;
    let mut all = MachinesOffered::default();
    for region in regions {
        all.machines.extend(region.machines);
        all.gaps.extend(region.gaps);
        for (name, zones) in region.zones {
            all.zones.entry(name).or_default().extend(zones);
        }
    }
    all
}

async fn read_region(client: &Client, region: &str) -> MachinesOffered {
    let mut read = MachinesOffered::default();
    let gap =
        |error: &AwsError| Gap { fact: MissingFact::MachineTypes { region: region.to_owned() }, error: error.to_string() };
    match types(client, region).await {
        Ok(machines) => read.machines = machines,
        Err(error) => read.gaps.push(gap(&error)),
    }
    match zones(client, region).await {
        Ok(zones) => read.zones = zones,
        Err(error) => read.gaps.push(gap(&error)),
    }
    read
}

/// Reads the types that are not whole hosts: a machine of metal takes minutes longer to boot, and
/// costs what the largest type costs.
async fn types(client: &Client, region: &str) -> Result<Vec<MachineType>, AwsError> {
    let is_virtual = Filter::builder().name("bare-metal").values("false").build();
    let items = client.describe_instance_types().filters(is_virtual).into_paginator().page_size(100).items().send();
    let infos: Vec<InstanceTypeInfo> =
        items.collect::<Result<Vec<_>, _>>().await.map_err(|error| AwsError::of(TYPES, region, &error))?;
    let mut machines: Vec<MachineType> = infos.iter().filter_map(|info| convert(region, info)).collect();
    machines.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(machines)
}

async fn zones(client: &Client, region: &str) -> Result<BTreeMap<String, BTreeSet<String>>, AwsError> {
    let call = client.describe_instance_type_offerings().location_type(LocationType::AvailabilityZone);
    let items = call.into_paginator().items().send();
    let offerings = items.collect::<Result<Vec<_>, _>>().await.map_err(|error| AwsError::of(OFFERINGS, region, &error))?;
    let mut zones: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for offering in offerings {
        if let (Some(machine), Some(zone)) = (offering.instance_type, offering.location) {
            zones.entry(machine.as_str().to_owned()).or_default().insert(zone);
        }
    }
    Ok(zones)
}
