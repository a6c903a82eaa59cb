//! One cluster of Magnum.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::driver_mode::DriverMode;
use super::group_fault::GroupFault;
use super::machine::OpenStackMachine;
use super::node_group::NewNodeGroup;
use super::project::OpenStackProject;

/// A cluster to be described and then made with `create()`, in Magnum's database.
pub(crate) struct NewCluster<'a> {
    project: &'a OpenStackProject,
    wish: Value,
}

impl<'a> NewCluster<'a> {
    pub(super) fn named(project: &'a OpenStackProject, name: &str) -> Self {
        Self { project, wish: json!({"name": name, "groups": []}) }
    }

    /// Heat unless told.
    pub(crate) fn driver(self, mode: DriverMode) -> Self {
        self.with("mode", json!(mode.as_str()))
    }

    /// The template doesn't name the driver, as before Magnum 23.0.0.
    pub(crate) fn without_drivers_name(self) -> Self {
        self.with("names_driver", json!(false))
    }

    pub(crate) fn group(mut self, group: NewNodeGroup) -> Self {
        self.wish["groups"].as_array_mut().expect("an array").push(group.wish());
        self
    }

    pub(crate) fn label(mut self, key: &str, value: &str) -> Self {
        self.wish["labels"][key] = json!(value);
        self
    }

    /// Its state as Magnum spells it; CREATE_COMPLETE unless told.
    pub(crate) fn status(self, status: &str, reason: Option<&str>) -> Self {
        self.with("status", json!(status)).with("status_reason", json!(reason))
    }

    /// Its API server.
    pub(crate) fn api_address(self, url: &str) -> Self {
        self.with("api_address", json!(url))
    }

    /// Updates end when [`MagnumCluster::complete`] tells them to; without this, at once.
    pub(crate) fn updates_wait(self) -> Self {
        self.with("delay", Value::Null)
    }

    pub(crate) fn create(self) -> MagnumCluster<'a> {
        let state: MagnumClusterState = self.project.ask("cluster", self.wish);
        MagnumCluster::of(self.project, &state.uuid)
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.wish[key] = value;
        self
    }
}

/// A cluster that is there.
pub(crate) struct MagnumCluster<'a> {
    project: &'a OpenStackProject,
    pub(crate) uuid: String,
}

/// What its driver knows, which is more than Magnum tells.
#[derive(Debug, Deserialize)]
pub(crate) struct MagnumClusterState {
    uuid: String,
    pub(crate) stack_id: String,
    pub(crate) groups: BTreeMap<String, NodeGroupState>,
}

/// A group of it.
#[derive(Debug, Deserialize)]
pub(crate) struct NodeGroupState {
    pub(crate) uuid: String,
    /// Whether an update has not ended.
    pub(crate) busy: bool,
    /// Its machines, the oldest first.
    pub(crate) servers: Vec<OpenStackMachine>,
}

impl<'a> MagnumCluster<'a> {
    pub(super) fn of(project: &'a OpenStackProject, uuid: &str) -> Self {
        Self { project, uuid: uuid.to_owned() }
    }

    pub(crate) fn state(&self) -> MagnumClusterState {
        self.ask("cluster/state", json!({}))
    }

    /// The machines of a group, the oldest first.
    pub(crate) fn machines(&self, group: &str) -> Vec<OpenStackMachine> {
        self.state().groups.remove(group).expect("a group of the cluster").servers
    }

    /// Waits until all requests were handled and all that ends by itself has ended.
    pub(crate) fn settle(&self) {
        self.tell("settle", json!({}));
    }

    /// Ends what is in progress in all groups.
    pub(crate) fn complete(&self) {
        self.tell("complete", json!({}));
    }

    /// Ends what is in progress in one group.
    pub(crate) fn complete_group(&self, group: &str) {
        self.tell("complete", json!({"groups": [group]}));
    }

    /// From now on updates end by themselves after so long.
    pub(crate) fn updates_take(&self, delay: Duration) {
        self.tell("cluster/delay", json!({"delay": delay.as_secs_f64()}));
    }

    /// From now on updates end when [`MagnumCluster::complete`] tells them to.
    pub(crate) fn updates_wait(&self) {
        self.tell("cluster/delay", json!({"delay": null}));
    }

    /// From now on updates of the group that match go wrong.
    pub(crate) fn fault(&self, group: &str, fault: &GroupFault) {
        let mut wish = fault.wish();
        wish["group"] = json!(group);
        self.tell("group/fault", wish);
    }

    pub(crate) fn clear_faults(&self, group: &str) {
        self.tell("group/faults/clear", json!({"group": group}));
    }

    /// Writes a state over what Magnum knows of the cluster.
    pub(crate) fn set_status(&self, status: &str, reason: Option<&str>) {
        self.tell("cluster/change", json!({"status": status, "status_reason": reason}));
    }

    /// Writes a state over what Magnum knows of a group: `status`, `status_reason`, `count`, `min`,
    /// `max`, `updated`.
    pub(crate) fn change_group(&self, group: &str, mut change: Value) {
        change["group"] = json!(group);
        self.tell("group/change", change);
    }

    /// The stack of a group loses a machine, which lives on.
    pub(crate) fn orphan(&self, group: &str, machine: &str) {
        self.tell("group/orphan", json!({"group": group, "server": machine}));
    }

    fn tell(&self, verb: &str, wish: Value) {
        let _: Value = self.ask(verb, wish);
    }

    fn ask<T: DeserializeOwned>(&self, verb: &str, mut wish: Value) -> T {
        wish["cluster"] = json!(self.uuid);
        self.project.ask(verb, wish)
    }
}
