//! One Kubernetes server and one Magnum cluster in a project of its own, and the binary between
//! them.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use super::super::cluster::{Run, run};
use super::super::world::{age_node, age_object};
use crate::support::kubernetes::KubernetesServer;
use crate::support::kubernetes::objects::{Object as _, node};
use crate::support::openstack::{
    DriverMode, MagnumCluster, NewNodeGroup, OpenStackMachine, OpenStackMoment, OpenStackProject, OpenStackServer,
};

pub(super) const MINUTE: Duration = Duration::from_mins(1);
/// The group of most tests.
pub(super) const WORKERS: &str = "default-worker";

/// A cluster of Magnum that is called `test`, and the Kubernetes cluster that it is.
pub(super) struct MagnumWorld {
    pub(super) kubernetes: KubernetesServer,
    pub(super) project: OpenStackProject,
    uuid: String,
    mode: DriverMode,
    folder: TempDir,
}

/// Returns a group of at most five machines of four cores, of which there are so many.
pub(super) fn group(name: &str, count: u32) -> NewNodeGroup {
    NewNodeGroup::named(name).flavor("m1.large").count(count).min(0).max(5)
}

impl MagnumWorld {
    /// Makes a cluster with these groups, by the driver of a mode. Updates end at once.
    pub(super) fn start(mode: DriverMode, groups: impl IntoIterator<Item = NewNodeGroup>) -> Self {
        Self::make(mode, groups, false, "CREATE_COMPLETE")
    }

    /// Makes one whose updates end when they are told to.
    pub(super) fn with_slow_updates(mode: DriverMode, groups: impl IntoIterator<Item = NewNodeGroup>) -> Self {
        Self::make(mode, groups, true, "CREATE_COMPLETE")
    }

    /// Makes one in a state.
    pub(super) fn in_state(status: &str, groups: impl IntoIterator<Item = NewNodeGroup>) -> Self {
        Self::make(DriverMode::Heat, groups, false, status)
    }

    fn make(mode: DriverMode, groups: impl IntoIterator<Item = NewNodeGroup>, is_slow: bool, status: &str) -> Self {
        let project = OpenStackServer::project();
        let folder = tempfile::tempdir().expect("a directory can be made");
        let mut new = project.cluster("test").driver(mode).status(status, None);
        for group in groups {
            new = new.group(group);
        }
        let uuid = if is_slow { new.updates_wait().create().uuid } else { new.create().uuid };
        Self { kubernetes: KubernetesServer::start(), project, uuid, mode, folder }
    }

    pub(super) fn cluster(&self) -> MagnumCluster<'_> {
        self.project.cluster_by_uuid(&self.uuid)
    }

    /// Returns the binary with the environment of a person of the project.
    pub(super) fn command(&self, command: &str, arguments: &[&str]) -> Command {
        let mut process = self.without_flags();
        process.args([command, "--cloud", "magnum", "--cluster-name", "test"]).args(arguments);
        process
    }

    /// Returns the same without a command and a flag.
    pub(super) fn without_flags(&self) -> Command {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ec2-autoscale"));
        process.env_clear().current_dir(self.folder.path()).env("HOME", self.folder.path());
        process.env("KUBECONFIG", self.kubernetes.kubeconfig()).envs(self.project.env(self.project.member()));
        process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        process
    }

    /// Runs `plan -o json`, which must change nothing.
    pub(super) fn plan(&self, arguments: &[&str]) -> Run {
        let changes = || (self.kubernetes.mutations().len(), self.resizes().len());
        let before = changes();
        let run = run(self.command("plan", &["-o", "json"]).args(arguments));
        assert_eq!(before, changes(), "plan changed something");
        run
    }

    /// Runs `apply -o json`.
    pub(super) fn apply(&self, arguments: &[&str]) -> Run {
        run(self.command("apply", &["-o", "json"]).args(arguments))
    }

    /// Runs `apply PLAN -o json`. The plan states the cloud and the cluster.
    pub(super) fn apply_saved(&self, plan: &str) -> Run {
        run(self.without_flags().args(["apply", plan, "-o", "json"]))
    }

    /// Returns the requests that change a group, in words: `workers 3`, `workers 1 without 2`.
    pub(super) fn resizes(&self) -> Vec<String> {
        let groups = self.cluster().state().groups;
        let changes = self.project.mutations().into_iter().map(|call| {
            let body = call.body;
            let group = groups.iter().find(|(_, group)| body["nodegroup"] == group.uuid).map_or("?", |(name, _)| name);
            let without = body["nodes_to_remove"].as_array().map_or(0, Vec::len);
            let names = if without > 0 { format!(" without {without}") } else { String::new() };
            format!("{group} {}{names}", body["node_count"])
        });
        changes.collect()
    }

    pub(super) fn forget_calls(&self) {
        self.project.forget_calls();
        self.kubernetes.forget_calls();
    }

    /// Has a person set another count right before an answer about the group, the n-th from now.
    pub(super) fn count_changes_before_look(&self, number: u32, count: u32) {
        let (handle, uuid) = (self.project.handle(), self.uuid.clone());
        let look = OpenStackMoment::before("container-infra", "GET", "/nodegroups/.").number(number);
        self.project.before(&look, move || handle.cluster_by_uuid(&uuid).change_group(WORKERS, json!({ "count": count })));
    }

    /// Returns the ids of the machines of the workers, in their order.
    pub(super) fn ids(&self) -> Vec<String> {
        self.cluster().machines(WORKERS).into_iter().map(|machine| machine.id).collect()
    }

    /// Has a person resize the workers by Magnum's API.
    pub(super) fn resize_by_hand(&self, count: u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let status = runtime.block_on(async {
            let http = reqwest::Client::builder().no_proxy().build().expect("a client");
            let member = self.project.member();
            let user = json!({ "id": member.id, "password": member.password });
            let identity = json!({ "methods": ["password"], "password": { "user": user } });
            let auth = json!({ "identity": identity, "scope": { "project": { "id": self.project.id() } } });
            let sign_in = http.post(format!("{}/auth/tokens", self.project.auth_url())).json(&json!({ "auth": auth }));
            let signed_in = sign_in.send().await.expect("Keystone answers");
            let url = format!("{}/clusters/{}/actions/resize", self.project.endpoint("container-infra"), self.uuid);
            let request = http.post(url).header("x-auth-token", &signed_in.headers()["x-subject-token"]);
            let request = request.header("openstack-api-version", "container-infra 1.10");
            request.json(&json!({ "node_count": count, "nodegroup": WORKERS })).send().await.expect("Magnum answers").status()
        });
        assert_eq!(status.as_u16(), 202);
        self.cluster().settle();
    }

    /// Returns the path of a file in the folder of the binary.
    pub(super) fn folder_file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("text").to_owned()
    }

    /// Makes the active machines of a group Ready nodes, as they come; returns their names.
    pub(super) fn register_nodes(&self, group: &str) -> Vec<String> {
        let known = self.kubernetes.all("nodes");
        let label = match self.mode {
            DriverMode::Heat => "magnum.openstack.org/nodegroup",
            DriverMode::CapiHelm => "capi.stackhpc.com/node-group",
            DriverMode::Vexxhost => "node.cluster.x-k8s.io/nodegroup",
        };
        let is_new = |machine: &OpenStackMachine| {
            let is_known = known.iter().any(|node| node["spec"]["providerID"] == machine.provider_id());
            machine.status == "ACTIVE" && !is_known
        };
        let mut names = Vec::new();
        for machine in self.cluster().machines(group).into_iter().filter(is_new) {
            let fresh = node(&machine.name)
                .provider_id(&machine.provider_id())
                .allocatable("cpu", "4")
                .allocatable("memory", "7600Mi")
                .allocatable("ephemeral-storage", "72Gi")
                .allocatable("pods", "110")
                .label(label, group)
                .label("node.kubernetes.io/instance-type", &machine.flavor)
                .label("topology.kubernetes.io/region", self.project.region())
                .label("topology.kubernetes.io/zone", "nova");
            self.kubernetes.add(fresh);
            names.push(machine.name);
        }
        names
    }

    /// Lets time pass: everything happened that much earlier.
    pub(super) fn pass(&self, time: Duration) {
        for machine in self.project.machines() {
            self.project.change_machine(&machine.id, json!({ "older_by": time.as_secs() }));
        }
        for node in self.kubernetes.all("nodes") {
            let name = node["metadata"]["name"].as_str().expect("a name").to_owned();
            self.kubernetes.edit("nodes", "", &name, |node| age_node(node, time));
        }
        for pod in self.kubernetes.all("pods") {
            let (namespace, name) = (pod["metadata"]["namespace"].as_str(), pod["metadata"]["name"].as_str());
            self.kubernetes.edit("pods", namespace.expect("text"), name.expect("text"), |pod| age_object(pod, time));
        }
    }

    /// Makes the nodes of `workers` an hour old, and has a run cordon those without a pod.
    pub(super) fn cordon_idle(&self) {
        self.pass(60 * MINUTE);
        self.apply(&["--idle-threshold", "0", "--max-scale-in-fraction", "1"]).exits(0);
        self.kubernetes.run_controllers();
        self.pass(MINUTE);
        self.forget_calls();
    }
}
