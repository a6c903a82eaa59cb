//! `--max-growth`: how many nodes may come within a time.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::duration::Seconds;

/// At most this many nodes within this time. In JSON it is text such as `20/1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrowthRate {
    /// The number of nodes.
    pub nodes: u32,
    /// The time, looking back from a run.
    pub within: Seconds,
}

/// Why a text is not a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no rate; write NODES/DURATION, such as 20/1h")]
pub struct RateError;

impl FromStr for GrowthRate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (nodes, within) = text.split_once('/').ok_or(RateError)?;
        let rate = Self { nodes: nodes.parse().map_err(|_| RateError)?, within: within.parse().map_err(|_| RateError)? };
        if rate.within.0 == 0 { Err(RateError) } else { Ok(rate) }
    }
}

impl fmt::Display for GrowthRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.nodes, self.within.to_string().replace(' ', ""))
    }
}

impl Serialize for GrowthRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{}/{}s", self.nodes, self.within.0))
    }
}

impl<'de> Deserialize<'de> for GrowthRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error| serde::de::Error::custom(format!("{text:?} {error}")))
    }
}

impl JsonSchema for GrowthRate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "GrowthRate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "At most so many nodes within so many seconds, such as `20/3600s`." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_nodes_within_a_time() {
        let rate = GrowthRate { nodes: 20, within: Seconds(5400) };
        assert_eq!("20/1h30m".parse(), Ok(rate));
        assert_eq!(rate.to_string(), "20/1h30m");
        assert_eq!(serde_json::from_value::<GrowthRate>(serde_json::json!(rate)).ok(), Some(rate));
        for text in ["20", "20/", "/1h", "20/0s", "-1/1h", "x/1h"] {
            assert_eq!(text.parse::<GrowthRate>(), Err(RateError), "{text}");
        }
    }
}
