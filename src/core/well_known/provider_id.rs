//! The forms of a node's `spec.providerID`.

/// The beginning of providerIDs of the cloud.
pub const SCHEME: &str = "aws://";

/// Returns whether a providerID is of a cloud's own scheme, so that it names the machine. Others,
/// such as `k3s://`, leave open which machine the node is.
#[must_use]
pub fn names_a_machine(provider_id: &str) -> bool {
    provider_id.starts_with(SCHEME)
}

/// Returns the cloud's id of the machine: the last part of a providerID of its scheme.
#[must_use]
pub fn machine(provider_id: &str) -> Option<&str> {
    let (_, id) = provider_id.strip_prefix(SCHEME)?.rsplit_once('/')?;
    (!id.is_empty()).then_some(id)
}

/// Returns the zone and the machine that a whole providerID names; nothing for any other form than
/// `aws:///ZONE/i-…`.
#[must_use]
pub fn place(provider_id: &str) -> Option<(&str, &str)> {
    let (zone, id) = provider_id.strip_prefix(SCHEME)?.strip_prefix('/')?.split_once('/')?;
    (!zone.is_empty() && id.starts_with("i-") && !id.contains('/')).then_some((zone, id))
}

/// Returns the whole providerID of a machine in a zone.
#[must_use]
pub fn of(zone: &str, machine: &str) -> String {
    format!("{SCHEME}/{zone}/{machine}")
}
