//! The reading of ProvisioningRequests, and of the PodTemplates that they name.
//!
//! A cluster that does not serve the kind costs no call. PodTemplates and the classes of pods are
//! read only while there is a request that is served here and not over.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::scheduling::v1::PriorityClass;

use super::cluster::runtime_classes;
use super::template_pod::Admission;
use crate::kubernetes::list::{ListError, list, list_all, list_at};
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::provisioning_requests::{RequestObject, VERSIONS, read_request};
use crate::kubernetes::reading::runtime_classes::RuntimeClasses;
use crate::kubernetes::served::ServedGroups;
use crate::kubernetes::{ApiServer, KubernetesError, Permission};
use crate::snapshot::{Gap, MissingFact, ObjectName, ProvisioningRequest, RequestedShape};
use crate::well_known::buffers::GROUP;
use crate::well_known::requests::PLURAL;

/// Reads every request that is served here and not over. What could not be read becomes gaps.
pub(super) async fn read_requests(
    server: ApiServer<'_>,
    served: &Result<ServedGroups, KubernetesError>,
    specs: &mut SpecTable,
) -> (Vec<ProvisioningRequest>, Vec<Gap>) {
    let mut gaps = Vec::new();
    // That the API groups could not be read is a gap already.
    let Ok(served) = served else { return (Vec::new(), gaps) };
    let mut requests = match list_requests(server, served).await {
        Ok((requests, unclear)) => {
            gaps.extend(unclear.map(|error| gap("provisioningrequests.autoscaling.x-k8s.io", error)));
            requests
        }
        Err(error) => {
            gaps.push(gap("provisioningrequests.autoscaling.x-k8s.io", error.to_string()));
            return (Vec::new(), gaps);
        }
    };
    requests.retain(|request| request.served_class().is_some());
    if requests.is_empty() {
        return (requests, gaps);
    }
    match read_templates(server, specs, &mut requests).await {
        Ok(more) => gaps.extend(more),
        Err(gap) => gaps.push(gap),
    }
    (requests, gaps)
}

fn gap(resource: &str, error: String) -> Gap {
    Gap { fact: MissingFact::Objects { resource: resource.to_owned() }, error }
}

/// The requests that are understood, and the problem of the first that is not.
type RequestsRead = (Vec<ProvisioningRequest>, Option<String>);

/// Lists every request, in the newest version that has the kind.
async fn list_requests(server: ApiServer<'_>, served: &ServedGroups) -> Result<RequestsRead, KubernetesError> {
    for version in VERSIONS.into_iter().filter(|version| served.has(GROUP, version)) {
        let take = |(known, unclear): &mut RequestsRead, object: &RequestObject| {
            match read_request(object, version) {
                Ok(request) => known.push(request),
                Err(error) => *unclear = unclear.take().or_else(|| Some(error.to_string())),
            }
            Ok(())
        };
        match list_at(server, &format!("/apis/{GROUP}/{version}/{PLURAL}"), RequestsRead::default, take).await {
            Err(ListError::Call(error)) if error.code() == Some(404) => {}
            outcome => {
                let permission = Permission { verb: "list", resource: format!("{PLURAL}.{GROUP}"), namespace: None };
                return outcome.map_err(|error| KubernetesError::from_list_error(error, permission, server.url));
            }
        }
    }
    Ok(RequestsRead::default())
}

/// Finds out what the pods of requests are like. Returns what could not be read of that.
async fn read_templates(
    server: ApiServer<'_>,
    specs: &mut SpecTable,
    requests: &mut [ProvisioningRequest],
) -> Result<Vec<Gap>, Gap> {
    let wanted = |template: &core::PodTemplate| {
        let (namespace, name) = (template.metadata.namespace.as_deref()?, template.metadata.name.as_deref()?);
        let mut own = requests.iter().filter(|request| *request.namespace == *namespace);
        own.any(|request| request.pod_sets.iter().any(|set| *set.template == *name)).then(|| ObjectName::new(namespace, name))
    };
    let take = |found: &mut BTreeMap<ObjectName, core::PodTemplate>, template: &core::PodTemplate| {
        found.extend(wanted(template).map(|name| (name, template.clone())));
        Ok(())
    };
    let templates = list(server, None, BTreeMap::new, take).await;
    let templates = templates.map_err(|error| KubernetesError::from_list::<core::PodTemplate>(error, server.url));
    let templates = templates.map_err(|error| gap("podtemplates", error.to_string()))?;
    let (mut admission, gaps) = admission(server, templates.values()).await;
    for request in requests {
        let (object, created_at) = (request.id(), request.created_at);
        for set in &mut request.pod_sets {
            let template = templates.get(&ObjectName { namespace: object.namespace.clone(), name: set.template.clone() });
            let pod = template.and_then(|template| template.template.as_ref());
            let pod = pod.map(|template| admission.pod_of(template, &object, created_at, specs));
            set.shape = match pod {
                None => RequestedShape::TemplateMissing,
                Some(Ok(pod)) => RequestedShape::Known { pod: Box::new(pod) },
                Some(Err(problem)) => RequestedShape::NotUnderstood { problem: problem.to_string() },
            };
        }
    }
    Ok(gaps)
}

/// Reads the classes that templates name.
async fn admission<'t>(
    server: ApiServer<'_>,
    templates: impl Iterator<Item = &'t core::PodTemplate> + Clone,
) -> (Admission, Vec<Gap>) {
    let mut gaps = Vec::new();
    let priorities = list_all(server, |class: &PriorityClass| Ok(class.clone())).await;
    let priorities = priorities.map_err(|error| KubernetesError::from_list::<PriorityClass>(error, server.url));
    let priorities = priorities.unwrap_or_else(|error| {
        gaps.push(gap("priorityclasses", error.to_string()));
        Vec::new()
    });
    let mut specs = templates.filter_map(|template| template.template.as_ref()?.spec.as_ref());
    let classes = match specs.any(|spec| spec.runtime_class_name.is_some()) {
        true => runtime_classes(server).await,
        false => Ok(RuntimeClasses::default()),
    };
    let classes = classes.unwrap_or_else(|error| {
        gaps.push(gap("runtimeclasses", error.to_string()));
        RuntimeClasses::default()
    });
    (Admission::new(&priorities, classes), gaps)
}
