//! Tests of objects of kinds that Kubernetes itself does not have.

use crate::gather::manifests::tests::{ENDING, POD, names, object, pods, refused, understood};
use crate::snapshot::CPU;

#[test]
fn kinds_of_others_have_pods_by_their_templates() {
    let template = format!("template: {{spec: {POD}}}");
    let of = |kind: &str, version: &str, spec: &str| names(&understood(&object(kind, version, spec)));
    let job = of(
        "Job",
        "batch.volcano.sh/v1alpha1",
        &format!("{{tasks: [{{name: w, replicas: 2, {template}}}, {{name: ps, {template}}}]}}"),
    );
    assert_eq!(job, ["ml/a-w-0 of Job a", "ml/a-w-1 of Job a", "ml/a-ps-0 of Job a"]);
    let torch = format!("{{pytorchReplicaSpecs: {{Master: {{{template}}}, Worker: {{replicas: 2, {template}}}}}}}");
    let torch = of("PyTorchJob", "kubeflow.org/v1", &torch);
    assert_eq!(torch, ["ml/a-master-0 of PyTorchJob a", "ml/a-worker-0 of PyTorchJob a", "ml/a-worker-1 of PyTorchJob a"]);
    let workers = format!(
        "workerGroupSpecs: [{{groupName: gpu, replicas: 2, numOfHosts: 2, {template}}}, {{minReplicas: 1, {template}}}]"
    );
    let ray = format!("{{headGroupSpec: {{{template}}}, {workers}}}");
    assert_eq!(of("RayCluster", "ray.io/v1", &ray).len(), 1 + 4 + 1);
    let ray_job = format!("{{rayClusterSpec: {ray}, submitterPodTemplate: {{spec: {POD}}}}}");
    assert_eq!(of("RayJob", "ray.io/v1", &ray_job).len(), 7);
    let leaders = format!(
        "{{replicas: 2, leaderWorkerTemplate: {{size: 4, leaderTemplate: {{spec: {POD}}}, workerTemplate: {{spec: {POD}}}}}}}"
    );
    let leaders = of("LeaderWorkerSet", "leaderworkerset.x-k8s.io/v1", &leaders);
    assert_eq!(
        (leaders.len(), leaders[1].as_str(), leaders[7].as_str()),
        (8, "ml/a-leader-1 of LeaderWorkerSet a", "ml/a-worker-5 of LeaderWorkerSet a")
    );
    let alone = format!("{{leaderWorkerTemplate: {{size: 3, workerTemplate: {{spec: {POD}}}}}}}");
    assert_eq!(of("LeaderWorkerSet", "leaderworkerset.x-k8s.io/v1", &alone).len(), 3);
    assert_eq!(of("Rollout", "argoproj.io/v1alpha1", &format!("{{replicas: 3, {template}}}")).len(), 3);
    let nobody_s = of("Farm", "example.org/v1", &format!("{{jobTemplate: {{spec: {{parallelism: 2, {template}}}}}}}"));
    assert_eq!(nobody_s, ["ml/a-0 of Farm a", "ml/a-1 of Farm a"]);
}

#[test]
fn pods_of_others_that_cannot_be_counted_are_named() {
    let farm = object("Farm", "example.org/v1", &format!("{{template: {{spec: {POD}}}}}"));
    let read = understood(&farm);
    assert_eq!((names(&read), read.workloads.len()), (vec![], 1));
    assert!(
        read.notes[0].starts_with("Farm ml/a of example.org/v1 (m.yaml:1) has pods that are not counted here; "),
        "{:?}",
        read.notes
    );
    let suspended = format!("{{runPolicy: {{suspend: true}}, mpiReplicaSpecs: {{Worker: {{template: {{spec: {POD}}}}}}}}}");
    let suspended = understood(&object("MPIJob", "kubeflow.org/v2beta1", &suspended));
    assert_eq!(suspended.notes, ["MPIJob ml/a is suspended, so it has no pods; write suspend: false to see them"]);
    let negative = refused(&object("Farm", "example.org/v1", &format!("{{w: {{replicas: -1, template: {{spec: {POD}}}}}}}")));
    assert_eq!(negative, "m.yaml:1: Farm ml/a: has -1 pods of w; write 0 or more");
    let wrong = refused(&object("Farm", "example.org/v1", "{w: [{template: {spec: {containers: [{name: 1}]}}}]}"));
    assert_eq!(wrong, "m.yaml:4: Farm ml/a: spec.w[0].template.spec.containers[0].name is 1 where a text belongs; write \"1\"");
}

#[test]
fn specifications_without_a_template_are_found() {
    let of = |kind: &str, version: &str, spec: &str| understood(&object(kind, version, spec));
    let unnamed = "{minReplicas: 2, containers: [{image: x}]}";
    let both = of(
        "InferenceService",
        "serving.kserve.io/v1beta1",
        &format!("{{predictor: {unnamed}, transformer: {{containers: [{{image: z}}]}}}}"),
    );
    assert_eq!(names(&both).len(), 3);
    assert_eq!((names(&both)[2].as_str(), both.notes.len()), ("ml/a-transformer-0 of InferenceService a", 0));
    let model = of("InferenceService", "serving.kserve.io/v1beta1", "{predictor: {model: {runtime: r}}}");
    assert!(model.notes[0].contains("has pods that are not counted here"), "{:?}", model.notes);
    let dask = format!("{{worker: {{replicas: 3, spec: {POD}}}, scheduler: {{spec: {POD}}}}}");
    let dask = names(&of("DaskCluster", "kubernetes.dask.org/v1", &dask));
    assert_eq!((dask.len(), dask[3].as_str()), (4, "ml/a-scheduler-0 of DaskCluster a"));
    for kind in [
        object("Prometheus", "monitoring.coreos.com/v1", "{replicas: 2, containers: [{name: prometheus}]}"),
        object("LLMInferenceService", "serving.kserve.io/v1alpha2", "{worker: {containers: [{name: main}]}}"),
        object("Farm", "example.org/v1", "{builder: {containers: [{name: 1}]}}"),
    ] {
        let read = understood(&kind);
        assert_eq!((names(&read).len(), read.notes.len()), (0, 1), "{kind}");
        assert!(read.notes[0].contains("has pods that are not counted here"), "{:?}", read.notes);
    }
    let config = object("DeploymentConfig", "v1", &format!("{{replicas: 2, template: {{spec: {POD}}}}}"));
    assert_eq!(names(&understood(&config)).len(), 2);
}

#[test]
fn executors_and_the_driver_of_spark_are_counted() {
    let spec = "{type: Python, nodeSelector: {pool: spark}, driver: {cores: 1, memory: 512m}, \
                executor: {instances: 3, cores: 4, coreRequest: 3500m, memory: 8g, gpu: {name: nvidia.com/gpu, quantity: 1}}}";
    let read = understood(&object("SparkApplication", "sparkoperator.k8s.io/v1beta2", spec));
    assert_eq!((names(&read).len(), read.notes.as_slice()), (4, &[][..]));
    let spec_of = |part: usize| &read.pod_specs[&read.workloads[0].parts[part].pattern.spec];
    let requests = |part: usize, resource: &str| spec_of(part).containers[0].requests.get(resource);
    assert_eq!((requests(0, CPU), requests(0, "memory")), (1000, (512 + 384) << 20));
    // 0.4 of 8 GiB is 3276.8 MiB.
    assert_eq!((requests(1, CPU), requests(1, "memory"), requests(1, "nvidia.com/gpu")), (3500, (8192 + 3277) << 20, 1));
    assert_eq!(spec_of(1).node_selector["pool"], "spark");
    let unclear = object("SparkApplication", "sparkoperator.k8s.io/v1beta2", "{driver: {memory: some}}");
    assert!(understood(&unclear).notes[0].contains("has pods that are not counted here"));
}

#[test]
fn a_workflow_of_one_container_has_one_pod() {
    let flow = |templates: &str| {
        let spec = format!("{{entrypoint: main, tolerations: [{{key: batch, operator: Exists}}], templates: [{templates}]}}");
        understood(&object("Workflow", "argoproj.io/v1alpha1", &spec))
    };
    let one = flow("{name: other, dag: {}}, {name: main, container: {image: x, resources: {requests: {cpu: 2}}}}");
    let spec = &one.pod_specs[&pods(&one)[0].spec];
    assert_eq!((names(&one), spec.containers[0].requests.get(CPU)), (vec!["ml/a-0 of Workflow a".to_owned()], 2000));
    assert!(spec.tolerations.iter().any(|toleration| toleration.key.as_deref() == Some("batch")));
    for several in ["{name: main, steps: []}", "{name: main, script: {resources: {requests: {cpu: \"{{cpu}}\"}}}}"] {
        let read = flow(several);
        assert_eq!(names(&read).len(), 0);
        assert!(read.notes[0].contains("has pods that are not counted here"), "{:?}", read.notes);
    }
}

#[test]
fn kinds_of_one_name_are_told_apart_by_their_group() {
    let job = object("Job", "batch/v1", &format!("{{template: {{spec: {ENDING}}}}}"));
    let gang = object("Job", "batch.volcano.sh/v1alpha1", &format!("{{tasks: [{{name: w, template: {{spec: {POD}}}}}]}}"));
    assert_eq!(names(&understood(&format!("{job}---\n{gang}"))).len(), 2);
}
