//! Random small clusters that are rich in constraints, for property tests.

mod builder;
mod storage;
mod wishes;

use std::fmt;

use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{Resources, Snapshot};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use builder::Builder;
use wishes::{Wishes, wishes};

const REGION: &str = "us-west-2";
const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];
const EBS: &str = "ebs.csi.aws.com";

/// A cluster, and the policy with which it is planned.
#[derive(Clone)]
pub(crate) struct Situation {
    pub(crate) snapshot: Snapshot,
    pub(crate) policy: Policy,
}

impl fmt::Debug for Situation {
    /// Writes files that `plan --snapshot` reads, so that a failing case can be replayed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = |value: serde_json::Result<String>| value.map_err(|_| fmt::Error);
        write!(
            f,
            "policy {}\nsnapshot {}",
            json(serde_json::to_string(&self.policy))?,
            json(serde_json::to_string(&self.snapshot))?
        )
    }
}

/// A group's zones, size and shape.
#[derive(Debug, Clone)]
struct GroupDraw {
    zones: Vec<&'static str>,
    cpu: i64,
    pods: i64,
    /// How many nodes it may still grow.
    spare: i64,
    /// Instances that are launching.
    launching: usize,
    team: &'static str,
    taint: Option<Value>,
    /// The number of EBS volumes that a node of it takes.
    volumes: Option<i32>,
}

/// A node's group, zone and state.
#[derive(Debug, Clone)]
struct NodeDraw {
    group: Index,
    zone: Index,
    state: &'static str,
    rack: &'static str,
}

/// A pod that runs already, or several alike that wait.
#[derive(Debug, Clone)]
struct PodDraw {
    wishes: Wishes,
    node: Index,
    count: usize,
    created: i64,
    ending: bool,
    /// Whether room is being made for the first of them on the first node.
    nominated: bool,
}

prop_compose! {
    fn group()(
        zones in prop::sample::subsequence(ZONES.to_vec(), 1..4), cpu in 3..9_i64, pods in 3..9_i64, spare in 0..4_i64,
        launching in prop::sample::select(vec![0, 0, 0, 1, 2]), team in prop::sample::select(vec!["", "a", "b"]),
        taint in prop::sample::select(vec![
            None, None, None, None, None, None,
            Some(json!({ "key": "dedicated", "value": "batch", "effect": "NoSchedule" })),
            Some(json!({ "key": "sla", "value": "950", "effect": "NoExecute" })),
        ]),
        volumes in prop::sample::select(vec![None, None, Some(1), Some(1), Some(2)]),
    ) -> GroupDraw {
        GroupDraw { zones, cpu, pods, spare, launching, team, taint, volumes }
    }
}

prop_compose! {
    fn node()(
        group in any::<Index>(), zone in any::<Index>(),
        state in prop::sample::select(vec!["", "", "", "", "", "", "", "", "cordoned", "cordoned-by-person", "starting",
            "tainted"]),
        rack in prop::sample::select(vec!["", "r1", "r2"]),
    ) -> NodeDraw {
        NodeDraw { group, zone, state, rack }
    }
}

prop_compose! {
    fn pod()(
        wishes in wishes(), node in any::<Index>(), count in 1..4_usize, created in 0..600_i64,
        ending in prop::sample::select(vec![false, false, false, true]), nominated in prop::bool::weighted(0.1),
    ) -> PodDraw {
        PodDraw { wishes, node, count, created, ending, nominated }
    }
}

prop_compose! {
    /// Returns one to four groups in one to three zones, up to six nodes, up to ten pods that run,
    /// one to fifteen that wait.
    pub(crate) fn situations()(
        groups in prop::collection::vec(group(), 1..5), nodes in prop::collection::vec(node(), 0..7),
        running in prop::collection::vec(pod(), 0..11), pending in prop::collection::vec(pod(), 1..6),
        daemon in any::<bool>(),
        numeric in any::<bool>(), uncertain in any::<bool>(), spare in prop::sample::select(vec![0, 0, 1]),
    ) -> Situation {
        let mut builder = Builder::new();
        builder.add_storage();
        builder.add_groups(&groups, &nodes);
        for (number, draw) in running.iter().enumerate().filter(|_| !nodes.is_empty()) {
            builder.add_running(number, draw, nodes.len());
        }
        for (number, draw) in pending.iter().enumerate() {
            builder.add_pending(number, draw);
        }
        if daemon {
            builder.add_daemon();
        }
        let wanted = json!({ "numeric_tolerations": numeric, "allow_uncertain_zone": uncertain, "over_provision": spare });
        Situation { snapshot: builder.finish(), policy: policy(&wanted) }
    }
}

/// Returns the default policy with some settings changed, as far as it has them.
fn policy(settings: &Value) -> Policy {
    let mut policy = serde_json::to_value(Policy::default()).expect("a policy is JSON");
    for (name, value) in settings.as_object().expect("an object") {
        if let Some(setting) = policy.get_mut(name) {
            *setting = value.clone();
        }
    }
    serde_json::from_value(policy).expect("a policy")
}

impl GroupDraw {
    fn labels(&self) -> Value {
        if self.team.is_empty() { json!({}) } else { json!({ "team": self.team }) }
    }

    fn taints(&self) -> Vec<Value> {
        self.taint.iter().cloned().collect()
    }

    fn allocatable(&self) -> Value {
        let resources: Resources = [("cpu", self.cpu * 1000), ("memory", 8 << 30), ("pods", self.pods)].into_iter().collect();
        json!(resources)
    }
}
