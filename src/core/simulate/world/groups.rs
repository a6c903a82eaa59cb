//! The facts about a group that a snapshot does not contain.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::ids::{GangId, MachineId};
use super::zone_balance::ZoneBalancing;
use crate::duration::Seconds;
use crate::plan::{ExpectedNode, TemplateProblem};

/// A group of the snapshot.
#[derive(Debug)]
pub(super) struct GroupFacts {
    /// What its machines become, by the planner's own templates at the start: a machine does not
    /// change.
    pub(super) expected: Result<Vec<ExpectedNode>, TemplateProblem>,
    /// The time from a launch until the node is Ready.
    pub(super) boot_time: Seconds,
    /// How far back a run reads its activities.
    pub(super) memory: Seconds,
    /// Its existing instances, by their ids.
    pub(super) machines: BTreeMap<String, MachineId>,
    /// When its missing instances were requested; absent when they are to replace lost ones.
    pub(super) asked_at: Option<Timestamp>,
    /// For whose pods each of the coming launches is, as plans had it.
    pub(super) wanted_for: VecDeque<Vec<GangId>>,
    /// How many launches failed since the last success.
    pub(super) failures: u32,
    /// When the cloud tries again.
    pub(super) next_try: Option<Seconds>,
    /// Scheduled changes of its sizes up to this moment have happened.
    pub(super) sizes_are_of: Timestamp,
    /// The instance that is launched to even out its zones.
    pub(super) balancing: Option<ZoneBalancing>,
}
