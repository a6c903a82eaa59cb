//! How the launches of a group use reservations, by the settings of the group and of its launch
//! template.
//!
//! | setting | launches into |
//! |---|---|
//! | segments of the mixed instances policy | their kinds in that order, and `on-demand` if named |
//! | a market of the template that is a kind of reservation | the target, and nowhere else |
//! | preference of the group | over that of the template |
//! | target by id, in the template | the target, and nowhere else |
//! | target by resource group | what is in it, and otherwise on demand |
//! | `capacity-reservations-only` | the target, or what is open, and nowhere else |
//! | nothing | what is open, and otherwise on demand |
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-launch.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/use-distribution-segments.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CapacityReservationSpecification.html>

use aws_sdk_autoscaling::types::{
    AutoScalingGroup, CapacityReservationPreference, CapacityReservationTarget, InstancesDistribution, MixedInstancesPolicy,
    TargetCapacityType,
};

use super::setting::{Hardware, ReservationSetting, ReservationTarget, TemplatePreference};
use crate::snapshot::ReservationKind;

/// Which reservations the launches of a group may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReservationRule {
    /// The kinds, in the order in which they are taken.
    pub(crate) kinds: Vec<ReservationKind>,
    /// The ones that are named; absent where it takes what is open to all.
    pub(crate) target: Option<ReservationTarget>,
    /// Whether nothing is launched outside of them.
    pub(crate) only: bool,
    /// Whether a market or segments name the kinds, as against on-demand instances that find their
    /// place in reservations.
    pub(crate) names_kinds: bool,
}

/// Returns how what a group launches from a template uses reservations; `None` when it uses none.
pub(crate) fn rule_of(group: &AutoScalingGroup, setting: &ReservationSetting) -> Option<ReservationRule> {
    if setting.hardware == Hardware::Host {
        return None;
    }
    let of_group = group.capacity_reservation_specification();
    let target = of_group.and_then(|it| target_of(it.capacity_reservation_target()?)).or_else(|| setting.target.clone());
    if let Some(types) = segment_types(group) {
        let only = !types.contains(&TargetCapacityType::OnDemand);
        return Some(ReservationRule { kinds: types.iter().filter_map(kind_of).collect(), target, only, names_kinds: true });
    }
    if let Some(kind) = setting.market {
        return Some(ReservationRule { kinds: vec![kind], target, only: true, names_kinds: true });
    }
    let only = match of_group.and_then(|it| it.capacity_reservation_preference()) {
        Some(CapacityReservationPreference::None) => return None,
        Some(CapacityReservationPreference::CapacityReservationsOnly) => true,
        Some(CapacityReservationPreference::CapacityReservationsFirst) => false,
        _ => is_only_by_template(setting)?,
    };
    Some(ReservationRule { kinds: vec![ReservationKind::OnDemand], target, only, names_kinds: false })
}

/// Whether a template launches nothing outside of reservations; `None` when it uses none.
fn is_only_by_template(setting: &ReservationSetting) -> Option<bool> {
    match setting.preference {
        TemplatePreference::None => None,
        TemplatePreference::Only => Some(true),
        TemplatePreference::Open => Some(matches!(setting.target, Some(ReservationTarget::Id(_)))),
    }
}

/// Returns the capacity types of the segments of a group's policy; `None` where there are none. AWS
/// takes one segment.
fn segment_types(group: &AutoScalingGroup) -> Option<&[TargetCapacityType]> {
    let distribution = group.mixed_instances_policy().and_then(MixedInstancesPolicy::instances_distribution)?;
    let segments = InstancesDistribution::distribution_segments(distribution);
    let types = segments.first()?.target_capacity_types();
    (!types.is_empty()).then_some(types)
}

fn kind_of(capacity: &TargetCapacityType) -> Option<ReservationKind> {
    match capacity {
        TargetCapacityType::OnDemandCapacityReservation => Some(ReservationKind::OnDemand),
        TargetCapacityType::CapacityBlock => Some(ReservationKind::Block),
        TargetCapacityType::InterruptibleCapacityReservation => Some(ReservationKind::Interruptible),
        _ => None,
    }
}

/// Returns the target of a group, of which its lists hold one.
fn target_of(target: &CapacityReservationTarget) -> Option<ReservationTarget> {
    let id = target.capacity_reservation_ids().first().cloned().map(ReservationTarget::Id);
    id.or_else(|| target.capacity_reservation_resource_group_arns().first().cloned().map(ReservationTarget::ResourceGroup))
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::{CapacityReservationSpecification, DistributionSegment};

    use super::*;

    fn by_id(id: &str) -> ReservationTarget {
        ReservationTarget::Id(id.to_owned())
    }

    fn resource_group() -> ReservationTarget {
        ReservationTarget::ResourceGroup("arn:rg".to_owned())
    }

    fn template(preference: TemplatePreference, target: Option<ReservationTarget>) -> ReservationSetting {
        ReservationSetting { preference, target, ..ReservationSetting::default() }
    }

    fn preferring(preference: CapacityReservationPreference) -> AutoScalingGroup {
        let target = CapacityReservationTarget::builder().capacity_reservation_ids("cr-group").build();
        let specification = CapacityReservationSpecification::builder()
            .capacity_reservation_preference(preference)
            .capacity_reservation_target(target);
        AutoScalingGroup::builder().capacity_reservation_specification(specification.build()).build()
    }

    fn preferring_the_template_s() -> AutoScalingGroup {
        let specification =
            CapacityReservationSpecification::builder().capacity_reservation_preference(CapacityReservationPreference::Default);
        AutoScalingGroup::builder().capacity_reservation_specification(specification.build()).build()
    }

    fn plain() -> AutoScalingGroup {
        AutoScalingGroup::builder().build()
    }

    fn in_segments(types: &[TargetCapacityType]) -> AutoScalingGroup {
        let segment = DistributionSegment::builder().set_target_capacity_types(Some(types.to_vec())).build();
        let distribution = InstancesDistribution::builder().distribution_segments(segment).build();
        let policy = MixedInstancesPolicy::builder().instances_distribution(distribution).build();
        AutoScalingGroup::builder().mixed_instances_policy(policy).build()
    }

    #[test]
    fn a_template_decides_where_the_group_states_nothing() {
        use TemplatePreference::{None as NoUse, Only, Open};
        for (preference, target, only) in [
            (Open, None, Some(false)),
            (Open, Some(by_id("cr-1")), Some(true)),
            (Open, Some(resource_group()), Some(false)),
            (Only, None, Some(true)),
            (Only, Some(resource_group()), Some(true)),
            (NoUse, None, None),
        ] {
            for group in [plain(), preferring_the_template_s()] {
                let rule = rule_of(&group, &template(preference, target.clone()));
                assert_eq!(rule.as_ref().map(|rule| rule.only), only, "{preference:?} {target:?}");
                assert!(rule.is_none_or(|rule| rule.target == target && rule.kinds == [ReservationKind::OnDemand]));
            }
        }
    }

    #[test]
    fn the_group_s_own_preference_and_target_come_before_the_template_s() {
        use CapacityReservationPreference::{CapacityReservationsFirst, CapacityReservationsOnly, None as NoUse};
        for (preference, only) in
            [(CapacityReservationsFirst, Some(false)), (CapacityReservationsOnly, Some(true)), (NoUse, None)]
        {
            let rule = rule_of(&preferring(preference), &template(TemplatePreference::Only, Some(by_id("cr-template"))));
            assert_eq!(rule.map(|rule| (rule.only, rule.target)), only.map(|only| (only, Some(by_id("cr-group")))));
        }
    }

    #[test]
    fn a_market_of_reservations_launches_nowhere_else() {
        for kind in [ReservationKind::Block, ReservationKind::Interruptible] {
            let setting = ReservationSetting { market: Some(kind), ..template(TemplatePreference::Open, Some(by_id("cr-1"))) };
            let expected = ReservationRule { kinds: vec![kind], target: Some(by_id("cr-1")), only: true, names_kinds: true };
            assert_eq!(rule_of(&plain(), &setting), Some(expected));
        }
    }

    #[test]
    fn segments_order_the_kinds_and_allow_on_demand_where_they_name_it() {
        use TargetCapacityType::{CapacityBlock, OnDemand, OnDemandCapacityReservation};
        let setting = template(TemplatePreference::Open, Some(resource_group()));
        for (types, only) in [
            (vec![CapacityBlock, OnDemandCapacityReservation], true),
            (vec![CapacityBlock, OnDemandCapacityReservation, OnDemand], false),
        ] {
            let kinds = vec![ReservationKind::Block, ReservationKind::OnDemand];
            let expected = ReservationRule { kinds, target: Some(resource_group()), only, names_kinds: true };
            assert_eq!(rule_of(&in_segments(&types), &setting), Some(expected));
        }
    }

    #[test]
    fn a_host_of_one_s_own_has_no_reservations() {
        let setting = ReservationSetting { hardware: Hardware::Host, ..ReservationSetting::default() };
        assert_eq!(rule_of(&plain(), &setting), None);
    }
}
