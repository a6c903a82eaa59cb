//! HorizontalPodAutoscalers that stand beside what they scale.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

use super::namespace_of;
use super::workload::Workload;

/// A HorizontalPodAutoscaler, as far as it is written alike in every version of `autoscaling`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Autoscaler {
    #[serde(default)]
    pub(super) metadata: ObjectMeta,
    #[serde(default)]
    spec: AutoscalerSpec,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AutoscalerSpec {
    scale_target_ref: ScaleTarget,
    min_replicas: Option<i32>,
    max_replicas: i32,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ScaleTarget {
    kind: String,
    name: String,
}

/// Brings the object that an autoscaler scales within its range, and returns the note about it. An
/// autoscaler has at least 1 pod where it states nothing else (`autoscaling/v2`, `minReplicas`).
pub(super) fn scale(workloads: &mut [Workload], autoscaler: &Autoscaler) -> String {
    let name = autoscaler.metadata.name.as_deref().unwrap_or_default();
    let target = &autoscaler.spec.scale_target_ref;
    let namespace = namespace_of(autoscaler.metadata.namespace.as_deref());
    let is_target = |workload: &&mut Workload| {
        workload.kind.to_string() == target.kind && workload.name == target.name && workload.namespace == *namespace
    };
    let Some(workload) = workloads.iter_mut().find(is_target) else {
        return format!(
            "HorizontalPodAutoscaler {name} scales {} {namespace}/{}, which is in none of the files; add its manifest to -f",
            target.kind, target.name
        );
    };
    if workload.parts.len() > 1 {
        return format!(
            "HorizontalPodAutoscaler {name} is left out: {} has several kinds of pods, whose numbers are those of its manifest",
            workload.described()
        );
    }
    let count = |number: i32| u32::try_from(number).unwrap_or(0);
    let least = count(autoscaler.spec.min_replicas.unwrap_or(1));
    let most = count(autoscaler.spec.max_replicas).max(least);
    let written = u32::try_from(workload.pods_at_a_time()).unwrap_or(u32::MAX);
    // Without pods the autoscaler is switched off.
    let pods = if written == 0 { 0 } else { written.clamp(least, most) };
    if pods != written {
        workload.scale_to(pods);
    }
    format!(
        "HorizontalPodAutoscaler {name} gives {} {least} to {most} pods, here {pods}; --replicas {}=N plans another number",
        workload.described(),
        workload.name
    )
}
