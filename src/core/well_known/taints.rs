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

/// The taint that Cluster Autoscaler gives to a node which it is about to end.
pub const TO_BE_DELETED: &str = "ToBeDeletedByClusterAutoscaler";

/// Taints that a node has only while it starts: those of the kubelet and the cloud controller, and
/// those that an agent takes off once it runs there. One that ends in `*` is a beginning.
pub const WHILE_IT_STARTS: [&str; 10] = [
    NOT_READY,
    "node.kubernetes.io/network-unavailable",
    "node.cloudprovider.kubernetes.io/uninitialized",
    // Cluster Autoscaler's convention.
    "startup-taint.cluster-autoscaler.kubernetes.io/*",
    // The Node Readiness Controller.
    "readiness.k8s.io/*",
    "node.cilium.io/agent-not-ready",
    "ebs.csi.aws.com/agent-not-ready",
    "efs.csi.aws.com/agent-not-ready",
    "fsx.csi.aws.com/agent-not-ready",
    "s3.csi.aws.com/agent-not-ready",
];
/// Taints for the condition of a node, or for its removal by somebody, not for what it is for. One
/// that ends in `*` is a beginning.
pub const OF_ITS_CONDITION: [&str; 8] = [
    "node.kubernetes.io/*",
    "node.cloudprovider.kubernetes.io/*",
    "ToBeDeletedByClusterAutoscaler*",
    "DeletionCandidateOfClusterAutoscaler*",
    // The node termination handler, for interruptions and maintenance.
    "aws-node-termination-handler/*",
    "karpenter.sh/disrupted*",
    // The volumes of the node hang.
    "NodeWithImpairedVolumes*",
    // Our own.
    "ec2-autoscale/*",
];
