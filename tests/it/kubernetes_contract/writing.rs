//! Creating and replacing objects.

use serde_json::{Value, json};

use super::client::{MERGE_PATCH, message};
use super::servers::on_each_server;

#[test]
fn a_created_object_is_completed() {
    on_each_server(|place| {
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "mine", "uid": "not-mine-to-say", "creationTimestamp": "2001-01-01T00:00:00Z"},
        });
        let created = place.post(&place.core("configmaps"), &map).expect(201);
        let metadata = &created["metadata"];
        assert_eq!(metadata["namespace"], place.namespace());
        assert!(metadata["uid"].as_str().is_some_and(|uid| uid.len() == 36), "{created}");
        assert_ne!(metadata["creationTimestamp"], "2001-01-01T00:00:00Z");
        assert!(metadata["resourceVersion"].as_str().is_some_and(|version| version.parse::<u64>().is_ok()));
        assert_eq!(place.get(&place.core("configmaps/mine")).expect(200), created);
    });
}

#[test]
fn a_second_of_the_name_already_exists() {
    on_each_server(|place| {
        let map = json!({"metadata": {"name": "mine"}});
        place.post(&place.core("configmaps"), &map).expect(201);
        let status = place.post(&place.core("configmaps"), &map).refused(409, "AlreadyExists");
        assert_eq!(message(&status), "configmaps \"mine\" already exists");
        assert_eq!(status["details"], json!({"name": "mine", "kind": "configmaps"}));
    });
}

#[test]
fn a_name_can_be_generated() {
    on_each_server(|place| {
        let map = json!({"metadata": {"generateName": "mine-"}});
        let one = place.post(&place.core("configmaps"), &map).expect(201);
        let other = place.post(&place.core("configmaps"), &map).expect(201);
        let name = one["metadata"]["name"].as_str().expect("a generated name");
        assert!(name.starts_with("mine-") && name.len() == "mine-".len() + 5, "{name}");
        assert_ne!(one["metadata"]["name"], other["metadata"]["name"]);
    });
}

#[test]
fn an_object_needs_a_name() {
    on_each_server(|place| {
        let status = place.post(&place.core("configmaps"), &json!({"metadata": {}})).refused(422, "Invalid");
        assert!(message(&status).contains("name or generateName is required"), "{status}");
    });
}

#[test]
fn a_name_has_the_form_of_a_domain() {
    on_each_server(|place| {
        for name in ["Upper", "under_score", "-dash", "dot."] {
            let status = place.post(&place.core("configmaps"), &json!({"metadata": {"name": name}}));
            let status = status.refused(422, "Invalid");
            assert!(message(&status).contains("RFC 1123 subdomain"), "{status}");
        }
        place.post(&place.core("configmaps"), &json!({"metadata": {"name": "a.b-1"}})).expect(201);
    });
}

#[test]
fn an_unknown_dry_run_is_invalid() {
    on_each_server(|place| {
        let path = place.core("configmaps?dryRun=Some");
        let status = place.post(&path, &json!({"metadata": {"name": "mine"}})).refused(422, "Invalid");
        assert!(message(&status).contains("supported values: \"All\""), "{status}");
        place.get(&place.core("configmaps/mine")).refused(404, "NotFound");
    });
}

#[test]
fn a_new_object_has_no_version_yet() {
    on_each_server(|place| {
        let map = json!({"metadata": {"name": "mine", "resourceVersion": "5"}});
        let answer = place.post(&place.core("configmaps"), &map);
        assert_eq!(answer.code, 500, "{}", answer.body);
        assert_eq!(message(&answer.body), "resourceVersion should not be set on objects to be created");
    });
}

#[test]
fn a_namespace_is_labelled_with_its_name() {
    on_each_server(|place| {
        let namespace = place.get(&format!("/api/v1/namespaces/{}", place.namespace())).expect(200);
        assert_eq!(namespace["metadata"]["labels"]["kubernetes.io/metadata.name"], place.namespace());
    });
}

#[test]
fn an_object_needs_an_existing_namespace() {
    on_each_server(|place| {
        let missing = place.own("missing");
        let path = format!("/api/v1/namespaces/{missing}/configmaps");
        let status = place.post(&path, &json!({"metadata": {"name": "mine"}})).refused(404, "NotFound");
        assert_eq!(message(&status), format!("namespaces {missing:?} not found"));
    });
}

#[test]
fn an_object_is_not_put_into_another_namespace() {
    on_each_server(|place| {
        let map = json!({"metadata": {"name": "mine", "namespace": "elsewhere"}});
        let status = place.post(&place.core("configmaps"), &map).refused(400, "BadRequest");
        assert!(message(&status).contains("does not match the namespace"), "{status}");
    });
}

#[test]
fn an_object_of_another_kind_is_a_bad_request() {
    on_each_server(|place| {
        let lease = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "mine"}});
        place.post(&place.core("configmaps"), &lease).refused(400, "BadRequest");
    });
}

#[test]
fn a_missing_object_is_not_found() {
    on_each_server(|place| {
        let status = place.get(&place.core("pods/nobody")).refused(404, "NotFound");
        assert_eq!(message(&status), "pods \"nobody\" not found");
        let status = place.get(&place.grouped("coordination.k8s.io/v1", "leases/nobody")).refused(404, "NotFound");
        assert_eq!(message(&status), "leases.coordination.k8s.io \"nobody\" not found");
        assert_eq!(status["details"], json!({"name": "nobody", "group": "coordination.k8s.io", "kind": "leases"}));
    });
}

#[test]
fn an_update_needs_the_latest_version() {
    on_each_server(|place| {
        let created =
            place.post(&place.core("configmaps"), &json!({"metadata": {"name": "mine"}, "data": {"a": "1"}})).expect(201);
        let path = place.core("configmaps/mine");
        let mut newer = created.clone();
        newer["data"]["a"] = json!("2");
        let updated = place.put(&path, &newer).expect(200);
        assert_eq!(updated["data"]["a"], "2");
        assert_ne!(updated["metadata"]["resourceVersion"], created["metadata"]["resourceVersion"]);
        let mut stale = created;
        stale["data"]["a"] = json!("3");
        let status = place.put(&path, &stale).refused(409, "Conflict");
        let words = "Operation cannot be fulfilled on configmaps \"mine\": the object has been modified; please apply \
            your changes to the latest version and try again";
        assert_eq!(message(&status), words);
        assert_eq!(place.get(&path).expect(200)["data"]["a"], "2");
    });
}

#[test]
fn an_update_that_changes_nothing_makes_no_version() {
    on_each_server(|place| {
        let created = place.post(&place.core("configmaps"), &json!({"metadata": {"name": "mine"}})).expect(201);
        let updated = place.put(&place.core("configmaps/mine"), &created).expect(200);
        assert_eq!(updated["metadata"]["resourceVersion"], created["metadata"]["resourceVersion"]);
    });
}

#[test]
fn an_update_of_another_uid_is_a_conflict() {
    on_each_server(|place| {
        let mut created = place.post(&place.core("configmaps"), &json!({"metadata": {"name": "mine"}})).expect(201);
        created["metadata"]["uid"] = json!("00000000-0000-4000-8000-000000000000");
        let status = place.put(&place.core("configmaps/mine"), &created).refused(409, "Conflict");
        assert!(message(&status).contains("Precondition failed: UID in precondition"), "{status}");
    });
}

#[test]
fn an_update_under_another_name_is_a_bad_request() {
    on_each_server(|place| {
        let created = place.post(&place.core("configmaps"), &json!({"metadata": {"name": "mine"}})).expect(201);
        place.put(&place.core("configmaps/other"), &created).refused(400, "BadRequest");
    });
}

#[test]
fn a_dry_run_keeps_nothing() {
    on_each_server(|place| {
        let maps = place.core("configmaps");
        let map = json!({"metadata": {"name": "mine"}, "data": {"a": "1"}});
        let answered = place.post(&format!("{maps}?dryRun=All"), &map).expect(201);
        assert_eq!(answered["data"]["a"], "1");
        place.get(&format!("{maps}/mine")).refused(404, "NotFound");

        place.post(&maps, &map).expect(201);
        let change = json!({"data": {"a": "2"}});
        let answered = place.patch(MERGE_PATCH, &format!("{maps}/mine?dryRun=All"), &change).expect(200);
        assert_eq!(answered["data"]["a"], "2");
        place.delete(&format!("{maps}/mine?dryRun=All"), &Value::Null).expect(200);
        let body = json!({"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]});
        place.delete(&format!("{maps}/mine"), &body).expect(200);
        assert_eq!(place.get(&format!("{maps}/mine")).expect(200)["data"]["a"], "1");
    });
}

#[test]
fn a_new_pod_is_pending_whatever_it_says() {
    on_each_server(|place| {
        let pod = json!({
            "metadata": {"name": "mine"},
            "spec": {"containers": [{"name": "main", "image": "busybox",
                "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"memory": "512Mi"}}}]},
            "status": {"phase": "Running"},
        });
        let created = place.post(&place.core("pods"), &pod).expect(201);
        assert_eq!(created["status"]["phase"], "Pending");
        assert_eq!(created["status"]["qosClass"], "Burstable");
        let spec = &created["spec"];
        assert_eq!(spec["schedulerName"], "default-scheduler");
        assert_eq!(spec["restartPolicy"], "Always");
        assert_eq!(spec["terminationGracePeriodSeconds"], 30);
        assert_eq!(spec["priority"], 0);
        // A limit without a request becomes the request.
        assert_eq!(spec["containers"][0]["resources"]["requests"], json!({"cpu": "1", "memory": "512Mi"}));
        let tolerated: Vec<_> = spec["tolerations"].as_array().into_iter().flatten().map(|t| &t["key"]).collect();
        assert_eq!(tolerated, ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]);
    });
}

#[test]
fn a_pods_spec_is_settled() {
    on_each_server(|place| {
        place.pod("mine", &json!({}));
        let change = json!({"spec": {"nodeName": "n1"}});
        let status = place.patch(MERGE_PATCH, &place.core("pods/mine"), &change).refused(422, "Invalid");
        assert!(message(&status).contains("pod updates may not change fields other than"), "{status}");
    });
}

#[test]
fn status_has_a_path_of_its_own() {
    on_each_server(|place| {
        place.pod("mine", &json!({}));
        let running = json!({"status": {"phase": "Running"}});
        let unchanged = place.patch(MERGE_PATCH, &place.core("pods/mine"), &running).expect(200);
        assert_eq!(unchanged["status"]["phase"], "Pending");
        let changed = place.patch(MERGE_PATCH, &place.core("pods/mine/status"), &running).expect(200);
        assert_eq!(changed["status"]["phase"], "Running");
        let more = json!({"spec": {"priority": 7}, "status": {"message": "hello"}});
        let changed = place.patch(MERGE_PATCH, &place.core("pods/mine/status"), &more).expect(200);
        assert_eq!(changed["status"]["message"], "hello");
        assert_eq!(changed["spec"]["priority"], 0);
        assert_eq!(place.get(&place.core("pods/mine/status")).expect(200)["status"]["message"], "hello");
    });
}

#[test]
fn a_changed_spec_is_a_new_generation() {
    on_each_server(|place| {
        let created = place.unobserved_budget("web", &json!({}));
        assert_eq!(created["metadata"]["generation"], 1);
        let path = place.grouped("policy/v1", "poddisruptionbudgets/web");
        let changed = place.patch(MERGE_PATCH, &path, &json!({"spec": {"minAvailable": 2}})).expect(200);
        assert_eq!(changed["metadata"]["generation"], 2);
        let labelled = place.patch(MERGE_PATCH, &path, &json!({"metadata": {"labels": {"a": "b"}}})).expect(200);
        assert_eq!(labelled["metadata"]["generation"], 2);
        let mut unguarded = labelled;
        unguarded["metadata"]["resourceVersion"] = Value::Null;
        let status = place.put(&path, &unguarded).refused(422, "Invalid");
        assert!(message(&status).contains("must be specified for an update"), "{status}");
    });
}

#[test]
fn every_kind_can_be_made_and_listed() {
    on_each_server(|place| {
        let own = place.own("x");
        let container = json!({"name": "main", "image": "busybox"});
        let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}});
        let selector = json!({"matchLabels": {"a": "b"}});
        let claim = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        let volume = json!({
            "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/x"},
        });
        let driver = json!({"name": "ebs.csi.aws.com", "nodeID": "i-1", "allocatable": {"count": 25}});
        let request = json!({"name": "gpu", "exactly": {"deviceClassName": "gpu"}});
        let made = [
            (place.grouped("apps/v1", "daemonsets"), json!({"spec": {"selector": selector, "template": template}})),
            (place.core("persistentvolumeclaims"), json!({"spec": claim})),
            ("/api/v1/persistentvolumes".to_owned(), json!({"spec": volume})),
            ("/apis/storage.k8s.io/v1/storageclasses".to_owned(), json!({"provisioner": "ebs.csi.aws.com"})),
            ("/apis/storage.k8s.io/v1/csinodes".to_owned(), json!({"spec": {"drivers": [driver]}})),
            (place.grouped("resource.k8s.io/v1", "resourceclaims"), json!({"spec": {"devices": {"requests": [request]}}})),
        ];
        for (path, mut object) in made {
            object["metadata"] = json!({"name": own});
            place.post(&path, &object).expect(201);
            let list = place.get(&path).expect(200);
            assert!(super::client::names(&list).contains(&own.as_str()), "{path}");
            assert!(!list["items"].as_array().is_some_and(Vec::is_empty));
        }
    });
}

#[test]
fn devices_are_given_to_a_claim_in_its_status_and_a_pod_s_status_names_the_claim() {
    on_each_server(|place| {
        let claims = place.grouped("resource.k8s.io/v1", "resourceclaims");
        let request = json!({"name": "gpu", "exactly": {"deviceClassName": "gpu"}});
        let device = json!({"request": "gpu", "driver": "gpu.example.com", "pool": "n1", "device": "gpu-0"});
        let term = json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]});
        let allocation = json!({"devices": {"results": [device]}, "nodeSelector": {"nodeSelectorTerms": [term]}});
        let consumer = json!({"resource": "pods", "name": "train", "uid": "u"});
        let status = json!({"allocation": allocation, "reservedFor": [consumer]});
        let spec = json!({"devices": {"requests": [request]}});
        let made = place.post(&claims, &json!({"metadata": {"name": "gpu"}, "spec": spec, "status": status})).expect(201);
        assert_eq!(made["status"]["allocation"], Value::Null, "{made}");
        let path = format!("{claims}/gpu");
        place.patch(MERGE_PATCH, &format!("{path}/status"), &json!({"status": status})).expect(200);
        let claim = place.get(&path).expect(200);
        assert_eq!(claim["status"]["allocation"]["nodeSelector"], status["allocation"]["nodeSelector"], "{claim}");
        assert_eq!(claim["status"]["reservedFor"][0]["uid"], "u", "{claim}");

        let entry = json!({"name": "own", "resourceClaimTemplateName": "gpu"});
        let container = json!({"name": "main", "image": "busybox"});
        let spec = json!({"containers": [container], "resourceClaims": [entry]});
        place.post(&place.core("pods"), &json!({"metadata": {"name": "train"}, "spec": spec})).expect(201);
        let generated = json!([{"name": "own", "resourceClaimName": "train-own-x7k2p"}]);
        let pod = place.core("pods/train");
        place
            .patch(MERGE_PATCH, &format!("{pod}/status"), &json!({"status": {"resourceClaimStatuses": generated}}))
            .expect(200);
        let pod = place.get(&pod).expect(200);
        assert_eq!((&pod["spec"]["resourceClaims"], &pod["status"]["resourceClaimStatuses"]), (&json!([entry]), &generated));
    });
}
