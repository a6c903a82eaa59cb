//! What the scheduler is expected to do with the nodes a plan adds.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::reason::count;
use crate::policy::SchedulerScoring;
use crate::snapshot::ObjectName;

/// The pods for which nodes are bought, placed in the scheduler's own order and with its own
/// scoring. The scheduler breaks ties at random, so this is an expectation and no promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replay {
    /// How the scheduler is assumed to choose among nodes.
    pub scoring: SchedulerScoring,
    /// How many pods get a node by this plan.
    pub pods: u32,
    /// How many nodes this plan adds for them.
    pub nodes: u32,
    /// How many pods may have to wait for another run when all nodes appear at the same time.
    pub waiting_at_once: u32,
    /// How many pods may have to wait when the nodes appear one by one.
    pub waiting_one_by_one: u32,
    /// How many nodes hold all pods even when they appear at the same time; absent when a limit
    /// allows no such number, or when the plan is too large to search for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes_for_certain: Option<u32>,
    /// The pods that may have to wait when all nodes appear at the same time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<ObjectName>,
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pods, nodes, waiting_at_once, waiting_one_by_one, nodes_for_certain, .. } = self;
        write!(
            f,
            "of {}, {waiting_at_once} may have to wait for another run if the {} appear at once ({waiting_one_by_one} if one by \
             one)",
            count(u64::from(*pods), "pod"),
            count(u64::from(*nodes), "new node"),
        )?;
        match nodes_for_certain {
            Some(certain) if certain > nodes => write!(f, "; {certain} would hold them for certain"),
            _ => Ok(()),
        }
    }
}
