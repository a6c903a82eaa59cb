//! Whether cluster and account belong together, by what EC2 knows of Ready nodes.

use ec2_autoscale::cloud::aws::AwsClients;
use ec2_autoscale::cloud::{Cloud, GroupsRequest};
use ec2_autoscale::progress::Silent;
use ec2_autoscale::snapshot::{Gap, Group, MachineCheck, MachineHealth, MissingFact, Node, Region as AskedRegion};
use serde_json::json;

use crate::support::aws::{Account, AwsServer, Fault};

const WEST: &str = "us-west-2";
const EAST: &str = "us-east-1";

fn cloud(account: &Account) -> Cloud {
    let config = account.sdk_config(WEST);
    Cloud::Aws(AwsClients::new(vec![WEST.to_owned(), EAST.to_owned()], &config))
}

/// Returns a node with or without a provider id, Ready or not.
fn node(name: &str, provider_id: Option<&str>, addresses: &[&str], ready: &str) -> Node {
    let node = json!({
        "name": name, "uid": name, "allocatable": {}, "ready": { "status": ready }, "created_at": "2026-11-22T00:00:00Z",
        "provider_id": provider_id, "addresses": addresses,
    });
    serde_json::from_value(node).expect("a node")
}

/// Returns what is found about these nodes where these groups are managed, in two regions that
/// could be read.
async fn found(account: &Account, groups: &[Group], nodes: &[Node]) -> (Vec<MachineCheck>, Vec<Gap>) {
    let region = |name: &str| AskedRegion { name: name.into(), preference: 0, unreadable: None };
    cloud(account).check_belonging(&[region(WEST), region(EAST)], groups, nodes).await
}

/// Returns the groups of an account, as a run reads them.
async fn groups(account: &Account) -> Vec<Group> {
    let request = GroupsRequest { cluster_name: "prod", group_tags: &[], named: &[], spot_prices: false };
    cloud(account).read(&request, &Silent).await.expect("facts").groups
}

fn described(account: &Account) -> usize {
    account.calls().iter().filter(|call| call.action == "DescribeInstances").count()
}

fn told(checks: &[MachineCheck]) -> Vec<(Option<&str>, &str, &str, MachineHealth)> {
    checks.iter().map(|it| (it.node.as_deref(), it.instance.as_str(), it.region.as_str(), it.health)).collect()
}

#[tokio::test]
async fn nothing_more_is_asked_while_a_ready_node_is_a_member() {
    let aws = AwsServer::account();
    aws.group("web").tag("KubernetesCluster", "prod").tag("KubernetesRole", "worker").desired(1).create();
    let groups = groups(&aws).await;
    let instance = &groups[0].instances[0];
    let member = node("n", Some(&format!("aws:///us-west-2a/{}", instance.id)), &[], "true");
    let by_address = node("n", Some("k3s://n"), &[&instance.addresses[1]], "true");
    let stranger = node("s", Some("aws:///us-west-2a/i-0feed"), &[], "true");
    aws.forget_calls();
    for nodes in [vec![member.clone(), stranger.clone()], vec![by_address], vec![]] {
        assert_eq!(found(&aws, &groups, &nodes).await, (vec![], vec![]));
    }
    assert_eq!(described(&aws), 0);
    let silent = node("n", member.provider_id.as_deref(), &[], "unknown");
    let (checks, _) = found(&aws, &groups, &[silent, stranger]).await;
    assert_eq!(checks.len(), 1, "a member that is not Ready shows nothing");
}

#[tokio::test]
async fn ready_nodes_of_this_account_are_found_by_id_and_by_address() {
    let aws = AwsServer::account();
    aws.group("control-plane").desired(3).create();
    let own = aws.group_state(WEST, "control-plane").instances;
    let address = |number: usize| own[number].private_ip.as_str();
    let nodes = [
        node("a", Some(&own[0].provider_id()), &[], "true"),
        node("b", Some("k3s://b"), &["b", address(1)], "true"),
        node("c", None, &[address(2)], "true"),
        node("d", Some("k3s://d"), &["192.0.2.1"], "true"),
        node("e", Some("aws:///us-west-2a/i-0feed"), &[address(2)], "true"),
        node("f", None, &[address(2)], "unknown"),
    ];
    let (checks, gaps) = found(&aws, &[], &nodes).await;
    assert_eq!(gaps, []);
    assert_eq!(
        told(&checks),
        [
            (Some("a"), own[0].id.as_str(), WEST, MachineHealth::Running),
            (Some("e"), "i-0feed", WEST, MachineHealth::NotFound),
            (Some("b"), own[1].id.as_str(), WEST, MachineHealth::Running),
            (Some("c"), own[2].id.as_str(), WEST, MachineHealth::Running),
            (Some("d"), "", EAST, MachineHealth::NotFound),
            (Some("d"), "", WEST, MachineHealth::NotFound),
        ]
    );
    assert_eq!(checks[0].group.as_deref(), Some("control-plane"), "though nobody manages it");
    assert_eq!(aws.calls().iter().filter(|call| call.action == "DescribeInstanceStatus").count(), 0);
}

#[tokio::test]
async fn another_account_knows_none_of_the_nodes() {
    let (ours, theirs) = (AwsServer::account(), AwsServer::account());
    ours.group("web").desired(2).create();
    let nodes: Vec<Node> = ours
        .group_state(WEST, "web")
        .instances
        .iter()
        .map(|it| node(&it.private_dns, Some(&it.provider_id()), &[&it.private_ip], "true"))
        .collect();
    let (checks, gaps) = found(&theirs, &[], &nodes).await;
    assert_eq!(gaps, []);
    assert_eq!(checks.iter().map(|it| it.health).collect::<Vec<_>>(), [MachineHealth::NotFound; 2]);
}

#[tokio::test]
async fn a_look_that_is_denied_is_a_gap_and_says_nothing_of_the_nodes() {
    let aws = AwsServer::account();
    aws.fault(&Fault::on("DescribeInstances").status(403).code("UnauthorizedOperation"));
    let (checks, gaps) = found(&aws, &[], &[node("a", Some("aws:///us-west-2a/i-0feed"), &[], "true")]).await;
    assert_eq!(checks, []);
    assert_eq!(gaps.iter().map(|gap| &gap.fact).collect::<Vec<_>>(), [&MissingFact::MachineChecks { region: WEST.into() }]);
}
