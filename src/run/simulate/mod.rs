//! `simulate`: shows what would happen. It changes nothing but the file of `--html`.

mod headway;
mod shown;
mod start;
mod sweep;
mod trial;

use super::names_in_flags::check_groups;
use super::plan::{check_policy, decide};
use super::progress::Spinner;
use super::snapshot::completeness;
use super::{Console, Environment, buffer_files, check_predecessor_flags, prices};
use crate::cli::{ComparedFlags, ManifestFlags, SimulateCommand, SimulateStep, TriedFlags};
use crate::exit::ExitCode;
use crate::simulate::{Comparison, Report, Side};
use shown::Shown;
use start::Start;
use trial::{Trial, all_cores, all_reports};

pub(super) async fn run(command: &SimulateCommand, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    if let Some(SimulateStep::Merge(merge)) = &command.step {
        return sweep::merge(merge, &command.command_line, console);
    }
    check_predecessor_flags(&command.live.predecessor, console)?;
    let trials = trials(command);
    for trial in &trials {
        prices::check_source(&trial.policy, &command.prices, &start::source(command))?;
    }
    let buffers = buffer_files::read(&command.buffers, &ManifestFlags::default(), &start::source(command))?;
    let mut start = Start::read(command, &trials[0].policy, environment, console).await?;
    buffer_files::add_to(&mut start.snapshot, buffers);
    for trial in &trials {
        check(trial, &start)?;
    }
    let shown = lived(command, &trials, &start, console);
    shown.show(command.format.output, command.html.as_deref(), &command.command_line, console)?;
    Ok(completeness(&start.snapshot))
}

/// Returns the policies that are tried: at least one, since of a part of a sweep that has no point
/// the flags outside are checked.
fn trials(command: &SimulateCommand) -> Vec<Trial> {
    let alone = || vec![Trial::new(&command.policy, &command.world)];
    match &command.tried {
        TriedFlags::One => alone(),
        TriedFlags::Compared(sides) => sides.iter().map(Trial::from_flags).collect(),
        TriedFlags::Swept { points, .. } if points.is_empty() => alone(),
        TriedFlags::Swept { points, .. } => points.iter().map(|(_, point)| Trial::from_flags(point)).collect(),
    }
}

/// Refuses a world without a managed group, and names that nothing of it has: both are slips of the
/// pen.
fn check(trial: &Trial, start: &Start) -> anyhow::Result<()> {
    prices::check_snapshot(&trial.policy, &start.snapshot)?;
    let policy = trial.policy.at(start.snapshot.taken_at);
    decide(&start.snapshot, &policy)?;
    check_policy(&policy, &start.snapshot)?;
    check_groups("--boot-time", trial.settings.boot_times.keys(), &start.snapshot)?;
    Ok(())
}

/// Lives through all trials.
fn lived(command: &SimulateCommand, trials: &[Trial], start: &Start, console: &Console) -> Shown {
    let reports = || {
        let spinner = Spinner::new(console.progress);
        all_reports(trials, start, &spinner, all_cores(), |_, report| report)
    };
    match &command.tried {
        TriedFlags::One => Shown::One(Box::new(reports().remove(0))),
        TriedFlags::Compared(sides) => Shown::Several(Box::new(compared(sides, reports()))),
        TriedFlags::Swept { axes, points } => {
            let trials = if points.is_empty() { &[] } else { trials };
            Shown::Sweep(Box::new(sweep::swept(command, axes, points, (trials, start), console)))
        }
    }
}

fn compared(sides: &[ComparedFlags], reports: Vec<Report>) -> Comparison {
    let side = |(side, report): (&ComparedFlags, Report)| Side { name: side.name.clone(), flags: side.flags.clone(), report };
    Comparison::new(sides.iter().zip(reports).map(side).collect())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::{self, Cli, Command};
    use crate::duration::Seconds;
    use crate::simulate::Planner;
    use crate::simulate::Settings;

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
        let TriedFlags::Compared(sides) = &command.tried else { panic!("both were given") };
        let [a, b] = sides.as_slice() else { panic!("two sides: {sides:?}") };
        let (a, b) = (Trial::from_flags(a), Trial::from_flags(b));
        assert_eq!((a.policy.base.idle_threshold, b.policy.base.idle_threshold), (Seconds(300), Seconds(1200)));
        assert_eq!((a.settings.interval, b.settings.interval), (Seconds(120), Seconds(60)));
        assert_eq!((a.policy.base.backoff, b.policy.base.backoff), (Seconds(7200), Seconds(7200)));
        let only_groups = |world: &Trial| serde_json::to_string(&world.policy.base.only_groups).expect("JSON");
        assert_eq!((only_groups(&a), only_groups(&b)), (r#"["a"]"#.to_owned(), r#"["a","b c"]"#.to_owned()));
        assert!(b.settings.spot_interruptions > 0.4 && sides[1].flags == both[1]);
    }
}
