//! How much the project may use of the compute service, and how much it uses.

use serde::Deserialize;

use crate::snapshot::RegionRoom;

/// `GET /limits`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct LimitsAnswer {
    limits: ComputeLimits,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct ComputeLimits {
    absolute: AbsoluteLimits,
}

/// The numbers. Servers in ERROR count among what is used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AbsoluteLimits {
    max_total_cores: Option<i64>,
    max_total_instances: Option<i64>,
    #[serde(rename = "maxTotalRAMSize")]
    max_total_ram_size: Option<i64>,
    total_cores_used: i64,
    total_instances_used: i64,
    #[serde(rename = "totalRAMUsed")]
    total_ram_used: i64,
}

impl LimitsAnswer {
    /// Returns what may still be launched. −1 means that there is no limit.
    pub(crate) fn room(&self, region: &str) -> RegionRoom {
        let left = |most: Option<i64>, used: i64| most.filter(|most| *most >= 0).map(|most| (most - used).max(0));
        let limits = &self.limits.absolute;
        RegionRoom {
            region: region.to_owned(),
            machines: left(limits.max_total_instances, limits.total_instances_used),
            cpus: left(limits.max_total_cores, limits.total_cores_used),
            memory_mib: left(limits.max_total_ram_size, limits.total_ram_used),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_is_the_limit_less_the_use() {
        let limits: LimitsAnswer = serde_json::from_value(json!({ "limits": { "rate": [], "absolute": {
            "maxTotalCores": 20, "maxTotalInstances": -1, "maxTotalRAMSize": 8192,
            "totalCoresUsed": 6, "totalInstancesUsed": 3, "totalRAMUsed": 9000, "maxServerGroups": 10
        } } }))
        .expect("limits");
        assert_eq!(limits.room("r"), RegionRoom { region: "r".into(), machines: None, cpus: Some(14), memory_mib: Some(0) });
    }
}
