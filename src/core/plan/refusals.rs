//! The reasons why no group can take a pod, shared by all pods that are alike.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::reason::GroupRefusal;

/// A refusal for each group, shared by the pods that have it: those of 30,000 pods and 100 groups
/// would take gigabytes otherwise. In JSON it is a plain list, written for the first pod only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals(Arc<[GroupRefusal]>);

impl Deref for Refusals {
    type Target = [GroupRefusal];

    fn deref(&self) -> &[GroupRefusal] {
        &self.0
    }
}

impl FromIterator<GroupRefusal> for Refusals {
    fn from_iter<T: IntoIterator<Item = GroupRefusal>>(refusals: T) -> Self {
        Self(refusals.into_iter().collect())
    }
}

impl Serialize for Refusals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Refusals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(|refusals: Vec<GroupRefusal>| Self(refusals.into()))
    }
}

impl JsonSchema for Refusals {
    fn inline_schema() -> bool {
        Vec::<GroupRefusal>::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        Vec::<GroupRefusal>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<GroupRefusal>::json_schema(generator)
    }
}
