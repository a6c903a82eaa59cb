//! What ResourceClaims request.

use std::collections::BTreeMap;

use k8s_openapi::api::resource::v1 as resource;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as QuantityText;

use crate::kubernetes::conversion::ConversionProblem;
use crate::snapshot::{
    AttributeRule, DeviceAlternative, DeviceConstraint, DeviceCount, DeviceNeeds, DeviceRequest, DeviceToleration, Quantity,
};

/// Reads the `spec.devices` of a claim.
pub(crate) fn read_device_needs(claim: &resource::DeviceClaim) -> Result<DeviceNeeds, ConversionProblem> {
    let mut not_modelled = Vec::new();
    let requests = claim.requests.iter().flatten().map(|request| device_request(request, &mut not_modelled));
    let requests = requests.collect::<Result<_, _>>()?;
    let constraints = claim.constraints.iter().flatten().filter_map(|one| device_constraint(one, &mut not_modelled)).collect();
    Ok(DeviceNeeds { requests, constraints, not_modelled })
}

fn device_request(
    request: &resource::DeviceRequest,
    not_modelled: &mut Vec<String>,
) -> Result<DeviceRequest, ConversionProblem> {
    let exactly = request.exactly.iter().map(exactly);
    let first_available = request.first_available.iter().flatten().map(sub_request);
    let alternatives: Vec<DeviceAlternative> = exactly.chain(first_available).collect::<Result<_, _>>()?;
    if alternatives.is_empty() {
        not_modelled.push(format!("the kind of request {}", request.name));
    }
    let derives = request.exactly.iter().any(|exactly| exactly.derived_attributes.is_some())
        || request.first_available.iter().flatten().any(|sub| sub.derived_attributes.is_some());
    if derives {
        not_modelled.push(format!("derivedAttributes of request {}", request.name));
    }
    Ok(DeviceRequest { name: request.name.clone(), alternatives })
}

fn exactly(request: &resource::ExactDeviceRequest) -> Result<DeviceAlternative, ConversionProblem> {
    Ok(DeviceAlternative {
        name: None,
        class: request.device_class_name.clone(),
        selectors: expressions(request.selectors.as_ref()),
        count: count(request.allocation_mode.as_deref(), request.count)?,
        admin_access: request.admin_access.unwrap_or_default(),
        tolerations: tolerations(request.tolerations.as_ref())?,
        capacity: capacity(request.capacity.as_ref())?,
    })
}

fn sub_request(request: &resource::DeviceSubRequest) -> Result<DeviceAlternative, ConversionProblem> {
    Ok(DeviceAlternative {
        name: Some(request.name.clone()),
        class: request.device_class_name.clone(),
        selectors: expressions(request.selectors.as_ref()),
        count: count(request.allocation_mode.as_deref(), request.count)?,
        admin_access: false,
        tolerations: tolerations(request.tolerations.as_ref())?,
        capacity: capacity(request.capacity.as_ref())?,
    })
}

/// Returns the expressions of selectors. One of an unknown kind is an empty expression, which no
/// device meets.
pub(super) fn expressions(selectors: Option<&Vec<resource::DeviceSelector>>) -> Vec<String> {
    let expression = |selector: &resource::DeviceSelector| selector.cel.as_ref().map(|cel| cel.expression.clone());
    selectors.into_iter().flatten().map(|selector| expression(selector).unwrap_or_default()).collect()
}

/// Returns how many devices are requested. The API server fills in the defaults, which a manifest
/// may leave out.
fn count(mode: Option<&str>, count: Option<i64>) -> Result<DeviceCount, ConversionProblem> {
    match mode.unwrap_or("ExactCount") {
        "ExactCount" => Ok(DeviceCount::Exactly(u64::try_from(count.unwrap_or(1)).unwrap_or_default())),
        "All" => Ok(DeviceCount::All),
        other => Err(ConversionProblem::unknown("allocationMode", other)),
    }
}

fn tolerations(list: Option<&Vec<resource::DeviceToleration>>) -> Result<Vec<DeviceToleration>, ConversionProblem> {
    let toleration = |toleration: &resource::DeviceToleration| {
        let value = match toleration.operator.as_deref().unwrap_or("Equal") {
            "Equal" => Some(toleration.value.clone().unwrap_or_default()),
            "Exists" => None,
            other => return Err(ConversionProblem::unknown("operator of a toleration of devices", other)),
        };
        let effect = toleration.effect.clone().filter(|effect| !effect.is_empty());
        Ok(DeviceToleration { key: toleration.key.clone().unwrap_or_default(), value, effect })
    };
    list.into_iter().flatten().map(toleration).collect()
}

fn capacity(requirements: Option<&resource::CapacityRequirements>) -> Result<BTreeMap<String, Quantity>, ConversionProblem> {
    quantities(requirements.and_then(|requirements| requirements.requests.as_ref()))
}

/// Returns amounts by name.
pub(super) fn quantities(
    map: Option<&BTreeMap<String, QuantityText>>,
) -> Result<BTreeMap<String, Quantity>, ConversionProblem> {
    map.into_iter().flatten().map(|(name, text)| Ok((name.clone(), Quantity::parse(&text.0)?))).collect()
}

fn device_constraint(constraint: &resource::DeviceConstraint, not_modelled: &mut Vec<String>) -> Option<DeviceConstraint> {
    let matches = constraint.match_attribute.clone().map(|attribute| (AttributeRule::Match, attribute));
    let distinct = constraint.distinct_attribute.clone().map(|attribute| (AttributeRule::Distinct, attribute));
    let Some((rule, attribute)) = matches.or(distinct) else {
        not_modelled.push("a kind of constraint among devices".to_owned());
        return None;
    };
    Some(DeviceConstraint { requests: constraint.requests.clone().unwrap_or_default(), rule, attribute })
}
