//! One Kubernetes server and one AWS account, and the binary between them.

use std::io::Read;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::aws::{self, Account, AwsServer};
use crate::support::kubernetes::{Call, KubernetesServer};

pub(super) const WEST: &str = "us-west-2";
pub(super) const EAST: &str = "us-east-1";
pub(super) const BOTH: [&str; 2] = ["--regions", "us-west-2,us-east-1"];

/// The cluster of a test. It is called `test`.
pub(super) struct TestCluster {
    pub(super) kubernetes: KubernetesServer,
    pub(super) aws: Account,
    /// Home and working directory of the binary: a developer's own files must not take part.
    pub(super) folder: TempDir,
}

impl TestCluster {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a directory can be made");
        Self { kubernetes: KubernetesServer::start(), aws: AwsServer::account(), folder }
    }

    /// Returns a group that carries the tags of this cluster, to be made with `create()`.
    pub(super) fn group(&self, name: &str) -> aws::NewGroup<'_> {
        self.aws.group(name).tag("KubernetesCluster", "test").tag("KubernetesRole", "worker")
    }

    /// Returns the binary with the environment a user has, nobody at a terminal, and these
    /// arguments alone.
    pub(super) fn bare_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ec2-autoscale"));
        command.env_clear().args(arguments).current_dir(self.folder.path());
        // Most tests are about the desired capacity alone. Those of launches in named zones say so.
        command.env("EC2_AUTOSCALE_LAUNCH", "set-desired");
        command.env("HOME", self.folder.path()).env("KUBECONFIG", self.kubernetes.kubeconfig()).envs(self.aws.env());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Returns the same for this cluster: `command` is the first argument.
    pub(super) fn command(&self, command: &str, arguments: &[&str]) -> Command {
        let mut process = self.bare_command(&[command, "--cluster-name", "test"]);
        process.args(arguments);
        process
    }

    /// Runs `plan -o json`, which must change nothing on either server.
    pub(super) fn plan(&self, arguments: &[&str]) -> Run {
        let before = (self.kubernetes.mutations().len(), self.aws.mutations().len());
        let run = run(self.command("plan", &["-o", "json"]).args(arguments));
        let after = (self.kubernetes.mutations().len(), self.aws.mutations().len());
        assert_eq!(before, after, "plan changed something: {:?} {:?}", self.kubernetes_changes(), self.aws_changes());
        run
    }

    /// Runs `apply -o json`.
    pub(super) fn apply(&self, arguments: &[&str]) -> Run {
        run(self.command("apply", &["-o", "json"]).args(arguments))
    }

    /// Returns the calls to the Kubernetes API that were meant to change something, in order, in
    /// words. A run's notifications (Events and its status) are among [`TestCluster::notices`].
    pub(super) fn kubernetes_changes(&self) -> Vec<String> {
        self.kubernetes.mutations().iter().filter(|call| !is_notice(call)).map(kubernetes_change).collect()
    }

    /// Returns the notifications in the cluster, in order.
    pub(super) fn notices(&self) -> Vec<String> {
        self.kubernetes.mutations().iter().filter(|call| is_notice(call)).map(Call::summary).collect()
    }

    /// Returns the same for AWS.
    pub(super) fn aws_changes(&self) -> Vec<String> {
        self.aws.mutations().iter().map(aws_change).collect()
    }

    pub(super) fn forget_calls(&self) {
        self.kubernetes.forget_calls();
        self.aws.forget_calls();
    }

    pub(super) fn assert_untouched(&self) {
        assert_eq!(self.kubernetes_changes(), [""; 0]);
        assert_eq!(self.aws_changes(), [""; 0]);
    }

    pub(super) fn desired(&self, region: &str, group: &str) -> u32 {
        self.aws.group_state(region, group).desired
    }
}

/// Whether a call only notifies others of a run: an Event of ours, or the one ConfigMap that every
/// run writes at its end.
pub(super) fn is_notice(call: &Call) -> bool {
    let body = call.body.as_ref().unwrap_or(&Value::Null);
    match (call.verb, call.resource.as_str()) {
        ("create", "events") => body["source"]["component"] == "ec2-autoscale",
        ("patch", "events") => true,
        ("create" | "update", "configmaps") => {
            call.namespace == "kube-system" && body["metadata"]["name"] == "ec2-autoscale-status"
        }
        _ => false,
    }
}

/// Returns a call in words: `mark node-a idle`, `cordon node-a`, `write the Lease`, …
fn kubernetes_change(call: &Call) -> String {
    let body = call.body.as_ref().unwrap_or(&Value::Null);
    let spec = &body["spec"];
    match (call.verb, call.resource.as_str()) {
        ("create", "leases") => "create the Lease".to_owned(),
        ("update", "leases") if spec["holderIdentity"].is_null() => "release the Lease".to_owned(),
        ("update", "leases") => "write the Lease".to_owned(),
        ("patch", "nodes") => {
            let what = match (spec.get("unschedulable"), spec["taints"].to_string().contains("ec2-autoscale/idle-since")) {
                (Some(Value::Bool(true)), _) => "cordon",
                (Some(_), _) => "uncordon",
                (None, true) => "mark",
                (None, false) => "unmark",
            };
            format!("{what} {}", call.name)
        }
        _ => call.summary(),
    }
}

/// Returns a call in words: `us-west-2 SetDesiredCapacity workers 3`, `us-west-2
/// TerminateInstanceInAutoScalingGroup i-1 true`.
fn aws_change(call: &aws::Call) -> String {
    let (object, value) = match call.action.as_str() {
        "SetDesiredCapacity" => ("AutoScalingGroupName", "DesiredCapacity"),
        "TerminateInstanceInAutoScalingGroup" => ("InstanceId", "ShouldDecrementDesiredCapacity"),
        "LaunchInstances" => {
            let [group, zone, nodes] =
                ["AutoScalingGroupName", "AvailabilityZones.member.1", "RequestedCapacity"].map(|name| call.param(name));
            return format!("{} launch {nodes} of {group} in {zone}", call.region);
        }
        "UpdateAutoScalingGroup" => ("AutoScalingGroupName", "NewInstancesProtectedFromScaleIn"),
        "SuspendProcesses" => ("AutoScalingGroupName", "ScalingProcesses.member.1"),
        "SetInstanceProtection" => {
            let ids = (1..).map(|number| call.param(&format!("InstanceIds.member.{number}")));
            let ids = ids.take_while(|id| !id.is_empty()).collect::<Vec<_>>();
            return format!("{} protect {} of {}", call.region, ids.join(" "), call.param("AutoScalingGroupName"));
        }
        "CreateOrUpdateTags" => {
            let part = |number, part| call.param(&format!("Tags.member.{number}.{part}"));
            let tags = (1..).take_while(|number| !part(*number, "Key").is_empty());
            let tags = tags.map(|number| format!("{}={}", part(number, "Key"), part(number, "Value")));
            return format!("{} tag {} {}", call.region, part(1, "ResourceId"), tags.collect::<Vec<_>>().join(" "));
        }
        other => panic!("no step makes the call {other}"),
    };
    format!("{} {} {} {}", call.region, call.action, call.param(object), call.param(value))
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Runs the binary to its end.
pub(super) fn run(command: &mut Command) -> Run {
    Run::of(command.output().expect("the binary starts"))
}

impl Run {
    pub(super) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output is text");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Asserts the exit code.
    pub(super) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Returns what was printed as JSON: a plan, or a plan and a report.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    /// Returns the steps of `apply -o json` with their outcomes: `set-desired: done`.
    pub(super) fn steps(&self) -> Vec<String> {
        let report = self.json();
        let steps = report["report"]["steps"].as_array().expect("steps").clone();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        steps.iter().map(|step| format!("{}: {}", word(&step["action"]["action"]), word(&step["outcome"]))).collect()
    }

    /// Asserts an error of one line, perhaps with a list and a hint below, and nothing on standard
    /// output.
    pub(super) fn fails(self, code: i32, words: &[&str]) -> Self {
        let run = self.exits(code);
        assert_eq!(run.stdout, "", "errors belong on standard error");
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
        assert_eq!(run.stderr.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{}", run.stderr);
        for word in words {
            assert!(run.stderr.contains(word), "{word:?} is not in: {}", run.stderr);
        }
        run
    }
}

/// Returns a plan's verdicts on pods: `job-1: fits-new`, in the plan's order.
pub(super) fn verdicts(plan: &Value) -> Vec<String> {
    let pods = plan["pods"].as_array().expect("pods");
    let text = |pod: &Value, key: &str| pod[key].as_str().expect("text").to_owned();
    pods.iter().map(|pod| format!("{}: {}", text(pod, "name"), text(pod, "code"))).collect()
}

/// Returns the item of a plan's list whose field has this value.
pub(super) fn item<'a>(plan: &'a Value, list: &str, field: &str, value: &str) -> &'a Value {
    let items = plan[list].as_array().expect("a list");
    items.iter().find(|item| item[field] == value).unwrap_or_else(|| panic!("no {value} among {list}: {items:?}"))
}

/// A run that is under way.
pub(super) struct Running {
    child: Arc<Mutex<Child>>,
    stderr: Arc<Mutex<String>>,
    readers: [JoinHandle<String>; 2],
}

/// The means by which a test affects a run from within a held call.
#[derive(Clone)]
pub(super) struct Handle {
    child: Arc<Mutex<Child>>,
    stderr: Arc<Mutex<String>>,
}

impl Running {
    pub(super) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the binary starts");
        let stderr = Arc::new(Mutex::new(String::new()));
        let (out, err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
        let readers = [collect(out, Arc::default()), collect(err, Arc::clone(&stderr))];
        Self { child: Arc::new(Mutex::new(child)), stderr, readers }
    }

    pub(super) fn handle(&self) -> Handle {
        Handle { child: Arc::clone(&self.child), stderr: Arc::clone(&self.stderr) }
    }

    /// Waits for its end.
    pub(super) fn end(self) -> Run {
        let [stdout, stderr] = self.readers.map(|reader| reader.join().expect("its output can be read"));
        // Both pipes are closed: it has ended or is about to.
        let status = self.child.lock().expect("nobody failed").wait().expect("it can be waited for");
        Run { code: status.code(), stdout, stderr }
    }
}

impl Handle {
    /// Sends a signal: `STOP`, `CONT`.
    pub(super) fn signal(&self, name: &str) {
        let pid = self.child.lock().expect("nobody failed").id();
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).status().expect("a shell");
        assert!(sent.success(), "the signal could not be sent");
    }

    /// Sends SIGTERM and returns when the run has printed that it received it.
    pub(super) fn terminate(&self) {
        self.signal("TERM");
        let patience = Instant::now() + Duration::from_secs(20);
        while !self.stderr.lock().expect("nobody failed").contains("stopping") {
            assert!(Instant::now() < patience, "the signal was not heard");
            thread::park_timeout(Duration::from_millis(2));
        }
    }
}

/// Reads to the end, and shows what came so far.
fn collect(mut from: impl Read + Send + 'static, into: Arc<Mutex<String>>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let read = from.read(&mut chunk).expect("a pipe can be read");
            if read == 0 {
                return String::from_utf8(bytes).expect("output is text");
            }
            bytes.extend_from_slice(&chunk[..read]);
            *into.lock().expect("nobody failed") = String::from_utf8_lossy(&bytes).into_owned();
        }
    })
}
