//! CapacityBuffers (`--buffer` and `-f`) and ProvisioningRequests (`-f`) of files, with the
//! PodTemplates that they name beside them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use super::DEFAULT_NAMESPACE;
use super::buffers::read_buffer;
use super::error::{ManifestError, SourcePlace};
use super::node::YamlNode;
use super::object::describe;
use super::requests::read_new_request;
use super::source::Found;
use super::templates::{Templates, typed_object, wrong};
use crate::gather::template_pod::Admission;
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::capacity_buffers::ApiBuffer;
use crate::kubernetes::reading::provisioning_requests::RequestObject;
use crate::snapshot::{BufferShape, CapacityBuffer, ObjectName, ProvisioningRequest, RequestedPods};
use crate::well_known::{buffers, requests};

/// The objects of some files by which people ask for room, as they are written.
#[derive(Debug, Default)]
pub(super) struct RoomObjects {
    buffers: Vec<(SourcePlace, ApiBuffer)>,
    /// Each with its version of the API.
    requests: Vec<(SourcePlace, String, RequestObject)>,
    templates: Templates,
}

/// What they ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RoomFound {
    pub(super) buffers: Vec<CapacityBuffer>,
    pub(super) requests: Vec<ProvisioningRequest>,
    /// A line for each object that asks for nothing.
    pub(super) notes: Vec<String>,
    /// The PodTemplates that nothing here names, as they are written.
    pub(super) unused_templates: Vec<String>,
}

impl RoomFound {
    /// Returns the objects that ask for room, each with its kind.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&'static str, ObjectName)> {
        let of_buffers = self.buffers.iter().map(|buffer| (buffers::KIND, buffer.id()));
        of_buffers.chain(self.requests.iter().map(|request| (requests::KIND, request.id())))
    }
}

impl RoomObjects {
    /// Returns the place of the first request, if there is one.
    pub(super) fn first_request(&self) -> Option<&SourcePlace> {
        self.requests.first().map(|(place, ..)| place)
    }

    /// Takes an object by which people ask for room, or a PodTemplate; returns whether it is one.
    ///
    /// # Errors
    /// When it has another form.
    pub(super) fn take(&mut self, found: &Found) -> Result<bool, ManifestError> {
        let Found { place, node, .. } = found;
        let text = |key: &str| node.get(key).and_then(YamlNode::text).unwrap_or_default();
        let (kind, api_version) = (text("kind"), text("apiVersion"));
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        match (group, kind) {
            (buffers::GROUP, buffers::KIND) => {
                let mut buffer: ApiBuffer = typed_object(place, buffers::KIND, node)?;
                complete(&mut buffer.metadata);
                self.buffers.push((place.clone(), buffer));
            }
            (buffers::GROUP, requests::KIND) => {
                let mut request: RequestObject = typed_object(place, requests::KIND, node)?;
                complete(&mut request.metadata);
                self.requests.push((place.clone(), version.to_owned(), request));
            }
            ("", "PodTemplate") if version == "v1" => {
                self.templates.add(describe(node), typed_object::<core::PodTemplate>(place, "PodTemplate", node)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Finds out what the pods are like for which room is asked.
    ///
    /// # Errors
    /// With the first object that is wrong.
    pub(super) fn read(self, admission: &mut Admission, specs: &mut SpecTable) -> Result<RoomFound, ManifestError> {
        let mut room = RoomFound::default();
        let mut named: BTreeSet<ObjectName> = BTreeSet::new();
        for (place, object) in &self.buffers {
            let buffer = read_buffer(place, object, &self.templates, admission, specs)?;
            let id = buffer.id();
            if room.buffers.iter().any(|there| there.id() == id) {
                return Err(twice(place, buffers::KIND, &id));
            }
            if let BufferShape::Known { template: Some(template), .. } = &buffer.shape {
                named.insert(ObjectName { namespace: id.namespace, name: template.name.clone() });
            }
            room.buffers.push(buffer);
        }
        for (place, version, object) in &self.requests {
            let request = read_new_request(place, (version, object), &self.templates, admission, specs)?;
            let id = request.id();
            if room.requests.iter().any(|there| there.id() == id) {
                return Err(twice(place, requests::KIND, &id));
            }
            let of_set = |set: &RequestedPods| ObjectName { namespace: id.namespace.clone(), name: set.template.clone() };
            named.extend(request.pod_sets.iter().map(of_set));
            match request.served_class() {
                Some(_) => room.requests.push(request),
                None => room.notes.push(format!(
                    "{} {id} is of a class that is not served here, or names another autoscaler: nothing is done about it",
                    requests::KIND
                )),
            }
        }
        room.unused_templates.extend(self.templates.without(&named).cloned());
        Ok(room)
    }
}

/// Fills in what the API server would.
fn complete(metadata: &mut ObjectMeta) {
    metadata.namespace.get_or_insert_with(|| DEFAULT_NAMESPACE.to_owned());
    metadata.creation_timestamp.get_or_insert(Time(Timestamp::UNIX_EPOCH));
}

fn twice(place: &SourcePlace, kind: &str, id: &ObjectName) -> ManifestError {
    wrong(place.clone(), &format!("{kind} {id}"), "is there already; keep one of them")
}

#[cfg(test)]
mod tests {
    use crate::gather::manifests::{add_to, read_text};
    use crate::snapshot::{ClusterIdentity, Snapshot};

    const TEMPLATE: &str = "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: large}\ntemplate: {spec: {containers: [{name: \
                            c, resources: {requests: {cpu: 2}}}]}}\n---\n";

    fn request(class: &str, count: u32) -> String {
        format!(
            "{TEMPLATE}apiVersion: autoscaling.x-k8s.io/v1\nkind: ProvisioningRequest\nmetadata: {{name: train}}\nspec: \
             {{provisioningClassName: {class}.autoscaling.x-k8s.io, podSets: [{{count: {count}, podTemplateRef: {{name: \
             large}}}}]}}\nstatus: {{conditions: [{{type: Failed, status: 'True', reason: r, message: m}}]}}\n---\n"
        )
    }

    #[test]
    fn a_manifest_may_ask_for_room() {
        let class = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 7\nglobalDefault: \
                     true\n---\n";
        let text = format!(
            "{class}{}{}",
            request("best-effort-atomic-scale-up", 3),
            "apiVersion: autoscaling.x-k8s.io/v1beta1\nkind: CapacityBuffer\nmetadata: {name: spare}\nspec: {podTemplateRef: \
             {name: large}, replicas: 2}\n"
        );
        let manifests = read_text("m.yaml", &text).expect("manifests");
        assert_eq!(manifests.notes, [""; 0]);
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), "2026-11-22T12:00:00Z".parse().expect("a time"));
        for _ in 0..2 {
            add_to(&mut snapshot, manifests.clone());
        }
        let [request] = &snapshot.provisioning_requests[..] else { panic!("{:?}", snapshot.provisioning_requests) };
        let pod = request.pod_sets[0].pod().expect("its shape is known");
        assert_eq!((request.pods(), request.created_at, request.is_over()), (3, snapshot.taken_at, false));
        assert_eq!((snapshot.spec(pod).priority, snapshot.gangs.len(), snapshot.gangs[0].min), (7, 1, 3));
        assert_eq!((pod.gang.as_deref(), snapshot.capacity_buffers.len()), (Some(&snapshot.gangs[0].id), 1));
    }

    #[test]
    fn what_asks_for_no_room_is_noted_or_refused() {
        let notes = |text: &str| read_text("m.yaml", text).map(|read| read.notes).map_err(|error| error.to_string());
        let other = notes(&request("other", 1)).expect("it is left alone");
        assert_eq!(other.len(), 1);
        assert!(other[0].contains("ProvisioningRequest default/train is of a class that is not served here"), "{other:?}");
        let alone = notes(TEMPLATE.trim_end_matches("---\n")).expect("it is left out");
        assert!(alone[0].contains("PodTemplate large"), "{alone:?}");
        let error = notes(&request("check-capacity", 1).replace(TEMPLATE, "")).expect_err("no template");
        assert!(
            error.contains("ProvisioningRequest default/train: names PodTemplate large, which is not in the files"),
            "{error}"
        );
        let error = notes(&request("check-capacity", 0)).expect_err("no pods");
        assert!(error.contains("is for no pods"), "{error}");
    }
}
