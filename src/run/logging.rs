//! `-v`: logs to standard error.

use std::fmt::Debug;
use std::io;

use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

use crate::cli::LogFormat;
use crate::plain_text::{JsonWriter, escaped};

/// Logs to standard error: `-v` what this program does, `-vv` in detail, `-vvv` also what the
/// clients of both APIs do.
///
/// The clients stop at debug on purpose: at trace they write request headers, and with them tokens.
/// `RUST_LOG` is not read, so that it cannot ask for more. A message is one line, whatever is in
/// it.
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
    let subscriber = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter));
    match format {
        LogFormat::Text => {
            let fields = debug_fn(write_field).delimited(" ");
            subscriber.with_writer(io::stderr).with_ansi(colour).fmt_fields(fields).init();
        }
        LogFormat::Json => subscriber.with_writer(|| JsonWriter(io::stderr())).json().init(),
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
