//! The flags of the planner: one for each field of [`Policy`], which also holds the defaults.

use clap::Args;

use super::flags::{GROUPS, NODES, PODS, SCALE_IN, SCALE_UP, boolish};
use super::values::{cores, expander, fraction, memory, nodes_total, packing, scheduler_scoring};
use crate::duration::Seconds;
use crate::policy::{ExpanderChain, Packing, Policy, SchedulerScoring};

/// One flag for each field of [`Policy`], with its default.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "one switch on the command line each")]
pub struct PolicyFlags {
    /// Help the pending pods of this namespace only; repeatable; without it all
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',', env = "EC2_AUTOSCALE_POD_NAMESPACE", help_heading = PODS)]
    pub pod_namespace: Vec<String>,
    /// Pods of a lower priority never cause a purchase
    #[arg(
        long,
        value_name = "NUMBER",
        allow_negative_numbers = true,
        default_value_t = Policy::default().min_priority,
        env = "EC2_AUTOSCALE_MIN_PRIORITY",
        help_heading = PODS
    )]
    pub min_priority: i32,
    /// Pods of a lower priority do not keep a node: they end with it, jobs too; without it none do
    #[arg(
        long,
        value_name = "NUMBER",
        allow_negative_numbers = true,
        env = "EC2_AUTOSCALE_EXPENDABLE_BELOW",
        help_heading = PODS
    )]
    pub expendable_below: Option<i32>,
    /// Help the pods of this scheduler; repeatable
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_values_t = Policy::default().scheduler_names,
        env = "EC2_AUTOSCALE_SCHEDULER_NAME",
        help_heading = PODS
    )]
    pub scheduler_name: Vec<String>,
    /// The scheduler compares taints with the operators Lt and Gt (its feature TaintTolerationComparisonOperators)
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_NUMERIC_TOLERATIONS", help_heading = PODS)]
    pub numeric_tolerations: bool,
    /// How the scheduler chooses among nodes: least-allocated (its default) or most-allocated
    #[arg(
        long,
        value_name = "STRATEGY",
        value_parser = scheduler_scoring(),
        hide_possible_values = true,
        default_value_t = Policy::default().scheduler_scoring,
        env = "EC2_AUTOSCALE_SCHEDULER_SCORING",
        help_heading = PODS
    )]
    pub scheduler_scoring: SchedulerScoring,
    /// Touch this group and its nodes only; repeatable; without it all
    #[arg(long, value_name = "NAME", value_delimiter = ',', env = "EC2_AUTOSCALE_ONLY_GROUP", help_heading = GROUPS)]
    pub only_group: Vec<String>,
    /// The cluster has no node in this AWS account yet: buy although none shows that the two belong together
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_FIRST_NODES", help_heading = GROUPS)]
    pub first_nodes: bool,
    /// Add no nodes
    #[arg(long, visible_alias = "no-scale", value_parser = boolish(), env = "EC2_AUTOSCALE_NO_SCALE_UP", help_heading = SCALE_UP)]
    pub no_scale_up: bool,
    /// Longest time from the launch of an instance to a Ready node
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Policy::default().instance_init_time,
        env = "EC2_AUTOSCALE_INSTANCE_INIT_TIME",
        help_heading = SCALE_UP
    )]
    pub instance_init_time: Seconds,
    /// How long a group is left alone after a launch of it failed
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Policy::default().backoff,
        env = "EC2_AUTOSCALE_BACKOFF",
        help_heading = SCALE_UP
    )]
    pub backoff: Seconds,
    /// Extra nodes for each group that is scaled up
    #[arg(
        long,
        value_name = "NODES",
        default_value_t = Policy::default().over_provision,
        env = "EC2_AUTOSCALE_OVER_PROVISION",
        help_heading = SCALE_UP
    )]
    pub over_provision: u32,
    /// Most new nodes in one run
    #[arg(
        long,
        value_name = "NODES",
        default_value_t = Policy::default().max_scale_up,
        env = "EC2_AUTOSCALE_MAX_SCALE_UP",
        help_heading = SCALE_UP
    )]
    pub max_scale_up: u32,
    /// How groups are ranked: a list of priority, region, single-zone, spot, least-waste, most-pods, least-nodes, random
    #[arg(
        long,
        value_name = "LIST",
        value_parser = expander,
        default_value_t = Policy::default().expander,
        env = "EC2_AUTOSCALE_EXPANDER",
        help_heading = SCALE_UP
    )]
    pub expander: ExpanderChain,
    /// Another number, other lots of the expander random
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = Policy::default().seed,
        env = "EC2_AUTOSCALE_SEED",
        help_heading = SCALE_UP
    )]
    pub seed: u64,
    /// Spread new nodes over groups that differ only in their zone
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_BALANCE_SIMILAR_GROUPS", help_heading = SCALE_UP)]
    pub balance_similar_groups: bool,
    /// Buy nothing above so many nodes in the whole cluster
    #[arg(
        long,
        value_name = "NODES",
        value_parser = nodes_total,
        env = "EC2_AUTOSCALE_MAX_NODES_TOTAL",
        help_heading = SCALE_UP
    )]
    pub max_nodes_total: Option<i64>,
    /// Buy nothing above so much cpu that pods may request of all nodes together
    #[arg(long, value_name = "CORES", value_parser = cores, env = "EC2_AUTOSCALE_MAX_CPU", help_heading = SCALE_UP)]
    pub max_cpu: Option<i64>,
    /// Buy nothing above so much memory that pods may request of all nodes together, in GiB or as a quantity like 4Ti
    #[arg(long, value_name = "GIB", value_parser = memory, env = "EC2_AUTOSCALE_MAX_MEMORY", help_heading = SCALE_UP)]
    pub max_memory: Option<i64>,
    /// Buy for pods packed tightly (dense), or as the scheduler will place them (scheduler)
    #[arg(
        long,
        value_name = "HOW",
        value_parser = packing(),
        hide_possible_values = true,
        default_value_t = Policy::default().packing,
        env = "EC2_AUTOSCALE_PACKING",
        help_heading = SCALE_UP
    )]
    pub packing: Packing,
    /// Buy for a pod that needs one zone in a group that may launch in others, too
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_ALLOW_UNCERTAIN_ZONE", help_heading = SCALE_UP)]
    pub allow_uncertain_zone: bool,
    /// Take back what a group asked for and AWS cannot launch, where every live instance is protected from scale-in
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_REVERT_UNFILLED", help_heading = SCALE_UP)]
    pub revert_unfilled: bool,
    /// Remove no nodes
    #[arg(
        long,
        visible_alias = "no-maintenance",
        value_parser = boolish(),
        env = "EC2_AUTOSCALE_NO_SCALE_IN",
        help_heading = SCALE_IN
    )]
    pub no_scale_in: bool,
    /// How long a node must have been idle to go
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Policy::default().idle_threshold,
        env = "EC2_AUTOSCALE_IDLE_THRESHOLD",
        help_heading = SCALE_IN
    )]
    pub idle_threshold: Seconds,
    /// Younger nodes stay
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Policy::default().min_node_age,
        env = "EC2_AUTOSCALE_MIN_NODE_AGE",
        help_heading = SCALE_IN
    )]
    pub min_node_age: Seconds,
    /// Idle nodes of each shape (type, labels, taints) that are kept as spares; 5 when only --type-idle-threshold is given
    #[arg(long, value_name = "NODES", env = "EC2_AUTOSCALE_TYPE_IDLE_COUNT", help_heading = SCALE_IN)]
    pub type_idle_count: Option<u32>,
    /// How long spare idle nodes of a shape are kept [default: 7d]
    #[arg(long, value_name = "DURATION", env = "EC2_AUTOSCALE_TYPE_IDLE_THRESHOLD", help_heading = SCALE_IN)]
    pub type_idle_threshold: Option<Seconds>,
    /// Nodes stay for so long into each hour since their launch, where hours are paid whole; 0 is off
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Policy::default().launch_hour_threshold,
        env = "EC2_AUTOSCALE_LAUNCH_HOUR_THRESHOLD",
        help_heading = SCALE_IN
    )]
    pub launch_hour_threshold: Seconds,
    /// Drain nodes of which pods request less than this fraction of every resource, if they fit elsewhere; 0 is off
    #[arg(
        long,
        value_name = "FRACTION",
        value_parser = fraction,
        default_value_t = Policy::default().drain_utilization,
        env = "EC2_AUTOSCALE_DRAIN_UTILIZATION",
        help_heading = SCALE_IN
    )]
    pub drain_utilization: f64,
    /// Drain every node whose pods fit on the others
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_CONSOLIDATE", help_heading = SCALE_IN)]
    pub consolidate: bool,
    /// Pods placed more lately are not evicted
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Policy::default().drain_grace,
        env = "EC2_AUTOSCALE_DRAIN_GRACE",
        help_heading = SCALE_IN
    )]
    pub drain_grace: Seconds,
    /// A drain is given up after three times as long; with --wait, how long one run goes on emptying nodes
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Policy::default().drain_timeout,
        env = "EC2_AUTOSCALE_DRAIN_TIMEOUT",
        help_heading = SCALE_IN
    )]
    pub drain_timeout: Seconds,
    /// Most nodes that are drained at a time
    #[arg(
        long,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u32).range(1..),
        default_value_t = Policy::default().max_parallel_drains,
        env = "EC2_AUTOSCALE_MAX_PARALLEL_DRAINS",
        help_heading = SCALE_IN
    )]
    pub max_parallel_drains: u32,
    /// Most managed nodes that go in one run, as a fraction of them, rounded up
    #[arg(
        long,
        value_name = "FRACTION",
        value_parser = fraction,
        default_value_t = Policy::default().max_scale_in_fraction,
        env = "EC2_AUTOSCALE_MAX_SCALE_IN_FRACTION",
        help_heading = SCALE_IN
    )]
    pub max_scale_in_fraction: f64,
    /// Least time between the cordon of a node and its termination, in a later run
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Policy::default().cordon_settle,
        env = "EC2_AUTOSCALE_CORDON_SETTLE",
        help_heading = SCALE_IN
    )]
    pub cordon_settle: Seconds,
    /// A node that is not Ready for so long looks dead
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Policy::default().dead_after,
        env = "EC2_AUTOSCALE_DEAD_AFTER",
        help_heading = SCALE_IN
    )]
    pub dead_after: Seconds,
    /// When a larger fraction of the nodes, and more than 3, look dead, none is removed
    #[arg(
        long,
        value_name = "FRACTION",
        value_parser = fraction,
        default_value_t = Policy::default().max_dead_fraction,
        env = "EC2_AUTOSCALE_MAX_DEAD_FRACTION",
        help_heading = SCALE_IN
    )]
    pub max_dead_fraction: f64,
    /// Pods that a new node takes; without it what the network interfaces of its type allow
    #[arg(
        long,
        value_name = "PODS",
        value_parser = clap::value_parser!(u32).range(1..),
        env = "EC2_AUTOSCALE_MAX_PODS",
        help_heading = NODES
    )]
    pub max_pods: Option<u32>,
    /// Fraction of an instance's memory that the hypervisor keeps
    #[arg(
        long,
        value_name = "FRACTION",
        value_parser = fraction,
        default_value_t = Policy::default().vm_memory_overhead,
        env = "EC2_AUTOSCALE_VM_MEMORY_OVERHEAD",
        help_heading = NODES
    )]
    pub vm_memory_overhead: f64,
    /// Key of a further taint that nodes carry only while they start; repeatable
    #[arg(long, value_name = "KEY", value_delimiter = ',', env = "EC2_AUTOSCALE_STARTUP_TAINT", help_heading = NODES)]
    pub startup_taint: Vec<String>,
}
