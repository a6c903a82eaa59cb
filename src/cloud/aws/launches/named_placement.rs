//! The placement group that a launch template names.

use aws_sdk_ec2::types::LaunchTemplatePlacement;

/// A placement group as a launch template or a group names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPlacement {
    pub(super) name: PlacementRef,
    pub(super) partition: Option<i64>,
}

/// A placement group by one of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PlacementRef {
    Id(String),
    Name(String),
}

/// Returns the placement group that a launch template names.
pub(super) fn of_template(placement: Option<&LaunchTemplatePlacement>) -> Option<NamedPlacement> {
    let placement = placement?;
    let id = placement.group_id().filter(|id| !id.is_empty()).map(|id| PlacementRef::Id(id.to_owned()));
    let named = || placement.group_name().filter(|name| !name.is_empty()).map(|name| PlacementRef::Name(name.to_owned()));
    let partition = placement.partition_number().filter(|number| *number > 0).map(i64::from);
    Some(NamedPlacement { name: id.or_else(named)?, partition })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_names_a_group_by_id_before_name() {
        let placement = LaunchTemplatePlacement::builder();
        assert_eq!(of_template(None), None);
        assert_eq!(of_template(Some(&placement.clone().availability_zone("us-west-2a").build())), None);
        let both = placement.group_id("pg-1").group_name("near").partition_number(2).build();
        assert_eq!(
            of_template(Some(&both)),
            Some(NamedPlacement { name: PlacementRef::Id("pg-1".into()), partition: Some(2) })
        );
    }
}
