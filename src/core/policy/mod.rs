//! Every limit, delay and switch the planner may use, each with its default and why.

mod cluster_limit;
mod expander;
mod written;

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::Seconds;
use crate::snapshot::{Group, Taint};

pub use cluster_limit::ClusterLimit;
pub use expander::{Expander, ExpanderChain, ExpanderError};

/// What the planner is allowed and told to do. It is part of every plan, so that a saved plan is judged by its own rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "one switch on the command line each")]
pub struct Policy {
    /// `--pod-namespace`: whose pending pods are helped; empty means all.
    pub pod_namespaces: Vec<String>,
    /// `--min-priority`: pods below it never cause a purchase. −10, as Cluster Autoscaler has it.
    pub min_priority: i32,
    /// `--expendable-below`: pods of a lower priority do not keep a node and end with it; absent for none.
    #[serde(default)]
    pub expendable_below: Option<i32>,
    /// `--scheduler-name`: whose pods are helped.
    pub scheduler_names: Vec<String>,
    /// `--instance-init-time`: how long an instance may take to become a Ready node. 25 minutes, as the predecessor had it.
    pub instance_init_time: Seconds,
    /// `--backoff`: how long a group that failed is left alone. An hour, as the predecessor had it.
    pub backoff: Seconds,
    /// `--over-provision`: extra nodes for each group that is scaled up.
    pub over_provision: u32,
    /// `--max-scale-up`: most new nodes in one run; a brake against a mistake that asks for thousands.
    pub max_scale_up: u32,
    /// `--expander`: by what the groups that could help a pod are ranked.
    #[serde(default)]
    pub expander: ExpanderChain,
    /// `--seed`: another number, other lots for `--expander random`.
    #[serde(default)]
    pub seed: u64,
    /// `--balance-similar-groups`: new nodes are spread over groups that differ in nothing but their zone.
    #[serde(default)]
    pub balance_similar_groups: bool,
    /// `--max-nodes-total`: nodes that the whole cluster may have; absent for any number.
    #[serde(default)]
    pub max_nodes_total: Option<i64>,
    /// `--max-cpu`: millicores that pods may request of all nodes together; absent for any number.
    #[serde(default)]
    pub max_cpu: Option<i64>,
    /// `--max-memory`: bytes that pods may request of all nodes together; absent for any number.
    #[serde(default)]
    pub max_memory: Option<i64>,
    /// `--idle-threshold`: how long a node must have been idle to go.
    pub idle_threshold: Seconds,
    /// `--min-node-age`: younger nodes stay.
    pub min_node_age: Seconds,
    /// `--dead-after`: Ready Unknown or False for so long looks dead.
    pub dead_after: Seconds,
    /// `--type-idle-count`: so many idle nodes of each shape are kept as spares.
    #[serde(default)]
    pub type_idle_count: u32,
    /// `--type-idle-threshold`: how long they are kept. A week, as the predecessor had it.
    #[serde(default = "default_type_idle_threshold")]
    pub type_idle_threshold: Seconds,
    /// `--launch-hour-threshold`: a node stays for so long into each hour since its launch, where hours are paid whole; 0 is
    /// off, as AWS bills by the second.
    #[serde(default)]
    pub launch_hour_threshold: Seconds,
    /// `--drain-utilization`: a node of which pods request less than this share, of every resource, may be drained; 0 is off.
    #[serde(default)]
    pub drain_utilization: f64,
    /// `--consolidate`: drains every node whose pods fit on the others.
    #[serde(default)]
    pub consolidate: bool,
    /// `--drain-grace`: a pod placed more lately is not evicted.
    #[serde(default = "default_drain_grace")]
    pub drain_grace: Seconds,
    /// `--drain-timeout`: a drain is given up after three times as long; with `--wait`, how long one run goes on emptying nodes.
    #[serde(default = "default_drain_timeout")]
    pub drain_timeout: Seconds,
    /// `--max-parallel-drains`: most nodes that are drained at a time.
    #[serde(default = "default_max_parallel_drains")]
    pub max_parallel_drains: u32,
    /// `--max-scale-in-fraction`: most managed nodes that go in one run, rounded up.
    pub max_scale_in_fraction: f64,
    /// `--cordon-settle`: least time between our cordon and the termination.
    pub cordon_settle: Seconds,
    /// `--max-dead-fraction`: when more than this, and more than 3, look dead, the view is broken rather than the fleet.
    pub max_dead_fraction: f64,
    /// `--no-scale-up`.
    pub scale_up: bool,
    /// `--no-scale-in`.
    pub scale_in: bool,
    /// `--max-pods`: pods a node takes, instead of what its network interfaces allow.
    pub max_pods: Option<u32>,
    /// `--vm-memory-overhead`: share of an instance's memory that the hypervisor keeps. 0.075 is Karpenter's default.
    pub vm_memory_overhead: f64,
    /// `--startup-taint`: further taints, by key, that a node has only while it starts.
    pub startup_taints: Vec<String>,
    /// `--numeric-tolerations`: the scheduler compares taints by the operators `Lt` and `Gt`, which is off by default there.
    #[serde(default)]
    pub numeric_tolerations: bool,
    /// `--scheduler-scoring`: how the scheduler chooses among nodes that fit.
    #[serde(default)]
    pub scheduler_scoring: SchedulerScoring,
    /// `--packing`: how many nodes are bought for the pods of a plan.
    #[serde(default)]
    pub packing: Packing,
    /// `--allow-uncertain-zone`: buys for a pod that needs one zone in a group that may launch in others, too.
    #[serde(default)]
    pub allow_uncertain_zone: bool,
    /// `--revert-unfilled`: takes back what a group asked for and AWS cannot launch, where nothing that lives can be hit.
    #[serde(default)]
    pub revert_unfilled: bool,
    /// `--first-nodes`: the cluster has no node of this account yet, so that none can show that the two belong together.
    #[serde(default)]
    pub first_nodes: bool,
    /// `--only-group`: no other group or node of another group is touched; empty means all.
    pub only_groups: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            pod_namespaces: Vec::new(),
            min_priority: -10,
            expendable_below: None,
            scheduler_names: vec!["default-scheduler".to_owned()],
            instance_init_time: Seconds::minutes(25),
            backoff: Seconds::minutes(60),
            over_provision: 0,
            max_scale_up: 100,
            expander: ExpanderChain::default(),
            seed: 0,
            balance_similar_groups: false,
            max_nodes_total: None,
            max_cpu: None,
            max_memory: None,
            idle_threshold: Seconds::minutes(10),
            min_node_age: Seconds::minutes(10),
            dead_after: Seconds::minutes(60),
            type_idle_count: 0,
            type_idle_threshold: default_type_idle_threshold(),
            launch_hour_threshold: Seconds(0),
            drain_utilization: 0.0,
            consolidate: false,
            drain_grace: default_drain_grace(),
            drain_timeout: default_drain_timeout(),
            max_parallel_drains: default_max_parallel_drains(),
            max_scale_in_fraction: 0.1,
            cordon_settle: Seconds(30),
            max_dead_fraction: 0.45,
            scale_up: true,
            scale_in: true,
            max_pods: None,
            vm_memory_overhead: 0.075,
            startup_taints: Vec::new(),
            numeric_tolerations: false,
            scheduler_scoring: SchedulerScoring::LeastAllocated,
            packing: Packing::Dense,
            allow_uncertain_zone: false,
            revert_unfilled: false,
            first_nodes: false,
            only_groups: Vec::new(),
        }
    }
}

/// `--type-idle-count`, when only `--type-idle-threshold` is given: the predecessor's number.
pub const DEFAULT_SPARES: u32 = 5;

fn default_type_idle_threshold() -> Seconds {
    Seconds::minutes(7 * 24 * 60)
}

fn default_drain_grace() -> Seconds {
    Seconds::minutes(60)
}

fn default_drain_timeout() -> Seconds {
    Seconds::minutes(10)
}

fn default_max_parallel_drains() -> u32 {
    10
}

/// How the scheduler chooses among the nodes that a pod fits (`scoringStrategy` of the NodeResourcesFit plugin).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SchedulerScoring {
    /// The emptiest node: the scheduler's own default, which spreads pods.
    #[default]
    LeastAllocated,
    /// The fullest node that still fits.
    MostAllocated,
}

/// How many nodes are bought for the pods of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// As few as hold them when packed tightly. The scheduler does not pack so tightly: some pods may wait for another run.
    #[default]
    Dense,
    /// As many as hold them the way the scheduler will place them.
    Scheduler,
}

impl fmt::Display for SchedulerScoring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeastAllocated => "least-allocated",
            Self::MostAllocated => "most-allocated",
        })
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dense => "dense",
            Self::Scheduler => "scheduler",
        })
    }
}

/// The settings that a group's tags `ec2-autoscale/<flag>` may change for that group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupPolicy {
    /// Tag `ec2-autoscale/priority`: the higher is tried first.
    pub priority: i64,
    /// As in [`Policy`].
    pub instance_init_time: Seconds,
    /// As in [`Policy`].
    pub backoff: Seconds,
    /// As in [`Policy`].
    pub over_provision: u32,
    /// Most new nodes of this group in one run; the run's own limit holds as well.
    pub max_scale_up: u32,
    /// As in [`Policy`].
    pub idle_threshold: Seconds,
    /// As in [`Policy`].
    pub min_node_age: Seconds,
    /// As in [`Policy`].
    pub dead_after: Seconds,
    /// As in [`Policy`].
    pub type_idle_count: u32,
    /// As in [`Policy`].
    pub type_idle_threshold: Seconds,
    /// As in [`Policy`].
    pub drain_utilization: f64,
    /// As in [`Policy`].
    pub consolidate: bool,
    /// As in [`Policy`].
    pub drain_grace: Seconds,
    /// As in [`Policy`].
    pub drain_timeout: Seconds,
    /// As in [`Policy`].
    pub max_pods: Option<u32>,
    /// As in [`Policy`].
    pub vm_memory_overhead: f64,
}

/// A tag `ec2-autoscale/<flag>` whose value is not understood; the run's own setting holds instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSetting {
    /// The flag's name.
    pub name: String,
    /// The tag's value.
    pub value: String,
    /// What would be understood.
    pub expected: &'static str,
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tag ec2-autoscale/{}={} is ignored: expected {}", self.name, self.value, self.expected)
    }
}

impl Policy {
    /// The policy for one group, and the tags of it that are not understood.
    #[must_use]
    pub fn for_group(&self, group: &Group) -> (GroupPolicy, Vec<BadSetting>) {
        let mut bad = Vec::new();
        let mut own = GroupPolicy {
            priority: 0,
            instance_init_time: self.instance_init_time,
            backoff: self.backoff,
            over_provision: self.over_provision,
            max_scale_up: self.max_scale_up,
            idle_threshold: self.idle_threshold,
            min_node_age: self.min_node_age,
            dead_after: self.dead_after,
            type_idle_count: self.type_idle_count,
            type_idle_threshold: self.type_idle_threshold,
            drain_utilization: self.drain_utilization,
            consolidate: self.consolidate,
            drain_grace: self.drain_grace,
            drain_timeout: self.drain_timeout,
            max_pods: self.max_pods,
            vm_memory_overhead: self.vm_memory_overhead,
        };
        for (name, value) in &group.tags.settings {
            if let Err(expected) = own.set(name, value) {
                bad.push(BadSetting { name: name.clone(), value: value.clone(), expected });
            }
        }
        let names = |name: &str| group.tags.settings.contains_key(name);
        if names("type-idle-threshold") && !names("type-idle-count") && own.type_idle_count == 0 {
            own.type_idle_count = DEFAULT_SPARES;
        }
        (own, bad)
    }

    /// The longest that an instance of any of these groups may take to become a node.
    #[must_use]
    pub fn longest_init_time(&self, groups: &[Group]) -> Seconds {
        let own = groups.iter().map(|group| self.for_group(group).0.instance_init_time);
        own.chain([self.instance_init_time]).max().unwrap_or(self.instance_init_time)
    }

    /// Whether a taint is one that a node has only while it starts (`reference/scheduler.md`: the well-known ones of the
    /// kubelet, the cloud controller and Cluster Autoscaler, and `--startup-taint`).
    #[must_use]
    pub fn is_startup_taint(&self, taint: &Taint) -> bool {
        const WELL_KNOWN: [&str; 2] = ["node.kubernetes.io/not-ready", "node.cloudprovider.kubernetes.io/uninitialized"];
        const PREFIX: &str = "startup-taint.cluster-autoscaler.kubernetes.io/";
        WELL_KNOWN.contains(&taint.key.as_str()) || taint.key.starts_with(PREFIX) || self.startup_taints.contains(&taint.key)
    }

    /// How large the whole cluster may grow; `None` for any size.
    #[must_use]
    pub fn cluster_limit(&self, limit: ClusterLimit) -> Option<i64> {
        match limit {
            ClusterLimit::Nodes => self.max_nodes_total,
            ClusterLimit::Cpu => self.max_cpu,
            ClusterLimit::Memory => self.max_memory,
        }
    }

    /// Whether `--only-group` lets this run touch a group of that name.
    #[must_use]
    pub fn may_touch(&self, group: &str) -> bool {
        self.only_groups.is_empty() || self.only_groups.iter().any(|name| name == group)
    }
}

impl GroupPolicy {
    /// Applies one tag; the error says what its value should have been.
    fn set(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        const DURATION: &str = "a duration such as 600, 10m or 1h30m";
        const COUNT: &str = "a whole number, 0 or more";
        let duration = || value.parse::<Seconds>().map_err(|_| DURATION);
        let count = || value.parse::<u32>().map_err(|_| COUNT);
        match name {
            "priority" => self.priority = value.parse().map_err(|_| "a whole number")?,
            "instance-init-time" => self.instance_init_time = duration()?,
            "backoff" => self.backoff = duration()?,
            "over-provision" => self.over_provision = count()?,
            "max-scale-up" => self.max_scale_up = count()?,
            "idle-threshold" => self.idle_threshold = duration()?,
            "min-node-age" => self.min_node_age = duration()?,
            "dead-after" => self.dead_after = duration()?,
            "type-idle-count" => self.type_idle_count = count()?,
            "type-idle-threshold" => self.type_idle_threshold = duration()?,
            "drain-utilization" => self.drain_utilization = fraction(value)?,
            "consolidate" => self.consolidate = switch(value)?,
            "drain-grace" => self.drain_grace = duration()?,
            "drain-timeout" => self.drain_timeout = duration()?,
            "max-pods" => self.max_pods = Some(count()?),
            "vm-memory-overhead" => self.vm_memory_overhead = fraction(value)?,
            "enabled" => {}
            _ => return Err("a setting that a group can have; see the table of flags in the README"),
        }
        Ok(())
    }
}

/// A switch: `true` or `1`, `false` or `0`.
fn switch(value: &str) -> Result<bool, &'static str> {
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("true or false"),
    }
}

/// A number from 0 to 1.
fn fraction(value: &str) -> Result<f64, &'static str> {
    value.parse().ok().filter(|fraction| (0.0..=1.0).contains(fraction)).ok_or("a number from 0 to 1")
}

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        Self::from_secs(seconds.0)
    }
}
