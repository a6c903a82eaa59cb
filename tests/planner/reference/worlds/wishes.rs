//! The requirements of a random pod.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";

/// Everything about a pod that decides where it may run.
#[derive(Debug, Clone)]
pub(crate) struct Wishes {
    pub(crate) namespace: &'static str,
    app: &'static str,
    revision: &'static str,
    cpu: &'static str,
    sidecar: bool,
    priority: i32,
    tolerates: &'static str,
    constraints: Constraints,
}

/// The constraints of a pod, each by a name that selects one of several; none by default.
#[derive(Debug, Clone, Default)]
struct Constraints {
    port: Option<i32>,
    place: &'static str,
    spread: &'static str,
    near: &'static str,
    apart: &'static str,
    volume: Option<&'static str>,
}

/// The constraints that a pod may have; most pods have few of them, or nothing would ever fit.
const CONSTRAINTS: [&str; 6] = ["port", "place", "spread", "near", "apart", "volume"];

prop_compose! {
    pub(crate) fn wishes()(
        namespace in select(vec!["default", "default", "blue"]), app in select(vec!["web", "db", "cache"]),
        revision in select(vec!["1", "2"]), cpu in select(vec!["100m", "100m", "500m", "500m", "1", "1", "2", "9"]),
        sidecar in select(vec![false, false, true]), priority in select(vec![0, 0, 0, 100, -20]),
        tolerates in select(vec!["", "", "dedicated", "sla", "sla-number", "all"]),
        kept in subsequence(CONSTRAINTS.to_vec(), 0..4), constraints in constraints(),
    ) -> Wishes {
        let plain = Constraints::default();
        let from = |name: &str| if kept.contains(&name) { &constraints } else { &plain };
        let constraints = Constraints {
            port: from("port").port,
            place: from("place").place,
            spread: from("spread").spread,
            near: from("near").near,
            apart: from("apart").apart,
            volume: from("volume").volume,
        };
        Wishes { namespace, app, revision, cpu, sidecar, priority, tolerates, constraints }
    }
}

prop_compose! {
    fn constraints()(
        port in select(vec![80, 80, 8080]), place in select(vec!["team-a", "zone-b", "not-a", "rack", "m5", "nowhere"]),
        spread in select(vec![
            "zone", "host", "zone-min-3", "zone-revision", "zone-taints", "zone-all-nodes", "zone-and-host", "other",
        ]),
        near in select(vec!["own-zone", "own-host", "web-zone", "db-host", "two", "all-namespaces", "blue"]),
        apart in select(vec!["own-host", "own-zone", "db-host-everywhere", "web-rack"]),
        volume in select(vec![
            "zoned", "zoned", "labelled", "labelled", "shared", "shared", "single", "single", "now", "selected", "gp3", "gp3",
            "zonal", "zonal", "local", "local", "ephemeral", "ephemeral", "missing",
        ]),
    ) -> Constraints {
        Constraints { port: Some(port), place, spread, near, apart, volume: Some(volume) }
    }
}

impl Wishes {
    /// Returns the kind of claim that it mounts, if any.
    pub(crate) fn volume(&self) -> Option<&'static str> {
        self.constraints.volume
    }

    pub(crate) fn labels(&self) -> Value {
        json!({ "app": self.app, "rev": self.revision })
    }

    pub(crate) fn spec(&self) -> Value {
        let ports: Vec<Value> =
            self.constraints.port.map(|port| json!({ "ip": "0.0.0.0", "protocol": "TCP", "port": port })).into_iter().collect();
        let mut containers = vec![
            json!({ "name": "main", "role": "main", "requests": { "cpu": self.cpu, "memory": "100Mi" }, "host_ports": ports }),
        ];
        if self.sidecar {
            containers.insert(0, json!({ "name": "side", "role": "sidecar", "requests": { "cpu": "300m" } }));
        }
        let mut spec = json!({
            "scheduler_name": "default-scheduler", "restart_policy": "always", "priority": self.priority,
                "containers": containers,
            "tolerations": self.tolerations(), "topology_spread": self.spread(), "pod_affinity": self.affinity(),
            "pod_anti_affinity": self.anti_affinity(),
        });
        let requirement = |key: &str, operator: &str, value: &str| {
            json!([{ "match_expressions": [{ "key": key,
            "operator": operator, "values": [value] }] }])
        };
        match self.constraints.place {
            "team-a" => spec["node_selector"] = json!({ "team": "a" }),
            "zone-b" => spec["node_selector"] = json!({ ZONE: "us-west-2b" }),
            "not-a" => spec["node_affinity"] = requirement(ZONE, "not-in", "us-west-2a"),
            "rack" => spec["node_affinity"] = json!([{ "match_expressions": [{ "key": "rack", "operator": "exists" }] }]),
            "m5" => spec["node_selector"] = json!({ "node.kubernetes.io/instance-type": "m5.large" }),
            "nowhere" => spec["node_affinity"] = json!([{}]),
            _ => {}
        }
        spec
    }

    fn tolerations(&self) -> Value {
        match self.tolerates {
            "dedicated" => json!([{ "key": "dedicated", "operator": "equal", "value": "batch" }]),
            "sla" => json!([{ "key": "sla", "operator": "exists", "effect": "NoExecute" }]),
            "sla-number" => json!([{ "key": "sla", "operator": "gt", "value": "900" }]),
            "all" => json!([{ "operator": "exists" }]),
            _ => json!([]),
        }
    }

    fn spread(&self) -> Value {
        let over = |key: &str, app: &str| {
            json!({ "topology_key": key, "max_skew": 1, "selector": { "match_labels": { "app": app } },
                "honor_node_affinity": true,
                "honor_node_taints": false })
        };
        let changed = |field: &str, value: Value| {
            let mut constraint = over(ZONE, self.app);
            constraint[field] = value;
            json!([constraint])
        };
        match self.constraints.spread {
            "zone" => json!([over(ZONE, self.app)]),
            "host" => json!([over(HOST, self.app)]),
            "zone-min-3" => changed("min_domains", json!(3)),
            "zone-revision" => changed("match_label_keys", json!(["rev"])),
            "zone-taints" => changed("honor_node_taints", json!(true)),
            "zone-all-nodes" => changed("honor_node_affinity", json!(false)),
            "zone-and-host" => json!([over(ZONE, self.app), over(HOST, self.app)]),
            "other" => json!([over(ZONE, "web")]),
            _ => json!([]),
        }
    }

    fn affinity(&self) -> Value {
        match self.constraints.near {
            "own-zone" => json!([about(ZONE, self.app)]),
            "own-host" => json!([about(HOST, self.app)]),
            "web-zone" => json!([about(ZONE, "web")]),
            "db-host" => json!([about(HOST, "db")]),
            "two" => json!([about(ZONE, "web"), { "topology_key": HOST, "selector": { "match_labels": { "rev": "1" } } }]),
            "all-namespaces" => json!([across(about(ZONE, self.app), "namespace_selector", json!({}))]),
            "blue" => json!([across(about(ZONE, "web"), "namespaces", json!(["blue"]))]),
            _ => json!([]),
        }
    }

    fn anti_affinity(&self) -> Value {
        match self.constraints.apart {
            "own-host" => json!([about(HOST, self.app)]),
            "own-zone" => json!([about(ZONE, self.app)]),
            "db-host-everywhere" => {
                json!([across(about(HOST, "db"), "namespace_selector", json!({ "match_labels": { "team": "blue" } }))])
            }
            "web-rack" => json!([about("rack", "web")]),
            _ => json!([]),
        }
    }
}

fn about(key: &str, app: &str) -> Value {
    json!({ "topology_key": key, "selector": { "match_labels": { "app": app } } })
}

fn across(mut term: Value, field: &str, namespaces: Value) -> Value {
    term[field] = namespaces;
    term
}
