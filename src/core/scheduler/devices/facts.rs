//! The classes, slices and claims of a cluster.

use crate::snapshot::{DeviceClass, DeviceReach, ResourceClaim, ResourceSlice, Snapshot};

/// The classes, slices and claims of a cluster.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeviceFacts<'a> {
    pub(in crate::scheduler) classes: &'a [DeviceClass],
    pub(in crate::scheduler) slices: &'a [ResourceSlice],
    pub(in crate::scheduler) claims: &'a [ResourceClaim],
}

impl<'a> DeviceFacts<'a> {
    /// Returns what a snapshot holds of devices.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let slices = snapshot.resource_slices.as_deref().unwrap_or_default();
        Self { classes: &snapshot.device_classes, slices, claims: &snapshot.resource_claims }
    }

    /// Returns the same with these slices and no others.
    #[must_use]
    pub fn with_slices(self, slices: &'a [ResourceSlice]) -> Self {
        Self { slices, ..self }
    }

    /// Returns the same without any slices and claims.
    pub(in crate::scheduler) fn of_new_node(self) -> Self {
        Self { slices: &[], claims: &[], ..self }
    }

    /// Returns the labels of nodes, or names of fields, by which slices select those that reach
    /// them.
    pub(in crate::scheduler) fn node_label_keys(&self) -> impl Iterator<Item = &'a str> {
        let of_devices = self.slices.iter().flat_map(|slice| slice.devices.iter().filter_map(|device| device.reach.as_ref()));
        let reaches = self.slices.iter().map(|slice| &slice.reach).chain(of_devices);
        let terms = reaches.filter_map(|reach| match reach {
            DeviceReach::Nodes(terms) => Some(terms),
            DeviceReach::Node(_) | DeviceReach::AllNodes | DeviceReach::EachItsOwn => None,
        });
        let requirements = terms.flatten().flat_map(|term| term.match_expressions.iter().chain(&term.match_fields));
        requirements.map(|requirement| requirement.key.as_str())
    }
}
