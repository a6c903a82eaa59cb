//! Pods of a snapshot as manifests that an API server accepts.

use ec2_autoscale::snapshot::{
    Container, ContainerRole, LabelSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodAffinityTerm, PodSpec,
    PodVolume, Resources, Snapshot, SpecId, Toleration, TopologySpread,
};
use serde_json::{Value, json};

/// Resources that may be requested without a limit.
const WITHOUT_LIMIT: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// Returns the pod without a node. A scheduler of another name that the case manages as well is
/// `default-scheduler` here, since no other one runs.
pub(super) fn pod(snapshot: &Snapshot, pod: &Pod, managed: &[String]) -> Value {
    let spec = snapshot.spec(pod);
    let is_managed = managed.contains(&spec.scheduler_name);
    let mut manifest = json!({
        "metadata": { "name": pod.name, "namespace": pod.namespace, "labels": pod.labels },
        "spec": pod_spec(spec, pod.spec),
    });
    let body = &mut manifest["spec"];
    body["schedulerName"] = json!(if is_managed { "default-scheduler" } else { spec.scheduler_name.as_str() });
    body["volumes"] = pod.volumes.iter().enumerate().map(|(number, one)| volume(&pod.name, number, one)).collect();
    let claims = pod.resource_claims.iter().map(|claim| {
        let own = claim.claim.clone().unwrap_or_else(|| format!("{}-{}", pod.name, claim.name));
        json!({ "name": claim.name, "resourceClaimName": own })
    });
    body["resourceClaims"] = claims.collect();
    manifest
}

/// Returns the specification of a pod that no scheduler places, such as one of a DaemonSet.
pub(super) fn pod_spec(spec: &PodSpec, id: SpecId) -> Value {
    let of_role = |wanted: &[ContainerRole]| -> Value {
        spec.containers.iter().filter(|one| wanted.contains(&one.role)).map(|one| container(one, spec.host_network)).collect()
    };
    let mut body = json!({
        "containers": of_role(&[ContainerRole::Main]),
        "initContainers": of_role(&[ContainerRole::Init, ContainerRole::Sidecar]),
        "restartPolicy": format!("{:?}", spec.restart_policy),
        "terminationGracePeriodSeconds": 30,
        "hostNetwork": spec.host_network,
        "priorityClassName": priority_class(spec.priority),
        "nodeSelector": spec.node_selector,
        "tolerations": spec.tolerations.iter().map(toleration).collect::<Value>(),
        "schedulingGates": spec.scheduling_gates.iter().map(|name| json!({ "name": name })).collect::<Value>(),
        "topologySpreadConstraints": spec.topology_spread.iter().map(spread).collect::<Value>(),
        "affinity": affinity(spec),
    });
    if !spec.pod_requests.is_empty() {
        body["resources"] = json!({ "requests": spec.pod_requests });
    }
    if !spec.overhead.is_empty() {
        body["runtimeClassName"] = json!(runtime_class(id));
    }
    body
}

/// Returns the name of the class of a priority.
pub(super) fn priority_class(priority: i32) -> String {
    match priority {
        2_000_000_000 => "system-cluster-critical".to_owned(),
        2_000_001_000 => "system-node-critical".to_owned(),
        _ => format!("priority-{priority}").replace("--", "-below-0-"),
    }
}

/// Returns the name of the RuntimeClass that adds the overhead of a specification.
pub(super) fn runtime_class(id: SpecId) -> String {
    format!("overhead-{id}")
}

fn container(container: &Container, host_network: bool) -> Value {
    let mut body = json!({ "name": container.name, "image": "none", "resources": requests(&container.requests) });
    if container.role == ContainerRole::Sidecar {
        body["restartPolicy"] = json!("Always");
    }
    let ports = container.host_ports.iter().map(|port| {
        let own = if host_network { port.port } else { 80 };
        json!({ "containerPort": own, "hostPort": port.port, "hostIP": port.ip, "protocol": port.protocol })
    });
    body["ports"] = ports.collect();
    body
}

/// Returns requests with the limits without which some resources can't be requested.
pub(super) fn requests(requests: &Resources) -> Value {
    let needs_limit = requests.iter().filter(|(name, _)| !WITHOUT_LIMIT.contains(name));
    let limits: Resources = needs_limit.collect();
    json!({ "requests": requests, "limits": limits })
}

fn toleration(toleration: &Toleration) -> Value {
    let effect = toleration.effect.map(|effect| format!("{effect:?}"));
    let operator = format!("{:?}", toleration.operator);
    json!({ "key": toleration.key, "operator": operator, "value": toleration.value, "effect": effect })
}

fn spread(spread: &TopologySpread) -> Value {
    let policy = |honors: bool| if honors { "Honor" } else { "Ignore" };
    json!({
        "topologyKey": spread.topology_key,
        "maxSkew": spread.max_skew,
        "minDomains": spread.min_domains,
        "labelSelector": spread.selector.as_ref().map(selector),
        "nodeAffinityPolicy": policy(spread.honor_node_affinity),
        "nodeTaintsPolicy": policy(spread.honor_node_taints),
        "whenUnsatisfiable": "DoNotSchedule",
    })
}

fn affinity(spec: &PodSpec) -> Value {
    let mut affinity = json!({});
    let required = |terms: &[PodAffinityTerm]| json!({ "requiredDuringSchedulingIgnoredDuringExecution": terms.iter().map(affinity_term).collect::<Value>() });
    if let Some(terms) = &spec.node_affinity {
        let terms = node_selector(terms);
        affinity["nodeAffinity"] = json!({ "requiredDuringSchedulingIgnoredDuringExecution": terms });
    }
    if !spec.pod_affinity.is_empty() {
        affinity["podAffinity"] = required(&spec.pod_affinity);
    }
    if !spec.pod_anti_affinity.is_empty() {
        affinity["podAntiAffinity"] = required(&spec.pod_anti_affinity);
    }
    affinity
}

fn affinity_term(term: &PodAffinityTerm) -> Value {
    json!({
        "topologyKey": term.topology_key,
        "labelSelector": term.selector.as_ref().map(selector),
        "namespaces": term.namespaces,
        "namespaceSelector": term.namespace_selector.as_ref().map(selector),
    })
}

/// Returns terms of which one must match a node.
pub(super) fn node_selector(terms: &[NodeSelectorTerm]) -> Value {
    let requirement = |one: &NodeSelectorRequirement| json!({ "key": one.key, "operator": format!("{:?}", one.operator), "values": one.values });
    let all = |list: &[NodeSelectorRequirement]| list.iter().map(requirement).collect::<Value>();
    let term = |term: &NodeSelectorTerm| json!({ "matchExpressions": all(&term.match_expressions), "matchFields": all(&term.match_fields) });
    json!({ "nodeSelectorTerms": terms.iter().map(term).collect::<Value>() })
}

/// Returns a selector of labels.
pub(super) fn selector(selector: &LabelSelector) -> Value {
    let requirements = selector.match_expressions.iter();
    let requirement = |one: &ec2_autoscale::snapshot::Requirement| json!({ "key": one.key, "operator": format!("{:?}", one.operator), "values": one.values });
    json!({ "matchLabels": selector.match_labels, "matchExpressions": requirements.map(requirement).collect::<Value>() })
}

fn volume(pod: &str, number: usize, volume: &PodVolume) -> Value {
    match volume {
        PodVolume::Claim { claim } => {
            json!({ "name": format!("volume-{number}"), "persistentVolumeClaim": { "claimName": claim } })
        }
        PodVolume::Ephemeral { claim, storage_class } => {
            let name = claim.strip_prefix(&format!("{pod}-")).unwrap_or(claim);
            let resources = json!({ "requests": { "storage": "1Gi" } });
            let spec = json!({ "accessModes": ["ReadWriteOnce"], "storageClassName": storage_class, "resources": resources });
            json!({ "name": name, "ephemeral": { "volumeClaimTemplate": { "spec": spec } } })
        }
        PodVolume::HostPath { .. } => json!({ "name": format!("volume-{number}"), "hostPath": { "path": "/x" } }),
        PodVolume::EmptyDir { .. } => json!({ "name": format!("volume-{number}"), "emptyDir": {} }),
    }
}
