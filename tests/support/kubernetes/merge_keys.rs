//! How lists are merged, field by field, as the Go types' tags say it.
//!
//! A field name means the same in all the kinds served here, so the table needs no paths.

use serde_json::Value;

/// What joins two lists of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListRule {
    /// The newer list replaces the older one. Node taints and pod tolerations are such lists.
    Atomic,
    /// Plain values, each at most once.
    Set,
    /// Objects told apart by these fields.
    Keyed(&'static [&'static str]),
}

/// The rule of a strategic merge patch.
pub(super) fn strategic(field: &str) -> ListRule {
    match field {
        "ports" => ListRule::Keyed(&["containerPort"]),
        "topologySpreadConstraints" => ListRule::Keyed(&["topologyKey"]),
        "hostIPs" => ListRule::Keyed(&["ip"]),
        _ => common(field),
    }
}

/// The rule of a server-side apply.
pub(super) fn apply(field: &str) -> ListRule {
    match field {
        "ports" => ListRule::Keyed(&["containerPort", "protocol"]),
        "topologySpreadConstraints" => ListRule::Keyed(&["topologyKey", "whenUnsatisfiable"]),
        _ => common(field),
    }
}

fn common(field: &str) -> ListRule {
    match field {
        "finalizers" | "podCIDRs" => ListRule::Set,
        "conditions" | "addresses" => ListRule::Keyed(&["type"]),
        "ownerReferences" | "reservedFor" => ListRule::Keyed(&["uid"]),
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "volumes"
        | "env"
        | "imagePullSecrets"
        | "drivers"
        | "schedulingGates"
        | "resourceClaims"
        | "resourceClaimStatuses" => ListRule::Keyed(&["name"]),
        "volumeMounts" => ListRule::Keyed(&["mountPath"]),
        "volumeDevices" => ListRule::Keyed(&["devicePath"]),
        "hostAliases" | "podIPs" => ListRule::Keyed(&["ip"]),
        _ => ListRule::Atomic,
    }
}

/// Objects that apply takes or leaves as a whole.
pub(super) fn is_atomic_object(field: &str) -> bool {
    matches!(field, "selector" | "labelSelector" | "nodeSelector" | "involvedObject" | "claimRef" | "resourceFieldRef")
}

/// Whether two list items are the same one.
pub(super) fn same_item(keys: &[&str], one: &Value, other: &Value) -> bool {
    keys.iter().all(|key| one.get(key) == other.get(key))
}
