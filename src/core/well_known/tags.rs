//! Tags of groups: whose a group is, and what they state about its nodes in the form of Cluster
//! Autoscaler.

/// Before the label in the key of a tag that states one.
pub const LABEL: &str = "k8s.io/cluster-autoscaler/node-template/label/";
/// Before the key of a taint.
pub const TAINT: &str = "k8s.io/cluster-autoscaler/node-template/taint/";
/// Before the name of a resource.
pub const RESOURCE: &str = "k8s.io/cluster-autoscaler/node-template/resources/";
/// Before the driver of devices that the nodes of a group have, and the name of their pool.
pub const DEVICES: &str = "ec2-autoscale/devices/";
/// The tag that names the cluster of a group.
pub const CLUSTER: &str = "KubernetesCluster";
/// The tag that states the role of a group's nodes.
pub const ROLE: &str = "KubernetesRole";
/// The role of workers.
pub const WORKER: &str = "worker";
