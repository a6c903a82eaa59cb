//! The program itself, run once in each interval as a CronJob that forbids two at a time would.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ec2_autoscale::duration::Seconds;
use ec2_autoscale::policy::Policy;
use tempfile::TempDir;

use super::clock::DayClock;
use super::cloud::DayCloud;

/// The pod of a CronJob takes this long to start: what comes with the minute is there when the run
/// looks.
const START: Duration = Duration::from_secs(15);
/// In percent. A node more or less than a minute longer is what is measured here.
const MOST_LEFT_OUT: usize = 3;

/// How the program is run.
pub(super) struct Runs {
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
    kubeconfig: PathBuf,
    /// Home and working directory: a developer's own files must not take part.
    folder: TempDir,
    is_stopped: Arc<AtomicBool>,
}

/// Stops the runs when it goes, so that a day that fails ends at once.
pub(super) struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How the runs went.
#[derive(Default)]
pub(super) struct Record {
    times: Vec<Duration>,
    codes: BTreeMap<i32, usize>,
    /// Intervals that passed while a run went on.
    left_out: usize,
    complaints: Vec<String>,
    /// All that was printed.
    pub(super) printed: String,
}

impl Runs {
    /// Prepares runs whose durations are those of the policy, divided.
    pub(super) fn new(kubeconfig: &Path, cloud: &DayCloud, policy: &Policy, speed: u32) -> Self {
        let mut arguments: Vec<String> =
            ["apply", "--first-nodes", "--launch", "set-desired"].into_iter().map(str::to_owned).collect();
        let mut give = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
        give("--cluster-name", cloud.cluster.clone());
        give("--regions", cloud.names());
        for (flag, time) in durations(policy) {
            give(flag, format!("{}s", time.0 / u64::from(speed)));
        }
        Self {
            arguments,
            environment: cloud.environment(),
            kubeconfig: kubeconfig.to_owned(),
            folder: tempfile::tempdir().expect("a directory can be made"),
            is_stopped: Arc::default(),
        }
    }

    /// Returns what stops the runs when it goes.
    pub(super) fn stop_with_this(&self) -> Stop {
        Stop(Arc::clone(&self.is_stopped))
    }

    /// Runs the program in each interval until that time of the day.
    pub(super) fn go_on(&self, clock: DayClock, interval: Duration, until: Duration) -> Record {
        let mut record = Record::default();
        for number in 0.. {
            let at = interval * number;
            if at >= until || self.is_stopped.load(Ordering::Relaxed) {
                return record;
            }
            if clock.time_of_day() + START > at + interval {
                record.left_out += 1;
                continue;
            }
            clock.wait_until(at + START);
            self.run(at, &mut record);
        }
        record
    }

    fn run(&self, at: Duration, record: &mut Record) {
        let mut command = Command::new(OsString::from(env!("CARGO_BIN_EXE_ec2-autoscale")));
        command.env_clear().args(&self.arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("HOME", self.folder.path()).env("KUBECONFIG", &self.kubeconfig).envs(self.environment.iter().cloned());
        let begun = Instant::now();
        let output = command.output().expect("the binary starts");
        record.times.push(begun.elapsed());
        let code = output.status.code().unwrap_or(-1);
        *record.codes.entry(code).or_default() += 1;
        let _ = writeln!(record.printed, "== {at:?}: {code}\n{}", String::from_utf8_lossy(&output.stdout));
        if code != 0 {
            let words = String::from_utf8_lossy(&output.stderr);
            record.complaints.push(format!("{}: {code}: {}", Seconds(at.as_secs()), words.trim()));
        }
    }
}

impl Record {
    /// Returns the words of runs that did not do all they should.
    pub(super) fn failed(&self) -> &[String] {
        &self.complaints
    }

    /// Returns what is wrong where so many runs were left out that the day was another one.
    pub(super) fn too_slow(&self) -> Option<String> {
        let all = self.times.len() + self.left_out;
        (self.left_out * 100 > all * MOST_LEFT_OUT).then(|| {
            format!(
                "{} of {all} runs were left out, as those before took too long: this machine is too slow for the day at this \
                 speed; set a smaller REPLAY_SPEED",
                self.left_out
            )
        })
    }

    /// Returns how many there were and how long they took, as a sentence.
    pub(super) fn summary(&self) -> String {
        let mut times = self.times.clone();
        times.sort_unstable();
        let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied();
        let [half, most, all] = [50, 95, 100].map(|percent| at(percent).unwrap_or_default());
        format!(
            "{} runs ({} left out), exit codes {:?}: half took up to {half:.0?}, 95 % up to {most:.0?}, the longest {all:.0?}",
            times.len(),
            self.left_out,
            self.codes
        )
    }
}

/// Returns the durations of a policy by which this day goes. Everything else that the program does
/// by the clock, such as renewing its Lease, stays as it is.
fn durations(policy: &Policy) -> [(&'static str, Seconds); 6] {
    [
        ("--instance-init-time", policy.instance_init_time),
        ("--backoff", policy.backoff),
        ("--idle-threshold", policy.idle_threshold),
        ("--min-node-age", policy.min_node_age),
        ("--cordon-settle", policy.cordon_settle),
        ("--dead-after", policy.dead_after),
    ]
}
