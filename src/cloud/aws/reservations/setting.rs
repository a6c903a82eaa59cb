//! What a launch template or a launch configuration states about reservations.

use aws_sdk_ec2::types::{
    CapacityReservationPreference, CapacityReservationTargetResponse, LaunchTemplatePlacement, MarketType,
    ResponseLaunchTemplateData, Tenancy,
};

use crate::snapshot::ReservationKind;

/// What a launch template or a launch configuration states about reservations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReservationSetting {
    /// The kind of reservations into which alone it launches, where its market is one of those.
    pub(crate) market: Option<ReservationKind>,
    pub(crate) preference: TemplatePreference,
    pub(crate) target: Option<ReservationTarget>,
    pub(crate) hardware: Hardware,
    /// The name of its placement group.
    pub(crate) placement_group: Option<String>,
}

/// How a launch template prefers reservations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TemplatePreference {
    /// It takes one that is open to all where there is one.
    #[default]
    Open,
    /// It uses none.
    None,
    /// It launches nothing outside of them.
    Only,
}

/// The reservations that a set-up names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReservationTarget {
    /// The one with this id.
    Id(String),
    /// Those in the resource group with this ARN.
    ResourceGroup(String),
}

/// The hardware on which instances run, and for which a reservation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Hardware {
    /// Shared with other accounts.
    #[default]
    Shared,
    /// That of one account.
    Dedicated,
    /// A host of one's own, which has no place for reservations.
    Host,
}

impl Hardware {
    /// Returns the hardware of a tenancy in the words of EC2.
    pub(crate) fn of_tenancy(tenancy: Option<&str>) -> Self {
        match tenancy {
            Some("dedicated") => Self::Dedicated,
            Some("host") => Self::Host,
            _ => Self::Shared,
        }
    }
}

/// Returns what a launch template states.
pub(crate) fn of_template(data: &ResponseLaunchTemplateData) -> ReservationSetting {
    let market = data.instance_market_options().and_then(|market| market.market_type.as_ref());
    let specification = data.capacity_reservation_specification();
    let preference = specification.and_then(|it| it.capacity_reservation_preference.as_ref());
    let placement = data.placement();
    ReservationSetting {
        market: market.and_then(kind_of_market),
        preference: preference.map_or(TemplatePreference::Open, preference_of),
        target: specification.and_then(|it| target(it.capacity_reservation_target()?)),
        hardware: Hardware::of_tenancy(placement.and_then(LaunchTemplatePlacement::tenancy).map(Tenancy::as_str)),
        placement_group: placement.and_then(|placement| placement.group_name.clone()),
    }
}

fn kind_of_market(market: &MarketType) -> Option<ReservationKind> {
    match market {
        MarketType::CapacityBlock => Some(ReservationKind::Block),
        MarketType::InterruptibleCapacityReservation => Some(ReservationKind::Interruptible),
        _ => None,
    }
}

fn preference_of(preference: &CapacityReservationPreference) -> TemplatePreference {
    match preference {
        CapacityReservationPreference::None => TemplatePreference::None,
        CapacityReservationPreference::CapacityReservationsOnly => TemplatePreference::Only,
        _ => TemplatePreference::Open,
    }
}

fn target(target: &CapacityReservationTargetResponse) -> Option<ReservationTarget> {
    let id = target.capacity_reservation_id.clone().map(ReservationTarget::Id);
    id.or_else(|| target.capacity_reservation_resource_group_arn.clone().map(ReservationTarget::ResourceGroup))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        LaunchTemplateCapacityReservationSpecificationResponse as Specification, LaunchTemplateInstanceMarketOptions as Market,
    };

    use super::*;

    #[test]
    fn a_template_that_states_nothing_takes_what_is_open() {
        let setting = of_template(&ResponseLaunchTemplateData::builder().build());
        assert_eq!(setting, ReservationSetting::default());
        assert_eq!(setting.preference, TemplatePreference::Open);
    }

    #[test]
    fn a_template_states_market_target_preference_and_hardware() {
        let target = CapacityReservationTargetResponse::builder().capacity_reservation_id("cr-1").build();
        let data = ResponseLaunchTemplateData::builder()
            .instance_market_options(Market::builder().market_type(MarketType::CapacityBlock).build())
            .capacity_reservation_specification(Specification::builder().capacity_reservation_target(target).build())
            .placement(LaunchTemplatePlacement::builder().tenancy(Tenancy::Dedicated).group_name("near").build());
        let expected = ReservationSetting {
            market: Some(ReservationKind::Block),
            preference: TemplatePreference::Open,
            target: Some(ReservationTarget::Id("cr-1".into())),
            hardware: Hardware::Dedicated,
            placement_group: Some("near".into()),
        };
        assert_eq!(of_template(&data.build()), expected);
    }

    #[test]
    fn a_resource_group_is_a_target_and_a_preference_is_kept() {
        let target = CapacityReservationTargetResponse::builder().capacity_reservation_resource_group_arn("arn:rg").build();
        let specification = Specification::builder()
            .capacity_reservation_preference(CapacityReservationPreference::CapacityReservationsOnly)
            .capacity_reservation_target(target);
        let data = ResponseLaunchTemplateData::builder().capacity_reservation_specification(specification.build());
        let setting = of_template(&data.build());
        assert_eq!(setting.preference, TemplatePreference::Only);
        assert_eq!(setting.target, Some(ReservationTarget::ResourceGroup("arn:rg".into())));
    }
}
