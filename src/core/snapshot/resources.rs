//! Amounts by resource name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::quantity::{Quantity, QuantityError, write_exact, write_milli};

/// Processor time; counted in millicores.
pub const CPU: &str = "cpu";
/// Memory; counted in bytes.
pub const MEMORY: &str = "memory";
/// How many pods a node takes.
pub const PODS: &str = "pods";
/// Scratch space; counted in bytes.
pub const EPHEMERAL_STORAGE: &str = "ephemeral-storage";

/// Amounts by resource name: millicores for `cpu`, whole units (bytes, devices, pods) for
/// everything else.
///
/// In JSON each amount is a Kubernetes quantity (`"cpu": "1500m"`), exact in both directions.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resources(BTreeMap<String, i64>);

impl Resources {
    /// Reads the quantities of one Kubernetes resource list.
    ///
    /// # Errors
    /// At the first text that is not a quantity.
    pub fn parse<'a>(list: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, QuantityError> {
        let mut resources = Self::default();
        for (name, text) in list {
            let quantity = Quantity::parse(text)?;
            resources.set(name, if name == CPU { quantity.milli_value() } else { quantity.value() });
        }
        Ok(resources)
    }

    /// Returns the amount of a resource, or 0 when it is not listed.
    #[must_use]
    pub fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Whether the resource is listed, even with 0.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns the amount of a resource as a Kubernetes quantity that reads back as exactly this
    /// amount.
    #[must_use]
    pub fn quantity(&self, name: &str) -> String {
        exact(name, self.get(name))
    }

    /// Sets one amount.
    pub fn set(&mut self, name: &str, amount: i64) {
        self.0.insert(name.to_owned(), amount);
    }

    /// Adds every amount of `other`.
    pub fn add(&mut self, other: &Self) {
        self.combine(other, i64::saturating_add);
    }

    /// Subtracts every amount of `other`; the result may be below 0.
    pub fn subtract(&mut self, other: &Self) {
        self.combine(other, i64::saturating_sub);
    }

    /// Raises every amount to at least that of `other`.
    pub fn raise_to(&mut self, other: &Self) {
        self.combine(other, i64::max);
    }

    /// Combines every amount of `other` with the own one, which is 0 when it is not listed.
    fn combine(&mut self, other: &Self, combined: impl Fn(i64, i64) -> i64) {
        for (name, amount) in &other.0 {
            // Sums over all pods come through here, so a name that is there is not copied again.
            match self.0.get_mut(name) {
                Some(own) => *own = combined(*own, *amount),
                None => self.set(name, combined(0, *amount)),
            }
        }
    }

    /// Lowers every amount to at most that of `other`; what `other` does not list becomes 0.
    pub fn lower_to(&mut self, other: &Self) {
        for (name, amount) in &mut self.0 {
            *amount = (*amount).min(other.get(name));
        }
    }

    /// Returns names and amounts in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().map(|(name, amount)| (name.as_str(), *amount))
    }

    /// Whether nothing is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> FromIterator<(&'a str, i64)> for Resources {
    fn from_iter<T: IntoIterator<Item = (&'a str, i64)>>(amounts: T) -> Self {
        Self(amounts.into_iter().map(|(name, amount)| (name.to_owned(), amount)).collect())
    }
}

/// Returns an amount of a resource for a sentence: `1.5` cores, `6.7Gi`, `8`. It is rounded, so it
/// is for people only.
#[must_use]
pub fn amount(name: &str, amount: i64) -> String {
    let is_bytes = name == MEMORY || name == EPHEMERAL_STORAGE || name.starts_with("hugepages-");
    match name {
        CPU => exact(name, amount),
        _ if is_bytes => bytes(amount),
        _ => amount.to_string(),
    }
}

/// Returns bytes with one decimal at most, in the largest binary unit that leaves at least 1.
fn bytes(amount: i64) -> String {
    const UNITS: [(&str, i64); 5] = [("Ei", 1 << 60), ("Pi", 1 << 50), ("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20)];
    let magnitude = amount.saturating_abs();
    let Some((unit, size)) = UNITS.into_iter().find(|(_, size)| magnitude >= *size) else { return amount.to_string() };
    let tenths = i128::from(amount) * 10 / i128::from(size);
    match tenths % 10 {
        0 => format!("{}{unit}", tenths / 10),
        tenth => format!("{}.{}{unit}", tenths / 10, tenth.abs()),
    }
}

/// Returns the quantity that reads back as this amount.
fn exact(name: &str, amount: i64) -> String {
    let mut text = String::new();
    let written = if name == CPU { write_milli(amount, &mut text) } else { write_exact(amount, &mut text) };
    debug_assert!(written.is_ok(), "writing to a String does not fail");
    text
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (name, value)) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{} {name}", amount(name, *value))?;
        }
        Ok(())
    }
}

impl Serialize for Resources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, &exact(name, *value))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Resources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = BTreeMap::<String, Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(texts.iter().map(|(name, text)| (name.as_str(), text.as_ref()))).map_err(D::Error::custom)
    }
}

impl JsonSchema for Resources {
    fn schema_name() -> Cow<'static, str> {
        "Resources".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Kubernetes quantities by resource name, such as {\"cpu\": \"1500m\", \"memory\": \"4Gi\"}.",
            "additionalProperties": { "type": "string" }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_every_amount_exactly() {
        let resources: Resources =
            [(CPU, 1930), (MEMORY, 7_238_320_128), ("nvidia.com/gpu", 8), (PODS, 29)].into_iter().collect();
        let json = serde_json::to_string(&resources).expect("resources have string keys");
        assert_eq!(json, r#"{"cpu":"1930m","memory":"6903Mi","nvidia.com/gpu":"8","pods":"29"}"#);
        assert_eq!(serde_json::from_str::<Resources>(&json).expect("what was written"), resources);
    }

    #[test]
    fn sentences_are_rounded_to_what_a_person_reads() {
        for (name, value, text) in [
            (CPU, 1930, "1930m"),
            (CPU, 4000, "4"),
            (MEMORY, 7_238_320_128, "6.7Gi"),
            (MEMORY, 4 << 30, "4Gi"),
            (MEMORY, 100, "100"),
            ("nvidia.com/gpu", 8, "8"),
            ("hugepages-2Mi", 2 << 20, "2Mi"),
        ] {
            assert_eq!(amount(name, value), text);
        }
    }

    #[test]
    fn the_smaller_of_two_offers_has_none_of_what_one_lacks() {
        let mut offer: Resources = [(CPU, 4000), ("nvidia.com/gpu", 8)].into_iter().collect();
        offer.lower_to(&[(CPU, 2000)].into_iter().collect());
        assert_eq!(offer, [(CPU, 2000), ("nvidia.com/gpu", 0)].into_iter().collect());
    }
}
