//! Annotations that rules read or write.

/// Declares names and the list of all of them, so that none can be left out of the list.
macro_rules! listed {
    ($(#[$list_doc:meta])* $list:ident: $($(#[$doc:meta])* $name:ident = $key:literal;)+) => {
        $($(#[$doc])* pub const $name: &str = $key;)+
        $(#[$list_doc])*
        pub const $list: &[&str] = &[$($name),+];
    };
}

listed! {
    /// Every annotation of a pod that a rule reads; no other reaches a snapshot.
    OF_A_POD:
    /// The pod is one of a DaemonSet's kind, whatever the kind of its owner (Cluster Autoscaler).
    DAEMON_POD = "cluster-autoscaler.kubernetes.io/daemonset-pod";
    /// `true`, `false` or `on-completion` (Cluster Autoscaler).
    SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict";
    /// The volumes, separated by commas, that may be lost (Cluster Autoscaler).
    SAFE_TO_EVICT_LOCAL_VOLUMES = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes";
    /// How dearly the pod is given up (Kubernetes).
    POD_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
    /// Any value but `false` keeps the pod (ours).
    DO_NOT_EVICT = "ec2-autoscale/do-not-evict";
    /// The time (RFC 3339) of the pod's last checkpoint: its work until then is saved (ours).
    CHECKPOINTED_AT = "ec2-autoscale/checkpointed-at";
    /// The time that the pod loses by starting again, whatever it has saved (ours).
    COST_OF_RESTART = "ec2-autoscale/cost-of-restart";
    /// `true`, or a duration counted from the pod's start (Karpenter). It keeps nodes as well.
    DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt";
    /// The ProvisioningRequest whose room the pod uses.
    USES_REQUEST = "autoscaling.x-k8s.io/consume-provisioning-request";
    /// The same as Cluster Autoscaler had it before 1.31.
    USES_REQUEST_FORMERLY = "cluster-autoscaler.kubernetes.io/consume-provisioning-request";
}

/// The annotations by which a pod states what its end would lose.
pub const OF_LOST_WORK: [&str; 2] = [CHECKPOINTED_AT, COST_OF_RESTART];

/// The group of which a ResourceSlice in a file shows the devices.
pub const GROUP_OF_SLICE: &str = "ec2-autoscale/group";

listed! {
    /// The marks of ours on nodes, and the predecessor's.
    OUR_MARKS:
    /// The time (RFC 3339) at which we cordoned the node, so that we may uncordon or remove it.
    CORDONED_AT = "ec2-autoscale/cordoned-at";
    /// The time (RFC 3339) since when we drain the node.
    DRAINING_SINCE = "ec2-autoscale/draining-since";
    /// The time (RFC 3339) since when the node's instance is gone by the word of its cloud.
    GONE_SINCE = "ec2-autoscale/gone-since";
    /// The time (RFC 3339) since when runs have seen the node not Ready without a break.
    NOT_READY_SINCE = "ec2-autoscale/not-ready-since";
    /// The predecessor's cordon mark, honoured as ours for those who migrate. It wrote a label;
    /// people also wrote it as an annotation.
    PREDECESSOR_CORDON = "openai/cordoned-by-autoscaler";
}

/// Annotations that keep a node, with the value that does (Cluster Autoscaler, Karpenter).
pub const PROTECTING: [(&str, &str); 2] =
    [("cluster-autoscaler.kubernetes.io/scale-down-disabled", "true"), (DO_NOT_DISRUPT, "true")];

/// Returns whether an annotation of a node is one that rules read; no other reaches a snapshot.
#[must_use]
pub fn is_of_a_node(key: &str) -> bool {
    key.starts_with(super::OWN) || OUR_MARKS.contains(&key) || PROTECTING.iter().any(|(mark, _)| *mark == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_on_a_node_is_kept() {
        for key in OUR_MARKS.iter().chain(PROTECTING.iter().map(|(key, _)| key)) {
            assert!(is_of_a_node(key), "{key}");
        }
        assert!(!is_of_a_node("example.com/secret") && !is_of_a_node("ec2-autoscaler/x"));
    }
}
