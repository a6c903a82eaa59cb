//! `simulate`: the flags of a simulation, of a comparison, and of a sweep.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{ArgAction, Args, Subcommand, ValueEnum, ValueHint};

use super::flags::{BufferFlags, FormatFlag, LiveFlags, OUTPUT, PriceFlags, REPLAY, SIMULATION, SourceFlags, boolish};
use super::policy::PolicyFlags;
use super::values::{longer_than_nothing, rate};
use crate::duration::{DurationError, Seconds};
use crate::simulate::Planner;
use crate::simulate::report::{SweepAxis, SweepPart};

/// `simulate`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct SimulateCommand {
    /// Where the start comes from.
    #[command(flatten)]
    pub source: SourceFlags,
    /// The work that comes: JSON lines (ec2-autoscale help trace.5); - is standard input, .gz is
    /// understood
    #[arg(long, value_name = "FILE", env = "EC2_AUTOSCALE_TRACE", help_heading = REPLAY)]
    pub trace: Option<PathBuf>,
    /// Begin where the finished pods of a snapshot, or of all in a directory, did, and let what
    /// came then come again; repeatable
    #[arg(
        long,
        value_name = "FILE",
        value_delimiter = ',',
        env = "EC2_AUTOSCALE_FROM_SNAPSHOT",
        conflicts_with_all = ["snapshot", "demo", "trace"],
        help_heading = REPLAY
    )]
    pub from_snapshot: Vec<PathBuf>,
    /// Simulate the week in the program: 1,418 jobs of Alibaba's GPU clusters, on four groups
    #[arg(
        long,
        value_parser = boolish(),
        env = "EC2_AUTOSCALE_DEMO_WEEK",
        conflicts_with_all = ["snapshot", "demo", "from_snapshot"],
        help_heading = REPLAY
    )]
    pub demo_week: bool,
    /// Room kept ahead.
    #[command(flatten)]
    pub buffers: BufferFlags,
    /// The prices of machines.
    #[command(flatten)]
    pub prices: PriceFlags,
    /// The cluster and the account.
    #[command(flatten)]
    pub live: LiveFlags,
    /// What the planner may do.
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// The simulated world.
    #[command(flatten)]
    pub world: WorldFlags,
    /// Simulate with each of these flags (NAME: FLAGS or @POLICY-FILE, perhaps empty) and compare
    /// with the first; two or more
    #[arg(
        long,
        action = ArgAction::Append,
        value_name = "SIDE",
        // A variable holds all of them, separated by this character.
        value_delimiter = ';',
        allow_hyphen_values = true,
        env = "EC2_AUTOSCALE_COMPARE",
        help_heading = SIMULATION
    )]
    pub compare: Vec<String>,
    /// Simulate every combination of values, such as 'idle-threshold=5m,30m x expander=price', and
    /// mark those that none beats
    #[arg(long, value_name = "GRID", conflicts_with = "compare", env = "EC2_AUTOSCALE_SWEEP", help_heading = SIMULATION)]
    pub sweep: Option<String>,
    /// Simulate only this part of the sweep, from 0/N to N-1/N, and print it as JSON for simulate
    /// merge
    #[arg(
        long,
        value_name = "I/N",
        value_parser = shard,
        requires = "sweep",
        env = "EC2_AUTOSCALE_SHARD",
        help_heading = SIMULATION
    )]
    pub shard: Option<SweepPart>,
    /// The format of the output.
    #[command(flatten)]
    pub format: FormatFlag,
    /// Write the report with its charts to this file as well: HTML that needs no network and no
    /// script
    #[arg(long, value_name = "FILE", env = "EC2_AUTOSCALE_HTML", help_heading = OUTPUT)]
    pub html: Option<PathBuf>,
    /// The sides of `--compare`, or the points of `--sweep`.
    #[arg(skip)]
    pub tried: TriedFlags,
    /// The command as it was written, for a report.
    #[arg(skip)]
    pub command_line: String,
    /// Another step than a simulation.
    #[command(subcommand)]
    pub step: Option<SimulateStep>,
}

/// A step that simulates nothing.
#[derive(Debug, Subcommand)]
pub enum SimulateStep {
    /// Put the parts of a sweep together that --shard has printed
    Merge(MergeCommand),
}

/// `simulate merge`.
#[derive(Debug, Args)]
pub struct MergeCommand {
    /// The parts, each once, in any order; .gz is understood
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub parts: Vec<PathBuf>,
    /// The format of the output.
    #[command(flatten)]
    pub format: FormatFlag,
    /// Write the frontier to this file as well: HTML that needs no network and no script
    #[arg(long, value_name = "FILE", env = "EC2_AUTOSCALE_HTML", help_heading = OUTPUT)]
    pub html: Option<PathBuf>,
}

/// The sets of flags that are tried.
#[derive(Debug, Default)]
pub enum TriedFlags {
    /// Those of the command alone.
    #[default]
    One,
    /// The sides of a comparison.
    Compared(Vec<ComparedFlags>),
    /// The points of a sweep, or of a part of it.
    Swept {
        /// The flags that vary.
        axes: Vec<SweepAxis>,
        /// The points with their places in the grid.
        points: Vec<(u32, ComparedFlags)>,
    },
}

/// One side of a comparison, or one point of a sweep.
#[derive(Debug, Clone)]
pub struct ComparedFlags {
    /// Its name.
    pub name: String,
    /// The flags as they were written.
    pub flags: String,
    /// What the planner may do.
    pub policy: PolicyFlags,
    /// The simulated world.
    pub world: WorldFlags,
}

/// The settings of the simulated world.
#[derive(Debug, Clone, Args)]
pub struct WorldFlags {
    /// Who decides: ours, or a model of the documentation of another autoscaler, which is not the
    /// tool
    #[arg(
        long,
        value_name = "PLANNER",
        value_parser = PossibleValuesParser::new(Planner::ALL.map(Planner::name)).try_map(|name| name.parse::<Planner>()),
        default_value_t = Planner::Ours,
        env = "EC2_AUTOSCALE_PLANNER",
        help_heading = SIMULATION
    )]
    pub planner: Planner,
    /// Time from one run to the next [default: 1m, and 10s for the models of --planner]
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = longer_than_nothing,
        env = "EC2_AUTOSCALE_INTERVAL",
        help_heading = SIMULATION
    )]
    pub interval: Option<Seconds>,
    /// Time from the launch of an instance to a Ready node, for all groups or for those of a name;
    /// repeatable
    #[arg(
        long,
        value_name = "[GROUP=]DURATION",
        value_delimiter = ',',
        default_values_t = [BootTime { group: None, time: Seconds::minutes(3) }],
        env = "EC2_AUTOSCALE_BOOT_TIME",
        help_heading = SIMULATION
    )]
    pub boot_time: Vec<BootTime>,
    /// How often AWS takes a spot instance back: per instance and hour
    #[arg(
        long,
        value_name = "RATE",
        value_parser = rate,
        default_value_t = 0.0,
        env = "EC2_AUTOSCALE_SPOT_INTERRUPTIONS",
        help_heading = SIMULATION
    )]
    pub spot_interruptions: f64,
    /// End the simulation after this time at the latest, whatever is left to do
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = longer_than_nothing,
        default_value_t = Seconds::minutes(7 * 24 * 60),
        env = "EC2_AUTOSCALE_LONGEST",
        help_heading = SIMULATION
    )]
    pub longest: Seconds,
    /// Leave a part of the simulated world out; repeatable
    #[arg(
        long,
        value_name = "PART",
        value_delimiter = ',',
        value_enum,
        env = "EC2_AUTOSCALE_WORLD_WITHOUT",
        help_heading = SIMULATION
    )]
    pub world_without: Vec<LeftOutPart>,
}

/// A part of the simulated world that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LeftOutPart {
    /// Pods take the places of less important ones
    Preemption,
    /// Pods that are deleted keep their room for their grace period
    Grace,
    /// The cloud evens out the zones of a group
    AzRebalance,
    /// Hooks of a group hold instances before they are nodes, and when they end
    LifecycleHooks,
}

/// Reads a part such as `0/24`.
fn shard(text: &str) -> Result<SweepPart, String> {
    let read = || {
        let (number, of) = text.split_once('/')?;
        Some(SweepPart { number: number.trim().parse().ok()?, of: of.trim().parse().ok()? })
    };
    match read() {
        Some(part) if part.number < part.of => Ok(part),
        Some(part) => Err(format!("parts count from 0: of {} parts the last is {}", part.of, part.of.saturating_sub(1))),
        None => Err("write the number of the part, from 0, and how many there are, such as 0/24".to_owned()),
    }
}

/// The time that instances take to become nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootTime {
    /// The groups' name; all other groups when absent.
    pub group: Option<String>,
    /// The time.
    pub time: Seconds,
}

impl FromStr for BootTime {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let (group, time) = text.rsplit_once('=').map_or((None, text), |(group, time)| (Some(group.to_owned()), time));
        Ok(Self { group, time: time.parse()? })
    }
}

impl fmt::Display for BootTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.group {
            Some(group) => write!(f, "{group}={}", self.time),
            None => self.time.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_count_from_0() {
        assert_eq!(shard("0/24"), Ok(SweepPart { number: 0, of: 24 }));
        assert!(shard("24/24").is_err_and(|why| why.contains("the last is 23")));
        for text in ["", "3", "a/2", "1/", "-1/2", "0/0"] {
            assert!(shard(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_boot_time_may_be_that_of_a_group() {
        assert_eq!("90s".parse(), Ok(BootTime { group: None, time: Seconds(90) }));
        assert_eq!("p3-west=5m".parse(), Ok(BootTime { group: Some("p3-west".into()), time: Seconds(300) }));
        for text in ["", "p3-west=", "p3-west", "=x"] {
            assert!(text.parse::<BootTime>().is_err(), "{text:?}");
        }
    }
}
