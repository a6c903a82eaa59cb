//! The reading of a cluster over HTTP: complete, or an error with the way out.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use ec2_autoscale::cloud::CloudFacts;
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::gather::{GatherError, GatherOptions, gather_beside};
use ec2_autoscale::kubernetes::reading::leases::{ASKED_ANNOTATION, LEASE_NAME, encode_growth_notes};
use ec2_autoscale::kubernetes::{ApiServer, connect_kubernetes};
use ec2_autoscale::plan::plan;
use ec2_autoscale::policy::Policy;
use ec2_autoscale::progress::{Progress, ReadingStage, Silent};
use ec2_autoscale::server_clock::ServerClock;
use ec2_autoscale::snapshot::{
    ForeignAutoscaler, GangRules, GroupId, GrowthNote, MissingFact, ObjectName, Outcome, PodEnd, RestartPolicy, Scheduling,
    Snapshot,
};
use jiff::Timestamp;
use serde_json::json;

use crate::support::kubernetes::objects::{
    Object, Pod, budget, claim, daemon_set, lease, namespace, node, object, pod, storage_class,
};
use crate::support::kubernetes::{CallPattern, Fault, KubernetesServer, Rule};

const LEASE_NAMESPACE: &str = "autoscaling";

/// Returns the rules of the manifest's ClusterRole for this half.
fn reading_rules() -> Vec<Rule> {
    let list = |group: &str, resource: &str| Rule::allow(&["list"], group, resource);
    vec![
        list("", "nodes"),
        list("", "pods"),
        Rule::allow(&["get", "list"], "", "namespaces"),
        list("", "persistentvolumeclaims"),
        list("", "persistentvolumes"),
        list("apps", "daemonsets"),
        list("policy", "poddisruptionbudgets"),
        list("storage.k8s.io", "storageclasses"),
        list("storage.k8s.io", "csinodes"),
        list("storage.k8s.io", "csidrivers"),
        list("storage.k8s.io", "csistoragecapacities"),
        list("resource.k8s.io", "resourceclaims"),
        list("resource.k8s.io", "resourceclaimtemplates"),
        list("resource.k8s.io", "deviceclasses"),
        list("resource.k8s.io", "resourceslices"),
        list("node.k8s.io", "runtimeclasses"),
        Rule::allow(&["get"], "coordination.k8s.io", "leases"),
    ]
}

pub(super) fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a time")
}

fn gather(kubeconfig: &Path) -> Result<Snapshot, GatherError> {
    gather_telling(kubeconfig, &Silent)
}

fn gather_telling(kubeconfig: &Path, progress: &dyn Progress) -> Result<Snapshot, GatherError> {
    gather_perhaps_finished(kubeconfig, progress, false)
}

fn gather_perhaps_finished(kubeconfig: &Path, progress: &dyn Progress, finished_pods: bool) -> Result<Snapshot, GatherError> {
    gather_with(kubeconfig, progress, &GatherOptions { finished_pods, ..options() })
}

/// Returns what is read where no flag is given.
pub(super) fn options() -> GatherOptions {
    GatherOptions {
        cluster_name: Some("test".to_owned()),
        group_tags: Vec::new(),
        groups: Vec::new(),
        lease_namespace: LEASE_NAMESPACE.to_owned(),
        activity_horizon: Seconds::minutes(60),
        all_activities: false,
        spot_prices: false,
        gangs: GangRules::default(),
        launches_only_for: None,
        devices: false,
        finished_pods: false,
        own_pod: None,
    }
}

/// Reads the cluster alone, without groups.
pub(super) fn gather_with(
    kubeconfig: &Path,
    progress: &dyn Progress,
    options: &GatherOptions,
) -> Result<Snapshot, GatherError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (client, url) = connect_kubernetes(Some(kubeconfig), None).await?;
        let server = ApiServer { client: &client, url: &url, clock: &ServerClock::default() };
        let no_groups = async { Ok(CloudFacts::default()) };
        gather_beside(no_groups, server, options, now(), progress).await
    })
}

fn refusal(kubeconfig: &Path) -> String {
    let text = gather(kubeconfig).expect_err("a snapshot that should not be").to_string();
    assert!(!text.contains('\n'), "one line: {text}");
    text
}

fn numbered_pods(count: usize) -> impl Iterator<Item = Pod> {
    (0..count).map(|number| pod("batch", &format!("job-{number:05}")).requests(&[("cpu", "1")]).unschedulable())
}

fn pages_of(server: &KubernetesServer, resource: &str) -> Vec<String> {
    let calls = server.calls().into_iter().filter(|call| call.verb == "list" && call.resource == resource);
    calls.map(|call| call.query).collect()
}

/// Returns the only gap, as its fact and its text.
fn only_gap(snapshot: &Snapshot) -> (&MissingFact, &str) {
    let [gap] = &snapshot.gaps[..] else { panic!("one gap: {:?}", snapshot.gaps) };
    (&gap.fact, &gap.error)
}

/// Adds a driver, and what is left of its storage.
fn add_storage(server: &KubernetesServer, is_compared: bool) {
    server.add(object("storage.k8s.io/v1", "CSIDriver", "", "local.csi").with("/spec/storageCapacity", json!(is_compared)));
    let left = object("storage.k8s.io/v1", "CSIStorageCapacity", "local", "csisc-1").with("/storageClassName", json!("local"));
    server.add(left.with("/nodeTopology", json!({ "matchLabels": { "node": "n1" } })).with("/capacity", json!("10Gi")));
}

#[test]
fn what_is_left_of_storage_is_read_where_a_driver_wants_it_compared() {
    let server = KubernetesServer::start();
    add_storage(&server, false);
    let snapshot = gather(&server.token_limited_to(&reading_rules())).expect("a snapshot");
    assert_eq!((snapshot.gaps.len(), snapshot.capacity_drivers.len(), snapshot.storage_capacities.len()), (0, 0, 0));
    assert_eq!(pages_of(&server, "csistoragecapacities"), Vec::<String>::new());
}

#[test]
fn every_kind_arrives_and_nothing_is_changed() {
    let server = KubernetesServer::start();
    let at = now();
    server.add(node("n1").provider_id("aws:///us-west-2a/i-0abc"));
    server.add(namespace("batch").label("team", "ml"));
    server.add(pod("batch", "train").requests(&[("cpu", "2")]).node_since("n1", at).claim("data"));
    server.add(daemon_set("kube-system", "agent").requests(&[("cpu", "100m")]));
    server.add(budget("batch", "keep").selecting("app", "web").allowing(1));
    server.add(claim("batch", "data", "gp3"));
    server.add(storage_class("gp3", "ebs.csi.aws.com"));
    server.add(object("v1", "PersistentVolume", "", "pv-1").with("/spec/storageClassName", "gp3"));
    let drivers = json!([{ "name": "ebs.csi.aws.com", "nodeID": "i-0abc", "allocatable": { "count": 25 } }]);
    server.add(object("storage.k8s.io/v1", "CSINode", "", "n1").with("/spec/drivers", drivers));
    add_storage(&server, true);
    let devices = json!([{ "name": "own", "resourceClaimTemplateName": "gpu" }]);
    let generated = json!([{ "name": "own", "resourceClaimName": "train-own-x7k2p" }]);
    let uses = pod("batch", "uses").with("/spec/resourceClaims", devices).with("/status/resourceClaimStatuses", generated);
    server.add(uses.unschedulable());
    let allocation = json!({ "nodeSelector": { "nodeSelectorTerms": [{ "matchFields": [
        { "key": "metadata.name", "operator": "In", "values": ["n1"] }] }] } });
    let claim = object("resource.k8s.io/v1", "ResourceClaim", "batch", "train-own-x7k2p");
    server.add(claim.with("/status/allocation", allocation));
    server.add(lease("kube-system", "cluster-autoscaler", "ca-0", at));
    let note = GrowthNote { group: GroupId { region: "us-west-2".into(), name: "gpu".into() }, desired: 3, at };
    let notes = encode_growth_notes(std::slice::from_ref(&note));
    server.add(lease(LEASE_NAMESPACE, LEASE_NAME, "", at).annotation(ASKED_ANNOTATION, &notes));

    let snapshot = gather(&server.token_limited_to(&reading_rules())).expect("a snapshot");

    assert_eq!(snapshot.gaps, []);
    assert_eq!(snapshot.nodes[0].instance_id(), Some("i-0abc"));
    assert_eq!(snapshot.pods[0].scheduling, Scheduling::Scheduled { at: Some(at) });
    assert_eq!(snapshot.spec(&snapshot.pods[0]).containers[0].requests.get("cpu"), 2000);
    assert_eq!(snapshot.pod_specs[&snapshot.daemon_sets[0].spec].containers[0].requests.get("cpu"), 100);
    assert!(snapshot.namespaces.iter().any(|namespace| namespace.labels.get("team").is_some_and(|team| team == "ml")));
    assert_eq!((snapshot.budgets.len(), snapshot.claims.len(), snapshot.volumes.len()), (1, 1, 1));
    assert_eq!((snapshot.storage_classes.len(), snapshot.csi_nodes[0].limits.len()), (1, 1));
    assert_eq!((&snapshot.capacity_drivers[..], snapshot.storage_capacities.len()), (&["local.csi".to_owned()][..], 1));
    let [entry] = &snapshot.pods[1].resource_claims[..] else { panic!("{:?}", snapshot.pods[1]) };
    assert_eq!(entry.claim.as_ref(), Some(&snapshot.resource_claims[0].name));
    let allocation = snapshot.resource_claims[0].allocation.as_ref().expect("an allocation");
    assert!(allocation.node_selector.is_some());
    assert_eq!(snapshot.growth_notes, [note]);
    assert_eq!(snapshot.foreign_leases[0].autoscaler, ForeignAutoscaler::ClusterAutoscaler);
    let kube_system = server.get("namespaces", "", "kube-system");
    assert_eq!(snapshot.cluster.uid.as_deref(), kube_system["metadata"]["uid"].as_str());
    assert_eq!(server.mutations().len(), 0);
}

#[test]
fn a_list_is_read_page_by_page() {
    let server = KubernetesServer::start();
    server.seed(numbered_pods(1201));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    let names: std::collections::BTreeSet<_> = snapshot.pods.iter().map(|pod| &pod.name).collect();
    assert_eq!((snapshot.pods.len(), names.len()), (1201, 1201));
    assert_eq!(snapshot.pod_specs.len(), 1, "they all ask the same");
    let pages = pages_of(&server, "pods");
    assert_eq!(pages.len(), 3);
    assert!(pages.iter().all(|query| query.contains("limit=500") && !query.contains("resourceVersion")), "{pages:?}");
}

#[test]
fn a_list_whose_pages_expire_begins_again() {
    let server = KubernetesServer::start();
    server.seed(numbered_pods(700));
    server.before(CallPattern::on("list", "pods").nth(2), |cluster| {
        cluster.expire_continue_tokens();
        cluster.remove("pods", "batch", "job-00000");
        cluster.add(pod("batch", "new").requests(&[("cpu", "2")]).unschedulable());
    });
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    assert_eq!(snapshot.pods.len(), 700);
    let named = |name: &str| snapshot.pods.iter().filter(|pod| pod.name == name).count();
    assert_eq!((named("job-00000"), named("job-00001"), named("new")), (0, 1, 1), "one moment, the later one");
    assert_eq!(pages_of(&server, "pods").len(), 4);
}

#[test]
fn a_list_that_expires_for_ever_is_an_error() {
    let server = KubernetesServer::start();
    server.seed(numbered_pods(501));
    server.fault(Fault::of(CallPattern::on("list", "pods").with_query("continue=")).status(410));
    let text = refusal(&server.kubeconfig());
    assert!(text.starts_with("pods could not be read from http://127.0.0.1:"), "{text}");
    assert!(text.contains("410"), "{text}");
    assert_eq!(pages_of(&server, "pods").len(), 8, "four beginnings of two pages");
}

#[test]
fn finished_pods_stay_on_the_server() {
    let server = KubernetesServer::start();
    server.add(pod("batch", "done").phase("Succeeded"));
    server.add(pod("batch", "broken").phase("Failed"));
    server.add(pod("batch", "running").node("n1"));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    assert_eq!(snapshot.pods.iter().map(|pod| pod.name.as_str()).collect::<Vec<_>>(), ["running"]);
    let query = &pages_of(&server, "pods")[0];
    assert!(query.contains("status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed"), "{query}");
    assert_eq!((pages_of(&server, "pods").len(), snapshot.finished_pods.len()), (1, 0));
}

#[test]
fn finished_pods_come_when_they_are_asked_for() {
    let server = KubernetesServer::start();
    server.add(pod("batch", "done").phase("Succeeded").owned_by("Job", "j"));
    server.add(pod("batch", "broken").phase("Failed"));
    server.add(pod("batch", "running").node("n1"));
    let snapshot = gather_perhaps_finished(&server.kubeconfig(), &Silent, true).expect("a snapshot");
    assert_eq!(snapshot.pods.iter().map(|pod| pod.name.as_str()).collect::<Vec<_>>(), ["running"]);
    let told: Vec<_> = snapshot.finished_pods.iter().map(|pod| (pod.name.as_str(), pod.outcome)).collect();
    assert_eq!(told, [("done", Outcome::Succeeded), ("broken", Outcome::Failed)]);
    assert!(snapshot.finished_pods.iter().all(|pod| snapshot.pod_specs.contains_key(&pod.spec)));
}

#[test]
fn of_nodes_that_our_mark_calls_idle_the_end_of_the_last_pod_is_read() {
    let server = KubernetesServer::start();
    let since = now().as_second().to_string();
    let marked = |name: &str| node(name).taint("ec2-autoscale/idle-since", &since, "PreferNoSchedule");
    server.add(marked("idle"));
    server.add(marked("unused"));
    server.add(marked("busy"));
    server.add(node("unmarked"));
    let ended = |name: &str, node: &str, phase: &str, at: &str| {
        let state = json!([{ "name": "main", "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": { "terminated": { "exitCode": 0, "finishedAt": at } } }]);
        pod("batch", name).node(node).phase(phase).with("/status/containerStatuses", state)
    };
    server.add(ended("first", "idle", "Succeeded", "2026-11-22T11:00:00Z"));
    server.add(ended("last", "idle", "Failed", "2026-11-22T11:30:00Z"));
    server.add(ended("agent", "idle", "Failed", "2026-11-22T11:45:00Z").owned_by("DaemonSet", "agent"));
    server.add(ended("before", "busy", "Succeeded", "2026-11-22T11:30:00Z"));
    server.add(pod("batch", "now").node("busy"));
    server.add(ended("other", "unmarked", "Succeeded", "2026-11-22T11:30:00Z"));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    let at = "2026-11-22T11:30:00Z".parse().expect("a time");
    assert_eq!(snapshot.pod_ends, [PodEnd { node: "idle".into(), at }]);
    assert_eq!(pages_of(&server, "pods").len(), 3, "all unfinished ones, and those of two idle nodes");
}

#[test]
fn a_minor_kind_that_may_not_be_listed_is_a_gap_that_names_the_permission() {
    let server = KubernetesServer::start();
    server.add(node("n1"));
    let mut rules = reading_rules();
    rules.retain(|rule| rule.resource() != "persistentvolumeclaims");
    let snapshot = gather(&server.token_limited_to(&rules)).expect("a snapshot");
    assert_eq!(snapshot.nodes.len(), 1);
    assert_eq!(
        only_gap(&snapshot),
        (
            &MissingFact::Objects { resource: "persistentvolumeclaims".to_owned() },
            "limited lacks the permission list persistentvolumeclaims (cluster-wide); add it to its ClusterRole"
        )
    );
}

#[test]
fn a_cluster_that_does_not_serve_resource_claims_has_none() {
    let server = KubernetesServer::start();
    server.add(node("n1"));
    server.fault(Fault::on("list", "resourceclaims").status(404));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    assert_eq!((snapshot.resource_claims, snapshot.gaps), (vec![], vec![]));
    assert_eq!(pages_of(&server, "resourceclaims").len(), 1, "asking again can't help");
}

#[test]
fn a_resource_that_a_device_class_serves_is_known() {
    let server = KubernetesServer::start();
    let mut class = object("resource.k8s.io/v1", "DeviceClass", "", "gpu.example.com");
    class["spec"] = json!({ "extendedResourceName": "example.com/gpu" });
    server.add(class);
    server.add(object("resource.k8s.io/v1", "DeviceClass", "", "other.example.com"));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    assert_eq!((snapshot.device_class_resources, snapshot.gaps), (vec!["example.com/gpu".to_owned()], vec![]));
}

#[test]
fn devices_are_read_only_where_a_pod_waits_for_some() {
    let server = KubernetesServer::start();
    server.add(node("n1"));
    let mut slice = object("resource.k8s.io/v1", "ResourceSlice", "", "n1-gpu");
    slice["spec"] = json!({ "driver": "gpu.example.com", "nodeName": "n1",
        "pool": { "name": "n1", "generation": 1, "resourceSliceCount": 1 }, "devices": [{ "name": "gpu-0" }] });
    server.add(slice);
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    assert_eq!((snapshot.resource_slices, pages_of(&server, "resourceslices").len()), (None, 0));
    let mut pod = object("v1", "Pod", "batch", "train");
    pod["spec"] = json!({ "containers": [{ "name": "main", "image": "i" }],
        "resourceClaims": [{ "name": "gpu", "resourceClaimName": "gpu" }] });
    server.add(pod);
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    let slices = snapshot.resource_slices.expect("they were read");
    assert_eq!((slices.len(), slices[0].devices[0].name.as_str()), (1, "gpu-0"));
    assert_eq!(pages_of(&server, "resourceclaimtemplates").len(), 0, "nothing is made from one");
    let entries = json!([{ "name": "gpu", "resourceClaimTemplateName": "one" }]);
    server.add(daemon_set("kube-system", "agent").with("/spec/template/spec/resourceClaims", entries));
    let requests = json!([{ "name": "r", "exactly": { "deviceClassName": "gpu" } }]);
    let template = object("resource.k8s.io/v1", "ResourceClaimTemplate", "kube-system", "one");
    server.add(template.with("/spec/spec/devices/requests", requests));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    let [template] = &snapshot.resource_claim_templates[..] else { panic!("{:?}", snapshot.resource_claim_templates) };
    assert_eq!((template.name.as_str(), template.needs.requests.len()), ("one", 1));
    assert_eq!(snapshot.daemon_sets[0].resource_claims[0].template.as_deref(), Some("one"));
}

#[test]
fn resource_claims_that_may_not_be_listed_are_a_gap() {
    let server = KubernetesServer::start();
    let mut rules = reading_rules();
    rules.retain(|rule| rule.resource() != "resourceclaims");
    let snapshot = gather(&server.token_limited_to(&rules)).expect("a snapshot");
    assert_eq!(
        only_gap(&snapshot),
        (
            &MissingFact::Objects { resource: "resourceclaims".to_owned() },
            "limited lacks the permission list resourceclaims.resource.k8s.io (cluster-wide); add it to its ClusterRole"
        )
    );
}

#[test]
fn leases_that_may_not_be_read_are_two_gaps() {
    let server = KubernetesServer::start();
    let mut rules = reading_rules();
    rules.retain(|rule| rule.resource() != "leases");
    let snapshot = gather(&server.token_limited_to(&rules)).expect("a snapshot");
    let facts: Vec<_> = snapshot.gaps.iter().map(|gap| &gap.fact).collect();
    assert_eq!(facts, [&MissingFact::GrowthNotes, &MissingFact::ForeignLeases]);
    assert_eq!(
        snapshot.gaps[0].error,
        "limited lacks the permission get leases.coordination.k8s.io in namespace autoscaling; add it to its Role there"
    );
}

#[test]
fn without_pods_or_nodes_there_is_no_snapshot() {
    let server = KubernetesServer::start();
    for resource in ["pods", "nodes"] {
        let mut rules = reading_rules();
        rules.retain(|rule| rule.resource() != resource);
        assert_eq!(
            refusal(&server.token_limited_to(&rules)),
            format!("limited lacks the permission list {resource} (cluster-wide); add it to its ClusterRole")
        );
    }
}

#[test]
fn an_expired_token_is_not_tried_again() {
    let server = KubernetesServer::start();
    let text = refusal(&server.kubeconfig_for("expired"));
    assert!(text.contains("does not accept the credentials (401)"), "{text}");
    assert!(text.contains("aws eks update-kubeconfig"), "{text}");
    assert_eq!(pages_of(&server, "nodes").len(), 1);
}

#[test]
fn a_server_that_is_not_there_is_named_with_the_cause() {
    let kubeconfig = KubernetesServer::start();
    let (path, url) = (kubeconfig.kubeconfig(), kubeconfig.url());
    let text = std::fs::read_to_string(&path).expect("the kubeconfig");
    drop(kubeconfig);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    std::fs::write(&path, text).expect("a file");
    let text = refusal(&path);
    assert!(text.starts_with(&format!("the Kubernetes API at {url} can't be reached: ")), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
}

#[test]
fn passing_trouble_is_waited_out() {
    let server = KubernetesServer::start();
    server.seed(numbered_pods(3));
    server.fault(Fault::on("list", "pods").status(500).times(2));
    server.fault(Fault::on("list", "nodes").cut_before().times(1));
    server.fault(Fault::on("list", "namespaces").status(429).retry_after(1).times(1));
    server.fault(Fault::on("list", "daemonsets").raw(502, "text/html", "<html>Bad Gateway</html>").times(1));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    assert_eq!((snapshot.pods.len(), snapshot.gaps.len()), (3, 0));
    assert_eq!(pages_of(&server, "pods").len(), 3);
    let asked: Vec<_> = server.calls().into_iter().filter(|call| call.summary() == "list namespaces").collect();
    let waited = asked[1].at.duration_since(asked[0].at);
    assert!(waited >= jiff::SignedDuration::from_secs(1), "as long as the server asked for, not {waited}");
}

#[test]
fn lasting_trouble_costs_one_kind_and_is_not_asked_for_ever() {
    let server = KubernetesServer::start();
    server.fault(Fault::on("list", "poddisruptionbudgets").status(503));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    let (fact, text) = only_gap(&snapshot);
    assert_eq!(fact, &MissingFact::Objects { resource: "poddisruptionbudgets".to_owned() });
    assert!(text.ends_with(": 503 the server is currently unable to handle the request"), "{text}");
    assert_eq!(pages_of(&server, "poddisruptionbudgets").len(), 5);
}

#[test]
fn notes_that_are_not_understood_are_a_gap() {
    let server = KubernetesServer::start();
    server.add(lease(LEASE_NAMESPACE, LEASE_NAME, "", now()).annotation(ASKED_ANNOTATION, "{}"));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    assert_eq!(only_gap(&snapshot).0, &MissingFact::GrowthNotes);
}

#[test]
fn nodes_come_before_the_small_kinds_and_pods_last() {
    /// Remembers the stages.
    struct Stages(Mutex<Vec<(ReadingStage, usize)>>);

    impl Progress for Stages {
        fn set_label(&self, _: &str) {}

        fn stage_done(&self, stage: ReadingStage, _: Duration, items: usize) {
            self.0.lock().expect("no other thread").push((stage, items));
        }
    }

    let server = KubernetesServer::start();
    server.add(node("n1"));
    server.seed(numbered_pods(2));
    let stages = Stages(Mutex::default());
    gather_telling(&server.kubeconfig(), &stages).expect("a snapshot");
    let namespaces = server.all("namespaces").len();
    let stages = stages.0.into_inner().expect("no other thread");
    assert_eq!(stages, [(ReadingStage::Nodes, 1), (ReadingStage::Objects, namespaces), (ReadingStage::Pods, 2)]);
    let calls = server.calls();
    assert_eq!(calls.first().map(|call| call.resource.as_str()), Some("nodes"));
    // What is served is no fact about the cluster's state.
    let last = calls.iter().rev().find(|call| !call.resource.is_empty());
    assert_eq!(last.map(|call| call.resource.as_str()), Some("pods"));
}

/// Returns the limits of a list's pages, in their order.
fn limits_of(server: &KubernetesServer, resource: &str) -> Vec<usize> {
    let limit = |query: &str| query.split('&').find_map(|pair| pair.strip_prefix("limit="))?.parse().ok();
    pages_of(server, resource).iter().map(|query| limit(query).expect("each page has a limit")).collect()
}

/// Large objects are 600 pods of 100 KB, as of people who keep files in annotations.
#[test]
fn pages_of_large_objects_are_small() {
    let server = KubernetesServer::start();
    let large = "x".repeat(100_000);
    server.seed(numbered_pods(600).map(|pod| pod.annotation("example.com/notebook", &large)));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    assert_eq!(snapshot.pods.len(), 600);
    let limits = limits_of(&server, "pods");
    // 500 of them are more than 16 MiB and not read to their end; a page of 125 is 12 MiB, and one
    // of 83 is 8.
    assert_eq!(limits[..3], [500, 125, 83], "{limits:?}");
    assert!(limits[2..].iter().all(|limit| (40..=90).contains(limit)), "{limits:?}");
}

#[test]
fn one_object_is_read_whatever_its_size() {
    let server = KubernetesServer::start();
    let huge = "x".repeat(20 << 20);
    server.seed([pod("batch", "huge").node("n1").annotation("example.com/core-dump", &huge)]);
    server.seed(numbered_pods(3));
    assert_eq!(gather(&server.kubeconfig()).expect("a snapshot").pods.len(), 4);
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let server = KubernetesServer::start();
    server.add(node("n1"));
    server.fault(Fault::on("list", "poddisruptionbudgets").raw(200, "application/json", &" ".repeat(65 << 20)));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    let (fact, text) = only_gap(&snapshot);
    assert_eq!(fact, &MissingFact::Objects { resource: "poddisruptionbudgets".to_owned() });
    assert!(text.ends_with(": the answer is longer than 64 MiB, the most that is read"), "{text}");
    assert_eq!(limits_of(&server, "poddisruptionbudgets"), [500, 125, 31, 7, 1]);
}

#[test]
fn a_run_knows_whether_its_own_pod_may_preempt() {
    for (policy, preempts) in [(json!(null), true), (json!("PreemptLowerPriority"), true), (json!("Never"), false)] {
        let server = KubernetesServer::start();
        server.add(pod("autoscaling", "run-1").node("n1").with("/spec/preemptionPolicy", policy.clone()));
        // Pods of the same name elsewhere, and others beside it, do not count.
        server.add(pod("batch", "run-1").node("n1"));
        server.add(pod("autoscaling", "run-2").node("n1"));
        let own = |name: &str| GatherOptions { own_pod: Some(ObjectName::new("autoscaling", name)), ..options() };
        let read = |options: GatherOptions| gather_with(&server.kubeconfig(), &Silent, &options).expect("a snapshot").cluster;
        assert_eq!(read(own("run-1")).own_pod_preempts, preempts, "{policy}");
        assert!(!read(own("run-9")).own_pod_preempts, "a pod that is not there");
        assert!(!read(options()).own_pod_preempts, "a run outside the cluster");
    }
}

#[test]
fn a_pod_that_asks_for_an_absurd_amount_stops_nobody() {
    let server = KubernetesServer::start();
    server.add(node("n1").allocatable("cpu", "4").allocatable("memory", "16Gi").allocatable("pods", "58"));
    let absurd = [("cpu", "1e30"), ("memory", "9999999999999999999999999999999999999999Ei"), ("example.com/dice", "1e99")];
    server.seed([pod("batch", "a").node("n1").requests(&absurd), pod("batch", "b").node("n1").requests(&absurd)]);
    server.seed([pod("batch", "c").requests(&absurd).unschedulable(), pod("batch", "d").requests(&absurd).unschedulable()]);
    server.add(daemon_set("batch", "everywhere").requests(&absurd));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    assert_eq!(snapshot.gaps, []);
    assert_eq!(snapshot.spec(&snapshot.pods[0]).containers[0].requests.get("memory"), i64::MAX);
    let plan = plan(&snapshot, &Policy::default());
    assert_eq!(plan.actions, []);
}

/// A newer Kubernetes than this version knows, of which one tenant makes use.
#[test]
fn objects_that_are_not_understood_cost_only_themselves() {
    let server = KubernetesServer::start();
    let near = json!([{ "key": "a", "operator": "Near" }]);
    server.seed([
        pod("batch", "bound").node("n1").requests(&[("cpu", "2")]).with("/spec/tolerations", near.clone()),
        pod("batch", "waiting").requests(&[("cpu", "1")]).with("/spec/tolerations", near).unschedulable(),
        pod("batch", "usual").requests(&[("cpu", "1")]).unschedulable(),
    ]);
    server.add(claim("batch", "usual", "gp3"));
    server.add(claim("batch", "odd", "gp3").with("/spec/accessModes", json!(["ReadWriteTwice"])));
    server.add(claim("batch", "strange", "gp3").with("/spec/accessModes", json!(["ReadWriteTwice"])));
    let snapshot = gather(&server.kubeconfig()).expect("a snapshot");
    let names: Vec<&str> = snapshot.pods.iter().map(|pod| pod.name.as_str()).collect();
    assert_eq!(names, ["bound", "usual"], "nobody knows what would help the third");
    let bound = snapshot.spec(&snapshot.pods[0]);
    assert_eq!((bound.containers[0].requests.get("cpu"), bound.restart_policy), (2000, RestartPolicy::Never), "and it stays");
    assert_eq!(snapshot.claims.iter().map(|claim| claim.name.as_str()).collect::<Vec<_>>(), ["usual"]);
    let gaps: Vec<_> = snapshot.gaps.iter().map(|gap| (&gap.fact, gap.error.as_str())).collect();
    let fact = |resource: &str| MissingFact::Objects { resource: resource.to_owned() };
    assert_eq!(
        gaps,
        [
            (
                &fact("persistentvolumeclaims"),
                "PersistentVolumeClaim batch/odd is not understood: access mode is \"ReadWriteTwice\", which this version does not \
                 know (and 1 more)"
            ),
            (
                &fact("pods"),
                "Pod batch/bound is not understood: operator of a toleration is \"Near\", which this version does not know \
                 (and 1 more)"
            ),
        ]
    );
}

#[test]
fn a_node_that_is_not_understood_ends_the_run() {
    let server = KubernetesServer::start();
    server.add(node("n1").with("/spec/taints", json!([{ "key": "a", "effect": "NoIdea" }])));
    assert_eq!(
        refusal(&server.kubeconfig()),
        "Node n1 is not understood: effect of a taint is \"NoIdea\", which this version does not know"
    );
}
