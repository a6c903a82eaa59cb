//! Labels and annotations of pods that belong together.

/// The scheduler that a pod has which names none.
pub const DEFAULT_SCHEDULER: &str = "default-scheduler";
/// The name of Volcano's scheduler.
pub const VOLCANO_SCHEDULER: &str = "volcano";

/// Any value but `false` makes the pod's object a gang, where one of its kind can be (ours).
pub const WISH_ANNOTATION: &str = "ec2-autoscale/gang-wish";

/// The label with the name of the coscheduling plugin's PodGroup.
pub const COSCHEDULING_LABEL: &str = "scheduling.x-k8s.io/pod-group";
/// The annotations with the name of Volcano's PodGroup. The first of them that is there counts.
pub const VOLCANO_ANNOTATIONS: [&str; 2] = ["scheduling.k8s.io/group-name", "scheduling.volcano.sh/group-name"];
/// The label that plain pods have in common which Kueue admits together.
pub const KUEUE_LABEL: &str = "kueue.x-k8s.io/pod-group-name";
/// The annotation with how many these are.
pub const KUEUE_TOTAL_ANNOTATION: &str = "kueue.x-k8s.io/pod-group-total-count";

/// The label with the name of a pod's JobSet.
pub const JOB_SET_LABEL: &str = "jobset.sigs.k8s.io/jobset-name";
/// The label with the name of the template, of several in a JobSet, from which a pod's Job is made.
pub const REPLICATED_JOB_LABEL: &str = "jobset.sigs.k8s.io/replicatedjob-name";
/// The annotation by which the pods of one Job of a JobSet get a topology domain of their own: the
/// label of nodes by which domains differ.
pub const EXCLUSIVE_TOPOLOGY_ANNOTATION: &str = "alpha.jobset.sigs.k8s.io/exclusive-topology";
/// The label with the name of a pod's LeaderWorkerSet.
pub const LEADER_WORKER_SET_LABEL: &str = "leaderworkerset.sigs.k8s.io/name";
/// The label with the number of the pod's replica in it.
pub const LEADER_WORKER_GROUP_LABEL: &str = "leaderworkerset.sigs.k8s.io/group-index";
/// The annotation with how many pods each replica has.
pub const LEADER_WORKER_SIZE_ANNOTATION: &str = "leaderworkerset.sigs.k8s.io/size";
/// The label with the name of a pod's Job.
pub const JOB_LABEL: &str = "batch.kubernetes.io/job-name";
/// The label with the name of a pod's job of Kubeflow.
pub const TRAINING_JOB_LABEL: &str = "training.kubeflow.org/job-name";
/// The label with the name of a pod's RayCluster.
pub const RAY_CLUSTER_LABEL: &str = "ray.io/cluster";
