//! `-v`: logs to standard error.

use std::fmt::Debug;
use std::io;

use tracing::field::Field;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::cli::LogFormat;
use crate::plain_text::{JsonWriter, escaped};
use crate::telemetry::Telemetry;

/// Logs to standard error: `-v` what this program does, `-vv` in detail, `-vvv` also what the
/// clients of both APIs do.
///
/// The clients stop at debug on purpose: at trace they write request headers, and with them tokens.
/// `RUST_LOG` is not read, so that it cannot ask for more. A message is one line, whatever is in
/// it.
/// The spans of a trace, where one is recorded, are none of its business.
pub fn log_to_stderr(verbose: u8, format: LogFormat, colour: bool, telemetry: Option<&Telemetry>) {
    let filter = match verbose {
        0 => "off",
        1 => "ec2_autoscale=info",
        2 => "ec2_autoscale=debug",
        _ => {
            "ec2_autoscale=trace,kube_client=debug,aws_config=debug,aws_runtime=debug,aws_smithy_runtime=debug,\
             aws_sdk_autoscaling=debug,aws_sdk_ec2=debug,aws_sdk_sts=debug"
        }
    };
    if verbose == 0 && telemetry.is_none() {
        return;
    }
    let subscriber = tracing_subscriber::registry().with(telemetry.map(Telemetry::layer));
    let filter = EnvFilter::new(filter);
    match format {
        LogFormat::Text => {
            let fields = debug_fn(write_field).delimited(" ");
            let log = fmt::layer().with_writer(io::stderr).with_ansi(colour).fmt_fields(fields);
            subscriber.with(log.with_filter(filter)).init();
        }
        LogFormat::Json => {
            let log = fmt::layer().with_writer(|| JsonWriter(io::stderr())).json();
            subscriber.with(log.with_filter(filter)).init();
        }
    }
}

/// Writes the message as it is, and other fields with their names.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> std::fmt::Result {
    let value = format!("{value:?}");
    match field.name() {
        "message" => write!(writer, "{}", escaped(&value)),
        name => write!(writer, "{name}={}", escaped(&value)),
    }
}
