//! The flags for notifications and for the program's own log.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Secret;
use super::flags::{NOTIFY, boolish};
use crate::duration::Seconds;

/// Who is notified of what `apply` did. `plan` notifies nobody.
#[derive(Debug, Clone, Args)]
pub struct NotifyFlags {
    /// Write no Events on pods and nodes
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_NO_EVENTS", help_heading = NOTIFY)]
    pub no_events: bool,
    /// Do not write the ConfigMap ec2-autoscale-status beside the Lease
    #[arg(long, value_parser = boolish(), env = "EC2_AUTOSCALE_NO_STATUS", help_heading = NOTIFY)]
    pub no_status: bool,
    /// Post to the Slack channel of this incoming webhook; also SLACK_HOOK
    #[arg(long, value_name = "URL", hide_env_values = true, env = "EC2_AUTOSCALE_SLACK_HOOK", help_heading = NOTIFY)]
    pub slack_hook: Option<Secret>,
    /// Write to the Slack member in the label owner of a pod; also SLACK_BOT_TOKEN
    #[arg(
        long,
        value_name = "TOKEN",
        hide_env_values = true,
        env = "EC2_AUTOSCALE_SLACK_BOT_TOKEN",
        help_heading = NOTIFY
    )]
    pub slack_bot_token: Option<Secret>,
    /// Write Prometheus metrics to this file, for the node exporter; its name should end in .prom
    #[arg(long, value_name = "FILE", env = "EC2_AUTOSCALE_METRICS_FILE", help_heading = NOTIFY)]
    pub metrics_file: Option<PathBuf>,
    /// Send Prometheus metrics to this Pushgateway
    #[arg(long, value_name = "URL", hide_env_values = true, env = "EC2_AUTOSCALE_PUSHGATEWAY", help_heading = NOTIFY)]
    pub pushgateway: Option<Secret>,
    /// Longest time for all of these together
    #[arg(
        long,
        value_name = "DURATION",
        default_value_t = Seconds(10),
        env = "EC2_AUTOSCALE_NOTIFY_TIMEOUT",
        help_heading = NOTIFY
    )]
    pub notify_timeout: Seconds,
}

/// How log, notes and errors are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}
