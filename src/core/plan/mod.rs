//! The planner: a snapshot and a policy in, a plan out. It has no clock and no I/O, and the order
//! of the input does not matter.
//!
//! A plan is made in three steps: `situation` joins everything that was seen, `decisions` holds
//! what to do about it, and `compose` writes both down as a document.

mod absent_pods;
mod action;
mod action_words;
mod allowed;
mod amounts;
mod bill;
pub mod check;
mod class_turn;
mod closed_part;
pub mod codes;
mod compose;
mod decisions;
mod difference;
mod document;
mod drain;
pub mod explain;
mod findings;
mod fleet;
mod gang_findings;
mod gangs;
mod group_health;
mod growth_block;
mod known_pods;
mod node_outcome;
mod node_state;
mod outline;
mod outlook;
mod pending;
mod pod_claims;
mod proofs;
mod proposal;
mod reading;
mod reason;
mod refusals;
mod report;
mod requests;
mod reservation_findings;
pub mod saved;
mod scale_in;
mod scale_up;
mod schedule;
mod settling;
mod situation;
mod subject;
mod template;
mod v1;
mod view_findings;

pub use action::{Action, Eviction, GroupGrowth, LaunchElsewhere, NodeRef, ZoneLaunch};
pub use allowed::allowed;
pub use bill::{Bill, GroupBill, ListBill};
pub use closed_part::ClosedPart;
pub use difference::{
    ComparedPlan, DIFFERENCE_SCHEMA, FlagDifference, PlanDifference, PodOutcome, PodsDifference, StepDifference,
};
pub use document::{Plan, SCHEMA, Summary};
pub use drain::{BlockReason, DrainTerms, Drainability, EvictionCost, EvictionLimits, PodInTheWay, WaitReason};
pub use growth_block::GrowthBlock;
pub use outline::Outline;
pub use proposal::Proposal;
pub use reading::PlanError;
pub use reason::{
    CohortUse, CordonReason, DrainReason, GroupRefusal, GrowReason, LimitPlace, Refusal, TerminateReason, UncordonReason,
    UnhealthyReason, count,
};
pub use refusals::Refusals;
pub use report::{
    AddedReport, BookingEnd, BufferOutcome, BufferReport, Clock, ConsolidationScore, DueCondition, ExpectedPlaces,
    ExpectedReport, FactSource, FellShort, Finding, FindingCode, GangOutcome, GangReport, GroupReport, Hold, InstanceReport,
    InstanceState, Leftover, NewNode, NodeDecision, NodeReport, NodeState, NotEmptied, NotPlaced, OnNewNodes, PodReport,
    PodVerdict, Proof, ProofReport, Replay, RequestFailure, RequestReport, RequestState, RoomFor, RoomKind, Ruling,
    SiblingDifference, TemplateDifference, TemplateReport, Unhelpful, Unlike, UpcomingNode, Utilization, WithoutReport,
};
pub use v1::{JSON_SCHEMA_V1, SCHEMA_V1};

pub use template::{TemplateProblem, is_by_hand};

pub(crate) use fleet::Prices;
pub(crate) use known_pods::{KnownPod, KnownPods, RequestsBySpec};
pub(crate) use outlook::{ExpectedNode, GroupOutlook, outlook};
pub(crate) use schedule::scheduled_runs;

use crate::policy::Policy;
use crate::snapshot::Snapshot;

/// Decides what to do about a snapshot under a policy.
///
/// It always succeeds: whatever is wrong becomes a verdict or a finding.
#[must_use]
pub fn plan(snapshot: &Snapshot, policy: &Policy) -> Plan {
    Proposal::new(snapshot, policy).into_plan()
}
