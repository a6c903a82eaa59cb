//! A run as an OpenTelemetry trace: a span for each stage, and one for each call within it.
//!
//! ```text
//! spans of `tracing` ──► recorder (in memory) ──► once, at the end: OTLP over HTTP
//! ```
//!
//! The variables of OpenTelemetry alone switch it on. What fails here is one note, and never
//! changes how the run ended or lets it wait for more than moments. No span has a query string, a
//! header, a body or a sentence of an error: those may hold secrets.

mod call_span;
mod export;
mod finished;
mod identifiers;
mod otlp_json;
mod otlp_protobuf;
mod recorder;
mod settings;

pub(crate) use call_span::CallSpan;
pub use export::Telemetry;
pub use recorder::Recorder;
pub use settings::TelemetryError;

use tracing::{Instrument as _, Span};

/// The target of all spans that are recorded. The log does not show it.
const TARGET: &str = "otel";

/// Returns the span of a whole run of a command.
#[must_use]
pub fn run_span(command: &str) -> Span {
    tracing::info_span!(
        target: TARGET,
        "run",
        otel.name = format!("ec2-autoscale {command}"),
        process.exit.code = tracing::field::Empty,
        error.type = tracing::field::Empty,
    )
}

/// Notes how a run ended; anything but success is an error of the trace.
pub fn end_run(run: &Span, exit_code: u8, is_success: bool) {
    run.record("process.exit.code", i64::from(exit_code));
    if !is_success {
        run.record("error.type", format!("exit code {exit_code}"));
    }
}

/// Does the work of a stage within its span. An error of the stage is one of the span.
///
/// # Errors
/// Those of the work.
pub(crate) async fn in_stage<T, E>(stage: &'static str, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let span = stage_span(stage);
    let outcome = work.instrument(span.clone()).await;
    if outcome.is_err() {
        fail_stage(&span);
    }
    outcome
}

/// Returns the span of a stage whose end is no plain error.
pub(crate) fn stage_span(stage: &'static str) -> Span {
    tracing::info_span!(target: TARGET, "stage", otel.name = stage, error.type = tracing::field::Empty)
}

/// Marks a stage in which something failed.
pub(crate) fn fail_stage(stage: &Span) {
    stage.record("error.type", "incomplete");
}
