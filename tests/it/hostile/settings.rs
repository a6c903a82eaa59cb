//! The settings of each seed's world.

/// Every `cargo test` lives through this many worlds.
pub(super) const SEEDS: u64 = 20;
/// The variable that sets another number of them.
pub(super) const SEEDS_VARIABLE: &str = "HOSTILE_SEEDS";
/// Runs in each world, a minute apart when nothing hangs.
pub(super) const TICKS: u32 = 2_000;
/// Worlds that are lived through side by side.
pub(super) const THREADS: usize = 2;

/// The policies, taken in turn.
const POLICIES: [&str; 6] = [
    "",
    "consolidate drain-grace=5m",
    "drain-utilization=0.5 drain-grace=10m",
    "idle-threshold=5m min-node-age=3m backoff=20m",
    "expander=least-waste,priority consolidate drain-utilization=0.6 drain-grace=0 revert-unfilled",
    "type-idle-count=1 cordon-settle=60s",
];

/// `shared` is the group of two clusters. The pods are patterns: none of them exists when the world
/// begins.
const CLUSTER: &str = "
group small zones=a,b cpu=4 min=1 max=5 desired=2
group shared cpu=4 min=0 max=6 desired=0
group large region=us-east-1 cpu=8 mem=32Gi min=0 max=3 type=m5.2xlarge
daemon agent cpu=100m mem=50Mi
pods whole cpu=3 mem=4Gi
pods half cpu=1500m mem=2Gi
pods wide cpu=6 mem=8Gi
pods imitator cpu=1 mem=1Gi label=app.kubernetes.io/name=ec2-autoscale annotation=cluster-autoscaler.kubernetes.io/daemonset-pod=True
pods web cpu=1 mem=1Gi owner=ReplicaSet label=app=web
budget web label=app=web
";

/// Returns the script of a seed, in the words of the scenarios. In every third world the tag of
/// `shared` names the other cluster.
pub(super) fn script(seed: u64) -> String {
    let number = usize::try_from(seed).expect("a small number");
    let policy = POLICIES[number % POLICIES.len()];
    let cluster =
        if is_tagged(seed) { CLUSTER.replace("group shared", "group shared foreign=blue") } else { CLUSTER.to_owned() };
    format!("policy seed={seed} dead-after=30m max-scale-in-fraction=0.4 {policy}\n{cluster}")
}

pub(super) fn is_tagged(seed: u64) -> bool {
    seed % 3 == 2
}

/// The seconds from the last look to the request in which nothing is bound in this world: nobody
/// can exclude that something is.
pub(super) const WINDOW: u64 = 2;
