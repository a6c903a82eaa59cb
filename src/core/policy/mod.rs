//! Every limit, delay and switch that the planner may use, each with its default and why. A flag is
//! one row of `table`.

mod choices;
mod cluster_limit;
mod default_spares;
mod expander;
mod file;
mod flag_value;
mod group;
mod group_rule;
mod growth_rate;
mod has_labels;
mod in_force;
mod kind;
mod named_limit;
mod only_group;
mod pod_quota;
mod schedule;
mod setting;
mod takes;
mod timed;
#[macro_use]
mod settings_macro;
mod table;

use std::time::Duration;

use crate::duration::Seconds;
use crate::snapshot::{Group, Taint, TaintEffect};

use crate::well_known::taints;
pub use choices::{LaunchWay, Packing, RevertUnfilled, SchedulerScoring};
pub use cluster_limit::{ClusterLimit, micros};
pub use default_spares::spares;
pub use expander::{Expander, ExpanderChain, ExpanderError};
pub use file::{PolicyFile, PolicyFileError, ScheduleInFile};
pub use flag_value::FlagValue;
pub use group::BadSetting;
pub use group_rule::GroupRule;
use group_rule::is_named;
pub use growth_rate::GrowthRate;
pub use in_force::InForce;
pub use named_limit::{BadAmount, Limited, NamedLimit};
pub use pod_quota::PodQuota;
pub use setting::Setting;
pub use table::{GroupPolicy, Policy};
pub use takes::Takes;
pub use timed::TimedPolicy;

impl Policy {
    /// Returns the longest time that an instance of any of these groups may take to become a node.
    #[must_use]
    pub fn longest_init_time(&self, groups: &[Group]) -> Seconds {
        let own = groups.iter().map(|group| self.for_group(group).0.instance_init_time);
        own.chain([self.instance_init_time]).max().unwrap_or(self.instance_init_time)
    }

    /// Whether a taint is one that a node has only while it starts: a well-known one, or one of
    /// `--startup-taint`.
    #[must_use]
    pub fn is_startup_taint(&self, taint: &Taint) -> bool {
        let own = self.startup_taints.iter().map(String::as_str);
        taints::WHILE_IT_STARTS.into_iter().chain(own).any(|pattern| covers(pattern, &taint.key))
    }

    /// Whether a taint says that something is wrong with a node, or that it is leaving, and nothing
    /// of its group: a well-known one, or one of `--status-taint`.
    #[must_use]
    pub fn is_status_taint(&self, taint: &Taint) -> bool {
        let own = self.status_taints.iter().map(String::as_str);
        taints::OF_ITS_CONDITION.into_iter().chain(own).any(|pattern| covers(pattern, &taint.key))
    }

    /// Whether a taint stays as long as the node and keeps pods away.
    #[must_use]
    pub fn is_lasting_taint(&self, taint: &Taint) -> bool {
        let keeps_away = taint.effect != TaintEffect::PreferNoSchedule;
        keeps_away && !self.is_status_taint(taint) && !self.is_startup_taint(taint)
    }

    /// Whether nodes are added because the scheduler packs less densely than a plan.
    #[must_use]
    pub fn packs_as_the_scheduler(&self) -> bool {
        match self.packing {
            Packing::Auto => !self.expander.needs_prices(),
            Packing::Dense => false,
            Packing::Scheduler => true,
        }
    }

    /// Whether it decides by prices, so that without any it would decide nothing.
    #[must_use]
    pub fn needs_prices(&self) -> Option<&'static str> {
        let is_of_money = |limit: &NamedLimit| limit.most.contains_key(&Limited::UsdPerHour);
        let has_money = |quota: &PodQuota| quota.most.contains_key(&Limited::UsdPerHour);
        match (self.expander.needs_prices(), self.max_hourly_cost) {
            (true, _) => Some("--expander price"),
            (false, Some(_)) => Some("--max-hourly-cost"),
            (false, None) if self.limits.iter().any(is_of_money) => Some("a limit of usd-per-hour"),
            (false, None) => self.quotas.iter().any(has_money).then_some("a quota of usd-per-hour"),
        }
    }

    /// Returns how large the whole cluster may grow; `None` for any size.
    #[must_use]
    pub fn cluster_limit(&self, limit: ClusterLimit) -> Option<i64> {
        match limit {
            ClusterLimit::Nodes => self.max_nodes_total,
            ClusterLimit::Cpu => self.max_cpu,
            ClusterLimit::Memory => self.max_memory,
            ClusterLimit::HourlyCost => self.max_hourly_cost,
        }
    }
}

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        Self::from_secs(seconds.0)
    }
}

/// Whether a key is this one, or begins as one that ends in `*`.
fn covers(pattern: &str, key: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => key.starts_with(beginning),
        None => pattern == key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taint_of_the_moment_is_a_whole_key_or_a_beginning() {
        let policy = Policy {
            startup_taints: vec!["own/starting".into(), "agents/*".into()],
            status_taints: vec!["own/sick".into(), "health.example.com/*".into()],
            ..Policy::default()
        };
        let taint = |key: &str| Taint { key: key.to_owned(), value: String::new(), effect: TaintEffect::NoSchedule };
        for (key, starting, status) in [
            ("node.kubernetes.io/not-ready", true, true),
            ("node.kubernetes.io/disk-pressure", false, true),
            ("readiness.k8s.io/network", true, false),
            ("node.cilium.io/agent-not-ready", true, false),
            ("node.cilium.io/other", false, false),
            ("karpenter.sh/disrupted", false, true),
            ("NodeWithImpairedVolumes", false, true),
            ("ec2-autoscale/idle-since", false, true),
            ("own/starting", true, false),
            ("own/starting-late", false, false),
            ("agents/gpu", true, false),
            ("own/sick", false, true),
            ("health.example.com/disk", false, true),
            ("dedicated", false, false),
        ] {
            let found = (policy.is_startup_taint(&taint(key)), policy.is_status_taint(&taint(key)));
            assert_eq!(found, (starting, status), "{key}");
        }
    }
}
