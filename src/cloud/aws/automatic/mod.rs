//! What changes a group without us: settings of the group that AWS acts on by itself. Without one of
//! the permissions only its effects are missing.

mod policies;
mod scheduled;

use aws_sdk_autoscaling::types::{AutoScalingGroup, ScalingPolicy, ScheduledUpdateGroupAction};

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::RegionClients;
use crate::snapshot::{ChangeSource, Gap, Group, MissingFact};

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
