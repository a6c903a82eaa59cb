//! Tags of groups that state something about their nodes, in the form of Cluster Autoscaler.

/// Before the label in the key of a tag that states one.
pub const LABEL: &str = "k8s.io/cluster-autoscaler/node-template/label/";
/// Before the key of a taint.
pub const TAINT: &str = "k8s.io/cluster-autoscaler/node-template/taint/";
/// Before the name of a resource.
pub const RESOURCE: &str = "k8s.io/cluster-autoscaler/node-template/resources/";
