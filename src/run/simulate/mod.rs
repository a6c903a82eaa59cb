//! `simulate`: shows what would happen. It changes nothing but the file of `--html`.

mod start;

use std::time::Instant;

use super::names_in_flags::check_groups;
use super::plan::{check_policy, decide};
use super::progress::Spinner;
use super::snapshot::completeness;
use super::{Console, Environment, RunError, buffer_files, check_predecessor_flags, out_file, prices};
use crate::cli::{ComparedFlags, Format, LeftOutPart, ManifestFlags, PolicyFlags, SimulateCommand, WorldFlags};
use crate::duration::Seconds;
use crate::exit::ExitCode;
use crate::policy::TimedPolicy;
use crate::progress::Progress;
use crate::render;
use crate::simulate::{Comparison, Report, Settings, Side, WorldPart, simulate_over_time};
use start::Start;

/// Progress is shown once in this many simulated runs.
const RUNS_BETWEEN_WORDS: u32 = 20;

pub(super) async fn run(command: &SimulateCommand, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    check_predecessor_flags(&command.live.predecessor, console)?;
    let worlds = match &command.sides {
        None => vec![Trial::new(&command.policy, &command.world)],
        Some(sides) => sides.iter().map(Trial::from_flags).collect(),
    };
    for world in &worlds {
        prices::check_source(&world.policy, &command.prices, &start::source(command))?;
    }
    let buffers = buffer_files::read(&command.buffers, &ManifestFlags::default(), &start::source(command))?;
    let mut start = Start::read(command, &worlds[0].policy, environment, console).await?;
    buffer_files::add_to(&mut start.snapshot, buffers);
    for world in &worlds {
        prices::check_snapshot(&world.policy, &start.snapshot)?;
        // This refuses a world without a managed group, and names that nothing of it has: both are
        // slips of the pen.
        let policy = world.policy.at(start.snapshot.taken_at);
        decide(&start.snapshot, &policy)?;
        check_policy(&policy, &start.snapshot)?;
        check_groups("--boot-time", world.settings.boot_times.keys(), &start.snapshot)?;
    }
    let mut reports: Vec<Report> = worlds.into_iter().map(|world| world.report(&start, console)).collect();
    let shown = match (&command.sides, reports.pop(), reports.pop()) {
        (Some(sides), Some(b), Some(a)) => Shown::Two(Box::new(compared(sides, a, b))),
        (_, Some(report), _) => Shown::One(Box::new(report)),
        (_, None, _) => unreachable!("there is one world at least"),
    };
    if let Some(path) = &command.html {
        out_file::write(path, |out| out.write_all(shown.html().as_bytes()))?;
    }
    console.print(&shown.text(command.format.output, console)).map_err(RunError::Output)?;
    Ok(completeness(&start.snapshot))
}

/// A policy, and the world it is tried in.
struct Trial {
    policy: TimedPolicy,
    settings: Settings,
}

impl Trial {
    fn from_flags(variant: &ComparedFlags) -> Self {
        Self::new(&variant.policy, &variant.world)
    }

    fn new(PolicyFlags(policy): &PolicyFlags, world: &WorldFlags) -> Self {
        let policy = policy.clone();
        let WorldFlags { planner, interval, boot_time, spot_interruptions, longest, world_without } = world.clone();
        let of_all = boot_time.iter().rev().find(|boot| boot.group.is_none()).map(|boot| boot.time);
        let settings = Settings {
            planner,
            seed: policy.base.seed,
            interval: interval.unwrap_or(planner.usual_interval()),
            boot_time: of_all.unwrap_or(Settings::default().boot_time),
            boot_times: boot_time.into_iter().filter_map(|boot| Some((boot.group?, boot.time))).collect(),
            spot_interruptions,
            longest,
            without: world_without.into_iter().map(world_part).collect(),
        };
        Self { policy, settings }
    }

    fn report(self, start: &Start, console: &Console) -> Report {
        let spinner = Spinner::new(console.progress);
        let (started, mut runs) = (Instant::now(), 0_u32);
        let history = simulate_over_time(&start.snapshot, &start.trace, &self.policy, &self.settings, &mut |now, _| {
            if runs.is_multiple_of(RUNS_BETWEEN_WORDS) {
                spinner.set_label(&format!("simulating: {}", Seconds::between(start.snapshot.taken_at, now.taken_at)));
            }
            runs += 1;
        });
        tracing::info!("simulating {} with {} runs: {:.1?}", history.lasted, history.runs, started.elapsed());
        Report::new(&history, self.policy.base, self.settings)
    }
}

fn world_part(left_out: LeftOutPart) -> WorldPart {
    match left_out {
        LeftOutPart::Preemption => WorldPart::Preemption,
        LeftOutPart::Grace => WorldPart::Grace,
        LeftOutPart::AzRebalance => WorldPart::ZoneBalance,
    }
}

fn compared(sides: &[ComparedFlags; 2], a: Report, b: Report) -> Comparison {
    let [of_a, of_b] = sides.each_ref().map(|side| side.flags.clone());
    Comparison::new(Side { flags: of_a, report: a }, Side { flags: of_b, report: b })
}

/// The result.
enum Shown {
    One(Box<Report>),
    Two(Box<Comparison>),
}

impl Shown {
    fn text(&self, format: Format, console: &Console) -> String {
        match (self, format) {
            (Self::One(report), Format::Table) => render::simulation(report, console.width, console.colour),
            (Self::Two(comparison), Format::Table) => render::comparison(comparison, console.width, console.colour),
            (Self::One(report), Format::Json) => render::json(report),
            (Self::Two(comparison), Format::Json) => render::json(comparison),
        }
    }

    fn html(&self) -> String {
        match self {
            Self::One(report) => render::simulation_html(report),
            Self::Two(comparison) => render::comparison_html(comparison),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::{self, Cli, Command};
    use crate::simulate::Planner;

    fn parsed(arguments: &[&str]) -> SimulateCommand {
        let words = ["ec2-autoscale", "simulate", "--demo"].iter().chain(arguments).map(OsString::from);
        match cli::parse(words) {
            Ok(Cli { command: Command::Simulate(command), .. }) => *command,
            other => panic!("{other:?}"),
        }
    }

    fn settings(arguments: &[&str]) -> Settings {
        let command = parsed(arguments);
        Trial::new(&command.policy, &command.world).settings
    }

    #[test]
    fn the_defaults_are_those_of_the_world() {
        assert_eq!(settings(&[]), Settings::default());
    }

    #[test]
    fn a_model_has_an_interval_of_its_own_unless_one_is_given() {
        let seconds = |arguments: &[&str]| settings(arguments).interval.0;
        let model = ["--planner", "like-karpenter"];
        assert_eq!((seconds(&model), settings(&model).planner), (10, Planner::LikeKarpenter));
        assert_eq!(seconds(&["--planner", "like-cluster-autoscaler", "--interval", "30s"]), 30);
    }

    #[test]
    fn boot_times_are_of_a_group_or_of_all_others() {
        let settings = settings(&["--boot-time", "5m,gpu=10m", "--boot-time=cpu=1m", "--seed", "7"]);
        assert_eq!((settings.boot_time, settings.seed), (Seconds(300), 7));
        assert_eq!(settings.boot_times, [("cpu".to_owned(), Seconds(60)), ("gpu".to_owned(), Seconds(600))].into());
        assert_eq!(self::settings(&["--boot-time", "gpu=10m"]).boot_time, Seconds(180));
    }

    #[test]
    fn sides_stand_on_the_flags_outside() {
        let both = ["--idle-threshold 300 --interval 2m", "--spot-interruptions=0.5 --only-group 'b c'"];
        let command = parsed(&["--idle-threshold=20m", "--only-group", "a", "--compare", both[0], both[1], "--backoff", "2h"]);
        let sides = command.sides.expect("both were given");
        let [a, b] = sides.each_ref().map(Trial::from_flags);
        assert_eq!((a.policy.base.idle_threshold, b.policy.base.idle_threshold), (Seconds(300), Seconds(1200)));
        assert_eq!((a.settings.interval, b.settings.interval), (Seconds(120), Seconds(60)));
        assert_eq!((a.policy.base.backoff, b.policy.base.backoff), (Seconds(7200), Seconds(7200)));
        let only_groups = |world: &Trial| serde_json::to_string(&world.policy.base.only_groups).expect("JSON");
        assert_eq!((only_groups(&a), only_groups(&b)), (r#"["a"]"#.to_owned(), r#"["a","b c"]"#.to_owned()));
        assert!(b.settings.spot_interruptions > 0.4 && sides[1].flags == both[1]);
    }
}
