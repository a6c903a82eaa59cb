//! The templates of pods in an object, and how many pods each has: by the fields of the kind where
//! it has its own way to count, else by the shape that nearly all kinds share.

use crate::gather::manifests::node::{YamlNode, YamlValue};

/// A template of pods.
#[derive(Debug, PartialEq)]
pub(super) struct FoundTemplate<'a> {
    /// What its pods are called within the object; empty where it has one template.
    pub(super) name: String,
    /// Where the template is, from the object down.
    pub(super) path: String,
    pub(super) template: &'a YamlNode,
    /// How many pods it has, where the object states it.
    pub(super) pods: Option<i64>,
}

/// Kinds that have one pod of a template without a number.
const ONE_BY_DEFAULT: [&str; 4] = ["apps.kruise.io", "batch.volcano.sh", "kubeflow.org", "serving.knative.dev"];

/// Returns the templates of an object.
pub(super) fn of<'a>(group: &str, kind: &str, node: &'a YamlNode) -> Vec<FoundTemplate<'a>> {
    let below = |keys: &[&str]| node.at(keys).map(|node| (node, keys.join(".")));
    let of_ray = |keys: &[&str]| below(keys).map(|(cluster, path)| ray_cluster(cluster, &path)).unwrap_or_default();
    match (group, kind) {
        ("ray.io", "RayCluster") => of_ray(&["spec"]),
        ("ray.io", "RayService") => of_ray(&["spec", "rayClusterConfig"]),
        ("ray.io", "RayJob") => {
            // The pod that submits the job runs beside the cluster.
            let submitter = template_at(node.get("spec"), "spec", "submitterPodTemplate", "submitter", Some(1));
            of_ray(&["spec", "rayClusterSpec"]).into_iter().chain(submitter).collect()
        }
        ("leaderworkerset.x-k8s.io", "LeaderWorkerSet") => node.get("spec").map(leader_worker_set).unwrap_or_default(),
        _ => {
            let default = (ONE_BY_DEFAULT.contains(&group) || (group, kind) == ("argoproj.io", "Rollout")).then_some(1);
            let mut found = Vec::new();
            for (key, node) in entries(node).filter(|(key, _)| !["metadata", "status"].contains(key)) {
                by_shape(node, key, "", default, &mut found);
            }
            found
        }
    }
}

/// Returns one head, and groups of workers, each of so many replicas of so many hosts
/// (`ray.io/v1`).
fn ray_cluster<'a>(cluster: &'a YamlNode, path: &str) -> Vec<FoundTemplate<'a>> {
    let head = template_at(cluster.get("headGroupSpec"), &format!("{path}.headGroupSpec"), "template", "head", Some(1));
    let workers = items(cluster.get("workerGroupSpecs")).enumerate().filter_map(|(position, group)| {
        let replicas = integer(group, "replicas").or_else(|| integer(group, "minReplicas")).unwrap_or(0);
        let pods = replicas.saturating_mul(integer(group, "numOfHosts").unwrap_or(1));
        let name = group.get("groupName").and_then(YamlNode::text).unwrap_or("worker");
        template_at(Some(group), &format!("{path}.workerGroupSpecs[{position}]"), "template", name, Some(pods))
    });
    head.into_iter().chain(workers).collect()
}

/// Returns so many groups of one leader and, up to the size of the group, workers. The leader is a
/// worker where it has no template of its own (`leaderworkerset.x-k8s.io/v1`).
fn leader_worker_set(spec: &YamlNode) -> Vec<FoundTemplate<'_>> {
    let groups = integer(spec, "replicas").unwrap_or(1);
    let Some(templates) = spec.get("leaderWorkerTemplate") else { return Vec::new() };
    let path = "spec.leaderWorkerTemplate";
    let size = integer(templates, "size").unwrap_or(1);
    let workers = groups.saturating_mul(size.saturating_sub(1).max(0));
    let leader = template_at(Some(templates), path, "leaderTemplate", "leader", Some(groups));
    let (name, pods) = if leader.is_some() { ("worker", workers) } else { ("", groups.saturating_add(workers)) };
    let worker = template_at(Some(templates), path, "workerTemplate", name, Some(pods));
    leader.into_iter().chain(worker).collect()
}

/// Finds templates by what they look like: below a name that ends in `template` there is a
/// specification with containers, and beside it a number of replicas, or the parallelism of a Job.
fn by_shape<'a>(node: &'a YamlNode, path: &str, name: &str, default: Option<i64>, found: &mut Vec<FoundTemplate<'a>>) {
    match &node.value {
        YamlValue::Map(_) => {
            let own = ["name", "groupName"].into_iter().find_map(|key| node.get(key).and_then(YamlNode::text)).unwrap_or(name);
            for (key, value) in entries(node) {
                let path = format!("{path}.{key}");
                if is_template(key, value) {
                    let pods = integer(node, "replicas").or_else(|| integer(node, "parallelism")).or(default);
                    found.push(FoundTemplate { name: own.to_lowercase(), path, template: value, pods });
                } else {
                    // The keys of a Job's own levels name no kind of pod.
                    let name = if ["spec", "jobTemplate"].contains(&key) { own } else { key };
                    by_shape(value, &path, name, default, found);
                }
            }
        }
        YamlValue::List(items) => {
            for (position, item) in items.iter().enumerate() {
                by_shape(item, &format!("{path}[{position}]"), name, default, found);
            }
        }
        YamlValue::Null | YamlValue::Bool(_) | YamlValue::Number(_) | YamlValue::Text(_) => {}
    }
}

fn template_at<'a>(
    holder: Option<&'a YamlNode>,
    path: &str,
    key: &str,
    name: &str,
    pods: Option<i64>,
) -> Option<FoundTemplate<'a>> {
    let template = holder?.get(key).filter(|node| is_template("template", node))?;
    Some(FoundTemplate { name: name.to_lowercase(), path: format!("{path}.{key}"), template, pods })
}

fn is_template(key: &str, node: &YamlNode) -> bool {
    let is_named = key.to_ascii_lowercase().ends_with("template");
    is_named && items(node.at(&["spec", "containers"])).next().is_some_and(|item| matches!(item.value, YamlValue::Map(_)))
}

fn integer(node: &YamlNode, key: &str) -> Option<i64> {
    match &node.get(key)?.value {
        YamlValue::Number(number) => number.as_i64(),
        _ => None,
    }
}

fn entries(node: &YamlNode) -> impl Iterator<Item = (&str, &YamlNode)> {
    let entries = if let YamlValue::Map(entries) = &node.value { entries.as_slice() } else { &[] };
    entries.iter().map(|(key, value)| (key.as_str(), value))
}

fn items(node: Option<&YamlNode>) -> impl Iterator<Item = &YamlNode> {
    let items = if let Some(YamlNode { value: YamlValue::List(items), .. }) = node { items.as_slice() } else { &[] };
    items.iter()
}
