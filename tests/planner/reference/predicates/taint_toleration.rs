//! Every taint that keeps pods away must be tolerated.

use ec2_autoscale_core::snapshot::{PodSpec, Taint, TaintEffect, Toleration, TolerationOperator};

use crate::reference::world::{World, WorldPod};

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    let untolerated = untolerated(&world.nodes[node].taints, &pod.spec, world.numeric_tolerations)?;
    Some(format!("does not tolerate {untolerated}"))
}

/// Returns the first taint that keeps the pod off.
pub(crate) fn untolerated<'a>(taints: &'a [Taint], spec: &PodSpec, numeric: bool) -> Option<&'a Taint> {
    taints.iter().find(|taint| taint.effect != TaintEffect::PreferNoSchedule && !is_tolerated(taint, spec, numeric))
}

/// Whether some toleration accepts the taint.
pub(crate) fn is_tolerated(taint: &Taint, spec: &PodSpec, numeric: bool) -> bool {
    spec.tolerations.iter().any(|toleration| tolerates(toleration, taint, numeric))
}

fn tolerates(toleration: &Toleration, taint: &Taint, numeric: bool) -> bool {
    if toleration.effect.is_some_and(|effect| effect != taint.effect) {
        return false;
    }
    if toleration.key.as_ref().is_some_and(|key| !key.is_empty() && *key != taint.key) {
        return false;
    }
    match toleration.operator {
        TolerationOperator::Exists => true,
        TolerationOperator::Equal => toleration.value == taint.value,
        TolerationOperator::Lt => numeric && numbers(toleration, taint).is_some_and(|(own, limit)| own < limit),
        TolerationOperator::Gt => numeric && numbers(toleration, taint).is_some_and(|(own, limit)| own > limit),
    }
}

/// Returns the taint's number and the toleration's.
fn numbers(toleration: &Toleration, taint: &Taint) -> Option<(i64, i64)> {
    Some((whole_number(&taint.value)?, whole_number(&toleration.value)?))
}

/// Reads a number. Only its plain form counts: no plus sign, no leading zeros, no minus zero.
fn whole_number(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|number| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::reference::case::check;

    const PLUGIN: &str = "pkg/scheduler/framework/plugins/tainttoleration/taint_toleration_test.go";
    const API: &str = "staging/src/k8s.io/api/core/v1/toleration_test.go";

    fn on(taints: Value, tolerations: Value) -> Value {
        json!({ "nodes": { "n": { "taints": taints } }, "pod": { "spec": { "tolerations": tolerations } } })
    }

    fn dedicated(effect: &str) -> Value {
        json!([{ "key": "dedicated", "value": "user1", "effect": effect }])
    }

    #[test]
    fn keys_values_and_effects() {
        let exact = json!([{ "key": "dedicated", "operator": "equal", "value": "user1", "effect": "NoSchedule" }]);
        let other = json!([{ "key": "dedicated", "operator": "equal", "value": "user2", "effect": "NoSchedule" }]);
        let two =
            json!([{ "key": "dedicated", "value": "user1", "effect": "NoSchedule" }, { "key": "b", "effect": "NoExecute" }]);
        check(
            "TaintToleration",
            &[
                ("no toleration", PLUGIN, on(dedicated("NoSchedule"), json!([])), ""),
                ("exactly the taint", PLUGIN, on(dedicated("NoSchedule"), exact.clone()), "n"),
                ("another value", PLUGIN, on(dedicated("NoSchedule"), other), ""),
                ("any value", PLUGIN, on(dedicated("NoSchedule"), json!([{ "key": "dedicated", "operator": "exists" }])), "n"),
                ("one taint of two", PLUGIN, on(two.clone(), exact.clone()), ""),
                ("every key", PLUGIN, on(two, json!([{ "operator": "exists" }])), "n"),
                ("the wrong effect", PLUGIN, on(dedicated("NoExecute"), exact.clone()), ""),
                (
                    "no effect means every effect",
                    API,
                    on(dedicated("NoExecute"), json!([{ "key": "dedicated", "operator": "exists" }])),
                    "n",
                ),
                ("a preference keeps nobody off", PLUGIN, on(dedicated("PreferNoSchedule"), json!([])), "n"),
                ("another key", API, on(dedicated("NoSchedule"), json!([{ "key": "other", "operator": "exists" }])), ""),
                ("no taint", PLUGIN, on(json!([]), exact), "n"),
            ],
        );
    }

    #[test]
    fn numbers() {
        let try_one = |value: &str, operator: &str, limit: &str, numeric: bool| {
            let mut case = on(
                json!([{ "key": "sla", "value": value, "effect": "NoSchedule" }]),
                json!([{ "key": "sla", "operator": operator, "value": limit, "effect": "NoSchedule" }]),
            );
            case["numeric"] = json!(numeric);
            case
        };
        check(
            "TaintToleration",
            &[
                ("a larger taint", API, try_one("950", "gt", "900", true), "n"),
                ("the same number", API, try_one("900", "gt", "900", true), ""),
                ("a smaller taint", API, try_one("850", "gt", "900", true), ""),
                ("below the limit", API, try_one("850", "lt", "900", true), "n"),
                ("not below the limit", API, try_one("900", "lt", "900", true), ""),
                ("negative numbers", API, try_one("-5", "lt", "0", true), "n"),
                ("switched off", PLUGIN, try_one("950", "gt", "900", false), ""),
                ("a taint that is no number", API, try_one("high", "gt", "900", true), ""),
                ("a limit that is no number", API, try_one("950", "gt", "low", true), ""),
                ("a leading zero", API, try_one("0950", "gt", "900", true), ""),
                ("more than 64 bits", API, try_one("9223372036854775808", "gt", "900", true), ""),
            ],
        );
    }
}
