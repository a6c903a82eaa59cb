//! When the cloud replaces an instance since it is too old.

use jiff::Timestamp;

use super::{Group, Instance};

impl Group {
    /// Returns when the cloud replaces an instance of the group since it is too old then, if it
    /// does: what is protected is spared.
    #[must_use]
    pub fn replaced_at(&self, instance: &Instance) -> Option<Timestamp> {
        let launched_at = instance.launched_at.filter(|_| !instance.protected && instance.lifecycle.is_live())?;
        Some(self.automatic.max_instance_lifetime?.after(launched_at))
    }
}
