//! The list of what the server serves.

use super::servers::on_each_server;

#[test]
fn version_names_a_release() {
    on_each_server(|place| {
        let version = place.get("/version").expect(200);
        assert_eq!(version["major"], "1");
        assert!(version["gitVersion"].as_str().is_some_and(|text| text.starts_with("v1.")), "{version}");
    });
}

#[test]
fn groups_name_their_preferred_version() {
    on_each_server(|place| {
        assert_eq!(place.get("/api").expect(200)["versions"][0], "v1");
        let groups = place.get("/apis").expect(200);
        for name in ["apps", "policy", "storage.k8s.io", "coordination.k8s.io", "events.k8s.io", "resource.k8s.io"] {
            let group = groups["groups"].as_array().into_iter().flatten().find(|group| group["name"] == name);
            let group = group.unwrap_or_else(|| panic!("no group {name} in {groups}"));
            assert_eq!(group["preferredVersion"]["version"], "v1", "{group}");
        }
    });
}

#[test]
fn resource_lists_hold_what_a_scaler_needs() {
    on_each_server(|place| {
        let needed = [
            ("/api/v1", "pods", true),
            ("/api/v1", "pods/eviction", true),
            ("/api/v1", "pods/binding", true),
            ("/api/v1", "pods/status", true),
            ("/api/v1", "nodes", false),
            ("/api/v1", "namespaces", false),
            ("/api/v1", "configmaps", true),
            ("/api/v1", "events", true),
            ("/api/v1", "persistentvolumeclaims", true),
            ("/api/v1", "persistentvolumes", false),
            ("/apis/apps/v1", "daemonsets", true),
            ("/apis/policy/v1", "poddisruptionbudgets", true),
            ("/apis/storage.k8s.io/v1", "storageclasses", false),
            ("/apis/storage.k8s.io/v1", "csinodes", false),
            ("/apis/storage.k8s.io/v1", "csidrivers", false),
            ("/apis/storage.k8s.io/v1", "csistoragecapacities", true),
            ("/apis/coordination.k8s.io/v1", "leases", true),
            ("/apis/events.k8s.io/v1", "events", true),
            ("/apis/resource.k8s.io/v1", "resourceclaims", true),
            ("/apis/resource.k8s.io/v1", "resourceclaimtemplates", true),
            ("/apis/resource.k8s.io/v1", "deviceclasses", false),
            ("/apis/resource.k8s.io/v1", "resourceslices", false),
            ("/apis/node.k8s.io/v1", "runtimeclasses", false),
        ];
        for (path, name, namespaced) in needed {
            let list = place.get(path).expect(200);
            let resource = list["resources"].as_array().into_iter().flatten().find(|known| known["name"] == name);
            let resource = resource.unwrap_or_else(|| panic!("no {name} in {path}"));
            assert_eq!(resource["namespaced"], namespaced, "{resource}");
        }
    });
}

#[test]
fn unknown_paths_are_not_found() {
    on_each_server(|place| {
        place.get("/apis/nobody.example.com/v1/things").expect(404);
        place.get("/api/v1/nothings").expect(404);
        place.get("/apis/nobody.example.com/v1").expect(404);
    });
}
