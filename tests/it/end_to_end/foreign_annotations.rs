//! Annotations of others hold what only they should read: the last applied manifest, tokens of
//! tools. None is copied.

use super::cluster::{TestCluster, WEST, run};
use super::world::job;
use crate::support::kubernetes::objects::{Object as _, claim, namespace, pod, storage_class};

const SECRET: &str = "hunter2-of-a-stranger";
const KEYS: [&str; 3] = ["kubectl.kubernetes.io/last-applied-configuration", "example.com/token", "ec2-autoscaler/x"];

fn annotated<T: crate::support::kubernetes::objects::Object>(object: T) -> T {
    KEYS.iter().fold(object, |object, key| object.annotation(key, SECRET))
}

#[test]
fn no_annotation_of_a_stranger_is_copied_anywhere() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(5).desired(1).create();
    let [node] = cluster.register_nodes_as(WEST, "workers", annotated).try_into().expect("one node");
    cluster.kubernetes.add(annotated(namespace("ml")));
    cluster.kubernetes.add(annotated(storage_class("gp3", "ebs.csi.aws.com")));
    cluster.kubernetes.add(annotated(claim("default", "data", "gp3")));
    cluster.kubernetes.add(annotated(pod("ml", "works").requests(&[("cpu", "1")]).node(&node)));
    cluster.kubernetes.add(annotated(job("waits", 900).claim("data")));
    cluster.kubernetes.add(annotated(job("huge", 64_000)));
    // An annotation that a rule reads is kept: without it the test would also pass on a snapshot
    // that holds nothing.
    cluster.kubernetes.add(job("kept", 900).annotation("ec2-autoscale/do-not-evict", "true"));

    let outputs = [
        run(&mut cluster.command("snapshot", &[])).exits(0),
        cluster.plan(&[]).exits(0),
        run(&mut cluster.command("explain", &["node", &node, "-o", "json"])).exits(0),
        run(&mut cluster.command("apply", &["-o", "json", "-vvv"])).exits(0),
    ];
    assert!(outputs[0].stdout.contains("ec2-autoscale/do-not-evict"), "{}", outputs[0].stdout);
    for output in &outputs {
        assert!(!output.stdout.contains("hunter2") && !output.stderr.contains("hunter2"), "{}{}", output.stdout, output.stderr);
        assert!(KEYS.iter().all(|key| !output.stdout.contains(key)), "{}", output.stdout);
    }
    let told: Vec<_> = ["configmaps", "events", "leases"].into_iter().flat_map(|kind| cluster.kubernetes.all(kind)).collect();
    assert!(told.len() >= 3, "{told:?}");
    assert!(told.iter().all(|object| !object.to_string().contains("hunter2")), "{told:?}");
}
