//! The objects in manifests that state which pods start together.

use super::error::{ManifestError, ObjectProblem, SourcePlace};
use super::node::YamlNode;
use super::source::Found;
use super::{namespace_of, typed};
use crate::kubernetes::reading::gangs::{GangHint, GangObject, GangObjects, GangTerms, KINDS_WITH_OBJECTS, api_of, join_gangs};
use crate::snapshot::{Gang, GangKind, GangRules, ObjectName, Snapshot};

/// The objects of manifests that state which pods start together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ManifestGangs {
    objects: GangObjects,
    rules: GangRules,
}

impl ManifestGangs {
    /// Returns none, under these rules.
    pub(super) fn under(rules: &GangRules) -> Self {
        Self { objects: GangObjects::default(), rules: rules.clone() }
    }

    /// Takes what an object states about its pods; returns whether it is nothing but a group.
    ///
    /// # Errors
    /// When a group has another form.
    pub(super) fn take(&mut self, found: &Found) -> Result<bool, ManifestError> {
        let Some(kind) = kind_of(&found.node) else { return Ok(false) };
        let is_group = !kind.is_wish();
        match typed::read::<GangObject>(&found.node) {
            Ok((object, _)) => {
                if let Some(name) = object.metadata.name.as_deref().filter(|name| !name.is_empty()) {
                    let name = ObjectName::new(namespace_of(object.metadata.namespace.as_deref()), name);
                    self.objects.add_object(kind, name, &object);
                }
                Ok(is_group)
            }
            Err(misread) if is_group => Err(ManifestError::Object {
                place: SourcePlace { file: found.place.file.clone(), line: misread.line },
                object: api_of(kind).map_or_else(String::new, |api| api.kind.to_owned()),
                problem: ObjectProblem::Field(misread.text),
            }),
            // It is read once more for its pods, and what is wrong with it is reported then.
            Err(_) => Ok(false),
        }
    }

    /// Makes pods of a snapshot members of their gangs, each with its hints by its index. A gang of
    /// the cluster is as it is there, unless a manifest replaces it.
    pub(super) fn join(mut self, snapshot: &mut Snapshot, hints: &[(usize, Vec<GangHint>)]) {
        for gang in &snapshot.gangs {
            self.objects.add_unless_known(gang.id.kind, name_of(gang), terms_of_gang(gang));
        }
        for gang in join_gangs(&mut snapshot.pods, hints, &self.objects, &self.rules) {
            snapshot.gangs.retain(|there| (&there.namespace, &there.id) != (&gang.namespace, &gang.id));
            snapshot.gangs.push(gang);
        }
    }
}

fn name_of(gang: &Gang) -> ObjectName {
    ObjectName::new(gang.namespace.clone(), gang.id.name.clone())
}

fn terms_of_gang(gang: &Gang) -> GangTerms {
    let Gang { min, same, total, priority, created_at, .. } = gang;
    GangTerms { min: Some(*min), same: same.clone(), total: *total, priority: *priority, created_at: Some(*created_at) }
}

/// Returns the kind of gang of which an object decides.
fn kind_of(node: &YamlNode) -> Option<GangKind> {
    let text = |key: &str| node.get(key).and_then(YamlNode::text).unwrap_or_default();
    let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
    let is_its_api = |kind: &GangKind| api_of(*kind).is_some_and(|api| api.group == group && api.kind == text("kind"));
    KINDS_WITH_OBJECTS.into_iter().find(is_its_api)
}

#[cfg(test)]
mod tests {
    use crate::gather::manifests::{add_to, read_text_under};
    use crate::snapshot::{ClusterIdentity, GangRules, GangWish, Snapshot};

    const GROUP: &str = "apiVersion: scheduling.k8s.io/v1alpha2\nkind: PodGroup\nmetadata: {name: train}\nspec: \
                         {schedulingPolicy: {gang: {minCount: 4}}, schedulingConstraints: {topology: [{key: rack}]}}\n---\n";

    fn job(extra: &str) -> String {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec: {{parallelism: 4, completions: 4, completionMode: \
             Indexed, template: {{spec: {{restartPolicy: Never, containers: [{{name: c}}]{extra}}}}}}}\n"
        )
    }

    fn added(text: &str, rules: &GangRules) -> Snapshot {
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), "2026-11-22T12:00:00Z".parse().expect("a time"));
        add(&mut snapshot, text, rules);
        snapshot
    }

    fn add(snapshot: &mut Snapshot, text: &str, rules: &GangRules) {
        add_to(snapshot, read_text_under("m.yaml", text, rules).unwrap_or_else(|error| panic!("{error}")));
    }

    /// Returns the gangs of its pods, each as its name, its minimum and its place.
    fn gangs(snapshot: &Snapshot) -> Vec<String> {
        let named = |pod: &crate::snapshot::Pod| {
            let gang = snapshot.gangs.iter().find(|gang| Some(&gang.id) == pod.gang.as_deref())?;
            Some(format!("{} {} {}", gang.id, gang.min, gang.same.as_deref().unwrap_or("anywhere")))
        };
        snapshot.pods.iter().filter_map(named).collect()
    }

    #[test]
    fn pods_of_a_manifest_belong_to_the_group_beside_them() {
        let in_group = job(", schedulingGroup: {podGroupName: train}");
        let snapshot = added(&format!("{GROUP}{in_group}"), &GangRules::default());
        assert_eq!(gangs(&snapshot), ["PodGroup train 4 rack"; 4]);
        assert!(gangs(&added(&in_group, &GangRules::default())).is_empty(), "a group that is nowhere");
    }

    #[test]
    fn pods_of_a_manifest_join_a_group_of_the_cluster() {
        let in_group = job(", schedulingGroup: {podGroupName: train}");
        let mut snapshot = added(&format!("{GROUP}{in_group}"), &GangRules::default());
        add(&mut snapshot, &in_group.replace("name: j", "name: k"), &GangRules::default());
        assert_eq!((gangs(&snapshot).len(), snapshot.gangs.len()), (8, 1));
    }

    #[test]
    fn a_job_is_a_gang_by_a_wish() {
        let rules = GangRules { wishes: vec![GangWish::All], ..GangRules::default() };
        assert_eq!(gangs(&added(&job(""), &rules)), ["Job j 4 anywhere"; 4]);
        assert!(gangs(&added(&job(""), &GangRules::default())).is_empty());
    }

    #[test]
    fn a_group_has_no_pods_and_needs_no_note() {
        let manifests = read_text_under("m.yaml", GROUP, &GangRules::default()).expect("a manifest");
        assert_eq!((manifests.notes, manifests.workloads.len()), (Vec::new(), 0));
    }
}
