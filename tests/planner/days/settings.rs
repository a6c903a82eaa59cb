//! The clusters and policies of the seeds, in the words of the scenarios.

/// The number of minutes in a day.
pub(super) const MINUTES: u32 = 2_000;
/// From this minute on no work arrives, nothing fails, and people are done: the cluster must come
/// to rest.
pub(super) const EVENING: u32 = 1_700;

/// Policies, taken in turn by the seeds. The waits are shorter than the defaults where a day would
/// be too short.
const POLICIES: [&str; 8] = [
    "",
    "drain-utilization=0.5 drain-grace=10m",
    "consolidate drain-grace=5m",
    "type-idle-count=1",
    "expander=random revert-unfilled",
    "expander=least-waste,priority consolidate drain-utilization=0.6 drain-grace=0 max-scale-in-fraction=0.3",
    "expander=most-pods,spot balance-similar-groups type-idle-count=2 drain-utilization=0.4 drain-grace=20m",
    "idle-threshold=5m min-node-age=3m backoff=20m revert-unfilled consolidate drain-grace=10m max-scale-in-fraction=0.5",
];

/// Policies for days on which prices are known.
const POLICIES_WITH_PRICES: [&str; 2] = [
    "expander=price consolidate drain-grace=5m min-consolidation-score=0",
    "expander=priority,price consolidate drain-utilization=0.5 drain-grace=10m max-scale-in-fraction=0.5",
];
/// About AWS's prices.
const PRICES: &str = "
price us-west-2 m5.xlarge 0.192
price us-east-1 m5.xlarge 0.192
price us-east-1 m5.4xlarge 0.768
price us-east-1 m5.4xlarge 0.31 spot
price us-west-2 p3.8xlarge 12.24
";

/// Groups that are alike in two regions, one of large nodes, and one of devices; two services with
/// a budget each. The pods are patterns: none of them exists when the day begins.
const CLUSTER: &str = "
group small-west zones=a,b cpu=4 min=1 max=8 desired=1
group small-east region=us-east-1 cpu=4 min=0 max=5
group large region=us-east-1 zones=b,c cpu=16 mem=64Gi min=0 max=3 type=m5.4xlarge spot
group devices cpu=8 mem=32Gi gpu=4 min=0 max=3 type=p3.8xlarge taint=devices label=accelerator=v100
daemon agent cpu=100m mem=50Mi tolerate=devices
pods short cpu=1 mem=2Gi
pods long cpu=3 mem=4Gi
pods wide cpu=6 mem=8Gi
pods train cpu=2 gpu=2 tolerate=devices
pods whole cpu=4 gpu=4 tolerate=devices
pods ray cpu=2 mem=4Gi owner=RayCluster
pods bare cpu=1 mem=1Gi
pods web cpu=1 mem=1Gi owner=ReplicaSet label=app=web
pods api cpu=500m mem=2Gi owner=ReplicaSet label=app=api
budget web label=app=web
budget api label=app=api
";

/// Returns the script of a seed.
pub(super) fn script(seed: u64) -> String {
    let number = usize::try_from(seed).expect("a small number");
    format!("policy seed={seed} dead-after=30m {}\n{CLUSTER}", POLICIES[number % POLICIES.len()])
}

/// Returns the script of the same cluster with prices.
pub(super) fn script_with_prices(seed: u64) -> String {
    let number = usize::try_from(seed).expect("a small number");
    let policy = POLICIES_WITH_PRICES[number % POLICIES_WITH_PRICES.len()];
    format!("policy seed={seed} dead-after=30m {policy}\n{CLUSTER}{PRICES}")
}
