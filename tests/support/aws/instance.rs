//! An instance of a group.

use serde::Deserialize;

/// What the emulator knows of an instance, and all that a Node object of it needs.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "an instance type is called that")]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) lifecycle_state: String,
    pub(crate) instance_type: String,
    pub(crate) zone: String,
    pub(crate) private_ip: String,
    pub(crate) private_dns: String,
    pub(crate) spot: bool,
    pub(crate) weight: u32,
}

impl Instance {
    /// The Node's `spec.providerID`, as the AWS cloud provider writes it.
    pub(crate) fn provider_id(&self) -> String {
        format!("aws:///{}/{}", self.zone, self.id)
    }
}
