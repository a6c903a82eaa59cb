//! CapacityBuffers of files.

use super::error::{ManifestError, SourcePlace};
use super::templates::{Templates, wrong};
use crate::gather::template_pod::Admission;
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::capacity_buffers::{ApiBuffer, ShapeReference, read_capacity_buffer, without_volumes};
use crate::snapshot::{BufferShape, CapacityBuffer, PodTemplateRef};
use crate::well_known::buffers::{ACTIVE_CAPACITY, KIND};

/// Reads one buffer, and refuses what would quietly keep no room.
pub(super) fn read_buffer(
    place: &SourcePlace,
    object: &ApiBuffer,
    templates: &Templates,
    admission: &mut Admission,
    specs: &mut SpecTable,
) -> Result<CapacityBuffer, ManifestError> {
    let read = read_capacity_buffer(object, None, specs);
    let (mut buffer, reference) = read.map_err(|error| wrong(place.clone(), KIND, &error.problem.to_string()))?;
    let described = format!("{KIND} {}", buffer.id());
    let refuse = |problem: &str| wrong(place.clone(), &described, problem);
    if buffer.strategy.as_deref().is_some_and(|strategy| strategy != ACTIVE_CAPACITY) {
        return Err(refuse(
            "has a provisioningStrategy that is not served; leave it out, or write buffer.x-k8s.io/active-capacity",
        ));
    }
    if buffer.percentage.is_some() {
        return Err(refuse("has a percentage, and a file has no replicas to take it of; write spec.replicas"));
    }
    if buffer.replicas.is_none() && buffer.limits.is_none() {
        return Err(refuse("names no number of pods; write spec.replicas or spec.limits"));
    }
    let name = match reference {
        ShapeReference::Template(name) => name,
        ShapeReference::Scalable(_) => {
            return Err(refuse(
                "has a scalableRef, which is read in a cluster only; write a PodTemplate beside it and name that",
            ));
        }
        ShapeReference::None => return Err(refuse("names no PodTemplate; write spec.podTemplateRef.name")),
    };
    let template = templates.find(&buffer.namespace, &name).map_err(|problem| refuse(&problem))?;
    let pod = admission.pod_of(&without_volumes(template), &buffer.id(), buffer.created_at, specs);
    let pod = pod.map_err(|problem| refuse(&format!("names PodTemplate {name}, which is not understood: {problem}")))?;
    let template = PodTemplateRef { name: name.as_str().into(), generation: None };
    buffer.shape = BufferShape::Known { pod: Box::new(pod), scale: None, template: Some(template) };
    Ok(buffer)
}
