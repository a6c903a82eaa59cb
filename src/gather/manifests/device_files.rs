//! `--device-file`: the devices of nodes that do not exist yet, as the ResourceSlices that drivers
//! will publish for one node of a group.

use std::collections::BTreeMap;
use std::path::PathBuf;

use k8s_openapi::api::resource::v1 as resource;

use super::error::{ManifestError, SourcePlace};
use super::node::YamlNode;
use super::source::{self, Found};
use super::templates::{typed_object, wrong};
use crate::kubernetes::reading::resource_slices::read_resource_slice;
use crate::snapshot::{DeviceReach, ResourceSlice, Snapshot};
use crate::well_known::annotations::GROUP_OF_SLICE;

const KIND: &str = "ResourceSlice";
const API_VERSION: &str = "resource.k8s.io/v1";

/// The ResourceSlices of some files, by the name of the groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceFiles(BTreeMap<String, Vec<ResourceSlice>>);

impl DeviceFiles {
    /// Returns the names of the groups.
    pub fn groups(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

/// Reads files, directories (the manifests directly in them) and, as `-`, standard input.
///
/// # Errors
/// With the first object that is wrong, where it is and the way out.
pub fn read_device_files(paths: &[PathBuf]) -> Result<DeviceFiles, ManifestError> {
    from_objects(source::read_all(paths)?)
}

/// Lets the nodes of groups that no other node shows have the devices of the files, in place of
/// those that tags state. Groups of one name in several regions are alike.
pub fn add_devices(snapshot: &mut Snapshot, files: &DeviceFiles) {
    for group in &mut snapshot.groups {
        if let Some(slices) = files.0.get(&group.id.name) {
            group.tags.devices.clone_from(slices);
        }
    }
}

fn from_objects(found: Vec<Found>) -> Result<DeviceFiles, ManifestError> {
    let mut files = DeviceFiles::default();
    let mut places: BTreeMap<(String, String, String), (SourcePlace, i64, i64)> = BTreeMap::new();
    for Found { place, node, .. } in found {
        let (group, slice) = one(&place, &node)?;
        let pool = (group.clone(), slice.driver.clone(), slice.pool.clone());
        places.entry(pool).or_insert((place, slice.slices, 0)).2 += 1;
        files.0.entry(group).or_default().push(slice);
    }
    // The scheduler takes nothing of a pool of which a slice is missing.
    match places.into_iter().find(|(_, (_, wanted, there))| wanted != there) {
        None => Ok(files),
        Some(((group, driver, _), (place, wanted, there))) => {
            let problem = format!(
                "is of a pool of {wanted} slices, and the files have {there} of it for group {group}: write the slices of one \
                 node, all of them"
            );
            Err(wrong(place, &format!("{KIND} of {driver}"), &problem))
        }
    }
}

/// Reads one slice with the name of its group.
fn one(place: &SourcePlace, node: &YamlNode) -> Result<(String, ResourceSlice), ManifestError> {
    let text = |key: &str| node.get(key).and_then(YamlNode::text).unwrap_or_default();
    if (text("apiVersion"), text("kind")) != (API_VERSION, KIND) {
        let problem = format!("is no {KIND} of {API_VERSION}; leave it out of --device-file");
        return Err(wrong(place.clone(), text("kind"), &problem));
    }
    let object: resource::ResourceSlice = typed_object(place, KIND, node)?;
    let described = format!("{KIND} {}", object.metadata.name.as_deref().unwrap_or_default());
    let refuse = |problem: &str| wrong(place.clone(), &described, problem);
    let group = object.metadata.annotations.as_ref().and_then(|all| all.get(GROUP_OF_SLICE)).filter(|name| !name.is_empty());
    let group =
        group.cloned().ok_or_else(|| refuse(&format!("names no group; write its name as the annotation {GROUP_OF_SLICE}")))?;
    let slice = read_resource_slice(&object).map_err(|error| refuse(&error.problem.to_string()))?;
    let DeviceReach::Node(name) = &slice.reach else {
        return Err(refuse("is not of one node; write the slices that have spec.nodeName"));
    };
    // A pool that is named as its node is named as each new one.
    let pool = if slice.pool == *name { String::new() } else { slice.pool.clone() };
    Ok((group, ResourceSlice { pool, reach: DeviceReach::Node(String::new()), ..slice }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::ClusterIdentity;

    fn slice(annotations: &str, spec: &str) -> String {
        format!(
            "apiVersion: resource.k8s.io/v1\nkind: ResourceSlice\nmetadata: {{name: s, annotations: {{{annotations}}}}}\nspec: \
             {{driver: gpu.example.com, pool: {{name: node-1, generation: 3, resourceSliceCount: 1}}, {spec}}}\n"
        )
    }

    fn read(text: &str) -> Result<DeviceFiles, String> {
        let found = source::objects_in("d.yaml", text).expect("YAML");
        from_objects(found).map_err(|error| error.to_string())
    }

    const GROUP: &str = "ec2-autoscale/group: gpus";

    #[test]
    fn the_slices_of_one_node_are_those_of_a_group() {
        let devices = "nodeName: node-1, devices: [{name: a, attributes: {index: {int: 0}}}, {name: b, taints: [{key: k, effect: \
                       NoSchedule}]}]";
        let files = read(&slice(GROUP, devices)).expect("slices");
        assert_eq!(files.groups().collect::<Vec<_>>(), ["gpus"]);
        let slices = &files.0["gpus"];
        assert_eq!((slices.len(), slices[0].pool.as_str(), &slices[0].reach), (1, "", &DeviceReach::Node(String::new())));
        assert_eq!((slices[0].devices.len(), slices[0].devices[1].taints.len()), (2, 1));
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), "2026-11-22T12:00:00Z".parse().expect("a time"));
        let mut group = crate::demo::snapshot().groups.remove(0);
        group.id.name = "gpus".to_owned();
        snapshot.groups.push(group);
        add_devices(&mut snapshot, &files);
        assert_eq!(snapshot.groups[0].tags.devices, *slices);
    }

    #[test]
    fn what_shows_no_devices_is_refused() {
        for (text, expected) in [
            (slice("", "nodeName: a-node"), "ResourceSlice s: names no group; write its name as the annotation"),
            (slice(GROUP, "allNodes: true"), "is not of one node"),
            (slice(GROUP, "nodeName: a-node, device: []"), "has no field spec.device; leave it out"),
            (
                slice(GROUP, "nodeName: a-node").replace("Count: 1", "Count: 2"),
                "is of a pool of 2 slices, and the files have 1",
            ),
            (slice(GROUP, "nodeName: a-node").replace("io/v1\n", "io/v1beta1\n"), "is no ResourceSlice of resource.k8s.io/v1"),
        ] {
            let error = read(&text).expect_err(expected);
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }
}
