//! A day lived twice: by the simulation, and in real time before a real kube-apiserver and
//! kube-scheduler by the program itself. Both must pay for the same nodes.
//!
//! ```text
//! KUBEBUILDER_ASSETS=DIR cargo test --release --test scheduler -- --ignored the_bundled_day
//! ```
//!
//! takes 24 minutes: all times of the bundled day (`src/core/demo`) are divided by sixty.
//! `REPLAY_SPEED` is another divisor, for machines on which a run takes longer than half a second
//! or so, and `REPLAY_HOURS` lives only so many hours of the day; what became of each instance and
//! what each run printed is written to the folder `REPLAY_KEEP`. This is the one test whose matter
//! is real time, so that it goes by the clock; nothing waits for anything else by it.
//!
//! ```text
//! clock ─► cloud (groups on a stand-in for AWS, outages, tries of Auto Scaling)
//!       ─► machines (kubelets and controllers) ─► kube-apiserver ◄─ kube-scheduler
//!       ─► runs (`ec2-autoscale apply`, one each minute of the day)
//! record of both ─► figures
//! ```
//!
//! What programs take is not divided: a run of half a second lasts half a minute of the day, and
//! the scheduler's back-off of a second (it allows no less) a minute. Launches are requested as
//! numbers (`--launch set-desired`), as in the simulation of the bundled day.

mod clock;
mod cloud;
mod day;
mod figures;
mod machines;
mod runs;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use ec2_autoscale::demo;
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::gather::trace::read_text;
use ec2_autoscale::policy::Policy;
use ec2_autoscale::simulate::{History, Settings, simulate};
use ec2_autoscale::trace::Trace;

use crate::cluster::{Cluster, FeatureGates};
use crate::say;
use clock::DayClock;
use cloud::DayCloud;
use day::Day;
use figures::Figures;
use machines::Machines;
use runs::Runs;

/// The issue's own bound, in percent of all node-hours.
const MOST_APART: f64 = 2.0;
/// Between two looks at what the cloud and the scheduler have done, on the machine's own clock.
const LOOK_EVERY: Duration = Duration::from_millis(25);

#[test]
#[ignore = "takes 24 minutes of real time"]
fn the_bundled_day_is_as_it_was_simulated() {
    let (speed, hours) = (number_from("REPLAY_SPEED", 60), number_from("REPLAY_HOURS", 24));
    let (start, trace, policy) = (demo::day(), cut(hours), Policy::default());
    let settings = Settings { longest: Seconds(u64::from(hours) * 3600), ..Settings::default() };
    let simulated = simulate(&start, &trace, &policy, &settings, &mut |_, _| {});
    let until = Duration::from_secs(simulated.lasted.0);
    let expected = Figures::simulated(&simulated, &start);

    let cluster = Cluster::start_with(&GATES, WITHOUT).unwrap_or_else(|why| panic!("{why}"));
    let cloud = DayCloud::new(&start, &trace);
    let day = Day::new(&trace);
    let runs = Runs::new(&cluster.kubeconfig, &cloud, &policy, speed);
    let mut machines = Machines::new(&cluster, &start, day, Duration::from_secs(settings.boot_time.0));
    let clock = DayClock::start(speed);
    let (ran, lives) = std::thread::scope(|scope| {
        let stop = runs.stop_with_this();
        let running = scope.spawn(|| runs.go_on(clock, Duration::from_secs(settings.interval.0), until));
        let lives = live(clock, until, cloud, &mut machines);
        drop(stop);
        (running.join().expect("the runs come to their end"), lives)
    });
    let lived = Figures::lived(&lives, &machines, &start, until);
    keep("simulated.txt", &expected.lives());
    keep("lived.txt", &lived.lives());
    keep("runs.txt", &ran.printed);
    report(&cluster.version, &simulated, (&expected, &lived), &ran, speed);
    assert_eq!(ran.failed(), [""; 0], "no run may fail");
    assert_eq!(ran.too_slow(), None);
    let apart = lived.apart(&expected);
    assert!(apart.abs() <= MOST_APART, "{apart:+.1} % of node-hours are more than {MOST_APART} %");
}

const GATES: FeatureGates = FeatureGates { apiserver: "", scheduler: "", runtime_config: "", retries_quickly: true };

/// Nobody here makes tokens of service accounts, or takes the taint of nodes that are not Ready
/// away.
const WITHOUT: &str = "ServiceAccount,TaintNodesByCondition,StorageObjectInUseProtection";

fn number_from(variable: &str, unsaid: u32) -> u32 {
    let Ok(text) = std::env::var(variable) else { return unsaid };
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .unwrap_or_else(|| panic!("{variable} is {text:?}; it must be a number from 1"))
}

/// Returns the work of the first hours of the day.
fn cut(hours: u32) -> Trace {
    let mut trace = read_text("day", demo::DAY_TRACE).expect("the bundled trace");
    trace.work.retain(|work| work.at.0 < u64::from(hours) * 3600);
    trace
}

/// Plays the cloud, the kubelets and those who make pods, and returns what became of each instance.
fn live(clock: DayClock, until: Duration, mut cloud: DayCloud, machines: &mut Machines<'_>) -> Vec<cloud::InstanceLife> {
    while clock.time_of_day() < until {
        let now = clock.time_of_day();
        cloud.act(now);
        let (launched, ended) = cloud.changes(now);
        machines.launched(launched, now);
        machines.ended(&ended);
        machines.act(clock);
        std::thread::sleep(LOOK_EVERY);
    }
    cloud.into_lives()
}

fn keep(name: &str, text: &str) {
    let Some(folder) = std::env::var_os("REPLAY_KEEP") else { return };
    let path = Path::new(&folder).join(name);
    std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn report(version: &str, history: &History, (expected, lived): (&Figures, &Figures), ran: &runs::Record, speed: u32) {
    let mut text = format!("kube-scheduler {version}, at {speed}×: {} simulated\n", history.lasted);
    let _ = writeln!(text, "{}", ran.summary());
    text.push_str(&figures::table(expected, lived));
    say(&text);
}
