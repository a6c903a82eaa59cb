//! Every region side by side. What could not be read of one does not affect the others.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::region::{self, RegionFacts, RegionGroups};
use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::groups::described as groups;
use crate::cloud::aws::groups::discovery::{self, Discovery};
use crate::cloud::aws::sign_in::clients::AwsClients;
use crate::cloud::aws::sign_in::region_names::no_such_region;
use crate::cloud::facts::{CloudFacts, GroupsRequest};
use crate::progress::Progress;
use crate::snapshot::{Gap, GroupId, MissingFact, NamedGroup, Region};

/// The account and the groups of every region, without what the groups launch.
#[derive(Debug)]
pub(crate) struct GroupsOfRegions {
    regions: Vec<Result<RegionGroups, AwsError>>,
    account: Result<Option<String>, AwsError>,
}

/// Reads the groups and instances of every region side by side. A region that fails is marked as
/// unreadable.
///
/// # Errors
/// When no region could be read because the credentials are missing, expired or wrong, when one of
/// the regions does not exist, or when `--group` names a group that none of them has.
pub(crate) async fn read_groups(
    clients: &AwsClients,
    request: &GroupsRequest<'_>,
    progress: &dyn Progress,
) -> Result<GroupsOfRegions, AwsError> {
    let discovery = Discovery { cluster: request.cluster_name, group_tags: request.group_tags, named: request.named };
    let read_region = |name| async move { region::read_groups(clients.of(name)?, discovery, progress).await };
    let regions = join_all(clients.regions().iter().map(|name| read_region(name)));
    let (regions, account) = futures::join!(regions, account(clients));
    check_credentials(&regions)?;
    check_regions(clients.regions(), &regions)?;
    let read = GroupsOfRegions { regions, account };
    check_named(request.named, &without_launches(clients, &read))?;
    Ok(read)
}

/// Returns what is known without what the groups launch.
pub(crate) fn without_launches(clients: &AwsClients, read: &GroupsOfRegions) -> CloudFacts {
    let regions = read.regions.iter().map(|region| match region {
        Ok(groups) => Ok(groups.without_launches()),
        Err(error) => Err(error.clone()),
    });
    merge(clients.regions(), regions.collect(), read.account.clone())
}

/// Returns the groups that are node groups of EKS.
pub(crate) fn node_groups(read: &GroupsOfRegions) -> impl Iterator<Item = &GroupId> {
    read.regions.iter().flatten().flat_map(RegionGroups::node_groups)
}

/// Whether AWS ends a machine of a group together with its reservation.
pub(crate) fn have_machines_that_end_with_a_reservation(read: &GroupsOfRegions) -> bool {
    read.regions.iter().flatten().any(RegionGroups::have_machines_that_end_with_a_reservation)
}

/// Reads what the groups launch, the regions side by side.
pub(crate) async fn read_launches(clients: &AwsClients, read: GroupsOfRegions, spot_prices: bool) -> CloudFacts {
    let GroupsOfRegions { regions, account } = read;
    let reads = clients
        .regions()
        .iter()
        .zip(regions)
        .map(|(name, groups)| async move { Ok(region::read_launches(clients.of(name)?, groups?, spot_prices).await) });
    merge(clients.regions(), join_all(reads).await, account)
}

/// Returns the account of the credentials, from the first region that answers. This takes no
/// permission.
async fn account(clients: &AwsClients) -> Result<Option<String>, AwsError> {
    const ACTION: &str = "sts:GetCallerIdentity";
    let mut first_error = None;
    for region in clients.usable() {
        match region.sts.get_caller_identity().send().await {
            Ok(identity) => return Ok(identity.account),
            Err(error) => first_error = first_error.or(Some(AwsError::of(ACTION, &region.region, &error))),
        }
    }
    first_error.map_or(Ok(None), Err)
}

/// Makes one message instead of one a region when no credentials are accepted.
fn check_credentials<T>(regions: &[Result<T, AwsError>]) -> Result<(), AwsError> {
    let is_signed_out = |error: &AwsError| error.is_about_credentials();
    match regions.first() {
        Some(Err(first)) if regions.iter().all(|region| region.as_ref().is_err_and(is_signed_out)) => Err(first.clone()),
        _ => Ok(()),
    }
}

/// Refuses a region that does not exist. It is a mistake in a name, even where other regions could
/// be read.
fn check_regions<T>(names: &[String], regions: &[Result<T, AwsError>]) -> Result<(), AwsError> {
    let errors = names.iter().zip(regions).filter_map(|(name, read)| Some((name, read.as_ref().err()?)));
    match errors.into_iter().find_map(|(name, error)| no_such_region(name, error)) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn merge(
    names: &[String],
    regions: Vec<Result<RegionFacts, AwsError>>,
    account: Result<Option<String>, AwsError>,
) -> CloudFacts {
    let mut facts = CloudFacts::default();
    match account {
        Ok(account) => facts.account = account,
        Err(error) => facts.gaps.push(Gap { fact: MissingFact::Identity, error: error.to_string() }),
    }
    for ((name, preference), read) in names.iter().zip(0..).zip(regions) {
        let unreadable = match read {
            Ok(region) => {
                facts.groups.extend(region.groups);
                facts.rejected.extend(region.rejected);
                facts.machine_types.extend(region.machine_types);
                facts.zones.extend(region.zones);
                facts.reservations.extend(region.reservations);
                facts.prices.extend(region.prices);
                facts.gaps.extend(region.gaps);
                None
            }
            Err(error) => Some(error.to_string()),
        };
        facts.regions.push(Region { name: name.clone(), preference, unreadable });
    }
    facts
}

/// Refuses a group that is in no region, unless it may be in one that could not be read.
fn check_named(named: &[NamedGroup], facts: &CloudFacts) -> Result<(), AwsError> {
    if facts.regions.iter().any(|region| region.unreadable.is_some()) {
        return Ok(());
    }
    let managed = facts.groups.iter().map(|group| &group.id);
    let seen = || managed.clone().chain(facts.rejected.iter().map(|group| &group.id));
    match named.iter().find(|named| !seen().any(|id| id.name == named.name)) {
        Some(unknown) => Err(AwsError::UnknownGroup { name: unknown.name.clone(), seen: seen().cloned().collect() }),
        None => Ok(()),
    }
}

/// Returns the cluster names in tags of groups, for the message that `--cluster-name` is missing.
///
/// # Errors
/// When no region could be read: the first one's reason.
pub(crate) async fn cluster_names_seen(clients: &AwsClients) -> Result<BTreeSet<String>, AwsError> {
    let describe = |name| async move {
        let clients = clients.of(name)?;
        groups::describe(&clients.autoscaling, &clients.region).await
    };
    let regions = join_all(clients.regions().iter().map(|name| describe(name))).await;
    let mut names = BTreeSet::new();
    let (mut is_any_readable, mut first_error) = (false, None);
    for region in regions {
        match region {
            Ok(groups) => {
                is_any_readable = true;
                names.extend(groups.iter().flat_map(|group| discovery::clusters(&groups::tags_of(group))));
            }
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    match first_error {
        Some(error) if !is_any_readable => Err(error),
        _ => Ok(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::snapshot::{RejectedGroup, Rejection};

    const EXPIRED: fn() -> AwsError = || AwsError::ExpiredCredentials { code: "ExpiredToken".into() };
    const DENIED: fn() -> AwsError = || AwsError::AccessDenied { permission: "autoscaling:DescribeAutoScalingGroups" };

    #[test]
    fn only_a_run_that_is_signed_out_everywhere_ends() {
        assert_eq!(check_credentials::<RegionFacts>(&[Err(EXPIRED()), Err(EXPIRED())]), Err(EXPIRED()));
        for regions in [
            vec![Err(EXPIRED()), Ok(RegionFacts::default())],
            vec![Err(EXPIRED()), Err(DENIED())],
            vec![Err(DENIED()), Err(DENIED())],
        ] {
            assert_eq!(check_credentials(&regions), Ok(()));
        }
    }

    #[test]
    fn one_region_that_does_not_exist_ends_the_run() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let silent = || AwsError::Unreachable { action: "a", region: "r".into(), reason: "no such host".into() };
        let read = |other| [Ok(RegionFacts::default()), Err(other)];
        assert_eq!(check_regions(&names(&["us-west-2", "us-east-1"]), &read(silent())), Ok(()));
        assert_eq!(check_regions(&names(&["us-west-2", "us-west-9"]), &read(DENIED())), Ok(()));
        let error = check_regions(&names(&["us-west-2", "us-west-9"]), &read(silent())).expect_err("no region");
        assert!(matches!(&error, AwsError::NotARegion { name, .. } if name == "us-west-9"), "{error}");
    }

    #[test]
    fn regions_keep_their_order_and_their_reasons() {
        let names = ["us-west-2".to_owned(), "us-east-1".to_owned()];
        let facts = merge(&names, vec![Err(DENIED()), Ok(RegionFacts::default())], Err(DENIED()));
        let told: Vec<_> = facts.regions.iter().map(|it| (it.name.as_str(), it.preference, it.unreadable.is_some())).collect();
        assert_eq!(told, [("us-west-2", 0, true), ("us-east-1", 1, false)]);
        assert_eq!(facts.gaps, [Gap { fact: MissingFact::Identity, error: DENIED().to_string() }]);
    }

    #[test]
    fn a_named_group_must_be_somewhere_that_was_read() {
        let named = ["p3".parse().expect("a name")];
        let id = |name: &str| GroupId { region: "us-west-2".into(), name: name.into() };
        let region = |unreadable: Option<&str>| Region {
            name: "us-west-2".into(),
            preference: 0,
            unreadable: unreadable.map(str::to_owned),
        };
        let rejected = RejectedGroup { id: id("p2"), rejection: Rejection::NoClusterTag };
        let mut facts = CloudFacts { regions: vec![region(None)], rejected: vec![rejected], ..CloudFacts::default() };
        let unknown = AwsError::UnknownGroup { name: "p3".into(), seen: vec![id("p2")] };
        assert_eq!(check_named(&named, &facts), Err(unknown));
        assert_eq!(check_named(&[], &facts), Ok(()));
        facts.rejected[0].id = id("p3");
        assert_eq!(check_named(&named, &facts), Ok(()));
        facts.rejected.clear();
        facts.regions[0] = region(Some("HTTP 500"));
        assert_eq!(check_named(&named, &facts), Ok(()));
    }
}
