//! What the scheduler is expected to do with the nodes a plan adds.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::reason::count;
use crate::policy::SchedulerScoring;
use crate::snapshot::ObjectName;

/// The pods for which nodes are bought, placed in the scheduler's own order and with its own
/// scoring. Its order of pods that were created in the same second is not known: several are tried,
/// and the one that leaves the most waiting counts. It breaks ties between nodes at random, so this
/// is an expectation and no promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replay {
    /// How the scheduler is assumed to choose among nodes.
    pub scoring: SchedulerScoring,
    /// How many pods get a node by this plan.
    pub pods: u32,
    /// How many nodes this plan adds, the spare ones among them.
    pub nodes: u32,
    /// How many pods may have to wait for another run when all nodes appear at the same time.
    pub waiting_at_once: u32,
    /// How many pods may have to wait when the nodes appear one by one.
    pub waiting_one_by_one: u32,
    /// How many nodes hold all pods, whether they appear at the same time or one by one; absent
    /// when a limit allows no such number, or when the plan is too large to search for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes_for_certain: Option<u32>,
    /// The pods that may have to wait when all nodes appear at the same time; where none has to,
    /// those that may have to wait when the nodes appear one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<ObjectName>,
}

impl Replay {
    /// Whether some pods may have to wait for another run.
    #[must_use]
    pub const fn leaves_pods_waiting(&self) -> bool {
        self.waiting_at_once > 0 || self.waiting_one_by_one > 0
    }
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { waiting_at_once, waiting_one_by_one, nodes_for_certain, .. } = self;
        let pods = count(u64::from(self.pods), "pod");
        let nodes = count(u64::from(self.nodes), "new node");
        match waiting_at_once {
            0 => write!(
                f,
                "of {pods}, {waiting_one_by_one} may have to wait for another run if the {nodes} appear one by one (none if at \
                 once)"
            )?,
            _ => write!(
                f,
                "of {pods}, {waiting_at_once} may have to wait for another run if the {nodes} appear at once \
                 ({waiting_one_by_one} if one by one)"
            )?,
        }
        match nodes_for_certain {
            Some(certain) if *certain > self.nodes => write!(f, "; {certain} would hold them for certain"),
            _ => Ok(()),
        }
    }
}
