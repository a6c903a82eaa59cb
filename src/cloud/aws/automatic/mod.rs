//! What changes a group without us: settings of the group that AWS acts on by itself. Without one
//! of the permissions only its effects are missing.

mod policies;
mod scheduled;
mod warm_pools;
mod zonal_shifts;

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types::{AutoScalingGroup, ScalingPolicy, ScheduledUpdateGroupAction};

use futures::{StreamExt as _, stream};

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::groups::described::convert_member;
use crate::cloud::aws::launches::zone_ids;
use crate::cloud::aws::sign_in::clients::RegionClients;
use crate::snapshot::{ChangeSource, Gap, Group, MissingFact};

/// At most this many of the calls for single groups are made at a time.
const PARALLEL: usize = 8;

/// The lists of a region that name the group of each entry, as far as they could be read.
#[derive(Debug)]
pub(crate) struct AutomaticLists {
    scheduled: Result<Vec<ScheduledUpdateGroupAction>, AwsError>,
    policies: Result<Vec<ScalingPolicy>, AwsError>,
}

impl AutomaticLists {
    /// Reads the lists, where there are groups that they could be about.
    pub(crate) async fn read(clients: &RegionClients, has_groups: bool) -> Self {
        if !has_groups {
            return Self { scheduled: Ok(Vec::new()), policies: Ok(Vec::new()) };
        }
        let (scheduled, policies) = futures::join!(scheduled::describe(clients), policies::describe(clients));
        Self { scheduled, policies }
    }

    /// Returns what could not be read.
    pub(crate) fn gaps(&self, region: &str) -> impl Iterator<Item = Gap> {
        let unread = [
            (ChangeSource::ScheduledActions, self.scheduled.as_ref().err()),
            (ChangeSource::Policies, self.policies.as_ref().err()),
        ];
        let gap = move |(of, error): (ChangeSource, Option<&AwsError>)| {
            let fact = MissingFact::AutomaticChanges { region: region.to_owned(), of };
            Some(Gap { fact, error: error?.to_string() })
        };
        unread.into_iter().filter_map(gap)
    }

    /// Adds to a group what changes it.
    pub(crate) fn add(&self, described: &AutoScalingGroup, group: &mut Group) {
        group.automatic.scheduled = scheduled::of_group(self.scheduled.as_deref().unwrap_or_default(), described);
        group.automatic.policies = policies::of_group(self.policies.as_deref().unwrap_or_default(), described);
        let advice = group.automatic.policies.iter().map(|policy| policies::advice(policy, &group.id));
        group.advice.extend(advice.collect::<Vec<_>>());
    }
}

/// Adds to each group its warm pool, with the instances in it. The gap is the first pool that could
/// not be read.
pub(crate) async fn add_warm_pools(clients: &RegionClients, groups: Vec<(&AutoScalingGroup, &mut Group)>) -> Option<Gap> {
    let with_pool = groups.into_iter().filter_map(|(described, group)| {
        group.automatic.warm_pool = Some(warm_pools::of_group(described)?);
        Some(group)
    });
    let reads = with_pool.map(async |group: &mut Group| {
        let instances = warm_pools::describe(clients, &group.id.name).await?;
        let known: BTreeSet<String> = group.instances.iter().map(|instance| instance.id.clone()).collect();
        let warm = instances.iter().filter_map(convert_member).filter(|instance| !known.contains(&instance.id));
        group.instances.extend(warm);
        group.instances.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(())
    });
    let reads: Vec<Result<(), AwsError>> = stream::iter(reads.collect::<Vec<_>>()).buffered(PARALLEL).collect().await;
    let error = reads.into_iter().find_map(Result::err)?;
    let fact = MissingFact::AutomaticChanges { region: clients.region.clone(), of: ChangeSource::WarmPools };
    Some(Gap { fact, error: error.to_string() })
}

/// Takes the zones from each group that are given up at present. The list is read only where a
/// group takes part in zonal shifts, and the ids of zones only where one is in effect.
pub(crate) async fn give_zones_up(clients: &RegionClients, groups: Vec<(&AutoScalingGroup, &mut Group)>) -> Option<Gap> {
    let taking_part = groups.into_iter().filter_map(|(described, group)| {
        group.automatic.zonal_shift = Some(zonal_shifts::of_group(described)?);
        Some((described, group))
    });
    let mut taking_part: Vec<_> = taking_part.collect();
    if taking_part.is_empty() {
        return None;
    }
    let gap = |error: String| {
        let fact = MissingFact::AutomaticChanges { region: clients.region.clone(), of: ChangeSource::ZonalShifts };
        Some(Gap { fact, error })
    };
    let shifts = match zonal_shifts::describe(clients).await {
        Ok(shifts) => shifts,
        Err(error) => return gap(error.to_string()),
    };
    let of = |group: &AutoScalingGroup| shifts.get(group.auto_scaling_group_arn()?);
    let is_any = taking_part.iter().any(|(described, _)| of(described).is_some());
    let (zones, missing) = match is_any {
        true => zone_ids::describe(&clients.ec2, &clients.region).await,
        false => (Vec::new(), None),
    };
    let applied = taking_part.iter_mut().map(|(described, group)| {
        let away_from = of(described).map(Vec::as_slice).unwrap_or_default();
        zonal_shifts::apply(away_from, &zones, group).ok_or_else(|| away_from.join(", "))
    });
    let unknown = applied.filter_map(Result::err).collect::<Vec<_>>().into_iter().next();
    match (missing, unknown) {
        (Some(missing), _) => gap(missing.error),
        (None, Some(ids)) => gap(format!("the name of the zone {ids} is not known")),
        (None, None) => None,
    }
}
