//! What comes with a new node and takes room there: pods of DaemonSets, static pods, and pods that
//! are annotated as pods of DaemonSets.
//!
//! Siblings show it as it stands, since a LimitRange or a vertical autoscaler makes the pods of a
//! DaemonSet larger than its template. Only without siblings do templates count.

use super::daemons::{Daemons, Place};
use super::static_pods::StaticPods;
use crate::plan::amounts::small;
use crate::plan::fleet::siblings::{Elders, agreement};
use crate::plan::fleet::{Fleet, NodeEntry};
use crate::plan::report::FactSource;
use crate::scheduler::placed_requests;
use crate::snapshot::{Labels, Resources};

/// What comes with the nodes of one machine type.
pub(super) struct Overhead<'s, 'a> {
    /// What came with each sibling, and its zone.
    seen: Vec<(&'a str, Resources)>,
    daemons: &'s Daemons<'a>,
    static_pods: &'s StaticPods<'s, 'a>,
}

impl<'s, 'a> Overhead<'s, 'a> {
    pub(super) fn of(
        fleet: &Fleet<'a>,
        elders: &Elders,
        daemons: &'s Daemons<'a>,
        static_pods: &'s StaticPods<'s, 'a>,
    ) -> Self {
        let zone = |entry: &NodeEntry<'a>| fleet.instance_of(entry).map_or("", |instance| instance.zone.as_str());
        let entries = elders.nodes.iter().map(|node| &fleet.nodes[*node]);
        Self { seen: entries.map(|entry| (zone(entry), came_with(fleet, entry, daemons))).collect(), daemons, static_pods }
    }

    /// Returns the source of what is returned for a place.
    pub(super) fn source(&self) -> FactSource {
        match self.seen.len() {
            0 => FactSource::DaemonSets,
            nodes => FactSource::LiveNodes { nodes: small(nodes) },
        }
    }

    /// Returns the labels that every other node got late, where no sibling shows what comes with a
    /// node.
    pub(super) fn late_labels(&self) -> Option<&Labels> {
        let late = self.seen.is_empty().then(|| self.static_pods.late_labels())?;
        Some(late).filter(|late| !late.is_empty())
    }

    /// Returns what comes with a node in a zone: what came with most siblings there, or in the
    /// other zones where there is none; without siblings what the templates state.
    pub(super) fn on(&self, zone: &str, place: &Place<'_>) -> Resources {
        let there: Vec<&Resources> = self.seen.iter().filter(|(its, _)| *its == zone).map(|(_, requests)| requests).collect();
        let everywhere = || self.seen.iter().map(|(_, requests)| requests).collect();
        let asked: Vec<&Resources> = if there.is_empty() { everywhere() } else { there };
        if !asked.is_empty() {
            return agreement::requests(&asked);
        }
        let mut sum = self.daemons.requests_on(place, |_, _| false);
        sum.add(&self.static_pods.on(place.labels));
        sum
    }
}

/// Returns what the pods request that came with a node, those of DaemonSets that are still to come
/// there included.
fn came_with(fleet: &Fleet<'_>, entry: &NodeEntry<'_>, daemons: &Daemons<'_>) -> Resources {
    let node = entry.node;
    let place = Place { labels: &node.labels, taints: &node.taints, offer: &node.allocatable };
    let present = entry.present_daemons();
    let mut sum = daemons.requests_on(&place, |namespace, name| present.contains(&(namespace, name)));
    for pod in entry.pods.iter().filter(|pod| pod.belongs_to_its_node()) {
        let owner = pod.owner.as_ref().filter(|owner| owner.kind == "DaemonSet");
        match owner.and_then(|owner| daemons.requests_of(&pod.namespace, &owner.name)) {
            // The newest pod tells: that of an old node may be from before a change.
            Some(of_the_newest) => sum.add(of_the_newest),
            None => sum.add(&placed_requests(pod, fleet.spec(pod))),
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::plan::template::test_group::SampleGroup;
    use crate::snapshot::{DaemonSet, Labels, OperatingSystem, PodSpec, SpecId};

    fn spec(sample: &mut SampleGroup, cpu: &str) -> u32 {
        let id = u32::try_from(sample.snapshot.pod_specs.len()).expect("few");
        let spec: PodSpec = serde_json::from_value(json!({
            "scheduler_name": "default-scheduler", "restart_policy": "always",
            "containers": [{ "name": "a", "role": "main", "requests": { "cpu": cpu } }]
        }))
        .expect("a specification");
        sample.snapshot.pod_specs.insert(SpecId(id), spec);
        id
    }

    fn add_pod(sample: &mut SampleGroup, node: &str, cpu: &str, what: &Value) {
        let mut pod = json!({
            "namespace": "kube-system", "name": format!("p{}", sample.snapshot.pods.len()), "uid": "u", "phase": "running",
            "node": node, "scheduling": {"state": "scheduled"}, "created_at": "2026-11-22T00:00:00Z", "spec": spec(sample, cpu)
        });
        pod.as_object_mut().expect("an object").extend(what.as_object().expect("an object").clone());
        sample.snapshot.pods.push(serde_json::from_value(pod).expect("a pod"));
    }

    fn mirror(name: &str) -> Value {
        json!({"mirror": true, "name": name})
    }

    fn agent() -> Value {
        json!({"owner": {"kind": "DaemonSet", "api_version": "apps/v1", "name": "agent", "uid": "d"}})
    }

    fn add_agent(sample: &mut SampleGroup, cpu: &str) {
        let spec = SpecId(spec(sample, cpu));
        sample.snapshot.daemon_sets.push(DaemonSet {
            namespace: "kube-system".into(),
            name: "agent".into(),
            spec,
            labels: Labels::new(),
            resource_claims: Vec::new(),
        });
    }

    fn taken(sample: &SampleGroup) -> i64 {
        let template = sample.template().expect("a template");
        template.allocatable.get("cpu") - template.free.get("cpu")
    }

    #[test]
    fn siblings_show_what_comes_with_a_node_as_it_stands() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        add_agent(&mut sample, "100m");
        assert_eq!(taken(&sample), 100, "without siblings the template counts");
        sample.node("n1", "m5.large", "us-west-2a");
        assert_eq!(taken(&sample), 100, "its pod is still to come there");
        add_pod(&mut sample, "n1", "300m", &agent());
        assert_eq!(taken(&sample), 300, "the pod is larger than its template");
        add_pod(&mut sample, "n1", "50m", &mirror("kube-proxy-n1"));
        add_pod(
            &mut sample,
            "n1",
            "20m",
            &json!({"drain_annotations": {"cluster-autoscaler.kubernetes.io/daemonset-pod": "true"}}),
        );
        add_pod(&mut sample, "n1", "900m", &json!({}));
        assert_eq!(taken(&sample), 370, "a pod of anybody else does not come with a node");
    }

    #[test]
    fn one_odd_sibling_decides_nothing() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        for (name, cpu) in [("n1", "100m"), ("n2", "900m"), ("n3", "100m")] {
            sample.node(name, "m5.large", "us-west-2a");
            add_pod(&mut sample, name, cpu, &mirror("proxy"));
        }
        assert_eq!(taken(&sample), 100);
    }

    #[test]
    fn siblings_of_the_zone_are_asked_first() {
        let mut sample = SampleGroup::new(&["us-west-2a", "us-west-2b", "us-west-2c"], &["m5.large"]);
        for (name, zone, cpu) in [("n1", "us-west-2a", "100m"), ("n2", "us-west-2b", "300m")] {
            sample.node(name, "m5.large", zone);
            add_pod(&mut sample, name, cpu, &mirror("proxy"));
        }
        let template = sample.template().expect("a template");
        let taken = template.variants.iter().map(|it| it.allocatable.get("cpu") - it.free.get("cpu"));
        assert_eq!(taken.collect::<Vec<_>>(), [100, 300, 300]);
    }

    #[test]
    fn from_zero_the_static_pods_of_most_other_nodes_of_the_system_count() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.add_group("other", &["p3.2xlarge"]);
        sample.group().launch_options[0].details.operating_system = Some(OperatingSystem::Linux);
        for (name, system) in [("n1", "linux"), ("n2", "linux"), ("n3", "linux"), ("w1", "windows")] {
            sample.node_of(1, name, "p3.2xlarge", "us-west-2a").labels.insert("kubernetes.io/os".into(), system.into());
        }
        for (node, name, cpu) in [
            ("n1", "kube-proxy-n1", "100m"),
            ("n2", "kube-proxy-n2", "100m"),
            ("n1", "odd-n1", "500m"),
            ("w1", "windows-proxy-w1", "700m"),
        ] {
            add_pod(&mut sample, node, cpu, &mirror(name));
        }
        assert_eq!(taken(&sample), 100);
        sample.node_of(1, "control", "p3.2xlarge", "us-west-2a").labels.extend(
            ["kubernetes.io/os", "node-role.kubernetes.io/control-plane"].map(|key| (key.to_owned(), "linux".to_owned())),
        );
        add_pod(&mut sample, "control", "2", &mirror("kube-apiserver-control"));
        assert_eq!(taken(&sample), 100);
    }
}
