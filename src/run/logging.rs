//! `-v`: what the program does, on standard error.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;

/// Logs to standard error: `-v` what this program does, `-vv` in detail, `-vvv` also what the clients of both APIs do.
///
/// The clients stop at debug on purpose: at trace they write request headers, and with them tokens. `RUST_LOG` is not read,
/// so that it cannot ask for more.
pub fn log_to_stderr(verbose: u8, format: LogFormat, colour: bool) {
    let filter = match verbose {
        0 => return,
        1 => "ec2_autoscale=info",
        2 => "ec2_autoscale=debug",
        _ => {
            "ec2_autoscale=trace,kube_client=debug,aws_config=debug,aws_runtime=debug,aws_smithy_runtime=debug,\
             aws_sdk_autoscaling=debug,aws_sdk_ec2=debug,aws_sdk_sts=debug"
        }
    };
    let subscriber = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_writer(io::stderr);
    match format {
        LogFormat::Text => subscriber.with_ansi(colour).init(),
        LogFormat::Json => subscriber.json().init(),
    }
}
