//! Nova's four lists, as its API 34.0.0 gave them for servers that were rows of its database: every
//! field of a server in each state, of flavors and of limits was laid beside, up to version 2.61.

use serde_json::{Value, json};

use super::{SignedInUser, WORKERS, workers};
use crate::support::openstack::{GroupFault, NewNodeGroup, OpenStackServer};

#[tokio::test]
async fn nova_lists_flavors_with_what_a_node_offers() {
    let project = OpenStackServer::project();
    project.flavor(json!({"id": "77", "name": "c2.small", "vcpus": 2, "ram": 2048, "disk": 10, "extra_specs": {"a": "b"}}));
    let user = SignedInUser::member(&project).await;
    let flavors = user.nova("/flavors/detail").await.body["flavors"].clone();
    let own = flavors.as_array().expect("flavors").iter().find(|it| it["name"] == "c2.small").expect("the flavor");
    assert_eq!((&own["vcpus"], &own["ram"], &own["disk"]), (&json!(2), &json!(2048), &json!(10)));
    assert_eq!(own["extra_specs"], json!({"a": "b"}));
    let older = user.at_version("compute", "compute 2.47", "/flavors/detail").await.body;
    assert!(older["flavors"][0].get("extra_specs").is_none());
    assert_eq!(user.nova("/flavors/77").await.status, 200);
    let by_name = user.nova("/flavors/c2.small").await;
    assert_eq!(by_name.status, 404);
    assert_eq!(by_name.body["itemNotFound"]["message"], "Flavor c2.small could not be found.");
}

#[tokio::test]
async fn nova_lists_servers_by_name_in_pages() {
    let project = OpenStackServer::project();
    project.cluster("web").group(workers(3)).create();
    project.cluster("other").group(workers(1)).create();
    let user = SignedInUser::member(&project).await;
    project.shorten_pages(3);
    let first = user.nova("/servers/detail?name=%5Eweb-").await.body;
    assert_eq!(first["servers"].as_array().map(Vec::len), Some(3));
    assert_eq!(first["servers_links"][0]["rel"], "next");
    let next = first["servers_links"][0]["href"].as_str().expect("a further page");
    let path = next.strip_prefix(project.endpoint("compute")).expect("a full URL");
    let second = user.nova(path).await.body;
    assert_eq!(second["servers"].as_array().map(Vec::len), Some(1));
    assert!(second.get("servers_links").is_none());
    assert_eq!(project.machines().len(), 6);
}

#[tokio::test]
async fn nova_shows_a_server_with_flavor_zone_and_fault() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(1).flavor("2")).create();
    let user = SignedInUser::member(&project).await;
    let machine = cluster.machines(WORKERS).remove(0);
    assert_eq!(machine.provider_id(), format!("openstack:///{}", machine.id));
    let path = format!("/servers/{}", machine.id);
    let shown = user.nova(&path).await.body["server"].clone();
    assert_eq!(shown["status"], "ACTIVE");
    assert_eq!(shown["OS-EXT-AZ:availability_zone"], "nova");
    let address = json!([{
        "version": 4, "addr": shown["addresses"]["private"][0]["addr"], "OS-EXT-IPS:type": "fixed",
        "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01",
    }]);
    assert_eq!(shown["addresses"], json!({ "private": address }));
    assert_eq!((&shown["locked"], &shown["tags"]), (&json!(false), &json!([])));
    let flavor = &shown["flavor"];
    assert_eq!((&flavor["original_name"], &flavor["vcpus"], &flavor["ram"]), (&json!("m1.small"), &json!(1), &json!(2048)));
    let oldest = user.at_version("compute", "compute 2.1", &path).await.body["server"]["flavor"].clone();
    assert_eq!((&oldest["id"], oldest.get("vcpus")), (&json!("2"), None));

    project.change_machine(&machine.id, json!({"task_state": "deleting", "zone": "zone-b", "older_by": 60}));
    let changed = user.nova(&path).await.body["server"].clone();
    assert_eq!(changed["OS-EXT-STS:task_state"], "deleting");
    assert_eq!(cluster.machines(WORKERS)[0].task_state.as_deref(), Some("deleting"));
    assert!(changed["created"].as_str() < shown["created"].as_str());

    project.fail_machine(&machine.id, "No valid host was found.");
    let failed = user.nova(&path).await.body["server"].clone();
    assert_eq!((&failed["status"], &failed["fault"]["message"]), (&json!("ERROR"), &json!("No valid host was found.")));
}

#[tokio::test]
async fn nova_counts_machines_against_the_limits() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(NewNodeGroup::named(WORKERS).flavor("m1.large").count(2)).create();
    project.set_limits(&json!({"maxTotalCores": 20, "maxTotalInstances": -1}));
    // One that failed counts, too.
    project.fail_machine(&cluster.machines(WORKERS)[0].id, "No valid host was found.");
    let user = SignedInUser::member(&project).await;
    let limits = user.nova("/limits").await.body["limits"]["absolute"].clone();
    let of = |name: &str| limits[name].as_i64();
    assert_eq!((of("maxTotalCores"), of("totalCoresUsed")), (Some(20), Some(2 + 2 * 4)));
    assert_eq!((of("maxTotalInstances"), of("totalInstancesUsed")), (Some(-1), Some(3)));
    assert_eq!(of("totalRAMUsed"), Some(4096 + 2 * 8192));
}

#[tokio::test]
async fn nova_shows_no_host_no_launch_and_no_address_of_a_machine_that_never_ran() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(1)).create();
    let user = SignedInUser::member(&project).await;
    cluster.fault(WORKERS, &GroupFault::room_for(1));
    user.resize_workers(&cluster, 2, &[]).await;
    let failed = cluster.machines(WORKERS).remove(1);
    let shown = user.nova(&format!("/servers/{}", failed.id)).await.body["server"].clone();
    assert_eq!((&shown["status"], &shown["OS-EXT-AZ:availability_zone"]), (&json!("ERROR"), &json!("")));
    assert_eq!((&shown["hostId"], &shown["OS-SRV-USG:launched_at"]), (&json!(""), &Value::Null));
    assert_eq!((&shown["addresses"], shown.get("progress")), (&json!({}), None));
}

#[tokio::test]
async fn nova_shows_a_machine_that_is_being_built() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(1)).updates_wait().create();
    let user = SignedInUser::member(&project).await;
    user.resize_workers(&cluster, 2, &[]).await;
    let new = cluster.machines(WORKERS).remove(1);
    let shown = user.nova(&format!("/servers/{}", new.id)).await.body["server"].clone();
    assert_eq!((&shown["status"], &shown["OS-EXT-STS:vm_state"]), (&json!("BUILD"), &json!("building")));
    assert_eq!(shown["OS-SRV-USG:launched_at"], Value::Null);
    cluster.complete();
    assert_eq!(user.nova(&format!("/servers/{}", new.id)).await.body["server"]["status"], "ACTIVE");
}
