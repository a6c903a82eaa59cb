//! What a node of an empty group will be like, from what AWS says of the group.

use std::time::Duration;

use serde_json::{Value, json};

use super::cluster::{TestCluster, WEST, item, verdicts};
use super::world::job;
use crate::support::aws::Fault;

const NODE_TEMPLATE: &str = "k8s.io/cluster-autoscaler/node-template/";

/// Returns the texts of the findings of a code.
fn findings(plan: &Value, code: &str) -> Vec<String> {
    let all = plan["findings"].as_array().expect("findings");
    let of_code = all.iter().filter(|finding| finding["code"] == code);
    of_code.map(|finding| finding["message"].as_str().expect("a sentence").to_owned()).collect()
}

#[test]
fn taints_in_other_words_close_an_empty_group() {
    let cluster = TestCluster::start();
    cluster
        .group("workers")
        .tag(&format!("{NODE_TEMPLATE}taint/nvidia.com/gpu"), "true")
        .tag(&format!("{NODE_TEMPLATE}taint/dedicated"), "batch:NO_SCHEDULE")
        .create();
    cluster.kubernetes.add(job("plain", 100));
    cluster.kubernetes.add(job("tolerant", 100).tolerates("dedicated", "NoSchedule").tolerates("nvidia.com/gpu", "NoSchedule"));
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(verdicts(&plan), ["plain: cannot-help", "tolerant: fits-new"]);
    let findings = findings(&plan, "bad-tag");
    assert!(findings.len() == 2 && findings.iter().all(|text| text.contains("NoSchedule")), "{findings:#?}");
}

#[test]
fn misspelt_keys_are_understood_and_named() {
    let cluster = TestCluster::start();
    cluster
        .group("workers")
        .tag(&format!("{NODE_TEMPLATE}labels/pool"), "batch")
        .tag(&format!("{NODE_TEMPLATE}resource/example.com/licence"), "3")
        .tag(&format!("{NODE_TEMPLATE}lable/pool"), "web")
        .create();
    let asks = job("asks", 100).requests(&[("example.com/licence", "1")]).limits(&[("example.com/licence", "1")]);
    cluster.kubernetes.add(asks.node_selector("pool", "batch"));
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(verdicts(&plan), ["asks: fits-new"]);
    assert_eq!(findings(&plan, "bad-tag").len(), 3, "{:#}", plan["findings"]);
}

#[test]
fn cpu_options_leave_fewer_cores() {
    let cluster = TestCluster::start();
    let cores = json!({"CpuOptions": {"CoreCount": 48, "ThreadsPerCore": 1}});
    cluster.group("workers").launch_template("r5a.24xlarge").template_data(cores).create();
    cluster.kubernetes.seed([job("cores-40", 40_000), job("cores-80", 80_000)]);
    assert_eq!(verdicts(&cluster.plan(&[]).exits(0).json()), ["cores-40: fits-new", "cores-80: cannot-help"]);
}

#[test]
fn bottlerocket_keeps_containers_on_its_second_volume() {
    let cluster = TestCluster::start();
    let image = "ami-0b0771e60c4e70000";
    let volume = |device: &str, gib: u32| json!({"DeviceName": device, "Ebs": {"VolumeSize": gib}});
    let name = "bottlerocket-aws-k8s-1.34-x86_64-v1.46.0-12345678";
    cluster.aws.image(&json!({
        "ImageId": image, "Name": name, "Architecture": "x86_64", "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [volume("/dev/xvda", 2), volume("/dev/xvdb", 20)]
    }));
    let volumes = json!({"ImageId": image, "BlockDeviceMappings": [volume("/dev/xvda", 4), volume("/dev/xvdb", 200)]});
    cluster.group("workers").launch_template("m5.xlarge").template_data(volumes).create();
    for gib in [10, 150, 250] {
        let scratch = job(&format!("scratch-{gib}"), 100).requests(&[("ephemeral-storage", &format!("{gib}Gi"))]);
        cluster.kubernetes.add(scratch);
    }
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(verdicts(&plan), ["scratch-10: fits-new", "scratch-150: fits-new", "scratch-250: cannot-help"]);
    assert_eq!(item(&plan, "groups", "name", "workers")["template"]["allocatable"]["ephemeral-storage"], "179Gi");
}

#[test]
fn an_empty_windows_group_takes_windows_pods() {
    let cluster = TestCluster::start();
    let image = "ami-0d0000000000000d0";
    cluster.aws.image(&json!({
        "ImageId": image, "Name": "Windows_Server-2022-English-Full-EKS_Optimized-1.34", "Platform": "windows",
        "Architecture": "x86_64", "RootDeviceName": "/dev/sda1",
        "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 50}}]
    }));
    cluster.group("win").launch_template("m5.xlarge").template_data(json!({"ImageId": image})).create();
    cluster.kubernetes.add(job("lin", 1000).node_selector("kubernetes.io/os", "linux"));
    cluster.kubernetes.add(job("win", 1000).node_selector("kubernetes.io/os", "windows"));
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(verdicts(&plan), ["lin: cannot-help", "win: fits-new"]);
}

/// Makes an Auto Scaling Group of a managed node group of EKS.
fn eks_group<'a>(cluster: &'a TestCluster, name: &str) -> crate::support::aws::NewGroup<'a> {
    cluster.group(&format!("eks-{name}")).tag("eks:cluster-name", "test").tag("eks:nodegroup-name", name)
}

/// Returns the call that describes a node group.
fn described(cluster: &TestCluster) -> usize {
    cluster.aws.calls().iter().filter(|call| call.action == "DescribeNodegroup").count()
}

#[test]
fn eks_says_what_labels_and_taints_the_nodes_of_an_empty_group_get() {
    let cluster = TestCluster::start();
    eks_group(&cluster, "gpu").create();
    eks_group(&cluster, "gone").create();
    cluster.group("plain").tag(&format!("{NODE_TEMPLATE}label/pool"), "web").create();
    cluster.aws.node_group(
        "test",
        "gpu",
        &json!({
            "nodegroupName": "gpu", "status": "ACTIVE", "capacityType": "SPOT", "labels": {"pool": "gpu"},
            "taints": [{"key": "dedicated", "value": "gpu", "effect": "NO_SCHEDULE"}],
            "resources": {"autoScalingGroups": [{"name": "eks-gpu"}]}, "createdAt": 1_764_000_000.25
        }),
    );
    cluster.kubernetes.add(job("selects", 100).node_selector("pool", "gpu"));
    cluster.kubernetes.add(job("tolerates", 100).node_selector("pool", "gpu").tolerates("dedicated", "NoSchedule"));
    let spot = ("eks.amazonaws.com/capacityType", "SPOT");
    cluster.kubernetes.add(job("spot", 100).node_selector(spot.0, spot.1).tolerates("dedicated", "NoSchedule"));
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(verdicts(&plan), ["selects: cannot-help", "spot: fits-new", "tolerates: fits-new"]);
    assert_eq!(described(&cluster), 2, "one call for each node group");
}

#[test]
fn a_denial_by_eks_is_one_finding() {
    let cluster = TestCluster::start();
    for name in ["a", "b"] {
        eks_group(&cluster, name).create();
    }
    cluster.aws.fault(&Fault::on("DescribeNodegroup").status(403).code("AccessDeniedException"));
    cluster.kubernetes.add(job("job", 100));
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(verdicts(&plan), ["job: fits-new"]);
    let all = plan["findings"].as_array().expect("findings");
    let of_eks =
        all.iter().filter(|finding| finding["message"].as_str().is_some_and(|text| text.contains("eks:DescribeNodegroup")));
    assert_eq!(of_eks.count(), 1, "{all:#?}");
}

#[test]
fn nothing_of_a_node_group_goes_while_eks_replaces_its_nodes() {
    let cluster = TestCluster::start();
    eks_group(&cluster, "web").max(9).desired(2).create();
    let mut node_group = json!({
        "status": "UPDATING", "scalingConfig": {"maxSize": 3}, "resources": {"autoScalingGroups": [{"name": "eks-web"}]}
    });
    cluster.aws.node_group("test", "web", &node_group);
    let nodes = cluster.register_nodes(WEST, "eks-web");
    cluster.pass(Duration::from_hours(1));
    let cordoned = || nodes.iter().filter(|node| cluster.is_cordoned(node)).count();
    let plan = cluster.apply(&["--idle-threshold", "0"]).exits(0).json()["plan"].clone();
    assert_eq!(cordoned(), 0);
    assert_eq!(item(&plan, "groups", "name", "eks-web")["max"], 3, "not what EKS needs for the time of the update");
    let message = item(&plan, "nodes", "node", &nodes[0])["message"].to_string();
    assert!(message.contains("replacing the nodes"), "{message}");
    node_group["status"] = json!("ACTIVE");
    cluster.aws.node_group("test", "web", &node_group);
    cluster.apply(&["--idle-threshold", "0"]).exits(0);
    assert_eq!(cordoned(), 1);
}
