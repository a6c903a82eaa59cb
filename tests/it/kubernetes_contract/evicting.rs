//! Evictions and disruption budgets.

use serde_json::{Value, json};

use super::client::{Answer, JSON_PATCH, MERGE_PATCH, message};
use super::servers::{Place, on_each_server};

const WOULD_VIOLATE: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

fn web() -> Value {
    json!({"app": "web"})
}

/// Evicts a pod; `options` are its delete options.
fn evict(place: &Place, pod: &str, query: &str, options: &Value) -> Answer {
    let mut eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}});
    if !options.is_null() {
        eviction["deleteOptions"] = options.clone();
    }
    place.post(&place.core(&format!("pods/{pod}/eviction{query}")), &eviction)
}

fn allowed(place: &Place, budget: &str) -> Value {
    let path = place.grouped("policy/v1", &format!("poddisruptionbudgets/{budget}"));
    place.get(&path).expect(200)["status"]["disruptionsAllowed"].clone()
}

fn is_terminating(place: &Place, pod: &str) -> bool {
    place.get(&place.core(&format!("pods/{pod}"))).expect(200)["metadata"]["deletionTimestamp"].is_string()
}

#[test]
fn an_evicted_pod_is_terminating() {
    on_each_server(|place| {
        place.running_pod("web", &web(), true);
        let answer = evict(place, "web", "", &Value::Null).expect(201);
        assert_eq!(answer["kind"], "Status");
        assert_eq!(answer["status"], "Success");
        let pod = place.get(&place.core("pods/web")).expect(200);
        assert!(pod["metadata"]["deletionTimestamp"].is_string(), "{pod}");
        assert_eq!(pod["metadata"]["deletionGracePeriodSeconds"], 30);
        let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
        let target = conditions.find(|known| known["type"] == "DisruptionTarget").expect("the condition");
        assert_eq!(target["status"], "True");
        assert_eq!(target["reason"], "EvictionByEvictionAPI");
    });
}

#[test]
fn an_eviction_can_shorten_the_grace() {
    on_each_server(|place| {
        place.running_pod("web", &web(), true);
        evict(place, "web", "", &json!({"gracePeriodSeconds": 3})).expect(201);
        let pod = place.get(&place.core("pods/web")).expect(200);
        assert_eq!(pod["metadata"]["deletionGracePeriodSeconds"], 3);
    });
}

#[test]
fn an_eviction_spends_the_budget() {
    on_each_server(|place| {
        place.running_pod("web", &web(), true);
        place.running_pod("other", &web(), true);
        place.budget("pdb-a", 1, 2, 1);
        evict(place, "web", "", &Value::Null).expect(201);
        assert_eq!(allowed(place, "pdb-a"), 0);
        let path = place.grouped("policy/v1", "poddisruptionbudgets/pdb-a");
        let budget = place.get(&path).expect(200);
        assert!(budget["status"]["disruptedPods"]["web"].is_string(), "{budget}");
        let condition = &budget["status"]["conditions"][0];
        assert_eq!((&condition["type"], &condition["status"]), (&json!("DisruptionAllowed"), &json!("False")));
        assert_eq!(condition["reason"], "InsufficientPods");
        evict(place, "other", "", &Value::Null).refused(429, "TooManyRequests");
        assert!(!is_terminating(place, "other"));
    });
}

#[test]
fn a_spent_budget_blocks_without_naming_a_time() {
    on_each_server(|place| {
        place.running_pod("web", &web(), true);
        place.budget("pdb-a", 0, 1, 1);
        let answer = evict(place, "web", "", &Value::Null);
        assert_eq!(answer.header("retry-after"), "");
        let status = answer.refused(429, "TooManyRequests");
        assert_eq!(message(&status), WOULD_VIOLATE);
        let cause = json!({
            "reason": "DisruptionBudget",
            "message": "The disruption budget pdb-a needs 1 healthy pods and has 1 currently",
        });
        assert_eq!(status["details"]["causes"], json!([cause]));
        assert!(!is_terminating(place, "web"));
    });
}

#[test]
fn a_budget_nobody_has_looked_at_blocks_and_names_a_time() {
    on_each_server(|place| {
        place.running_pod("web", &web(), true);
        place.unobserved_budget("pdb-a", &json!({}));
        let answer = evict(place, "web", "", &Value::Null);
        assert_eq!(answer.header("retry-after"), "10");
        let status = answer.refused(429, "TooManyRequests");
        assert_eq!(message(&status), WOULD_VIOLATE);
        assert_eq!(status["details"]["retryAfterSeconds"], 10);
        assert_eq!(status["details"]["causes"][0]["reason"], "DisruptionBudget");
        let words = "The disruption budget pdb-a is still being processed by the server.";
        assert_eq!(status["details"]["causes"][0]["message"], words);
    });
}

#[test]
fn two_budgets_are_an_error() {
    on_each_server(|place| {
        place.running_pod("web", &web(), true);
        place.budget("pdb-a", 1, 1, 0);
        place.budget("pdb-b", 1, 1, 0);
        let answer = evict(place, "web", "", &Value::Null);
        assert_eq!(answer.code, 500, "{}", answer.body);
        let words = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
        assert_eq!(message(&answer.body), words);
        assert!(!is_terminating(place, "web"));
    });
}

#[test]
fn a_missing_pod_is_not_found() {
    on_each_server(|place| {
        let status = evict(place, "nobody", "", &Value::Null).refused(404, "NotFound");
        assert_eq!(message(&status), "pods \"nobody\" not found");
    });
}

#[test]
fn a_dry_run_evicts_nobody() {
    on_each_server(|place| {
        place.running_pod("web", &web(), true);
        place.budget("pdb-a", 1, 1, 0);
        evict(place, "web", "?dryRun=All", &Value::Null).expect(201);
        evict(place, "web", "", &json!({"dryRun": ["All"]})).expect(201);
        assert_eq!(allowed(place, "pdb-a"), 1);
        assert!(!is_terminating(place, "web"));
        let spent = json!([{"op": "replace", "path": "/status/disruptionsAllowed", "value": 0}]);
        let path = place.grouped("policy/v1", "poddisruptionbudgets/pdb-a/status");
        place.patch(JSON_PATCH, &path, &spent).expect(200);
        evict(place, "web", "?dryRun=All", &Value::Null).refused(429, "TooManyRequests");
    });
}

#[test]
fn a_pending_pod_ignores_budgets() {
    on_each_server(|place| {
        place.pod("web", &web());
        place.budget("pdb-a", 0, 0, 1);
        evict(place, "web", "", &Value::Null).expect(201);
        // No kubelet runs it, so none has to stop it.
        place.get(&place.core("pods/web")).refused(404, "NotFound");
    });
}

#[test]
fn a_terminating_pod_ignores_budgets() {
    on_each_server(|place| {
        place.running_pod("web", &web(), true);
        place.budget("pdb-a", 1, 1, 0);
        evict(place, "web", "", &Value::Null).expect(201);
        assert_eq!(allowed(place, "pdb-a"), 0);
        evict(place, "web", "", &Value::Null).expect(201);
    });
}

#[test]
fn another_uid_saves_the_pod_and_costs_the_budget() {
    on_each_server(|place| {
        let pod = place.running_pod("web", &web(), true);
        place.budget("pdb-a", 1, 1, 0);
        let uid = |uid: &Value| json!({"preconditions": {"uid": uid}});
        let other = json!("00000000-0000-4000-8000-000000000000");
        evict(place, "web", "", &uid(&other)).refused(409, "Conflict");
        assert!(!is_terminating(place, "web"));
        assert_eq!(allowed(place, "pdb-a"), 0);
        place.delete(&place.grouped("policy/v1", "poddisruptionbudgets/pdb-a"), &Value::Null).expect(200);
        evict(place, "web", "", &uid(&pod["metadata"]["uid"])).expect(201);
        assert!(is_terminating(place, "web"));
    });
}

#[test]
fn an_unready_pod_is_free_while_enough_are_healthy() {
    on_each_server(|place| {
        place.running_pod("broken", &web(), false);
        place.budget("pdb-a", 0, 2, 2);
        evict(place, "broken", "", &Value::Null).expect(201);
        assert_eq!(allowed(place, "pdb-a"), 0);
    });
}

#[test]
fn an_unready_pod_is_guarded_while_too_few_are_healthy() {
    on_each_server(|place| {
        place.running_pod("broken", &web(), false);
        place.budget("pdb-a", 0, 1, 2);
        evict(place, "broken", "", &Value::Null).refused(429, "TooManyRequests");
        let always = json!({"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}});
        let path = place.grouped("policy/v1", "poddisruptionbudgets/pdb-a");
        place.patch(MERGE_PATCH, &path, &always).expect(200);
        evict(place, "broken", "", &Value::Null).expect(201);
    });
}

#[test]
fn an_empty_selector_guards_everything() {
    on_each_server(|place| {
        place.running_pod("web", &web(), true);
        let everything = json!({"selector": {"matchLabels": {"app": "web"}, "matchExpressions": [
            {"key": "app", "operator": "In", "values": ["web", "db"]},
        ]}});
        place.unobserved_budget("by-expression", &everything);
        evict(place, "web", "", &Value::Null).refused(429, "TooManyRequests");
        place.delete(&place.grouped("policy/v1", "poddisruptionbudgets/by-expression"), &Value::Null).expect(200);
        let budget = json!({"metadata": {"name": "all"}, "spec": {"minAvailable": 1, "selector": {}}});
        place.post(&place.grouped("policy/v1", "poddisruptionbudgets"), &budget).expect(201);
        evict(place, "web", "", &Value::Null).refused(429, "TooManyRequests");
    });
}

#[test]
fn the_name_must_be_the_same_twice() {
    on_each_server(|place| {
        place.running_pod("web", &web(), true);
        let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "other"}});
        let status = place.post(&place.core("pods/web/eviction"), &eviction).refused(400, "BadRequest");
        assert_eq!(message(&status), "name in URL does not match name in Eviction object");
    });
}
