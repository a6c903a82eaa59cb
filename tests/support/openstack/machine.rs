//! A machine of the project.

use serde::Deserialize;

/// What is kept of a machine, and all that a Node object of it needs.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OpenStackMachine {
    pub(crate) id: String,
    pub(crate) name: String,
    /// BUILD, ACTIVE, ERROR.
    pub(crate) status: String,
    pub(crate) task_state: Option<String>,
    /// The flavor's name.
    pub(crate) flavor: String,
    pub(crate) zone: String,
    /// The message of its fault.
    pub(crate) fault: Option<String>,
}

impl OpenStackMachine {
    /// The Node's `spec.providerID`, as the cloud provider writes it.
    pub(crate) fn provider_id(&self) -> String {
        format!("openstack:///{}", self.id)
    }
}
