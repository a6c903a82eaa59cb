//! From the short form of a case to objects an API server accepts.

use serde_json::{Map, Value, json};

use super::{Case, Extra, Labels, Namespace, Node, Resident};

const DEFAULT_NAMESPACE: &str = "default";

/// The name of the pod that is asked about.
const ASKED: &str = "asked";

/// A kind of object that cases have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Namespace,
    RuntimeClass,
    Node,
    Pod,
    StorageClass,
    Claim,
    Volume,
    CsiNode,
    CsiDriver,
    StorageCapacity,
    VolumeAttachment,
    ResourceClaim,
}

/// One object of a case.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    pub(crate) kind: Kind,
    /// Complete, with its status if the case states one.
    pub(crate) body: Value,
    /// The pod of the same namespace that owns it.
    pub(crate) owner: Option<String>,
    pub(crate) deleting: bool,
}

impl Kind {
    /// `apiVersion` and `kind`.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Namespace => ("v1", "Namespace"),
            Self::RuntimeClass => ("node.k8s.io/v1", "RuntimeClass"),
            Self::Node => ("v1", "Node"),
            Self::Pod => ("v1", "Pod"),
            Self::StorageClass => ("storage.k8s.io/v1", "StorageClass"),
            Self::Claim => ("v1", "PersistentVolumeClaim"),
            Self::Volume => ("v1", "PersistentVolume"),
            Self::CsiNode => ("storage.k8s.io/v1", "CSINode"),
            Self::CsiDriver => ("storage.k8s.io/v1", "CSIDriver"),
            Self::StorageCapacity => ("storage.k8s.io/v1", "CSIStorageCapacity"),
            Self::VolumeAttachment => ("storage.k8s.io/v1", "VolumeAttachment"),
            Self::ResourceClaim => ("resource.k8s.io/v1", "ResourceClaim"),
        }
    }

    const fn is_namespaced(self) -> bool {
        matches!(self, Self::Pod | Self::Claim | Self::StorageCapacity | Self::ResourceClaim)
    }
}

impl Manifest {
    fn new(kind: Kind, body: Value) -> Self {
        let mut body = body;
        let (version, name) = kind.names();
        body["apiVersion"] = json!(version);
        body["kind"] = json!(name);
        if kind.is_namespaced() && body["metadata"]["namespace"].is_null() {
            body["metadata"]["namespace"] = json!(DEFAULT_NAMESPACE);
        }
        Self { kind, body, owner: None, deleting: false }
    }

    fn of_extra(kind: Kind, extra: &Extra) -> Self {
        let made = Self::new(kind, Value::Object(extra.body.clone()));
        Self { owner: extra.owner.clone(), deleting: extra.deleting, ..made }
    }

    pub(crate) fn name(&self) -> &str {
        self.body["metadata"]["name"].as_str().expect("every object of a case has a name")
    }

    /// Empty for objects that belong to no namespace.
    pub(crate) fn namespace(&self) -> &str {
        self.body["metadata"]["namespace"].as_str().unwrap_or_default()
    }
}

impl Case {
    pub(crate) fn namespaces(&self) -> impl Iterator<Item = Manifest> {
        self.namespaces.iter().map(namespace)
    }

    pub(crate) fn runtime_classes(&self) -> impl Iterator<Item = Manifest> {
        self.runtime_classes.iter().map(|class| Manifest::of_extra(Kind::RuntimeClass, class))
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = Manifest> {
        self.nodes.iter().map(node)
    }

    /// The pods that are there before.
    pub(crate) fn residents(&self) -> impl Iterator<Item = Manifest> {
        self.pods.iter().map(resident)
    }

    /// Claims, volumes and what belongs to them, in an order in which they can be made.
    pub(crate) fn storage(&self) -> impl Iterator<Item = Manifest> {
        let lists = [
            (Kind::StorageClass, &self.storage_classes),
            (Kind::Volume, &self.volumes),
            (Kind::Claim, &self.claims),
            (Kind::CsiNode, &self.csi_nodes),
            (Kind::CsiDriver, &self.csi_drivers),
            (Kind::StorageCapacity, &self.storage_capacities),
            (Kind::VolumeAttachment, &self.volume_attachments),
            (Kind::ResourceClaim, &self.resource_claims),
        ];
        lists.into_iter().flat_map(|(kind, list)| list.iter().map(move |extra| Manifest::of_extra(kind, extra)))
    }

    /// The pod that is asked about.
    pub(crate) fn asked(&self) -> Manifest {
        pod(ASKED, self.pod.namespace.as_deref(), &self.pod.labels, &self.pod.spec)
    }
}

fn namespace(namespace: &Namespace) -> Manifest {
    let metadata = json!({ "name": namespace.name, "labels": namespace.labels });
    Manifest::new(Kind::Namespace, json!({ "metadata": metadata }))
}

fn node(node: &Node) -> Manifest {
    let mut allocatable = json!({ "cpu": "32", "memory": "64Gi", "pods": "110" });
    for (name, amount) in &node.allocatable {
        allocatable[name] = amount.clone();
    }
    let body = json!({
        "metadata": { "name": node.name, "labels": node.labels },
        "spec": { "taints": node.taints, "unschedulable": node.unschedulable },
        "status": {
            "capacity": allocatable,
            "allocatable": allocatable,
            "conditions": [{ "type": "Ready", "status": "True" }],
        },
    });
    Manifest::new(Kind::Node, body)
}

fn resident(resident: &Resident) -> Manifest {
    let mut made = pod(&resident.name, resident.namespace.as_deref(), &resident.labels, &resident.spec);
    if let Some(node) = &resident.node {
        made.body["spec"]["nodeName"] = json!(node);
    }
    if let Some(status) = &resident.status {
        made.body["status"] = status.clone();
    }
    Manifest { deleting: resident.deleting, ..made }
}

/// Containers are one without requests where none are stated, and `c0`, `c1` (`i0` for init
/// containers) where they have no name.
fn pod(name: &str, namespace: Option<&str>, labels: &Labels, spec: &Map<String, Value>) -> Manifest {
    let mut spec = spec.clone();
    spec.entry("containers").or_insert_with(|| json!([{}]));
    for (list, letter) in [("containers", 'c'), ("initContainers", 'i')] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for (position, container) in containers.into_iter().flatten().enumerate() {
            let container = container.as_object_mut().expect("a container is a mapping");
            container.entry("name").or_insert_with(|| json!(format!("{letter}{position}")));
            container.entry("image").or_insert_with(|| json!("none"));
        }
    }
    let mut metadata = json!({ "name": name, "labels": labels });
    if let Some(namespace) = namespace {
        metadata["namespace"] = json!(namespace);
    }
    Manifest::new(Kind::Pod, json!({ "metadata": metadata, "spec": spec }))
}
