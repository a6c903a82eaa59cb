//! Pages, tokens and versions of lists.

use serde_json::{Value, json};

use super::client::{message, names};
use super::servers::{Place, on_each_server, until};

fn three_maps(place: &Place) -> String {
    let path = place.core("configmaps");
    for name in ["a", "b", "c"] {
        place.post(&path, &json!({"metadata": {"name": name}, "data": {"key": name}})).expect(201);
    }
    path
}

fn token(list: &Value) -> String {
    list["metadata"]["continue"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_list_has_a_version_and_items_without_kinds() {
    on_each_server(|place| {
        let path = place.core("configmaps");
        three_maps(place);
        let list = place.get(&path).expect(200);
        assert_eq!(list["kind"], "ConfigMapList");
        assert_eq!(list["apiVersion"], "v1");
        assert!(list["metadata"]["resourceVersion"].as_str().is_some_and(|version| version != "0"), "{list}");
        assert_eq!(names(&list), ["a", "b", "c"]);
        assert!(list["items"][0]["kind"].is_null(), "{list}");
        assert_eq!(list["metadata"]["continue"], Value::Null);
        assert_eq!(list["metadata"]["remainingItemCount"], Value::Null);
    });
}

#[test]
fn an_empty_list_has_items() {
    on_each_server(|place| {
        let list = place.get(&place.grouped("coordination.k8s.io/v1", "leases")).expect(200);
        assert_eq!(list["kind"], "LeaseList");
        assert_eq!(list["items"], json!([]));
    });
}

#[test]
fn a_page_says_how_many_remain() {
    on_each_server(|place| {
        let path = three_maps(place);
        let page = place.get(&format!("{path}?limit=1")).expect(200);
        assert_eq!(names(&page), ["a"]);
        assert_eq!(page["metadata"]["remainingItemCount"], 2);
        let page = place.get(&format!("{path}?limit=2&continue={}", token(&page))).expect(200);
        assert_eq!(names(&page), ["b", "c"]);
        assert!(token(&page).is_empty(), "{page}");
        assert!(page["metadata"]["remainingItemCount"].is_null(), "{page}");
    });
}

#[test]
fn a_limit_of_everything_leaves_no_token() {
    on_each_server(|place| {
        let path = three_maps(place);
        let page = place.get(&format!("{path}?limit=3")).expect(200);
        assert_eq!(names(&page).len(), 3);
        assert!(token(&page).is_empty(), "{page}");
    });
}

#[test]
fn a_page_with_a_selector_does_not_count_the_rest() {
    on_each_server(|place| {
        let path = three_maps(place);
        let page = place.get(&format!("{path}?limit=1&fieldSelector=metadata.name!=a")).expect(200);
        assert_eq!(names(&page), ["b"]);
        assert!(!token(&page).is_empty(), "{page}");
        assert!(page["metadata"]["remainingItemCount"].is_null(), "{page}");
    });
}

#[test]
fn all_pages_show_one_state() {
    on_each_server(|place| {
        let path = three_maps(place);
        let first = place.get(&format!("{path}?limit=1")).expect(200);
        place.delete(&format!("{path}/b"), &Value::Null).expect(200);
        place.post(&path, &json!({"metadata": {"name": "bb"}})).expect(201);
        let rest = place.get(&format!("{path}?limit=5&continue={}", token(&first))).expect(200);
        assert_eq!(names(&rest), ["b", "c"]);
        assert_eq!(rest["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
        let anew = place.get(&path).expect(200);
        assert_eq!(names(&anew), ["a", "bb", "c"]);
    });
}

#[test]
fn the_same_token_works_twice() {
    on_each_server(|place| {
        let path = three_maps(place);
        let first = place.get(&format!("{path}?limit=1")).expect(200);
        for _ in 0..2 {
            let page = place.get(&format!("{path}?limit=1&continue={}", token(&first))).expect(200);
            assert_eq!(names(&page), ["b"]);
        }
    });
}

#[test]
fn a_token_that_is_none_is_a_bad_request() {
    on_each_server(|place| {
        let path = three_maps(place);
        let status = place.get(&format!("{path}?limit=1&continue=nonsense")).refused(400, "BadRequest");
        assert!(message(&status).contains("continue key is not valid"), "{status}");
    });
}

#[test]
fn an_old_token_has_expired() {
    on_each_server(|place| {
        let path = three_maps(place);
        let first = place.get(&format!("{path}?limit=1")).expect(200);
        let later = place.post(&path, &json!({"metadata": {"name": "d"}})).expect(201);
        place.forget_before(later["metadata"]["resourceVersion"].as_str().expect("a version"));
        let next = format!("{path}?limit=5&continue={}", token(&first));
        let status = until("the token has expired", || {
            let answer = place.get(&next);
            (answer.code == 410).then_some(answer)
        });
        let status = status.refused(410, "Expired");
        assert!(message(&status).starts_with("The provided continue parameter is too old"), "{status}");
        // The answer has a token to go on with what is there now.
        let rest = place.get(&format!("{path}?limit=5&continue={}", token(&status))).expect(200);
        assert_eq!(names(&rest), ["b", "c", "d"]);
    });
}

#[test]
fn a_token_excludes_a_version() {
    on_each_server(|place| {
        let path = three_maps(place);
        let first = place.get(&format!("{path}?limit=1")).expect(200);
        let version = first["metadata"]["resourceVersion"].as_str().expect("a list has a version");
        let both = format!("{path}?limit=1&continue={}&resourceVersion={version}", token(&first));
        let answer = place.get(&both);
        assert_eq!(answer.code, 400, "{}", answer.body);
    });
}

#[test]
fn a_version_from_the_future_times_out() {
    on_each_server(|place| {
        let path = three_maps(place);
        let status = place.get(&format!("{path}?resourceVersion=999999999")).refused(504, "Timeout");
        assert!(message(&status).contains("Too large resource version"), "{status}");
        assert_eq!(status["details"]["causes"][0]["reason"], "ResourceVersionTooLarge", "{status}");
    });
}

#[test]
fn a_list_of_any_version_is_not_paged() {
    on_each_server(|place| {
        let path = three_maps(place);
        // A real server's cache may lag behind the writes above.
        until("all three in the cache", || {
            let list = place.get(&format!("{path}?limit=1&resourceVersion=0")).expect(200);
            (names(&list) == ["a", "b", "c"]).then_some(())
        });
    });
}

#[test]
fn a_version_that_is_no_number_is_a_bad_request() {
    on_each_server(|place| {
        let answer = place.get(&format!("{}?resourceVersion=abc", place.core("configmaps")));
        assert_eq!(answer.code, 400, "{}", answer.body);
    });
}

#[test]
fn a_cluster_wide_list_goes_by_path() {
    on_each_server(|place| {
        three_maps(place);
        let other = place.own("other");
        place.post("/api/v1/namespaces", &json!({"metadata": {"name": other}})).expect(201);
        let elsewhere = json!({"metadata": {"name": "a"}});
        place.post(&format!("/api/v1/namespaces/{other}/configmaps"), &elsewhere).expect(201);
        let list = place.get("/api/v1/configmaps").expect(200);
        let here: Vec<_> = list["items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|map| (map["metadata"]["namespace"].as_str(), map["metadata"]["name"].as_str()))
            .filter(|(namespace, _)| [place.namespace(), &other].contains(&namespace.unwrap_or_default()))
            .filter(|(_, name)| *name != Some("kube-root-ca.crt"))
            .collect();
        let first = Some(place.namespace());
        // `fact-1-other/a` comes before `fact-1/a`: the dash before the slash.
        assert_eq!(here, [(Some(other.as_str()), Some("a")), (first, Some("a")), (first, Some("b")), (first, Some("c"))]);
    });
}
