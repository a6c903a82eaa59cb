//! What mends a finding, and which findings are left to a person.

mod left;
mod protection;
mod role_tag;
mod stated_facts;

use std::collections::BTreeMap;

use crate::cloud::SetUpChange;
use crate::plan::{Finding, FindingCode};
use crate::policy::Policy;
use crate::snapshot::{AdviceCode, Group, GroupId, Snapshot};

/// The ids of the instances of groups.
pub type Members = BTreeMap<GroupId, Vec<String>>;

/// What the rules look at.
pub(super) struct MendQuestion<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) policy: &'a Policy,
    /// The instances of groups that are not managed, as far as they were read.
    pub(super) members: &'a Members,
}

impl MendQuestion<'_> {
    fn group(&self, id: &GroupId) -> Option<&Group> {
        self.snapshot.groups.iter().find(|group| group.id == *id)
    }

    fn is_named(&self, group: &GroupId) -> bool {
        self.policy.only_groups.contains(&group.name)
    }
}

/// What mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mend {
    pub(super) group: GroupId,
    /// The changes, in their order.
    pub(super) changes: Vec<SetUpChange>,
    /// Why something of the finding has no single right mend.
    pub(super) left: Vec<String>,
}

impl Mend {
    fn new(group: &GroupId) -> Self {
        Self { group: group.clone(), changes: Vec::new(), left: Vec::new() }
    }

    fn left(group: &GroupId, why: &str) -> Self {
        Self { left: vec![why.to_owned()], ..Self::new(group) }
    }
}

/// Finds what mends a finding; `None` when it is not about how a group is set up.
pub(super) fn mend(finding: &Finding, seen: &MendQuestion<'_>) -> Option<Mend> {
    use FindingCode as F;
    let left = |group: &GroupId, why: &str| Some(Mend::left(group, why));
    match &finding.code {
        F::Advice { code: AdviceCode::Unprotected, group } => seen.group(group).map(protection::mend),
        F::Advice { code, group } => left(group, left::advice(*code)),
        F::GroupNotManaged { group, rejection } => Some(role_tag::mend(group, rejection, seen)),
        F::TemplateDiffers { group, differences } => Some(stated_facts::mend(seen.group(group)?, differences, seen.policy)),
        F::BadTag { group, .. } => left(group, left::BAD_TAG),
        F::DesiredAboveMax { group, .. } => left(group, left::DESIRED_ABOVE_MAX),
        F::ShortLifetime { group, .. } => left(group, left::SHORT_LIFETIME),
        F::ReplacesAtRisk { group, .. } => left(group, left::REPLACES_AT_RISK),
        F::ScheduledChange { group, .. } | F::ScheduleNotUnderstood { group, .. } => left(group, left::SCHEDULED),
        F::ZonalVolumes { group, .. } | F::MixedSizes { group, .. } => left(group, left::NEEDS_GROUPS),
        F::NotBalanced { group, .. } => left(group, left::NOT_BALANCED),
        // They are about the run, about machines, or about others.
        F::RegionUnreadable { .. }
        | F::MissingFact { .. }
        | F::MassFailure { .. }
        | F::AccountUnknown { .. }
        | F::ClockOff { .. }
        | F::MaxScaleUpHit { .. }
        | F::MaxGrowthHit { .. }
        | F::ClusterLimitHit { .. }
        | F::NamedLimitHit { .. }
        | F::PodQuotaHit { .. }
        | F::BelowPolicyMin { .. }
        | F::QuotaHit { .. }
        | F::GroupTagMatchesNothing { .. }
        | F::GroupBlocked { .. }
        | F::InstanceRefresh { .. }
        | F::HelpedNobody { .. }
        | F::GangFellShort { .. }
        | F::DevicesInPieces { .. }
        | F::PodsRefused { .. }
        | F::OddSibling { .. }
        | F::PriceMissing { .. }
        | F::NeverRegistered { .. }
        | F::NeverFinished { .. }
        | F::Strangers { .. }
        | F::Contested { .. }
        | F::DaemonSetFitsNowhere { .. }
        | F::SelectedNodeIgnored { .. }
        | F::RunPreempts { .. }
        | F::RunOnWorker { .. }
        | F::SilentNode { .. }
        | F::StepRefused { .. }
        | F::DrainGivenUp { .. }
        | F::ReservationEnds { .. }
        | F::ReservedIdle { .. }
        | F::DeadNode { .. }
        | F::ForeignAutoscaler { .. }
        | F::TaintLeft { .. }
        | F::UnmanagedNodes { .. } => None,
    }
}
