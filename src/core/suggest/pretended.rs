//! Groups that do not exist.

use std::collections::BTreeSet;

use super::needs::NodeNeeds;
use crate::snapshot::{
    Group, GroupId, Labels, LaunchDetails, LaunchOption, MachineType, Market, Membership, Name, NodeFormula, OperatingSystem,
    Purchase, Resources, Snapshot, TagFacts, Weight,
};
use crate::well_known::resources::EFA;

/// More than any plan launches.
const NO_MAXIMUM: i64 = 100_000;

/// How a group would be set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PretendedGroup {
    /// Which pods it is for: their place in the list of similar pods.
    pub(super) of: usize,
    pub(super) name: String,
    pub(super) region: String,
    pub(super) zones: Vec<String>,
    /// The smallest first.
    pub(super) machines: Vec<MachineType>,
    pub(super) market: Market,
    pub(super) root_volume_gib: Option<i64>,
    /// Amounts that no description of the machine type states.
    pub(super) resources: Resources,
    pub(super) needs: NodeNeeds,
    pub(super) max: Option<i64>,
}

impl PretendedGroup {
    pub(super) fn id(&self) -> GroupId {
        GroupId { region: self.region.clone(), name: self.name.clone() }
    }

    pub(super) fn first_type(&self) -> &str {
        self.machines.first().map_or("", |machine| machine.name.as_str())
    }

    /// Returns the EFA interfaces that its machines get: all that the types have, where pods
    /// request any.
    pub(super) fn efa_interfaces(&self) -> i64 {
        let most = self.machines.iter().map(|machine| machine.max_efa_interfaces).min().unwrap_or(0);
        if self.needs.devices.contains(EFA) { most } else { 0 }
    }

    pub(super) fn labels(&self) -> Labels {
        self.needs.labels.iter().map(|(key, value)| (Name::from(key.as_str()), Name::from(value.as_str()))).collect()
    }

    /// Returns the group as the planner would see it.
    pub(super) fn group(&self) -> Group {
        let option = |machine: &MachineType| LaunchOption {
            machine_type: machine.name.clone(),
            weight: Weight::ONE,
            image: None,
            launch_version: None,
            root_volume_gib: self.root_volume_gib,
            efa_interfaces: self.efa_interfaces(),
            details: LaunchDetails {
                operating_system: Some(OperatingSystem::Linux),
                architecture: Some(machine.architecture),
                ..LaunchDetails::default()
            },
        };
        Group {
            launch_options: self.machines.iter().map(option).collect(),
            max: self.max.unwrap_or(NO_MAXIMUM),
            zones: self.zones.clone(),
            purchase: match self.market {
                Market::OnDemand => Purchase::OnDemand,
                Market::Spot => Purchase::Spot { max_price: None },
            },
            tags: TagFacts {
                labels: self.labels(),
                taints: self.needs.taints.clone(),
                resources: self.resources.clone(),
                ..TagFacts::default()
            },
            ..empty(self.id())
        }
    }
}

fn empty(id: GroupId) -> Group {
    Group {
        id,
        managed_by: Membership::ClusterAutoscalerTags,
        min: 0,
        max: 0,
        desired: 0,
        zones: Vec::new(),
        launch_options: Vec::new(),
        node_formula: NodeFormula::default(),
        purchase: Purchase::OnDemand,
        instances: Vec::new(),
        lowest_spot_price: None,
        reserved: crate::snapshot::ReservedUse::default(),
        placement: None,
        activities: Vec::new(),
        cannot: crate::snapshot::Cannot::default(),
        rebalances_zones: false,
        zone_strategy: crate::snapshot::ZoneStrategy::default(),
        zone_choice: crate::snapshot::ZoneChoice::default(),
        launches_protected: false,
        advice: Vec::new(),
        hooks: crate::snapshot::LifecycleHooks::default(),
        automatic: crate::snapshot::AutomaticChanges::default(),
        tags: TagFacts::default(),
        node_group: crate::snapshot::NodeGroupFacts::default(),
        foreign_cluster: None,
    }
}

/// Gives each blueprint a name of its own that no group of the snapshot has.
pub(super) fn name_all(blueprints: &mut [PretendedGroup], snapshot: &Snapshot) {
    let mut taken: BTreeSet<String> = snapshot.groups.iter().map(|group| group.id.name.clone()).collect();
    taken.extend(snapshot.rejected_groups.iter().map(|group| group.id.name.clone()));
    for blueprint in blueprints {
        let wanted = wanted_name(blueprint);
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let name = std::iter::once(wanted.clone()).chain(numbered).find(|name| !taken.contains(name));
        blueprint.name = name.unwrap_or(wanted);
        taken.insert(blueprint.name.clone());
    }
}

fn wanted_name(blueprint: &PretendedGroup) -> String {
    if let Some(name) = &blueprint.needs.name {
        return name.clone();
    }
    let machine = blueprint.first_type().replace('.', "-");
    let spot = if blueprint.market == Market::Spot { "-spot" } else { "" };
    match blueprint.zones.as_slice() {
        [zone] => format!("{machine}{spot}-{zone}"),
        _ => format!("{machine}{spot}"),
    }
}
