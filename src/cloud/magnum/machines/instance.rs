//! A server as an instance of its group.

use crate::cloud::group_now::InstanceNow;
use crate::cloud::magnum::api::ServerAnswer;
use crate::cloud::magnum::launches::zones::label_of_zone;
use crate::snapshot::{Instance, Lifecycle, Weight};

/// Returns the instance that a server is. A server before it has a host is in no zone yet.
///
/// No instance is protected from the cloud's own choice: a driver chooses wherever a count is
/// lowered without names, so that nothing here ever does that.
pub(crate) fn instance(server: &ServerAnswer, lifecycle: Lifecycle) -> Instance {
    Instance {
        id: server.id.clone(),
        zone: label_of_zone(server.zone.as_deref().unwrap_or_default()),
        machine_type: server.flavor_name().to_owned(),
        lifecycle,
        protected: false,
        launched_at: server.created,
        weight: Weight::ONE,
        image: None,
        launch_version: None,
        addresses: server.names(),
        spot: false,
        reservation: None,
    }
}

/// Returns what a step needs to know of it.
pub(crate) fn instance_now(server: &ServerAnswer, lifecycle: Lifecycle) -> InstanceNow {
    InstanceNow { id: server.id.clone(), lifecycle, weight: Weight::ONE.get(), protected: false }
}
