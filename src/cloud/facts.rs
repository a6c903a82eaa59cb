//! What is asked of a cloud and what it tells.

use jiff::{SignedDuration, Timestamp};

use crate::duration::Seconds;
use crate::snapshot::{Gap, Group, GroupTag, MachineType, NamedGroup, Price, Region, RejectedGroup, Zone};

/// Which groups to read.
#[derive(Debug, Clone, Copy)]
pub struct GroupsRequest<'a> {
    /// `--cluster-name`.
    pub cluster_name: &'a str,
    /// Every `--group-tag`; a group with all of them is managed.
    pub group_tags: &'a [GroupTag],
    /// Every `--group`.
    pub named: &'a [NamedGroup],
    /// Whether the cloud is asked what spot instances of the groups cost.
    pub spot_prices: bool,
}

/// What a cloud told, groups and machine types in the order of the regions and then of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CloudFacts {
    /// The account, unless that is one of the gaps.
    pub account: Option<String>,
    /// Every region that was asked, with the outcome.
    pub regions: Vec<Region>,
    /// The managed groups.
    pub groups: Vec<Group>,
    /// The others.
    pub rejected: Vec<RejectedGroup>,
    /// What the types in use offer.
    pub machine_types: Vec<MachineType>,
    /// The zones of the regions that have managed groups.
    pub zones: Vec<Zone>,
    /// What spot instances of the groups cost, where that was asked.
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
    /// Since when the activities of a group matter.
    pub(crate) fn since(self, group: &Group) -> Timestamp {
        let own = ["backoff", "instance-init-time"].into_iter().filter_map(|name| group.tags.duration(name));
        let longest = own.chain([self.horizon]).max().unwrap_or(self.horizon);
        let length = SignedDuration::from_secs(i64::try_from(longest.0).unwrap_or(i64::MAX));
        self.taken_at.saturating_sub(length).unwrap_or(Timestamp::MIN)
    }
}
