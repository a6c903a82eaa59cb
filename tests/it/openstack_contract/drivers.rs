//! Which machines a resize leaves: the rules of the drivers.
//!
//! For Heat they are what a real Heat 27.0.1 left; a step is a count and the machines that are
//! named, by their numbers.

use serde_json::json;

use super::{SignedInUser, WORKERS, workers};
use crate::support::openstack::{DriverMode, MagnumCluster, OpenStackMachine, OpenStackProject, OpenStackServer};

/// A cluster whose machines are known by the order in which they were made.
struct Numbered<'a> {
    user: SignedInUser<'a>,
    cluster: MagnumCluster<'a>,
    /// The ids of all machines that there ever were.
    ids: Vec<String>,
}

impl<'a> Numbered<'a> {
    async fn new(project: &'a OpenStackProject, driver: DriverMode, count: u32) -> Self {
        let cluster = project.cluster("web").driver(driver).group(workers(count)).updates_wait().create();
        let ids = cluster.machines(WORKERS).into_iter().map(|it| it.id).collect();
        Self { user: SignedInUser::member(project).await, cluster, ids }
    }

    /// Asks for a count and names machines; what is in progress stays so.
    async fn ask(&mut self, count: u32, named: &[usize]) {
        let ids: Vec<&str> = named.iter().map(|&number| self.ids[number].as_str()).collect();
        self.user.resize_workers(&self.cluster, count, &ids).await;
        for machine in self.cluster.machines(WORKERS) {
            if !self.ids.contains(&machine.id) {
                self.ids.push(machine.id);
            }
        }
    }

    /// Ends what is in progress; returns the numbers of the machines that are left.
    fn left(&self) -> Vec<usize> {
        self.cluster.complete();
        let number = |it: OpenStackMachine| self.ids.iter().position(|id| *id == it.id).expect("a number");
        self.cluster.machines(WORKERS).into_iter().map(number).collect()
    }

    async fn step(&mut self, count: u32, named: &[usize]) -> Vec<usize> {
        self.ask(count, named).await;
        self.left()
    }
}

#[tokio::test]
async fn heat_removes_and_replaces_by_name() {
    let project = OpenStackServer::project();
    let mut heat = Numbered::new(&project, DriverMode::Heat, 3).await;
    assert_eq!(heat.step(2, &[0]).await, [1, 2]);
    assert_eq!(heat.step(2, &[0]).await, [1, 2], "the same request again");
    assert_eq!(heat.step(2, &[1]).await, [2, 3], "replaced");
    assert_eq!(heat.step(3, &[]).await, [2, 3, 4]);
    assert_eq!(heat.step(1, &[2, 4]).await, [3]);
}

#[tokio::test]
async fn heat_ends_the_newest_for_an_id_that_nobody_has() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(3)).create();
    let user = SignedInUser::member(&project).await;
    let before = cluster.machines(WORKERS);
    user.resize_workers(&cluster, 2, &["00000000-0000-0000-0000-000000000000"]).await;
    let after = cluster.machines(WORKERS);
    let ids = |machines: &[OpenStackMachine]| machines.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&after), ids(&before[..2]));
}

#[tokio::test]
async fn heat_ends_the_wrong_machine_when_two_removals_overlap() {
    let project = OpenStackServer::project();
    let mut heat = Numbered::new(&project, DriverMode::Heat, 4).await;
    heat.ask(3, &[0]).await;
    heat.ask(2, &[1]).await;
    assert_eq!(heat.left(), [0, 2], "0 was named and lives, 3 was not and is gone");

    let project = OpenStackServer::project();
    let mut heat = Numbered::new(&project, DriverMode::Heat, 4).await;
    assert_eq!(heat.step(3, &[0]).await, [1, 2, 3]);
    assert_eq!(heat.step(2, &[1]).await, [2, 3], "one after the other");
}

#[tokio::test]
async fn heat_keeps_a_removal_that_a_growth_overtakes() {
    let project = OpenStackServer::project();
    let mut heat = Numbered::new(&project, DriverMode::Heat, 4).await;
    heat.ask(3, &[0]).await;
    heat.ask(5, &[]).await;
    assert_eq!(heat.left(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn capi_helm_ignores_names() {
    let project = OpenStackServer::project();
    let mut capi = Numbered::new(&project, DriverMode::CapiHelm, 3).await;
    assert_eq!(capi.step(2, &[0]).await, [0, 1]);
    assert_eq!(capi.step(2, &[0]).await, [0, 1], "nothing is replaced");
}

#[tokio::test]
async fn vexxhost_marks_what_is_named_and_leaves_the_mark() {
    let project = OpenStackServer::project();
    let mut capi = Numbered::new(&project, DriverMode::Vexxhost, 4).await;
    assert_eq!(capi.step(3, &[0]).await, [1, 2, 3]);
    assert_eq!(capi.step(3, &[1]).await, [1, 2, 3], "nothing is replaced");
    assert_eq!(capi.step(2, &[]).await, [2, 3], "the mark takes its machine at the next removal");
}

#[tokio::test]
async fn machines_are_named_as_their_driver_names_them() {
    let project = OpenStackServer::project();
    for (driver, stack_length) in [(DriverMode::Heat, 36), (DriverMode::CapiHelm, 16), (DriverMode::Vexxhost, 10)] {
        let cluster = project.cluster("web").driver(driver).group(workers(1)).create();
        let state = cluster.state();
        assert_eq!(state.stack_id.len(), stack_length, "{driver:?}: {}", state.stack_id);
        let name = &state.groups[WORKERS].servers[0].name;
        match driver {
            DriverMode::Heat => assert!(name.starts_with("web-") && name.ends_with("-node-0"), "{name}"),
            DriverMode::CapiHelm | DriverMode::Vexxhost => {
                assert!(name.starts_with(&format!("{}-{WORKERS}-", state.stack_id)), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_driver_does_not_know_of_a_machine_deleted_in_nova() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(3)).create();
    let user = SignedInUser::member(&project).await;
    let gone = cluster.machines(WORKERS)[0].id.clone();
    project.delete_machine(&gone);
    assert_eq!(user.nova(&format!("/servers/{gone}")).await.status, 404);
    assert_eq!(user.group(&cluster, WORKERS).await["node_count"], 3);
    user.resize_workers(&cluster, 2, &[]).await;
    let left = user.nova("/servers/detail?name=web").await.body["servers"].clone();
    // The master, and one of the two that were well.
    assert_eq!(left.as_array().map(Vec::len), Some(2), "{}", json!(left));
}
