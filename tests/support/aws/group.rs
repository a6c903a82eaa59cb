//! Describing a group to be made, and what one is like.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::account::Account;
use super::instance::Instance;

/// A group that `create()` makes. Unsaid: us-west-2, its first zone, an m5.large launch
/// template, bounds 0 and 10, desired at the minimum, no tags.
pub(crate) struct NewGroup<'a> {
    account: &'a Account,
    wish: Wish,
}

#[derive(Serialize)]
struct Wish {
    region: String,
    name: String,
    min: u32,
    max: u32,
    desired: Option<u32>,
    zones: Vec<String>,
    second_subnets: Vec<String>,
    tags: Vec<(String, String)>,
    protected: bool,
    suspended: Vec<String>,
    placement_group: Option<String>,
    launch: Launch,
}

#[derive(Serialize)]
struct Launch {
    kind: &'static str,
    instance_type: Option<String>,
    version: Option<String>,
    spot: bool,
    spot_price: Option<String>,
    root_volume_gib: Option<u32>,
    template_data: Value,
    overrides: Vec<Value>,
    distribution: Value,
}

impl Launch {
    fn of(kind: &'static str, instance_type: Option<&str>) -> Self {
        Self {
            kind,
            instance_type: instance_type.map(str::to_owned),
            version: None,
            spot: false,
            spot_price: None,
            root_volume_gib: None,
            template_data: json!({}),
            overrides: Vec::new(),
            distribution: json!({}),
        }
    }
}

impl<'a> NewGroup<'a> {
    pub(crate) fn named(account: &'a Account, name: &str) -> Self {
        let wish = Wish {
            region: "us-west-2".to_owned(),
            name: name.to_owned(),
            min: 0,
            max: 10,
            desired: None,
            zones: Vec::new(),
            second_subnets: Vec::new(),
            tags: Vec::new(),
            protected: false,
            suspended: Vec::new(),
            placement_group: None,
            launch: Launch::of("template", Some("m5.large")),
        };
        Self { account, wish }
    }

    pub(crate) fn region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.wish.region);
        self
    }

    /// A launch template with this type; the group follows its `$Default` version.
    pub(crate) fn launch_template(mut self, instance_type: &str) -> Self {
        self.wish.launch = Launch::of("template", Some(instance_type));
        self
    }

    /// The version the group follows: a number, `$Default` or `$Latest`.
    pub(crate) fn template_version(mut self, version: &str) -> Self {
        self.wish.launch.version = Some(version.to_owned());
        self
    }

    pub(crate) fn launch_configuration(mut self, instance_type: &str) -> Self {
        self.wish.launch = Launch::of("configuration", Some(instance_type));
        self
    }

    pub(crate) fn mixed(mut self, mixed: Mixed) -> Self {
        self.wish.launch = Launch { overrides: mixed.overrides, distribution: mixed.distribution, ..Launch::of("mixed", None) };
        self
    }

    /// The launch template asks for spot instances.
    pub(crate) fn spot(mut self) -> Self {
        self.wish.launch.spot = true;
        self
    }

    /// The launch configuration bids this price for spot instances.
    pub(crate) fn spot_price(mut self, price: &str) -> Self {
        self.wish.launch.spot_price = Some(price.to_owned());
        self
    }

    pub(crate) fn root_volume_gib(mut self, gib: u32) -> Self {
        self.wish.launch.root_volume_gib = Some(gib);
        self
    }

    /// More of the launch template, in the API's own spelling.
    pub(crate) fn template_data(mut self, data: Value) -> Self {
        self.wish.launch.template_data = data;
        self
    }

    pub(crate) fn min(mut self, min: u32) -> Self {
        self.wish.min = min;
        self
    }

    pub(crate) fn max(mut self, max: u32) -> Self {
        self.wish.max = max;
        self
    }

    /// The desired capacity to start with; its instances launch under the rules in force.
    pub(crate) fn desired(mut self, desired: u32) -> Self {
        self.wish.desired = Some(desired);
        self
    }

    pub(crate) fn zones<const N: usize>(mut self, zones: [&str; N]) -> Self {
        self.wish.zones = zones.map(str::to_owned).to_vec();
        self
    }

    /// The group has a second subnet in this zone of its own.
    pub(crate) fn second_subnet(mut self, zone: &str) -> Self {
        self.wish.second_subnets.push(zone.to_owned());
        self
    }

    pub(crate) fn tag(mut self, key: &str, value: &str) -> Self {
        self.wish.tags.push((key.to_owned(), value.to_owned()));
        self
    }

    /// New instances are protected from scale-in.
    pub(crate) fn protected(mut self) -> Self {
        self.wish.protected = true;
        self
    }

    pub(crate) fn suspended<const N: usize>(mut self, processes: [&str; N]) -> Self {
        self.wish.suspended = processes.map(str::to_owned).to_vec();
        self
    }

    /// The group itself names a placement group.
    pub(crate) fn placement_group(mut self, name: &str) -> Self {
        self.wish.placement_group = Some(name.to_owned());
        self
    }

    pub(crate) fn create(self) {
        let wish = serde_json::to_value(&self.wish).expect("group as JSON");
        self.account.tell("group", wish);
    }
}

/// A mixed instances policy.
pub(crate) struct Mixed {
    overrides: Vec<Value>,
    distribution: Value,
}

impl Mixed {
    /// Overrides with these types, best first, all on-demand.
    pub(crate) fn of<const N: usize>(types: [&str; N]) -> Self {
        let overrides = types.map(|name| json!({"InstanceType": name})).to_vec();
        Self { overrides, distribution: json!({"OnDemandPercentageAboveBaseCapacity": 100}) }
    }

    /// Weighted overrides: desired counts weights.
    pub(crate) fn weighted<const N: usize>(types: [(&str, u32); N]) -> Self {
        let mut mixed = Self::of([]);
        mixed.overrides =
            types.map(|(name, weight)| json!({"InstanceType": name, "WeightedCapacity": weight.to_string()})).to_vec();
        mixed
    }

    /// One override with InstanceRequirements, in the API's own spelling.
    pub(crate) fn meeting(requirements: &Value) -> Self {
        let mut mixed = Self::of([]);
        mixed.overrides = vec![json!({"InstanceRequirements": requirements})];
        mixed
    }

    /// The capacity types that it takes, in this order, in the API's own words.
    pub(crate) fn segment(mut self, types: &[&str]) -> Self {
        self.distribution = json!({"DistributionSegments": [{"TargetCapacityTypes": types}]});
        self
    }

    pub(crate) fn on_demand_base(mut self, capacity: u32) -> Self {
        self.distribution["OnDemandBaseCapacity"] = json!(capacity);
        self
    }

    /// What is above the base is on-demand to this percentage and spot for the rest.
    pub(crate) fn on_demand_percentage(mut self, percentage: u32) -> Self {
        self.distribution["OnDemandPercentageAboveBaseCapacity"] = json!(percentage);
        self
    }
}

/// A group as the emulator knows it, past all paging and filters.
#[derive(Debug, Deserialize)]
pub(crate) struct GroupState {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) desired: u32,
    pub(crate) instances: Vec<Instance>,
}

/// How a group is set up, as the emulator knows it.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct GroupSetUp {
    pub(crate) launches_protected: bool,
    /// The suspended processes, by name.
    pub(crate) suspended: Vec<String>,
    /// The ids of the instances that are protected from scale-in.
    pub(crate) protected: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl GroupState {
    /// How many instances are in this lifecycle state.
    pub(crate) fn count(&self, lifecycle_state: &str) -> usize {
        let in_state = |instance: &&Instance| instance.lifecycle_state == lifecycle_state;
        self.instances.iter().filter(in_state).count()
    }
}
