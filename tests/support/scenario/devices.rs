//! Devices that pods claim: `class`, `claim` and `devices`. A selector in CEL stands behind
//! `where`.
//!
//! ```text
//! class gpu [resource=nvidia.com/gpu] [where device.driver == "gpu.example.com"]
//! claim one [class=gpu] [count=2] [all] [tolerate=k] [same=model] [first=big:1,small:2]
//!           [where CEL]       what claims of that name request; `first` has classes with
//!                             counts, of which the first counts that can be had
//! devices n x2 [driver=gpu.example.com] [attribute=model:A100] [capacity=memory:80Gi] [taint=k]
//!           [slices=2]        the devices of a node; a pool of two slices is not complete
//!           [of-group]        those that a tag states of the nodes of a group
//! ```

use ec2_autoscale_core::snapshot::{
    AllocatedDevice, Allocation, DeviceClass, DeviceNeeds, DeviceReach, ResourceClaim, ResourceClaimTemplate, ResourceSlice,
    Snapshot,
};
use serde_json::{Map, Value, json};

const DRIVER: &str = "gpu.example.com";

/// Splits a sentence at `where`.
pub(super) fn with_selector(rest: &str) -> (&str, Vec<&str>) {
    match rest.split_once(" where ") {
        Some((words, selector)) => (words, vec![selector.trim()]),
        None => (rest, Vec::new()),
    }
}

pub(super) fn class(name: &str, resource: Option<&str>, selectors: &[&str]) -> Result<DeviceClass, String> {
    read(json!({ "name": name, "extended_resource": resource, "selectors": selectors }))
}

/// The words of a claim.
pub(super) struct ClaimWords<'a> {
    pub(super) class: &'a str,
    pub(super) count: i64,
    pub(super) all: bool,
    pub(super) tolerations: Vec<&'a str>,
    pub(super) same: Option<&'a str>,
    pub(super) first: Option<&'a str>,
    pub(super) selectors: Vec<&'a str>,
}

impl ClaimWords<'_> {
    pub(super) fn needs(&self) -> Result<DeviceNeeds, String> {
        let count = |count: &Value| if self.all { json!("all") } else { json!({ "exactly": count }) };
        let tolerations: Vec<Value> = self.tolerations.iter().map(|key| json!({ "key": key })).collect();
        let way = |name: Value, class: &str, number: &Value| {
            json!({ "name": name, "class": class, "count": count(number), "selectors": self.selectors,
                "tolerations": tolerations })
        };
        let alternatives = match self.first {
            None => vec![way(Value::Null, self.class, &json!(self.count))],
            Some(ways) => {
                let way = |text: &str| {
                    let (class, number) = text.split_once(':').ok_or("first=CLASS:COUNT,…")?;
                    let number: u64 = number.parse().map_err(|_| format!("{number} is not a number"))?;
                    Ok(way(json!(class), class, &json!(number)))
                };
                ways.split(',').map(way).collect::<Result<Vec<_>, String>>()?
            }
        };
        let same = self.same.map(|name| json!({ "rule": "match", "attribute": format!("{DRIVER}/{name}") }));
        read(json!({ "requests": [{ "name": "gpu", "alternatives": alternatives }], "constraints": same.as_slice() }))
    }
}

/// Returns the template of a claim.
pub(super) fn template(namespace: &str, name: &str, needs: DeviceNeeds) -> ResourceClaimTemplate {
    ResourceClaimTemplate { namespace: namespace.to_owned(), name: name.to_owned(), needs }
}

/// The words of devices.
pub(super) struct DeviceWords<'a> {
    pub(super) node: &'a str,
    pub(super) count: u32,
    pub(super) driver: Option<&'a str>,
    pub(super) attributes: Vec<&'a str>,
    pub(super) capacity: Vec<&'a str>,
    pub(super) taints: Vec<&'a str>,
    pub(super) slices: i64,
}

impl DeviceWords<'_> {
    pub(super) fn slice(&self) -> Result<ResourceSlice, String> {
        let pair = |text: &str| {
            let (name, value) = text.split_once(':').ok_or_else(|| format!("{text} is no NAME:VALUE"))?;
            Ok::<_, String>((name.to_owned(), value.to_owned()))
        };
        let mut attributes = Map::new();
        for text in &self.attributes {
            let (name, value) = pair(text)?;
            attributes.insert(name, json!({ "string": value }));
        }
        let mut capacity = Map::new();
        for text in &self.capacity {
            let (name, value) = pair(text)?;
            capacity.insert(name, json!({ "value": value }));
        }
        let taints: Vec<Value> = self.taints.iter().map(|key| json!({ "key": key, "effect": "NoSchedule" })).collect();
        let device = |number: u32| {
            json!({ "name": format!("gpu-{number}"), "attributes": attributes, "capacity": capacity,
            "taints": taints })
        };
        read(json!({ "name": format!("{}-slice", self.node), "driver": self.driver.unwrap_or(DRIVER), "pool": self.node,
            "generation": 1, "slices": self.slices, "reach": { "node": self.node },
            "devices": (0..self.count).map(device).collect::<Vec<_>>() }))
    }
}

/// Gives a claim, which is a pod's that runs, the first free devices of its node.
pub(super) fn allocate(snapshot: &Snapshot, claim: &mut ResourceClaim, node: &str, uid: &str) {
    let wanted = claim.needs.iter().flat_map(|needs| &needs.requests).map(|request| match request.alternatives[0].count {
        ec2_autoscale_core::snapshot::DeviceCount::Exactly(count) => usize::try_from(count).expect("few devices"),
        ec2_autoscale_core::snapshot::DeviceCount::All => usize::MAX,
    });
    let wanted = wanted.sum();
    let taken: Vec<&AllocatedDevice> =
        snapshot.resource_claims.iter().filter_map(|claim| claim.allocation.as_ref()).flat_map(|it| &it.devices).collect();
    let of_node = snapshot.resource_slices.iter().flatten();
    let of_node = of_node.filter(|slice| matches!(&slice.reach, DeviceReach::Node(name) if name == node));
    let devices = of_node.flat_map(|slice| slice.devices.iter().map(move |device| (slice, device)));
    let free = devices.filter(|(slice, device)| taken.iter().all(|it| it.pool != slice.pool || it.device != device.name));
    let allocated = free.take(wanted).map(|(slice, device)| AllocatedDevice {
        driver: slice.driver.clone(),
        pool: slice.pool.clone(),
        device: device.name.clone(),
        admin_access: false,
        is_share: false,
        consumed: std::collections::BTreeMap::new(),
    });
    claim.allocation = Some(Allocation { node_selector: None, devices: allocated.collect() });
    claim.reserved_for = vec![uid.to_owned()];
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}
