//! Why an object of the API could not be turned into a snapshot type.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use crate::snapshot::{Labels, QuantityError, Resources};

/// An object that this version does not understand. The API server validates what it stores, so
/// this means a newer Kubernetes rather than a mistake of a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {name} is not understood: {problem}")]
pub struct ConversionError {
    /// For example `Pod`.
    pub kind: &'static str,
    /// Its name, with the namespace if it has one.
    pub name: String,
    /// What is wrong with it.
    pub problem: ConversionProblem,
}

/// What is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConversionProblem {
    /// A text that should be an amount.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// A field that the API server always sets is missing.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// A value is not on the closed list of its field.
    #[error("{field} is {value:?}, which this version does not know")]
    Unknown {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
    },
}

impl ConversionProblem {
    pub(super) fn unknown(field: &'static str, value: &str) -> Self {
        Self::Unknown { field, value: value.to_owned() }
    }

    /// Names the object that has this problem.
    pub(super) fn in_object(self, kind: &'static str, metadata: &ObjectMeta) -> ConversionError {
        let name = metadata.name.as_deref().unwrap_or("without a name");
        let name = match &metadata.namespace {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        };
        ConversionError { kind, name, problem: self }
    }
}

/// Returns a name, namespace or UID that must be there.
pub(super) fn required(field: Option<&String>, name: &'static str) -> Result<String, ConversionProblem> {
    field.cloned().ok_or(ConversionProblem::Missing(name))
}

/// Returns when the object was created.
pub(super) fn created_at(metadata: &ObjectMeta) -> Result<jiff::Timestamp, ConversionProblem> {
    metadata.creation_timestamp.as_ref().map(moment).ok_or(ConversionProblem::Missing("creationTimestamp"))
}

/// Converts a Kubernetes time.
pub(super) fn moment(time: &Time) -> jiff::Timestamp {
    time.0
}

/// Converts amounts; there are none when the list is absent.
pub(super) fn resources(list: Option<&BTreeMap<String, Quantity>>) -> Result<Resources, ConversionProblem> {
    let list = list.into_iter().flatten();
    Ok(Resources::parse(list.map(|(name, quantity)| (name.as_str(), quantity.0.as_str())))?)
}

/// Returns every label of an object.
pub(super) fn labels(metadata: &ObjectMeta) -> Labels {
    metadata.labels.iter().flatten().collect()
}

/// Returns the annotations whose key a rule reads; no others ever reach a snapshot.
pub(super) fn annotations(metadata: &ObjectMeta, is_read: impl Fn(&str) -> bool) -> Labels {
    let all = metadata.annotations.iter().flatten();
    all.filter(|(key, _)| is_read(key)).collect()
}

/// Returns the value of one annotation.
pub(super) fn annotation<'a>(metadata: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    metadata.annotations.as_ref()?.get(key).map(String::as_str)
}
