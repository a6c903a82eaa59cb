//! Commands that ask at a terminal. What a person said yes to is done as far as it still holds when
//! the answer comes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::cluster::{Run, TestCluster, WEST};
use super::world::job;
use crate::support::aws::python_with_moto;
use crate::support::kubernetes::Fault;

/// Runs a program at a terminal of its own, passes its questions on, and the answers back.
const TERMINAL: &str = r#"
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
said, asked = b"", 0
while True:
    try:
        more = os.read(terminal, 65536)
    except OSError:
        break
    if not more:
        break
    said += more
    if asked < said.count(b"[y/N]"):
        asked += 1
        print("asked", flush=True)
        os.write(terminal, sys.stdin.readline().encode())
sys.stdout.write(said.decode())
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

/// Runs `apply` at a terminal, where a person gives this answer after the world has changed so.
fn answered(cluster: &TestCluster, flags: &[&str], answer: &str, meanwhile: impl FnOnce(&TestCluster)) -> Run {
    let mut meanwhile = Some(meanwhile);
    let apply = cluster.command("apply", &[&["--no-color"], flags].concat());
    let changes = |_| {
        if let Some(meanwhile) = meanwhile.take() {
            meanwhile(cluster);
        }
    };
    answered_each(cluster, &apply, &[answer], changes)
}

/// Runs a command at a terminal, where a person gives these answers, one to each question.
/// `meanwhile` is called with the number of the question before its answer.
pub(super) fn answered_each(
    cluster: &TestCluster,
    command: &Command,
    answers: &[&str],
    mut meanwhile: impl FnMut(usize),
) -> Run {
    let mut terminal = Command::new(python_with_moto());
    terminal.args(["-c", TERMINAL]).arg(command.get_program()).args(command.get_args()).env_clear();
    terminal.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(cluster.folder.path());
    let mut terminal =
        terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("python starts");
    let mut stdout = BufReader::new(terminal.stdout.take().expect("a pipe"));
    let mut stdin = terminal.stdin.take().expect("a pipe");
    for (place, answer) in answers.iter().enumerate() {
        let mut line = String::new();
        stdout.read_line(&mut line).expect("text");
        assert_eq!(line, "asked\n", "the run ended without question {}", place + 1);
        meanwhile(place + 1);
        writeln!(stdin, "{answer}").expect("the terminal listens");
    }
    let mut said = String::new();
    stdout.read_to_string(&mut said).expect("text");
    let code = terminal.wait().expect("it ends").code();
    Run { code, stdout: said, stderr: String::new() }
}

/// Makes three jobs that need a node each, and a look that is old by the time of the question:
/// answers of the API are slow.
fn three_jobs_and_an_old_look() -> TestCluster {
    let cluster = TestCluster::start();
    for pool in ["workers", "other"] {
        let label = "k8s.io/cluster-autoscaler/node-template/label/pool";
        cluster.group(pool).launch_template("m5.large").max(10).tag(label, pool).create();
    }
    let jobs = (1..=3).map(|number| job(&format!("job-{number}"), 1500).node_selector("pool", "workers"));
    cluster.kubernetes.seed(jobs);
    cluster.kubernetes.fault(Fault::on("list", "pods").delay(Duration::from_secs(6)).times(1));
    cluster
}

fn remove_jobs(cluster: &TestCluster, numbers: impl Iterator<Item = u32>) {
    for number in numbers {
        cluster.kubernetes.remove("pods", "default", &format!("job-{number}"));
    }
}

#[test]
fn nothing_is_bought_for_pods_that_are_gone_when_the_answer_comes() {
    let cluster = three_jobs_and_an_old_look();
    let run = answered(&cluster, &[], "y", |cluster| remove_jobs(cluster, 1..=3)).exits(0);
    assert!(run.stdout.contains("NOT AS IN THE SHOWN PLAN OF"), "{}", run.stdout);
    assert!(run.stdout.contains("nothing of the shown plan is left to do"), "{}", run.stdout);
    cluster.assert_untouched();
}

#[test]
fn what_still_holds_is_done_and_nothing_that_nobody_was_shown() {
    let cluster = three_jobs_and_an_old_look();
    let run = answered(&cluster, &["--out", "p.json"], "y", |cluster| {
        remove_jobs(cluster, 1..=2);
        cluster.kubernetes.add(job("late", 900).node_selector("pool", "other"));
    });
    let said = run.exits(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("1 node of the 3 reviewed"), "{said}");
    assert!(said.contains("not done, as it is not in the plan that was reviewed"), "{said}");
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 1"]);
    assert_eq!((cluster.desired(WEST, "workers"), cluster.desired(WEST, "other")), (1, 0));
    // The file holds what was carried out.
    let saved = std::fs::read_to_string(cluster.folder.path().join("p.json")).expect("the file");
    let saved: serde_json::Value = serde_json::from_str(&saved).expect("JSON");
    assert_eq!(saved["actions"].as_array().map(Vec::len), Some(1));
    assert_eq!(saved["actions"][0]["to"], 1);
}

#[test]
fn no_is_no() {
    let cluster = three_jobs_and_an_old_look();
    cluster.kubernetes.clear_faults();
    let run = answered(&cluster, &[], "n", |_| {}).exits(1);
    assert!(run.stdout.contains("not applied"), "{}", run.stdout);
    cluster.assert_untouched();
}
