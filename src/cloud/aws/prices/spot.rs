//! The current prices of spot instances, and the waiting spot requests of the old kind. Both are
//! read only where a group could need them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::{Filter, InstanceType, SpotInstanceRequest, SpotPrice as TimedPrice};
use jiff::Timestamp;

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::moment::timestamp;
use crate::duration::Seconds;
use crate::snapshot::{Advice, AdviceCode, Group, GroupId, Market, Price, PriceSource, SpotPrice, UsdPerHour};

const PRICES: &str = "ec2:DescribeSpotPriceHistory";
const REQUESTS: &str = "ec2:DescribeSpotInstanceRequests";
const PRODUCT: &str = "Linux/UNIX";
const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// Gives each group with a highest price the lowest price at which it could be served now. Returns
/// the prices of `all` groups of spot instances where they are wanted.
pub(crate) async fn read_prices(
    client: &Client,
    region: &str,
    groups: &mut [&mut Group],
    all: bool,
) -> Result<Vec<Price>, AwsError> {
    let has_limit = |group: &&mut Group| group.purchase.max_price().is_some();
    let concerns = |group: &&mut Group| has_limit(group) || all && group.purchase.may_be_spot();
    let types: BTreeSet<String> = groups.iter().filter(|group| concerns(group)).flat_map(|group| types_of(group)).collect();
    if types.is_empty() {
        return Ok(Vec::new());
    }
    // A start time of now makes AWS answer with the prices that hold now.
    let call = client.describe_spot_price_history().product_descriptions(PRODUCT).start_time(DateTime::from(SystemTime::now()));
    let call = call.set_instance_types(Some(types.iter().map(|name| InstanceType::from(name.as_str())).collect()));
    let prices = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    let newest = newest(&prices.map_err(|error| AwsError::of(PRICES, region, &error))?);
    for group in groups.iter_mut().filter(|group| has_limit(group)) {
        group.lowest_spot_price = lowest(group, &newest);
    }
    Ok(if all { newest.iter().map(|(place, price)| priced(region, place, *price)).collect() } else { Vec::new() })
}

/// Returns the types that the group launches, and those of its spot instances.
fn types_of(group: &Group) -> impl Iterator<Item = String> {
    let launched = group.launch_options.iter().map(|option| &option.machine_type);
    let there = group.instances.iter().filter(|instance| instance.spot).map(|instance| &instance.machine_type);
    launched.chain(there).filter(|name| !name.is_empty()).cloned()
}

fn priced(region: &str, (zone, machine_type): &(String, String), price: UsdPerHour) -> Price {
    Price {
        region: region.to_owned(),
        machine_type: machine_type.clone(),
        market: Market::Spot,
        zone: Some(zone.clone()),
        usd_per_hour: price,
        list_usd_per_hour: None,
        source: PriceSource::SpotHistory,
    }
}

/// Returns the newest price by zone and type. A text that is no price is left out.
fn newest(prices: &[TimedPrice]) -> BTreeMap<(String, String), UsdPerHour> {
    let mut known: BTreeMap<(String, String), (i64, UsdPerHour)> = BTreeMap::new();
    for timed in prices {
        let price = timed.spot_price().and_then(|price| price.parse().ok());
        let (Some(zone), Some(machine_type), Some(price)) = (timed.availability_zone(), timed.instance_type(), price) else {
            continue;
        };
        let at = timed.timestamp().map_or(i64::MIN, DateTime::secs);
        let entry = known.entry((zone.to_owned(), machine_type.as_str().to_owned())).or_insert((at, price));
        if at > entry.0 {
            *entry = (at, price);
        }
    }
    known.into_iter().map(|(place, (_, price))| (place, price)).collect()
}

fn lowest(group: &Group, newest: &BTreeMap<(String, String), UsdPerHour>) -> Option<SpotPrice> {
    let is_own = |(zone, machine_type): &(String, String)| {
        group.zones.contains(zone) && group.launch_options.iter().any(|option| option.machine_type == *machine_type)
    };
    let own = newest.iter().filter(|(place, _)| is_own(place));
    let ((zone, machine_type), price) = own.min_by_key(|(_, price)| **price)?;
    Some(SpotPrice { price: *price, machine_type: machine_type.clone(), zone: zone.clone() })
}

/// A request of the old kind may wait this long before a person is advised to cancel it: it waits
/// by itself, and holds the capacity that was requested. The predecessor gave it as long.
const PATIENCE: Seconds = Seconds::minutes(5);

/// Advises each of the groups, whose launch configurations may bid for spot instances, to cancel
/// those of its requests that wait.
pub(crate) async fn read_requests(client: &Client, region: &str, groups: &mut [&mut Group]) -> Result<(), AwsError> {
    let bids = |group: &&mut Group| group.purchase.may_be_spot();
    if !groups.iter().any(&bids) {
        return Ok(());
    }
    let is_open = Filter::builder().name("state").values("open").build();
    let requests = client.describe_spot_instance_requests().filters(is_open).into_paginator().items().send();
    let requests = requests.collect::<Result<Vec<_>, _>>().await.map_err(|error| AwsError::of(REQUESTS, region, &error))?;
    for group in groups.iter_mut().filter(|group| bids(group)) {
        let own = requests.iter().filter(|request| group_of(request) == Some(group.id.name.as_str()));
        let mut waiting: Vec<(Timestamp, &str, String)> = own.filter_map(convert).collect();
        waiting.sort();
        group.advice.extend(waiting.iter().map(|(since, id, status)| advice(&group.id, *since, id, status)));
    }
    Ok(())
}

fn advice(group: &GroupId, since: Timestamp, id: &str, status: &str) -> Advice {
    let message = format!(
        "{group}: spot request {id} waits since {}: {status}; cancel it with aws ec2 cancel-spot-instance-requests --region {} \
         --spot-instance-request-ids {id}",
        since.strftime("%F %H:%M UTC"),
        group.region
    );
    Advice { after: Some(PATIENCE.after(since)), ..Advice::new(AdviceCode::SpotRequestWaits, message) }
}

fn group_of(request: &SpotInstanceRequest) -> Option<&str> {
    request.tags().iter().find(|tag| tag.key() == Some(GROUP_TAG)).and_then(|tag| tag.value())
}

/// Returns when a request was made, its id, and why it waits.
fn convert(request: &SpotInstanceRequest) -> Option<(Timestamp, &str, String)> {
    let status = request.status();
    let words = status.and_then(|status| status.message().or(status.code())).unwrap_or_default();
    let since = timestamp(request.create_time()?)?;
    Some((since, request.spot_instance_request_id()?, words.trim_end_matches('.').to_owned()))
}
