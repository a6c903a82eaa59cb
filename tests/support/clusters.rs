//! Random clusters, in the words of the scenarios, so that a failing one can be pasted into
//! `tests/scenarios`.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Every group launches the same type, whatever it offers: so much may be had for less.
const PRICES: &str = "price us-west-2 m5.xlarge 0.192\nprice us-east-1 m5.xlarge 0.21\nprice us-west-2 m5.xlarge 0.07 spot";

prop_compose! {
    fn group(number: usize)(
        region in select(vec!["us-west-2", "us-east-1"]), zones in select(vec!["a", "b", "a,b"]), cpu in 2..17, gpu in select(vec![0, 0, 4, 8]),
        max in 3..9, spot in any::<bool>(), priority in -1..2, label in select(vec!["", "label=team=a", "label=team=b"]),
        taint in select(vec!["", "", "taint=dedicated"]), weight in 1..4,
    ) -> String {
        let spot = if spot { "spot" } else { "" };
        let choice = if max % 2 == 0 { "chooses-zones suspended=az-rebalance" } else { "" };
        format!("group g{number} region={region} zones={zones} cpu={cpu} gpu={gpu} max={} desired=DESIRED{number} min={} {spot} priority={priority} {label} {taint} {choice} weight={weight}",
            max * weight, weight)
    }
}

prop_compose! {
    fn node()(state in select(vec!["", "", "idle=5m", "idle=30m", "idle=30m cordoned=10m", "cordoned=10m", "cordoned-by-person",
        "protected idle=1h", "starting age=2m", "age=3m", "not-ready=2h", "not-ready=5m", "draining=5m", "draining=40m"])) -> String { state.to_owned() }
}

prop_compose! {
    fn pods()(
        count in 1..9, cpu in select(vec!["100m", "1", "2", "3", "7", "40"]), mem in select(vec!["100Mi", "1Gi", "5Gi"]), gpu in select(vec![0, 0, 0, 1, 4]),
        select in select(vec!["", "", "select=team=a", "zone=us-west-2b", "select=topology.kubernetes.io/region=us-east-1"]),
        tolerate in select(vec!["", "tolerate=dedicated"]), priority in select(vec![0, 0, 10, -20]), owner in select(vec!["Job", "ReplicaSet", "DaemonSet"]),
    ) -> String { format!("x{count} cpu={cpu} mem={mem} gpu={gpu} {select} {tolerate} priority={priority} owner={owner}") }
}

prop_compose! {
    /// How groups are ranked, and what limits purchases.
    fn buying()(
        brake in select(vec!["2", "100"]), seed in 0..3, balance in select(vec!["", "balance-similar-groups"]), spare in select(vec!["0", "0", "2"]),
        expander in select(vec!["priority,region,single-zone,spot,least-waste", "random", "most-pods,spot", "least-nodes,priority,random", "least-waste,region", "price"]),
        limit in select(vec!["", "", "max-nodes-total=5", "max-cpu=24", "max-memory=80"]),
    ) -> String { format!("max-scale-up={brake} expander={expander} seed={seed} over-provision={spare} {limit} {balance}") }
}

prop_compose! {
    /// A script without `plan`: one to three groups, up to eight nodes with up to one pod each, up
    /// to five kinds of pending pods.
    pub(crate) fn cluster()(
        groups in (group(0), group(1), group(2)), used in 1..4_usize, nodes in prop::collection::vec((node(), any::<Index>(), select(vec!["", "Job", "ReplicaSet", "StatefulSet"])), 0..8),
        pods in prop::collection::vec(pods(), 0..5), daemon in any::<bool>(), fraction in select(vec!["0.1", "0.5", "1"]),
        drains in select(vec!["", "drain-utilization=0.6", "consolidate", "drain-utilization=0.3 type-idle-count=1"]),
        prices in select(vec!["", PRICES]), buying in buying(), broken in select(vec!["", "", "failure g0 10m InsufficientInstanceCapacity", "unreadable eu-west-1 InternalFailure"]),
    ) -> String {
        let mut members = vec![0; used];
        let mut lines = Vec::new();
        for (number, (state, group, owner)) in nodes.iter().enumerate() {
            let group = group.index(used);
            members[group] += 1;
            lines.push(format!("node n{number} group=g{group} {state}"));
            if !owner.is_empty() {
                lines.push(format!("pods on{number} cpu=1 on=n{number} owner={owner}"));
            }
        }
        lines.extend(pods.iter().enumerate().map(|(number, words)| format!("pods p{number} {words}")));
        let groups = [groups.0, groups.1, groups.2].into_iter().take(used).enumerate().map(|(number, sentence)| {
            let weight: i64 = sentence.rsplit_once("weight=").and_then(|(_, weight)| weight.parse().ok()).expect("a weight");
            sentence.replace(&format!("DESIRED{number}"), &(members[number] * weight).max(weight).to_string())
        });
        let daemon = if daemon { "daemon agent cpu=100m mem=50Mi" } else { "" };
        let policy = format!("policy max-scale-in-fraction={fraction} {buying} {drains}");
        let all: Vec<String> = [policy, daemon.to_owned(), prices.to_owned()].into_iter().chain(groups).chain(lines).chain([broken.to_owned()]).collect();
        all.join("\n")
    }
}
