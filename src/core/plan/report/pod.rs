//! The verdict on a pod.

use std::fmt::{self, Write as _};
use std::ops::Deref;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::{Seconds, moment};
use crate::plan::reason::{GroupRefusal, count};
use crate::plan::refusals::Refusals;
use crate::scheduler::Plugin;
use crate::snapshot::{GangName, GroupId, ObjectName};

/// The report on one unbound pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PodReport {
    /// The pod.
    #[serde(flatten)]
    pub pod: ObjectName,
    /// Its place in the order in which this plan gives nodes to pods, from 0; absent when it gets
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<u32>,
    /// The verdict. Pods with the same verdict share it, since a plan may hold tens of thousands of
    /// pods.
    #[serde(flatten)]
    pub ruling: Arc<Ruling>,
}

impl Deref for PodReport {
    type Target = Ruling;

    fn deref(&self) -> &Ruling {
        &self.ruling
    }
}

/// A verdict and its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ruling {
    /// The verdict.
    #[serde(flatten)]
    pub verdict: PodVerdict,
    /// The verdict as one sentence.
    pub message: String,
}

/// The length in bytes that most sentences do not exceed. A plan for many pods writes thousands of
/// them, and a text that grows is moved each time.
const USUAL_LENGTH: usize = 64;

impl From<PodVerdict> for Ruling {
    fn from(verdict: PodVerdict) -> Self {
        let mut message = String::with_capacity(USUAL_LENGTH);
        write!(message, "{verdict}").expect("a string takes all that is written");
        Self { verdict, message }
    }
}

/// What becomes of an unbound pod. Placements are *expected*: the scheduler decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum PodVerdict {
    /// It fits on a node that is there.
    FitsExisting {
        /// The node.
        node: String,
    },
    /// The scheduler refuses it although it fits on a node by all that is modelled.
    Refused {
        /// The node.
        node: String,
        /// Since when the scheduler has refused it.
        since: Timestamp,
        /// The scheduler's words, if they were read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Box<str>>,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// Room is being made for it by preemption.
    Nominated {
        /// The node on which pods are preempted for it.
        node: String,
    },
    /// It fits on capacity that was requested already.
    FitsUpcoming {
        /// The group.
        group: Arc<GroupId>,
        /// Which of the group's upcoming nodes, from 1.
        upcoming: u32,
        /// When that capacity counts as failed.
        overdue_at: Timestamp,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// It fits on a node that this plan uncordons.
    FitsUncordoned {
        /// The node.
        node: String,
    },
    /// It fits on a node that this plan adds.
    FitsNew {
        /// The group.
        group: Arc<GroupId>,
        /// Which of the group's new nodes, from 1.
        new_node: u32,
    },
    /// A group of a region that could not be read might take it.
    WaitsForRegion {
        /// The regions.
        regions: Vec<String>,
        /// Until when it waits before groups of other regions are considered.
        until: Timestamp,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// No scheduler has looked at it yet.
    NotYetScheduled,
    /// It is being deleted.
    Terminating,
    /// Its scheduling gates are closed.
    Gated {
        /// The gates.
        gates: Vec<String>,
    },
    /// It belongs to another scheduler.
    OtherScheduler {
        /// The name of that scheduler.
        scheduler: String,
    },
    /// It is in a namespace that `--pod-namespace` does not name.
    OtherNamespace,
    /// Its priority is below `--min-priority`.
    LowPriority {
        /// Its priority.
        priority: i32,
        /// `--min-priority`.
        min_priority: i32,
    },
    /// A ProvisioningRequest gets it its room, so that no node is bought for the pod itself.
    RoomRequested {
        /// The request.
        request: ObjectName,
    },
    /// It belongs to a DaemonSet and so to one node: a new node would not help it.
    DaemonSet,
    /// It has constraints that this version cannot judge, so no node is bought for it.
    NotModelled {
        /// The scheduler plugins that would judge them.
        plugins: Vec<Plugin>,
    },
    /// Its gang waits for others of its pods: they do not exist yet, or a gate holds them back.
    GangIncomplete {
        /// The gang.
        gang: GangName,
        /// How many of its pods start together at least.
        min: u32,
        /// How many of its pods exist.
        pods: u32,
        /// How many of these a gate holds back.
        gated: u32,
    },
    /// What states how many pods of its gang start together could not be read, so no node is bought
    /// for any of them.
    GangUnknown {
        /// The gang.
        gang: GangName,
    },
    /// Not enough pods of its gang would get a place for any of them to start, so that none gets
    /// one.
    GangWithoutRoom {
        /// The gang.
        gang: GangName,
        /// How many of its pods start together at least.
        min: u32,
        /// How many of them would have a place: those that run, and those that nodes could hold
        /// which are there, coming, or could be bought.
        places: u32,
        /// Why each group cannot take one more.
        #[serde(default)]
        refusals: Refusals,
    },
    /// No group can take it.
    CannotHelp {
        /// Why each group cannot take it.
        #[serde(default)]
        refusals: Refusals,
    },
}

impl PodVerdict {
    /// Whether it is expected to be placed.
    #[must_use]
    pub fn is_helped(&self) -> bool {
        match self {
            Self::FitsExisting { .. }
            | Self::Nominated { .. }
            | Self::FitsUpcoming { .. }
            | Self::FitsUncordoned { .. }
            | Self::FitsNew { .. } => true,
            Self::Refused { .. }
            | Self::WaitsForRegion { .. }
            | Self::NotYetScheduled
            | Self::Terminating
            | Self::Gated { .. }
            | Self::OtherScheduler { .. }
            | Self::OtherNamespace
            | Self::LowPriority { .. }
            | Self::RoomRequested { .. }
            | Self::DaemonSet
            | Self::NotModelled { .. }
            | Self::GangIncomplete { .. }
            | Self::GangUnknown { .. }
            | Self::GangWithoutRoom { .. }
            | Self::CannotHelp { .. } => false,
        }
    }

    /// Returns why each group cannot take the pod, where the verdict is that none can.
    #[must_use]
    pub fn refusals(&self) -> Option<&Refusals> {
        match self {
            Self::CannotHelp { refusals } | Self::GangWithoutRoom { refusals, .. } => Some(refusals),
            Self::FitsExisting { .. }
            | Self::Nominated { .. }
            | Self::FitsUpcoming { .. }
            | Self::FitsUncordoned { .. }
            | Self::FitsNew { .. }
            | Self::Refused { .. }
            | Self::WaitsForRegion { .. }
            | Self::NotYetScheduled
            | Self::Terminating
            | Self::Gated { .. }
            | Self::OtherScheduler { .. }
            | Self::OtherNamespace
            | Self::LowPriority { .. }
            | Self::RoomRequested { .. }
            | Self::DaemonSet
            | Self::NotModelled { .. }
            | Self::GangIncomplete { .. }
            | Self::GangUnknown { .. } => None,
        }
    }

    /// Whether it waits for a node that is coming: requested already, or by this plan.
    #[must_use]
    pub fn awaits_node(&self) -> bool {
        matches!(self, Self::FitsUpcoming { .. } | Self::FitsNew { .. })
    }

    /// Whether the pod is pending for want of a node and this plan does nothing for it.
    #[must_use]
    pub fn is_unhelped(&self) -> bool {
        matches!(
            self,
            Self::NotModelled { .. }
                | Self::GangUnknown { .. }
                | Self::GangWithoutRoom { .. }
                | Self::CannotHelp { .. }
                | Self::Refused { .. }
        )
    }
}

impl fmt::Display for PodVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FitsExisting { node } => write!(f, "fits on {node}; the scheduler is expected to place it there"),
            Self::Refused { node, since, message, now } => {
                write!(f, "should fit on {node}, and the scheduler has refused it for {}", Seconds::between(*since, *now))?;
                message.as_ref().map_or(Ok(()), |message| write!(f, ": {message}"))
            }
            Self::Nominated { node } => write!(f, "waits for room on {node}, where lower-priority pods are leaving"),
            Self::FitsUpcoming { group, overdue_at, now, .. } => {
                write!(f, "waits for a node that {group} is launching; overdue at {}", moment(*overdue_at, *now))
            }
            Self::FitsUncordoned { node } => write!(f, "fits on {node}, which becomes schedulable again"),
            Self::FitsNew { group, new_node } => write!(f, "fits on new node {new_node} of {group}"),
            Self::WaitsForRegion { regions, until, now } => {
                write!(f, "waiting: region {} unreadable; others are asked at {}", regions.join(", "), moment(*until, *now))
            }
            Self::NotYetScheduled => f.write_str("no scheduler has looked at it yet"),
            Self::Terminating => f.write_str("is being deleted"),
            Self::Gated { gates } => write!(f, "waits for its scheduling gates {}", gates.join(", ")),
            Self::OtherScheduler { scheduler } => write!(f, "is placed by {scheduler}, not by a --scheduler-name"),
            Self::OtherNamespace => f.write_str("is in a namespace that no --pod-namespace names"),
            Self::LowPriority { priority, min_priority } => {
                write!(f, "has priority {priority}, below --min-priority {min_priority}")
            }
            Self::RoomRequested { request } => write!(f, "waits for the room that ProvisioningRequest {request} gets for it"),
            Self::DaemonSet => f.write_str("belongs to a DaemonSet and to one node; a new node would not help it"),
            Self::NotModelled { plugins } => {
                f.write_str("not-modelled: ")?;
                for (position, plugin) in plugins.iter().enumerate() {
                    write!(f, "{}{plugin}", if position == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::GangIncomplete { gang, min, pods, gated } => {
                write!(f, "waits for its {gang}: ")?;
                write_incomplete(*min, *pods, *gated, f)
            }
            Self::GangUnknown { gang } => {
                write!(f, "belongs to {gang}, which could not be read, so nothing is bought for it")
            }
            Self::GangWithoutRoom { gang, min, places, refusals } => {
                write!(f, "its {gang} ")?;
                write_without_room(*min, *places, refusals, f)
            }
            Self::CannotHelp { refusals } if refusals.is_empty() => f.write_str("no group is managed"),
            Self::CannotHelp { refusals } => write_refusals(refusals, f),
        }
    }
}

/// Writes how many pods of a gang exist, of those that start together.
pub(super) fn write_incomplete(min: u32, pods: u32, gated: u32, f: &mut impl fmt::Write) -> fmt::Result {
    write!(f, "gang-incomplete: {pods} of {min} pods")?;
    if gated > 0 { write!(f, ", and gates hold {gated} of them back") } else { Ok(()) }
}

/// Writes why none of the pods of a gang that wait gets a place.
pub(crate) fn write_without_room(min: u32, places: u32, refusals: &[GroupRefusal], f: &mut impl fmt::Write) -> fmt::Result {
    write!(f, "needs room for {min} pods at once and has it for {places}; ")?;
    if refusals.is_empty() { f.write_str("no group takes another") } else { write_refusals(refusals, f) }
}

/// More groups with the same words than this are counted.
const MOST_GROUPS_NAMED: usize = 5;
/// So many of them are named in that case.
const GROUPS_NAMED: usize = 3;
/// At most this many reasons are written out: the refusals themselves have all of them.
const MOST_REASONS: usize = 8;

/// Writes refusals such as `a, b: at its maximum 3; c: …`: groups with the same words stand
/// together, and of many only some are named.
fn write_refusals(refusals: &[GroupRefusal], f: &mut impl fmt::Write) -> fmt::Result {
    let mut by_words: IndexMap<String, Vec<&str>> = IndexMap::new();
    for GroupRefusal { group, refusal } in refusals {
        by_words.entry(refusal.to_string()).or_default().push(&group.name);
    }
    for (position, (words, groups)) in by_words.iter().take(MOST_REASONS).enumerate() {
        f.write_str(if position == 0 { "" } else { "; " })?;
        match groups.len() {
            ..=MOST_GROUPS_NAMED => f.write_str(&groups.join(", "))?,
            many => write!(f, "{} and {} more", groups[..GROUPS_NAMED].join(", "), many - GROUPS_NAMED)?,
        }
        write!(f, ": {words}")?;
    }
    match by_words.values().skip(MOST_REASONS).map(Vec::len).sum::<usize>() {
        0 => Ok(()),
        more => write!(f, "; {} for other reasons", count(u64::try_from(more).unwrap_or(u64::MAX), "group")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::reason::Refusal;

    fn words(groups: impl IntoIterator<Item = (String, Refusal)>) -> String {
        let refusal = |(name, refusal)| GroupRefusal { group: GroupId { region: "us-west-2".to_owned(), name }, refusal };
        PodVerdict::CannotHelp { refusals: groups.into_iter().map(refusal).collect() }.to_string()
    }

    #[test]
    fn of_many_groups_some_are_named_and_of_many_reasons_some_are_given() {
        let named = |number: i64| (format!("g{number}"), Refusal::NotReviewed);
        assert!(words((0..5).map(named)).starts_with("g0, g1, g2, g3, g4: "), "{}", words((0..5).map(named)));
        assert!(words((0..6).map(named)).starts_with("g0, g1, g2 and 3 more: "), "{}", words((0..6).map(named)));
        let limited = |number: i64| (format!("g{number}"), Refusal::Full { max: number, planned: 0 });
        let many = words((0..10).map(limited));
        assert!(many.contains("g7: ") && !many.contains("g8: ") && many.ends_with("; 2 groups for other reasons"), "{many}");
        assert!(!words((0..8).map(limited)).contains("other reasons"));
    }
}
