//! The kinds this server knows. Adding one is adding a line to [`RESOURCES`].

use serde_json::Value;

use super::store::Store;

/// One kind of object as the API serves it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a trait of its own, set by name in the table")]
pub(crate) struct Resource {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) plural: &'static str,
    pub(super) kind: &'static str,
    pub(super) namespaced: bool,
    /// Writes to the object leave its status alone; `…/status` is the way to it.
    pub(super) has_status: bool,
    /// Spec changes count `metadata.generation` up.
    pub(super) has_generation: bool,
    /// A PUT must name the resourceVersion it was made from.
    pub(super) guarded: bool,
    /// A delete answers the object instead of a `Status`.
    pub(super) returns_deleted: bool,
    /// Field labels beyond `metadata.name` and `metadata.namespace`.
    pub(super) fields: &'static [Field],
}

/// A field label and where its value lives in the object.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) label: &'static str,
    pointer: &'static str,
    /// Booleans have no empty value: an absent one selects as `false`.
    boolean: bool,
}

const fn text(label: &'static str, pointer: &'static str) -> Field {
    Field { label, pointer, boolean: false }
}

const fn boolean(label: &'static str, pointer: &'static str) -> Field {
    Field { label, pointer, boolean: true }
}

impl Field {
    /// What a selector compares with.
    pub(super) fn value(&self, object: &Value) -> String {
        match object.pointer(self.pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Bool(flag)) => flag.to_string(),
            _ if self.boolean => "false".to_owned(),
            _ => String::new(),
        }
    }
}

const POD_FIELDS: &[Field] = &[
    text("spec.nodeName", "/spec/nodeName"),
    text("spec.restartPolicy", "/spec/restartPolicy"),
    text("spec.schedulerName", "/spec/schedulerName"),
    text("spec.serviceAccountName", "/spec/serviceAccountName"),
    boolean("spec.hostNetwork", "/spec/hostNetwork"),
    text("status.phase", "/status/phase"),
    text("status.podIP", "/status/podIP"),
    text("status.nominatedNodeName", "/status/nominatedNodeName"),
];
const NODE_FIELDS: &[Field] = &[boolean("spec.unschedulable", "/spec/unschedulable")];
const NAMESPACE_FIELDS: &[Field] = &[text("status.phase", "/status/phase")];
const EVENT_FIELDS: &[Field] = &[
    text("involvedObject.kind", "/involvedObject/kind"),
    text("involvedObject.namespace", "/involvedObject/namespace"),
    text("involvedObject.name", "/involvedObject/name"),
    text("involvedObject.uid", "/involvedObject/uid"),
    text("reason", "/reason"),
    text("reportingComponent", "/reportingComponent"),
    text("source", "/source/component"),
    text("type", "/type"),
];

/// `events.k8s.io` events are the core ones in another spelling, stored once.
pub(super) const EVENTS_GROUP: &str = "events.k8s.io";

#[rustfmt::skip]
static RESOURCES: &[Resource] = &[
    namespaced("", "v1", "pods", "Pod").status().generation().returned().selectable(POD_FIELDS),
    cluster("", "v1", "nodes", "Node").status().selectable(NODE_FIELDS),
    cluster("", "v1", "namespaces", "Namespace").status().selectable(NAMESPACE_FIELDS),
    namespaced("", "v1", "configmaps", "ConfigMap"),
    namespaced("", "v1", "events", "Event").selectable(EVENT_FIELDS),
    namespaced("", "v1", "serviceaccounts", "ServiceAccount").returned(),
    namespaced("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim").status().returned(),
    cluster("", "v1", "persistentvolumes", "PersistentVolume").status().returned(),
    namespaced("apps", "v1", "daemonsets", "DaemonSet").status().generation(),
    namespaced("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget").status().generation().guarded(),
    cluster("storage.k8s.io", "v1", "storageclasses", "StorageClass").returned(),
    cluster("storage.k8s.io", "v1", "csinodes", "CSINode").returned().guarded(),
    cluster("storage.k8s.io", "v1", "csidrivers", "CSIDriver").returned(),
    namespaced("storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity").guarded(),
    namespaced("coordination.k8s.io", "v1", "leases", "Lease").guarded(),
    namespaced(EVENTS_GROUP, "v1", "events", "Event").selectable(EVENT_FIELDS),
    namespaced("batch", "v1", "cronjobs", "CronJob").status().generation(),
    cluster("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview"),
    cluster("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole"),
    cluster("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding"),
    namespaced("rbac.authorization.k8s.io", "v1", "roles", "Role"),
    namespaced("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
    cluster("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass").generation(),
    namespaced("scheduling.k8s.io", "v1alpha2", "podgroups", "PodGroup").status(),
    namespaced("scheduling.x-k8s.io", "v1alpha1", "podgroups", "PodGroup").status(),
    namespaced("scheduling.volcano.sh", "v1beta1", "podgroups", "PodGroup").status(),
    namespaced("jobset.x-k8s.io", "v1alpha2", "jobsets", "JobSet").status().generation(),
    namespaced("leaderworkerset.x-k8s.io", "v1", "leaderworkersets", "LeaderWorkerSet").status().generation(),
    namespaced("batch", "v1", "jobs", "Job").status().generation(),
    namespaced("kubeflow.org", "v2beta1", "mpijobs", "MPIJob").status().generation(),
    namespaced("ray.io", "v1", "rayclusters", "RayCluster").status().generation(),
    namespaced("resource.k8s.io", "v1", "resourceclaims", "ResourceClaim").status().returned(),
    namespaced("resource.k8s.io", "v1", "resourceclaimtemplates", "ResourceClaimTemplate").returned(),
    cluster("resource.k8s.io", "v1", "deviceclasses", "DeviceClass").returned().generation(),
    cluster("resource.k8s.io", "v1", "resourceslices", "ResourceSlice").returned().generation(),
    cluster("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass"),
    namespaced("", "v1", "podtemplates", "PodTemplate").generation().returned(),
    namespaced("autoscaling.x-k8s.io", "v1", "provisioningrequests", "ProvisioningRequest").status().generation(),
    namespaced("autoscaling.x-k8s.io", "v1beta1", "capacitybuffers", "CapacityBuffer").status().generation(),
    cluster("kueue.x-k8s.io", "v1beta2", "admissionchecks", "AdmissionCheck").status().generation(),
    cluster("kueue.x-k8s.io", "v1beta2", "provisioningrequestconfigs", "ProvisioningRequestConfig").generation(),
    namespaced("kueue.x-k8s.io", "v1beta2", "workloads", "Workload").status().generation(),
    cluster("autoscaling.x-k8s.io", "v1beta1", "capacityquotas", "CapacityQuota"),
    namespaced("apps", "v1", "deployments", "Deployment").status().generation(),
    namespaced("apps", "v1", "statefulsets", "StatefulSet").status().generation(),
    namespaced("apps", "v1", "replicasets", "ReplicaSet").status().generation(),
    namespaced("", "v1", "replicationcontrollers", "ReplicationController").status().generation(),
];

const fn cluster(group: &'static str, version: &'static str, plural: &'static str, kind: &'static str) -> Resource {
    Resource {
        group,
        version,
        plural,
        kind,
        namespaced: false,
        has_status: false,
        has_generation: false,
        guarded: false,
        returns_deleted: false,
        fields: &[],
    }
}

const fn namespaced(group: &'static str, version: &'static str, plural: &'static str, kind: &'static str) -> Resource {
    Resource { namespaced: true, ..cluster(group, version, plural, kind) }
}

/// The group of a CustomResourceDefinition that few clusters have.
const OPTIONAL_GROUP: &str = "autoscaling.x-k8s.io";

impl Resource {
    /// Whether its definition is there: an optional one is as soon as there is an object of it.
    pub(super) fn is_defined(&self, store: &Store) -> bool {
        self.group != OPTIONAL_GROUP || store.all(self).next().is_some()
    }

    const fn status(self) -> Self {
        Self { has_status: true, ..self }
    }

    const fn generation(self) -> Self {
        Self { has_generation: true, ..self }
    }

    const fn guarded(self) -> Self {
        Self { guarded: true, ..self }
    }

    const fn returned(self) -> Self {
        Self { returns_deleted: true, ..self }
    }

    const fn selectable(self, fields: &'static [Field]) -> Self {
        Self { fields, ..self }
    }

    /// `v1` or `apps/v1`, as in `apiVersion`.
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `pods` or `leases.coordination.k8s.io`, as error messages say it.
    pub(super) fn qualified(&self) -> String {
        qualify(self.plural, self.group)
    }

    /// `Node` or `Lease.coordination.k8s.io`, as validation messages say it.
    pub(super) fn qualified_kind(&self) -> String {
        qualify(self.kind, self.group)
    }
}

fn qualify(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

/// Every resource, in discovery order.
pub(super) fn all() -> &'static [Resource] {
    RESOURCES
}

/// The resource behind a path, if it is served.
pub(super) fn served(group: &str, version: &str, plural: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|known| known.group == group && known.version == version && known.plural == plural)
}

/// The resource an object belongs to, by its `apiVersion` and `kind`.
pub(super) fn of_object(object: &Value) -> Option<&'static Resource> {
    let kind = object["kind"].as_str()?;
    let api_version = object["apiVersion"].as_str()?;
    RESOURCES.iter().find(|known| known.kind == kind && known.api_version() == api_version)
}

/// The resource called `name` by a test: plural, with its group where two groups share the plural.
///
/// # Panics
///
/// When this server does not serve it: a misspelt name must not look like an empty list.
pub(super) fn named(name: &str) -> &'static Resource {
    RESOURCES
        .iter()
        .find(|known| known.plural == name || known.qualified() == name)
        .unwrap_or_else(|| panic!("{name} is not among the resources this server knows"))
}
