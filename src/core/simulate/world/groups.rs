//! What is known of a group beside what a snapshot says.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ids::MachineId;
use crate::duration::Seconds;
use crate::plan::ExpectedNode;

/// A group of the snapshot.
#[derive(Debug)]
pub(super) struct GroupFacts {
    /// What its machines become, as the planner's own templates of the beginning say: a machine is what it is.
    pub(super) expected: Result<Vec<ExpectedNode>, String>,
    /// From a launch until the node is Ready.
    pub(super) boot_time: Seconds,
    /// How long a run reads back what happened to it.
    pub(super) memory: Seconds,
    /// Its instances that are there, by their ids.
    pub(super) machines: BTreeMap<String, MachineId>,
    /// When what it lacks was asked for; absent when it is to replace what was lost.
    pub(super) asked_at: Option<Timestamp>,
    /// How often nothing could be launched since something was.
    pub(super) failures: u32,
    /// When AWS tries again.
    pub(super) next_try: Option<Seconds>,
}
