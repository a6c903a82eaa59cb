//! Properties of findings: the group, the place among the others, and whether it leaves a run
//! incomplete.

use super::FindingCode;
use crate::snapshot::{GroupId, MissingFact};

impl FindingCode {
    /// Returns the group it is about, if it is about one.
    #[must_use]
    pub fn group(&self) -> Option<&GroupId> {
        match self {
            Self::GroupNotManaged { group, .. }
            | Self::GroupBlocked { group, .. }
            | Self::BelowPolicyMin { group, .. }
            | Self::BadTag { group, .. }
            | Self::DesiredAboveMax { group, .. }
            | Self::InstanceRefresh { group }
            | Self::ReplacesAtRisk { group, .. }
            | Self::ShortLifetime { group, .. }
            | Self::ScheduledChange { group, .. }
            | Self::ReservationEnds { group, .. }
            | Self::ScheduleNotUnderstood { group, .. }
            | Self::ZonalVolumes { group, .. }
            | Self::TemplateDiffers { group, .. }
            | Self::HelpedNobody { group, .. }
            | Self::GangFellShort { group, .. }
            | Self::OddSibling { group, .. }
            | Self::MixedSizes { group, .. }
            | Self::NotBalanced { group, .. }
            | Self::PriceMissing { group, .. }
            | Self::NeverRegistered { group, .. }
            | Self::NeverFinished { group, .. }
            | Self::Strangers { group, .. }
            | Self::DaemonSetFitsNowhere { group, .. }
            | Self::Advice { group, .. }
            | Self::MissingFact { fact: MissingFact::Activities { group } | MissingFact::LaunchOptions { group }, .. } => {
                Some(group)
            }
            Self::RegionUnreadable { .. }
            | Self::ReservedIdle { .. }
            | Self::MissingFact { .. }
            | Self::MassFailure { .. }
            | Self::AccountUnknown { .. }
            | Self::ClockOff { .. }
            | Self::Contested { .. }
            | Self::PodsRefused { .. }
            | Self::SelectedNodeIgnored { .. }
            | Self::RunPreempts { .. }
            | Self::RunOnWorker { .. }
            | Self::SilentNode { .. }
            | Self::StepRefused { .. }
            | Self::GroupTagMatchesNothing { .. }
            | Self::MaxScaleUpHit { .. }
            | Self::MaxGrowthHit { .. }
            | Self::ClusterLimitHit { .. }
            | Self::NamedLimitHit { .. }
            | Self::PodQuotaHit { .. }
            | Self::QuotaHit { .. }
            | Self::DevicesInPieces { .. }
            | Self::DeadNode { .. }
            | Self::DrainGivenUp { .. }
            | Self::ForeignAutoscaler { .. }
            | Self::TaintLeft { .. }
            | Self::UnmanagedNodes { .. } => None,
        }
    }

    /// Returns the nodes it is about.
    #[must_use]
    pub fn nodes(&self) -> Vec<&str> {
        match self {
            Self::Contested { node, other } => vec![node, other],
            Self::DevicesInPieces { freed: node, .. }
            | Self::SelectedNodeIgnored { node, .. }
            | Self::RunOnWorker { node }
            | Self::SilentNode { node, .. }
            | Self::DrainGivenUp { node, .. }
            | Self::OddSibling { node, .. }
            | Self::PodsRefused { node, .. }
            | Self::DeadNode { node, .. } => vec![node],
            Self::ReservationEnds { nodes, .. } => nodes.iter().map(String::as_str).collect(),
            Self::NeverFinished { example, .. } | Self::TaintLeft { example, .. } => vec![example],
            Self::GroupNotManaged { .. }
            | Self::GroupBlocked { .. }
            | Self::BadTag { .. }
            | Self::DesiredAboveMax { .. }
            | Self::InstanceRefresh { .. }
            | Self::ReplacesAtRisk { .. }
            | Self::ReservedIdle { .. }
            | Self::ShortLifetime { .. }
            | Self::ScheduledChange { .. }
            | Self::ScheduleNotUnderstood { .. }
            | Self::ZonalVolumes { .. }
            | Self::TemplateDiffers { .. }
            | Self::MixedSizes { .. }
            | Self::NotBalanced { .. }
            | Self::PriceMissing { .. }
            | Self::NeverRegistered { .. }
            | Self::Strangers { .. }
            | Self::DaemonSetFitsNowhere { .. }
            | Self::Advice { .. }
            | Self::RegionUnreadable { .. }
            | Self::MissingFact { .. }
            | Self::MassFailure { .. }
            | Self::AccountUnknown { .. }
            | Self::ClockOff { .. }
            | Self::RunPreempts { .. }
            | Self::StepRefused { .. }
            | Self::GroupTagMatchesNothing { .. }
            | Self::MaxScaleUpHit { .. }
            | Self::MaxGrowthHit { .. }
            | Self::HelpedNobody { .. }
            | Self::GangFellShort { .. }
            | Self::ClusterLimitHit { .. }
            | Self::NamedLimitHit { .. }
            | Self::PodQuotaHit { .. }
            | Self::BelowPolicyMin { .. }
            | Self::QuotaHit { .. }
            | Self::ForeignAutoscaler { .. }
            | Self::UnmanagedNodes { .. } => Vec::new(),
        }
    }

    /// Returns its place in the order in which findings are shown: those that leave a run
    /// incomplete, those about the cluster and the limits of groups, advice on how groups are set
    /// up, and the others.
    pub(in crate::plan) fn place(&self) -> u8 {
        const FIRST_OF_THE_OTHERS: FindingCode =
            FindingCode::InstanceRefresh { group: GroupId { region: String::new(), name: String::new() } };
        if matches!(self, Self::Advice { .. }) {
            return 2;
        }
        match (self.is_incomplete(), *self < FIRST_OF_THE_OTHERS) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 3,
        }
    }

    /// Whether the run is incomplete because of it (exit code 3): without it the run could have
    /// done more.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        match self {
            Self::RegionUnreadable { .. }
            | Self::MassFailure { .. }
            | Self::StepRefused { .. }
            | Self::AccountUnknown { grows: false, .. }
            | Self::ClockOff { stops_removals: true, .. } => true,
            Self::MissingFact { fact, .. } => fact.leaves_a_run_incomplete(),
            Self::MaxScaleUpHit { .. }
            | Self::MaxGrowthHit { .. }
            | Self::ClusterLimitHit { .. }
            | Self::NamedLimitHit { .. }
            | Self::PodQuotaHit { .. }
            | Self::BelowPolicyMin { .. }
            | Self::QuotaHit { .. }
            | Self::GroupNotManaged { .. }
            | Self::GroupBlocked { .. }
            | Self::BadTag { .. }
            | Self::DesiredAboveMax { .. }
            | Self::InstanceRefresh { .. }
            | Self::ReplacesAtRisk { .. }
            | Self::ReservationEnds { .. }
            | Self::ReservedIdle { .. }
            | Self::ShortLifetime { .. }
            | Self::ScheduledChange { .. }
            | Self::ScheduleNotUnderstood { .. }
            | Self::ZonalVolumes { .. }
            | Self::TemplateDiffers { .. }
            | Self::HelpedNobody { .. }
            | Self::GangFellShort { .. }
            | Self::DevicesInPieces { .. }
            | Self::PodsRefused { .. }
            | Self::OddSibling { .. }
            | Self::MixedSizes { .. }
            | Self::NotBalanced { .. }
            | Self::PriceMissing { .. }
            | Self::NeverRegistered { .. }
            | Self::NeverFinished { .. }
            | Self::GroupTagMatchesNothing { .. }
            | Self::AccountUnknown { grows: true, .. }
            | Self::ClockOff { stops_removals: false, .. }
            | Self::Strangers { .. }
            | Self::Contested { .. }
            | Self::DaemonSetFitsNowhere { .. }
            | Self::SelectedNodeIgnored { .. }
            | Self::RunPreempts { .. }
            | Self::RunOnWorker { .. }
            | Self::SilentNode { .. }
            | Self::DeadNode { .. }
            | Self::DrainGivenUp { .. }
            | Self::ForeignAutoscaler { .. }
            | Self::TaintLeft { .. }
            | Self::UnmanagedNodes { .. }
            | Self::Advice { .. } => false,
        }
    }
}
