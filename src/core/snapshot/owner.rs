//! The controllers of pods.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::Name;
use super::lately::{Lately, LatelyHere, during, hash_of};

/// The controller of a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// The kind, such as `Job`.
    pub kind: Name,
    /// The API version, such as `batch/v1`.
    pub api_version: Name,
    /// The controller's name, in the pod's namespace.
    pub name: Name,
    /// The controller's UID.
    pub uid: Name,
}

impl Owner {
    /// Whether such a controller replaces its pods, by kind and API group: other projects have
    /// kinds of the same names that do other things.
    #[must_use]
    pub fn replaces_its_pods(&self) -> bool {
        let (group, _version) = self.api_version.split_once('/').unwrap_or(("", &self.api_version));
        matches!((group, self.kind.as_str()), ("apps", "ReplicaSet" | "StatefulSet") | ("", "ReplicationController"))
    }
}

thread_local! {
    /// The owners that this thread has read lately.
    static LATELY: LatelyHere<Arc<Owner>> = const { LatelyHere::new(None) };
}

/// Does work in which equal owners share their memory.
pub(super) fn sharing<T>(work: impl FnOnce() -> T) -> T {
    during(&LATELY, work)
}

/// Returns an owner in the memory of an equal one. They are found by the memory of the UID, which
/// is shared as well.
pub(super) fn among(lately: &mut Lately<Arc<Owner>>, owner: Owner) -> Arc<Owner> {
    lately.shared(hash_of(&owner.uid.place()), owner, |known, owner| **known == *owner, Arc::new)
}

/// Reads the owner of a pod.
pub(super) fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Arc<Owner>>, D::Error> {
    let owner = Option::<Owner>::deserialize(deserializer)?;
    Ok(owner.map(|owner| {
        LATELY.with_borrow_mut(|lately| match lately {
            Some(lately) => among(lately, owner),
            None => Arc::new(owner),
        })
    }))
}
