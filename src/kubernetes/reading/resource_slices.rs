//! DeviceClasses and ResourceSlices.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::resource::v1 as resource;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as QuantityText;

use super::device_needs::expressions;
use super::selectors::node_selector_terms;
use crate::kubernetes::conversion::{ConversionError, ConversionProblem, required};
use crate::snapshot::{
    CountersTaken, Device, DeviceAttribute, DeviceCapacity, DeviceClass, DeviceReach, DeviceTaint, Quantity, ResourceSlice,
    ValidAmounts,
};

/// Reads one class.
pub(crate) fn read_device_class(class: &resource::DeviceClass) -> Result<DeviceClass, ConversionError> {
    let metadata = &class.metadata;
    let name = required(metadata.name.as_ref(), "name").map_err(|problem| problem.in_object("DeviceClass", metadata))?;
    Ok(DeviceClass {
        name,
        selectors: expressions(class.spec.as_ref().and_then(|spec| spec.selectors.as_ref())),
        extended_resource: class.spec.as_ref().and_then(|spec| spec.extended_resource_name.clone()),
        created_at: metadata.creation_timestamp.as_ref().map(|at| at.0),
    })
}

/// Reads one slice.
pub(crate) fn read_resource_slice(slice: &resource::ResourceSlice) -> Result<ResourceSlice, ConversionError> {
    convert(slice).map_err(|problem| problem.in_object("ResourceSlice", &slice.metadata))
}

fn convert(slice: &resource::ResourceSlice) -> Result<ResourceSlice, ConversionProblem> {
    let spec = &slice.spec;
    let reach = match spec.per_device_node_selection.unwrap_or_default() {
        true => DeviceReach::EachItsOwn,
        false => reach(spec.node_name.as_deref(), spec.all_nodes, spec.node_selector.as_ref())?,
    };
    let counters = spec.shared_counters.iter().flatten().map(|set| Ok((set.name.clone(), counters(&set.counters)?)));
    Ok(ResourceSlice {
        name: required(slice.metadata.name.as_ref(), "name")?,
        driver: spec.driver.clone(),
        pool: spec.pool.name.clone(),
        generation: spec.pool.generation,
        slices: spec.pool.resource_slice_count,
        reach,
        devices: spec.devices.iter().flatten().map(device).collect::<Result<_, _>>()?,
        shared_counters: counters.collect::<Result<_, ConversionProblem>>()?,
    })
}

/// Returns who reaches devices: nobody where nothing that is known here is stated.
fn reach(
    node: Option<&str>,
    all_nodes: Option<bool>,
    selector: Option<&core::NodeSelector>,
) -> Result<DeviceReach, ConversionProblem> {
    Ok(match (node.filter(|name| !name.is_empty()), all_nodes.unwrap_or_default(), selector) {
        (Some(name), _, _) => DeviceReach::Node(name.to_owned()),
        (None, true, _) => DeviceReach::AllNodes,
        (None, false, Some(selector)) => DeviceReach::Nodes(node_selector_terms(selector)?),
        (None, false, None) => DeviceReach::Nodes(Vec::new()),
    })
}

fn counters(map: &BTreeMap<String, resource::Counter>) -> Result<BTreeMap<String, Quantity>, ConversionProblem> {
    map.iter().map(|(name, counter)| Ok((name.clone(), Quantity::parse(&counter.value.0)?))).collect()
}

fn device(device: &resource::Device) -> Result<Device, ConversionProblem> {
    let has_reach = device.node_name.is_some() || device.all_nodes.is_some() || device.node_selector.is_some();
    let reach = || reach(device.node_name.as_deref(), device.all_nodes, device.node_selector.as_ref());
    let capacity = device.capacity.iter().flatten().map(|(name, one)| Ok((name.clone(), capacity(one)?)));
    let taken = |one: &resource::DeviceCounterConsumption| {
        Ok(CountersTaken { set: one.counter_set.clone(), counters: counters(&one.counters)? })
    };
    let taint = |taint: &resource::DeviceTaint| DeviceTaint {
        key: taint.key.clone(),
        value: taint.value.clone().unwrap_or_default(),
        effect: taint.effect.clone(),
    };
    // Only these effects keep claims away (`taintPreventsAllocation`).
    let keeps_away = |taint: &&resource::DeviceTaint| ["NoSchedule", "NoExecute"].contains(&taint.effect.as_str());
    Ok(Device {
        name: device.name.clone(),
        attributes: device.attributes.iter().flatten().map(|(name, value)| (name.clone(), attribute(value))).collect(),
        capacity: capacity.collect::<Result<_, ConversionProblem>>()?,
        taints: device.taints.iter().flatten().filter(keeps_away).map(taint).collect(),
        consumes: device.consumes_counters.iter().flatten().map(taken).collect::<Result<_, ConversionProblem>>()?,
        is_shared: device.allow_multiple_allocations.unwrap_or_default(),
        reach: has_reach.then(reach).transpose()?,
        has_binding_conditions: device.binding_conditions.as_ref().is_some_and(|list| !list.is_empty()),
    })
}

fn attribute(value: &resource::DeviceAttribute) -> DeviceAttribute {
    match value {
        resource::DeviceAttribute { int: Some(value), .. } => DeviceAttribute::Int(*value),
        resource::DeviceAttribute { bool: Some(value), .. } => DeviceAttribute::Bool(*value),
        resource::DeviceAttribute { string: Some(value), .. } => DeviceAttribute::String(value.clone()),
        resource::DeviceAttribute { version: Some(value), .. } => DeviceAttribute::Version(value.clone()),
        _ => DeviceAttribute::Unsupported,
    }
}

fn capacity(capacity: &resource::DeviceCapacity) -> Result<DeviceCapacity, ConversionProblem> {
    let parsed = |text: &QuantityText| Quantity::parse(&text.0);
    let policy = capacity.request_policy.as_ref();
    let range = policy.and_then(|policy| policy.valid_range.as_ref()).map(|range| {
        Ok::<_, ConversionProblem>(ValidAmounts::Range {
            min: parsed(&range.min)?,
            max: range.max.as_ref().map(parsed).transpose()?,
            step: range.step.as_ref().map(parsed).transpose()?,
        })
    });
    let values = policy.and_then(|policy| policy.valid_values.as_ref()).map(|values| {
        let values = values.iter().map(parsed).collect::<Result<_, _>>()?;
        Ok::<_, ConversionProblem>(ValidAmounts::Values(values))
    });
    Ok(DeviceCapacity {
        value: parsed(&capacity.value)?,
        default: policy.and_then(|policy| policy.default.as_ref()).map(parsed).transpose()?,
        valid: range.or(values).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(spec: &Value) -> ResourceSlice {
        let manifest = json!({ "metadata": { "name": "s" }, "spec": spec });
        read_resource_slice(&serde_json::from_value(manifest).expect("a manifest")).expect("understood")
    }

    #[test]
    fn a_slice_states_who_reaches_its_devices() {
        let pool = json!({ "name": "p", "generation": 3, "resourceSliceCount": 2 });
        let term = json!({ "nodeSelectorTerms": [{ "matchExpressions": [{ "key": "zone", "operator": "Exists" }] }] });
        for (part, reach) in [
            (json!({ "nodeName": "n1" }), "Node(\"n1\")"),
            (json!({ "allNodes": true }), "AllNodes"),
            (json!({ "perDeviceNodeSelection": true }), "EachItsOwn"),
            (json!({}), "Nodes([])"),
        ] {
            let mut spec = json!({ "driver": "d", "pool": pool });
            spec.as_object_mut().expect("an object").extend(part.as_object().expect("an object").clone());
            let slice = read(&spec);
            assert_eq!(format!("{:?}", slice.reach), reach);
            assert_eq!((slice.generation, slice.slices), (3, 2));
        }
        let chosen = read(&json!({ "driver": "d", "pool": pool, "nodeSelector": term }));
        assert!(matches!(&chosen.reach, DeviceReach::Nodes(terms) if terms.len() == 1), "{:?}", chosen.reach);
    }

    #[test]
    fn what_a_device_has() {
        let slice = read(&json!({ "driver": "d", "pool": { "name": "p", "generation": 1, "resourceSliceCount": 1 },
            "nodeName": "n1", "devices": [{ "name": "gpu-0", "allowMultipleAllocations": true,
            "attributes": { "model": { "string": "A100" }, "other/index": { "int": 3 }, "list": { "ints": [1] } },
            "capacity": { "memory": { "value": "40Gi", "requestPolicy": { "default": "1Gi",
                "validRange": { "min": "1Gi", "step": "1Gi" } } } },
            "taints": [{ "key": "sick", "effect": "NoSchedule" }, { "key": "note", "effect": "None" }],
            "consumesCounters": [{ "counterSet": "c", "counters": { "slots": { "value": "2" } } }] }] }));
        let device = &slice.devices[0];
        assert_eq!(device.attributes["model"], DeviceAttribute::String("A100".into()));
        assert_eq!(device.attributes["list"], DeviceAttribute::Unsupported);
        assert_eq!(device.capacity["memory"].default, Quantity::parse("1Gi").ok());
        assert!(matches!(&device.capacity["memory"].valid, Some(ValidAmounts::Range { max: None, step: Some(_), .. })));
        assert_eq!(device.taints.len(), 1, "other effects keep nobody away");
        assert_eq!(device.consumes[0].counters["slots"], Quantity::of_units(2));
        assert!(device.is_shared && !device.has_binding_conditions && device.reach.is_none());
    }
}
