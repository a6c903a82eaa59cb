//! The shapes of nodes that do not exist yet, as `explain group` prints them.

use ec2_autoscale_core::plan::explain;
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{GroupId, Labels, Resources, Snapshot, Taint};

/// One way a new node of a group may turn out.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) zone: String,
    pub(crate) labels: Labels,
    pub(crate) taints: Vec<Taint>,
    /// The least of all shapes: which one it will be is unknown.
    pub(crate) allocatable: Resources,
    pub(crate) csi_limits: Vec<(String, i64)>,
}

/// Returns every shape that a new node of a group may have, one for each zone and machine type;
/// none when that is not known.
pub(crate) fn shapes(snapshot: &Snapshot, policy: &Policy, group: &GroupId) -> Vec<Shape> {
    let name = format!("{}/{}", group.region, group.name);
    let explained = explain::group(snapshot, policy, &name).expect("the plan speaks of groups that are there");
    let Some(template) = explained.template else { return Vec::new() };
    let mut least = template.variants.first().map(|variant| variant.allocatable.clone()).unwrap_or_default();
    for variant in &template.variants {
        least.lower_to(&variant.allocatable);
    }
    let shape = |variant: &explain::VariantExplanation| Shape {
        zone: variant.zone.clone(),
        labels: variant.labels.clone(),
        taints: template.taints.iter().map(|fact| fact.taint.clone()).collect(),
        allocatable: least.clone(),
        csi_limits: template.csi_limits.iter().map(|most| (most.driver.clone(), i64::from(most.limit))).collect(),
    };
    template.variants.iter().map(shape).collect()
}
