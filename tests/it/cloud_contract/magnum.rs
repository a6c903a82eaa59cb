//! A node group of a Magnum cluster that Heat made: the driver that does all that a cloud may do.

use std::fs;

use ec2_autoscale::cloud::{Cloud, MagnumOptions};
use reqwest::Method;
use serde_json::{Value, json};

use super::{GROUP, GroupSize, GroupWorld, NextRequest, Overlap, read};
use crate::openstack_contract::SignedInUser;
use crate::support::openstack::{GroupFault, MagnumCluster, NewNodeGroup, OpenStackFault, OpenStackProject, OpenStackServer};

/// A project with a cluster that has one group of workers.
pub(super) struct MagnumGroup {
    project: OpenStackProject,
    uuid: String,
    cloud: Cloud,
}

impl MagnumGroup {
    fn cluster(&self) -> MagnumCluster<'_> {
        self.project.cluster_by_uuid(&self.uuid)
    }
}

/// Signs in as the member of the project.
async fn sign_in(project: &OpenStackProject) -> Cloud {
    let member = project.member();
    let keys = format!("user-id={}\npassword={}\ntenant-id={}", member.id, member.password, project.id());
    let text = format!("[Global]\nauth-url={}\nregion={}\n{keys}\n", project.auth_url(), project.region());
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), text).expect("a file");
    let options = MagnumOptions { cloud_config: Some(file.path().to_owned()), regions: Vec::new() };
    Cloud::sign_in_to_openstack(&options).await.expect("signed in")
}

impl GroupWorld for MagnumGroup {
    const ABOVE_MAX: &str = "Resizing workers outside the allowed range: min_node_count = 0, max_node_count = 5";
    const PERMISSION: &str = "the role reader for plan, or member for apply";
    const NO_ROOM: &str = "No valid host was found. There are not enough hosts available.";
    const OVERLAP: Overlap = Overlap::MixesUp;

    async fn start(size: GroupSize) -> Self {
        let project = OpenStackServer::project();
        let workers = NewNodeGroup::named(GROUP).count(size.machines).min(size.min).max(size.max);
        let uuid = project.cluster("test").group(NewNodeGroup::named("default-worker")).group(workers).create().uuid;
        let cloud = sign_in(&project).await;
        read(&cloud).await;
        project.forget_calls();
        Self { project, uuid, cloud }
    }

    fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    fn region(&self) -> &str {
        self.project.region()
    }

    fn machines(&self) -> Vec<String> {
        let machines = self.cluster().machines(GROUP).into_iter();
        machines.filter(|it| it.status != "ERROR" && it.task_state.as_deref() != Some("deleting")).map(|it| it.id).collect()
    }

    fn provider_id(&self, machine: &str) -> String {
        format!("openstack:///{machine}")
    }

    fn requests(&self) -> usize {
        self.project.mutations().len()
    }

    fn next_request(&self, fate: NextRequest) {
        let fault = OpenStackFault::on("container-infra", "POST").path("actions/resize").times(1);
        self.project.fault(&match fate {
            NextRequest::LostBefore => fault.cut_before_change(),
            NextRequest::LostAfter => fault.cut_after_change(),
            NextRequest::Throttled => fault.status(429).message("Too many requests"),
            NextRequest::Forbidden => fault.status(403).message("Policy doesn't allow cluster:resize to be performed."),
        });
    }

    fn set_limits(&self, min: u32, max: u32) {
        self.cluster().change_group(GROUP, json!({ "min": min, "max": max }));
    }

    fn fill_up(&self) {
        self.cluster().fault(GROUP, &GroupFault::room_for(0));
    }

    fn slow_down(&self) {
        self.cluster().updates_wait();
    }

    fn settle(&self) {
        self.cluster().complete();
    }

    fn end_by_hand(&self, machine: &str) {
        self.project.delete_machine(machine);
    }

    async fn delete(&self) {
        let user = SignedInUser::member(&self.project).await;
        let path = format!("/clusters/{}/nodegroups/{GROUP}", self.uuid);
        let answer = user.change(Method::DELETE, &path, &Value::Null).await.expect("an answer");
        assert_eq!(answer.status, 204, "{}", answer.body);
        self.cluster().settle();
        self.project.forget_calls();
    }
}
