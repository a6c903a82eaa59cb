//! The texts that everybody knows: they show nothing of a cluster.

use super::labels::{CONTROL_PLANE, DETACHED, DO_NOT_DRAIN, NETWORK_LAYERS, REGIONS, ZONES};
use super::requests::{BEST_EFFORT_ATOMIC, CHECK_CAPACITY, OWN_INSTANCE, PARAMETERS};
use super::{annotations, drivers, gangs, labels, tags, taints};

/// Names that many clusters have, and keys without a domain.
const KNOWN: &[&str] = &[
    "true",
    "false",
    "default",
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "system-cluster-critical",
    gangs::DEFAULT_SCHEDULER,
    gangs::VOLCANO_SCHEDULER,
    CHECK_CAPACITY,
    BEST_EFFORT_ATOMIC,
    OWN_INSTANCE,
    DO_NOT_DRAIN,
    tags::CLUSTER,
    tags::ROLE,
    tags::WORKER,
    taints::TO_BE_DELETED,
    "DeletionCandidateOfClusterAutoscaler",
    "NodeWithImpairedVolumes",
    "metadata.name",
    "pod-template-hash",
    "controller-revision-hash",
    "job-name",
    "lifecycle",
    "cpu",
    "memory",
    "pods",
    "nodes",
    "ephemeral-storage",
];
/// Well-known keys of these domains stand here; others have a name of somebody behind the domain.
const KEYS: &[&str] = &[
    labels::HOSTNAME,
    labels::ZONE_ID,
    "cluster-autoscaler.kubernetes.io/scale-down-disabled",
    annotations::GROUP_OF_SLICE,
    gangs::WISH_ANNOTATION,
    taints::IDLE_SINCE,
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "kubernetes.io/metadata.name",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "node.kubernetes.io/instance-type",
    "node.kubernetes.io/lifecycle",
    "node.kubernetes.io/exclude-from-external-load-balancers",
    taints::NOT_READY,
    taints::UNREACHABLE,
    taints::UNSCHEDULABLE,
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/out-of-service",
    "node.cloudprovider.kubernetes.io/uninitialized",
    "node.cilium.io/agent-not-ready",
    "ebs.csi.aws.com/agent-not-ready",
    "efs.csi.aws.com/agent-not-ready",
    "fsx.csi.aws.com/agent-not-ready",
    "s3.csi.aws.com/agent-not-ready",
    "node-role.kubernetes.io/worker",
    "node-role.kubernetes.io/node",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/controller-uid",
    gangs::JOB_LABEL,
    "apps.kubernetes.io/pod-index",
    "statefulset.kubernetes.io/pod-name",
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    gangs::COSCHEDULING_LABEL,
    gangs::VOLCANO_ANNOTATIONS[0],
    gangs::VOLCANO_ANNOTATIONS[1],
    gangs::KUEUE_LABEL,
    gangs::KUEUE_TOTAL_ANNOTATION,
    gangs::JOB_SET_LABEL,
    gangs::REPLICATED_JOB_LABEL,
    gangs::EXCLUSIVE_TOPOLOGY_ANNOTATION,
    gangs::LEADER_WORKER_SET_LABEL,
    gangs::LEADER_WORKER_GROUP_LABEL,
    gangs::LEADER_WORKER_SIZE_ANNOTATION,
    "leaderworkerset.sigs.k8s.io/worker-index",
    gangs::TRAINING_JOB_LABEL,
    gangs::RAY_CLUSTER_LABEL,
    "kueue.x-k8s.io/queue-name",
    "eks.amazonaws.com/nodegroup",
    "eks.amazonaws.com/nodegroup-image",
    "eks.amazonaws.com/capacityType",
    "eks.amazonaws.com/sourceLaunchTemplateId",
    "eks.amazonaws.com/sourceLaunchTemplateVersion",
    "eks.amazonaws.com/compute-type",
    "alpha.eksctl.io/nodegroup-name",
    "alpha.eksctl.io/instance-id",
    "alpha.eksctl.io/cluster-name",
    "kops.k8s.io/instancegroup",
    "k8s.amazonaws.com/eniConfig",
    "karpenter.sh/capacity-type",
    "karpenter.sh/nodepool",
    "karpenter.sh/initialized",
    "karpenter.sh/registered",
    "karpenter.sh/disrupted",
    "karpenter.sh/unregistered",
    "karpenter.sh/do-not-disrupt",
    "karpenter.k8s.aws/ec2nodeclass",
    "openai/cordoned-by-autoscaler",
    labels::MAGNUM_GROUP,
    labels::MAGNUM_ROLE,
    labels::CAPI_HELM_GROUP,
    labels::VEXXHOST_GROUP,
    "kubernetes.io/aws-ebs",
    "kubernetes.io/cinder",
    "kubernetes.io/no-provisioner",
    "buffer.x-k8s.io/active-capacity",
];
/// Beginnings of keys that vendors choose.
const BEGINNINGS: &[&str] = &[
    NETWORK_LAYERS,
    "karpenter.k8s.aws/instance-",
    "nvidia.com/",
    "amd.com/",
    "beta.amd.com/",
    "habana.ai/",
    "gpu.intel.com/",
    "aws.amazon.com/",
    "vpc.amazonaws.com/",
    "hugepages-",
];
/// Domains that projects and vendors have, with their subdomains.
const DOMAINS: &[&str] = &[
    "kubernetes.io",
    "k8s.io",
    "x-k8s.io",
    "k8s.aws",
    "amazonaws.com",
    "aws.com",
    "amazon.com",
    "eksctl.io",
    "karpenter.sh",
    "kubeflow.org",
    "ray.io",
    "volcano.sh",
    "openstack.org",
    "stackhpc.com",
    "cilium.io",
    "nvidia.com",
    "amd.com",
    "habana.ai",
    "intel.com",
    "google.com",
    "azure.com",
    "aws-node-termination-handler",
    "ec2-autoscale",
];
/// Attributes and capacities that drivers of devices have.
const ATTRIBUTES: &[&str] = &[
    "uuid",
    "index",
    "minor",
    "type",
    "brand",
    "productName",
    "architecture",
    "model",
    "family",
    "driverVersion",
    "cudaDriverVersion",
    "cudaComputeCapability",
    "parentUUID",
    "profile",
    "pcieRoot",
    "pciBusID",
    "memory",
    "cores",
    "multiprocessors",
    "copyEngines",
    "decoders",
    "encoders",
    "device",
    "driver",
    "attributes",
    "capacity",
    "allowMultipleAllocations",
];
/// The names of CEL and of its extensions, as kube-scheduler has them.
const OF_THE_LANGUAGE: &[&str] = &[
    "semver",
    "isSemver",
    "isGreaterThan",
    "isLessThan",
    "compareTo",
    "major",
    "patch",
    "quantity",
    "isQuantity",
    "isInteger",
    "asInteger",
    "asApproximateFloat",
    "sign",
    "add",
    "sub",
    "cel",
    "bind",
    "has",
    "all",
    "exists",
    "exists_one",
    "map",
    "filter",
    "in",
    "null",
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "int",
    "uint",
    "double",
    "string",
    "bool",
    "bytes",
    "list",
    "dyn",
    "duration",
    "timestamp",
    "lowerAscii",
    "upperAscii",
    "replace",
    "split",
    "substring",
    "trim",
    "find",
    "findAll",
    "indexOf",
    "lastIndexOf",
    "charAt",
    "join",
    "isSorted",
    "min",
    "max",
    "sum",
    "includes",
    "orValue",
    "optional",
    "hasValue",
];
/// Groups of Kubernetes without a domain.
const API_GROUPS: &[&str] = &["apps", "batch", "autoscaling", "policy", "extensions"];
/// Kinds of objects that make pods.
const KINDS: &[&str] = &[
    "Pod",
    "Job",
    "CronJob",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "ReplicationController",
    "Node",
    "JobSet",
    "LeaderWorkerSet",
    "MPIJob",
    "PyTorchJob",
    "TFJob",
    "TrainJob",
    "RayCluster",
    "RayJob",
    "RayService",
    "Workflow",
    "SparkApplication",
    "PodGroup",
    "CapacityBuffer",
    "ProvisioningRequest",
    "PodTemplate",
];
/// Schemes of `spec.providerID`.
const SCHEMES: &[&str] = &["aws", "openstack", "azure", "gce", "k3s", "rke2", "kind", "digitalocean", "hcloud", "vsphere"];
/// Sizes of machines of AWS.
const SIZES: [&str; 6] = ["nano", "micro", "small", "medium", "large", "metal"];

/// Whether everybody knows a name.
pub(crate) fn is_known(text: &str) -> bool {
    text.is_empty() || KNOWN.contains(&text) || PARAMETERS.contains(&text)
}

/// Whether a key is one that everybody knows.
pub(crate) fn is_known_key(key: &str) -> bool {
    let lists: [&[&str]; 7] =
        [KEYS, &CONTROL_PLANE, &DETACHED, &ZONES, &REGIONS, annotations::OUR_MARKS, annotations::OF_A_POD];
    let is_listed = || lists.iter().any(|list| list.contains(&key));
    is_known(key)
        || is_listed()
        || BEGINNINGS.iter().any(|beginning| key.starts_with(beginning))
        || drivers::of_provisioner(key) != key
}

/// Whether a domain belongs to a project or a vendor.
pub(crate) fn is_known_domain(domain: &str) -> bool {
    let is_below =
        |parent: &&'static str| domain.strip_suffix(*parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let depth = domain.split('.').count();
    // Deeper ones hold names of accounts and clusters.
    depth <= 5 && DOMAINS.iter().any(is_below)
}

/// Whether a domain is one in which a cloud names its machines.
pub(crate) fn is_domain_of_machines(domain: &str) -> bool {
    let of_region = domain.strip_suffix(".compute.internal").or_else(|| domain.strip_suffix(".compute.amazonaws.com"));
    domain == "ec2.internal" || domain == "compute.internal" || of_region.is_some_and(is_place)
}

/// Whether drivers of devices have an attribute of that name.
pub(crate) fn is_known_attribute(name: &str) -> bool {
    is_known(name) || ATTRIBUTES.contains(&name)
}

/// Whether a word of an expression is of its language.
pub(crate) fn is_of_the_language(word: &str) -> bool {
    is_known_attribute(word) || OF_THE_LANGUAGE.contains(&word)
}

/// Whether a group of an API belongs to a project.
pub(crate) fn is_known_api_group(group: &str) -> bool {
    API_GROUPS.contains(&group) || group.contains('.') && is_known_domain(group)
}

/// Whether a text has the form of an API version without a group: `v1`, `v1beta1`.
pub(crate) fn is_version(text: &str) -> bool {
    let rest = text.strip_prefix('v').unwrap_or_default();
    rest.starts_with(|digit: char| digit.is_ascii_digit())
        && rest.len() <= 8
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a kind of objects is known to many.
pub(crate) fn is_known_kind(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// Whether a scheme of provider ids is known to many.
pub(crate) fn is_known_scheme(scheme: &str) -> bool {
    SCHEMES.contains(&scheme)
}

/// The first words of regions.
const PARTS_OF_THE_WORLD: [&str; 10] = ["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx", "cn"];
/// The words in the middle of regions.
const DIRECTIONS: [&str; 9] = ["north", "south", "east", "west", "central", "northeast", "southeast", "northwest", "southwest"];
/// Words before them, of governments.
const PARTITIONS: [&str; 5] = ["gov", "iso", "isob", "isoe", "isof"];

/// Whether a text has the form of a region, a zone or the id of a zone of AWS: `us-west-2`,
/// `us-west-2a`, `us-west-2-lax-1a`, `usw2-az2`.
pub(crate) fn is_place(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    match parts[..] {
        [code, zone] => is_code_of_region(code) && is_number_of_zone(zone),
        [code, local, zone] if is_code_of_region(code) => is_local(local) && is_number_of_zone(zone),
        [part, partition, direction, ref rest @ ..] if PARTITIONS.contains(&partition) => {
            PARTS_OF_THE_WORLD.contains(&part) && DIRECTIONS.contains(&direction) && ends_a_place(rest)
        }
        [part, direction, ref rest @ ..] => {
            PARTS_OF_THE_WORLD.contains(&part) && DIRECTIONS.contains(&direction) && ends_a_place(rest)
        }
        _ => false,
    }
}

/// Whether the rest of a name is a number, perhaps with the letter of a zone or a local zone.
fn ends_a_place(rest: &[&str]) -> bool {
    let is_end = |text: &str, most: usize| {
        let letters = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
        letters.len() < text.len()
            && text.len() <= 2
            && letters.len() <= most
            && letters.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    match rest {
        [end] => is_end(end, 1),
        [number, local, end] => is_end(number, 0) && is_local(local) && is_end(end, 1),
        _ => false,
    }
}

/// Whether a text has the form of the short name of a region in ids of zones: `usw2`.
fn is_code_of_region(text: &str) -> bool {
    let letters = text.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let begins = PARTS_OF_THE_WORLD.iter().any(|part| letters.starts_with(part));
    begins && (3..=5).contains(&letters.len()) && text.len() == letters.len() + 1
}

fn is_number_of_zone(text: &str) -> bool {
    text.strip_prefix("az").is_some_and(is_digits)
}

/// Whether a text has the form of a place of a local zone: `lax`, `atl1`.
fn is_local(text: &str) -> bool {
    (3..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text has the form of a machine type of AWS: `p3.16xlarge`, `u-6tb1.metal`.
pub(crate) fn is_machine_type(text: &str) -> bool {
    let Some((family, size)) = text.split_once('.') else { return false };
    let size = size.split('-').next().unwrap_or_default();
    let size = size.trim_start_matches(|digit: char| digit.is_ascii_digit()).trim_start_matches('x');
    let is_family = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    !family.is_empty() && family.len() <= 12 && is_family(family) && SIZES.contains(&size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_types_of_aws_are_told_from_names() {
        for place in
            ["us-west-2", "us-gov-west-1", "us-west-2a", "us-west-2-lax-1a", "usw2-az2", "use1-atl1-az1", "ap-southeast-4c"]
        {
            assert!(is_place(place), "{place}");
        }
        for name in ["us", "my-rack-12", "dc1-rack-3", "web-2", "us-team-1", "secret-west-2a", "us-west-falcon", "web2-az1"] {
            assert!(!is_place(name), "{name}");
        }
        for name in ["p3.16xlarge", "m5.large", "u-6tb1.metal", "m5.metal-24xl", "t3.nano"] {
            assert!(is_machine_type(name), "{name}");
        }
        assert!(!is_machine_type("acme.gpu") && !is_machine_type("m1large") && !is_machine_type("Acme.large"));
    }

    #[test]
    fn the_domain_of_a_project_says_nothing_of_what_stands_behind_it() {
        assert!(is_known_key("node.kubernetes.io/instance-type") && is_known_key("nvidia.com/mig-1g.5gb"));
        assert!(is_known_key("ec2-autoscale/cordoned-at") && !is_known_key("ec2-autoscale/falcon"));
        assert!(!is_known_key("node-role.kubernetes.io/falcon") && !is_known_key("kubernetes.io/cluster/falcon"));
        assert!(is_known_domain("node-role.kubernetes.io") && !is_known_domain("notkubernetes.io"));
        assert!(is_domain_of_machines("us-west-2.compute.internal") && !is_domain_of_machines("falcon.compute.internal"));
    }
}
