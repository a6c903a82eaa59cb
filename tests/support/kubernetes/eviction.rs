//! `pods/NAME/eviction`: a delete that asks the pod's disruption budget first.

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::defaults;
use super::removal::{self, DeleteOptions};
use super::request::{Request, Target};
use super::resources;
use super::selectors::label_selector_matches;
use super::store::{Store, text};
use super::writing::current;

/// More evictions than this that the budget's controller has not seen yet, and the server refuses.
const UNCONFIRMED_LIMIT: usize = 2000;

const WOULD_VIOLATE: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

pub(super) fn evict(store: &mut Store, request: &Request, target: &Target) -> Outcome {
    let eviction = request.json()?;
    if eviction["metadata"]["name"] != *target.name {
        return Err(Refusal::bad_request("name in URL does not match name in Eviction object"));
    }
    let mut options = DeleteOptions::from_json(&eviction["deleteOptions"]);
    options.dry_run |= request.dry_run();

    let pod = current(store, target)?;
    if !ignores_budgets(&pod) {
        spend_budget(store, &pod, options.dry_run)?;
    }
    // The budget has been charged by now, whatever the preconditions say.
    delete(store, pod, &options)?;
    let success = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(Answer::json(201, &success))
}

/// These pods disrupt nothing (any more).
fn ignores_budgets(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed" | "Pending"))
        || !pod["metadata"]["deletionTimestamp"].is_null()
}

fn spend_budget(store: &mut Store, pod: &Value, dry_run: bool) -> Outcome<()> {
    let budgets = resources::named("poddisruptionbudgets");
    let guards = |budget: &Value| {
        text(budget, "namespace") == text(pod, "namespace")
            && !pod["metadata"]["labels"].is_null()
            && !budget["spec"]["selector"].is_null()
            && label_selector_matches(&budget["spec"]["selector"], &pod["metadata"]["labels"])
    };
    let mut guarding: Vec<_> = store.all(budgets).filter(guards).collect();
    if guarding.len() > 1 {
        let message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
        return Err(Refusal::new(500, "", message));
    }
    let Some(mut budget) = guarding.pop() else { return Ok(()) };
    if !is_ready(pod) && unready_may_go(&budget) {
        return Ok(());
    }
    charge(&mut budget, text(pod, "name"))?;
    if !dry_run {
        store.put(budgets, budget);
    }
    Ok(())
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    let ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
    conditions.into_iter().flatten().any(ready)
}

/// An unready pod does not count as healthy, so that losing it may cost nothing.
fn unready_may_go(budget: &Value) -> bool {
    let healthy = number(budget, "currentHealthy");
    let desired = number(budget, "desiredHealthy");
    budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow" || (healthy >= desired && desired > 0)
}

fn number(budget: &Value, field: &str) -> i64 {
    budget["status"][field].as_i64().unwrap_or_default()
}

fn charge(budget: &mut Value, pod: &str) -> Outcome<()> {
    let name = text(budget, "name").to_owned();
    let generation = budget["metadata"]["generation"].as_i64().unwrap_or_default();
    if number(budget, "observedGeneration") < generation {
        let message = format!("The disruption budget {name} is still being processed by the server.");
        return Err(Refusal::too_many_requests(WOULD_VIOLATE).cause("DisruptionBudget", &message, "").retry_after(10));
    }
    let allowed = number(budget, "disruptionsAllowed");
    let refuse = |why: &str| {
        let budgets = resources::named("poddisruptionbudgets");
        Err(Refusal::forbidden(budgets, &name, why))
    };
    if allowed < 0 {
        return refuse("pdb disruptions allowed is negative");
    }
    if budget["status"]["disruptedPods"].as_object().is_some_and(|pods| pods.len() > UNCONFIRMED_LIMIT) {
        return refuse("DisruptedPods map too big - too many evictions not confirmed by PDB controller");
    }
    if allowed == 0 {
        let message = format!(
            "The disruption budget {name} needs {} healthy pods and has {} currently",
            number(budget, "desiredHealthy"),
            number(budget, "currentHealthy")
        );
        return Err(Refusal::too_many_requests(WOULD_VIOLATE).cause("DisruptionBudget", &message, ""));
    }
    budget["status"]["disruptionsAllowed"] = json!(allowed - 1);
    budget["status"]["disruptedPods"][pod] = json!(defaults::now());
    if allowed == 1 {
        say_used_up(budget);
    }
    Ok(())
}

/// The condition people see in `kubectl describe`.
fn say_used_up(budget: &mut Value) {
    let used_up = json!({
        "type": "DisruptionAllowed",
        "status": "False",
        "reason": "InsufficientPods",
        "message": "",
        "observedGeneration": budget["status"]["observedGeneration"],
        "lastTransitionTime": defaults::now(),
    });
    let mut conditions = budget["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.retain(|known| known["type"] != "DisruptionAllowed");
    conditions.push(used_up);
    budget["status"]["conditions"] = Value::Array(conditions);
}

fn delete(store: &mut Store, pod: Value, options: &DeleteOptions) -> Outcome<()> {
    let pods = resources::named("pods");
    let (left, gone) = removal::remove(store, pods, pod, options)?;
    if !gone && !options.dry_run {
        store.put(pods, with_disruption_target(left));
    }
    Ok(())
}

/// Says why the pod is going, for whoever decides about its successor.
fn with_disruption_target(mut pod: Value) -> Value {
    let condition = json!({
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
        "lastTransitionTime": defaults::now(),
    });
    if pod["status"]["conditions"].is_null() {
        pod["status"]["conditions"] = json!([]);
    }
    let conditions = pod["status"]["conditions"].as_array_mut();
    if let Some(conditions) = conditions
        && !conditions.iter().any(|known| known["type"] == "DisruptionTarget")
    {
        conditions.push(condition);
    }
    pod
}
