//! `--buffer`: CapacityBuffers from files, with the PodTemplates that they name beside them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::added_room::add_room;
use super::adding::specs_in;
use super::error::ManifestError;
use super::node::YamlNode;
use super::room::{RoomFound, RoomObjects};
use super::source::{self, Found};
use super::templates::wrong;
use crate::gather::template_pod::Admission;
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::runtime_classes::RuntimeClasses;
use crate::snapshot::{CapacityBuffer, PodSpec, Snapshot, SpecId};
use crate::well_known::requests;

/// The CapacityBuffers of some files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferFiles {
    buffers: Vec<CapacityBuffer>,
    /// The specifications that they name.
    pod_specs: BTreeMap<SpecId, PodSpec>,
}

/// Reads files, directories (the manifests directly in them) and, as `-`, standard input.
///
/// # Errors
/// With the first that is wrong, where it is and the way out.
pub fn read_buffers(paths: &[PathBuf]) -> Result<BufferFiles, ManifestError> {
    buffers_of(source::read_all(paths)?)
}

fn buffers_of(found: Vec<Found>) -> Result<BufferFiles, ManifestError> {
    let mut objects = RoomObjects::default();
    for found in found {
        if !objects.take(&found)? {
            let kind = found.node.get("kind").and_then(YamlNode::text).unwrap_or_default().to_owned();
            return Err(wrong(found.place, &kind, "is neither a CapacityBuffer nor a PodTemplate; leave it out of --buffer"));
        }
    }
    if let Some(place) = objects.first_request() {
        return Err(wrong(place.clone(), requests::KIND, "is for a what-if with -f; leave it out of --buffer"));
    }
    let mut specs = SpecTable::default();
    let read = objects.read(&mut Admission::new(&[], RuntimeClasses::default()), &mut specs)?;
    Ok(BufferFiles { buffers: read.buffers, pod_specs: specs.into_map() })
}

/// Adds buffers to a snapshot, as if they had been applied a moment ago. One takes the place of the
/// object of the same name.
pub fn add_buffers(snapshot: &mut Snapshot, files: BufferFiles) {
    let ids = specs_in(snapshot, &files.pod_specs);
    add_room(snapshot, &ids, RoomFound { buffers: files.buffers, ..RoomFound::default() });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{ClusterIdentity, ObjectName};

    const TEMPLATE: &str = "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: large}\ntemplate: {spec: {containers: [{name: \
                            c, resources: {requests: {cpu: 2}}}]}}\n---\n";

    fn buffer(spec: &str) -> String {
        format!(
            "{TEMPLATE}apiVersion: autoscaling.x-k8s.io/v1beta1\nkind: CapacityBuffer\nmetadata: {{name: spare}}\nspec: {spec}\n"
        )
    }

    fn read(text: &str) -> Result<BufferFiles, String> {
        let found = source::objects_in("b.yaml", text).expect("YAML");
        buffers_of(found).map_err(|error| error.to_string())
    }

    #[test]
    fn a_buffer_of_a_file_is_one_of_the_snapshot() {
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), "2026-11-22T12:00:00Z".parse().expect("a time"));
        for replicas in [3, 4] {
            let text = buffer(&format!("{{podTemplateRef: {{name: large}}, replicas: {replicas}}}"));
            add_buffers(&mut snapshot, read(&text).expect("a buffer"));
        }
        let [buffer] = &snapshot.capacity_buffers[..] else { panic!("{:?}", snapshot.capacity_buffers) };
        assert_eq!(
            (buffer.id(), buffer.replicas, buffer.object.is_none()),
            (ObjectName::new("default", "spare"), Some(4), true)
        );
        let pod = buffer.pod().expect("its shape is known");
        assert_eq!(snapshot.spec(pod).containers[0].requests.get("cpu"), 2000);
    }

    #[test]
    fn what_would_keep_no_room_is_refused() {
        for (spec, expected) in [
            ("{podTemplateRef: {name: large}}", "b.yaml:6: CapacityBuffer default/spare: names no number of pods"),
            ("{podTemplateRef: {name: other}, replicas: 1}", "names PodTemplate other, which is not in the files"),
            ("{scalableRef: {kind: Deployment, name: web}, replicas: 1}", "has a scalableRef, which is read in a cluster only"),
            ("{replicas: 1}", "names no PodTemplate; write spec.podTemplateRef.name"),
            (
                "{podTemplateRef: {name: large}, replicas: 1, provisioningStrategy: x}",
                "provisioningStrategy that is not served",
            ),
            ("{podTemplateRef: {name: large}, percentage: 10, replicas: 1}", "has a percentage"),
            ("{podTemplateRef: {name: large}, replica: 1}", "has no field spec.replica; leave it out"),
            ("{podTemplateRef: {name: large}, replicas: x}", "spec.replicas"),
        ] {
            let error = read(&buffer(spec)).expect_err(spec);
            assert!(error.contains(expected), "{spec}: {error}");
        }
        let other = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n";
        let error = read(other).expect_err("a pod is no buffer");
        assert!(error.contains("is neither a CapacityBuffer nor a PodTemplate"), "{error}");
    }

    #[test]
    fn a_request_is_no_buffer() {
        let text = "apiVersion: autoscaling.x-k8s.io/v1\nkind: ProvisioningRequest\nmetadata: {name: r}\nspec: \
                    {provisioningClassName: c}\n";
        let error = read(text).expect_err("a request");
        assert!(error.contains("b.yaml:1: ProvisioningRequest: is for a what-if with -f"), "{error}");
    }
}
