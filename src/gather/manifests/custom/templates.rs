//! The templates of pods in an object, and how many pods each has: by the fields of the kind where
//! it has its own way to count, else by the shape that nearly all kinds share.

use std::borrow::Cow;

use super::found::{FoundTemplate, TemplateShape, entries, integer, items};
use super::{argo, spark};
use crate::gather::manifests::node::{YamlNode, YamlValue};

/// Kinds that have one pod of a template without a number.
const ONE_BY_DEFAULT: [&str; 4] = ["apps.kruise.io", "batch.volcano.sh", "kubeflow.org", "serving.knative.dev"];

/// Kinds that have the specification of pods without a template around it, and one pod of it
/// without a number.
const PLAIN_SPECS: [&str; 3] = ["core.strimzi.io", "kubernetes.dask.org", "serving.kserve.io"];

/// Specifications of those kinds that have more pods than one for each replica.
const SEVERAL_A_REPLICA: [&str; 2] = ["worker", "workerSpec"];

/// Katib tries so many at a time without a number (`parallelTrialCount`).
const TRIALS: i64 = 3;

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
        ("argoproj.io", "Workflow") => node.get("spec").and_then(|spec| argo::entry(spec, "spec")).into_iter().collect(),
        ("argoproj.io", "CronWorkflow") => {
            let spec = node.at(&["spec", "workflowSpec"]);
            spec.and_then(|spec| argo::entry(spec, "spec.workflowSpec")).into_iter().collect()
        }
        ("sparkoperator.k8s.io", "SparkApplication") => {
            node.get("spec").map(|spec| spark::application(spec, "spec")).unwrap_or_default()
        }
        ("sparkoperator.k8s.io", "ScheduledSparkApplication") => {
            node.at(&["spec", "template"]).map(|spec| spark::application(spec, "spec.template")).unwrap_or_default()
        }
        ("kubeflow.org", "Experiment") => {
            let trials = node.get("spec").and_then(|spec| integer(spec, "parallelTrialCount")).unwrap_or(TRIALS);
            let mut found = by_shape(group, kind, node);
            for template in &mut found {
                template.pods = template.pods.map(|pods| pods.saturating_mul(trials));
            }
            found
        }
        _ => by_shape(group, kind, node),
    }
}

fn by_shape<'a>(group: &str, kind: &str, node: &'a YamlNode) -> Vec<FoundTemplate<'a>> {
    let has_one = ONE_BY_DEFAULT.contains(&group)
        || matches!((group, kind), ("argoproj.io", "Rollout" | "Experiment") | (_, "DeploymentConfig"));
    let mut search =
        TemplateSearch { default: has_one.then_some(1), counts_plain: PLAIN_SPECS.contains(&group), found: Vec::new() };
    for (key, node) in entries(node).filter(|(key, _)| !["metadata", "status"].contains(key)) {
        if is_spec(node) {
            // The specification of the object is that of its pods.
            search.plain(node, None, key, "");
        } else {
            search.below(node, key, "");
        }
    }
    search.found
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

/// Finds templates by what they look like.
struct TemplateSearch<'a> {
    /// How many pods a template has without a number.
    default: Option<i64>,
    /// Whether a specification without a template has one pod without a number.
    counts_plain: bool,
    found: Vec<FoundTemplate<'a>>,
}

impl<'a> TemplateSearch<'a> {
    /// Adds every template below a value: below a name that ends in `template` there is a
    /// specification with containers, and beside it a number of replicas, or the parallelism of a
    /// Job. Below any other name there may be a specification without a template.
    fn below(&mut self, node: &'a YamlNode, path: &str, name: &str) {
        match &node.value {
            YamlValue::Map(_) => {
                let own =
                    ["name", "groupName"].into_iter().find_map(|key| node.get(key).and_then(YamlNode::text)).unwrap_or(name);
                for (key, value) in entries(node) {
                    let path = format!("{path}.{key}");
                    // The keys of a Job's own levels name no kind of pod.
                    let name = if ["spec", "jobTemplate", "template"].contains(&key) { own } else { key };
                    if is_template(key, value) {
                        let pods = integer(node, "replicas").or_else(|| integer(node, "parallelism")).or(self.default);
                        let (name, template, shape) = (own.to_lowercase(), Cow::Borrowed(value), TemplateShape::Template);
                        self.found.push(FoundTemplate { name, path, template, shape, pods });
                    } else if is_spec(value) {
                        self.plain(value, Some(node), &path, name);
                    } else {
                        self.below(value, &path, name);
                    }
                }
            }
            YamlValue::List(items) => {
                for (position, item) in items.iter().enumerate() {
                    self.below(item, &format!("{path}[{position}]"), name);
                }
            }
            YamlValue::Null | YamlValue::Bool(_) | YamlValue::Number(_) | YamlValue::Text(_) => {}
        }
    }

    /// Adds a specification without a template. Its number stands in it or beside it.
    fn plain(&mut self, spec: &'a YamlNode, holder: Option<&YamlNode>, path: &str, name: &str) {
        let counts = self.counts_plain && !SEVERAL_A_REPLICA.iter().any(|key| path.ends_with(key));
        let count = |node: &YamlNode| integer(node, "minReplicas").or_else(|| integer(node, "replicas"));
        let stated = count(spec).or_else(|| holder.and_then(count)).or(Some(1));
        self.found.push(FoundTemplate {
            name: name.to_lowercase(),
            path: path.to_owned(),
            template: Cow::Borrowed(spec),
            shape: TemplateShape::Spec,
            pods: stated.filter(|_| counts),
        });
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
    let (name, path) = (name.to_lowercase(), format!("{path}.{key}"));
    Some(FoundTemplate { name, path, template: Cow::Borrowed(template), shape: TemplateShape::Template, pods })
}

fn is_template(key: &str, node: &YamlNode) -> bool {
    let is_named = key.to_ascii_lowercase().ends_with("template");
    is_named && node.get("spec").is_some_and(is_spec)
}

/// Whether a value has containers.
fn is_spec(node: &YamlNode) -> bool {
    items(node.get("containers")).next().is_some_and(|item| matches!(item.value, YamlValue::Map(_)))
}
