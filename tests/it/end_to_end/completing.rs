//! A shell that completes names reads the live cluster and the account.

use super::cluster::{TestCluster, WEST};
use super::world::job;
use crate::completions::answered;
use crate::support::kubernetes::objects::node;

impl TestCluster {
    /// Returns what a shell offers for the last of these words.
    fn offered(&self, words: &[&str]) -> Vec<String> {
        answered(self.bare_command(&[]), words)
    }
}

#[test]
fn names_come_from_the_cluster_and_the_account() {
    let cluster = TestCluster::start();
    cluster.group("workers").create();
    cluster.aws.group("of-others").create();
    cluster.kubernetes.add(node("node-a"));
    cluster.kubernetes.add(job("train-1", 100));
    let pod = cluster.kubernetes.all("pods")[0]["metadata"].clone();
    let pod = format!("{}/{}", pod["namespace"].as_str().expect("a namespace"), pod["name"].as_str().expect("a name"));
    assert_eq!(cluster.offered(&["explain", "node", "node"]), ["node-a"]);
    assert_eq!(cluster.offered(&["explain", "pod", &pod[..3]]), [pod.as_str()]);
    let line = ["plan", "--cluster-name", "test", "--regions", WEST, "--only-group", ""];
    assert_eq!(cluster.offered(&line), ["workers"], "those that are managed");
    cluster.assert_untouched();
}
