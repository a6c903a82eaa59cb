//! Twenty mistakes of newcomers: each has one message, which names the thing, the value and the way
//! out, and an exit code other than 0. Nothing is changed by any of them.

use std::fs;

use serde_json::{Value, json};

use super::cluster::{Run, TestCluster, WEST, run};
use super::world::job;
use crate::support::aws::Fault;
use crate::support::kubernetes;

/// A mistake, and what is answered.
struct Mistake {
    name: &'static str,
    make: fn(&TestCluster) -> Run,
    code: i32,
    /// The thing, the value and the way out.
    words: [&'static str; 3],
}

const fn mistake(name: &'static str, make: fn(&TestCluster) -> Run, code: i32, words: [&'static str; 3]) -> Mistake {
    Mistake { name, make, code, words }
}

const MISTAKES: [Mistake; 20] = [
    mistake(
        "a flag with a typo",
        |cluster| plan(cluster, &["--idle-treshold", "5m"]),
        64,
        ["unexpected argument", "'--idle-treshold'", "'--idle-threshold'"],
    ),
    mistake(
        "a flag of apply for plan",
        |cluster| plan(cluster, &["--wait"]),
        64,
        ["is a flag of apply", "--wait", "or use `ec2-autoscale apply`"],
    ),
    mistake(
        "a unit that is none",
        |cluster| plan(cluster, &["--max-memory", "4GB"]),
        64,
        ["--max-memory", "'4GB'", "such as 4Ti"],
    ),
    mistake(
        "no kubeconfig",
        |cluster| run(cluster.command("plan", &[]).env_remove("KUBECONFIG")),
        1,
        ["no kubeconfig", "$KUBECONFIG nor ~/.kube/config", "--kubeconfig"],
    ),
    mistake(
        "a context that is not there",
        |cluster| plan(cluster, &["--context", "prod"]),
        64,
        ["context", "\"prod\"", "it has "],
    ),
    mistake("a server that nobody runs", server_that_nobody_runs, 1, ["the Kubernetes API at", "http://127.0.0.1:", "refused"]),
    mistake("no credentials of AWS", without_credentials, 1, ["AWS credentials", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"]),
    mistake("a token that expired", token_that_expired, 1, ["the Kubernetes API", "(401)", "log in again"]),
    mistake(
        "no region",
        |cluster| run(cluster.command("plan", &[]).env_remove("AWS_REGION")),
        64,
        ["no AWS region", "name the regions", "--regions us-west-2"],
    ),
    mistake(
        "a file that is no plan",
        |cluster| of_file(cluster, "apply", "notes.json", "{}"),
        1,
        ["not a plan", "notes.json", "make a new plan with `ec2-autoscale plan --out FILE`"],
    ),
    mistake(
        "a plan of another version",
        plan_of_another_version,
        1,
        ["its format is \"ec2-autoscale/plan/v9\"", "plan.json", "make a new plan"],
    ),
    mistake("an account without groups", account_without_groups, 1, ["no group is managed", WEST, "--group"]),
    mistake("a tag with a typo", tag_with_a_typo, 1, ["web (us-west-2)", "KubernetesRole=wroker", "KubernetesRole=worker"]),
    mistake(
        "a group that nothing has",
        |cluster| plan(cluster, &["--only-group", "wrokers"]),
        64,
        ["no group is named", "wrokers", "did you mean workers?"],
    ),
    mistake("a comma too many", comma_too_many, 1, ["trailing comma at line", "s.json", "ec2-autoscale snapshot --out"]),
    mistake("an unknown key of a policy file", unknown_key, 64, ["unknown field", "limts", "did you mean limits?"]),
    mistake(
        "a permission that is missing",
        permission_missing,
        1,
        ["lacks the permission", "list pods", "add it to its ClusterRole"],
    ),
    mistake(
        "a directory for a file",
        |cluster| run(&mut cluster.bare_command(&["plan", "--snapshot", "."])),
        1,
        ["can't be read", "snapshot .", "name a file in"],
    ),
    mistake(
        "an output that cannot be written",
        output_that_cannot_be_written,
        1,
        ["No such file or directory", "writing nowhere/plan.json", "make the directory nowhere first"],
    ),
    mistake("a clock that is off", clock_that_is_off, 1, ["from the future", "plan.json", "set the clock"]),
];

#[test]
fn each_mistake_is_answered_with_the_thing_the_value_and_the_way_out() {
    let mut wrong = Vec::new();
    for Mistake { name, make, code, words } in MISTAKES {
        let cluster = TestCluster::start();
        cluster.group("workers").launch_template("m5.large").create();
        cluster.kubernetes.add(job("job", 900));
        let Run { code: found, stdout, stderr } = make(&cluster);
        let messages = stderr.lines().filter(|line| line.starts_with("error: ")).count();
        let missing: Vec<&str> = words.into_iter().filter(|word| !stderr.contains(word)).collect();
        if found != Some(code) || messages != 1 || !stdout.is_empty() || !missing.is_empty() || stderr.len() > 900 {
            wrong.push(format!("{name}: exit {found:?}, without {missing:?}: {stderr}{stdout}"));
        }
        cluster.assert_untouched();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn plan(cluster: &TestCluster, flags: &[&str]) -> Run {
    run(&mut cluster.command("plan", flags))
}

fn of_file(cluster: &TestCluster, command: &str, name: &str, content: &str) -> Run {
    fs::write(cluster.folder.path().join(name), content).expect("a file can be written");
    run(&mut cluster.bare_command(&[command, name]))
}

fn server_that_nobody_runs(cluster: &TestCluster) -> Run {
    // The port was free a moment ago, and no process listens on it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
    let text = fs::read_to_string(cluster.kubernetes.kubeconfig()).expect("a kubeconfig");
    let text = text.replace(&cluster.kubernetes.url(), &format!("http://127.0.0.1:{port}"));
    let path = cluster.folder.path().join("elsewhere");
    fs::write(&path, text).expect("a file can be written");
    run(cluster.command("plan", &["--timeout", "30s"]).env("KUBECONFIG", path))
}

fn without_credentials(cluster: &TestCluster) -> Run {
    let mut command = cluster.command("plan", &[]);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    run(&mut command)
}

fn token_that_expired(cluster: &TestCluster) -> Run {
    run(cluster.command("plan", &[]).env("KUBECONFIG", cluster.kubernetes.kubeconfig_for("of-yesterday")))
}

/// Saves a plan, changes it, and applies it.
fn changed_plan(cluster: &TestCluster, change: impl FnOnce(&mut Value)) -> Run {
    let mut saved = cluster.plan(&[]).exits(0).json();
    change(&mut saved);
    of_file(cluster, "apply", "plan.json", &saved.to_string())
}

fn plan_of_another_version(cluster: &TestCluster) -> Run {
    changed_plan(cluster, |plan| plan["schema"] = json!("ec2-autoscale/plan/v9"))
}

fn clock_that_is_off(cluster: &TestCluster) -> Run {
    changed_plan(cluster, |plan| plan["made_at"] = json!("2126-12-01T20:00:00Z"))
}

fn account_without_groups(_: &TestCluster) -> Run {
    plan(&TestCluster::start(), &[])
}

fn tag_with_a_typo(_: &TestCluster) -> Run {
    let cluster = TestCluster::start();
    cluster.aws.group("web").tag("KubernetesCluster", "test").tag("KubernetesRole", "wroker").create();
    plan(&cluster, &[])
}

fn comma_too_many(cluster: &TestCluster) -> Run {
    let whole = run(&mut cluster.command("snapshot", &[])).exits(0).stdout;
    let content = format!("{},\n}}\n", whole.trim_end().trim_end_matches('}').trim_end());
    fs::write(cluster.folder.path().join("s.json"), content).expect("a file can be written");
    run(&mut cluster.bare_command(&["plan", "--snapshot", "s.json"]))
}

fn unknown_key(cluster: &TestCluster) -> Run {
    fs::write(cluster.folder.path().join("policy.yaml"), "limts: []\n").expect("a file can be written");
    plan(cluster, &["--policy", "policy.yaml"])
}

fn permission_missing(cluster: &TestCluster) -> Run {
    cluster.kubernetes.fault(kubernetes::Fault::on("list", "pods").status(403).message("pods is forbidden"));
    plan(cluster, &[])
}

fn output_that_cannot_be_written(cluster: &TestCluster) -> Run {
    run(&mut cluster.bare_command(&["plan", "--demo", "--out", "nowhere/plan.json"]))
}

/// Another clock than that of a file: AWS refuses what was signed long ago.
#[test]
fn a_clock_that_aws_refuses() {
    let cluster = TestCluster::start();
    cluster.aws.fault(&Fault::on("*").code("SignatureDoesNotMatch").status(403));
    plan(&cluster, &[]).fails(1, &["SignatureDoesNotMatch"]);
}
