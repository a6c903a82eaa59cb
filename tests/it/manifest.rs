//! `cronjob.yaml`: every object is one the API knows, its command line is one of ours, and its
//! roles allow the calls of a run and nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Parser;
use ec2_autoscale::cli::{ApplyCommand, Cli, Command};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::{batch::v1 as batch, core::v1 as core, rbac::v1 as rbac, scheduling::v1 as scheduling};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::cli::ec2_autoscale;
use crate::support::aws::{Account, AwsServer, Mixed, NewReservation};
use crate::support::kubernetes::objects::{Object as _, daemon_set, node, object, pod};
use crate::support::kubernetes::{Call, KubernetesServer, Rule};

const MANIFEST: &str = include_str!("../../cronjob.yaml");
const REGION: &str = "us-west-2";

pub(crate) fn objects() -> Vec<Value> {
    serde_saphyr::from_multiple(MANIFEST).expect("the manifest is YAML")
}

/// Returns the object of a kind, of which there is one.
///
/// It makes a round trip through the API's own type, which drops unknown fields: a misspelt field
/// is a difference.
fn only<K: Serialize + DeserializeOwned>(kind: &str) -> K {
    let found: Vec<Value> = objects().into_iter().filter(|object| object["kind"] == kind).collect();
    let [object] = &found[..] else { panic!("{} objects are a {kind}", found.len()) };
    let typed: K = serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{kind}: {error}"));
    assert_eq!(serde_json::to_value(&typed).expect("JSON"), *object, "{kind} has a field that the API does not know");
    typed
}

fn pod_spec() -> core::PodSpec {
    let job = only::<batch::CronJob>("CronJob").spec.job_template.spec.expect("a spec of jobs");
    job.template.spec.expect("a spec of pods")
}

fn container() -> core::Container {
    pod_spec().containers.remove(0)
}

fn arguments() -> Vec<String> {
    container().args.expect("arguments")
}

/// Returns the arguments as the program understands them.
fn command() -> ApplyCommand {
    let arguments = ["ec2-autoscale".to_owned()].into_iter().chain(arguments());
    match Cli::try_parse_from(arguments).unwrap_or_else(|error| panic!("{error}")).command {
        Command::Apply(command) => *command,
        other => panic!("not apply: {other:?}"),
    }
}

#[test]
fn every_object_is_one_the_api_knows() {
    only::<core::ServiceAccount>("ServiceAccount");
    only::<scheduling::PriorityClass>("PriorityClass");
    only::<rbac::ClusterRole>("ClusterRole");
    only::<rbac::ClusterRoleBinding>("ClusterRoleBinding");
    only::<rbac::Role>("Role");
    only::<rbac::RoleBinding>("RoleBinding");
    only::<batch::CronJob>("CronJob");
    assert_eq!(objects().len(), 7, "and there are no others");
}

#[test]
fn roles_are_bound_to_the_account_of_the_job() {
    let account = only::<core::ServiceAccount>("ServiceAccount").metadata;
    let binding = only::<rbac::RoleBinding>("RoleBinding");
    let cluster_binding = only::<rbac::ClusterRoleBinding>("ClusterRoleBinding");
    for subjects in [binding.subjects, cluster_binding.subjects] {
        let [subject] = &subjects.expect("subjects")[..] else { panic!("one subject") };
        assert_eq!((subject.kind.as_str(), Some(&subject.name)), ("ServiceAccount", account.name.as_ref()));
        assert_eq!(subject.namespace, account.namespace);
    }
    let role = only::<rbac::Role>("Role").metadata;
    assert_eq!((binding.role_ref.kind.as_str(), Some(&binding.role_ref.name)), ("Role", role.name.as_ref()));
    let cluster_role = only::<rbac::ClusterRole>("ClusterRole").metadata;
    let reference = cluster_binding.role_ref;
    assert_eq!((reference.kind.as_str(), Some(&reference.name)), ("ClusterRole", cluster_role.name.as_ref()));
    let job = only::<batch::CronJob>("CronJob").metadata;
    assert_eq!(pod_spec().service_account_name, account.name);
    assert_eq!((&job.namespace, &binding.metadata.namespace), (&account.namespace, &account.namespace));
    assert_eq!(role.namespace.as_deref(), Some(command().live.cluster.lease_namespace.as_str()), "where the Lease is");
}

#[test]
fn one_run_at_a_time_and_each_has_its_time() {
    let schedule = only::<batch::CronJob>("CronJob").spec;
    assert_eq!(schedule.concurrency_policy.as_deref(), Some("Forbid"));
    let job = schedule.job_template.spec.expect("a spec of jobs");
    assert_eq!(job.backoff_limit, Some(0));
    let pod = pod_spec();
    assert_eq!(pod.restart_policy.as_deref(), Some("Never"));
    let ApplyCommand { live, until_needed, .. } = command();
    let wait = until_needed.expect("a wait for pods");
    let timeout = i64::try_from(live.cluster.timeout.0 + wait.0).expect("a few minutes");
    assert!(wait.0 < 60, "a run is over before the next one begins");
    assert!(job.active_deadline_seconds.is_some_and(|deadline| deadline > timeout), "a run ends by itself");
    assert!(job.ttl_seconds_after_finished.is_some_and(|ttl| ttl > 0), "and what is left of it does, too");
}

/// A job that runs must not end so that a run finds room.
#[test]
fn a_run_preempts_nobody() {
    let class = only::<scheduling::PriorityClass>("PriorityClass");
    assert_eq!(class.preemption_policy.as_deref(), Some("Never"));
    assert_ne!(class.global_default, Some(true), "pods of others don't become this class");
    // "Any 32-bit integer value smaller than or equal to 1 billion"; 0 is the priority of pods
    // without a class.
    assert!(class.value.is_some_and(|value| (1..=1_000_000_000).contains(&value)), "{:?}", class.value);
    let pod = pod_spec();
    assert_eq!(pod.priority_class_name, class.metadata.name);
    assert_eq!((pod.priority, pod.preemption_policy), (None, None), "nothing outweighs the class");
}

/// A Service called ec2-autoscale would otherwise set `EC2_AUTOSCALE_SERVICE_HOST` and more.
#[test]
fn services_do_not_become_settings() {
    assert_eq!(pod_spec().enable_service_links, Some(false));
}

#[test]
fn a_run_may_harm_nothing_on_its_node() {
    let pod = pod_spec();
    let own = container().security_context.expect("a security context");
    let shared = pod.security_context.expect("a security context of the pod");
    assert_eq!(shared.run_as_non_root, Some(true));
    assert!(shared.run_as_user.is_some_and(|user| user > 0));
    assert_eq!(shared.seccomp_profile.map(|profile| profile.type_).as_deref(), Some("RuntimeDefault"));
    assert_eq!((own.allow_privilege_escalation, own.read_only_root_filesystem), (Some(false), Some(true)));
    let capabilities = own.capabilities.expect("capabilities");
    assert_eq!((capabilities.drop, capabilities.add), (Some(vec!["ALL".to_owned()]), None));
}

#[test]
fn the_pod_is_known_as_this_tool_s_own() {
    let schedule = only::<batch::CronJob>("CronJob").spec;
    let template = schedule.job_template.spec.expect("a spec of jobs").template;
    let labels = template.metadata.and_then(|metadata| metadata.labels).expect("labels");
    assert_eq!(labels.get("app.kubernetes.io/name").map(String::as_str), Some("ec2-autoscale"));
    let names: Vec<String> = container().env.expect("an environment").into_iter().map(|variable| variable.name).collect();
    for name in ["POD_NAME", "POD_NAMESPACE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SLACK_HOOK"] {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
}

/// One verb on one resource, perhaps in one namespace or on one name only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    verb: String,
    group: String,
    resource: String,
    name: Option<String>,
    namespace: Option<String>,
}

impl Grant {
    fn rule(&self) -> Rule {
        let mut rule = Rule::allow(&[&self.verb], &self.group, &self.resource);
        if let Some(name) = &self.name {
            rule = rule.named(&[name]);
        }
        match &self.namespace {
            Some(namespace) => rule.in_namespace(namespace),
            None => rule,
        }
    }

    fn covers(&self, call: &Call) -> bool {
        (&*self.verb, &*self.group, &self.resource) == (call.verb, call.group, &call.resource)
            && self.name.as_ref().is_none_or(|name| *name == call.only_name())
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == call.namespace)
    }
}

fn grants_of(rules: Vec<rbac::PolicyRule>, namespace: Option<&str>) -> Vec<Grant> {
    let mut grants = Vec::new();
    for rule in rules {
        assert_eq!(rule.non_resource_urls, None);
        let names = rule.resource_names.map_or_else(|| vec![None], |names| names.into_iter().map(Some).collect());
        for group in rule.api_groups.unwrap_or_default() {
            for resource in rule.resources.iter().flatten() {
                for (verb, name) in rule.verbs.iter().flat_map(|verb| names.iter().map(move |name| (verb, name))) {
                    assert!([verb, &group, resource].iter().all(|word| *word != "*"), "no wildcards");
                    grants.push(Grant {
                        verb: verb.clone(),
                        group: group.clone(),
                        resource: resource.clone(),
                        name: name.clone(),
                        namespace: namespace.map(str::to_owned),
                    });
                }
            }
        }
    }
    grants
}

fn grants() -> Vec<Grant> {
    let role = only::<rbac::Role>("Role");
    let mut grants = grants_of(only::<rbac::ClusterRole>("ClusterRole").rules.unwrap_or_default(), None);
    grants.extend(grants_of(role.rules.unwrap_or_default(), role.metadata.namespace.as_deref()));
    grants
}

/// Returns what the roles allow, as the server of the tests has it.
pub(crate) fn rules_of_the_roles() -> Vec<Rule> {
    grants().iter().map(Grant::rule).collect()
}

/// The resource group of reservations that a group of [`World`] names.
const RESOURCE_GROUP: &str = "arn:aws:resource-groups:us-west-2:123456789012:group/reserved";

fn into_resource_group() -> Value {
    let target = serde_json::json!({"CapacityReservationResourceGroupArn": RESOURCE_GROUP});
    serde_json::json!({"CapacityReservationSpecification": {"CapacityReservationTarget": target}})
}

/// A cluster and an account in which a run has one of everything to do.
pub(crate) struct World {
    kubernetes: KubernetesServer,
    pub(crate) aws: Account,
}

impl World {
    /// Makes two groups that have to grow, each in one of the two ways, a group with one node to
    /// terminate and one to mark idle, a group that names no machine type and has a warm pool and
    /// zonal shifts, a group with one node that is being drained, a group with two nodes that are
    /// not Ready, and a group that names a resource group of reservations.
    pub(crate) fn busy() -> Self {
        let world = Self { kubernetes: KubernetesServer::start(), aws: AwsServer::account() };
        let cluster = command().live.cluster.cluster_name.expect("a cluster name");
        let ours = |name| world.aws.group(name).tag("KubernetesCluster", &cluster).tag("KubernetesRole", "worker");
        ours("grows").tag("kube/pool", "batch").tag("eks:cluster-name", &cluster).tag("eks:nodegroup-name", "grows").create();
        ours("by-number").tag("kube/pool", "number").tag("ec2-autoscale/launch", "set-desired").create();
        ours("shrinks").launch_configuration("m5.large").spot_price("0.10").desired(2).create();
        let requirements = serde_json::json!({"VCpuCount": {"Min": 4, "Max": 4}, "MemoryMiB": {"Min": 8192}});
        ours("any-type").mixed(Mixed::meeting(&requirements)).create();
        world.aws.placement_group(REGION, "parts", "partition");
        ours("drains").placement_group("parts").tag("ec2-autoscale/drain-utilization", "0.5").desired(2).create();
        ours("silent").desired(2).create();
        // The group has so many nodes that two may go in one run.
        ours("crowd").second_subnet("us-west-2a").template_data(into_resource_group()).desired(6).create();
        let reservation = NewReservation::of("cr-1", "m5.large", "us-west-2a", 2).targeted();
        world.aws.reservation(&reservation.in_resource_group(RESOURCE_GROUP));
        world.aws.warm_pool(REGION, "any-type", 0);
        let policy = serde_json::json!({"ZonalShiftEnabled": true});
        world.aws.settings(REGION, "any-type", &serde_json::json!({"availability_zone_impairment_policy": policy}));
        world.aws.age(Duration::from_hours(2));

        let hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
        let instances = world.aws.group_state(REGION, "shrinks").instances;
        let registered = |name, number: usize| node(name).provider_id(&instances[number].provider_id()).created_at(hour_ago);
        let cordoned_at = (Timestamp::now() - SignedDuration::from_mins(5)).strftime("%FT%TZ").to_string();
        let idle_since = hour_ago.as_second().to_string();
        let leaving = registered("leaving", 0).taint("ec2-autoscale/idle-since", &idle_since, "PreferNoSchedule").cordoned();
        world.kubernetes.add(leaving.annotation("ec2-autoscale/cordoned-at", &cordoned_at));
        world.kubernetes.add(registered("quiet", 1));
        let instances = world.aws.group_state(REGION, "drains").instances;
        let draining = node("draining").provider_id(&instances[0].provider_id()).created_at(hour_ago).cordoned();
        let marked = draining.annotation("ec2-autoscale/cordoned-at", &cordoned_at);
        world.kubernetes.add(marked.annotation("ec2-autoscale/draining-since", &cordoned_at));
        world.kubernetes.add(node("staying").provider_id(&instances[1].provider_id()).created_at(hour_ago));
        world.leave_behind(&cordoned_at);
        world.name_classes();
        world.name_groups();
        world.claim_devices();
        world.request_room();
        world.want_room();
        world.kubernetes.add(object("autoscaling.x-k8s.io/v1beta1", "CapacityQuota", "", "all"));
        let hours_ago = Timestamp::now() - SignedDuration::from_hours(5);
        let web = |name, node| pod("batch", name).node_since(node, hours_ago).requests(&[("cpu", "1")]);
        world.kubernetes.add(web("web-1", "draining").owned_by("ReplicaSet", "web"));
        world.kubernetes.add(web("build", "staying").owned_by("Job", "build"));
        world.kubernetes.add(pod("batch", "stray").requests(&[("cpu", "1")]).node_selector("pool", "none").unschedulable());
        world.kubernetes.add(pod("batch", "other").requests(&[("cpu", "1")]).node_selector("pool", "number").unschedulable());
        world.kubernetes.add(pod("batch", "train").requests(&[("cpu", "1")]).node_selector("pool", "batch").unschedulable());
        world
    }

    /// Makes a driver that wants what is left of its storage compared, and a DaemonSet whose pods
    /// are of a RuntimeClass: more is read because of them.
    fn name_classes(&self) {
        let driver = object("storage.k8s.io/v1", "CSIDriver", "", "local.csi");
        self.kubernetes.add(driver.with("/spec/storageCapacity", true));
        let sandboxed = daemon_set("kube-system", "sandboxed").node_selector("sandbox", "yes");
        self.kubernetes.add(sandboxed.with("/spec/template/spec/runtimeClassName", "gvisor"));
    }

    /// Makes a pod of each kind of gang, whose others do not exist: the objects that state how many
    /// there are to be are read.
    fn name_groups(&self) {
        let waiting = |name: &str| pod("batch", name).requests(&[("cpu", "1")]).node_selector("pool", "none").unschedulable();
        let group = "/spec/schedulingGroup/podGroupName";
        let pods = [
            waiting("in-group").with(group, "group"),
            waiting("coscheduled").with("/spec/schedulerName", "batch").label("scheduling.x-k8s.io/pod-group", "group"),
            waiting("of-volcano").with("/spec/schedulerName", "volcano").annotation("scheduling.k8s.io/group-name", "group"),
        ];
        self.kubernetes.seed(pods);
        let wish = |name: &str, label: &str| waiting(name).label(label, "group").annotation("ec2-autoscale/gang-wish", "true");
        self.kubernetes.seed([
            wish("of-set", "jobset.sigs.k8s.io/jobset-name"),
            wish("of-mpi", "training.kubeflow.org/job-name"),
            wish("of-ray", "ray.io/cluster"),
            wish("of-job", "batch.kubernetes.io/job-name"),
            wish("of-replica", "leaderworkerset.sigs.k8s.io/name")
                .label("leaderworkerset.sigs.k8s.io/group-index", "0")
                .annotation("leaderworkerset.sigs.k8s.io/size", "9"),
        ]);
    }

    /// Makes a pod that waits for a claim of devices, and a DaemonSet whose pods claim some: what
    /// the nodes have and what the DaemonSet claims are read because of them.
    fn claim_devices(&self) {
        let waiting = pod("batch", "claims").requests(&[("cpu", "1")]).node_selector("pool", "none").unschedulable();
        let claims = serde_json::json!([{"name": "gpu", "resourceClaimName": "gpu"}]);
        self.kubernetes.add(waiting.with("/spec/resourceClaims", claims));
        let of_each = serde_json::json!([{"name": "gpu", "resourceClaimTemplateName": "gpu"}]);
        let agent = daemon_set("kube-system", "claims").node_selector("pool", "none");
        self.kubernetes.add(agent.with("/spec/template/spec/resourceClaims", of_each));
    }

    /// Makes a request for room that is not there, whose status is written.
    fn request_room(&self) {
        let template = object("v1", "PodTemplate", "batch", "ppt-queued-main");
        let container = serde_json::json!({"name": "main", "resources": {"requests": {"cpu": "1"}}});
        let spec = serde_json::json!({"containers": [container], "nodeSelector": {"pool": "none"}});
        self.kubernetes.add(template.with("/template/spec", spec));
        let request = object("autoscaling.x-k8s.io/v1", "ProvisioningRequest", "batch", "queued");
        let sets = serde_json::json!([{"podTemplateRef": {"name": "ppt-queued-main"}, "count": 2}]);
        let request = request.with("/spec/podSets", sets);
        self.kubernetes.add(request.with("/spec/provisioningClassName", "check-capacity.autoscaling.x-k8s.io"));
    }

    /// Makes a buffer of each kind of object that has the shape of its pods; none of them is there,
    /// but for the kind.
    fn want_room(&self) {
        let buffer = |name: &str, spec: Value| {
            let object = object("autoscaling.x-k8s.io/v1beta1", "CapacityBuffer", "batch", name);
            self.kubernetes.add(object.with("/spec", spec));
        };
        buffer("of-template", json!({ "podTemplateRef": { "name": "none" }, "replicas": 1 }));
        for kind in ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Job"] {
            let scalable = json!({ "kind": kind, "name": "none" });
            buffer(&format!("of-{}", kind.to_lowercase()), json!({ "scalableRef": scalable, "replicas": 1 }));
        }
    }

    /// Makes it an hour since pods were called unschedulable, so that a run waits for others.
    fn let_pods_grow_old(&self) {
        let hour_ago = (Timestamp::now() - SignedDuration::from_hours(1)).strftime("%FT%TZ").to_string();
        for pod in self.kubernetes.all("pods").iter().filter(|pod| pod["spec"]["nodeName"].is_null()) {
            let text = |field: &str| pod["metadata"][field].as_str().expect("text").to_owned();
            let age = |pod: &mut Value| {
                for condition in pod["status"]["conditions"].as_array_mut().into_iter().flatten() {
                    condition["lastTransitionTime"] = hour_ago.clone().into();
                }
            };
            self.kubernetes.edit("pods", &text("namespace"), &text("name"), age);
        }
    }

    /// Makes every Event an hour old.
    fn let_events_grow_old(&self) {
        let hour_ago = (Timestamp::now() - SignedDuration::from_hours(1)).strftime("%FT%TZ").to_string();
        for event in self.kubernetes.all("events") {
            let text = |field: &str| event["metadata"][field].as_str().expect("text").to_owned();
            let age = |event: &mut Value| event["lastTimestamp"] = hour_ago.clone().into();
            self.kubernetes.edit("events", &text("namespace"), &text("name"), age);
        }
    }

    /// Makes two Node objects that are not Ready: one whose instance is gone, as an earlier run
    /// noted, and one whose instance runs.
    fn leave_behind(&self, known_since: &str) {
        let hours_ago = Timestamp::now() - SignedDuration::from_hours(2);
        for (number, instance) in self.aws.group_state(REGION, "crowd").instances.iter().enumerate() {
            let name = format!("crowd-{number}");
            self.kubernetes.add(node(&name).provider_id(&instance.provider_id()).created_at(hours_ago));
        }
        let instances = self.aws.group_state(REGION, "silent").instances;
        let silent = |name, number: usize| {
            let node = node(name).provider_id(&instances[number].provider_id()).created_at(hours_ago);
            node.ready_since("Unknown", hours_ago)
        };
        self.kubernetes.add(silent("left-behind", 0).annotation("ec2-autoscale/gone-since", known_since));
        self.kubernetes.add(silent("cut-off", 1));
        self.kubernetes.add(pod("batch", "long").node("cut-off").owned_by("Job", "long"));
        self.aws.suspend(REGION, "silent", &["Launch"]);
        self.aws.lose_instance(&instances[0].id);
    }

    /// Runs the binary as the manifest does, but with this command, and as a user with only its
    /// permissions.
    pub(crate) fn run(&self, word: &str) -> Vec<Call> {
        let mut arguments = arguments();
        word.clone_into(&mut arguments[0]);
        let wait = arguments.iter().position(|argument| argument.starts_with("--until-needed=")).expect("a wait for pods");
        match word {
            "plan" => drop(arguments.remove(wait)),
            _ => "--until-needed=1s".clone_into(&mut arguments[wait]),
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let rules = rules_of_the_roles();
        self.kubernetes.forget_calls();
        let mut command = ec2_autoscale(&arguments);
        command.envs(self.aws.env()).env("KUBECONFIG", self.kubernetes.token_limited_to(&rules));
        command.env("POD_NAME", "ec2-autoscale-1").env("POD_NAMESPACE", "kube-system");
        let output = command.output().expect("the binary starts");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(output.status.code(), Some(0), "{}{}", said[0], said[1]);
        self.kubernetes.calls().into_iter().filter(|call| !call.verb.is_empty()).collect()
    }
}

#[test]
fn the_roles_allow_what_a_run_asks_for_and_nothing_else() {
    let world = World::busy();
    let planned = world.run("plan");
    let applied = world.run("apply");
    // The next run finds what this one wrote, and renews it.
    world.let_events_grow_old();
    world.let_pods_grow_old();
    let next = world.run("apply");
    assert_eq!(planned.iter().filter(|call| call.is_mutation()).map(Call::summary).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(world.aws.group_state(REGION, "grows").desired, 1);
    assert_eq!(world.aws.group_state(REGION, "shrinks").desired, 1);

    let calls: Vec<Call> = planned.into_iter().chain(applied).chain(next).collect();
    for call in &calls {
        assert_ne!(call.status, Some(403), "{} is not allowed", call.summary());
        let by: Vec<Grant> = grants().into_iter().filter(|grant| grant.covers(call)).collect();
        assert_eq!(by.len(), 1, "{} is allowed more than once: {by:?}", call.summary());
    }
    let unused: BTreeSet<Grant> = grants().into_iter().filter(|grant| !calls.iter().any(|call| grant.covers(call))).collect();
    assert_eq!(unused, BTreeSet::new(), "allowed and never asked for");
}
