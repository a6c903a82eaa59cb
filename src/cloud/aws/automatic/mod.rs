//! What changes a group without us: settings of the group that AWS acts on by itself. Without one of
//! the permissions only its effects are missing.

mod scheduled;

use aws_sdk_autoscaling::types::{AutoScalingGroup, ScheduledUpdateGroupAction};

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::RegionClients;
use crate::snapshot::{ChangeSource, Gap, Group, MissingFact};

/// The lists of a region that name the group of each entry, as far as they could be read.
#[derive(Debug)]
pub(crate) struct AutomaticLists {
    scheduled: Result<Vec<ScheduledUpdateGroupAction>, AwsError>,
}

impl AutomaticLists {
    /// Reads the lists, where there are groups that they could be about.
    pub(crate) async fn read(clients: &RegionClients, has_groups: bool) -> Self {
        if !has_groups {
            return Self { scheduled: Ok(Vec::new()) };
        }
        Self { scheduled: scheduled::describe(clients).await }
    }

    /// Returns what could not be read.
    pub(crate) fn gaps(&self, region: &str) -> impl Iterator<Item = Gap> {
        let unread = [(ChangeSource::ScheduledActions, self.scheduled.as_ref().err())];
        let gap = move |(of, error): (ChangeSource, Option<&AwsError>)| {
            let fact = MissingFact::AutomaticChanges { region: region.to_owned(), of };
            Some(Gap { fact, error: error?.to_string() })
        };
        unread.into_iter().filter_map(gap)
    }

    /// Adds to a group what changes it.
    pub(crate) fn add(&self, described: &AutoScalingGroup, group: &mut Group) {
        group.automatic.scheduled = scheduled::of_group(self.scheduled.as_deref().unwrap_or_default(), described);
    }
}
