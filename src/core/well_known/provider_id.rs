//! The forms of a node's `spec.providerID`.

/// The beginning of the providerIDs that AWS's cloud controller writes.
pub const SCHEME: &str = "aws://";
/// The beginning of the providerIDs that OpenStack's cloud controller writes: `openstack:///ID`, or
/// `openstack://REGION/ID` where it serves several regions.
pub const SCHEME_WITHOUT_ZONE: &str = "openstack://";

/// The beginnings of providerIDs that name a machine.
const SCHEMES: [&str; 2] = [SCHEME, SCHEME_WITHOUT_ZONE];

/// Returns whether a providerID is of a cloud's own scheme, so that it names the machine. Others,
/// such as `k3s://`, leave open which machine the node is.
#[must_use]
pub fn names_a_machine(provider_id: &str) -> bool {
    after_scheme(provider_id).is_some()
}

/// Returns the cloud's id of the machine: the last part of a providerID of its scheme.
#[must_use]
pub fn machine(provider_id: &str) -> Option<&str> {
    let (_, id) = after_scheme(provider_id)?.rsplit_once('/')?;
    (!id.is_empty()).then_some(id)
}

fn after_scheme(provider_id: &str) -> Option<&str> {
    SCHEMES.iter().find_map(|scheme| provider_id.strip_prefix(scheme))
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
