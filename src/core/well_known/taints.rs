//! Taints that rules read or write.

/// Our taint with the unix time since when a node is idle. It is `PreferNoSchedule`, so that it
/// nudges new pods to busier nodes.
pub const IDLE_SINCE: &str = "ec2-autoscale/idle-since";
/// The taint in which Kubernetes mirrors a cordon.
pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// The taint of a node that is not Ready.
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The taint of a node whose kubelet is not heard of.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// Taints that a node has only while it starts, as the kubelet and the cloud controller set them.
pub const WHILE_IT_STARTS: [&str; 2] = [NOT_READY, "node.cloudprovider.kubernetes.io/uninitialized"];
/// How the taints begin that a node has only while it starts by Cluster Autoscaler's convention.
pub const STARTUP: &str = "startup-taint.cluster-autoscaler.kubernetes.io/";
/// Beginnings of taints for the condition of a node, or for its removal by somebody, not for what
/// it is for.
pub const OF_ITS_CONDITION: [&str; 4] =
    ["node.kubernetes.io/", "ToBeDeletedByClusterAutoscaler", "DeletionCandidateOfClusterAutoscaler", super::OWN];
