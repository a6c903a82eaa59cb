//! Every hint that makes pods a gang, from objects as users write them, read from a server, in each
//! situation that a gang can be in: what becomes of its pods, what is bought, and where.

use std::collections::BTreeSet;

use ec2_autoscale::gather::GatherOptions;
use ec2_autoscale::plan::check::violations;
use ec2_autoscale::plan::{Plan, PodVerdict, plan};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::progress::Silent;
use ec2_autoscale::snapshot::{GangRules, GangWish, Snapshot, SpecId};
use serde_json::{Value, json};

use crate::gather_kubernetes::{gather_with, now, options};
use crate::support::kubernetes::KubernetesServer;
use crate::support::kubernetes::objects::{Object as _, Pod, object, pod};
use crate::support::scenario::situation;

/// The pods of each gang, of which each fills a node.
const MEMBERS: usize = 4;

/// One zone has room for half of the gang, and the other one for all of it.
const ROOM: &str = "group a zones=a max=2 cpu=2\ngroup b zones=b max=4 cpu=2";
const TOO_FEW_GROUPS: &str = "group a zones=a max=1 cpu=2\ngroup b zones=b max=2 cpu=2";
const MAX_REACHED: &str = "group a zones=a max=2 desired=1 cpu=2\nnode a-1 group=a\npods busy x1 cpu=1500m on=a-1\n\
                           group b zones=b max=3 desired=3 cpu=2\nnode b-1 group=b\nnode b-2 group=b\nnode b-3 group=b\n\
                           pods busy-1 cpu=1500m on=b-1\npods busy-2 cpu=1500m on=b-2\npods busy-3 cpu=1500m on=b-3";
const ZONE_FULL: &str = "group a zones=a max=9 cpu=2\ngroup b zones=b max=2 cpu=2\n\
                         failure a 5m InsufficientInstanceCapacity: none left";

/// Something that makes pods a gang.
struct Hint {
    name: &'static str,
    /// The objects beside the pods.
    objects: Vec<Value>,
    /// What a pod of the gang carries, by its number.
    member: fn(Pod, usize) -> Pod,
    rules: GangRules,
    /// Whether all stay in one zone.
    in_one_zone: bool,
    /// How many of its pods exist before any runs.
    exist: usize,
}

impl Hint {
    fn new(name: &'static str, objects: Vec<Value>, member: fn(Pod, usize) -> Pod) -> Self {
        Self { name, objects, member, rules: GangRules::default(), in_one_zone: false, exist: MEMBERS }
    }

    fn wished(self, wish: &str) -> Self {
        let wishes: Vec<GangWish> = vec![wish.parse().expect("a wish")];
        Self { rules: GangRules { wishes, ..GangRules::default() }, ..self }
    }

    fn in_one_zone(self) -> Self {
        Self { in_one_zone: true, ..self }
    }

    /// Reads a cluster with so many pods of the gang, and plans it with the groups of a script.
    fn plan(&self, script: &str, members: usize) -> Plan {
        let server = KubernetesServer::start();
        self.objects.iter().for_each(|object| drop(server.add(object.clone())));
        let since = now() - jiff::SignedDuration::from_mins(5);
        let waiting = |number| {
            let plain = pod("ml", &format!("train-{number}")).requests(&[("cpu", "1500m")]);
            (self.member)(plain.unschedulable_since(since).created_at(since), number)
        };
        server.seed((0..members).map(waiting));
        let options = GatherOptions { gangs: self.rules.clone(), ..options() };
        let read = gather_with(&server.kubeconfig(), &Silent, &options).expect("a snapshot");
        assert_eq!(read.gaps, Vec::new(), "{}", self.name);
        let (world, _) = situation(script);
        let snapshot = joined(world.snapshot, read);
        let scheduler_names = ["default-scheduler", "volcano", "batch"].map(str::to_owned).to_vec();
        let made = plan(&snapshot, &Policy { scheduler_names, ..Policy::default() });
        assert_eq!(violations(&made, &snapshot), [], "{}", self.name);
        made
    }
}

/// Returns the groups and nodes of one snapshot with the pods and gangs of both.
fn joined(mut groups: Snapshot, read: Snapshot) -> Snapshot {
    let own = |spec: SpecId| SpecId(spec.0 + 1000);
    groups.pod_specs.extend(read.pod_specs.into_iter().map(|(id, spec)| (own(id), spec)));
    groups.pods.extend(read.pods.into_iter().map(|mut pod| {
        pod.spec = own(pod.spec);
        pod
    }));
    groups.gangs = read.gangs;
    groups
}

fn pod_group(api: &str, spec: Value) -> Value {
    object(api, "PodGroup", "ml", "train").with("/spec", spec)
}

fn with_own_group(pod: Pod, _number: usize) -> Pod {
    pod.with("/spec/schedulingGroup/podGroupName", "train")
}

fn of_job_set(pod: Pod, number: usize) -> Pod {
    let pod = pod.label("jobset.sigs.k8s.io/jobset-name", "train").label("jobset.sigs.k8s.io/replicatedjob-name", "workers");
    pod.label("batch.kubernetes.io/job-name", "train-workers-0")
        .annotation("batch.kubernetes.io/job-completion-index", &number.to_string())
}

fn job_set() -> Value {
    let template = json!({ "spec": { "parallelism": MEMBERS, "completions": MEMBERS } });
    let workers = json!({ "name": "workers", "replicas": 1, "template": template });
    object("jobset.x-k8s.io/v1alpha2", "JobSet", "ml", "train").with("/spec", json!({ "replicatedJobs": [workers] }))
}

fn hints() -> Vec<Hint> {
    let gang = json!({ "gang": { "minCount": MEMBERS } });
    let in_zone = json!([{ "key": "topology.kubernetes.io/zone" }]);
    let kubernetes = "scheduling.k8s.io/v1alpha2";
    let roles = json!({ "Launcher": { "replicas": 1 }, "Worker": { "replicas": MEMBERS - 1 } });
    let workers = json!([{ "groupName": "w", "replicas": MEMBERS - 1 }]);
    let indexed = json!({ "completionMode": "Indexed", "parallelism": MEMBERS, "completions": MEMBERS });
    let of_job = |pod: Pod, _| pod.label("batch.kubernetes.io/job-name", "train");
    vec![
        Hint::new(
            "PodGroup as of 1.36",
            vec![pod_group(kubernetes, json!({ "schedulingPolicy": gang, "disruptionMode": "Pod" }))],
            with_own_group,
        ),
        Hint::new(
            "PodGroup as of 1.37",
            vec![pod_group(kubernetes, json!({ "schedulingPolicy": gang, "disruptionMode": { "all": {} } }))],
            with_own_group,
        ),
        Hint::new(
            "PodGroup with a topology",
            vec![pod_group(kubernetes, json!({ "schedulingPolicy": gang, "schedulingConstraints": { "topology": in_zone } }))],
            with_own_group,
        )
        .in_one_zone(),
        Hint::new("Volcano", vec![pod_group("scheduling.volcano.sh/v1beta1", json!({ "minMember": MEMBERS }))], |pod, _| {
            pod.annotation("scheduling.k8s.io/group-name", "train").with("/spec/schedulerName", "volcano")
        }),
        Hint::new(
            "coscheduling in a scheduler of its own",
            vec![pod_group("scheduling.x-k8s.io/v1alpha1", json!({ "minMember": MEMBERS }))],
            |pod, _| pod.label("scheduling.x-k8s.io/pod-group", "train").with("/spec/schedulerName", "batch"),
        ),
        Hint {
            rules: GangRules { coscheduling: vec!["default-scheduler".to_owned()], ..GangRules::default() },
            ..Hint::new(
                "coscheduling in the default scheduler",
                vec![pod_group("scheduling.x-k8s.io/v1alpha1", json!({ "minMember": MEMBERS }))],
                |pod, _| pod.label("scheduling.x-k8s.io/pod-group", "train"),
            )
        },
        Hint::new("Kueue", vec![], |pod, _| {
            let pod = pod.label("kueue.x-k8s.io/pod-group-name", "train");
            pod.annotation("kueue.x-k8s.io/pod-group-total-count", &MEMBERS.to_string())
        }),
        Hint {
            exist: 1,
            ..Hint::new("JobSet with a domain for each Job", vec![job_set()], |pod, number| {
                let zone = "topology.kubernetes.io/zone";
                of_job_set(pod, number).annotation("alpha.jobset.sigs.k8s.io/exclusive-topology", zone)
            })
            .in_one_zone()
        },
        Hint::new("JobSet", vec![job_set()], of_job_set).wished("job-set"),
        Hint::new(
            "LeaderWorkerSet",
            vec![object("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "ml", "train").with("/spec/replicas", 1)],
            |pod, _| {
                let pod = pod.label("leaderworkerset.sigs.k8s.io/name", "train");
                let pod = pod.label("leaderworkerset.sigs.k8s.io/group-index", "0");
                pod.annotation("leaderworkerset.sigs.k8s.io/size", &MEMBERS.to_string())
            },
        )
        .wished("leader-worker-set"),
        Hint::new("Indexed Job", vec![object("batch/v1", "Job", "ml", "train").with("/spec", indexed)], of_job)
            .wished("indexed-job"),
        Hint::new(
            "MPIJob",
            vec![object("kubeflow.org/v2beta1", "MPIJob", "ml", "train").with("/spec/mpiReplicaSpecs", roles)],
            |pod, _| pod.label("training.kubeflow.org/job-name", "train"),
        )
        .wished("mpi-job"),
        Hint::new(
            "RayCluster",
            vec![object("ray.io/v1", "RayCluster", "ml", "train").with("/spec/workerGroupSpecs", workers)],
            |pod, _| pod.label("ray.io/cluster", "train"),
        )
        .wished("ray-cluster"),
    ]
}

/// Returns what becomes of the pods that wait, how many nodes are bought, and in which groups pods
/// are expected.
fn outcome(plan: &Plan) -> String {
    let json = serde_json::to_value(plan).expect("a plan");
    let codes: BTreeSet<&str> = json["pods"].as_array().into_iter().flatten().filter_map(|pod| pod["code"].as_str()).collect();
    let group = |verdict: &PodVerdict| match verdict {
        PodVerdict::FitsNew { group, .. } => Some(group.name.clone()),
        _ => None,
    };
    let groups: BTreeSet<String> = plan.pods.iter().filter_map(|report| group(&report.verdict)).collect();
    let words = |words: Vec<String>| words.join("+");
    let codes = words(codes.into_iter().map(str::to_owned).collect());
    format!("{codes} {} {}", plan.summary.nodes_added, words(groups.into_iter().collect())).trim().to_owned()
}

/// Asserts the outcome for every hint, which depends on whether the gang stays in one zone.
fn assert_each(script: &str, missing: usize, expected: impl Fn(&Hint) -> &'static str) -> Vec<Plan> {
    let all = hints();
    let plans: Vec<Plan> = all.iter().map(|hint| hint.plan(script, hint.exist.saturating_sub(missing).max(1))).collect();
    let found: Vec<String> = all.iter().zip(&plans).map(|(hint, plan)| format!("{}: {}", hint.name, outcome(plan))).collect();
    let wanted: Vec<String> = all.iter().map(|hint| format!("{}: {}", hint.name, expected(hint))).collect();
    assert_eq!(found, wanted);
    plans
}

/// Returns the sentences about the gangs of a plan.
fn messages(plans: &[Plan]) -> BTreeSet<&str> {
    plans.iter().flat_map(|plan| &plan.gangs).map(|gang| gang.message.as_str()).collect()
}

#[test]
fn a_gang_that_fits_gets_all_its_nodes_where_it_stays_together() {
    assert_each(ROOM, 0, |hint| match (hint.in_one_zone, hint.exist) {
        (true, 1) => "fits-new 1 b",
        (true, _) => "fits-new 4 b",
        (false, _) => "fits-new 4 a+b",
    });
}

#[test]
fn a_gang_for_which_the_groups_are_too_small_gets_none() {
    let plans = assert_each(TOO_FEW_GROUPS, 0, |_| "gang-without-room 0");
    let is_of_four = |message: &&str| message.starts_with("needs room for 4 pods at once and has it for ");
    assert!(messages(&plans).iter().all(is_of_four), "{:?}", messages(&plans));
}

#[test]
fn a_gang_for_which_groups_are_at_their_maximum_gets_none() {
    let plans = assert_each(MAX_REACHED, 0, |_| "gang-without-room 0");
    assert!(messages(&plans).iter().all(|message| message.contains("maximum")), "{:?}", messages(&plans));
}

#[test]
fn a_gang_whose_zone_is_full_gets_none_elsewhere_but_whole() {
    let plans = assert_each(ZONE_FULL, 0, |_| "gang-without-room 0");
    assert!(messages(&plans).iter().any(|message| message.contains("InsufficientInstanceCapacity")), "{:?}", messages(&plans));
    let elsewhere = format!("{ZONE_FULL}\ngroup c zones=c max=4 cpu=2");
    assert_each(&elsewhere, 0, |hint| match (hint.in_one_zone, hint.exist) {
        (true, 1) => "fits-new 1 c",
        (true, _) => "fits-new 4 c",
        (false, _) => "fits-new 4 b+c",
    });
}

#[test]
fn a_gang_of_which_a_pod_is_missing_is_waited_for() {
    let plans = assert_each(ROOM, 1, |hint| match (hint.name, hint.exist) {
        // Its others are made only once the first runs.
        (_, 1) => "fits-new 1 b",
        // Kueue opens the gates when all are there: a pod that is missing then has ended.
        ("Kueue", _) => "fits-new 3 a+b",
        _ => "gang-incomplete 0",
    });
    assert!(messages(&plans).iter().any(|message| message.contains("3 of 4 pods")), "{:?}", messages(&plans));
}

#[test]
fn pods_whose_gates_are_closed_are_waited_for_with_kueue() {
    let all = hints();
    let kueue = all.iter().find(|hint| hint.name == "Kueue").expect("a hint");
    let gated = Hint {
        member: |pod, number| {
            let pod = pod.label("kueue.x-k8s.io/pod-group-name", "train");
            let pod = pod.annotation("kueue.x-k8s.io/pod-group-total-count", &MEMBERS.to_string());
            let gates = json!([{ "name": "kueue.x-k8s.io/admission" }]);
            if number == 0 { pod.with("/spec/schedulingGates", gates) } else { pod }
        },
        ..Hint::new("Kueue, gated", kueue.objects.clone(), kueue.member)
    };
    assert_eq!(outcome(&gated.plan(ROOM, MEMBERS)), "gang-incomplete+gated 0");
}
