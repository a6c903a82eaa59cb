//! The set-up of a group: `suspended=launch`, `being-deleted`, `unprotected`,
//! `launch-configuration`.
//!
//! A script uses the words of snapshots of v1, which are read as such a snapshot is.

use ec2_autoscale_core::snapshot::{Advice, Cannot, Group, GroupId, SCHEMA_V1, Snapshot};
use serde_json::json;

/// The consequences for a group.
pub(super) struct SetUp {
    pub(super) cannot: Cannot,
    pub(super) rebalances_zones: bool,
    pub(super) launches_protected: bool,
    pub(super) advice: Vec<Advice>,
}

impl SetUp {
    /// Reads the set-up of a group from the words of a script.
    pub(super) fn read(id: &GroupId, zones: &[String], suspended: &[&str], has: impl Fn(&str) -> bool) -> Result<Self, String> {
        let snapshot = json!({
            "schema": SCHEMA_V1, "taken_at": "2026-11-22T12:00:00Z", "cluster": {"name": "script"},
            "regions": [], "nodes": [], "pod_specs": {}, "pods": [],
            "groups": [{
                "id": id, "managed_by": "cluster-tag", "min": 0, "max": 1, "desired": 0, "zones": zones,
                "purchase": {"kind": "on-demand"}, "suspended": suspended, "being_deleted": has("being-deleted"),
                "launch_configuration": has("launch-configuration"), "protects_new_instances": !has("unprotected"),
            }],
        });
        let snapshot = Snapshot::from_json(snapshot.to_string().as_bytes()).map_err(|error| error.to_string())?;
        let group = snapshot.groups.into_iter().next().ok_or("a group is read as one")?;
        let Group { cannot, rebalances_zones, launches_protected, advice, .. } = group;
        Ok(Self { cannot, rebalances_zones, launches_protected, advice })
    }
}
