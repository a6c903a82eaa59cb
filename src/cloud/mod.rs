//! The clouds: their accounts, groups and failures, and the changes that a plan makes of a group.
//!
//! A cloud is a folder and a variant of [`Cloud`]. Its users know neither an SDK nor the names that
//! a cloud has for things. Nothing here decides anything. What ends a machine takes a [`Removal`]
//! by value, which `apply` alone makes, from a proof.

pub mod aws;
mod change;
mod error;
mod error_words;
mod facts;
mod group_now;
mod group_tags;
mod launch;
mod machines_offered;
pub mod magnum;
mod set_up;
mod tighter_limits;

use std::collections::BTreeSet;
use std::io::Read;

use jiff::Timestamp;

pub use aws::AwsOptions;
pub use change::{CallFailed, ChangeAnswer, Removal, RemovalAnswer};
pub use error::{CloudError, Misnamed};
pub use facts::{ActivityWindow, CloudFacts, GroupsRequest};
pub use group_now::{GroupNow, InstanceNow, Share};
pub use launch::{LaunchAnswer, LaunchFailure, LaunchFailureCode, LaunchRequest, LaunchedInstance};
pub use machines_offered::MachinesOffered;
pub(crate) use magnum::settings_in_sight as openstack_settings_in_sight;
pub use magnum::{MagnumClient, MagnumOptions};
pub use set_up::{SetUpCall, SetUpChange, SetUpNow, TagChange, may_be_a_tag, needs_evening_out};

use crate::progress::Progress;
use crate::server_clock::ServerClock;
use crate::snapshot::{Activity, Gap, Group, GroupId, MachineCheck, MachineHealth, MachineType, Node, Price, Region};
use aws::AwsClients;
use aws::changes::{desired, launching, removal, set_up as set_up_of_aws, set_up_call as set_up_call_of_aws};
use aws::failures::activity_reading;
use aws::groups::{names, now};
use aws::launches::{all_types, listed_types};
use aws::machines::{belonging, instances, launched, status_checks};
use aws::prices::price_list;
use aws::reading::all_regions;

/// Groups with their machines, of which it has not been read what they launch.
#[derive(Debug)]
pub struct GroupsRead(GroupsOfCloud);

#[derive(Debug)]
enum GroupsOfCloud {
    Aws(all_regions::GroupsOfRegions),
    /// What its groups launch is read with them, as it takes one call more.
    Magnum(Box<CloudFacts>),
}

impl GroupsRead {
    /// Returns the groups whose machines another service of the cloud replaces, too. Whether it
    /// does so now is read with what they launch.
    pub fn replaced_by_others(&self) -> impl Iterator<Item = &GroupId> {
        let of_aws = match &self.0 {
            GroupsOfCloud::Aws(groups) => Some(all_regions::node_groups(groups)),
            GroupsOfCloud::Magnum(_) => None,
        };
        of_aws.into_iter().flatten()
    }

    /// Whether the cloud ends a machine of a group together with its reservation. When that is, is
    /// read with what the groups launch.
    #[must_use]
    pub fn have_machines_that_end_with_a_reservation(&self) -> bool {
        match &self.0 {
            GroupsOfCloud::Aws(groups) => all_regions::have_machines_that_end_with_a_reservation(groups),
            GroupsOfCloud::Magnum(_) => false,
        }
    }
}

/// A cloud that a run is signed in to, in the regions of the run.
#[derive(Debug, Clone)]
pub enum Cloud {
    /// Auto Scaling and EC2.
    Aws(AwsClients),
    /// The node groups of a Magnum cluster, and Nova.
    Magnum(MagnumClient),
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

    /// Signs in to an OpenStack cloud.
    ///
    /// # Errors
    /// When a setting is missing or wrong, or when the cloud does not accept them.
    pub async fn sign_in_to_openstack(options: &MagnumOptions) -> Result<Self, CloudError> {
        Ok(Self::Magnum(MagnumClient::connect(options).await?))
    }

    /// Returns the name of the service that answers, for messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Aws(_) => "AWS",
            Self::Magnum(_) => "Magnum",
        }
    }

    /// Returns its name as `--cloud` takes it, unless it is the default of that flag.
    #[must_use]
    pub fn flag_value(&self) -> Option<&'static str> {
        match self {
            Self::Aws(_) => None,
            Self::Magnum(_) => Some("magnum"),
        }
    }

    /// Returns the name of the service that knows its machines, for messages.
    #[must_use]
    pub fn machine_service(&self) -> &'static str {
        match self {
            Self::Aws(_) => "EC2",
            Self::Magnum(_) => "Nova",
        }
    }

    /// Whether all machines that leave a group in one run are removed by one request. A second
    /// request beside the first would make such a cloud choose other machines.
    #[must_use]
    pub fn removes_together(&self) -> bool {
        match self {
            Self::Aws(_) => false,
            Self::Magnum(_) => true,
        }
    }

    /// Whether a region is one of this run.
    #[must_use]
    pub fn has_region(&self, region: &str) -> bool {
        match self {
            Self::Aws(clients) => clients.has(region),
            Self::Magnum(client) => client.region() == region,
        }
    }

    /// Returns the clock of each region that has clients.
    pub(crate) fn clocks(&self) -> impl Iterator<Item = &ServerClock> {
        let (aws, magnum) = match self {
            Self::Aws(clients) => (Some(clients.clocks()), None),
            Self::Magnum(client) => (None, Some(client.session().clock())),
        };
        aws.into_iter().flatten().chain(magnum)
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
        Ok(GroupsRead(match self {
            Self::Aws(clients) => GroupsOfCloud::Aws(all_regions::read_groups(clients, request, progress).await?),
            Self::Magnum(client) => {
                GroupsOfCloud::Magnum(Box::new(magnum::reading::facts::read(client, request, progress).await?))
            }
        }))
    }

    /// Returns what is known of groups without what they launch.
    #[must_use]
    pub fn without_launches(&self, groups: &GroupsRead) -> CloudFacts {
        match (self, &groups.0) {
            (Self::Aws(clients), GroupsOfCloud::Aws(groups)) => all_regions::without_launches(clients, groups),
            (_, GroupsOfCloud::Magnum(facts)) => (**facts).clone(),
            (Self::Magnum(_), GroupsOfCloud::Aws(_)) => CloudFacts::default(),
        }
    }

    /// Reads every machine type that the cloud offers in the regions of the run; none where it has
    /// no list of them beside those of its groups.
    pub async fn machines_offered(&self) -> MachinesOffered {
        match self {
            Self::Aws(clients) => all_types::read(clients).await,
            Self::Magnum(_) => MachinesOffered::default(),
        }
    }

    /// Reads what groups launch, the machine types, zones and prices.
    pub async fn read_launches(&self, groups: GroupsRead, spot_prices: bool) -> CloudFacts {
        match (self, groups.0) {
            (Self::Aws(clients), GroupsOfCloud::Aws(groups)) => all_regions::read_launches(clients, groups, spot_prices).await,
            (_, GroupsOfCloud::Magnum(facts)) => *facts,
            (Self::Magnum(_), GroupsOfCloud::Aws(_)) => CloudFacts::default(),
        }
    }

    /// Adds what the Nodes of the cluster show of groups, in a cloud that does not state by itself
    /// which machines are a group's.
    pub fn join_nodes(&self, groups: &mut [Group], nodes: &[Node]) {
        match self {
            Self::Aws(_) => {}
            Self::Magnum(client) => magnum::reading::facts::join_nodes(client, groups, nodes),
        }
    }

    /// Finds the names of clusters in tags of groups, for the message that `--cluster-name` is
    /// missing.
    ///
    /// # Errors
    /// When no region could be read: the first one's reason.
    pub async fn cluster_names(&self) -> Result<BTreeSet<String>, CloudError> {
        match self {
            Self::Aws(clients) => Ok(all_regions::cluster_names_seen(clients).await?),
            Self::Magnum(client) => Ok(magnum::groups::names::cluster_names(client).await?),
        }
    }

    /// Finds the names of the managed groups of every region that answers, or of all groups while
    /// the cluster is not named yet.
    pub async fn group_names(&self, request: &GroupsRequest<'_>) -> Vec<String> {
        match self {
            Self::Aws(clients) => names::names_of_groups(clients, request).await,
            Self::Magnum(client) => magnum::groups::names::names_of_groups(client, request.cluster_name).await,
        }
    }

    /// Reads the recent activities of the wanted groups into them. What cannot be read becomes a
    /// gap.
    pub async fn read_activities(
        &self,
        groups: &mut [Group],
        window: ActivityWindow,
        is_wanted: impl Fn(&Group) -> bool,
    ) -> Vec<Gap> {
        match self {
            Self::Aws(clients) => activity_reading::read_activities(clients, groups, window, is_wanted).await,
            // They are read with the groups.
            Self::Magnum(_) => Vec::new(),
        }
    }

    /// Reads the activities of one group since a moment, newest first, and those that have not
    /// ended.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn activities_since(&self, group: &GroupId, since: Timestamp) -> Result<Vec<Activity>, CloudError> {
        match self {
            Self::Aws(clients) => Ok(activity_reading::activities_since(clients, group, since).await?),
            Self::Magnum(client) => Ok(magnum::reading::facts::activities_now(client, group).await?),
        }
    }

    /// Checks the machine of every node that is not Ready, in the regions that could be read.
    pub async fn check_machines(&self, regions: &[Region], nodes: &[Node]) -> (Vec<MachineCheck>, Vec<Gap>) {
        match self {
            Self::Aws(clients) => status_checks::check_machines(clients, regions, nodes).await,
            Self::Magnum(client) => magnum::machines::health::check_machines(client, regions, nodes).await,
        }
    }

    /// Looks up some Ready nodes in the regions that could be read, unless one of them is a member
    /// of a group.
    pub async fn check_belonging(&self, regions: &[Region], groups: &[Group], nodes: &[Node]) -> (Vec<MachineCheck>, Vec<Gap>) {
        match self {
            Self::Aws(clients) => belonging::check_belonging(clients, regions, groups, nodes).await,
            Self::Magnum(client) => magnum::machines::belonging::check_belonging(client, regions, groups, nodes).await,
        }
    }

    /// Returns the health of one machine at this moment, if the cloud reports it.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn health_of(&self, region: &str, instance: &str) -> Result<Option<MachineHealth>, CloudError> {
        match self {
            Self::Aws(clients) => Ok(status_checks::health_of(clients, region, instance).await?),
            Self::Magnum(client) => Ok(Some(magnum::machines::health::health_of(client, instance).await?)),
        }
    }

    /// Returns the addresses by which a Node may know one machine; none when the cloud does not
    /// know the machine.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn addresses_of(&self, region: &str, instance: &str) -> Result<Vec<String>, CloudError> {
        match self {
            Self::Aws(clients) => Ok(instances::addresses_of(clients, region, instance).await?),
            Self::Magnum(client) => Ok(magnum::machines::lookup::addresses_of(client.session(), instance).await?),
        }
    }

    /// Returns a group as it is now; `None` when it does not exist.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn group_now(&self, group: &GroupId) -> Result<Option<GroupNow>, CallFailed> {
        match self {
            Self::Aws(clients) => now::group_now(clients, group).await,
            Self::Magnum(client) => magnum::groups::now::group_now(client, group).await,
        }
    }

    /// Sends one request to set a desired capacity.
    pub async fn set_desired(&self, group: &GroupId, desired: i64) -> ChangeAnswer {
        match self {
            Self::Aws(clients) => desired::set_desired(clients, group, desired).await,
            Self::Magnum(client) => magnum::changes::growth::set_desired(client, group, desired).await,
        }
    }

    /// Returns how a group is set up now; `None` when it does not exist.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn set_up_now(&self, group: &GroupId) -> Result<Option<SetUpNow>, CallFailed> {
        match self {
            Self::Aws(clients) => now::set_up_now(clients, group).await,
            Self::Magnum(client) => {
                let found = magnum::groups::now::group_now(client, group).await?;
                Ok(found.map(|group| SetUpNow { group, ..SetUpNow::default() }))
            }
        }
    }

    /// Sends one request to change the set-up of a group.
    pub async fn change_set_up(&self, group: &GroupId, change: &SetUpChange) -> ChangeAnswer {
        match self {
            Self::Aws(clients) => set_up_of_aws::change(clients, group, change).await,
            Self::Magnum(_) => ChangeAnswer::Refused("Magnum changes nothing of how a node group is set up".to_owned()),
        }
    }

    /// Launches machines in a place that is named, and returns what came of it. The request is sent
    /// once, and once more when its outcome is unclear; its token keeps the second from launching
    /// anything again.
    pub async fn launch(&self, group: &GroupId, launch: &LaunchRequest) -> LaunchAnswer {
        match self {
            Self::Aws(clients) => launching::launch(clients, group, launch).await,
            Self::Magnum(_) => {
                LaunchAnswer::NotPossible("Magnum launches no nodes in a zone that is named; it takes a new count".to_owned())
            }
        }
    }

    /// Returns the ids of the machines that requests with a token launched, also of those that have
    /// ended since. A machine that was launched in the last seconds may be missing.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn launched_by_token(&self, region: &str, token: &str) -> Result<Vec<String>, CallFailed> {
        match self {
            Self::Aws(clients) => {
                let clients = clients.of(region).map_err(|error| CallFailed(error.to_string()))?;
                let instances = launched::by_token(clients, token).await?;
                Ok(instances.into_iter().map(|instance| instance.id).collect())
            }
            Self::Magnum(_) => Ok(Vec::new()),
        }
    }

    /// Sends one request to end a machine of a group.
    pub async fn remove(&self, group: &GroupId, removal: impl Removal) -> RemovalAnswer {
        match self {
            Self::Aws(clients) => removal::remove(clients, &group.region, removal).await,
            Self::Magnum(client) => magnum::changes::removal::remove(client, group, vec![removal]).await,
        }
    }

    /// Sends one request to end machines of a group, where [`Cloud::removes_together`].
    pub async fn remove_together(&self, group: &GroupId, removals: Vec<impl Removal>) -> RemovalAnswer {
        match self {
            Self::Aws(_) => {
                let words = "AWS ends one instance with each request".to_owned();
                RemovalAnswer::Answered(ChangeAnswer::Refused(words))
            }
            Self::Magnum(client) => magnum::changes::removal::remove(client, group, removals).await,
        }
    }
}

/// Writes down the call by which a cloud, named as [`Cloud::flag_value`] has it, changes the set-up
/// of a group; `None` where the cloud makes no such change.
#[must_use]
pub fn set_up_call(cloud: Option<&str>, group: &GroupId, change: &SetUpChange) -> Option<SetUpCall> {
    // Magnum changes the size of a node group and nothing else.
    cloud.is_none().then(|| set_up_call_of_aws::call(group, change))
}

/// Reads machine types that a person has listed, which hold in each of the regions.
///
/// # Errors
/// When it cannot be read or is no such list.
pub(crate) fn read_machine_types(list: impl Read, regions: &[String]) -> Result<Vec<MachineType>, serde_json::Error> {
    listed_types::read(list, regions)
}

/// Reads a price list as a cloud publishes it.
///
/// # Errors
/// When it cannot be read or is none.
pub(crate) fn read_price_list(list: impl Read) -> Result<Vec<Price>, serde_json::Error> {
    price_list::read(list)
}
