//! Heat: from the stack of a group to the servers of its members. Its form is that of Heat 27.0.1,
//! read in its code.

use serde_json::{Value, json};

use super::{OpenStackAnswer, SignedInUser, WORKERS, http, send, workers};
use crate::support::openstack::{GroupFault, NewNodeGroup, OpenStackProject, OpenStackServer};

async fn heat(user: &SignedInUser<'_>, url: &str) -> OpenStackAnswer {
    send(http().get(url).header("X-Auth-Token", &user.token)).await.expect("an answer")
}

/// Returns the resource of the members of a group, and their stack.
async fn members(project: &OpenStackProject, user: &SignedInUser<'_>, stack: &str) -> (Value, Value) {
    let listed = heat(user, &format!("{}/stacks?id={stack}", project.heat_url())).await.body["stacks"][0].clone();
    let name = listed["stack_name"].as_str().expect("a name");
    assert_eq!((listed["id"].as_str(), listed["parent"].as_str()), (Some(stack), None));
    let url = format!("{}/stacks/{name}/{stack}/resources/kube_minions", project.heat_url());
    let resource = heat(user, &url).await.body["resource"].clone();
    let links = resource["links"].as_array().expect("links");
    let nested = links.iter().find(|link| link["rel"] == "nested").expect("the stack that it is");
    let stack = heat(user, nested["href"].as_str().expect("a URL")).await.body["stack"].clone();
    (resource, stack)
}

#[tokio::test]
async fn heat_is_in_the_catalog_of_those_that_have_it() {
    for has_heat in [false, true] {
        let project = OpenStackServer::project();
        if has_heat {
            project.add_heat();
        }
        let auth = json!({"identity": super::by_password(project.member()), "scope": {"project": {"id": project.id()}}});
        let token = super::sign_in(&project, auth).await.body["token"].clone();
        let catalog = token["catalog"].as_array().expect("a catalog");
        let found = catalog.iter().find(|entry| entry["type"] == "orchestration");
        let url = found.map(|entry| entry["endpoints"][0]["url"].as_str().expect("a URL").to_owned());
        assert_eq!(url, has_heat.then(|| project.heat_url()));
    }
}

#[tokio::test]
async fn heat_has_the_server_of_each_member_by_its_number() {
    let project = OpenStackServer::project();
    project.add_heat();
    let cluster = project.cluster("my_web.1").group(workers(2)).group(NewNodeGroup::named("gpu").count(1)).create();
    let user = SignedInUser::member(&project).await;
    for (group, count) in [(WORKERS, 2), ("gpu", 1)] {
        let stack = user.group(&cluster, group).await["stack_id"].as_str().expect("a stack").to_owned();
        let (resource, stack) = members(&project, &user, &stack).await;
        assert_eq!(resource["physical_resource_id"], stack["id"]);
        let machines = cluster.machines(group);
        let expected: Value = (0..count).map(|number| (number.to_string(), json!(machines[number].id))).collect();
        assert_eq!(stack["outputs"][0]["output_key"], "refs_map");
        assert_eq!(stack["outputs"][0]["output_value"], expected);
        assert!(machines[0].name.starts_with("my-web-1-"), "{}", machines[0].name);
    }
}

#[tokio::test]
async fn a_member_without_a_server_has_the_name_of_a_resource() {
    let project = OpenStackServer::project();
    project.add_heat();
    let cluster = project.cluster("web").group(workers(1)).updates_wait().create();
    let user = SignedInUser::member(&project).await;
    let stack = user.group(&cluster, WORKERS).await["stack_id"].as_str().expect("a stack").to_owned();
    let output = async || members(&project, &user, &stack).await.1;
    user.resize_workers(&cluster, 2, &[]).await;
    let growing = output().await;
    assert_eq!(growing["stack_status"], "UPDATE_IN_PROGRESS");
    assert_eq!(growing["outputs"][0]["output_value"]["1"], "kube-minion");
    cluster.complete();
    assert_eq!(output().await["outputs"][0]["output_value"]["1"], cluster.machines(WORKERS)[1].id.as_str());
    cluster.fault(WORKERS, &GroupFault::room_for(2));
    user.resize_workers(&cluster, 3, &[]).await;
    cluster.complete();
    let orphan = cluster.machines(WORKERS)[0].id.clone();
    cluster.orphan(WORKERS, &orphan);
    assert!(!output().await.to_string().contains(&orphan));
    assert!(project.machines().iter().any(|machine| machine.id == orphan));
}

#[tokio::test]
async fn heat_does_not_know_a_stack_by_another_name() {
    let project = OpenStackServer::project();
    project.add_heat();
    let cluster = project.cluster("web").group(workers(1)).create();
    let user = SignedInUser::member(&project).await;
    let stack = cluster.state().stack_id;
    let answer = heat(&user, &format!("{}/stacks/other/{stack}", project.heat_url())).await;
    assert_eq!((answer.status, &answer.body["error"]["message"]), (404, &json!("The Stack (other) could not be found.")));
}
