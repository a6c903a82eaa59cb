//! Names of ProvisioningRequests (`autoscaling.x-k8s.io`), as Cluster Autoscaler and Kueue have
//! them.

/// The plural name.
pub const PLURAL: &str = "provisioningrequests";
/// The kind.
pub const KIND: &str = "ProvisioningRequest";

/// The class of requests that want to know whether there is room now, and to have it held.
pub const CHECK_CAPACITY: &str = "check-capacity.autoscaling.x-k8s.io";
/// The class of requests for which room is bought, for all pods or none.
pub const BEST_EFFORT_ATOMIC: &str = "best-effort-atomic-scale-up.autoscaling.x-k8s.io";

/// The parameter by which a check is made once: `true` or `false`.
pub const NO_RETRY: &str = "noRetry";
/// The parameter that names one of several autoscalers.
pub const PROCESSOR_INSTANCE: &str = "processorInstance";
/// The parameter with the seconds after its creation within which a request is of use.
pub const VALID_UNTIL_SECONDS: &str = "ValidUntilSeconds";
/// Every parameter that a rule reads; no other reaches a snapshot.
pub const PARAMETERS: [&str; 3] = [NO_RETRY, PROCESSOR_INSTANCE, VALID_UNTIL_SECONDS];
/// The instance that `processorInstance` names where it means us.
pub const OWN_INSTANCE: &str = "ec2-autoscale";
