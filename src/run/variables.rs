//! Variables with our prefix that mean nothing: a slip of the pen in one would quietly leave a
//! limit out.

use std::collections::{BTreeMap, BTreeSet};

use clap::CommandFactory;

use super::RunError;
use super::completions::ASKED_BY;
use super::notify_run::SLACK_API;
use super::pager::PAGER;
use crate::cli::{Cli, Command};
use crate::did_you_mean::{did_you_mean, near};

/// The prefix of every variable of ours.
const PREFIX: &str = "EC2_AUTOSCALE_";

/// Refuses a variable that nothing reads. Commands that only print something read none.
///
/// # Errors
/// Wrong usage: names the variable, never its value, and the one that may have been meant.
pub(super) fn check(command: &Command, names: Vec<String>) -> Result<(), RunError> {
    match command.looks_at_a_cluster() || matches!(command, Command::Manifests(_)) {
        true => refuse_unknown(&names.into_iter().collect()),
        false => Ok(()),
    }
}

fn refuse_unknown(names: &BTreeSet<String>) -> Result<(), RunError> {
    let known = KnownFlags::new();
    let ours = names.iter().filter(|name| name.starts_with(PREFIX) && !is_of_a_service(name, names));
    match ours.into_iter().find(|name| !known.variables.contains(*name)) {
        Some(unknown) => Err(known.refusal(unknown)),
        None => Ok(()),
    }
}

/// Whether Kubernetes makes this variable for a Service whose name begins as ours do
/// (`enableServiceLinks`): for a Service `ec2-autoscale`, and for any other whose host is among the
/// variables.
fn is_of_a_service(name: &str, names: &BTreeSet<String>) -> bool {
    const OURS: &str = "EC2_AUTOSCALE";
    let hosts = names.iter().filter_map(|name| name.strip_suffix("_SERVICE_HOST"));
    hosts
        .chain([OURS])
        .filter_map(|service| name.strip_prefix(service))
        .any(|rest| rest == "_SERVICE_HOST" || rest.starts_with("_SERVICE_PORT") || rest.starts_with("_PORT"))
}

/// The variables and flags of the command line.
struct KnownFlags {
    variables: BTreeSet<String>,
    /// The variable of a flag; `None` of one that can be given on the command line only. Each under
    /// every name it has.
    flags: BTreeMap<String, Option<String>>,
}

impl KnownFlags {
    fn new() -> Self {
        let mut known = Self { variables: [SLACK_API, ASKED_BY, PAGER].map(str::to_owned).into(), flags: BTreeMap::new() };
        let cli = Cli::command();
        let commands = std::iter::once(&cli).chain(cli.get_subcommands());
        for flag in commands.flat_map(clap::Command::get_arguments) {
            let variable = flag.get_env().map(|name| name.to_string_lossy().into_owned());
            known.variables.extend(variable.clone());
            let aliases = flag.get_all_aliases().unwrap_or_default();
            for name in flag.get_long().into_iter().chain(aliases) {
                known.flags.insert(name.to_owned(), variable.clone());
            }
        }
        known
    }

    fn refusal(&self, unknown: &str) -> RunError {
        let own = unknown.trim_start_matches(PREFIX);
        let flag = own.to_lowercase().replace('_', "-");
        match self.flags.get(&flag) {
            Some(None) => RunError::usage(
                format!("{unknown} is set, and --{flag} has no variable: it counts on the command line only"),
                format!("unset {unknown}, and give --{flag} where it is meant"),
            ),
            Some(Some(variable)) => unread(unknown, std::slice::from_ref(variable)),
            None => {
                let names = self.variables.iter().map(|name| name.trim_start_matches(PREFIX).to_owned());
                let near: Vec<String> = near(own, names).into_iter().map(|name| format!("{PREFIX}{name}")).collect();
                unread(unknown, &near)
            }
        }
    }
}

fn unread(unknown: &str, near: &[String]) -> RunError {
    let other = || format!("unset {unknown}; --help of a command lists its variables, one for each flag");
    RunError::usage(format!("{unknown} is set, and no flag has such a variable"), did_you_mean(near).unwrap_or_else(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::user_facing::UserFacing;

    /// Returns the message about these variables, with the hint.
    fn refused(names: &[&str]) -> Option<(String, String)> {
        let error = refuse_unknown(&names.iter().map(|name| (*name).to_owned()).collect()).err()?;
        Some((error.to_string(), error.hint()?))
    }

    #[test]
    fn a_slip_of_the_pen_is_answered_with_the_variable_that_was_meant() {
        for (slip, meant) in [
            ("EC2_AUTOSCALE_IDLE_TRESHOLD", "did you mean EC2_AUTOSCALE_IDLE_THRESHOLD?"),
            ("EC2_AUTOSCALE_ONLY_GROUPS", "did you mean EC2_AUTOSCALE_ONLY_GROUP?"),
            ("EC2_AUTOSCALE_AWS_REGIONS", "did you mean EC2_AUTOSCALE_REGIONS?"),
            ("EC2_AUTOSCALE_NO_MAINTENANCE", "did you mean EC2_AUTOSCALE_NO_SCALE_IN?"),
        ] {
            let (message, hint) = refused(&["PATH", slip]).expect(slip);
            assert!(message.starts_with(slip), "{message}");
            assert_eq!(hint, meant, "{slip}");
        }
        let (_, hint) = refused(&["EC2_AUTOSCALE_QQQQQQ"]).expect("nothing is like it");
        assert!(hint.starts_with("unset EC2_AUTOSCALE_QQQQQQ"), "{hint}");
    }

    #[test]
    fn a_flag_without_a_variable_is_sent_to_the_command_line() {
        for (name, flag) in [("EC2_AUTOSCALE_APPLY", "--apply"), ("EC2_AUTOSCALE_FILENAME", "--filename")] {
            let (message, hint) = refused(&[name]).expect(name);
            assert!(message.contains(&format!("{flag} has no variable")), "{message}");
            assert!(hint.contains(&format!("unset {name}")) && hint.contains(flag), "{hint}");
        }
    }

    #[test]
    fn known_variables_and_those_of_others_pass() {
        let known = KnownFlags::new().variables;
        assert!(known.contains("EC2_AUTOSCALE_VERBOSE") && known.contains("EC2_AUTOSCALE_TRACE"), "of all commands");
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        assert_eq!(refused(&known), None);
        assert_eq!(refused(&["EC2_AUTOSCALER_X", "ec2_autoscale_x", "KUBECONFIG"]), None);
    }

    #[test]
    fn what_kubernetes_makes_for_services_passes() {
        let of_ours = ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_80_TCP", "PORT_80_TCP_ADDR"];
        for name in of_ours.map(|name| format!("EC2_AUTOSCALE_{name}")) {
            assert_eq!(refused(&[&name]), None, "{name}");
        }
        // The variables are those of a Service `ec2-autoscale-metrics`.
        let host = "EC2_AUTOSCALE_METRICS_SERVICE_HOST";
        assert_eq!(refused(&[host, "EC2_AUTOSCALE_METRICS_SERVICE_PORT", "EC2_AUTOSCALE_METRICS_PORT_80_TCP"]), None);
        assert!(refused(&["EC2_AUTOSCALE_METRICS_PORT_80_TCP"]).is_some(), "no Service has that name");
    }
}
