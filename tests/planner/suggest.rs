//! Which groups to add: ten situations of pods that no group helps. With the groups added as they
//! are printed, the next plan helps all of them.

use std::collections::BTreeSet;
use std::path::Path;

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::plan;
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{
    Group, MachineType, Market, ObjectName, PodVolume, Price, PriceSource, Purchase, Resources, Snapshot, UsdPerHour,
};
use ec2_autoscale_core::suggest::{Goal, MachineMarket, NoHelp, SuggestedGroup, SuggestionTerms, Suggestions, suggest};
use serde_json::json;

use crate::support::scenario::situation;

const TERMS: SuggestionTerms = SuggestionTerms { goal: Goal::Help, market: Market::OnDemand };

/// Returns the machine types and prices of `tests/suggest`.
fn market() -> MachineMarket {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/suggest");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file");
    let machines: Vec<MachineType> = serde_json::from_str(&read("machines.json")).expect("machine types");
    let price = |line: &str| {
        let [region, machine_type, usd] = line.split(',').collect::<Vec<_>>().try_into().expect("three columns");
        Price {
            region: region.to_owned(),
            machine_type: machine_type.to_owned(),
            market: Market::OnDemand,
            zone: None,
            usd_per_hour: usd.parse().expect("an amount"),
            list_usd_per_hour: None,
            source: PriceSource::Table,
        }
    };
    let prices = read("prices.csv").lines().skip(1).map(price).collect();
    MachineMarket { machines, prices, ..MachineMarket::default() }
}

/// Returns the snapshot and the policy after a script. Its groups launch what their tags state.
fn cluster(script: &str) -> (Snapshot, Policy) {
    let (world, policy) = situation(script);
    (world.snapshot, policy)
}

fn suggested(snapshot: &Snapshot, policy: &Policy, market: &MachineMarket) -> Suggestions {
    let suggestions = suggest(snapshot, policy, market, TERMS);
    let again = suggest(snapshot, policy, market, TERMS);
    assert_eq!(suggestions, again, "the same input gives the same output");
    suggestions
}

/// Writes a group down as its tags and its launch template would be read, from what is printed and
/// nothing else.
fn as_read(suggested: &SuggestedGroup) -> Group {
    let options: Vec<_> = suggested
        .machine_types
        .iter()
        .map(|name| {
            json!({
                "machine_type": name, "weight": 1, "root_volume_gib": suggested.root_volume_gib,
                "efa_interfaces": suggested.efa_interfaces,
                "details": { "operating_system": "linux", "architecture": suggested.architecture },
            })
        })
        .collect();
    let purchase = match suggested.market {
        Market::OnDemand => Purchase::OnDemand,
        Market::Spot => Purchase::Spot { max_price: None },
    };
    serde_json::from_value(json!({
        "id": suggested.group, "managed_by": "cluster-autoscaler-tags", "min": 0, "max": suggested.max, "desired": 0,
        "zones": suggested.zones, "launch_options": options, "purchase": purchase,
        "tags": { "labels": suggested.labels, "taints": suggested.taints, "resources": suggested.resources },
    }))
    .expect("a group")
}

/// Adds the groups as they are printed, and plans.
fn unhelped_with(suggestions: &Suggestions, snapshot: &Snapshot, policy: &Policy, market: &MachineMarket) -> Vec<ObjectName> {
    let mut snapshot = snapshot.clone();
    snapshot.groups.extend(suggestions.groups.iter().map(as_read));
    snapshot.machine_types.clone_from(&market.machines);
    let plan = plan(&snapshot, policy);
    assert_eq!(violations(&plan, &snapshot), []);
    plan.pods.iter().filter(|pod| !pod.verdict.is_helped()).map(|pod| pod.pod.clone()).collect()
}

/// Returns the suggestions for a cluster, after checking that they help all its pods and that
/// without any of them some pod is left.
fn helps_all(snapshot: &Snapshot, policy: &Policy) -> Suggestions {
    let market = market();
    let before = plan(snapshot, policy);
    assert!(before.summary.pods_unhelped > 0, "somebody needs help");
    let suggestions = suggested(snapshot, policy, &market);
    assert_eq!(unhelped_with(&suggestions, snapshot, policy, &market), [], "{suggestions:#?}");
    assert_eq!(suggestions.left, [], "nobody is left");
    assert_eq!(suggestions.after.pods_unhelped, 0);
    for place in 0..suggestions.groups.len() {
        let mut fewer = suggestions.clone();
        let without = fewer.groups.remove(place);
        let is_cheaper_only = suggestions.groups.len() > 1 && unhelped_with(&fewer, snapshot, policy, &market).is_empty();
        assert!(!is_cheaper_only, "{} is of no use", without.group);
        assert_eq!(without.pods.iter().collect::<BTreeSet<_>>().len(), without.pods.len());
        assert!(without.max > i64::from(without.nodes), "{}: room to grow", without.group);
    }
    suggestions
}

/// Returns the types and numbers of nodes of suggested groups.
fn nodes(suggestions: &Suggestions) -> Vec<(&str, u32)> {
    suggestions.groups.iter().map(|group| (group.machine_types[0].as_str(), group.nodes)).collect()
}

const ONE_GROUP: &str = "group small zones=a,b,c cpu=2 mem=8Gi max=3 type=m5.large\n";

/// Returns a cluster with one small group and some pods.
fn with_pods(pods: &str) -> (Snapshot, Policy) {
    cluster(&format!("{ONE_GROUP}{pods}"))
}

#[test]
fn devices_are_counted_and_the_cheapest_machine_that_has_them_is_taken() {
    let (snapshot, policy) = with_pods("pods train x3 cpu=4 mem=16Gi gpu=4 tolerate=nvidia.com/gpu");
    let suggestions = helps_all(&snapshot, &policy);
    assert_eq!(nodes(&suggestions), [("g4dn.12xlarge", 3)]);
    let group = &suggestions.groups[0];
    assert_eq!(group.taints.iter().map(|taint| taint.key.as_str()).collect::<Vec<_>>(), ["nvidia.com/gpu"]);
    assert_eq!((group.zones.len(), group.max), (3, 4));
    assert!(group.runners_up.iter().all(|other| other.usd_per_hour >= group.usd_per_hour), "{:?}", group.runners_up);
}

#[test]
fn large_memory_takes_a_machine_for_memory() {
    let (snapshot, policy) = with_pods("pods solver x2 cpu=4 mem=300Gi");
    assert_eq!(nodes(&helps_all(&snapshot, &policy)), [("r5.24xlarge", 1)]);
}

#[test]
fn an_architecture_is_taken_from_the_selector() {
    let (snapshot, policy) = with_pods("pods build x4 cpu=3 mem=4Gi select=kubernetes.io/arch=arm64");
    let suggestions = helps_all(&snapshot, &policy);
    assert_eq!(suggestions.groups[0].architecture, "arm64");
    assert_eq!(suggestions.groups[0].labels.len(), 0, "the kubelet sets it");
}

#[test]
fn a_volume_decides_the_zone() {
    let (mut snapshot, policy) = with_pods("pods db x1 cpu=4 mem=8Gi owner=StatefulSet");
    let claim = json!({
        "namespace": "batch", "name": "data", "phase": "bound", "volume": "pv", "storage_class": "gp3",
        "access_modes": ["read-write-once"], "requested": 1,
    });
    let zone = json!({ "key": "topology.kubernetes.io/zone", "operator": "in", "values": ["us-west-2b"] });
    let volume = json!({ "name": "pv", "available": false, "node_affinity": [{ "match_expressions": [zone] }] });
    snapshot.claims.push(serde_json::from_value(claim).expect("a claim"));
    snapshot.volumes.push(serde_json::from_value(volume).expect("a volume"));
    snapshot.pods[0].volumes = vec![PodVolume::Claim { claim: "data".into() }];
    let suggestions = helps_all(&snapshot, &policy);
    assert_eq!(suggestions.groups[0].zones, ["us-west-2b"]);
}

#[test]
fn labels_and_taints_are_those_that_pods_select_and_tolerate() {
    let (snapshot, policy) = with_pods("pods etl x2 cpu=1 mem=2Gi select=dedicated=etl tolerate=dedicated");
    let suggestions = helps_all(&snapshot, &policy);
    let group = &suggestions.groups[0];
    assert_eq!(group.labels.get("dedicated").map(ec2_autoscale_core::snapshot::Name::as_str), Some("etl"));
    assert_eq!(group.taints.iter().map(ToString::to_string).collect::<Vec<_>>(), ["dedicated=etl:NoSchedule"]);
}

#[test]
fn a_label_that_says_spot_makes_a_group_of_spot_instances_of_several_types() {
    let (snapshot, policy) = with_pods("pods batch x6 cpu=3 mem=12Gi select=lifecycle=spot");
    let suggestions = helps_all(&snapshot, &policy);
    let group = &suggestions.groups[0];
    assert_eq!((group.market, group.labels.len()), (Market::Spot, 1));
    assert!(group.machine_types.len() > 1, "{:?}", group.machine_types);
}

#[test]
fn scratch_space_takes_a_larger_volume() {
    let (mut snapshot, policy) = with_pods("pods sort x3 cpu=2 mem=4Gi");
    for spec in snapshot.pod_specs.values_mut() {
        let requests = Resources::parse([("cpu", "2"), ("memory", "4Gi"), ("ephemeral-storage", "200Gi")]);
        spec.containers[0].requests = requests.expect("amounts");
    }
    let suggestions = helps_all(&snapshot, &policy);
    assert!(suggestions.groups[0].root_volume_gib.is_some_and(|gib| gib >= 220), "{:?}", suggestions.groups[0]);
}

#[test]
fn a_port_of_the_host_takes_a_node_for_each_pod() {
    let (snapshot, policy) = with_pods("pods proxy x5 cpu=1 mem=1Gi port=443 select=pool=edge");
    let suggestions = helps_all(&snapshot, &policy);
    assert_eq!(nodes(&suggestions), [("c5.large", 5)]);
    assert_eq!(suggestions.groups[0].max, 7);
}

#[test]
fn accelerators_and_parts_of_devices_are_found_by_their_names() {
    let (mut snapshot, policy) = with_pods(
        "group mig cpu=95 mem=1000Gi max=1 desired=1 type=p4d.24xlarge
         node mig-1 group=mig cordoned-by-person
         pods infer x2 cpu=2 mem=4Gi\npods slice x3 cpu=1 mem=2Gi gpu=1",
    );
    let p4d = snapshot.nodes.first_mut().expect("the node");
    p4d.labels.insert("node.kubernetes.io/instance-type".into(), "p4d.24xlarge".into());
    p4d.labels.insert("kubernetes.io/arch".into(), "amd64".into());
    p4d.allocatable.set("nvidia.com/mig-1g.5gb", 56);
    for spec in snapshot.pod_specs.values_mut() {
        let requests = &mut spec.containers[0].requests;
        let resource = if requests.contains("nvidia.com/gpu") { "nvidia.com/mig-1g.5gb" } else { "aws.amazon.com/neuron" };
        *requests = requests.iter().filter(|(name, _)| *name != "nvidia.com/gpu").chain([(resource, 1)]).collect();
    }
    let suggestions = helps_all(&snapshot, &policy);
    assert_eq!(nodes(&suggestions), [("inf2.xlarge", 2), ("p4d.24xlarge", 1)]);
    let mig = &suggestions.groups[1].resources;
    assert_eq!((mig.get("nvidia.com/mig-1g.5gb"), mig.contains("nvidia.com/gpu")), (56, true), "none is left whole");
}

#[test]
fn several_shapes_get_one_group_or_two() {
    let (snapshot, policy) = with_pods(
        "pods train x2 cpu=4 mem=16Gi gpu=1\npods solver x1 cpu=2 mem=100Gi select=pool=batch\npods map x40 cpu=2 mem=3Gi select=pool=batch",
    );
    let suggestions = helps_all(&snapshot, &policy);
    assert!(suggestions.groups.len() >= 2, "{:?}", nodes(&suggestions));
    let cost: u64 = suggestions.groups.iter().filter_map(|group| group.usd_per_hour).map(UsdPerHour::micros).sum();
    assert_eq!(suggestions.after.usd_per_hour.map(UsdPerHour::micros), Some(cost));
}

/// A constraint over zones is met by a group for each zone, since the cloud chooses the zone in a
/// group of several.
#[test]
fn a_spread_over_zones_gets_a_group_in_each() {
    let (snapshot, policy) = with_pods("pods api x6 cpu=3 mem=4Gi label=app=api spread=zone:1:3");
    let suggestions = helps_all(&snapshot, &policy);
    let zones: BTreeSet<_> = suggestions.groups.iter().flat_map(|group| &group.zones).collect();
    assert_eq!(zones.len(), 3);
}

/// A gang whose leader and workers need different machines is helped whole.
#[test]
fn a_gang_of_different_pods_is_helped_whole() {
    let (snapshot, policy) = with_pods(
        "gang run min=3\npods leader x1 cpu=6 mem=8Gi gang=run select=role=leader\npods worker x2 cpu=4 mem=16Gi gpu=1 gang=run",
    );
    assert_eq!(helps_all(&snapshot, &policy).groups.len(), 2);
}

/// Pods that no group could help come with a closed reason and what would help.
#[test]
fn pods_that_no_group_could_help_get_the_reason() {
    let (mut snapshot, policy) = with_pods(
        "pods pinned x1 cpu=1 mem=1Gi select=kubernetes.io/hostname=n1
         pods role x1 cpu=1 mem=1Gi select=node-role.kubernetes.io/gpu=1
         pods product x1 cpu=1 mem=1Gi gpu=1 select=nvidia.com/gpu.product=Tesla-V100
         pods huge x1 cpu=1 mem=1Gi gpu=9
         pods windows x1 cpu=1 mem=1Gi select=kubernetes.io/os=windows
         pods far x1 cpu=1 mem=1Gi zone=eu-west-1a
         pods queued x1 cpu=1 mem=1Gi gate=kueue.x-k8s.io/admission
         pods unbound x1 cpu=3 mem=1Gi",
    );
    for pod in &mut snapshot.pods {
        if pod.name.starts_with("unbound") {
            pod.volumes = vec![PodVolume::Claim { claim: "missing".into() }];
        }
    }
    let suggestions = suggested(&snapshot, &policy, &market());
    let reasons: Vec<String> =
        suggestions.left.iter().map(|left| format!("{}: {}; {}", left.pods[0].name, left.message, left.remedy)).collect();
    insta::assert_snapshot!(reasons.join("\n"));
    assert!(suggestions.groups.is_empty(), "{:?}", nodes(&suggestions));
    assert!(matches!(&suggestions.left[0].why, NoHelp::NamesANode { .. } | NoHelp::TooLarge { .. } | NoHelp::NoRegion { .. }));
}

/// Without prices the smallest machines are taken, and no amount of money is named.
#[test]
fn without_prices_the_size_decides() {
    let (snapshot, policy) = with_pods("pods map x4 cpu=3 mem=4Gi");
    let market = MachineMarket { prices: Vec::new(), ..market() };
    let suggestions = suggested(&snapshot, &policy, &market);
    assert_eq!(unhelped_with(&suggestions, &snapshot, &policy, &market), []);
    assert!(suggestions.groups.iter().all(|group| group.usd_per_hour.is_none()));
    assert_eq!(suggestions.after.usd_per_hour, None);
}

/// Where another type would carry the same pods for less, it is suggested; where none would, none
/// is.
#[test]
fn a_cheaper_type_is_suggested_to_save() {
    let script = "group fat zones=a cpu=47 mem=185Gi max=10 desired=2 type=m5.12xlarge
        node fat-1 group=fat
        node fat-2 group=fat
        pods web x20 cpu=4 mem=4Gi on=fat-1,fat-2 owner=ReplicaSet";
    let (mut snapshot, policy) = cluster(&script.replace("on=fat-1,fat-2", "on=fat-1"));
    for (number, pod) in snapshot.pods.iter_mut().enumerate() {
        if number % 2 == 0 {
            pod.node = Some("fat-2".into());
        }
    }
    let terms = SuggestionTerms { goal: Goal::Save, market: Market::OnDemand };
    let mut market = market();
    market.add_known(&snapshot);
    let suggestions = suggest(&snapshot, &policy, &market, terms);
    assert!(suggestions.after.usd_per_hour < suggestions.before.usd_per_hour, "{}", suggestions.message);
    assert_eq!((suggestions.after.pods_unhelped, suggestions.left.len()), (0, 0));
    assert!(suggestions.groups[0].machine_types[0].starts_with('c'), "{:?}", nodes(&suggestions));
    let only =
        MachineMarket { machines: market.machines.iter().filter(|it| it.name == "m5.12xlarge").cloned().collect(), ..market };
    assert!(suggest(&snapshot, &policy, &only, terms).groups.is_empty());
}
