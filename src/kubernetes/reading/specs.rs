//! Pod specifications, each distinct one kept once: memory follows the kinds of pods and not their
//! number.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::containers::containers;
use super::selectors::{label_selector, node_selector_terms};
use crate::duration::Seconds;
use crate::kubernetes::conversion::{ConversionProblem, resources};
use crate::snapshot::{
    Labels, Name, NodeSelectorTerm, Owner, PodAffinityTerm, PodSpec, RestartPolicy, SelectorOperator, Shared, SpecId,
    TaintEffect, Toleration, TolerationOperator, TopologySpread,
};

/// What pods share: the distinct specifications met so far, whose ids count up in the order of
/// their first pod, and the memory of names, labels and owners, whatever pages they are on.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpecTable {
    specs: HashMap<PodSpec, SpecId>,
    shared: Shared,
}

impl SpecTable {
    /// Returns the id of a specification.
    pub(crate) fn intern(&mut self, spec: PodSpec) -> SpecId {
        let next = SpecId(u32::try_from(self.specs.len()).expect("a cluster has fewer than 2^32 pods"));
        *self.specs.entry(spec).or_insert(next)
    }

    /// Returns the name of a namespace or a node.
    pub(crate) fn name(&mut self, name: &str) -> Name {
        self.shared.name(name)
    }

    /// Returns the labels of a pod.
    pub(super) fn labels(&mut self, labels: Option<&BTreeMap<String, String>>) -> Labels {
        self.shared.labels(labels.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str())))
    }

    /// Returns the controller of a pod.
    pub(super) fn owner(&mut self, controller: &OwnerReference) -> Arc<Owner> {
        let OwnerReference { kind, api_version, name, uid, .. } = controller;
        let [kind, api_version, name, uid] = [kind, api_version, name, uid].map(|text| self.shared.name(text));
        self.shared.owner(Owner { kind, api_version, name, uid })
    }

    /// Returns every specification by its id.
    pub(crate) fn into_map(self) -> BTreeMap<SpecId, PodSpec> {
        self.specs.into_iter().map(|(spec, id)| (id, spec)).collect()
    }
}

/// Reads what a pod requires of its node. `labels` are the pod's own.
pub(super) fn read_spec(spec: &core::PodSpec, labels: &Labels) -> Result<PodSpec, ConversionProblem> {
    let affinity = spec.affinity.as_ref();
    Ok(PodSpec {
        scheduler_name: spec.scheduler_name.clone().unwrap_or_else(|| "default-scheduler".to_owned()),
        priority: spec.priority.unwrap_or(0),
        scheduling_gates: spec.scheduling_gates.iter().flatten().map(|gate| gate.name.clone()).collect(),
        node_selector: spec.node_selector.iter().flatten().collect(),
        node_affinity: required_node_affinity(affinity)?,
        tolerations: spec.tolerations.iter().flatten().map(toleration).collect::<Result<_, _>>()?,
        containers: containers(spec)?,
        pod_requests: resources(spec.resources.as_ref().and_then(|pod| pod.requests.as_ref()))?,
        overhead: resources(spec.overhead.as_ref())?,
        topology_spread: topology_spread(spec, labels)?,
        pod_affinity: affinity_terms(
            affinity.and_then(|all| all.pod_affinity.as_ref()?.required_during_scheduling_ignored_during_execution.as_ref()),
        )?,
        pod_anti_affinity: affinity_terms(
            affinity
                .and_then(|all| all.pod_anti_affinity.as_ref()?.required_during_scheduling_ignored_during_execution.as_ref()),
        )?,
        resource_claims: spec.resource_claims.iter().flatten().map(|claim| claim.name.clone()).collect(),
        host_network: spec.host_network.unwrap_or(false),
        restart_policy: restart_policy(spec.restart_policy.as_deref())?,
        active_deadline: spec.active_deadline_seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Seconds),
    })
}

fn required_node_affinity(affinity: Option<&core::Affinity>) -> Result<Option<Vec<NodeSelectorTerm>>, ConversionProblem> {
    let node_affinity = affinity.and_then(|all| all.node_affinity.as_ref());
    let required = node_affinity.and_then(|node| node.required_during_scheduling_ignored_during_execution.as_ref());
    required.map(node_selector_terms).transpose()
}

fn restart_policy(text: Option<&str>) -> Result<RestartPolicy, ConversionProblem> {
    match text {
        None | Some("Always") => Ok(RestartPolicy::Always),
        Some("OnFailure") => Ok(RestartPolicy::OnFailure),
        Some("Never") => Ok(RestartPolicy::Never),
        Some(other) => Err(ConversionProblem::unknown("restartPolicy", other)),
    }
}

fn toleration(toleration: &core::Toleration) -> Result<Toleration, ConversionProblem> {
    let operator = match toleration.operator.as_deref() {
        None | Some("" | "Equal") => TolerationOperator::Equal,
        Some("Exists") => TolerationOperator::Exists,
        Some("Lt") => TolerationOperator::Lt,
        Some("Gt") => TolerationOperator::Gt,
        Some(other) => return Err(ConversionProblem::unknown("operator of a toleration", other)),
    };
    let effect = toleration.effect.as_deref().filter(|effect| !effect.is_empty());
    Ok(Toleration {
        key: toleration.key.clone().filter(|key| !key.is_empty()),
        operator,
        value: toleration.value.clone().unwrap_or_default(),
        effect: effect.map(taint_effect).transpose()?,
    })
}

/// Converts the effect of a taint or toleration.
pub(super) fn taint_effect(text: &str) -> Result<TaintEffect, ConversionProblem> {
    match text {
        "NoSchedule" => Ok(TaintEffect::NoSchedule),
        "PreferNoSchedule" => Ok(TaintEffect::PreferNoSchedule),
        "NoExecute" => Ok(TaintEffect::NoExecute),
        other => Err(ConversionProblem::unknown("effect of a taint", other)),
    }
}

/// Returns the constraints that can keep a pod from a node; `ScheduleAnyway` never does.
fn topology_spread(spec: &core::PodSpec, labels: &Labels) -> Result<Vec<TopologySpread>, ConversionProblem> {
    let constraints = spec.topology_spread_constraints.iter().flatten();
    constraints
        .filter(|constraint| constraint.when_unsatisfiable == "DoNotSchedule")
        .map(|constraint| spread_constraint(constraint, labels))
        .collect()
}

fn spread_constraint(
    constraint: &core::TopologySpreadConstraint,
    labels: &Labels,
) -> Result<TopologySpread, ConversionProblem> {
    let selector = label_selector(constraint.label_selector.as_ref())?;
    // From 1.34 on the API server itself adds `key In (own value)` to the selector of a new pod.
    // Adding it once more would be harmless, but two pods with the same requirements would look
    // different.
    let is_merged = |key: &String| {
        let expressions = selector.iter().flat_map(|selector| &selector.match_expressions);
        expressions.into_iter().any(|expression| {
            expression.key == *key
                && expression.operator == SelectorOperator::In
                && labels.get(key).is_some_and(|value| expression.values == [value.as_str()])
        })
    };
    let keys = constraint.match_label_keys.iter().flatten().filter(|key| !is_merged(key)).cloned().collect();
    Ok(TopologySpread {
        topology_key: constraint.topology_key.clone(),
        max_skew: constraint.max_skew,
        min_domains: constraint.min_domains,
        match_label_keys: keys,
        honor_node_affinity: honoured(constraint.node_affinity_policy.as_deref(), "nodeAffinityPolicy", true)?,
        honor_node_taints: honoured(constraint.node_taints_policy.as_deref(), "nodeTaintsPolicy", false)?,
        selector,
    })
}

fn honoured(policy: Option<&str>, field: &'static str, default: bool) -> Result<bool, ConversionProblem> {
    match policy {
        None => Ok(default),
        Some("Honor") => Ok(true),
        Some("Ignore") => Ok(false),
        Some(other) => Err(ConversionProblem::unknown(field, other)),
    }
}

/// Returns required terms. The API server merged `matchLabelKeys` and `mismatchLabelKeys` into the
/// selector when the pod was made.
fn affinity_terms(terms: Option<&Vec<core::PodAffinityTerm>>) -> Result<Vec<PodAffinityTerm>, ConversionProblem> {
    terms.into_iter().flatten().map(affinity_term).collect()
}

fn affinity_term(term: &core::PodAffinityTerm) -> Result<PodAffinityTerm, ConversionProblem> {
    Ok(PodAffinityTerm {
        topology_key: term.topology_key.clone(),
        selector: label_selector(term.label_selector.as_ref())?,
        namespaces: term.namespaces.clone().unwrap_or_default(),
        namespace_selector: label_selector(term.namespace_selector.as_ref())?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::{CPU, LabelSelector, MEMORY, NodeSelectorOperator};

    fn try_read(mut spec: Value) -> Result<PodSpec, ConversionProblem> {
        if spec["containers"].is_null() {
            spec["containers"] = json!([]);
        }
        let labels = [("app".to_owned(), "train".to_owned())].into_iter().collect();
        read_spec(&serde_json::from_value(spec).expect("a pod specification"), &labels)
    }

    fn read(spec: Value) -> PodSpec {
        try_read(spec).expect("an understood specification")
    }

    #[test]
    fn tolerations() {
        let tolerates = |key: Option<&str>, operator, value: &str, effect| Toleration {
            key: key.map(str::to_owned),
            operator,
            value: value.to_owned(),
            effect,
        };
        for (manifest, expected) in [
            (json!({ "operator": "Exists" }), tolerates(None, TolerationOperator::Exists, "", None)),
            (json!({ "key": "", "operator": "Exists", "effect": "" }), tolerates(None, TolerationOperator::Exists, "", None)),
            (
                json!({ "key": "gpu", "value": "v100", "effect": "NoSchedule" }),
                tolerates(Some("gpu"), TolerationOperator::Equal, "v100", Some(TaintEffect::NoSchedule)),
            ),
            (json!({ "key": "gpu", "operator": "" }), tolerates(Some("gpu"), TolerationOperator::Equal, "", None)),
            (
                json!({ "key": "sla", "operator": "Lt", "value": "5", "effect": "NoExecute" }),
                tolerates(Some("sla"), TolerationOperator::Lt, "5", Some(TaintEffect::NoExecute)),
            ),
        ] {
            assert_eq!(read(json!({ "tolerations": [manifest.clone()] })).tolerations, [expected], "{manifest}");
        }
        assert_eq!(
            try_read(json!({ "tolerations": [{ "key": "a", "operator": "Near" }] })),
            Err(ConversionProblem::unknown("operator of a toleration", "Near"))
        );
    }

    #[test]
    fn an_affinity_without_terms_is_not_the_absence_of_one() {
        let affinity = |required: Value| {
            let node = json!({ "requiredDuringSchedulingIgnoredDuringExecution": required });
            read(json!({ "affinity": { "nodeAffinity": node } })).node_affinity
        };
        assert_eq!(read(json!({ "affinity": {} })).node_affinity, None);
        assert_eq!(affinity(Value::Null), None);
        assert_eq!(affinity(json!({ "nodeSelectorTerms": [] })), Some(vec![]));
        assert_eq!(affinity(json!({ "nodeSelectorTerms": [{}] })), Some(vec![NodeSelectorTerm::default()]));
        let terms = affinity(json!({ "nodeSelectorTerms": [{ "matchExpressions": [
            { "key": "gen", "operator": "Gt", "values": ["4"] }, { "key": "gpu", "operator": "Exists" }] }] }));
        let operators: Vec<_> =
            terms.iter().flatten().flat_map(|term| &term.match_expressions).map(|one| one.operator).collect();
        assert_eq!(operators, [NodeSelectorOperator::Gt, NodeSelectorOperator::Exists]);
    }

    #[test]
    fn only_hard_spread_constraints_are_kept_and_have_their_defaults() {
        let spread = read(json!({ "topologySpreadConstraints": [
            { "topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway" },
            { "topologyKey": "zone", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule", "minDomains": 3 },
            { "topologyKey": "host", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule",
              "nodeAffinityPolicy": "Ignore", "nodeTaintsPolicy": "Honor" }
        ] }))
        .topology_spread;
        let policies = |one: &TopologySpread| (one.max_skew, one.min_domains, one.honor_node_affinity, one.honor_node_taints);
        assert_eq!(spread.iter().map(policies).collect::<Vec<_>>(), [(2, Some(3), true, false), (1, None, false, true)]);
    }

    #[test]
    fn label_keys_that_the_api_server_merged_are_not_applied_twice() {
        let keys = |expressions: Value| {
            let selector = json!({ "matchLabels": { "job": "a" }, "matchExpressions": expressions });
            let constraint = json!({ "topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": selector, "matchLabelKeys": ["app"] });
            read(json!({ "topologySpreadConstraints": [constraint] })).topology_spread[0].match_label_keys.clone()
        };
        assert_eq!(keys(json!([])), ["app"], "an API server before 1.34");
        assert_eq!(keys(json!([{ "key": "app", "operator": "In", "values": ["train"] }])), [] as [&str; 0]);
        assert_eq!(keys(json!([{ "key": "app", "operator": "In", "values": ["serve"] }])), ["app"], "the author's own");
    }

    #[test]
    fn required_pod_affinity_keeps_its_selectors_apart() {
        let required = |term: Value| json!({ "requiredDuringSchedulingIgnoredDuringExecution": [term] });
        let spec = read(json!({ "affinity": {
            "podAffinity": required(json!({ "topologyKey": "zone", "labelSelector": {}, "namespaces": ["a"] })),
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [{ "topologyKey": "host", "namespaceSelector": {},
                    "labelSelector": { "matchLabels": { "app": "train" } }, "matchLabelKeys": ["pod-template-hash"] }],
                "preferredDuringSchedulingIgnoredDuringExecution": [{ "weight": 1, "podAffinityTerm": { "topologyKey": "zone" } }]
            }
        } }));
        let [attracts] = &spec.pod_affinity[..] else { panic!("one term: {:?}", spec.pod_affinity) };
        assert_eq!((attracts.selector.as_ref(), &attracts.namespace_selector), (Some(&LabelSelector::default()), &None));
        assert_eq!(attracts.namespaces, ["a"]);
        let [repels] = &spec.pod_anti_affinity[..] else { panic!("one term: {:?}", spec.pod_anti_affinity) };
        assert_eq!(repels.namespace_selector, Some(LabelSelector::default()));
        assert_eq!(repels.selector.as_ref().map(|selector| selector.match_labels.len()), Some(1));
    }

    #[test]
    fn requests_beside_the_containers() {
        let spec = read(json!({
            "resources": { "requests": { "cpu": "3" } }, "activeDeadlineSeconds": 7200, "overhead": { "memory": "120Mi" }, "restartPolicy": "Never",
            "schedulingGates": [{ "name": "quota" }], "resourceClaims": [{ "name": "gpu", "resourceClaimName": "c" }],
            "nodeSelector": { "aws/type": "p3.16xlarge" }, "priority": -5, "schedulerName": "volcano"
        }));
        assert_eq!(spec.pod_requests, [(CPU, 3000)].into_iter().collect());
        assert_eq!(spec.overhead, [(MEMORY, 120 << 20)].into_iter().collect());
        assert_eq!((spec.restart_policy, spec.priority, spec.scheduler_name.as_str()), (RestartPolicy::Never, -5, "volcano"));
        assert_eq!((spec.scheduling_gates, spec.resource_claims), (vec!["quota".to_owned()], vec!["gpu".to_owned()]));
        assert_eq!((spec.node_selector.len(), spec.active_deadline), (1, Some(Seconds(7200))));
    }
}
