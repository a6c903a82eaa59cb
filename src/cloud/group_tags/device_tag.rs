//! A tag that states the devices of a group's nodes: their driver in the key, and their number,
//! attributes and capacity in the value.

use std::collections::BTreeMap;
use std::fmt;

use crate::snapshot::{Device, DeviceAttribute, DeviceCapacity, DeviceReach, Quantity, ResourceSlice};

/// The most devices of one slice (`ResourceSliceMaxDevices` in `k8s.io/api/resource/v1`).
const MOST_OF_A_SLICE: usize = 128;

/// More than any node has.
const MOST: usize = 1024;

/// Why such a tag is not understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DeviceTagProblem {
    NoDriver,
    NoCount,
    NotAnAttribute { word: String },
    UnknownType { name: String, kind: String },
    BadValue { name: String, kind: String, value: String },
}

impl fmt::Display for DeviceTagProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDriver => f.write_str("it names no driver"),
            Self::NoCount => write!(f, "it does not begin with the number of devices, from 1 to {MOST}"),
            Self::NotAnAttribute { word } => write!(f, "{word} behind the number of devices is no NAME=VALUE"),
            Self::UnknownType { name, kind } => {
                write!(f, "{name} has the type {kind}, and there are string, int, bool, version and capacity")
            }
            Self::BadValue { name, kind, value } => write!(f, "{name} is {value}, which is no {kind}"),
        }
    }
}

/// Returns the slices that a tag states: `NAME` is `DRIVER` or `DRIVER/POOL`, and the value
/// `COUNT NAME[:TYPE]=VALUE …`, where a value may have spaces.
pub(super) fn read(name: &str, value: &str) -> Result<Vec<ResourceSlice>, DeviceTagProblem> {
    let (driver, pool) = name.split_once('/').unwrap_or((name, ""));
    if driver.is_empty() {
        return Err(DeviceTagProblem::NoDriver);
    }
    let mut words = value.split_whitespace();
    let count = words.next().and_then(|word| word.parse().ok()).filter(|count| (1..=MOST).contains(count));
    let count: usize = count.ok_or(DeviceTagProblem::NoCount)?;
    let mut like = Device::default();
    for (name, value) in pairs(words)? {
        add(&mut like, &name, value)?;
    }
    let slices = count.div_ceil(MOST_OF_A_SLICE);
    let slice = |number: usize| ResourceSlice {
        name: format!("{name}-{number}"),
        driver: driver.to_owned(),
        pool: pool.to_owned(),
        generation: 1,
        slices: i64::try_from(slices).unwrap_or(1),
        reach: DeviceReach::Node(String::new()),
        devices: (number * MOST_OF_A_SLICE..count.min((number + 1) * MOST_OF_A_SLICE))
            .map(|device| Device { name: format!("device-{device}"), ..like.clone() })
            .collect(),
        shared_counters: BTreeMap::new(),
    };
    Ok((0..slices).map(slice).collect())
}

/// Returns names and values. A word without an equals sign belongs to the value before it.
fn pairs<'t>(words: impl Iterator<Item = &'t str>) -> Result<Vec<(String, String)>, DeviceTagProblem> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for word in words {
        match (word.split_once('='), pairs.last_mut()) {
            (Some((name, value)), _) if !name.is_empty() => pairs.push((name.to_owned(), value.to_owned())),
            (_, Some((_, value))) => {
                value.push(' ');
                value.push_str(word);
            }
            (_, None) => return Err(DeviceTagProblem::NotAnAttribute { word: word.to_owned() }),
        }
    }
    Ok(pairs)
}

fn add(device: &mut Device, name: &str, value: String) -> Result<(), DeviceTagProblem> {
    let (name, kind) = name.split_once(':').unwrap_or((name, "string"));
    let bad = |value: String| DeviceTagProblem::BadValue { name: name.to_owned(), kind: kind.to_owned(), value };
    let attribute = match kind {
        "string" => DeviceAttribute::String(value),
        "int" => DeviceAttribute::Int(value.parse().map_err(|_| bad(value))?),
        "bool" => DeviceAttribute::Bool(value.parse().map_err(|_| bad(value))?),
        "version" => DeviceAttribute::Version(value),
        "capacity" => {
            let value = Quantity::parse(&value).map_err(|_| bad(value))?;
            device.capacity.insert(name.to_owned(), DeviceCapacity { value, default: None, valid: None });
            return Ok(());
        }
        other => return Err(DeviceTagProblem::UnknownType { name: name.to_owned(), kind: other.to_owned() }),
    };
    device.attributes.insert(name.to_owned(), attribute);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_states_number_attributes_and_capacity() {
        let value = "8 productName=NVIDIA H100 80GB HBM3 index:int=3 mig:bool=false driverVersion:version=535.104.5 \
                     memory:capacity=80Gi resource.kubernetes.io/pcieRoot=pci0";
        let slices = read("gpu.nvidia.com", value).expect("understood");
        assert_eq!((slices.len(), slices[0].slices, slices[0].driver.as_str()), (1, 1, "gpu.nvidia.com"));
        assert_eq!((slices[0].pool.as_str(), slices[0].devices.len()), ("", 8));
        let device = &slices[0].devices[7];
        assert_eq!(device.name, "device-7");
        assert_eq!(device.attributes["productName"], DeviceAttribute::String("NVIDIA H100 80GB HBM3".into()));
        assert_eq!(device.attributes["index"], DeviceAttribute::Int(3));
        assert_eq!(device.attributes["mig"], DeviceAttribute::Bool(false));
        assert_eq!(device.attributes["driverVersion"], DeviceAttribute::Version("535.104.5".into()));
        assert_eq!(device.attributes["resource.kubernetes.io/pcieRoot"], DeviceAttribute::String("pci0".into()));
        assert_eq!(Some(device.capacity["memory"].value), Quantity::parse("80Gi").ok());
    }

    #[test]
    fn a_pool_may_have_a_name_and_several_slices() {
        let slices = read("gpu.nvidia.com/second", "130").expect("understood");
        let devices: Vec<usize> = slices.iter().map(|slice| slice.devices.len()).collect();
        assert_eq!((devices, slices[1].slices, slices[1].pool.as_str()), (vec![128, 2], 2, "second"));
        assert_eq!(slices[1].devices[1].name, "device-129");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (name, value, problem) in [
            ("", "1", "it names no driver"),
            ("d", "", "it does not begin with the number of devices, from 1 to 1024"),
            ("d", "0", "it does not begin with the number of devices, from 1 to 1024"),
            ("d", "8 gpus", "gpus behind the number of devices is no NAME=VALUE"),
            ("d", "8 a:float=1", "a has the type float, and there are string, int, bool, version and capacity"),
            ("d", "8 a:int=x", "a is x, which is no int"),
            ("d", "8 a:capacity=much", "a is much, which is no capacity"),
        ] {
            assert_eq!(read(name, value).expect_err(value).to_string(), problem);
        }
    }
}
