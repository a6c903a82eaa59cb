//! The mistakes of the first day: one message each, with the thing, the value and the way out.

use super::cluster::{Running, TestCluster, run};
use super::world::job;
use crate::support::aws::Fault;

const COMMANDS: [&str; 3] = ["plan", "apply", "snapshot"];

fn cluster() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").create();
    cluster.kubernetes.add(job("job", 900));
    cluster
}

fn assert_one_line(stderr: &str) {
    assert_eq!(stderr.lines().filter(|line| !line.starts_with("hint: ")).count(), 1, "{stderr}");
    assert!(stderr.len() < 600, "a message, not an essay: {stderr}");
}

#[test]
fn no_kubeconfig() {
    let cluster = cluster();
    for command in COMMANDS {
        let mut command = cluster.command(command, &[]);
        let words = ["no kubeconfig (neither $KUBECONFIG nor ~/.kube/config)", "--kubeconfig", "aws eks update-kubeconfig"];
        assert_one_line(&run(command.env_remove("KUBECONFIG")).fails(1, &words).stderr);
    }
    cluster.assert_untouched();
}

#[test]
fn an_api_server_that_nobody_runs() {
    let cluster = cluster();
    let kubeconfig = cluster.folder.path().join("elsewhere");
    // The port was free a moment ago, and no process listens on it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
    let here = cluster.kubernetes.url();
    let elsewhere = format!("http://127.0.0.1:{port}");
    let text = std::fs::read_to_string(cluster.kubernetes.kubeconfig()).expect("a kubeconfig").replace(&here, &elsewhere);
    std::fs::write(&kubeconfig, text).expect("a file can be written");
    // At the same time, as each tries for a few seconds.
    let runs = COMMANDS.map(|command| {
        let mut command = cluster.command(command, &["--timeout", "30s"]);
        Running::start(command.env("KUBECONFIG", &kubeconfig))
    });
    for running in runs {
        let url = format!("the Kubernetes API at {elsewhere}");
        assert_one_line(&running.end().fails(1, &[&url, "can't be reached", "refused"]).stderr);
    }
    cluster.assert_untouched();
}

#[test]
fn a_token_that_expired() {
    let cluster = cluster();
    let kubeconfig = cluster.kubernetes.kubeconfig_for("of-yesterday");
    for command in COMMANDS {
        let mut command = cluster.command(command, &[]);
        let url = cluster.kubernetes.url();
        let error = run(command.env("KUBECONFIG", &kubeconfig)).fails(1, &[&url, "(401)", "expired", "log in again"]);
        assert_one_line(&error.stderr);
        assert!(!error.stderr.contains("of-yesterday"), "{}", error.stderr);
    }
    cluster.assert_untouched();
}

#[test]
fn a_context_that_is_not_there() {
    let error = run(&mut cluster().command("plan", &["--context", "prod"])).fails(64, &["no context \"prod\"", "it has "]);
    assert_one_line(&error.stderr);
}

#[test]
fn no_aws_credentials() {
    let cluster = cluster();
    for command in COMMANDS {
        let mut command = cluster.command(command, &[]);
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            command.env_remove(name);
        }
        let error = run(&mut command).fails(1, &["no AWS credentials", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"]);
        assert_one_line(&error.stderr);
    }
    cluster.assert_untouched();
}

#[test]
fn aws_credentials_that_expired() {
    let cluster = cluster();
    cluster.aws.fault(&Fault::on("*").code("ExpiredToken").status(403));
    let error = cluster.plan(&[]).fails(1, &["AWS credentials have expired (ExpiredToken)", "sign in again"]);
    assert_one_line(&error.stderr);
    cluster.apply(&[]).fails(1, &["AWS credentials have expired"]);
    cluster.assert_untouched();
}

#[test]
fn no_region() {
    let cluster = cluster();
    for command in COMMANDS {
        let mut command = cluster.command(command, &[]);
        let error = run(command.env_remove("AWS_REGION")).fails(64, &["no AWS region", "--regions us-west-2,us-east-1"]);
        assert_one_line(&error.stderr);
    }
    cluster.assert_untouched();
}

#[test]
fn no_managed_group() {
    let cluster = TestCluster::start();
    cluster.aws.group("untagged").create();
    cluster.aws.group("of-another").tag("KubernetesCluster", "prod").tag("KubernetesRole", "worker").create();
    cluster.aws.group("masters").tag("KubernetesCluster", "test").tag("KubernetesRole", "master").create();
    cluster.aws.group("half").tag("KubernetesCluster", "test").create();
    for command in ["plan", "apply"] {
        let words = [
            "error: no group is managed in us-west-2\n",
            "half (us-west-2) has the cluster tag but lacks a role tag (KubernetesRole=worker)",
            "masters (us-west-2) has the role tag KubernetesRole=master",
            "of-another (us-west-2) ",
            "prod",
            "untagged (us-west-2) lacks the tag KubernetesCluster=",
            "hint: tag groups KubernetesCluster=test and KubernetesRole=worker, or name them with --group",
        ];
        let error = run(&mut cluster.command(command, &[])).fails(1, &words);
        assert_eq!(error.stderr.lines().count(), 6, "{}", error.stderr);
    }
    cluster.assert_untouched();
    // The hint leads out.
    cluster.plan(&["--group", "untagged"]).exits(0);
}

#[test]
fn no_cluster_name() {
    let cluster = cluster();
    cluster.aws.group("others").tag("KubernetesCluster", "prod").tag("KubernetesRole", "worker").create();
    for command in COMMANDS {
        let error = run(&mut cluster.bare_command(&[command])).fails(64, &["--cluster-name is missing", "are of prod, test"]);
        assert_one_line(&error.stderr);
    }
    cluster.assert_untouched();
}

#[test]
fn a_snapshot_that_was_cut_off() {
    let cluster = cluster();
    let path = cluster.folder.path().join("s.json");
    let whole = run(&mut cluster.command("snapshot", &[])).exits(0).stdout;
    std::fs::write(&path, &whole[..whole.len() / 2]).expect("a file can be written");
    let error = run(&mut cluster.bare_command(&["plan", "--snapshot", "s.json"])).fails(1, &["s.json", "EOF"]);
    assert_one_line(&error.stderr);
    std::fs::write(&path, whole.replace("ec2-autoscale/snapshot/v2", "ec2-autoscale/snapshot/v7")).expect("a file");
    let error = run(&mut cluster.bare_command(&["plan", "--snapshot", "s.json"])).fails(1, &["s.json", "snapshot/v7"]);
    assert_one_line(&error.stderr);
}
