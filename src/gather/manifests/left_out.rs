//! Objects that are left out, and why, by their kind.

/// Why an object is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// It has no pods and changes none.
    NoPods,
    /// It holds a template of pods, which others make.
    Template,
    /// It is of a kind that is not known here, and what it is made into does not show in it.
    Unknown {
        /// The API version of the kind.
        version: String,
    },
}

/// A group that is not Kubernetes' own although it is named so.
const SPARK: &str = "sparkoperator.k8s.io";

/// Groups of the usual additions to a cluster of which no kind has pods.
const WITHOUT_PODS: [&str; 7] = [
    "cert-manager.io",
    "external-secrets.io",
    "karpenter.sh",
    "kueue.x-k8s.io",
    "networking.istio.io",
    "scheduling.volcano.sh",
    "security.istio.io",
];

/// Kinds of other groups that have none.
const KINDS_WITHOUT_PODS: [(&str, &str); 4] = [
    ("monitoring.coreos.com", "PodMonitor"),
    ("monitoring.coreos.com", "Probe"),
    ("monitoring.coreos.com", "PrometheusRule"),
    ("monitoring.coreos.com", "ServiceMonitor"),
];

/// Templates whose name does not end in the word.
const TEMPLATES: [(&str, &str); 9] = [
    ("apps.kruise.io", "SidecarSet"),
    ("auto.gke.io", "WorkloadAllowlist"),
    ("serving.kserve.io", "ClusterServingRuntime"),
    ("serving.kserve.io", "LLMInferenceServiceConfig"),
    ("serving.kserve.io", "ServingRuntime"),
    ("tekton.dev", "Pipeline"),
    ("tekton.dev", "Task"),
    ("trainer.kubeflow.org", "ClusterTrainingRuntime"),
    ("trainer.kubeflow.org", "TrainingRuntime"),
];

/// Returns why every object of a kind is left out; nothing where the object itself shows whether it
/// has pods.
pub(super) fn by_kind(group: &str, kind: &str) -> Option<LeftOut> {
    // The groups of Kubernetes' own kinds have no dot, or end so.
    let is_own = !group.contains('.') || group.ends_with(".k8s.io") && group != SPARK;
    let of_kind = (group, kind);
    if kind.ends_with("Template") || TEMPLATES.contains(&of_kind) {
        Some(LeftOut::Template)
    } else if is_own && kind != "DeploymentConfig"
        || WITHOUT_PODS.contains(&group)
        || KINDS_WITHOUT_PODS.contains(&of_kind)
        || kind.ends_with("Policy")
    {
        Some(LeftOut::NoPods)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_left_out_for_what_they_are() {
        for (group, kind, expected) in [
            ("", "Service", Some(LeftOut::NoPods)),
            ("", "PodTemplate", Some(LeftOut::Template)),
            ("networking.k8s.io", "Ingress", Some(LeftOut::NoPods)),
            ("argoproj.io", "WorkflowTemplate", Some(LeftOut::Template)),
            ("kyverno.io", "ClusterPolicy", Some(LeftOut::NoPods)),
            ("sparkoperator.k8s.io", "SparkApplication", None),
            ("kafka.strimzi.io", "Kafka", None),
            ("", "DeploymentConfig", None),
            ("leaderworkerset.x-k8s.io", "LeaderWorkerSet", None),
        ] {
            assert_eq!(by_kind(group, kind), expected, "{group} {kind}");
        }
    }
}
