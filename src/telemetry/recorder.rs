//! Records spans in memory, until the run is over.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::TARGET;
use super::finished::{AttributeValue, FinishedSpan, SpanKind};
use super::identifiers::SpanId;

/// So many spans are kept beside those of the stages: a run that evicts thousands of pods is as
/// well described by the first of them.
const MOST_CALLS: usize = 4000;

/// Keeps the spans of a run.
#[derive(Debug, Clone)]
pub struct Recorder {
    recorded: Arc<Mutex<RecordedSpans>>,
    /// The span of another process in which the run is a part.
    parent: Option<SpanId>,
}

/// The spans that have ended.
#[derive(Debug, Default)]
pub(super) struct RecordedSpans {
    pub(super) spans: Vec<FinishedSpan>,
    /// How many were left out.
    pub(super) left_out: i64,
}

/// A span that goes on.
struct OpenSpan {
    id: SpanId,
    parent: Option<SpanId>,
    name: String,
    kind: SpanKind,
    started: SystemTime,
    /// The same moment by a clock that nobody sets.
    since: Instant,
    attributes: Vec<(String, AttributeValue)>,
    failed: bool,
}

impl Recorder {
    pub(super) fn new(parent: Option<SpanId>) -> Self {
        Self { recorded: Arc::default(), parent }
    }

    /// Takes the spans that have ended.
    pub(super) fn take(&self) -> RecordedSpans {
        std::mem::take(&mut *self.recorded())
    }

    fn recorded(&self) -> MutexGuard<'_, RecordedSpans> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a span is one of ours.
    pub(super) fn is_ours(metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // Spans of others may be in between.
        let outer = span.scope().skip(1).find_map(|outer| outer.extensions().get::<OpenSpan>().map(|open| open.id));
        let mut open = OpenSpan {
            id: SpanId::random(),
            parent: outer.or(self.parent),
            name: attributes.metadata().name().to_owned(),
            kind: SpanKind::Internal,
            started: SystemTime::now(),
            since: Instant::now(),
            attributes: Vec::new(),
            failed: false,
        };
        attributes.record(&mut open);
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<OpenSpan>()
        {
            values.record(open);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(open) = context.span(&id).and_then(|span| span.extensions_mut().remove::<OpenSpan>()) else { return };
        let mut recorded = self.recorded();
        match open.kind {
            SpanKind::Client if recorded.spans.len() >= MOST_CALLS => recorded.left_out += 1,
            SpanKind::Client | SpanKind::Internal => recorded.spans.push(open.finished()),
        }
    }
}

impl OpenSpan {
    fn finished(self) -> FinishedSpan {
        let start = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        let nanoseconds = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        FinishedSpan {
            id: self.id,
            parent: self.parent,
            name: self.name,
            kind: self.kind,
            start: nanoseconds(start),
            end: nanoseconds(start + self.since.elapsed()),
            attributes: self.attributes,
            failed: self.failed,
        }
    }

    /// Sets an attribute. Some fields are no attributes, but what the span is called and of which
    /// kind it is.
    fn set(&mut self, field: &Field, value: AttributeValue) {
        match (field.name(), &value) {
            ("otel.name", AttributeValue::Text(name)) => self.name.clone_from(name),
            ("otel.kind", AttributeValue::Text(_)) => self.kind = SpanKind::Client,
            (name, _) => {
                self.failed |= name == "error.type";
                self.attributes.push((name.to_owned(), value));
            }
        }
    }
}

impl Visit for OpenSpan {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, AttributeValue::Text(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, AttributeValue::Number(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, AttributeValue::Truth(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, AttributeValue::Text(format!("{value:?}")));
    }
}
