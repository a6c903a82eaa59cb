//! ProvisioningRequests of files.

use super::error::{ManifestError, SourcePlace};
use super::templates::{Templates, wrong};
use crate::gather::template_pod::Admission;
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::provisioning_requests::{RequestObject, read_request};
use crate::snapshot::{ProvisioningRequest, RequestedShape};
use crate::well_known::requests::KIND;

/// Reads one request as if nobody had seen it yet, and refuses one whose pods are not known.
pub(super) fn read_new_request(
    place: &SourcePlace,
    (version, object): (&str, &RequestObject),
    templates: &Templates,
    admission: &mut Admission,
    specs: &mut SpecTable,
) -> Result<ProvisioningRequest, ManifestError> {
    let read = read_request(object, version);
    let mut request = read.map_err(|error| wrong(place.clone(), KIND, &error.problem.to_string()))?;
    request.conditions.clear();
    let id = request.id();
    let refuse = |problem: &str| wrong(place.clone(), &format!("{KIND} {id}"), problem);
    if request.pods() == 0 {
        return Err(refuse("is for no pods; write spec.podSets"));
    }
    for set in &mut request.pod_sets {
        let template = templates.find(&id.namespace, &set.template).map_err(|problem| refuse(&problem))?;
        let pod = admission.pod_of(template, &id, request.created_at, specs);
        let pod =
            pod.map_err(|problem| refuse(&format!("names PodTemplate {}, which is not understood: {problem}", set.template)))?;
        set.shape = RequestedShape::Known { pod: Box::new(pod) };
    }
    Ok(request)
}
