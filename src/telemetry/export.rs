//! Sends the trace of a run to its collector, once, when the run is over.

use std::fmt;

use futures::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::finished::{AttributeValue, FinishedTrace};
use super::identifiers::TraceId;
use super::recorder::{RecordedSpans, Recorder};
use super::settings::{OtlpProtocol, TelemetryError, TelemetrySettings};
use super::{otlp_json, otlp_protobuf};

/// The trace of a run, from its beginning to its export.
#[derive(Clone)]
pub struct Telemetry {
    settings: TelemetrySettings,
    recorder: Recorder,
}

impl fmt::Debug for Telemetry {
    /// Leaves out the address and the headers, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("limit", &self.settings.limit).finish_non_exhaustive()
    }
}

impl Telemetry {
    /// Begins a trace if the variables of OpenTelemetry name a collector.
    ///
    /// # Errors
    /// When a variable has a value that cannot be used.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, TelemetryError> {
        let settings = TelemetrySettings::read(variable)?;
        Ok(settings.map(|settings| {
            let recorder = Recorder::new(settings.parent.map(|parent| parent.span));
            Self { settings, recorder }
        }))
    }

    /// Returns what records the spans of this program, and of no other.
    #[must_use]
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        self.recorder.clone().with_filter(filter_fn(Recorder::is_ours).with_max_level_hint(Level::INFO))
    }

    /// Sends what was recorded, within moments. In a box, so that the binary does not compile it
    /// for a second time.
    ///
    /// # Errors
    /// When the collector does not take it.
    #[must_use]
    pub fn export(&self) -> BoxFuture<'_, Result<(), TelemetryError>> {
        Box::pin(self.send_recorded())
    }

    async fn send_recorded(&self) -> Result<(), TelemetryError> {
        let RecordedSpans { spans, left_out } = self.recorder.take();
        let mut resource = self.settings.resource.clone();
        if left_out > 0 {
            resource.push(("ec2_autoscale.spans_left_out".to_owned(), AttributeValue::Number(left_out)));
        }
        let id = self.settings.parent.map_or_else(TraceId::random, |parent| parent.trace);
        let trace = FinishedTrace { id, resource, spans };
        let (body, content_type) = match self.settings.protocol {
            OtlpProtocol::Protobuf => (otlp_protobuf::body(&trace), "application/x-protobuf"),
            OtlpProtocol::Json => (otlp_json::body(&trace), "application/json"),
        };
        let sending = self.send(body, HeaderValue::from_static(content_type));
        let late = || TelemetryError::NotTaken(format!("the collector did not answer within {:?}", self.settings.limit));
        tokio::time::timeout(self.settings.limit, sending).await.map_err(|_| late())?
    }

    async fn send(&self, body: Vec<u8>, content_type: HeaderValue) -> Result<(), TelemetryError> {
        // The address may hold a password, and no error shows it.
        let failed = |error: reqwest::Error| {
            let why = if error.is_connect() { "cannot be reached" } else { "broke the connection off" };
            TelemetryError::NotTaken(format!("the collector {why}"))
        };
        // A redirect would carry the headers elsewhere.
        let client = reqwest::Client::builder().redirect(Policy::none()).build().map_err(failed)?;
        let request = client.post(self.settings.url.clone()).headers(self.settings.headers.clone());
        let answer = request.header(CONTENT_TYPE, content_type).body(body).send().await.map_err(failed)?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(TelemetryError::NotTaken(format!("the collector answered {status}"))),
        }
    }
}
