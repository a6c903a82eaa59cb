//! Manifests added to a snapshot, as if they had been applied a moment ago.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::added_room::add_room;
use super::{Manifests, Workload, WorkloadKind};
use crate::kubernetes::reading::gangs::GangHint;
use crate::snapshot::{
    AddedObject, DeviceNeeds, Name, ObjectName, Pod, PodSpec, ResourceClaim, ResourceClaimTemplate, Scheduling, Snapshot,
    SpecId, StorageClass, Volume,
};
use crate::well_known::gangs::JOB_SET_LABEL;

/// The label that the controller of a Deployment puts on its pods; its value also ends the name of
/// their ReplicaSet.
const TEMPLATE_HASH_LABEL: &str = "pod-template-hash";

/// Adds the content of the manifests. Objects that exist already are replaced: their pods go, and
/// those of the manifest come, pending since the snapshot was taken.
pub fn add_to(snapshot: &mut Snapshot, manifests: Manifests) {
    let ids = specs_in(snapshot, &manifests.pod_specs);
    for namespace in manifests.namespaces {
        snapshot.namespaces.retain(|there| there.name != namespace.name);
        snapshot.namespaces.push(namespace);
    }
    for mut set in manifests.daemon_sets {
        snapshot.daemon_sets.retain(|there| (&there.namespace, &there.name) != (&set.namespace, &set.name));
        set.spec = ids[&set.spec];
        snapshot.daemon_sets.push(set);
    }
    for class in manifests.device_classes {
        snapshot.device_classes.retain(|there| there.name != class.name);
        snapshot.device_classes.push(class);
    }
    for (id, needs) in &manifests.claim_templates {
        let (namespace, name) = (id.namespace.to_string(), id.name.to_string());
        snapshot.resource_claim_templates.retain(|there| (&there.namespace, &there.name) != (&namespace, &name));
        snapshot.resource_claim_templates.push(ResourceClaimTemplate { namespace, name, needs: needs.clone() });
    }
    let claim_templates = &manifests.claim_templates;
    let mut adding = Adding { snapshot, ids, names: BTreeSet::new(), hints: Vec::new(), claim_templates };
    for claim in manifests.claims {
        adding.claim(claim);
    }
    adding.storage(manifests.storage_classes, manifests.volumes);
    for claim in manifests.resource_claims {
        adding.resource_claim(claim);
    }
    let replaced: Vec<u32> = manifests.workloads.iter().map(|workload| adding.replace(workload)).collect();
    adding.names = adding.snapshot.pods.iter().map(Pod::id).collect();
    let pods: u64 = manifests.workloads.iter().map(Workload::pods_at_a_time).sum();
    let mut left = i64::try_from(pods).unwrap_or(i64::MAX);
    for (workload, replaced) in manifests.workloads.iter().zip(replaced) {
        adding.workload(workload, replaced, &mut left);
    }
    let (hints, ids) = (adding.hints, adding.ids);
    manifests.gangs.join(snapshot, &hints);
    // So a plan shows that it is a what-if.
    let asks = manifests.room.objects();
    let added = asks.map(|(kind, object)| AddedObject { kind: kind.to_owned(), object, replaced: 0, pods: Vec::new() });
    snapshot.looked_at.added.extend(added);
    add_room(snapshot, &ids, manifests.room);
    snapshot.lay_names_together();
}

/// Returns the ids that these specifications have in the snapshot, to which new ones are added.
pub(super) fn specs_in(snapshot: &mut Snapshot, added: &BTreeMap<SpecId, PodSpec>) -> BTreeMap<SpecId, SpecId> {
    let known: BTreeMap<PodSpec, SpecId> = snapshot.pod_specs.iter().map(|(id, spec)| (spec.clone(), *id)).collect();
    let mut next = snapshot.pod_specs.keys().next_back().map_or(0, |last| last.0 + 1);
    let mut ids = BTreeMap::new();
    for (id, spec) in added {
        let there = known.get(spec).copied().unwrap_or_else(|| {
            let new = SpecId(next);
            next += 1;
            snapshot.pod_specs.insert(new, spec.clone());
            new
        });
        ids.insert(*id, there);
    }
    ids
}

struct Adding<'a> {
    snapshot: &'a mut Snapshot,
    ids: BTreeMap<SpecId, SpecId>,
    names: BTreeSet<ObjectName>,
    /// What may make the pods that are added members of gangs, by their index.
    hints: Vec<(usize, Vec<GangHint>)>,
    /// What claims of devices request that are made from templates.
    claim_templates: &'a BTreeMap<ObjectName, DeviceNeeds>,
}

impl Adding<'_> {
    /// Adds a claim. One that exists has its volume, or will get it: `kubectl apply` would not
    /// change that.
    fn claim(&mut self, claim: crate::snapshot::Claim) {
        let is_same = |there: &crate::snapshot::Claim| (&there.namespace, &there.name) == (&claim.namespace, &claim.name);
        if !self.snapshot.claims.iter().any(is_same) {
            self.snapshot.claims.push(claim);
        }
    }

    /// Adds storage classes and volumes. A volume that exists keeps its state.
    fn storage(&mut self, classes: Vec<StorageClass>, volumes: Vec<Volume>) {
        for class in classes {
            self.snapshot.storage_classes.retain(|there| there.name != class.name);
            self.snapshot.storage_classes.push(class);
        }
        for volume in volumes {
            if self.snapshot.volumes.iter().all(|there| there.name != volume.name) {
                self.snapshot.volumes.push(volume);
            }
        }
    }

    /// Adds a claim of devices. One that exists may be allocated already.
    fn resource_claim(&mut self, claim: ResourceClaim) {
        let is_same = |there: &ResourceClaim| (&there.namespace, &there.name) == (&claim.namespace, &claim.name);
        if !self.snapshot.resource_claims.iter().any(is_same) {
            self.snapshot.resource_claims.push(claim);
        }
    }

    /// Makes the claims of devices that a controller makes for a pod from templates of the files.
    fn make_claims(&mut self, pod: &mut Pod) {
        for entry in pod.resource_claims.iter_mut().filter(|entry| entry.claim.is_none()) {
            let template = entry.template.as_ref().map(|name| ObjectName::new(pod.namespace.clone(), name.as_str()));
            let Some(needs) = template.and_then(|template| self.claim_templates.get(&template)) else { continue };
            let claim = ResourceClaim {
                namespace: pod.namespace.to_string(),
                name: format!("{}-{}", pod.name, entry.name),
                deleting: false,
                needs: Some(needs.clone()),
                allocation: None,
                reserved_for: Vec::new(),
            };
            entry.claim = Some(claim.name.clone());
            self.snapshot.resource_claims.retain(|there| (&there.namespace, &there.name) != (&claim.namespace, &claim.name));
            self.snapshot.resource_claims.push(claim);
        }
    }

    /// Removes the pods of the existing object, and returns how many there were.
    fn replace(&mut self, workload: &Workload) -> u32 {
        if workload.is_new {
            return 0;
        }
        let before = self.snapshot.pods.len();
        self.snapshot.pods.retain(|pod| !is_of(pod, workload));
        u32::try_from(before - self.snapshot.pods.len()).unwrap_or(u32::MAX)
    }

    /// Adds the pods of a workload. `left` counts the pods that are still to come: pods of one
    /// moment stand in the order of the files.
    fn workload(&mut self, workload: &Workload, replaced: u32, left: &mut i64) {
        let mut names: Vec<Name> = Vec::new();
        let with_hints = |part: &'_ super::Part| part.pods().map(|pod| (pod, part.hints.clone())).collect::<Vec<_>>();
        for ((mut pod, claims), hints) in workload.parts.iter().flat_map(with_hints) {
            while self.names.contains(&pod.id()) {
                pod.name = format!("{}-x", pod.name).into();
            }
            self.names.insert(pod.id());
            names.push(pod.name.clone());
            let before = SignedDuration::from_micros(*left);
            *left -= 1;
            if !hints.is_empty() {
                self.hints.push((self.snapshot.pods.len(), hints));
            }
            self.pod(pod, before);
            for claim in claims {
                self.claim(claim);
            }
        }
        self.snapshot.looked_at.added.push(AddedObject {
            kind: workload.kind.to_string(),
            object: ObjectName::new(workload.namespace.clone(), workload.name.as_str()),
            replaced,
            pods: names,
        });
    }

    fn pod(&mut self, mut pod: Pod, before: SignedDuration) {
        let now = self.snapshot.taken_at;
        pod.spec = self.ids[&pod.spec];
        pod.created_at = now.saturating_sub(before).unwrap_or(now);
        if pod.scheduling == Scheduling::Unseen {
            pod.scheduling = Scheduling::Unschedulable { since: now };
        }
        self.make_claims(&mut pod);
        self.snapshot.pods.push(pod);
    }
}

/// Whether an existing pod belongs to this object.
fn is_of(pod: &Pod, workload: &Workload) -> bool {
    if pod.namespace != workload.namespace {
        return false;
    }
    let name = workload.name.as_str();
    let owner = |kind: &str| pod.owner.as_ref().filter(|owner| owner.kind == kind).map(|owner| owner.name.as_str());
    let behind_the_name = |owner: &str| owner.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')).map(str::to_owned);
    match &workload.kind {
        WorkloadKind::Custom { kind, .. } => owner(kind) == Some(name),
        WorkloadKind::Pod => pod.name.as_str() == name,
        WorkloadKind::Job => owner("Job") == Some(name),
        WorkloadKind::ReplicaSet => owner("ReplicaSet") == Some(name),
        WorkloadKind::ReplicationController => owner("ReplicationController") == Some(name),
        WorkloadKind::StatefulSet => owner("StatefulSet") == Some(name),
        WorkloadKind::JobSet => pod.labels.get(JOB_SET_LABEL).is_some_and(|set| set == name),
        WorkloadKind::Deployment => {
            let hash = owner("ReplicaSet").and_then(behind_the_name);
            hash.is_some() && hash.as_deref() == pod.labels.get(TEMPLATE_HASH_LABEL).map(Name::as_str)
        }
        WorkloadKind::CronJob => owner("Job")
            .and_then(behind_the_name)
            .is_some_and(|run| !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_digit())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::gather::manifests::read_text;
    use crate::snapshot::{ClusterIdentity, Labels, Owner};

    const POD: &str = "{containers: [{name: c}]}";

    fn snapshot() -> Snapshot {
        Snapshot::empty(ClusterIdentity::default(), "2026-11-22T12:00:00Z".parse().expect("a time"))
    }

    fn add(snapshot: &mut Snapshot, text: &str) {
        add_to(snapshot, read_text("m.yaml", text).unwrap_or_else(|error| panic!("{error}")));
    }

    fn deployment(replicas: u32) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{replicas: {replicas}, template: {{spec: {POD}}}}}\n"
        )
    }

    fn names(snapshot: &Snapshot) -> Vec<&str> {
        snapshot.pods.iter().map(|pod| pod.name.as_str()).collect()
    }

    #[test]
    fn what_is_there_is_replaced_and_not_doubled() {
        let mut snapshot = snapshot();
        add(&mut snapshot, &deployment(3));
        for number in 0..2 {
            // The pod gets a name as in the cluster.
            let pod = &mut snapshot.pods[number];
            pod.labels.insert(TEMPLATE_HASH_LABEL.into(), "5d9c7b".into());
            Arc::make_mut(pod.owner.as_mut().expect("a controller")).name = "web-5d9c7b".into();
            pod.node = Some("n".into());
        }
        let other = &mut snapshot.pods[2];
        Arc::make_mut(other.owner.as_mut().expect("a controller")).name = "web-api-5d9c7b".into();
        other.labels.insert(TEMPLATE_HASH_LABEL.into(), "5d9c7b".into());
        let spec = other.spec;
        add(&mut snapshot, &deployment(2));
        assert_eq!(names(&snapshot), ["web-2", "web-0", "web-1"]);
        let added = &snapshot.looked_at.added[1];
        assert_eq!((added.kind.as_str(), added.replaced, added.pods.len()), ("Deployment", 2, 2));
        assert!(snapshot.pods.iter().all(|pod| pod.spec == spec) && snapshot.pod_specs.len() == 1);
        let since = snapshot.taken_at;
        assert_eq!(snapshot.pods[1].scheduling, Scheduling::Unschedulable { since });
        assert!(snapshot.pods[1].created_at < snapshot.pods[2].created_at && snapshot.pods[2].created_at < since);
    }

    #[test]
    fn pods_of_controllers_are_known_by_their_owners() {
        let workload = |kind| Workload {
            kind,
            namespace: "default".into(),
            name: "a".into(),
            place: super::super::SourcePlace { file: String::new(), line: 1 },
            is_new: false,
            parts: Vec::new(),
        };
        let mut sample = snapshot();
        add(&mut sample, &format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {POD}\n"));
        let pod = |kind: &str, owner: &str, labels: &[(&str, &str)]| {
            let labels: Labels = labels.iter().copied().collect();
            let owner = Owner { kind: kind.into(), api_version: "v1".into(), name: owner.into(), uid: "u".into() };
            Pod { owner: Some(Arc::new(owner)), labels, ..sample.pods[0].clone() }
        };
        let ray = WorkloadKind::Custom { kind: "RayCluster".into(), ends: false };
        for (kind, pod, expected) in [
            (WorkloadKind::Job, pod("Job", "a", &[]), true),
            (WorkloadKind::Job, pod("Job", "a-29", &[]), false),
            (WorkloadKind::CronJob, pod("Job", "a-29384720", &[]), true),
            (WorkloadKind::CronJob, pod("Job", "a-b", &[]), false),
            (WorkloadKind::CronJob, pod("Job", "a", &[]), false),
            (WorkloadKind::Deployment, pod("ReplicaSet", "a-x7", &[(TEMPLATE_HASH_LABEL, "x7")]), true),
            (WorkloadKind::Deployment, pod("ReplicaSet", "a-x7", &[]), false),
            (WorkloadKind::Deployment, pod("ReplicaSet", "a", &[]), false),
            (WorkloadKind::StatefulSet, pod("StatefulSet", "a", &[]), true),
            (WorkloadKind::StatefulSet, pod("ReplicaSet", "a", &[]), false),
            (WorkloadKind::JobSet, pod("Job", "a-w-0", &[(JOB_SET_LABEL, "a")]), true),
            (WorkloadKind::Pod, pod("Job", "a", &[]), false),
            (ray.clone(), pod("RayCluster", "a", &[]), true),
            (ray, pod("RayJob", "a", &[]), false),
        ] {
            assert_eq!(is_of(&pod, &workload(kind.clone())), expected, "{kind} {:?}", pod.owner);
        }
    }

    #[test]
    fn a_daemon_set_takes_the_place_of_one_of_its_name_and_a_bound_claim_stays() {
        let mut snapshot = snapshot();
        let set = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec: {template: {spec: {containers: [{name: c, \
                   resources: {requests: {cpu: 1}}}]}}}\n";
        let claim = "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {}\n";
        add(&mut snapshot, &format!("{set}{claim}"));
        snapshot.claims[0].phase = crate::snapshot::ClaimPhase::Bound;
        let first = snapshot.daemon_sets[0].spec;
        add(&mut snapshot, &format!("{}{claim}", set.replace("cpu: 1", "cpu: 2")));
        assert_eq!((snapshot.daemon_sets.len(), snapshot.claims.len()), (1, 1));
        assert_eq!(snapshot.claims[0].phase, crate::snapshot::ClaimPhase::Bound);
        assert_ne!(snapshot.daemon_sets[0].spec, first);
    }
}
