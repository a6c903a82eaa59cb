//! The snapshot of a random cluster, written as the JSON of its file.

use ec2_autoscale_core::snapshot::{Snapshot, SpecId};
use serde_json::{Value, json};

use super::{EBS, GroupDraw, NodeDraw, PodDraw, REGION};

const NOW: &str = "2026-11-22T12:00:00Z";

/// A snapshot in the making, as the JSON of its file.
pub(super) struct Builder {
    snapshot: Value,
    specs: u32,
}

impl Builder {
    pub(super) fn new() -> Self {
        let machine = json!({ "region": REGION, "name": "m5.large", "cpus": 2, "memory_mib": 8192, "architecture": "amd64",
            "network_pods": 29 });
        Self {
            snapshot: json!({
                "schema": ec2_autoscale_core::snapshot::SCHEMA, "taken_at": NOW, "cluster": { "name": "test" },
                "regions": [{ "name": REGION, "preference": 0 }], "machine_types": [machine],
                "namespaces": [{ "name": "default", "labels": { "team": "a" } }, { "name": "blue",
                    "labels": { "team": "blue" } }],
                "pod_specs": {}, "pods": [], "nodes": [], "groups": [], "csi_nodes": [], "daemon_sets": [], "claims": [],
                "volumes": [], "storage_classes": [],
            }),
            specs: 0,
        }
    }

    pub(super) fn add(&mut self, list: &str, entry: Value) {
        self.snapshot[list].as_array_mut().expect("a list").push(entry);
    }

    fn add_spec(&mut self, spec: Value) -> SpecId {
        let id = SpecId(self.specs);
        self.specs += 1;
        self.snapshot["pod_specs"][id.to_string()] = spec;
        id
    }

    pub(super) fn add_groups(&mut self, groups: &[GroupDraw], nodes: &[NodeDraw]) {
        let mut members: Vec<Vec<Value>> = vec![Vec::new(); groups.len()];
        for (number, draw) in nodes.iter().enumerate() {
            let group = draw.group.index(groups.len());
            let zone = *draw.zone.get(&groups[group].zones);
            members[group].push(instance(&format!("i-{number}"), zone, "in-service", "2026-11-22T10:00:00Z"));
            self.add_node(number, draw, &groups[group], zone);
        }
        for (number, (draw, mut instances)) in groups.iter().zip(members).enumerate() {
            for launching in 0..draw.launching {
                let zone = draw.zones[launching % draw.zones.len()];
                instances.push(instance(&format!("i-new-{number}-{launching}"), zone, "pending", "2026-11-22T11:58:00Z"));
            }
            let desired = i64::try_from(instances.len()).expect("few");
            self.add(
                "groups",
                json!({
                    "id": { "region": REGION, "name": format!("g{number}") }, "managed_by": "cluster-tag", "min": 0,
                        "max": desired + draw.spare,
                    "desired": desired, "zones": draw.zones, "purchase": { "kind": "on-demand" }, "instances": instances,
                    "launch_options": [{ "machine_type": "m5.large", "weight": 1 }],
                    "tags": { "labels": draw.labels(), "taints": draw.taints(), "resources": draw.allocatable() },
                }),
            );
        }
    }

    fn add_node(&mut self, number: usize, draw: &NodeDraw, group: &GroupDraw, zone: &str) {
        let name = format!("n{number}");
        let mut labels = group.labels();
        for (key, value) in [
            ("kubernetes.io/hostname", name.as_str()),
            ("kubernetes.io/os", "linux"),
            ("kubernetes.io/arch", "amd64"),
            ("node.kubernetes.io/instance-type", "m5.large"),
            ("topology.kubernetes.io/region", REGION),
            ("topology.kubernetes.io/zone", zone),
            ("topology.ebs.csi.aws.com/zone", zone),
            ("rack", draw.rack),
        ] {
            if !value.is_empty() {
                labels[key] = json!(value);
            }
        }
        let mut taints = group.taints();
        let mut marks = json!({});
        let (ready, created_at) = match draw.state {
            "starting" => ("false", "2026-11-22T11:57:00Z"),
            _ => ("true", "2026-11-22T10:00:00Z"),
        };
        match draw.state {
            "starting" => taints.push(json!({ "key": "node.kubernetes.io/not-ready", "effect": "NoSchedule" })),
            "tainted" => taints.push(json!({ "key": "own", "effect": "NoSchedule" })),
            "cordoned" | "cordoned-by-person" => {
                taints.push(json!({ "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule" }));
            }
            _ => {}
        }
        if draw.state == "cordoned" {
            marks[ec2_autoscale_core::well_known::annotations::CORDONED_AT] = json!("2026-11-22T11:50:00Z");
        }
        self.add(
            "nodes",
            json!({
                "name": name, "uid": format!("uid-of-{name}"), "labels": labels, "marks": marks, "taints": taints,
                "unschedulable": draw.state.starts_with("cordoned"), "provider_id": format!("aws:///{zone}/i-{number}"),
                "allocatable": group.allocatable(), "ready": { "status": ready, "since": created_at }, "created_at": created_at,
            }),
        );
        if let Some(most) = group.volumes {
            self.add("csi_nodes", json!({ "name": format!("n{number}"), "limits": { EBS: most } }));
        }
    }

    pub(super) fn add_running(&mut self, number: usize, draw: &PodDraw, nodes: usize) {
        let mut spec = draw.wishes.spec();
        spec["containers"][0]["requests"]["cpu"] = json!("200m");
        let spec = self.add_spec(spec);
        let name = format!("r{number}");
        let mut pod = Self::pod(&name, spec, draw);
        pod["node"] = json!(format!("n{}", draw.node.index(nodes)));
        pod["phase"] = json!("running");
        pod["scheduling"] = json!({ "state": "scheduled" });
        // What a running pod mounts has its volume.
        let mounted = draw.wishes.volume().filter(|kind| ["zoned", "labelled", "single"].contains(kind));
        pod["volumes"] = json!(mounted.map(|claim| json!({ "kind": "claim", "claim": claim })).into_iter().collect::<Vec<_>>());
        if draw.ending {
            pod["deletion_deadline"] = json!("2026-11-22T12:10:00Z");
        }
        self.add("pods", pod);
    }

    pub(super) fn add_pending(&mut self, number: usize, draw: &PodDraw) {
        let spec = self.add_spec(draw.wishes.spec());
        for copy in 0..draw.count {
            let name = format!("p{number}-{copy}");
            let mut pod = Self::pod(&name, spec, draw);
            let mount = draw.wishes.volume().map(|kind| self.mount(kind, &name, draw.wishes.namespace));
            pod["volumes"] = json!(mount.into_iter().collect::<Vec<_>>());
            if draw.nominated && copy == 0 {
                pod["nominated_node"] = json!("n0");
            }
            self.add("pods", pod);
        }
    }

    fn pod(name: &str, spec: SpecId, draw: &PodDraw) -> Value {
        let created: jiff::Timestamp = "2026-11-22T11:40:00Z".parse().expect("a timestamp");
        let owner = json!({ "kind": "ReplicaSet", "api_version": "apps/v1", "name": "set", "uid": "set" });
        json!({
            "namespace": draw.wishes.namespace, "name": name, "uid": format!("uid-of-{name}"), "labels": draw.wishes.labels(),
            "owner": owner, "spec": spec, "phase": "pending", "scheduling": { "state": "unschedulable",
                "since": "2026-11-22T11:55:00Z" },
            "created_at": created + jiff::SignedDuration::from_secs(draw.created),
        })
    }

    pub(super) fn add_daemon(&mut self) {
        let ports = json!([{ "ip": "0.0.0.0", "protocol": "TCP", "port": 8080 }]);
        let requests = json!({ "cpu": "200m", "memory": "64Mi" });
        let container = json!({ "name": "agent", "role": "main", "requests": requests, "host_ports": ports });
        let tolerations = json!([{ "key": "dedicated", "operator": "exists" }]);
        let spec = self.add_spec(json!({
            "scheduler_name": "default-scheduler", "restart_policy": "always", "tolerations": tolerations,
            "containers": [container],
        }));
        self.add("daemon_sets", json!({ "namespace": "kube-system", "name": "agent", "spec": spec }));
    }

    pub(super) fn finish(self) -> Snapshot {
        let text = serde_json::to_vec(&self.snapshot).expect("JSON");
        Snapshot::from_json(&text).unwrap_or_else(|error| panic!("{error} in {}", self.snapshot))
    }
}

fn instance(id: &str, zone: &str, lifecycle: &str, launched_at: &str) -> Value {
    json!({ "id": id, "zone": zone, "machine_type": "m5.large", "lifecycle": lifecycle, "launched_at": launched_at,
        "weight": 1 })
}
