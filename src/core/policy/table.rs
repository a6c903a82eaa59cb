//! Every limit, delay and switch the planner may use: **a flag is one row**.
//!
//! ```text
//! /// Its meaning, as the help shows it
//! ///
//! /// What the manual adds to it.
//! field: Type = default, "--flag, --alias <VALUE>" as KIND, tag;
//! ```
//!
//! From a row come the field and its default, the form in saved plans, the flag with its variable
//! and help, the tag of a group that sets it for that group (where the row ends with `tag`), and
//! the row of `src/manual/flags.md`, which a test prints. A [`kind`] defines how values are read
//! and written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::setting::flag_of;
use super::{
    ExpanderChain, GroupRule, GrowthRate, InForce, LaunchWay, NamedLimit, Packing, PodQuota, RevertUnfilled, SchedulerScoring,
    Setting, kind,
};
use crate::duration::Seconds;

settings! {
    "Pods" {
        /// Help the pending pods of this namespace only; repeatable; all namespaces without it
        ///
        /// The namespace must exist; running pods of all namespaces count.
        pod_namespaces: Vec<String> = Vec::new(), "--pod-namespace <NAMESPACE>" as NAMES;
        // As Cluster Autoscaler has it.
        /// Pods of a lower priority never cause a purchase
        ///
        /// They may still keep a node: see `--expendable-below`.
        min_priority: i32 = -10, "--min-priority <NUMBER>" as NUMBER;
        /// Pods of a lower priority do not keep a node: they end with it, jobs too
        expendable_below: Option<i32> = None, "--expendable-below <NUMBER>" as NUMBER_OR_NOTHING;
        /// Help the pods of this scheduler; repeatable
        scheduler_names: Vec<String> = vec!["default-scheduler".to_owned()], "--scheduler-name <NAME>" as NAMES;
        // The feature is off by default in Kubernetes.
        /// The scheduler compares taints with the operators `Lt` and `Gt` (its feature
        /// `TaintTolerationComparisonOperators`)
        numeric_tolerations: bool = false, "--numeric-tolerations" as SWITCH;
        /// How the scheduler chooses among nodes: `least-allocated` (its default) or
        /// `most-allocated`
        scheduler_scoring: SchedulerScoring = SchedulerScoring::LeastAllocated,
            "--scheduler-scoring <STRATEGY>" as SCORING;
    }
    "Groups" {
        /// Touch this group and its nodes only; repeatable; all groups without it
        ///
        /// A name that no managed group has is an error.
        only_groups: Vec<String> = Vec::new(), "--only-group <NAME>" as NAMES;
        /// Buy although no node shows that cluster and account belong together: the cluster has
        /// none in this account yet
        first_nodes: bool = false, "--first-nodes" as SWITCH;
    }
    "Scale up" {
        /// Add no nodes
        scale_up: bool = true, "--no-scale-up, --no-scale" as SWITCH_OFF;
        // As the predecessor had it.
        /// Longest time from the launch of an instance to a Ready node
        instance_init_time: Seconds = Seconds::minutes(25), "--instance-init-time <DURATION>" as DURATION, tag;
        // As the predecessor had it.
        /// How long a group does not grow after one of its launches failed
        backoff: Seconds = Seconds::minutes(60), "--backoff <DURATION>" as DURATION, tag;
        /// Extra nodes for each group that is scaled up
        over_provision: u32 = 0, "--over-provision <NODES>" as COUNT, tag;
        // A limit against a mistake that requests thousands.
        /// At most this many new nodes per run
        ///
        /// Its tag limits the new nodes of that group alone.
        max_scale_up: u32 = 100, "--max-scale-up <NODES>" as COUNT, tag;
        /// At most this many new nodes within a time, such as 20/1h, whichever runs buy them
        max_growth: Option<GrowthRate> = None, "--max-growth <NODES/DURATION>" as GROWTH_RATE;
        /// How groups are ranked: a list of priority, region, single-zone, spot, price,
        /// least-waste, most-pods, least-nodes, random
        ///
        /// See [which group is bought in](deciding.md#which-group-is-bought-in).
        expander: ExpanderChain = ExpanderChain::default(), "--expander <LIST>" as EXPANDERS;
        /// The seed of the expander `random`: another number gives another order
        seed: u64 = 0, "--seed <NUMBER>" as SEED;
        /// Spread new nodes over groups that differ only in their zone
        balance_similar_groups: bool = false, "--balance-similar-groups" as SWITCH;
        /// Buy nothing beyond this many nodes in the whole cluster
        max_nodes_total: Option<i64> = None, "--max-nodes-total <NODES>" as NODES_LIMIT;
        // In millicores.
        /// Buy nothing beyond this much cpu that pods may request of all nodes together
        max_cpu: Option<i64> = None, "--max-cpu <CORES>" as CPU_LIMIT;
        // In bytes.
        /// Buy nothing beyond this much memory that pods may request of all nodes together, in GiB
        /// or as a quantity like `4Ti`
        max_memory: Option<i64> = None, "--max-memory <GIB>" as MEMORY_LIMIT;
        // In millionths of a dollar.
        /// Buy nothing beyond this many dollars per hour for all groups together
        ///
        /// It needs [prices](money.md). What runs is counted by what it is, what is new by
        /// the dearest that it may be, what reservations pay for as nothing; nodes outside of
        /// groups do not count. Nothing is removed because of it.
        max_hourly_cost: Option<i64> = None, "--max-hourly-cost <USD>" as COST_LIMIT;
        /// Buy for tight packing (`dense`), or up to a tenth more for the scheduler's way
        /// (`scheduler`); `auto` is `dense` with expander `price`
        packing: Packing = Packing::Auto, "--packing <HOW>" as PACKING;
        /// Ask for new nodes zone by zone, with an answer at once (`auto`), or as a number
        /// (`set-desired`)
        ///
        /// See [how new nodes are asked for](launching.md).
        launch: LaunchWay = LaunchWay::Auto, "--launch <HOW>" as LAUNCH, tag;
        /// Buy for a pod that needs one zone in a group that may launch in others, too
        allow_uncertain_zone: bool = false, "--allow-uncertain-zone" as SWITCH;
        /// When to take back desired capacity that the cloud cannot launch: never, when-served
        /// (once no pod waits for it), always
        ///
        /// Only where every live instance is protected from scale-in, and the group protects its
        /// new instances as well. Without a value it means `always`.
        revert_unfilled: RevertUnfilled = RevertUnfilled::WhenServed, "--revert-unfilled <WHEN>" as REVERT;
    }
    "Scale in" {
        /// Remove no nodes
        scale_in: bool = true, "--no-scale-in, --no-maintenance" as SWITCH_OFF;
        /// How long a node must have been idle before it is removed
        idle_threshold: Seconds = Seconds::minutes(10), "--idle-threshold <DURATION>" as DURATION, tag;
        /// Nodes younger than this are kept
        min_node_age: Seconds = Seconds::minutes(10), "--min-node-age <DURATION>" as DURATION, tag;
        /// Idle nodes of each shape (type, labels, taints) that are kept as spares; 5 when only
        /// `--type-idle-threshold` is given
        type_idle_count: u32 = 0, "--type-idle-count <NODES>" as COUNT, tag;
        // A week, as the predecessor had it.
        /// How long spare idle nodes of a shape are kept
        type_idle_threshold: Seconds = Seconds::minutes(7 * 24 * 60), "--type-idle-threshold <DURATION>" as DURATION, tag;
        // Off, as most clouds bill by the second.
        /// Keep nodes for this long into each hour since their launch, where whole hours are paid;
        /// 0 is off
        launch_hour_threshold: Seconds = Seconds(0), "--launch-hour-threshold <DURATION>" as DURATION;
        /// Drain nodes of which pods request less than this fraction of every resource, if they fit
        /// elsewhere; 0 is off
        drain_utilization: f64 = 0.0, "--drain-utilization <FRACTION>" as FRACTION, tag;
        /// Drain every node whose pods fit on the others
        ///
        /// With [prices](money.md) it also replaces nodes by one that costs less.
        consolidate: bool = false, "--consolidate" as SWITCH, tag;
        // Average nodes are then replaced where that saves a quarter of their price. Karpenter's
        // `consolidationPolicy: Balanced` is 0.5, and its other values are 1 and a third.
        /// Empty only nodes whose price is worth the disruption: 1 is an average node, 0 any;
        /// needs prices
        ///
        /// See [what emptying a node is worth](consolidation.md).
        min_consolidation_score: f64 = 0.25, "--min-consolidation-score <SCORE>" as SCORE, tag;
        /// Pods placed more recently than this are not evicted
        drain_grace: Seconds = Seconds::minutes(60), "--drain-grace <DURATION>" as DURATION, tag;
        /// Pods that state what their end loses (`ec2-autoscale/checkpointed-at`) are not evicted
        /// while it is more
        ///
        /// See [pods that can start again](consolidation.md).
        max_lost_work: Seconds = Seconds::minutes(10), "--max-lost-work <DURATION>" as DURATION, tag;
        /// A drain is given up after three times as long; with `--wait`, how long one run goes on
        /// draining nodes
        drain_timeout: Seconds = Seconds::minutes(10), "--drain-timeout <DURATION>" as DURATION, tag;
        /// At most this many nodes are drained at the same time
        max_parallel_drains: u32 = 10, "--max-parallel-drains <NUMBER>" as COUNT_FROM_1;
        /// At most this fraction of the managed nodes is removed per run, rounded up
        max_scale_in_fraction: f64 = 0.1, "--max-scale-in-fraction <FRACTION>" as FRACTION;
        /// Least time between the cordon of a node and its termination, in a later run
        cordon_settle: Seconds = Seconds(30), "--cordon-settle <DURATION>" as DURATION;
        /// A node that has been not Ready for this long looks dead
        dead_after: Seconds = Seconds::minutes(60), "--dead-after <DURATION>" as DURATION, tag;
        // Then the view is broken rather than the fleet.
        /// When a larger fraction of the nodes, and more than 3, look dead, none is removed
        max_dead_fraction: f64 = 0.45, "--max-dead-fraction <FRACTION>" as FRACTION;
    }
    "New nodes" {
        /// Pods that a new node takes; without it what the network interfaces of its type allow
        max_pods: Option<u32> = None, "--max-pods <PODS>" as COUNT_FROM_1_OR_NOTHING, tag;
        // Karpenter's default.
        /// Fraction of an instance's memory that the hypervisor keeps
        vm_memory_overhead: f64 = 0.075, "--vm-memory-overhead <FRACTION>" as FRACTION, tag;
        /// Key of a further taint that nodes carry only while they start, or its beginning and `*`;
        /// repeatable
        startup_taints: Vec<String> = Vec::new(), "--startup-taint <KEY>" as NAMES;
        /// Key, or beginning and `*`, of a taint of nodes in trouble, not of their group;
        /// repeatable
        status_taints: Vec<String> = Vec::new(), "--status-taint <KEY>" as NAMES;
    }
}
