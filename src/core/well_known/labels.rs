//! Labels that rules read.

/// The label by which each node is a domain of its own.
pub const HOSTNAME: &str = "kubernetes.io/hostname";
/// The zone.
pub const ZONE: &str = "topology.kubernetes.io/zone";
/// The zone's older name.
pub const OLD_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
/// The zone in the words of the EBS driver.
pub const EBS_ZONE: &str = "topology.ebs.csi.aws.com/zone";
/// The zone in the words of the Cinder driver (`pkg/csi/cinder/driver.go`, `topologyKey`).
pub const CINDER_ZONE: &str = "topology.cinder.csi.openstack.org/zone";
/// The id of the zone, which is the same place for every account.
pub const ZONE_ID: &str = "topology.k8s.aws/zone-id";
/// Before the number of a layer, 1 at the top, in labels for the place of a machine in the network.
/// The cloud's controller sets them once the machine runs.
pub const NETWORK_LAYERS: &str = "topology.k8s.aws/network-node-layer-";
/// The region.
pub const REGION: &str = "topology.kubernetes.io/region";
/// The region's older name.
pub const OLD_REGION: &str = "failure-domain.beta.kubernetes.io/region";

/// Labels that the zone decides.
pub const ZONES: [&str; 4] = [ZONE, OLD_ZONE, EBS_ZONE, CINDER_ZONE];
/// Labels that name a node's region, the newer one first.
pub const REGIONS: [&str; 2] = [REGION, OLD_REGION];
/// Labels that name a node's machine type, the newer one first.
pub const MACHINE_TYPES: [&str; 2] = ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"];
/// Labels that name a node's operating system, the newer one first.
pub const OPERATING_SYSTEMS: [&str; 2] = ["kubernetes.io/os", "beta.kubernetes.io/os"];
/// Labels that name a node's processor architecture, the newer one first.
pub const ARCHITECTURES: [&str; 2] = ["kubernetes.io/arch", "beta.kubernetes.io/arch"];
/// Labels of a place that are not in a domain of Kubernetes.
pub const PLACES_OF_THE_CLOUD: [&str; 3] = [ZONE_ID, EBS_ZONE, CINDER_ZONE];

/// Labels that Kubernetes gives a volume for its place, and that are compared with a node's.
pub const PLACES_OF_A_VOLUME: [&str; 4] = [OLD_ZONE, OLD_REGION, ZONE, REGION];

/// Beginnings of labels that describe the machine: a node of another type is no evidence of them.
pub const OF_THE_MACHINE: [&str; 8] = [
    "nvidia.com/",
    "amd.com/",
    "beta.amd.com/",
    "habana.ai/",
    "aws.amazon.com/neuron",
    "feature.node.kubernetes.io/",
    "karpenter.k8s.aws/instance-",
    "k8s.amazonaws.com/accelerator",
];

/// Labels that name the node, its zone or its group. Nodes that differ in nothing else are of one
/// shape, and so are groups. Cluster Autoscaler ignores them likewise
/// (`processors/nodegroupset/aws_nodegroups.go`).
pub const NOT_OF_THE_SHAPE: [&str; 14] = [
    HOSTNAME,
    ZONE,
    OLD_ZONE,
    ZONE_ID,
    EBS_ZONE,
    CINDER_ZONE,
    "alpha.eksctl.io/instance-id",
    "alpha.eksctl.io/nodegroup-name",
    "eks.amazonaws.com/nodegroup",
    "k8s.amazonaws.com/eniConfig",
    "kops.k8s.io/instancegroup",
    MAGNUM_GROUP,
    CAPI_HELM_GROUP,
    VEXXHOST_GROUP,
];

/// Labels whose value is the name of a group.
pub const NAMES_OF_GROUPS: [&str; 3] =
    ["alpha.eksctl.io/nodegroup-name", "eks.amazonaws.com/nodegroup", "kops.k8s.io/instancegroup"];

/// Whether a label is in a domain of Kubernetes in which no kubelet may label its own node
/// (`NodeRestriction`, `plugin/pkg/admission/noderestriction`). Labels that Kubernetes itself gives
/// to nodes, such as those of the place, are of another kind.
#[must_use]
pub fn is_reserved(key: &str) -> bool {
    let Some((domain, _)) = key.split_once('/') else { return false };
    let is_below = |parent: &str| domain == parent || domain.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'));
    let is_open = is_below("node.kubernetes.io") || is_below("kubelet.kubernetes.io") || is_below("kops.k8s.io");
    (is_below("kubernetes.io") || is_below("k8s.io")) && !is_open
}

/// Whether a label does not count for the shape of a node: it is one of [`NOT_OF_THE_SHAPE`], or
/// names a place in the network.
#[must_use]
pub fn is_not_of_the_shape(key: &str) -> bool {
    NOT_OF_THE_SHAPE.contains(&key) || key.starts_with(NETWORK_LAYERS)
}

/// Labels that may differ between similar groups beside [`NOT_OF_THE_SHAPE`]: similar groups are
/// compared by their region and their way of purchase elsewhere, and each has a template of its
/// own.
pub const NOT_OF_SIMILAR_GROUPS: [&str; 5] = [
    REGION,
    OLD_REGION,
    "eks.amazonaws.com/sourceLaunchTemplateId",
    "eks.amazonaws.com/sourceLaunchTemplateVersion",
    "lifecycle",
];

/// Labels that a node gets when it is about to leave.
pub const WHILE_IT_LEAVES: [&str; 1] = ["node.kubernetes.io/exclude-from-external-load-balancers"];

/// Labels of nodes of the control plane.
pub const CONTROL_PLANE: [&str; 2] = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
/// Labels that take a node out of our hands.
pub const DETACHED: [&str; 2] = ["ec2-autoscale/detached", "openai/detached"];
/// The group of a node whose cluster Magnum's Heat driver made.
pub const MAGNUM_GROUP: &str = "magnum.openstack.org/nodegroup";
/// The role of that group.
pub const MAGNUM_ROLE: &str = "magnum.openstack.org/role";
/// The group of a node whose cluster Magnum's driver `k8s_capi_helm_v1` made.
pub const CAPI_HELM_GROUP: &str = "capi.stackhpc.com/node-group";
/// The group of a node whose cluster one of vexxhost's Magnum drivers made.
pub const VEXXHOST_GROUP: &str = "node.cluster.x-k8s.io/nodegroup";
/// Before the role in labels of nodes.
pub const NODE_ROLE: &str = "node-role.kubernetes.io/";
/// The predecessor's label that keeps a pod where it is.
pub const DO_NOT_DRAIN: &str = "openai/do-not-drain";
