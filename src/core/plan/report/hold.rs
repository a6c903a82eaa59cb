//! The reasons why a node that could be removed is not removed in this run.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::Seconds;
use crate::plan::reason::count;

/// Why a node that could be removed is not removed in this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Hold {
    /// Scale-in is switched off (`--no-scale-in`).
    ScaleInOff,
    /// `--only-group` names other groups.
    NotSelected,
    /// Its group grows in this same plan.
    GroupGrows,
    /// Its kubelet is silent. Pods that are being deleted there may still run; after `--dead-after`
    /// the node counts as dead.
    NotReady,
    /// `--max-scale-in-fraction` is used up.
    ScaleInLimit {
        /// The most nodes that may be removed in one run.
        limit: u32,
    },
    /// As many nodes are being drained as `--max-parallel-drains` allows.
    ParallelDrains {
        /// The most nodes that may be drained at the same time.
        limit: u32,
    },
    /// Pending pods wait for upcoming nodes, and evicted pods could take their room.
    PodsAwaitNodes {
        /// How many pods wait.
        pods: u32,
    },
    /// The cordon is younger than `--cordon-settle`.
    CordonSettles {
        /// How old it has to be.
        settle: Seconds,
    },
    /// The cloud could interfere: what it does for the group is suspended, or more instances live
    /// than are desired.
    GroupUnsettled {
        /// What is unsettled.
        detail: String,
    },
    /// So many instances of the group were replaced lately that another one would hardly be better.
    ReplacedLately {
        /// How many instances of the group were replaced.
        ended: u32,
        /// In how long a time they were replaced (`--backoff`).
        within: Seconds,
    },
    /// Its scaling activities could not be read, so it is unknown how many instances were replaced.
    ActivitiesUnread,
    /// Too many nodes look dead, so nothing is removed.
    MassFailure,
    /// The account knows none of the cluster's Ready nodes, so it may be another cluster's.
    AccountUnknown,
    /// Clocks disagree by more than five minutes, so no age and no deadline proves anything.
    ClocksDisagree,
    /// Instances of its group may be nodes of another cluster.
    Strangers {
        /// How many instances.
        instances: u32,
    },
    /// A pod is bound to a Node that is missing, and this instance could be that Node.
    PodOnMissingNode {
        /// The name of the missing Node.
        node: String,
    },
    /// The cloud has not put the instance in service yet: a hook may still be at work there.
    NotInService,
    /// The mark that its instance is gone is too young.
    MarkSettles {
        /// How old it has to be.
        settle: Seconds,
    },
    /// The cloud evens out the zones of its group, and could end an unprotected busy instance in
    /// another zone.
    RebalancingWouldKill,
    /// A zone of its group is given up for a while: what works in the others stays, and what does
    /// not in that zone waits.
    ZoneGivenUp {
        /// The zone.
        zone: String,
    },
    /// Its group belongs to another cluster.
    OtherCluster,
    /// The saved plan that is carried out does not remove it.
    NotReviewed,
    /// The independent check of the plan refuses the step.
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
            Self::AccountUnknown => f.write_str("this account knows none of the cluster's Ready nodes"),
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
            Self::NotInService => f.write_str("it is not in service yet: see the lifecycle hooks of its group"),
            Self::MarkSettles { settle } => write!(f, "waits until the mark is {settle} old"),
            Self::RebalancingWouldKill => {
                f.write_str("rebalancing-would-kill: the cloud could even the zones out by terminating a busy instance")
            }
            Self::ZoneGivenUp { zone } => write!(f, "waits: zone {zone} of its group is given up for a while (zonal shift)"),
            Self::OtherCluster => f.write_str("its group belongs to another cluster"),
            Self::CheckRefuses => f.write_str("its step is refused, see the findings"),
            Self::NotReviewed => f.write_str("the saved plan leaves it alone"),
        }
    }
}
