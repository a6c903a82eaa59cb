//! Claims of devices by chance before a real scheduler, in both ways: a pod is bound where the planner
//! finds its devices and stays pending where it finds none, and on the nodes that are bought for it the
//! devices are what was expected. In every third case the scheduler makes the claim itself, since a
//! class serves the resource that the pod requests.
//!
//! `CLAIM_SEEDS=7-7` tries only these seeds.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

use ec2_autoscale::plan::{PodVerdict, explain, plan};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::scheduler::{DeviceProblem, Misfit};
use ec2_autoscale::snapshot::{Labels, Scheduling, Snapshot};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::bursts::{empty_group, nodes_of};
use crate::case::Case;
use crate::cluster::{Cluster, POLL, names};
use crate::devices::claims_in;
use crate::dice::Dice;
use crate::fleet::{ZONES, add_instance, node, node_of};
use crate::{read, say, seeds_from};

const SEEDS: RangeInclusive<u64> = 1..=200;
const SLICES: &str = "/apis/resource.k8s.io/v1/resourceslices";
const PODS: &str = "/api/v1/namespaces/default/pods";
const RESOURCE: &str = "example.com/gpu";
const DRIVERS: [&str; 2] = ["a.example.com", "b.example.com"];
const DEADLINE: Duration = Duration::from_mins(1);

/// What the scheduler made of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Decision {
    Bound { node: String },
    Unschedulable { message: String },
    Failed { message: String },
}

/// The devices of a node: of each driver some that are alike but for their attributes.
#[derive(Clone)]
struct DeviceSet(Vec<(&'static str, Vec<Value>)>);

impl DeviceSet {
    fn by_chance(dice: &mut Dice) -> Self {
        let mut pools = Vec::new();
        for driver in DRIVERS {
            if !dice.once_in(3) {
                let lacks_one = dice.once_in(12);
                let device = |dice: &mut Dice, number: usize| {
                    let mut attributes = json!({ "model": { "string": dice.pick(&["x", "x", "y"]) } });
                    if !(lacks_one && number == 0) {
                        attributes["size"] = json!({ "int": dice.below(3) });
                    }
                    let taints = if dice.once_in(6) { json!([{ "key": "sick", "effect": "NoSchedule" }]) } else { json!([]) };
                    json!({ "name": format!("d{number}"), "attributes": attributes, "taints": taints })
                };
                let count = 1 + dice.below(4);
                pools.push((driver, (0..count).map(|number| device(dice, number)).collect()));
            }
        }
        Self(pools)
    }

    fn slices(&self, node: &str) -> Vec<Value> {
        let slice = |(driver, devices): &(&str, Vec<Value>)| {
            json!({ "metadata": { "name": format!("{node}-{driver}") }, "spec": { "driver": driver, "nodeName": node,
                "pool": { "name": node, "generation": 1, "resourceSliceCount": 1 }, "devices": devices } })
        };
        self.0.iter().map(slice).collect()
    }

    /// Returns them as tags of a group state them.
    fn stated(&self) -> Vec<ec2_autoscale::snapshot::ResourceSlice> {
        let slice = |(driver, devices): &(&str, Vec<Value>)| {
            let slice = json!({ "name": driver, "driver": driver, "pool": "", "generation": 1, "slices": 1,
                "reach": { "node": "" }, "devices": devices });
            serde_json::from_value(slice).expect("a slice")
        };
        self.0.iter().map(slice).collect()
    }
}

/// Returns what a claim requests.
fn claim_spec(dice: &mut Dice) -> Value {
    let exactly = |dice: &mut Dice| {
        let mut request = json!({ "deviceClassName": dice.pick(&["a", "a", "b", "any", "none"]) });
        if request["deviceClassName"] == "none" && !dice.once_in(4) {
            request["deviceClassName"] = json!("any");
        }
        if dice.once_in(6) {
            request["allocationMode"] = json!("All");
        } else {
            request["count"] = json!(dice.pick(&[1, 1, 2, 3]));
        }
        if dice.once_in(2) {
            let own = dice.pick(&DRIVERS);
            let text = match dice.below(4) {
                0 => r#"device.attributes[device.driver].model == "x""#.to_owned(),
                1 => format!(r#"device.attributes["{own}"].size > 0"#),
                2 => format!(r#"device.driver == "{own}" && device.attributes["{own}"].size >= 1"#),
                _ => format!(r#"has(device.attributes["{own}"].size)"#),
            };
            request["selectors"] = json!([{ "cel": { "expression": text } }]);
        }
        if dice.once_in(3) {
            request["tolerations"] = json!([{ "key": "sick", "operator": "Exists" }]);
        }
        request
    };
    let mut requests = Vec::new();
    for number in 0..=usize::from(dice.once_in(3)) {
        let mut request = json!({ "name": format!("r{number}") });
        if dice.once_in(4) {
            let mut ways = [exactly(dice), exactly(dice)];
            for (place, way) in ways.iter_mut().enumerate() {
                way["name"] = json!(format!("w{place}"));
            }
            request["firstAvailable"] = json!(ways);
        } else {
            request["exactly"] = exactly(dice);
        }
        requests.push(request);
    }
    let mut spec = json!({ "devices": { "requests": requests } });
    if dice.once_in(4) {
        spec["devices"]["constraints"] = json!([{ "matchAttribute": format!("{}/model", dice.pick(&DRIVERS)) }]);
    }
    spec
}

/// The pods of a case, which are alike, and the claim of each.
struct Claiming {
    pods: Vec<Value>,
    claims: Vec<Value>,
}

impl Claiming {
    fn by_chance(dice: &mut Dice, seed: u64) -> Self {
        let count = dice.pick(&[1, 1, 2, 3]);
        let mut container = json!({ "name": "c", "image": "none", "resources": { "requests": { "cpu": "100m" } } });
        let mut init = Value::Null;
        let claim = (!seed.is_multiple_of(3)).then(|| claim_spec(dice));
        if claim.is_none() {
            let resource = dice.pick(&[RESOURCE, RESOURCE, "deviceclass.resource.kubernetes.io/b"]);
            let of = |number: usize| json!({ resource: number.to_string() });
            let number = 1 + dice.below(3);
            container["resources"] = json!({ "requests": of(number), "limits": of(number) });
            if dice.once_in(3) {
                let number = 1 + dice.below(3);
                init = json!([{ "name": "i", "image": "none", "resources": { "requests": of(number), "limits": of(number) } }]);
            }
        }
        let (mut pods, mut claims) = (Vec::new(), Vec::new());
        for number in 0..count {
            let name = format!("claiming-{number}");
            let mut spec = json!({ "containers": [container], "tolerations": [{ "operator": "Exists" }] });
            if !init.is_null() {
                spec["initContainers"] = init.clone();
            }
            if let Some(claim) = &claim {
                spec["resourceClaims"] = json!([{ "name": "own", "resourceClaimName": name }]);
                claims.push(json!({ "metadata": { "name": name }, "spec": claim }));
            }
            pods.push(json!({ "metadata": { "name": name }, "spec": spec }));
        }
        // One that fits nowhere: devices are read only while a pod waits for some.
        let spec = json!({ "deviceClassName": "any" });
        claims.push(json!({ "metadata": { "name": "waits" },
            "spec": { "devices": { "requests": [{ "name": "r", "exactly": spec }] } } }));
        pods.push(json!({ "metadata": { "name": "waits" }, "spec": {
            "containers": [{ "name": "c", "image": "none" }], "nodeSelector": { "there": "nowhere" },
            "resourceClaims": [{ "name": "own", "resourceClaimName": "waits" }] } }));
        Self { pods, claims }
    }
}

fn decision(pod: &Value) -> Option<Decision> {
    if let Some(node) = pod["spec"]["nodeName"].as_str() {
        return Some(Decision::Bound { node: node.to_owned() });
    }
    let condition = pod["status"]["conditions"].as_array()?.iter().find(|one| one["type"] == "PodScheduled")?;
    let message = condition["message"].as_str().unwrap_or_default().to_owned();
    match condition["reason"].as_str()? {
        "Unschedulable" => Some(Decision::Unschedulable { message }),
        "SchedulerError" => Some(Decision::Failed { message }),
        _ => None,
    }
}

/// Waits until the scheduler has decided on all pods.
fn decisions(cluster: &Cluster) -> BTreeMap<String, Decision> {
    let since = Instant::now();
    loop {
        let pods = cluster.list(PODS);
        let name = |pod: &Value| pod["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let decided: Option<BTreeMap<_, _>> = pods.iter().map(|pod| Some((name(pod), decision(pod)?))).collect();
        match decided {
            Some(decided) => return decided,
            None => assert!(since.elapsed() < DEADLINE, "not decided: {pods:?}"),
        }
        thread::sleep(POLL);
    }
}

/// Returns what the scheduler decides once it has seen everything: pods that wait are made again
/// until all of them wait again.
fn settled(cluster: &Cluster, pods: &[Value]) -> BTreeMap<String, Decision> {
    cluster.add_pods(pods);
    let mut before = decisions(cluster);
    loop {
        let waits =
            |pod: &&Value| !matches!(before[pod["metadata"]["name"].as_str().unwrap_or_default()], Decision::Bound { .. });
        let waiting: Vec<Value> = pods.iter().filter(waits).cloned().collect();
        cluster.delete_pods(names(&waiting));
        cluster.add_pods(&waiting);
        let after = decisions(cluster);
        let bound = |all: &BTreeMap<String, Decision>| all.values().filter(|one| matches!(one, Decision::Bound { .. })).count();
        if bound(&after) == bound(&before) {
            return after;
        }
        before = after;
    }
}

/// Where the planner finds other than the scheduler on the nodes that are there.
fn differences(snapshot: &Snapshot, decided: &BTreeMap<String, Decision>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, decision) in decided {
        let mut seen = snapshot.clone();
        let pod = seen.pods.iter_mut().find(|pod| pod.name.as_str() == name).expect("the snapshot has the pod");
        if pod.node.take().is_some() {
            // Before it was bound.
            pod.phase = ec2_autoscale::snapshot::Phase::Pending;
            pod.scheduling = Scheduling::Unschedulable { since: snapshot.taken_at };
            let uid = pod.uid.clone();
            let is_its = |claim: &ec2_autoscale::snapshot::ResourceClaim| {
                claim.reserved_for.iter().any(|it| uid.as_str() == it.as_str())
            };
            seen.resource_claims.retain(|claim| !is_its(claim) || claim.name == *name);
            for claim in seen.resource_claims.iter_mut().filter(|claim| is_its(claim)) {
                (claim.allocation, claim.reserved_for) = (None, Vec::new());
            }
        }
        let id = seen.pods.iter().find(|pod| pod.name.as_str() == name).expect("it is there").id();
        let answers = explain::pod(&seen, &Policy::default(), &id).expect("it is there").nodes;
        let fits = |node: &str| answers.iter().any(|answer| answer.node == node && answer.misfit.is_none());
        let fails = answers.iter().any(|answer| match &answer.misfit {
            Some(Misfit::DynamicResources { problem: Some(problem), .. }) => {
                problem.is_everywhere() && !matches!(problem, DeviceProblem::ClassMissing { .. })
            }
            _ => false,
        });
        let agrees = match decision {
            Decision::Bound { node } => fits(node),
            Decision::Unschedulable { .. } => answers.iter().all(|answer| answer.misfit.is_some()) && !fails,
            Decision::Failed { .. } => fails,
        };
        if !agrees {
            let found: Vec<String> = answers.iter().map(|answer| format!("{}: {}", answer.node, answer.message)).collect();
            wrong.push(format!("{name}: the scheduler: {decision:?}; here: {}", found.join("; ")));
        }
    }
    wrong
}

/// Lets claims be deleted that the scheduler protects while they have devices.
fn release(cluster: &Cluster) {
    for claim in cluster.list(&claims_in("default")) {
        let name = claim["metadata"]["name"].as_str().unwrap_or_default();
        cluster.change(&format!("{}/{name}", claims_in("default")), &json!({ "metadata": { "finalizers": null } }));
    }
}

fn make_slices(cluster: &Cluster, slices: &[Value]) {
    for slice in slices {
        cluster.create(SLICES, slice);
    }
}

fn try_case(cluster: &Cluster, seed: u64, tally: &mut BTreeMap<&'static str, usize>) -> Vec<String> {
    let dice = &mut Dice::new(seed);
    let mut group = empty_group(0, ZONES[0]);
    let mut nodes = Vec::new();
    for number in 0..=dice.below(2) {
        let name = format!("stranger-{seed}-{number}");
        make_slices(cluster, &DeviceSet::by_chance(dice).slices(&name));
        nodes.push(node(&name, &Labels::new(), &group.offer, &[], None));
    }
    let of_group = DeviceSet::by_chance(dice);
    group.facts.tags.devices = of_group.stated();
    // Nothing is bought beside nodes of which none belongs to a group.
    let name = format!("old-{seed}");
    add_instance(&mut group, &name, ZONES[0], Timestamp::now() - SignedDuration::from_mins(5));
    make_slices(cluster, &of_group.slices(&name));
    nodes.push(node_of(&group, &name, ZONES[0], &group.offer, &[]));
    let Claiming { pods, claims } = Claiming::by_chance(dice, seed);
    for claim in &claims {
        cluster.create(&claims_in("default"), claim);
    }
    cluster.add_nodes(&nodes);
    let decided = settled(cluster, &pods);
    let case = Case {
        groups: vec![group],
        nodes,
        residents: Vec::new(),
        resizes: Vec::new(),
        pending: pods,
        has_daemon: false,
        may_preempt: false,
    };
    let snapshot = read(cluster, &case);
    for decision in decided.values() {
        let kind = match decision {
            Decision::Bound { .. } => "bound",
            Decision::Unschedulable { .. } => "unschedulable",
            Decision::Failed { .. } => "failed",
        };
        *tally.entry(kind).or_default() += 1;
    }
    let mut wrong = differences(&snapshot, &decided);
    let plan = plan(&snapshot, &Policy::default());
    let is_promised = |verdict: &PodVerdict| matches!(verdict, PodVerdict::FitsNew { .. } | PodVerdict::FitsUpcoming { .. });
    let promised: Vec<&str> =
        plan.pods.iter().filter(|pod| is_promised(&pod.verdict)).map(|pod| pod.pod.name.as_str()).collect();
    let mut coming = nodes_of(&case, &plan);
    let awaited: u32 = plan.groups.iter().map(|group| group.upcoming).sum();
    coming.extend((0..awaited).map(|number| of_case_group(&case, &format!("awaited-{seed}-{number}"))));
    *tally.entry("nodes to come").or_default() += coming.len();
    *tally.entry("promised").or_default() += promised.len();
    // A node that nobody asked for, where none is bought: the pods must stay pending.
    let uncalled = || vec![of_case_group(&case, &format!("uncalled-{seed}"))];
    let coming = if coming.is_empty() { uncalled() } else { coming };
    for name in names(&coming) {
        make_slices(cluster, &of_group.slices(name));
    }
    let waiting: Vec<Value> = case
        .pending
        .iter()
        .filter(|pod| !matches!(decided[pod["metadata"]["name"].as_str().unwrap_or_default()], Decision::Bound { .. }))
        .cloned()
        .collect();
    cluster.delete_pods(names(&waiting));
    cluster.add_nodes(&coming);
    let then = settled(cluster, &waiting);
    for name in names(&waiting) {
        let is_bound = matches!(then[name], Decision::Bound { .. });
        if is_bound != promised.contains(&name) {
            let message =
                plan.pods.iter().find(|pod| pod.pod.name.as_str() == name).map_or("no verdict", |pod| pod.message.as_str());
            wrong.push(format!("{name} on new nodes: the scheduler: {:?}; here: {message}", then[name]));
        }
    }
    wrong
}

/// Returns a node of the group of a case.
fn of_case_group(case: &Case, name: &str) -> Value {
    node_of(&case.groups[0], name, ZONES[0], &case.groups[0].offer, &[])
}

#[test]
fn claims_get_their_devices_where_the_planner_finds_them() {
    let cluster = Cluster::start().unwrap_or_else(|why| panic!("{why}"));
    let class = |name: &str, resource: Option<&str>, expression: &str| {
        let selectors = json!([{ "cel": { "expression": expression } }]);
        let class =
            json!({ "metadata": { "name": name }, "spec": { "selectors": selectors, "extendedResourceName": resource } });
        cluster.create("/apis/resource.k8s.io/v1/deviceclasses", &class);
    };
    class("a", Some(RESOURCE), r#"device.driver == "a.example.com""#);
    class("b", None, r#"device.driver == "b.example.com""#);
    class("any", None, "true");
    let mut tally = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for seed in seeds_from("CLAIM_SEEDS").unwrap_or(SEEDS) {
        let found = try_case(&cluster, seed, &mut tally);
        wrong.extend(found.into_iter().map(|what| format!("seed {seed}: {what}")));
        release(&cluster);
        cluster.clear();
        cluster.client.delete(SLICES, &json!({ "gracePeriodSeconds": 0 })).expect(200);
        tried += 1;
    }
    say(&format!("claims: {tried} cases, {tally:?}, {} disagreements\n", wrong.len()));
    assert!(wrong.is_empty(), "{} disagreements:\n{}", wrong.len(), wrong.join("\n"));
}
