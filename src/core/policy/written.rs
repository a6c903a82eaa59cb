//! A policy as the command line writes it.

use super::{ClusterLimit, Policy};
use crate::duration::Seconds;

impl Policy {
    /// Each flag without its dashes, with its value as it could be given; `nothing` where no value was. Different values are
    /// written differently.
    #[must_use]
    pub fn written(&self) -> Vec<(&'static str, String)> {
        let Self {
            pod_namespaces,
            min_priority,
            expendable_below,
            scheduler_names,
            instance_init_time,
            backoff,
            over_provision,
            max_scale_up,
            expander,
            seed,
            balance_similar_groups,
            max_nodes_total,
            max_cpu,
            max_memory,
            idle_threshold,
            min_node_age,
            dead_after,
            type_idle_count,
            type_idle_threshold,
            launch_hour_threshold,
            drain_utilization,
            consolidate,
            drain_grace,
            drain_timeout,
            max_parallel_drains,
            max_scale_in_fraction,
            cordon_settle,
            max_dead_fraction,
            scale_up,
            scale_in,
            max_pods,
            vm_memory_overhead,
            startup_taints,
            numeric_tolerations,
            scheduler_scoring,
            packing,
            allow_uncertain_zone,
            revert_unfilled,
            first_nodes,
            only_groups,
        } = self;
        vec![
            ("pod-namespace", list(pod_namespaces)),
            ("min-priority", min_priority.to_string()),
            ("expendable-below", expendable_below.map_or_else(nothing, |priority| priority.to_string())),
            ("scheduler-name", list(scheduler_names)),
            ("instance-init-time", duration(*instance_init_time)),
            ("backoff", duration(*backoff)),
            ("over-provision", over_provision.to_string()),
            ("max-scale-up", max_scale_up.to_string()),
            ("expander", expander.to_string()),
            ("seed", seed.to_string()),
            ("balance-similar-groups", balance_similar_groups.to_string()),
            ("max-nodes-total", limit(ClusterLimit::Nodes, *max_nodes_total)),
            ("max-cpu", limit(ClusterLimit::Cpu, *max_cpu)),
            ("max-memory", limit(ClusterLimit::Memory, *max_memory)),
            ("idle-threshold", duration(*idle_threshold)),
            ("min-node-age", duration(*min_node_age)),
            ("dead-after", duration(*dead_after)),
            ("type-idle-count", type_idle_count.to_string()),
            ("type-idle-threshold", duration(*type_idle_threshold)),
            ("launch-hour-threshold", duration(*launch_hour_threshold)),
            ("drain-utilization", drain_utilization.to_string()),
            ("consolidate", consolidate.to_string()),
            ("drain-grace", duration(*drain_grace)),
            ("drain-timeout", duration(*drain_timeout)),
            ("max-parallel-drains", max_parallel_drains.to_string()),
            ("max-scale-in-fraction", max_scale_in_fraction.to_string()),
            ("cordon-settle", duration(*cordon_settle)),
            ("max-dead-fraction", max_dead_fraction.to_string()),
            ("no-scale-up", (!scale_up).to_string()),
            ("no-scale-in", (!scale_in).to_string()),
            ("max-pods", max_pods.map_or_else(nothing, |pods| pods.to_string())),
            ("vm-memory-overhead", vm_memory_overhead.to_string()),
            ("startup-taint", list(startup_taints)),
            ("numeric-tolerations", numeric_tolerations.to_string()),
            ("scheduler-scoring", scheduler_scoring.to_string()),
            ("packing", packing.to_string()),
            ("allow-uncertain-zone", allow_uncertain_zone.to_string()),
            ("revert-unfilled", revert_unfilled.to_string()),
            ("first-nodes", first_nodes.to_string()),
            ("only-group", list(only_groups)),
        ]
    }
}

fn nothing() -> String {
    "nothing".to_owned()
}

fn list(names: &[String]) -> String {
    if names.is_empty() { nothing() } else { names.join(",") }
}

/// Its display rounds to two units.
fn duration(duration: Seconds) -> String {
    let short = duration.to_string().replace(' ', "");
    if short.parse() == Ok(duration) { short } else { format!("{}s", duration.0) }
}

/// Its display may round.
fn limit(limit: ClusterLimit, number: Option<i64>) -> String {
    number.map_or_else(nothing, |number| {
        let short = limit.amount(number);
        if limit.parse(&short) == Ok(number) { short } else { format!("{short} ({number})") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_values_are_written_differently() {
        for (seconds, text) in [(0, "0s"), (600, "10m"), (5400, "1h30m"), (90_061, "90061s")] {
            assert_eq!(duration(Seconds(seconds)), text);
        }
        assert_eq!(limit(ClusterLimit::Cpu, Some(2500)), "2500m");
        assert_ne!(limit(ClusterLimit::Memory, Some((1 << 40) + 1)), limit(ClusterLimit::Memory, Some(1 << 40)));
        assert_eq!(limit(ClusterLimit::Memory, None), "nothing");
    }
}
