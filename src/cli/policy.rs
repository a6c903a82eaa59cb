//! The flags of the planner: one for each row of [`Policy::SETTINGS`].

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, ValueHint};

use super::flags::{boolish, variable_of};
use super::policy_file::{self, POLICY, ReadPolicy};
use crate::policy::{Policy, Setting, Takes, TimedPolicy, spares};

/// What the planner may do, read from one flag for each setting.
#[derive(Debug, Clone)]
pub struct PolicyFlags(pub TimedPolicy);

/// These two flags belong together, so that clap has no default for either.
const SPARES: &str = "type-idle-count";
const POLICY_HEADING: &str = "Policy";
const SPARE_TIME: &str = "type-idle-threshold";

impl Args for PolicyFlags {
    fn augment_args(command: Command) -> Command {
        command.args(Policy::SETTINGS.iter().map(flag)).arg(policy_file_flag())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for PolicyFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut flags = Self(TimedPolicy::default());
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        // A default may be that of a policy file.
        let has_value = |flag: &str| matches.value_source(flag).is_some();
        let Self(policy) = self;
        for setting in Policy::SETTINGS.iter().filter(|setting| has_value(setting.flag())) {
            let value = value(setting, matches);
            // clap has parsed it once before.
            setting.read(&mut policy.base, &value).map_err(|why| Error::raw(ErrorKind::ValueValidation, why))?;
        }
        policy.base.type_idle_count = spares(policy.base.type_idle_count, has_value);
        match matches.get_one::<ReadPolicy>(POLICY) {
            Some(read) => policy.add(&read.file).map_err(|why| Error::raw(ErrorKind::ValueValidation, why)),
            None => Ok(()),
        }
    }
}

/// Returns the value of a flag that was given, in the words in which it was given.
fn value(setting: &Setting, matches: &ArgMatches) -> String {
    match setting.takes {
        Takes::Nothing => matches.get_flag(setting.flag()).to_string(),
        Takes::One { .. } | Takes::List => {
            matches.get_many::<String>(setting.flag()).into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(",")
        }
    }
}

fn policy_file_flag() -> Arg {
    Arg::new(POLICY)
        .long(POLICY)
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .env(variable_of(POLICY))
        .value_parser(policy_file::read)
        .help("Read flags, settings of single groups and schedules from this file; help policy describes it")
        .help_heading(POLICY_HEADING)
}

fn flag(setting: &'static Setting) -> Arg {
    let name = setting.flag();
    let mut flag = Arg::new(name).long(name).env(variable_of(name)).help(help(setting)).help_heading(setting.section);
    if let Some(alias) = setting.alias() {
        flag = flag.visible_alias(alias);
    }
    if let Some(value_name) = setting.value_name() {
        flag = flag.value_name(value_name);
    }
    match setting.takes {
        Takes::Nothing => flag.action(ArgAction::SetTrue).value_parser(boolish()),
        Takes::One { choices: [], negative, alone } => {
            let flag = flag
                .allow_negative_numbers(negative)
                .value_parser(|text: &str| read(setting, text))
                .default_values(default(setting));
            match alone {
                // What follows is not its value, since it was a switch.
                Some(value) => flag.num_args(0..=1).require_equals(true).default_missing_value(value),
                None => flag,
            }
        }
        Takes::One { choices, negative: _, alone: _ } => {
            flag.hide_possible_values(true).value_parser(choices.to_vec()).default_values(default(setting))
        }
        Takes::List => flag.action(ArgAction::Append).value_delimiter(',').default_values(default(setting)),
    }
}

fn help(setting: &Setting) -> String {
    let meaning = setting.meaning().replace('`', "");
    match setting.flag() {
        SPARE_TIME => format!("{meaning} [default: {}]", setting.written(&Policy::default()).unwrap_or_default()),
        _ => meaning,
    }
}

/// Returns what the help shows as the default.
fn default(setting: &Setting) -> Option<String> {
    match setting.flag() {
        SPARES | SPARE_TIME => None,
        _ => setting.written(&Policy::default()),
    }
}

/// Tries a value, so that clap refuses it with the name of the flag.
fn read(setting: &Setting, text: &str) -> Result<String, String> {
    setting.read(&mut Policy::default(), text).map(|()| text.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::{Map, Value};

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        policy: PolicyFlags,
    }

    fn policy(flags: &[&str]) -> Policy {
        Line::parse_from(["ec2-autoscale"].iter().chain(flags)).policy.0.base
    }

    fn fields(policy: &Policy) -> Map<String, Value> {
        serde_json::to_value(policy).expect("JSON").as_object().expect("an object").clone()
    }

    /// Returns some value of a setting that is not its default.
    fn other_value(setting: &Setting) -> &'static str {
        let differs = |value: &str| {
            let mut policy = Policy::default();
            setting.read(&mut policy, value).is_ok() && policy != Policy::default()
        };
        ["true", "7", "0.5", "7/1h", "spot,random", "most-allocated", "scheduler", "set-desired"]
            .into_iter()
            .find(|value| differs(value))
            .expect("one")
    }

    #[test]
    fn without_flags_the_policy_is_the_default() {
        assert_eq!(policy(&[]), Policy::default());
    }

    #[test]
    fn each_flag_changes_one_field() {
        let defaults = fields(&Policy::default());
        for setting in Policy::SETTINGS {
            let (flag, value) = (setting.flag(), other_value(setting));
            let given = if setting.takes == Takes::Nothing { format!("--{flag}") } else { format!("--{flag}={value}") };
            let policy = policy(&[&given]);
            let mut expected = Policy::default();
            setting.read(&mut expected, value).expect(value);
            assert_eq!(setting.written(&policy), setting.written(&expected), "{given}");
            let changed = fields(&policy).into_iter().filter(|(name, value)| defaults[name] != *value).count();
            assert_eq!(changed, if flag == SPARE_TIME { 2 } else { 1 }, "{given}");
        }
    }

    #[test]
    fn values_are_read_in_their_units() {
        let flags = [
            ("--pod-namespace=a,b", r#"{"pod_namespaces":["a","b"]}"#),
            ("--min-priority=-5", r#"{"min_priority":-5}"#),
            ("--instance-init-time=1h30m", r#"{"instance_init_time":5400}"#),
            ("--expander=spot,random", r#"{"expander":["spot","random"]}"#),
            ("--max-nodes-total=500", r#"{"max_nodes_total":500}"#),
            ("--max-cpu=64", r#"{"max_cpu":64000}"#),
            ("--max-memory=256", r#"{"max_memory":274877906944}"#),
            ("--type-idle-threshold=1d", r#"{"type_idle_threshold":86400,"type_idle_count":5}"#),
            ("--no-scale", r#"{"scale_up":false}"#),
            ("--no-maintenance", r#"{"scale_in":false}"#),
            ("--scheduler-scoring=most-allocated", r#"{"scheduler_scoring":"most-allocated"}"#),
        ];
        for (flag, changed) in flags {
            let mut expected = fields(&Policy::default());
            expected.extend(serde_json::from_str::<Map<_, _>>(changed).expect("JSON"));
            assert_eq!(fields(&policy(&[flag])), expected, "{flag}");
        }
        let policy = policy(&["--type-idle-count", "2", "--type-idle-threshold", "1d", "--min-priority", "-1"]);
        assert_eq!((policy.type_idle_count, policy.min_priority), (2, -1));
    }

    #[test]
    fn values_that_are_none_are_refused_with_the_flag() {
        for (flag, why) in [
            ("--max-parallel-drains=0", "'--max-parallel-drains <NUMBER>': 0 is not in 1.."),
            ("--drain-utilization=2", "'--drain-utilization <FRACTION>': write a number from 0 to 1"),
            ("--packing=loose", "[possible values: auto, dense, scheduler]"),
        ] {
            let error = Line::try_parse_from(["ec2-autoscale", flag]).expect_err(flag).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
