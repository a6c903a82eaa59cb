//! ResourceClaims, and which of them a pod refers to.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::resource::v1 as resource;

use super::device_needs::{quantities, read_device_needs};
use super::selectors::node_selector_terms;
use crate::kubernetes::conversion::{ConversionError, ConversionProblem, required};
use crate::snapshot::{AllocatedDevice, Allocation, DeviceNeeds, PodResourceClaim, ResourceClaim, ResourceClaimTemplate};

/// Reads one claim.
pub(crate) fn read_resource_claim(claim: &resource::ResourceClaim) -> Result<ResourceClaim, ConversionError> {
    convert(claim).map_err(|problem| problem.in_object("ResourceClaim", &claim.metadata))
}

fn convert(claim: &resource::ResourceClaim) -> Result<ResourceClaim, ConversionProblem> {
    let metadata = &claim.metadata;
    let status = claim.status.as_ref();
    let devices = claim.spec.as_ref().and_then(|spec| spec.devices.as_ref());
    let consumers = status.into_iter().flat_map(|status| status.reserved_for.iter().flatten());
    Ok(ResourceClaim {
        namespace: required(metadata.namespace.as_ref(), "namespace")?,
        name: required(metadata.name.as_ref(), "name")?,
        deleting: metadata.deletion_timestamp.is_some(),
        // A claim without devices is allocated at once, everywhere.
        needs: Some(devices.map(read_device_needs).transpose()?.unwrap_or_else(DeviceNeeds::default)),
        allocation: status.and_then(|status| status.allocation.as_ref()).map(allocation).transpose()?,
        reserved_for: consumers.map(|consumer| consumer.uid.clone()).collect(),
    })
}

fn allocation(result: &resource::AllocationResult) -> Result<Allocation, ConversionProblem> {
    let results = result.devices.iter().flat_map(|devices| devices.results.iter().flatten());
    Ok(Allocation {
        node_selector: result.node_selector.as_ref().map(node_selector_terms).transpose()?,
        devices: results.map(allocated_device).collect::<Result<_, _>>()?,
    })
}

fn allocated_device(result: &resource::DeviceRequestAllocationResult) -> Result<AllocatedDevice, ConversionProblem> {
    Ok(AllocatedDevice {
        driver: result.driver.clone(),
        pool: result.pool.clone(),
        device: result.device.clone(),
        admin_access: result.admin_access.unwrap_or_default(),
        is_share: result.share_id.is_some(),
        consumed: quantities(result.consumed_capacity.as_ref())?,
    })
}

/// Reads one template.
pub(crate) fn read_claim_template(
    template: &resource::ResourceClaimTemplate,
) -> Result<ResourceClaimTemplate, ConversionError> {
    convert_template(template).map_err(|problem| problem.in_object("ResourceClaimTemplate", &template.metadata))
}

fn convert_template(template: &resource::ResourceClaimTemplate) -> Result<ResourceClaimTemplate, ConversionProblem> {
    let claim = template.spec.as_ref().and_then(|spec| spec.spec.as_ref());
    let devices = claim.and_then(|claim| claim.devices.as_ref());
    Ok(ResourceClaimTemplate {
        namespace: required(template.metadata.namespace.as_ref(), "namespace")?,
        name: required(template.metadata.name.as_ref(), "name")?,
        needs: devices.map(read_device_needs).transpose()?.unwrap_or_default(),
    })
}

/// Returns the entries of a template of pods, whose claims are yet to be made.
pub(super) fn claims_of_template(spec: &core::PodSpec) -> Vec<PodResourceClaim> {
    let entry = |entry: &core::PodResourceClaim| PodResourceClaim {
        name: entry.name.clone(),
        claim: entry.resource_claim_name.clone(),
        template: entry.resource_claim_template_name.clone(),
    };
    spec.resource_claims.iter().flatten().map(entry).collect()
}

/// Returns the claims that a pod's entries refer to: by name, or by the generated name in the
/// status. A status without a name means that none is needed (`Name` in
/// `k8s.io/dynamic-resource-allocation/resourceclaim`).
pub(super) fn claims_of(pod: &core::Pod) -> Vec<PodResourceClaim> {
    let entries = pod.spec.iter().flat_map(|spec| spec.resource_claims.iter().flatten());
    let statuses = || pod.status.iter().flat_map(|status| status.resource_claim_statuses.iter().flatten());
    let read = |entry: &core::PodResourceClaim| {
        let name = entry.name.clone();
        if let Some(claim) = &entry.resource_claim_name {
            return Some(PodResourceClaim { name, claim: Some(claim.clone()), template: None });
        }
        let template = entry.resource_claim_template_name.clone();
        match statuses().find(|status| status.name == name) {
            None => Some(PodResourceClaim { name, claim: None, template }),
            Some(status) => {
                status.resource_claim_name.clone().map(|claim| PodResourceClaim { name, claim: Some(claim), template })
            }
        }
    };
    entries.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(status: &Value) -> ResourceClaim {
        let metadata = json!({ "namespace": "ml", "name": "gpu", "uid": "c" });
        let manifest = json!({ "metadata": metadata, "spec": {}, "status": status });
        read_resource_claim(&serde_json::from_value(manifest).expect("a manifest")).expect("understood")
    }

    #[test]
    fn a_claim_without_devices() {
        for status in [Value::Null, json!({}), json!({ "reservedFor": [] })] {
            let claim = read(&status);
            assert_eq!((claim.allocation, claim.reserved_for.len(), claim.deleting), (None, 0, false), "{status}");
        }
    }

    #[test]
    fn an_allocation_names_its_nodes_or_is_for_all() {
        let anywhere = read(&json!({ "allocation": {} })).allocation.expect("an allocation");
        assert_eq!(anywhere.node_selector, None);
        let local = read(&json!({
            "allocation": { "nodeSelector": { "nodeSelectorTerms": [{ "matchFields": [
                { "key": "metadata.name", "operator": "In", "values": ["n1"] }] }] } },
            "reservedFor": [{ "resource": "pods", "name": "train-0", "uid": "u" }]
        }));
        let terms = local.allocation.and_then(|allocation| allocation.node_selector).expect("a selector");
        assert_eq!(terms[0].match_fields[0].values, ["n1"]);
        assert_eq!(local.reserved_for, ["u"]);
    }

    #[test]
    fn an_error_names_the_claim() {
        let term = json!({ "matchExpressions": [{ "key": "a", "operator": "Near" }] });
        let status = json!({ "allocation": { "nodeSelector": { "nodeSelectorTerms": [term] } } });
        let manifest = json!({ "metadata": { "namespace": "ml", "name": "gpu" }, "spec": {}, "status": status });
        let claim = serde_json::from_value(manifest).expect("a manifest");
        let error = read_resource_claim(&claim).expect_err("an unknown operator").to_string();
        assert!(error.starts_with("ResourceClaim ml/gpu is not understood: "), "{error}");
    }

    #[test]
    fn which_claim_an_entry_means() {
        let pod = serde_json::from_value(json!({
            "spec": { "containers": [], "resourceClaims": [
                { "name": "shared", "resourceClaimName": "gpu" },
                { "name": "own", "resourceClaimTemplateName": "t" },
                { "name": "soon", "resourceClaimTemplateName": "t" },
                { "name": "needless", "resourceClaimTemplateName": "t" }] },
            "status": { "resourceClaimStatuses": [
                { "name": "needless" }, { "name": "own", "resourceClaimName": "train-own-x7k2p" }] }
        }));
        let claims = claims_of(&pod.expect("a manifest"));
        let read: Vec<_> = claims.iter().map(|entry| (entry.name.as_str(), entry.claim.as_deref())).collect();
        assert_eq!(read, [("shared", Some("gpu")), ("own", Some("train-own-x7k2p")), ("soon", None)]);
    }
}
