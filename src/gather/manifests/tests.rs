//! Tests of whole manifests.

use super::*;
use crate::snapshot::{CPU, ClusterIdentity, Pod, PodVolume, Snapshot};

pub(super) const POD: &str = "{containers: [{name: c, resources: {requests: {cpu: 1}}}]}";
pub(super) const ENDING: &str = "{restartPolicy: Never, containers: [{name: c, resources: {limits: {nvidia.com/gpu: 8}}}]}";

pub(super) fn understood(text: &str) -> Manifests {
    read_text("m.yaml", text).unwrap_or_else(|error| panic!("{error}"))
}

pub(super) fn refused(text: &str) -> String {
    read_text("m.yaml", text).expect_err("a mistake").to_string()
}

pub(super) fn pods(manifests: &Manifests) -> Vec<Pod> {
    let parts = manifests.workloads.iter().flat_map(|workload| &workload.parts);
    parts.flat_map(|part| part.pods().map(|(pod, _)| pod).collect::<Vec<_>>()).collect()
}

/// Returns name and controller of each pod.
pub(super) fn names(manifests: &Manifests) -> Vec<String> {
    let owner = |pod: &Pod| pod.owner.as_ref().map(|owner| format!(" of {} {}", owner.kind, owner.name)).unwrap_or_default();
    pods(manifests).iter().map(|pod| format!("{}{}", pod.id(), owner(pod))).collect()
}

pub(super) fn object(kind: &str, version: &str, spec: &str) -> String {
    format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a, namespace: ml}}\nspec: {spec}\n")
}

#[test]
fn every_kind_has_the_pods_that_its_controller_would_make() {
    let template = format!("template: {{metadata: {{labels: {{app: a}}}}, spec: {POD}}}");
    let ending = format!("template: {{spec: {ENDING}}}");
    for (manifest, expected) in [
        (object("Pod", "v1", POD), vec!["ml/a"]),
        (object("Job", "batch/v1", &format!("{{{ending}}}")), vec!["ml/a-0 of Job a"]),
        (
            object("Job", "batch/v1", &format!("{{parallelism: 2, completions: 9, {ending}}}")),
            vec!["ml/a-0 of Job a", "ml/a-1 of Job a"],
        ),
        (object("Job", "batch/v1", &format!("{{parallelism: 5, completions: 1, {ending}}}")), vec!["ml/a-0 of Job a"]),
        (object("Job", "batch/v1", &format!("{{parallelism: 0, {ending}}}")), vec![]),
        (
            object("CronJob", "batch/v1", &format!("{{schedule: x, jobTemplate: {{spec: {{{ending}}}}}}}")),
            vec!["ml/a-0-0 of Job a-0"],
        ),
        (
            object("Deployment", "apps/v1", &format!("{{replicas: 2, {template}}}")),
            vec!["ml/a-0 of ReplicaSet a-manifest", "ml/a-1 of ReplicaSet a-manifest"],
        ),
        (object("ReplicaSet", "apps/v1", &format!("{{{template}}}")), vec!["ml/a-0 of ReplicaSet a"]),
        (object("ReplicationController", "v1", &format!("{{{template}}}")), vec!["ml/a-0 of ReplicationController a"]),
        (
            object("StatefulSet", "apps/v1", &format!("{{replicas: 2, ordinals: {{start: 3}}, {template}}}")),
            vec!["ml/a-3 of StatefulSet a", "ml/a-4 of StatefulSet a"],
        ),
        (
            object(
                "JobSet",
                "jobset.x-k8s.io/v1alpha2",
                &format!(
                    "{{successPolicy: {{}}, replicatedJobs: [{{name: w, replicas: 2, template: {{spec: {{template: {{spec: {POD}}}}}}}}}]}}"
                ),
            ),
            vec!["ml/a-w-0-0 of Job a-w-0", "ml/a-w-1-0 of Job a-w-1"],
        ),
    ] {
        let read = understood(&manifest);
        assert_eq!((names(&read), read.notes), (expected.into_iter().map(str::to_owned).collect(), vec![]), "{manifest}");
    }
}

#[test]
fn an_autoscaler_keeps_its_target_within_its_range() {
    let web = |replicas: &str| object("Deployment", "apps/v1", &format!("{{{replicas}template: {{spec: {POD}}}}}"));
    let scaled = |replicas: &str, target: &str| {
        let spec = format!("{{minReplicas: 12, maxReplicas: 40, scaleTargetRef: {{kind: Deployment, name: {target}}}}}");
        let read = understood(&format!("{}---\n{}", object("HorizontalPodAutoscaler", "autoscaling/v2", &spec), web(replicas)));
        (names(&read).len(), read.notes)
    };
    let note = |pods: u32| {
        format!(
            "HorizontalPodAutoscaler a gives Deployment ml/a 12 to 40 pods, here {pods}; --replicas a=N plans another number"
        )
    };
    let old = "{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: {name: a, namespace: ml}, spec: {maxReplicas: 2, \
               targetCPUUtilizationPercentage: 80, scaleTargetRef: {kind: Deployment, name: a}}}\n---\n";
    assert_eq!(names(&understood(&format!("{old}{}", web("replicas: 3, ")))).len(), 2);
    for (replicas, pods) in [("", 12), ("replicas: 20, ", 20), ("replicas: 50, ", 40), ("replicas: 0, ", 0)] {
        assert_eq!(scaled(replicas, "a"), (pods as usize, vec![note(pods)]), "{replicas}");
    }
    let (pods, notes) = scaled("", "b");
    assert_eq!(pods, 1);
    assert_eq!(
        notes,
        ["HorizontalPodAutoscaler a scales Deployment ml/b, which is in none of the files; add its manifest to -f"]
    );
}

#[test]
fn classes_beside_pods_count() {
    let pod = object("Pod", "v1", "{runtimeClassName: kata, nodeSelector: {a: b}, containers: [{name: c}]}");
    assert!(understood(&pod).notes[0].starts_with("what RuntimeClass kata adds to the pods of Pod ml/a is not known here"));
    let class = "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: kata}\nhandler: kata\noverhead: {podFixed: {cpu: 250m}}\n\
                 scheduling: {nodeSelector: {kata: on}, tolerations: [{key: kata, operator: Exists}]}\n";
    let read = understood(&format!("{pod}---\n{}", class.replace("{kata: on}", "{kata: \"on\"}")));
    let spec = &read.pod_specs[&pods(&read)[0].spec];
    assert_eq!((read.notes.len(), spec.overhead.get(CPU), spec.node_selector.len()), (0, 250, 2));
    assert!(spec.tolerations.iter().any(|toleration| toleration.key.as_deref() == Some("kata")));
    let storage = understood(
        "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: x}\n---\n\
         {apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce]}}\n---\n\
         {apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {name: gpu}, spec: {devices: {}}}\n",
    );
    assert_eq!((storage.storage_classes.len(), storage.volumes.len(), storage.resource_claims.len()), (1, 1, 1));
    assert_eq!((storage.resource_claims[0].namespace.as_str(), storage.notes.len()), ("default", 0));
}

#[test]
fn what_kubectl_reads_is_read() {
    let comments = "# c\n".repeat(500);
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n{comments}  containers: [{{name: c}}]\n  volumes:\n  - name: v\n    \
         configMap: {{name: m, defaultMode: 0755}}\n"
    );
    assert_eq!(names(&understood(&text)), ["default/a"]);
}

#[test]
fn what_is_left_out_is_said_for_what_it_is() {
    let read = understood(&format!(
        "{{apiVersion: v1, kind: PodTemplate, metadata: {{name: t}}, template: {{spec: {POD}}}}}\n---\n\
         {{apiVersion: argoproj.io/v1alpha1, kind: WorkflowTemplate, metadata: {{name: w}}, spec: {{templates: []}}}}\n---\n\
         {{apiVersion: kafka.strimzi.io/v1, kind: Kafka, metadata: {{name: k}}, spec: {{replicas: 3}}}}\n"
    ));
    assert_eq!((names(&read).len(), read.workloads.len()), (0, 0));
    assert_eq!(
        read.notes,
        [
            "templates, which make no pods of their own: PodTemplate t, WorkflowTemplate w",
            "of kinds that are not known here; whatever pods they have are not counted: Kafka k of kafka.strimzi.io/v1",
        ]
    );
}

#[test]
fn devices_beside_pods_are_known() {
    let template = "{apiVersion: resource.k8s.io/v1beta1, kind: ResourceClaimTemplate, metadata: {name: gpu, namespace: ml}, \
                    spec: {spec: {devices: {requests: [{name: r, deviceClassName: gpu}]}}}}\n---\n\
                    {apiVersion: resource.k8s.io/v1, kind: DeviceClass, metadata: {name: gpu}, spec: {extendedResourceName: x.org/gpu}}\n---\n\
                    {apiVersion: resource.k8s.io/v1beta1, kind: ResourceClaim, metadata: {name: c}, spec: {}}\n---\n";
    let pod =
        |rest: &str| understood(&format!("{template}{}", object("Pod", "v1", &format!("{{containers: [{{name: c{rest}"))));
    let claiming = pod("}], resourceClaims: [{name: g, resourceClaimTemplateName: gpu}]}");
    assert_eq!((claiming.notes.as_slice(), claiming.resource_claims.len()), (&[][..], 1));
    let requesting = pod(", resources: {limits: {x.org/gpu: 1}}}]}");
    assert_eq!(requesting.notes, ["ResourceClaimTemplate gpu makes no claim here, since no pod of the files refers to it"]);
    assert_eq!((claiming.device_classes.len(), claiming.claim_templates.len()), (1, 0));
}

#[test]
fn claims_are_made_of_templates_beside_the_pods() {
    let read = understood(
        "{apiVersion: resource.k8s.io/v1, kind: ResourceClaimTemplate, metadata: {name: two}, spec: {spec: {devices: {requests: \
         [{name: r, exactly: {deviceClassName: gpu, count: 2}}]}}}}\n---\n{apiVersion: batch/v1, kind: Job, metadata: {name: j}, \
         spec: {parallelism: 2, completions: 2, template: {spec: {restartPolicy: Never, containers: [{name: c}], resourceClaims: \
         [{name: g, resourceClaimTemplateName: two}]}}}}\n",
    );
    assert!(read.may_need_devices() && read.notes.is_empty(), "{:?}", read.notes);
    let mut snapshot = Snapshot::empty(ClusterIdentity::default(), "2026-11-22T12:00:00Z".parse().expect("a time"));
    add_to(&mut snapshot, read);
    let names: Vec<&str> = snapshot.resource_claims.iter().map(|claim| claim.name.as_str()).collect();
    assert_eq!((names.len(), snapshot.resource_claims[0].needs.is_some()), (2, true));
    let named: Vec<Option<&str>> = snapshot.pods.iter().map(|pod| pod.resource_claims[0].claim.as_deref()).collect();
    assert_eq!(named, [Some(names[0]), Some(names[1])]);
}

#[test]
fn a_key_that_is_there_twice_counts_as_it_is_written_last() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: 1\n  replicas: 3\n  template: \
                {spec: {containers: [{name: c}]}}\n";
    let read = understood(text);
    assert_eq!(names(&read).len(), 3);
    assert_eq!(read.notes, ["keys that are written twice count as they are written last: m.yaml:5: spec.replicas"]);
}

#[test]
fn labels_tell_pods_apart_as_their_controllers_do() {
    let indexed = format!("{{completionMode: Indexed, completions: 2, parallelism: 2, template: {{spec: {ENDING}}}}}");
    let job = pods(&understood(&object("Job", "batch/v1", &indexed)));
    assert_eq!(job[1].labels["batch.kubernetes.io/job-completion-index"], "1");
    assert_eq!((job[0].labels["job-name"].as_str(), job[0].labels["batch.kubernetes.io/job-name"].as_str()), ("a", "a"));
    let set = pods(&understood(&object("StatefulSet", "apps/v1", &format!("{{replicas: 2, template: {{spec: {POD}}}}}"))));
    assert_eq!(set[1].labels["statefulset.kubernetes.io/pod-name"], "a-1");
    assert_eq!(set[1].labels["apps.kubernetes.io/pod-index"], "1");
    assert_ne!(set[0].uid, set[1].uid);
}

#[test]
fn claims_are_each_pods_own() {
    let text = object(
        "StatefulSet",
        "apps/v1",
        "{replicas: 2, volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], storageClassName: gp3, \
         resources: {requests: {storage: 1Gi}}}}], template: {spec: {volumes: [{name: data, emptyDir: {}}, {name: tmp, ephemeral: \
         {volumeClaimTemplate: {spec: {storageClassName: gp3}}}}], containers: [{name: c}]}}}",
    );
    let read = understood(&text);
    let (pod, claims) = read.workloads[0].parts[0].pods().nth(1).expect("two pods");
    let ephemeral = PodVolume::Ephemeral { claim: "a-1-tmp".into(), storage_class: Some("gp3".into()) };
    assert_eq!(pod.volumes, [ephemeral, PodVolume::Claim { claim: "data-a-1".into() }]);
    assert_eq!((claims[0].name.as_str(), claims[0].namespace.as_str(), claims[0].requested), ("data-a-1", "ml", 1 << 30));
}

#[test]
fn what_the_api_server_fills_in_is_filled_in() {
    let read = understood(&format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: a}}\nspec: {{template: {{spec: {ENDING}}}}}\n"
    ));
    let spec = &read.pod_specs[&read.workloads[0].parts[0].pattern.spec];
    assert_eq!(read.workloads[0].id(), "default/a");
    assert_eq!(spec.containers[0].requests.get("nvidia.com/gpu"), 8);
    assert_eq!((spec.tolerations.len(), spec.priority, spec.scheduler_name.as_str()), (2, 0, "default-scheduler"));
}

#[test]
fn a_priority_class_is_worth_what_its_manifest_says() {
    let pod = |name: &str, class: &str| {
        format!("---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{{class}containers: [{{name: c}}]}}\n")
    };
    let class = |name: &str, rest: &str| {
        format!("---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: {name}}}\n{rest}\n")
    };
    let text = [
        pod("a", "priorityClassName: high, "),
        pod("b", "priorityClassName: system-node-critical, "),
        pod("c", ""),
        pod("d", "priorityClassName: other, "),
        pod("e", "priorityClassName: other, "),
        pod("f", "priorityClassName: other, priority: 7, "),
        class("high", "value: 1000"),
        class("usual", "value: -5\nglobalDefault: true"),
    ];
    let read = understood(&text.concat());
    let priorities: Vec<i32> = pods(&read).iter().map(|pod| read.pod_specs[&pod.spec].priority).collect();
    assert_eq!(priorities, [1000, 2_000_001_000, -5, 0, 0, 7]);
    assert_eq!(
        read.notes,
        ["PriorityClass other is in none of the files, so Pod d and 1 more has priority 0 here; add its manifest to -f"]
    );
}

#[test]
fn lists_are_taken_apart_and_what_has_no_pods_is_named() {
    let read = understood(&format!(
        "apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: Service, metadata: {{name: s}}}}\n\
         - {{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {POD}}}\n---\n---\n\
         apiVersion: v1\nkind: PodList\nitems:\n- {{metadata: {{generateName: q-}}, spec: {POD}}}\n- {{metadata: {{generateName: q-}}, spec: {POD}}}\n---\n\
         {{apiVersion: argoproj.io/v1alpha1, kind: Workflow, metadata: {{name: r}}, spec: {{templates: []}}}}\n---\n\
         {{apiVersion: batch/v1, kind: Job, metadata: {{name: j}}, spec: {{suspend: true, template: {{spec: {ENDING}}}}}}}\n---\n\
         {{apiVersion: v1, kind: Namespace, metadata: {{name: ml, labels: {{team: a}}}}}}\n---\n\
         {{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: data}}, spec: {{resources: {{request: {{storage: 1Gi}}}}}}}}\n---\n\
         {{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: d}}, spec: {{template: {{spec: {POD}}}}}}}\n"
    ));
    assert_eq!(names(&read), ["default/p", "default/q-0", "default/q-1"]);
    assert_eq!((read.namespaces.len(), read.claims.len(), read.daemon_sets.len()), (1, 1, 1));
    assert_eq!(read.pod_specs[&read.daemon_sets[0].spec].containers[0].requests.get(CPU), 1000);
    assert_eq!(
        read.notes,
        [
            "left out, since they have no pods and change none: Service s",
            "fields that Kubernetes does not know are ignored: m.yaml:20: spec.resources.request",
            "Workflow r of argoproj.io/v1alpha1 (m.yaml:14) has pods that are not counted here; write them as a Deployment or a Job, \
             or take those that it has: kubectl get pods -o yaml",
            "Job j is suspended, so it has no pods; write suspend: false to see them",
        ]
    );
}

#[test]
fn pods_at_a_time_can_be_given() {
    let job = object("Job", "batch/v1", &format!("{{parallelism: 2, completions: 9, template: {{spec: {ENDING}}}}}"));
    let mut workload = understood(&job).workloads.remove(0);
    for (pods, expected) in [(4, (4, 9)), (12, (12, 12))] {
        workload.scale_to(pods);
        assert_eq!((workload.parts[0].parallelism, workload.parts[0].completions), expected);
    }
    let mut pod = understood(&object("Pod", "v1", POD));
    pod.workloads[0].scale_to(2);
    assert_eq!(names(&pod), ["ml/a", "ml/a-1"]);
}

#[test]
fn a_mistake_is_one_line_with_its_place_and_the_way_out() {
    let job = |spec: &str| object("Job", "batch/v1", spec);
    for (text, expected) in [
        (String::new(), "m.yaml holds no manifest; write objects of Kubernetes to it, such as a Job"),
        ("# nothing\n---\n".into(), "m.yaml holds no manifest; write objects of Kubernetes to it, such as a Job"),
        ("kind: Job\n".into(), "m.yaml:1: an object without an apiVersion; write it, such as batch/v1 for a Job"),
        ("---\n\na: 1\n".into(), "m.yaml:3: an object without a kind; write kind and apiVersion, such as Job and batch/v1"),
        ("- a\n".into(), "m.yaml:1: not an object of Kubernetes; write a mapping with apiVersion, kind and metadata"),
        ("apiVersion: v1\nkind: Pod\nspec: {}\n".into(), "m.yaml:1: Pod without a name: it has no metadata.name; give it one"),
        (object("Pod", "v1", "{}"), "m.yaml:1: Pod ml/a: its pods have no containers; write spec.containers"),
        (
            object("Pod", "v1", "{containers: [{name: c}, {image: x}]}"),
            "m.yaml:1: Pod ml/a: container 2 of its pods has no name; give it one",
        ),
        (
            job(&format!("\n  parallelism: -1\n  template: {{spec: {ENDING}}}")),
            "m.yaml:1: Job ml/a: spec.parallelism is -1; write 0 or more",
        ),
        (job("\n  parallelism: two"), "m.yaml:5: Job ml/a: spec.parallelism is \"two\" where a number belongs"),
        (
            job(&format!("{{template: {{spec: {POD}}}}}")),
            "m.yaml:1: Job ml/a: restartPolicy of its pods is missing, and pods of a Job have to end; write OnFailure or Never",
        ),
        (
            object("Pod", "v1", "\n  restartPolicy: Sometimes\n  containers: [{name: c}]"),
            "m.yaml:1: Pod ml/a: restartPolicy is \"Sometimes\", which this version does not know",
        ),
        (
            job(&format!("{{parallelism: 200000, template: {{spec: {ENDING}}}}}")),
            "m.yaml:1: Job ml/a: it asks for 200000 pods at a time; Kubernetes is made for at most 150000 in a whole cluster",
        ),
        (
            format!("{}---\n{}", object("Pod", "v1", POD), object("Pod", "v1", POD)),
            "m.yaml:6: Pod ml/a is in m.yaml:1 already; keep one of them",
        ),
        (object("CronJob", "batch/v1beta1", "{}"), "m.yaml:1: CronJob ml/a: apiVersion is \"batch/v1beta1\"; write batch/v1"),
    ] {
        assert_eq!(refused(&text), expected, "{text}");
    }
    let malformed = refused("a: 1\nb: [1, 2\nc: 3\n");
    assert!(malformed.starts_with("m.yaml:") && malformed.contains(": not YAML: ") && !malformed.contains('\n'), "{malformed}");
}

#[test]
fn files_and_directories() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &[u8]| std::fs::write(path(name), text).expect("a written file");
    let read_error = |paths: &[PathBuf]| read(paths, &GangRules::default()).expect_err("a mistake").to_string();
    let shown = folder.path().display().to_string();
    write("notes.txt", b"no manifest");
    let empty = read_error(&[folder.path().to_owned()]);
    assert!(empty.starts_with(&format!("directory {shown} holds no *.yaml")), "{empty}");
    write("b.yml", object("Pod", "v1", POD).replace("name: a", "name: b").as_bytes());
    write(
        "a.json",
        format!("{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"a\"}}, \"spec\": {POD}}}").as_bytes(),
    );
    std::fs::create_dir(path("c.yaml")).expect("a directory");
    assert_eq!(names(&read(&[folder.path().to_owned()], &GangRules::default()).expect("two pods")), ["default/a", "ml/b"]);
    write("d.yaml", b"# a comment\nkind: \xff\n");
    assert_eq!(read_error(&[path("d.yaml")]), format!("{shown}/d.yaml:2: not UTF-8; write it as UTF-8 text"));
    let missing = read_error(&[path("missing.yaml")]);
    assert!(missing.starts_with(&format!("manifest {shown}/missing.yaml can't be read: No such file")), "{missing}");
    assert!(read_error(&["-".into(), "-".into()]).starts_with("- is given twice"));
    let twice = read_error(&[path("b.yml"), path("b.yml")]);
    assert_eq!(twice, format!("{shown}/b.yml:1: Pod ml/b is in {shown}/b.yml:1 already; keep one of them"));
}
