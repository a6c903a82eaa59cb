//! ProvisioningRequests, read loosely: this version depends on few of their fields.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde::Deserialize;

use crate::kubernetes::conversion::{ConversionError, ConversionProblem, created_at, moment, required};
use crate::snapshot::{ProvisioningRequest, RequestCondition, RequestConditionKind, RequestedPods, RequestedShape};
use crate::well_known::requests::PARAMETERS;

/// The versions that have the kind, the newest first.
pub(crate) const VERSIONS: [&str; 2] = ["v1", "v1beta1"];

/// A ProvisioningRequest as the API has it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RequestObject {
    #[serde(default)]
    pub(crate) metadata: ObjectMeta,
    spec: RequestObjectSpec,
    #[serde(default)]
    status: RequestObjectStatus,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestObjectSpec {
    provisioning_class_name: String,
    #[serde(default)]
    pod_sets: Vec<PodSetJson>,
    #[serde(default)]
    parameters: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodSetJson {
    count: u32,
    pod_template_ref: TemplateRefJson,
}

#[derive(Debug, Clone, Deserialize)]
struct TemplateRefJson {
    #[serde(default)]
    name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct RequestObjectStatus {
    #[serde(default)]
    conditions: Option<Vec<ConditionJson>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConditionJson {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
    last_transition_time: Option<Time>,
}

/// Reads one request of an API version, without its PodTemplates.
pub(crate) fn read_request(object: &RequestObject, version: &str) -> Result<ProvisioningRequest, ConversionError> {
    convert(object, version).map_err(|problem| problem.in_object("ProvisioningRequest", &object.metadata))
}

fn convert(object: &RequestObject, version: &str) -> Result<ProvisioningRequest, ConversionProblem> {
    let RequestObject { metadata, spec, status } = object;
    let pods = |set: &PodSetJson| RequestedPods {
        template: set.pod_template_ref.name.as_str().into(),
        count: set.count,
        shape: RequestedShape::NotRead,
    };
    let created_at = created_at(metadata)?;
    let condition = |condition: &ConditionJson| {
        Some(RequestCondition {
            kind: RequestConditionKind::ALL.into_iter().find(|kind| kind.name() == condition.kind)?,
            holds: condition.status == "True",
            reason: condition.reason.clone(),
            message: condition.message.clone(),
            since: condition.last_transition_time.as_ref().map_or(created_at, moment),
        })
    };
    let parameters = spec.parameters.iter().flatten().filter(|(name, _)| PARAMETERS.contains(&name.as_str()));
    Ok(ProvisioningRequest {
        namespace: required(metadata.namespace.as_ref(), "namespace")?.into(),
        name: required(metadata.name.as_ref(), "name")?.into(),
        api_version: version.to_owned(),
        resource_version: metadata.resource_version.clone().unwrap_or_default(),
        created_at,
        class: spec.provisioning_class_name.clone(),
        parameters: parameters.map(|(name, value)| (name.clone(), value.clone())).collect(),
        pod_sets: spec.pod_sets.iter().map(pods).collect(),
        conditions: status.conditions.iter().flatten().filter_map(condition).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(status: &Value) -> ProvisioningRequest {
        let object = json!({
            "metadata": { "namespace": "ml", "name": "train-gpus-1", "resourceVersion": "7", "creationTimestamp": "2026-11-22T10:00:00Z" },
            "spec": { "provisioningClassName": "check-capacity.autoscaling.x-k8s.io",
                "podSets": [{ "count": 3, "podTemplateRef": { "name": "ppt-train-gpus-1-main" } }],
                "parameters": { "noRetry": "true", "theirs": "secret" } },
            "status": status
        });
        read_request(&serde_json::from_value(object).expect("a request"), "v1").expect("understood")
    }

    #[test]
    fn a_request_keeps_what_rules_read() {
        let request = read(&json!({ "conditions": [
            { "type": "Accepted", "status": "True", "reason": "Accepted", "message": "m", "lastTransitionTime": "2026-11-22T10:01:00Z" },
            { "type": "Provisioned", "status": "False", "reason": "CapacityIsNotFound", "message": "", "lastTransitionTime": "2026-11-22T10:02:00Z" },
            { "type": "TheirOwn", "status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-11-22T10:03:00Z" }
        ] }));
        assert_eq!((request.id().to_string().as_str(), request.pods()), ("ml/train-gpus-1", 3));
        assert_eq!(request.parameters, [("noRetry".to_owned(), "true".to_owned())].into());
        let conditions: Vec<_> = request.conditions.iter().map(|it| (it.kind.name(), it.holds, it.since.to_string())).collect();
        assert_eq!(
            conditions,
            [("Accepted", true, "2026-11-22T10:01:00Z".to_owned()), ("Provisioned", false, "2026-11-22T10:02:00Z".to_owned())]
        );
        assert!(!request.is_over());
    }

    #[test]
    fn a_new_request_has_no_conditions_and_one_that_failed_is_over() {
        assert_eq!(read(&json!({})).conditions, []);
        let failed = json!([{ "type": "Failed", "status": "True", "reason": "Expired", "message": "",
            "lastTransitionTime": "2026-11-22T10:01:00Z" }]);
        assert!(read(&json!({ "conditions": failed })).is_over());
    }
}
