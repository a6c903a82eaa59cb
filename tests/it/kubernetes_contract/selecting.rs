//! Label and field selectors.

use serde_json::json;

use super::client::{MERGE_PATCH, message, names};
use super::servers::{Place, on_each_server};

/// `pending` waits, `running` runs on a node called `anywhere`.
fn two_pods(place: &Place) {
    place.pod("pending", &json!({"app": "web", "tier": "front"}));
    place.running_pod("running", &json!({"app": "db"}), true);
}

/// Returns the names that a selection lists; `=` and friends are written as they are.
fn selected(place: &Place, query: &str) -> Vec<String> {
    let list = place.get(&format!("{}?{}", place.core("pods"), encoded(query))).expect(200);
    names(&list).into_iter().map(str::to_owned).collect()
}

fn encoded(query: &str) -> String {
    query.replace('!', "%21").replace(' ', "%20").replace('(', "%28").replace(')', "%29")
}

#[test]
fn pods_are_selected_by_node() {
    on_each_server(|place| {
        two_pods(place);
        assert_eq!(selected(place, "fieldSelector=spec.nodeName="), ["pending"]);
        assert_eq!(selected(place, "fieldSelector=spec.nodeName=anywhere"), ["running"]);
        assert_eq!(selected(place, "fieldSelector=spec.nodeName!=anywhere"), ["pending"]);
        assert_eq!(selected(place, "fieldSelector=spec.nodeName=nowhere"), [""; 0]);
    });
}

#[test]
fn pods_are_selected_by_phase() {
    on_each_server(|place| {
        two_pods(place);
        assert_eq!(selected(place, "fieldSelector=status.phase!=Running"), ["pending"]);
        assert_eq!(selected(place, "fieldSelector=status.phase=Running"), ["running"]);
        assert_eq!(selected(place, "fieldSelector=status.phase!=Succeeded,status.phase!=Failed"), ["pending", "running"]);
    });
}

#[test]
fn pods_are_selected_by_name_and_scheduler() {
    on_each_server(|place| {
        two_pods(place);
        assert_eq!(selected(place, "fieldSelector=metadata.name=running"), ["running"]);
        assert_eq!(selected(place, "fieldSelector=metadata.name==running"), ["running"]);
        let namespace = place.namespace();
        assert_eq!(selected(place, &format!("fieldSelector=metadata.namespace!={namespace}")), [""; 0]);
        assert_eq!(selected(place, "fieldSelector=spec.schedulerName=default-scheduler").len(), 2);
        assert_eq!(selected(place, "fieldSelector=spec.restartPolicy=Always").len(), 2);
    });
}

#[test]
fn pods_are_selected_by_nomination() {
    on_each_server(|place| {
        two_pods(place);
        let status = json!({"status": {"nominatedNodeName": "soon"}});
        place.patch(MERGE_PATCH, &place.core("pods/pending/status"), &status).expect(200);
        assert_eq!(selected(place, "fieldSelector=status.nominatedNodeName=soon"), ["pending"]);
    });
}

#[test]
fn selection_also_works_cluster_wide() {
    on_each_server(|place| {
        two_pods(place);
        let namespace = place.namespace();
        let query = format!("fieldSelector=spec.nodeName=anywhere,metadata.namespace={namespace}");
        let list = place.get(&format!("/api/v1/pods?{query}")).expect(200);
        assert_eq!(names(&list), ["running"]);
    });
}

#[test]
fn nodes_are_selected_by_their_cordon() {
    on_each_server(|place| {
        place.node("open");
        let cordoned = json!({
            "metadata": {"name": place.own("shut"), "labels": {"fact": place.namespace()}},
            "spec": {"unschedulable": true},
        });
        place.post("/api/v1/nodes", &cordoned).expect(201);
        let by = |value: &str| {
            let mine = place.namespace();
            let path = format!("/api/v1/nodes?labelSelector=fact={mine}&fieldSelector=spec.unschedulable={value}");
            names(&place.get(&path).expect(200)).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(by("true"), [place.own("shut")]);
        assert_eq!(by("false"), [place.own("open")]);
    });
}

#[test]
fn an_unknown_field_label_is_a_bad_request() {
    on_each_server(|place| {
        let ask = |path: &str| place.get(&format!("{path}?fieldSelector=spec.bogus=x")).refused(400, "BadRequest");
        assert_eq!(message(&ask(&place.core("pods"))), "field label not supported: spec.bogus");
        let status = ask("/api/v1/nodes");
        assert!(message(&status).contains("field label not supported: spec.bogus"), "{status}");
        let status = ask(&place.grouped("coordination.k8s.io/v1", "leases"));
        let words = r#""spec.bogus" is not a known field selector: only "metadata.name", "metadata.namespace""#;
        assert!(message(&status).contains(words), "{status}");
    });
}

#[test]
fn labels_are_selected_by_equality() {
    on_each_server(|place| {
        two_pods(place);
        assert_eq!(selected(place, "labelSelector=app=web"), ["pending"]);
        assert_eq!(selected(place, "labelSelector=app==web"), ["pending"]);
        assert_eq!(selected(place, "labelSelector=app!=web"), ["running"]);
        assert_eq!(selected(place, "labelSelector=app=web,tier=front"), ["pending"]);
        // Another value includes none at all.
        assert_eq!(selected(place, "labelSelector=tier!=back"), ["pending", "running"]);
    });
}

#[test]
fn labels_are_selected_by_sets() {
    on_each_server(|place| {
        two_pods(place);
        assert_eq!(selected(place, "labelSelector=app in (web,cache)"), ["pending"]);
        assert_eq!(selected(place, "labelSelector=app in (web, db)"), ["pending", "running"]);
        assert_eq!(selected(place, "labelSelector=app notin (web)"), ["running"]);
        assert_eq!(selected(place, "labelSelector=tier notin (back)"), ["pending", "running"]);
        assert_eq!(selected(place, "labelSelector=tier"), ["pending"]);
        assert_eq!(selected(place, "labelSelector=!tier"), ["running"]);
        assert_eq!(selected(place, "labelSelector=app in (web,db),!tier"), ["running"]);
    });
}

#[test]
fn a_label_selector_that_is_none_is_a_bad_request() {
    on_each_server(|place| {
        for selector in ["app=a=b", "app in web", "=web"] {
            let path = format!("{}?labelSelector={}", place.core("pods"), encoded(selector));
            let answer = place.get(&path);
            assert_eq!(answer.code, 400, "{selector}: {}", answer.body);
        }
    });
}

#[test]
fn the_last_page_of_a_selection_may_be_empty() {
    on_each_server(|place| {
        // In order: `pending`, `quiet`, `running`; the server does not look ahead whether the rest
        // is selected.
        two_pods(place);
        place.pod("quiet", &json!({"app": "web"}));
        let path = format!("{}?labelSelector=app=web&limit=1", place.core("pods"));
        let mut pages = Vec::new();
        let mut token = String::new();
        for _ in 0..4 {
            let page = place.get(&format!("{path}{token}")).expect(200);
            pages.push(names(&page).into_iter().map(str::to_owned).collect::<Vec<_>>());
            match page["metadata"]["continue"].as_str() {
                Some(next) => token = format!("&continue={next}"),
                None => break,
            }
        }
        assert_eq!(pages, [vec!["pending"], vec!["quiet"], vec![]]);
    });
}
