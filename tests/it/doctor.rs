//! `doctor`, by the real binary against an API server and an account.

use std::process::Output;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cli::ec2_autoscale;
use crate::manifest::rules_of_the_roles;
use crate::support::aws::{Account, AwsServer};
use crate::support::kubernetes::objects::{Object as _, node, object};
use crate::support::kubernetes::{KubernetesServer, Rule};

const ACCOUNT: &str = "system:serviceaccount:kube-system:ec2-autoscale";

struct Installation {
    kubernetes: KubernetesServer,
    aws: Account,
}

impl Installation {
    /// Makes a cluster of one group with a node, in which a CronJob began to run a minute ago.
    fn of_a_minute_ago() -> Self {
        let (kubernetes, aws) = (KubernetesServer::start(), AwsServer::account());
        aws.group("workers").tag("KubernetesCluster", "prod").tag("KubernetesRole", "worker").desired(1).create();
        let instance = &aws.group_state("us-west-2", "workers").instances[0];
        kubernetes.add(node("worker").provider_id(&instance.provider_id()));
        let installation = Self { kubernetes, aws };
        installation.install(&["apply", "--cluster-name=prod"], Timestamp::now() - SignedDuration::from_mins(1));
        installation.grant(&rules_of_the_roles());
        installation
    }

    fn install(&self, arguments: &[&str], ran: Timestamp) {
        let ran = ran.strftime("%FT%TZ").to_string();
        let pod = json!({"serviceAccountName": "ec2-autoscale", "containers": [{"name": "run", "image": "own:1", "args": arguments}]});
        let job = object("batch/v1", "CronJob", "kube-system", "ec2-autoscale")
            .with("/spec", json!({"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}}))
            .with("/status", json!({"lastScheduleTime": ran, "lastSuccessfulTime": ran}));
        self.kubernetes.add(job);
    }

    fn grant(&self, rules: &[Rule]) {
        self.kubernetes.grant("token-of-the-account", ACCOUNT, rules);
    }

    fn doctor(&self, arguments: &[&str]) -> Output {
        let mut command = ec2_autoscale(&[&["doctor", "--cluster-name=prod", "--regions=us-west-2"], arguments].concat());
        command.envs(self.aws.env()).env("KUBECONFIG", self.kubernetes.kubeconfig());
        command.output().expect("the binary starts")
    }

    /// Returns the checks, with the exit code.
    fn checks(&self) -> (Option<i32>, Vec<Value>) {
        let output = self.doctor(&["-o", "json"]);
        let diagnosis: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        (output.status.code(), diagnosis["checks"].as_array().expect("checks").clone())
    }
}

fn of<'c>(checks: &'c [Value], subject: &str) -> &'c Value {
    checks.iter().find(|check| check["subject"] == subject).unwrap_or_else(|| panic!("{subject}: {checks:?}"))
}

#[test]
fn a_set_up_that_is_right_is_good_in_every_line() {
    let installation = Installation::of_a_minute_ago();
    let (code, checks) = installation.checks();
    for subject in ["cluster", "account", "clocks", "facts", "groups", "others", "cron-job", "rights", "last-run"] {
        assert_eq!(of(&checks, subject)["state"], "good", "{}", of(&checks, subject));
    }
    assert_eq!(code, Some(0), "{checks:?}");
    let page = installation.doctor(&[]);
    let page = String::from_utf8_lossy(&page.stdout).into_owned();
    assert!(page.lines().next().is_some_and(|line| line == "✓ cluster   prod: 1 node, 0 pods"), "{page}");
    let changes = installation.kubernetes.calls().into_iter().filter(|call| !["", "get", "list"].contains(&call.verb));
    assert!(changes.into_iter().all(|call| call.resource == "subjectaccessreviews"), "it changes nothing");
}

#[test]
fn a_right_that_the_account_lacks_is_named() {
    let installation = Installation::of_a_minute_ago();
    let kept: Vec<Rule> = rules_of_the_roles().into_iter().filter(|rule| rule.resource() != "pods/eviction").collect();
    installation.grant(&kept);
    let (code, checks) = installation.checks();
    let rights = of(&checks, "rights");
    assert_eq!((code, &rights["state"]), (Some(1), &json!("bad")), "{rights}");
    assert_eq!(rights["message"], "kube-system/ec2-autoscale may not create pods/eviction");
    assert!(rights["next"].as_str().is_some_and(|next| next.contains("ec2-autoscale manifests")), "{rights}");
}

#[test]
fn who_may_not_ask_about_others_is_told_so() {
    let installation = Installation::of_a_minute_ago();
    let mut rules = rules_of_the_roles();
    rules.push(Rule::allow(&["get"], "batch", "cronjobs"));
    let mut command = ec2_autoscale(&["doctor", "--cluster-name=prod", "--regions=us-west-2", "-o", "json"]);
    command.envs(installation.aws.env()).env("KUBECONFIG", installation.kubernetes.token_limited_to(&rules));
    let output = command.output().expect("the binary starts");
    let diagnosis: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rights = of(diagnosis["checks"].as_array().expect("checks"), "rights").clone();
    assert_eq!((output.status.code(), &rights["state"]), (Some(3), &json!("unknown")), "{rights}");
    assert!(rights["message"].as_str().is_some_and(|words| words.contains("create subjectaccessreviews")), "{rights}");
}

#[test]
fn a_run_of_another_cluster_and_one_that_stands_still_are_said() {
    let installation = Installation::of_a_minute_ago();
    installation.kubernetes.remove("cronjobs", "kube-system", "ec2-autoscale");
    assert!(of(&installation.checks().1, "cron-job")["next"].as_str().is_some_and(|next| next.contains("manifests --image")));
    installation.install(&["apply", "--cluster-name=other"], Timestamp::now() - SignedDuration::from_hours(1));
    let (code, checks) = installation.checks();
    assert!(
        of(&checks, "cron-job")["message"].as_str().is_some_and(|words| words.contains("for the cluster other, not for prod"))
    );
    assert_eq!((code, &of(&checks, "last-run")["state"]), (Some(1), &json!("bad")));
}

#[test]
fn without_a_cluster_the_way_out_is_the_next_step() {
    let mut command = ec2_autoscale(&["doctor", "--cluster-name=prod", "--regions=us-west-2"]);
    let output = command.env("HOME", "/nowhere").env_remove("KUBECONFIG").output().expect("the binary starts");
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(page.starts_with("✗ look      no kubeconfig"), "{page}");
}
