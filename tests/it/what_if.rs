//! `plan -f`, by the real binary: plans as if these manifests had been applied.

use std::fs;
use std::path::Path;
use std::process::Output;

use ec2_autoscale::plan::Plan;
use tempfile::TempDir;

use crate::cli::ec2_autoscale;

/// Twelve pods of a GPU each, and one that no node of the demo could hold.
const JOBS: &str = "\
apiVersion: batch/v1
kind: Job
metadata: {name: train, namespace: research}
spec:
  parallelism: 12
  template:
    spec:
      restartPolicy: Never
      tolerations: [{key: nvidia.com/gpu, operator: Exists}]
      containers:
      - {name: c, resources: {limits: {nvidia.com/gpu: 1}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: v1
kind: Pod
metadata: {name: giant}
spec:
  tolerations: [{key: nvidia.com/gpu, operator: Exists}]
  containers:
  - {name: c, resources: {limits: {nvidia.com/gpu: 1000}}}
";

struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a written file");
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        Path::join(self.0.path(), name).to_str().expect("a plain path").to_owned()
    }
}

fn run(arguments: &[&str]) -> Output {
    ec2_autoscale(arguments).output().expect("the binary starts")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

fn planned(arguments: &[&str]) -> Plan {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    Plan::from_json(&output.stdout).expect("a plan")
}

#[test]
fn each_object_has_its_answer() {
    let folder = Folder::with(&[("jobs.yaml", JOBS)]);
    let file = folder.path("jobs.yaml");
    let plan = planned(&["plan", "--demo", "-f", &file, "-o", "json"]);
    let [train, giant] = plan.added.as_slice() else { panic!("{:?}", plan.added) };
    let on_new: u32 = train.places.on_new_nodes.iter().map(|new| new.pods).sum();
    let not: u32 = train.not_placed.iter().map(|not| not.pods).sum();
    assert_eq!(on_new + train.places.on_upcoming_nodes + train.places.on_nodes_there + not, 12, "{train:?}");
    assert!(on_new > 0 && not == 0, "{train:?}");
    assert_eq!((giant.pods, giant.not_placed.len()), (1, 1), "{giant:?}");
    assert!(giant.message.starts_with("Pod default/giant: 1 pod – 1 can't be placed: "), "{}", giant.message);
    assert!(giant.message.contains("Insufficient nvidia.com/gpu (1000 asked, 8 on a new node)"), "{}", giant.message);
    assert!(plan.pods.iter().any(|pod| pod.pod.to_string() == "research/train-11"), "each pod has its verdict");

    let shown = run(&["plan", "--demo", "-f", &file]);
    let table = String::from_utf8(shown.stdout.clone()).expect("text");
    assert!(table.contains("\nWHAT IF\n") && table.contains(&train.message), "{table}");
    assert_eq!(stderr(&shown), "note: left out, since they have no pods and change none: Service web\n");

    let without = planned(&["plan", "--demo", "-o", "json"]);
    assert!(without.added.is_empty() && without.looked_at.is_usual());
    assert!(plan.summary.nodes_added > without.summary.nodes_added);
}

#[test]
fn claims_of_their_own_do_not_repeat_the_reason() {
    let web = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec: {replicas: 14, template: {spec: {containers: \
               [{name: c}]}}, volumeClaimTemplates: [{metadata: {name: www}, spec: {storageClassName: thin}}]}\n";
    let folder = Folder::with(&[("web.yaml", web)]);
    let shown = run(&["plan", "--demo", "-f", &folder.path("web.yaml")]);
    let table = String::from_utf8(shown.stdout).expect("text");
    let reason = "storageclass.storage.k8s.io \"thin\" not found (of claim www-*)";
    let lines: Vec<&str> = table.lines().filter(|line| line.contains("thin")).collect();
    assert!(lines.len() == 2 && lines.iter().all(|line| line.matches(reason).count() == 1), "{table}");
    assert!(
        lines[0].contains(": 14 pods – 14 can't be placed: ") && lines[1].contains(" default/statefulset/web ×14 "),
        "{table}"
    );
}

#[test]
fn the_same_object_twice_in_a_row_is_there_once() {
    let folder = Folder::with(&[("jobs.yaml", JOBS)]);
    let file = folder.path("jobs.yaml");
    let snapshot = folder.path("s.json");
    assert!(run(&["snapshot", "--demo", "--out", &snapshot]).status.success());
    let plan = planned(&["plan", "--snapshot", &snapshot, "-f", &file, "-o", "json"]);
    assert_eq!(plan.added[0].replaced, 0);
    // The demo's own pod, once more.
    let own =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: llm-16gpu-0, namespace: research}\nspec: {containers: [{name: c}]}\n";
    let output = ec2_autoscale(&["plan", "--snapshot", &snapshot, "--filename", "-", "-o", "json"]).write_stdin(own).output();
    let plan = Plan::from_json(&output.expect("the binary starts").stdout).expect("a plan");
    assert_eq!((plan.added[0].replaced, plan.added[0].pods), (1, 1));
    let of_that_name = plan.pods.iter().filter(|pod| pod.pod.name.as_str() == "llm-16gpu-0").count();
    assert_eq!((of_that_name, plan.added[0].not_placed.len()), (1, 0), "it asks for nothing now");
}

#[test]
fn numbers_of_pods_can_be_given_and_pods_be_explained() {
    let folder = Folder::with(&[("jobs.yaml", JOBS)]);
    let file = folder.path("jobs.yaml");
    let plan = planned(&["plan", "--demo", "-f", &file, "--replicas", "train=3", "--replicas", "pod/giant=0", "-o", "json"]);
    assert_eq!((plan.added[0].pods, plan.added[1].pods), (3, 0));
    let explained = run(&["explain", "pod", "default/giant", "--demo", "-f", &file]);
    let text = String::from_utf8(explained.stdout).expect("text");
    assert!(text.contains("nvidia.com/gpu") && text.contains("1000"), "{text}");
}

#[test]
fn a_what_if_is_never_carried_out() {
    let folder = Folder::with(&[("jobs.yaml", JOBS)]);
    let (file, saved) = (folder.path("jobs.yaml"), folder.path("p.json"));
    for arguments in [["apply", "-f", &file, "--demo"], ["plan", "--apply", "-f", &file], ["apply", "--dry-run", "-f", &file]] {
        refused(&arguments, 64, "error: -f shows what would happen");
    }
    planned(&["plan", "--demo", "-f", &file, "-o", "json", "--out", &saved]);
    let what_if = format!("error: {saved} is a what-if: Job research/train and 1 more were added by plan -f");
    refused(&["apply", &saved], 1, &what_if);
    refused(&["apply", "--dry-run", "--demo", &saved], 1, &what_if);
}

#[test]
fn a_mistake_is_one_line() {
    let folder = Folder::with(&[
        ("jobs.yaml", JOBS),
        ("wrong.yaml", &JOBS.replace("gpu: 1}", "gpu: 1 GiB}")),
        ("twice.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n"),
    ]);
    let (file, wrong) = (folder.path("jobs.yaml"), folder.path("wrong.yaml"));
    let demo = |rest: &[&str], code, words: &str| refused(&[&["plan", "--demo"], rest].concat(), code, words);
    let place = format!(
        "error: {wrong}:11: Job research/train: spec.template.spec.containers[0].resources.limits.nvidia.com/gpu is no amount"
    );
    demo(&["-f", &wrong], 1, &place);
    demo(&["-f", &folder.path("none.yaml")], 1, "can't be read: No such file");
    demo(&["-f", "-", "-f", "-"], 1, "error: - is given twice");
    demo(&["-f", &file, "--replicas", "web=3"], 64, "there are Job research/train, Pod default/giant");
    demo(&["-f", &file, "--replicas", "train"], 64, "write NAME=N or KIND/NAME=N");
    demo(&["--replicas", "train=3"], 64, "error: --replicas changes manifests, and there are none");
    refused(&["plan", "--snapshot", "-", "-f", "-"], 64, "both read standard input");
}

fn refused(arguments: &[&str], code: i32, words: &str) {
    let output = run(arguments);
    let said = stderr(&output);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{arguments:?}: {said}");
    assert!(said.contains(words), "{arguments:?}: {said}");
}

#[test]
fn a_plan_without_a_node_or_a_group_says_where_its_pods_go() {
    let snapshot = ec2_autoscale::demo::snapshot();
    let (node, group) = (&snapshot.nodes[0].name, &snapshot.groups[0].id.name);
    let plan = planned(&["plan", "--demo", "--without-node", node, "--without-group", group, "-o", "json"]);
    let [of_node, of_group] = &plan.without[..] else { panic!("{:?}", plan.without) };
    assert_eq!((&of_group.name, &of_node.name), (group, node));
    assert!(
        plan.nodes.iter().all(|report| report.node != *node) && plan.groups.iter().all(|report| report.group.name != *group)
    );
}

#[test]
fn what_is_not_there_is_named_with_what_may_be_meant() {
    let group = ec2_autoscale::demo::snapshot().groups[0].id.name.clone();
    let slip = format!("{group}x");
    let output = run(&["plan", "--demo", "--without-group", &slip]);
    assert_eq!(output.status.code(), Some(64));
    let said = stderr(&output);
    assert!(said.contains(&format!("--without-group {slip}")) && said.contains(&format!("did you mean {group}")), "{said}");
    let output = run(&["apply", "--cluster-name=prod", "--without-node=a"]);
    assert_eq!((output.status.code(), stderr(&output).contains("nothing is applied")), (Some(64), true), "{}", stderr(&output));
}

const ROOM: &str = "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: large}\ntemplate: {spec: {containers: [{name: c, \
                    resources: {requests: {cpu: 3}}}]}}\n---\napiVersion: autoscaling.x-k8s.io/v1beta1\nkind: \
                    CapacityBuffer\nmetadata: {name: spare}\nspec: {podTemplateRef: {name: large}, replicas: 2}\n";

#[test]
fn room_is_asked_for_by_manifests() {
    let request = "---\napiVersion: autoscaling.x-k8s.io/v1\nkind: ProvisioningRequest\nmetadata: {name: train}\nspec: \
                   {provisioningClassName: check-capacity.autoscaling.x-k8s.io, podSets: [{count: 3, podTemplateRef: {name: \
                   large}}]}\n";
    let folder = Folder::with(&[("room.yaml", &format!("{ROOM}{request}"))]);
    let (file, saved) = (folder.path("room.yaml"), folder.path("p.json"));
    let plan = planned(&["plan", "--demo", "-f", &file, "-o", "json", "--out", &saved]);
    assert_eq!((plan.buffers.len(), plan.requests.len(), plan.added.len()), (1, 1, 2));
    assert_eq!(plan.added[0].message, "CapacityBuffer default/spare asks for room");
    refused(&["apply", &saved], 1, "is a what-if");
    for (kind, name) in [("buffer", "spare"), ("request", "default/train")] {
        let explained = shown(&["explain", kind, name, "--demo", "-f", &file]);
        assert!(explained.contains("3 cpu"), "{explained}");
        let json: serde_json::Value =
            serde_json::from_str(&shown(&["explain", kind, name, "--demo", "-f", &file, "-o", "json"])).expect("JSON");
        assert!(json["report"]["message"].is_string(), "{json}");
    }
    let output = run(&["explain", "buffer", "default/spare-1", "--demo", "-f", &file]);
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("no CapacityBuffer is named default/spare-1") && said.contains("did you mean default/spare?"),
        "{said}"
    );
}

#[test]
fn a_simulation_keeps_room_for_the_buffers_of_files() {
    let folder = Folder::with(&[("room.yaml", ROOM)]);
    let file = folder.path("room.yaml");
    let report = shown(&["simulate", "--demo", "--longest", "1h", "--buffer", &file]);
    assert!(report.contains("node-hours held for them alone"), "{report}");
    assert!(!shown(&["simulate", "--demo", "--longest", "1h"]).contains("node-hours held for them alone"));
}

#[test]
fn a_file_of_devices_is_for_a_managed_group() {
    let slice = "apiVersion: resource.k8s.io/v1\nkind: ResourceSlice\nmetadata: {name: s, annotations: {ec2-autoscale/group: \
                 GROUP}}\nspec: {driver: gpu.example.com, nodeName: a-node, pool: {name: a-node, generation: 1, resourceSliceCount: 1}, \
                 devices: [{name: a}]}\n";
    let [known, unknown] = ["p3-west", "p3-wets"].map(|group| slice.replace("GROUP", group));
    let folder = Folder::with(&[("known.yaml", &known), ("unknown.yaml", &unknown)]);
    let snapshot = shown(&["snapshot", "--demo", "--device-file", &folder.path("known.yaml")]);
    assert!(snapshot.contains("gpu.example.com"), "the group has the devices of the file");
    let output = run(&["plan", "--demo", "--device-file", &folder.path("unknown.yaml")]);
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("--device-file p3-wets") && said.contains("p3-west"), "{said}");
}

/// Returns the text of a run that went well.
fn shown(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    String::from_utf8(output.stdout).expect("text")
}
