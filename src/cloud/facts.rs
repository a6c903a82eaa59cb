//! What is read from a cloud, and the answer.

use jiff::{SignedDuration, Timestamp};

use crate::duration::Seconds;
use crate::snapshot::{
    Gap, Group, GroupTag, MachineType, NamedGroup, Price, Region, RegionRoom, RejectedGroup, Reservation, Zone,
};

/// Which groups to read.
#[derive(Debug, Clone, Copy)]
pub struct GroupsRequest<'a> {
    /// `--cluster-name`.
    pub cluster_name: &'a str,
    /// Every `--group-tag`; a group with all of them is managed.
    pub group_tags: &'a [GroupTag],
    /// Every `--group`.
    pub named: &'a [NamedGroup],
    /// Whether the prices of spot instances of the groups are read.
    pub spot_prices: bool,
}

/// What a cloud answered; groups and machine types are in the order of the regions and then of
/// their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CloudFacts {
    /// The account, unless it is one of the gaps.
    pub account: Option<String>,
    /// Every region of the run, with the outcome.
    pub regions: Vec<Region>,
    /// The managed groups.
    pub groups: Vec<Group>,
    /// The groups that are not managed.
    pub rejected: Vec<RejectedGroup>,
    /// The resources of the machine types in use.
    pub machine_types: Vec<MachineType>,
    /// The zones of the regions that have managed groups.
    pub zones: Vec<Zone>,
    /// What the quota of the account leaves, where the cloud states it.
    pub quotas: Vec<RegionRoom>,
    /// The reservations that machines of the groups may use.
    pub reservations: Vec<Reservation>,
    /// The prices of spot instances of the groups, where they are wanted.
    pub prices: Vec<Price>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Which activities matter to a run.
#[derive(Debug, Clone, Copy)]
pub struct ActivityWindow {
    /// When the snapshot is taken.
    pub taken_at: Timestamp,
    /// The longer of `--backoff` and `--instance-init-time`. Tags may make it longer for a group.
    pub horizon: Seconds,
}

impl ActivityWindow {
    /// Returns since when the activities of a group matter.
    pub(crate) fn since(self, group: &Group) -> Timestamp {
        let own = ["backoff", "instance-init-time"].into_iter().filter_map(|name| group.tags.duration(name));
        let longest = own.chain([self.horizon]).max().unwrap_or(self.horizon);
        let length = SignedDuration::from_secs(i64::try_from(longest.0).unwrap_or(i64::MAX));
        self.taken_at.saturating_sub(length).unwrap_or(Timestamp::MIN)
    }
}
