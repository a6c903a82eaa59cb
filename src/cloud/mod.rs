//! The clouds: their accounts, groups and failures, and the two changes that a plan makes of a
//! group.
//!
//! A cloud is a folder and a variant of [`Cloud`]. Its users know neither an SDK nor the names that
//! a cloud has for things. Nothing here decides anything. What ends a machine takes a [`Removal`]
//! by value, which `apply` alone makes, from a proof.

pub mod aws;
mod change;
mod error;
mod facts;
mod group_now;
pub mod magnum;

use std::collections::BTreeSet;
use std::io::Read;

use jiff::Timestamp;

pub use aws::AwsOptions;
pub use change::{CallFailed, ChangeAnswer, Removal, RemovalAnswer};
pub use error::{CloudError, Misnamed};
pub use facts::{ActivityWindow, CloudFacts, GroupsRequest};
pub use group_now::{GroupNow, InstanceNow, Share};

use crate::progress::Progress;
use crate::server_clock::ServerClock;
use crate::snapshot::{Activity, Gap, Group, GroupId, MachineCheck, MachineHealth, Node, Price, Region};
use aws::AwsClients;
use aws::changes::{desired, removal};
use aws::failures::activity_reading;
use aws::groups::{names, now};
use aws::machines::{belonging, instances, status_checks};
use aws::prices::price_list;
use aws::reading::all_regions;

/// Groups with their machines, of which it has not been read what they launch.
#[derive(Debug)]
pub struct GroupsRead(all_regions::GroupsOfRegions);

impl GroupsRead {
    /// Returns the groups whose machines another service of the cloud replaces, too. Whether it
    /// does so now is read with what they launch.
    pub fn replaced_by_others(&self) -> impl Iterator<Item = &GroupId> {
        all_regions::node_groups(&self.0)
    }
}

/// A cloud that a run is signed in to, in the regions of the run.
#[derive(Debug, Clone)]
pub enum Cloud {
    /// Auto Scaling and EC2.
    Aws(AwsClients),
}

impl Cloud {
    /// Signs in. No region is called yet.
    ///
    /// # Errors
    /// When there are no credentials, when they are miswritten, when there is no region, or when a
    /// name cannot be a region's.
    pub async fn sign_in(options: &AwsOptions) -> Result<Self, CloudError> {
        Ok(Self::Aws(AwsClients::connect(options).await?))
    }

    /// Whether a region is one of this run.
    #[must_use]
    pub fn has_region(&self, region: &str) -> bool {
        let Self::Aws(clients) = self;
        clients.has(region)
    }

    /// Returns the clock of each region that has clients.
    pub(crate) fn clocks(&self) -> impl Iterator<Item = &ServerClock> {
        let Self::Aws(clients) = self;
        clients.clocks()
    }

    /// Reads the account and every region side by side: groups, what they launch, machine types,
    /// zones and prices.
    ///
    /// # Errors
    /// As [`Cloud::read_groups`].
    pub async fn read(&self, request: &GroupsRequest<'_>, progress: &dyn Progress) -> Result<CloudFacts, CloudError> {
        let groups = self.read_groups(request, progress).await?;
        Ok(self.read_launches(groups, request.spot_prices).await)
    }

    /// Reads the account and the groups with their machines, every region side by side.
    ///
    /// # Errors
    /// When no region could be read because no credentials are accepted, when one of the regions
    /// does not exist, or when a named group is in none of them.
    pub async fn read_groups(&self, request: &GroupsRequest<'_>, progress: &dyn Progress) -> Result<GroupsRead, CloudError> {
        let Self::Aws(clients) = self;
        Ok(GroupsRead(all_regions::read_groups(clients, request, progress).await?))
    }

    /// Returns what is known of groups without what they launch.
    #[must_use]
    pub fn without_launches(&self, groups: &GroupsRead) -> CloudFacts {
        let Self::Aws(clients) = self;
        all_regions::without_launches(clients, &groups.0)
    }

    /// Reads what groups launch, the machine types, zones and prices.
    pub async fn read_launches(&self, groups: GroupsRead, spot_prices: bool) -> CloudFacts {
        let Self::Aws(clients) = self;
        all_regions::read_launches(clients, groups.0, spot_prices).await
    }

    /// Finds the names of clusters in tags of groups, for the message that `--cluster-name` is
    /// missing.
    ///
    /// # Errors
    /// When no region could be read: the first one's reason.
    pub async fn cluster_names(&self) -> Result<BTreeSet<String>, CloudError> {
        let Self::Aws(clients) = self;
        Ok(all_regions::cluster_names_seen(clients).await?)
    }

    /// Finds the names of the managed groups of every region that answers, or of all groups while
    /// the cluster is not named yet.
    pub async fn group_names(&self, request: &GroupsRequest<'_>) -> Vec<String> {
        let Self::Aws(clients) = self;
        names::names_of_groups(clients, request).await
    }

    /// Reads the recent activities of the wanted groups into them. What cannot be read becomes a
    /// gap.
    pub async fn read_activities(
        &self,
        groups: &mut [Group],
        window: ActivityWindow,
        is_wanted: impl Fn(&Group) -> bool,
    ) -> Vec<Gap> {
        let Self::Aws(clients) = self;
        activity_reading::read_activities(clients, groups, window, is_wanted).await
    }

    /// Reads the activities of one group since a moment, newest first, and those that have not
    /// ended.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn activities_since(&self, group: &GroupId, since: Timestamp) -> Result<Vec<Activity>, CloudError> {
        let Self::Aws(clients) = self;
        Ok(activity_reading::activities_since(clients, group, since).await?)
    }

    /// Checks the machine of every node that is not Ready, in the regions that could be read.
    pub async fn check_machines(&self, regions: &[Region], nodes: &[Node]) -> (Vec<MachineCheck>, Vec<Gap>) {
        let Self::Aws(clients) = self;
        status_checks::check_machines(clients, regions, nodes).await
    }

    /// Looks up some Ready nodes in the regions that could be read, unless one of them is a member
    /// of a group.
    pub async fn check_belonging(&self, regions: &[Region], groups: &[Group], nodes: &[Node]) -> (Vec<MachineCheck>, Vec<Gap>) {
        let Self::Aws(clients) = self;
        belonging::check_belonging(clients, regions, groups, nodes).await
    }

    /// Returns the health of one machine at this moment, if the cloud reports it.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn health_of(&self, region: &str, instance: &str) -> Result<Option<MachineHealth>, CloudError> {
        let Self::Aws(clients) = self;
        Ok(status_checks::health_of(clients, region, instance).await?)
    }

    /// Returns the addresses by which a Node may know one machine; none when the cloud does not
    /// know the machine.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn addresses_of(&self, region: &str, instance: &str) -> Result<Vec<String>, CloudError> {
        let Self::Aws(clients) = self;
        Ok(instances::addresses_of(clients, region, instance).await?)
    }

    /// Returns a group as it is now; `None` when it does not exist.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn group_now(&self, group: &GroupId) -> Result<Option<GroupNow>, CallFailed> {
        let Self::Aws(clients) = self;
        now::group_now(clients, group).await
    }

    /// Sends one request to set a desired capacity.
    pub async fn set_desired(&self, group: &GroupId, desired: i64) -> ChangeAnswer {
        let Self::Aws(clients) = self;
        desired::set_desired(clients, group, desired).await
    }

    /// Sends one request to end a machine of a region.
    pub async fn remove(&self, region: &str, removal: impl Removal) -> RemovalAnswer {
        let Self::Aws(clients) = self;
        removal::remove(clients, region, removal).await
    }
}

/// Reads a price list as a cloud publishes it.
///
/// # Errors
/// When it cannot be read or is none.
pub(crate) fn read_price_list(list: impl Read) -> Result<Vec<Price>, serde_json::Error> {
    price_list::read(list)
}
