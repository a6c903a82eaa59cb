//! Every limit, delay and switch that the planner may use, each with its default and why. A flag is
//! one row of `table`.

mod choices;
mod cluster_limit;
mod default_spares;
mod expander;
mod group;
mod kind;
mod only_group;
mod setting;
mod takes;
#[macro_use]
mod settings_macro;
mod table;

use std::time::Duration;

use crate::duration::Seconds;
use crate::snapshot::{Group, Taint};

use crate::well_known::taints;
pub use choices::{Packing, SchedulerScoring};
pub use cluster_limit::ClusterLimit;
pub use default_spares::spares;
pub use expander::{Expander, ExpanderChain, ExpanderError};
pub use group::BadSetting;
pub use setting::Setting;
pub use table::{GroupPolicy, Policy};
pub use takes::Takes;

impl Policy {
    /// Returns the longest time that an instance of any of these groups may take to become a node.
    #[must_use]
    pub fn longest_init_time(&self, groups: &[Group]) -> Seconds {
        let own = groups.iter().map(|group| self.for_group(group).0.instance_init_time);
        own.chain([self.instance_init_time]).max().unwrap_or(self.instance_init_time)
    }

    /// Whether a taint is one that a node has only while it starts: the well-known ones of the
    /// kubelet, the cloud controller and Cluster Autoscaler, and `--startup-taint`.
    #[must_use]
    pub fn is_startup_taint(&self, taint: &Taint) -> bool {
        let key = taint.key.as_str();
        taints::WHILE_IT_STARTS.contains(&key) || key.starts_with(taints::STARTUP) || self.startup_taints.contains(&taint.key)
    }

    /// Returns how large the whole cluster may grow; `None` for any size.
    #[must_use]
    pub fn cluster_limit(&self, limit: ClusterLimit) -> Option<i64> {
        match limit {
            ClusterLimit::Nodes => self.max_nodes_total,
            ClusterLimit::Cpu => self.max_cpu,
            ClusterLimit::Memory => self.max_memory,
        }
    }
}

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        Self::from_secs(seconds.0)
    }
}
