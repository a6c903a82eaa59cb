//! A group that is empty, protected and on demand, which the clusters of all benches share.

use ec2_autoscale_core::snapshot::{
    AutomaticChanges, Cannot, Group, GroupId, LaunchDetails, LaunchOption, LifecycleHooks, Membership, NodeFormula,
    NodeGroupFacts, Purchase, ReservedUse, TagFacts, Weight, ZoneChoice, ZoneStrategy,
};

/// Returns a group of one machine type that may grow to `max` nodes.
pub(crate) fn group(region: &str, name: String, machine_type: String, max: i64, zones: Vec<String>) -> Group {
    Group {
        id: GroupId { region: region.to_owned(), name },
        managed_by: Membership::ClusterTag,
        min: 0,
        max,
        desired: 0,
        zones,
        launch_options: vec![LaunchOption {
            machine_type,
            weight: Weight::ONE,
            image: None,
            launch_version: None,
            root_volume_gib: None,
            efa_interfaces: 0,
            details: LaunchDetails::default(),
        }],
        purchase: Purchase::OnDemand,
        instances: vec![],
        activities: vec![],
        cannot: Cannot::default(),
        rebalances_zones: false,
        launches_protected: true,
        zone_strategy: ZoneStrategy::default(),
        zone_choice: ZoneChoice::default(),
        reserved: ReservedUse::default(),
        placement: None,
        node_group: NodeGroupFacts::default(),
        hooks: LifecycleHooks::default(),
        automatic: AutomaticChanges::default(),
        tags: TagFacts::default(),
        foreign_cluster: None,
        node_formula: NodeFormula::default(),
        lowest_spot_price: None,
        advice: vec![],
    }
}
