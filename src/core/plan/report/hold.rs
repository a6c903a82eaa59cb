//! Why a node that could go does not go in this run.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::Seconds;
use crate::plan::reason::count;

/// Why a node that could go does not go in this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Hold {
    /// `--no-scale-in`.
    ScaleInOff,
    /// `--only-group` names others.
    NotSelected,
    /// Its group scales up in this same plan.
    GroupGrows,
    /// Its kubelet is not heard of. Pods that are being deleted there may still run; after `--dead-after` the node counts as dead.
    NotReady,
    /// `--max-scale-in-fraction` is used up.
    ScaleInLimit {
        /// How many nodes may go in one run.
        limit: u32,
    },
    /// As many nodes are being drained as `--max-parallel-drains` allows.
    ParallelDrains {
        /// How many may be drained at a time.
        limit: u32,
    },
    /// Pending pods count on nodes that are coming, and what is evicted could take their room.
    PodsAwaitNodes {
        /// How many pods.
        pods: u32,
    },
    /// The cordon is younger than `--cordon-settle`.
    CordonSettles {
        /// How long it takes.
        settle: Seconds,
    },
    /// AWS has a say: the group's `Terminate` process is suspended, or more instances live than desired.
    GroupUnsettled {
        /// What.
        detail: String,
    },
    /// So many of the group were replaced lately that another one would hardly be better.
    ReplacedLately {
        /// How many instances of the group were replaced.
        ended: u32,
        /// Within which time (`--backoff`).
        within: Seconds,
    },
    /// Its scaling activities could not be read, so that nobody knows how many were replaced.
    ActivitiesUnread,
    /// Too many nodes look dead: nothing is removed.
    MassFailure,
    /// The account knows none of the cluster's Ready nodes: it may be another cluster's.
    AccountUnknown,
    /// Clocks disagree by more than five minutes, so that no age or deadline proves anything.
    ClocksDisagree,
    /// Instances of its group may be nodes of another cluster.
    Strangers {
        /// How many.
        instances: u32,
    },
    /// A pod is bound to a Node that is missing at the moment, and which this instance could be.
    PodOnMissingNode {
        /// The Node's name.
        node: String,
    },
    /// The mark that its instance is gone is too young.
    MarkSettles {
        /// How old it has to be.
        settle: Seconds,
    },
    /// An unprotected busy instance in another zone could be taken by AZRebalance.
    RebalancingWouldKill,
    /// Its group has another owner.
    OtherCluster,
    /// The saved plan that is carried out leaves it alone.
    NotReviewed,
    /// The independent check of the plan refuses its step.
    CheckRefuses,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ScaleInOff => f.write_str("scale-in is switched off (--no-scale-in)"),
            Self::NotSelected => f.write_str("--only-group leaves it alone"),
            Self::GroupGrows => f.write_str("its group scales up in this plan"),
            Self::NotReady => f.write_str("it is not Ready: pods may still run there until it is dead (--dead-after)"),
            Self::ScaleInLimit { limit } => {
                write!(f, "waits: at most {} may go in one run (--max-scale-in-fraction)", count(u64::from(*limit), "node"))
            }
            Self::ParallelDrains { limit } => {
                write!(
                    f,
                    "waits: at most {} may be drained at a time (--max-parallel-drains)",
                    count(u64::from(*limit), "node")
                )
            }
            Self::PodsAwaitNodes { pods: 1 } => f.write_str("waits: 1 pending pod counts on a node that is coming"),
            Self::PodsAwaitNodes { pods } => write!(f, "waits: {pods} pending pods count on nodes that are coming"),
            Self::CordonSettles { settle } => write!(f, "waits until the cordon is {settle} old"),
            Self::GroupUnsettled { detail } => f.write_str(detail),
            Self::ReplacedLately { ended, within } => {
                write!(
                    f,
                    "waits: {} of its group replaced within the last {within} (--backoff)",
                    count(u64::from(*ended), "instance")
                )
            }
            Self::ActivitiesUnread => f.write_str("the scaling activities of its group could not be read"),
            Self::MassFailure => f.write_str("nothing is removed while so many nodes look dead"),
            Self::AccountUnknown => f.write_str("this AWS account knows none of the cluster's Ready nodes"),
            Self::ClocksDisagree => f.write_str("clocks disagree by more than 5m, so nothing is removed"),
            Self::Strangers { instances: 1 } => {
                f.write_str("an instance of its group is old and no node here; it may be a node of another cluster")
            }
            Self::Strangers { instances } => {
                write!(f, "{instances} instances of its group are old and no nodes here; they may be nodes of another cluster")
            }
            Self::PodOnMissingNode { node } => {
                write!(f, "a pod is bound to {node}, whose Node is missing and which it could be")
            }
            Self::MarkSettles { settle } => write!(f, "waits until the mark is {settle} old"),
            Self::RebalancingWouldKill => {
                f.write_str("rebalancing-would-kill: the cloud could even the zones out by terminating a busy instance")
            }
            Self::OtherCluster => f.write_str("its group belongs to another cluster"),
            Self::CheckRefuses => f.write_str("its step is refused, see the findings"),
            Self::NotReviewed => f.write_str("the saved plan leaves it alone"),
        }
    }
}
