//! The objects that state how many pods of a gang start together, read loosely: their kinds change
//! from one release to the next, and only a few fields matter here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

use crate::kubernetes::conversion::moment;
use crate::snapshot::{GangKind, ObjectName};

/// Where objects of a kind are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectApi {
    /// The API group.
    pub(crate) group: &'static str,
    /// The versions that have the kind, the newest first. A server may serve one of them without
    /// the kind.
    pub(crate) versions: &'static [&'static str],
    /// The plural name.
    pub(crate) plural: &'static str,
    /// The kind.
    pub(crate) kind: &'static str,
}

/// Every kind of gang of which an object decides.
pub(crate) const KINDS_WITH_OBJECTS: [GangKind; 8] = [
    GangKind::PodGroup,
    GangKind::Coscheduling,
    GangKind::Volcano,
    GangKind::JobSet,
    GangKind::LeaderWorkerSet,
    GangKind::IndexedJob,
    GangKind::MpiJob,
    GangKind::RayCluster,
];

/// Returns where the objects of a kind of gang are; `None` where there are none.
pub(crate) fn api_of(kind: GangKind) -> Option<ObjectApi> {
    let (group, versions, plural, name): (_, &[&str], _, _) = match kind {
        // 1.37 serves v1beta1 and v1alpha3, 1.36 v1alpha2 alone.
        GangKind::PodGroup => ("scheduling.k8s.io", &["v1beta1", "v1alpha3", "v1alpha2"], "podgroups", "PodGroup"),
        GangKind::Coscheduling => ("scheduling.x-k8s.io", &["v1alpha1"], "podgroups", "PodGroup"),
        GangKind::Volcano => ("scheduling.volcano.sh", &["v1beta1"], "podgroups", "PodGroup"),
        GangKind::JobSet => ("jobset.x-k8s.io", &["v1", "v1beta1", "v1alpha2"], "jobsets", "JobSet"),
        GangKind::LeaderWorkerSet => ("leaderworkerset.x-k8s.io", &["v1"], "leaderworkersets", "LeaderWorkerSet"),
        GangKind::IndexedJob => ("batch", &["v1"], "jobs", "Job"),
        GangKind::MpiJob => ("kubeflow.org", &["v2beta1", "v1"], "mpijobs", "MPIJob"),
        GangKind::RayCluster => ("ray.io", &["v1"], "rayclusters", "RayCluster"),
        GangKind::Kueue | GangKind::ProvisioningRequest => return None,
    };
    Some(ObjectApi { group, versions, plural, kind: name })
}

impl ObjectApi {
    /// Returns the plural name with the API group: three groups have PodGroups.
    pub(crate) fn qualified(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }
}

/// An object of any kind.
#[derive(Debug, Deserialize)]
pub(crate) struct GangObject {
    #[serde(default)]
    pub(crate) metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    status: Value,
}

/// What an object states about the gang of its pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GangTerms {
    /// How many start together; absent where the pods state it.
    pub(crate) min: Option<u32>,
    /// The label by which they stay together.
    pub(crate) same: Option<String>,
    /// The priority that counts for all of them.
    pub(crate) priority: Option<i32>,
    /// How many there will be once the first runs.
    pub(crate) total: Option<u32>,
    /// When the object was created.
    pub(crate) created_at: Option<Timestamp>,
}

/// Returns what an object states about the gang of its pods; `None` where they are no gang.
fn terms_of(kind: GangKind, object: &GangObject) -> Option<GangTerms> {
    let spec = &object.spec;
    let is_pod_group = kind == GangKind::PodGroup;
    let min = match kind {
        // With `basic` in place of `gang` the scheduler places its pods one by one.
        GangKind::PodGroup => Some(count(spec, "/schedulingPolicy/gang/minCount")?),
        GangKind::Coscheduling | GangKind::Volcano => Some(count(spec, "/minMember")?),
        GangKind::JobSet => Some(size_of_job_set(spec, &object.status)?),
        // Its workers are made when the leader is ready.
        GangKind::LeaderWorkerSet => match text(spec, "/startupPolicy") {
            Some("LeaderReady") => return None,
            _ => None,
        },
        GangKind::IndexedJob => Some(size_of_job(spec, &object.status)?),
        GangKind::MpiJob => Some(size_of_mpi_job(spec)),
        GangKind::RayCluster => Some(size_of_ray_cluster(spec)),
        GangKind::Kueue | GangKind::ProvisioningRequest => return None,
    };
    let own = |pointer: &str| spec.pointer(pointer).filter(|_| is_pod_group);
    (min != Some(0)).then(|| GangTerms {
        min,
        same: own("/schedulingConstraints/topology/0/key").and_then(Value::as_str).map(str::to_owned),
        priority: own("/priority").and_then(Value::as_i64).and_then(|priority| i32::try_from(priority).ok()),
        total: None,
        created_at: object.metadata.creation_timestamp.as_ref().map(moment),
    })
}

/// Returns how many pods a Job has at the same time of each template of a JobSet.
fn pods_of_jobs(spec: &Value) -> BTreeMap<String, u32> {
    let pods = |job: &Value| {
        let parallelism = count(job, "/template/spec/parallelism").unwrap_or(1);
        let completions = count(job, "/template/spec/completions").unwrap_or(parallelism);
        Some((text(job, "/name")?.to_owned(), parallelism.min(completions)))
    };
    list(spec, "/replicatedJobs").iter().filter_map(pods).collect()
}

/// Returns how many pods the Jobs of a set have that have not succeeded. Where one Job is begun
/// after another, they never all run.
fn size_of_job_set(spec: &Value, status: &Value) -> Option<u32> {
    let jobs = list(spec, "/replicatedJobs");
    let waits = |job: &Value| !list(job, "/dependsOn").is_empty();
    if text(spec, "/startupPolicy/startupPolicyOrder") == Some("InOrder") || jobs.iter().any(waits) {
        return None;
    }
    let succeeded = |name: Option<&str>| {
        let own = list(status, "/replicatedJobsStatus").iter().find(|job| text(job, "/name") == name);
        own.and_then(|job| count(job, "/succeeded")).unwrap_or(0)
    };
    let pods = |job: &Value| {
        let replicas = count(job, "/replicas").unwrap_or(1).saturating_sub(succeeded(text(job, "/name")));
        replicas.saturating_mul(count(job, "/template/spec/parallelism").unwrap_or(1))
    };
    Some(jobs.iter().map(pods).fold(0, u32::saturating_add))
}

/// Returns how many pods of an Indexed Job have not succeeded, where all of them run at the same
/// time.
fn size_of_job(spec: &Value, status: &Value) -> Option<u32> {
    let parallelism = count(spec, "/parallelism")?;
    let is_gang =
        text(spec, "/completionMode") == Some("Indexed") && count(spec, "/completions") == Some(parallelism) && parallelism > 1;
    is_gang.then(|| parallelism.saturating_sub(count(status, "/succeeded").unwrap_or(0)))
}

/// Returns how many pods an MPIJob has at its start. A launcher that waits for the workers is made
/// after them.
fn size_of_mpi_job(spec: &Value) -> u32 {
    if let Some(least) = count(spec, "/runPolicy/schedulingPolicy/minAvailable") {
        return least;
    }
    let waits = text(spec, "/launcherCreationPolicy") == Some("WaitForWorkersReady");
    let roles = spec.pointer("/mpiReplicaSpecs").and_then(Value::as_object).into_iter().flatten();
    let pods = |(role, of): (&String, &Value)| match waits && role == "Launcher" {
        true => 0,
        false => count(of, "/replicas").unwrap_or(1),
    };
    roles.map(pods).fold(0, u32::saturating_add)
}

/// Returns how many pods a RayCluster has now: the head, and the hosts of each worker.
fn size_of_ray_cluster(spec: &Value) -> u32 {
    let workers = list(spec, "/workerGroupSpecs").iter();
    let pods = |group: &Value| count(group, "/replicas").unwrap_or(1).saturating_mul(count(group, "/numOfHosts").unwrap_or(1));
    workers.map(pods).fold(1, u32::saturating_add)
}

fn count(value: &Value, pointer: &str) -> Option<u32> {
    value.pointer(pointer)?.as_u64().and_then(|count| u32::try_from(count).ok())
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The objects of gangs that are known, and the kinds that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GangObjects {
    known: BTreeMap<GangKind, BTreeMap<ObjectName, Option<GangTerms>>>,
    /// How many pods a Job of each template of a JobSet has.
    jobs: BTreeMap<ObjectName, BTreeMap<String, u32>>,
    unread: BTreeSet<GangKind>,
}

/// What is known of the object of a gang.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownObject<'o> {
    /// Its pods are a gang.
    Gang(&'o GangTerms),
    /// It does not exist, or its pods are no gang.
    NoGang,
    /// Objects of its kind could not be read.
    Unread,
}

impl GangObjects {
    /// Adds an object of a kind with what it states.
    pub(crate) fn add_object(&mut self, kind: GangKind, name: ObjectName, object: &GangObject) {
        if kind == GangKind::JobSet {
            self.jobs.insert(name.clone(), pods_of_jobs(&object.spec));
        }
        self.add(kind, name, terms_of(kind, object));
    }

    /// Adds all objects of others.
    pub(crate) fn extend(&mut self, others: Self) {
        for (kind, objects) in others.known {
            self.known.entry(kind).or_default().extend(objects);
        }
        self.jobs.extend(others.jobs);
        self.unread.extend(others.unread);
    }

    /// Returns how many pods a Job has that a JobSet makes from a template.
    pub(super) fn pods_of_job(&self, set: &ObjectName, template: &str) -> Option<u32> {
        self.jobs.get(set)?.get(template).copied()
    }

    /// Adds an object of a kind.
    pub(super) fn add(&mut self, kind: GangKind, name: ObjectName, terms: Option<GangTerms>) {
        self.known.entry(kind).or_default().insert(name, terms);
    }

    /// Adds an object that states a gang, unless one of that name was added.
    pub(crate) fn add_unless_known(&mut self, kind: GangKind, name: ObjectName, terms: GangTerms) {
        self.known.entry(kind).or_default().entry(name).or_insert(Some(terms));
    }

    /// Notes that objects of a kind could not be read.
    pub(crate) fn miss(&mut self, kind: GangKind) {
        self.unread.insert(kind);
    }

    /// Returns what is known of an object.
    pub(super) fn find(&self, kind: GangKind, name: &ObjectName) -> KnownObject<'_> {
        match self.known.get(&kind).and_then(|all| all.get(name)) {
            Some(Some(terms)) => KnownObject::Gang(terms),
            None if self.unread.contains(&kind) => KnownObject::Unread,
            Some(None) | None => KnownObject::NoGang,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn terms(kind: GangKind, spec: Value, status: Value) -> Option<GangTerms> {
        let mut object = json!({ "metadata": { "creationTimestamp": "2026-11-22T10:00:00Z" } });
        (object["spec"], object["status"]) = (spec, status);
        terms_of(kind, &serde_json::from_value(object).expect("an object"))
    }

    fn min(kind: GangKind, spec: Value) -> Option<u32> {
        terms(kind, spec, Value::Null).and_then(|terms| terms.min)
    }

    #[test]
    fn pod_groups_of_each_release() {
        for (spec, expected) in [
            (
                json!({ "schedulingPolicy": { "gang": { "minCount": 8 } }, "disruptionMode": "Pod", "priority": 7,
                    "schedulingConstraints": { "topology": [{ "key": "topology.kubernetes.io/zone" }] } }),
                Some((Some(8), Some("topology.kubernetes.io/zone"), Some(7))),
            ),
            (
                json!({ "schedulingPolicy": { "gang": { "minCount": 8 } }, "disruptionMode": { "all": {} } }),
                Some((Some(8), None, None)),
            ),
            (json!({ "schedulingPolicy": { "basic": {} } }), None),
        ] {
            let read = terms(GangKind::PodGroup, spec.clone(), Value::Null);
            let read = read.as_ref().map(|terms| (terms.min, terms.same.as_deref(), terms.priority));
            assert_eq!(read, expected, "{spec}");
        }
        let group = json!({ "minMember": 4, "minResources": { "cpu": "8" }, "priority": 3 });
        let volcano = terms(GangKind::Volcano, group.clone(), Value::Null).expect("a gang");
        assert_eq!((volcano.min, volcano.priority), (Some(4), None));
        assert_eq!(volcano.created_at, "2026-11-22T10:00:00Z".parse().ok());
        assert_eq!(min(GangKind::Coscheduling, group), Some(4));
        assert_eq!(min(GangKind::Coscheduling, json!({ "minMember": 0 })), None);
    }

    #[test]
    fn a_job_is_a_gang_where_all_its_pods_run_at_the_same_time() {
        let job = |mode: &str, parallelism: u32, completions: Value| json!({ "completionMode": mode, "parallelism": parallelism, "completions": completions });
        for (spec, status, expected) in [
            (job("Indexed", 8, json!(8)), json!({}), Some(8)),
            (job("Indexed", 8, json!(8)), json!({ "succeeded": 3 }), Some(5)),
            (job("Indexed", 8, json!(8)), json!({ "succeeded": 8 }), None),
            (job("Indexed", 8, json!(100)), json!({}), None),
            (job("Indexed", 1, json!(1)), json!({}), None),
            (job("NonIndexed", 8, json!(8)), json!({}), None),
            (job("NonIndexed", 8, Value::Null), json!({}), None),
        ] {
            let read = terms(GangKind::IndexedJob, spec.clone(), status).and_then(|terms| terms.min);
            assert_eq!(read, expected, "{spec}");
        }
    }

    #[test]
    fn a_job_set_has_the_pods_of_its_jobs() {
        let workers = json!({ "name": "w", "replicas": 3, "template": { "spec": { "parallelism": 4 } } });
        let driver = json!({ "name": "d" });
        let both = json!({ "replicatedJobs": [workers, driver] });
        let status = json!({ "replicatedJobsStatus": [{ "name": "w", "succeeded": 1 }] });
        assert_eq!(min(GangKind::JobSet, both.clone()), Some(13));
        assert_eq!(terms(GangKind::JobSet, both.clone(), status).and_then(|terms| terms.min), Some(9));
        let mut in_order = both.clone();
        in_order["startupPolicy"] = json!({ "startupPolicyOrder": "InOrder" });
        assert_eq!(min(GangKind::JobSet, in_order), None);
        let mut depending = both;
        depending["replicatedJobs"][0]["dependsOn"] = json!([{ "name": "d", "status": "Ready" }]);
        assert_eq!(min(GangKind::JobSet, depending), None);
    }

    #[test]
    fn a_job_of_a_job_set_has_the_pods_of_its_template() {
        let workers = json!({ "name": "w", "replicas": 3, "template": { "spec": { "parallelism": 4, "completions": 2 } } });
        let spec =
            json!({ "replicatedJobs": [workers, { "name": "d" }], "startupPolicy": { "startupPolicyOrder": "InOrder" } });
        let object = serde_json::from_value(json!({ "metadata": {}, "spec": spec })).expect("an object");
        let (mut objects, set) = (GangObjects::default(), ObjectName::new("ml", "s"));
        objects.add_object(GangKind::JobSet, set.clone(), &object);
        assert_eq!(["w", "d", "x"].map(|job| objects.pods_of_job(&set, job)), [Some(2), Some(1), None]);
        assert_eq!(objects.find(GangKind::JobSet, &set), KnownObject::NoGang);
    }

    #[test]
    fn sizes_of_other_wishes() {
        let roles = json!({ "Launcher": {}, "Worker": { "replicas": 4 } });
        for (kind, spec, expected) in [
            (GangKind::MpiJob, json!({ "mpiReplicaSpecs": roles }), Some(5)),
            (GangKind::MpiJob, json!({ "mpiReplicaSpecs": roles, "launcherCreationPolicy": "WaitForWorkersReady" }), Some(4)),
            (
                GangKind::MpiJob,
                json!({ "mpiReplicaSpecs": roles, "runPolicy": { "schedulingPolicy": { "minAvailable": 3 } } }),
                Some(3),
            ),
            (
                GangKind::RayCluster,
                json!({ "headGroupSpec": {}, "workerGroupSpecs": [{ "replicas": 2, "numOfHosts": 4 }, {}] }),
                Some(10),
            ),
        ] {
            assert_eq!(min(kind, spec.clone()), expected, "{spec}");
        }
        assert!(terms(GangKind::LeaderWorkerSet, json!({ "startupPolicy": "LeaderCreated" }), Value::Null).is_some());
        assert!(terms(GangKind::LeaderWorkerSet, json!({ "startupPolicy": "LeaderReady" }), Value::Null).is_none());
    }

    #[test]
    fn what_was_not_read_is_not_missing() {
        let name = ObjectName::new("ml", "a");
        let mut objects = GangObjects::default();
        assert_eq!(objects.find(GangKind::PodGroup, &name), KnownObject::NoGang);
        objects.miss(GangKind::PodGroup);
        assert_eq!(objects.find(GangKind::PodGroup, &name), KnownObject::Unread);
        assert_eq!(objects.find(GangKind::Volcano, &name), KnownObject::NoGang);
    }

    #[test]
    fn every_kind_has_its_objects() {
        let with: Vec<GangKind> = KINDS_WITH_OBJECTS.into_iter().filter(|kind| api_of(*kind).is_some()).collect();
        assert_eq!(with, KINDS_WITH_OBJECTS);
        assert_eq!(api_of(GangKind::Kueue), None);
    }
}
