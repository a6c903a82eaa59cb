//! Which pods come and go with their node.

use super::Pod;
use crate::well_known::annotations;

impl Pod {
    /// Whether no scheduler places it: it comes and goes with its node.
    #[must_use]
    pub fn belongs_to_its_node(&self) -> bool {
        self.mirror || self.is_daemon()
    }

    /// Whether a DaemonSet made it, or it counts as such by Cluster Autoscaler's annotation, which
    /// ExtendedDaemonSets and others set.
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        let is_annotated = || self.drain_annotations.get(annotations::DAEMON_POD).is_some_and(|value| value == "true");
        self.owner.as_ref().is_some_and(|owner| owner.kind == "DaemonSet") || is_annotated()
    }
}
