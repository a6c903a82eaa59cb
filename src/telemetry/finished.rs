//! Spans that have ended, before they are written in one of the forms of OTLP.

use super::identifiers::{SpanId, TraceId};

/// A span that has ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FinishedSpan {
    pub(super) id: SpanId,
    /// Absent for the span of the run, unless somebody else's trace goes on.
    pub(super) parent: Option<SpanId>,
    pub(super) name: String,
    pub(super) kind: SpanKind,
    /// Nanoseconds since 1970.
    pub(super) start: u64,
    /// Nanoseconds since 1970.
    pub(super) end: u64,
    pub(super) attributes: Vec<(String, AttributeValue)>,
    /// Whether something failed.
    pub(super) failed: bool,
}

/// The kind of a span, by the numbers of OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SpanKind {
    /// Work within the process.
    Internal = 1,
    /// A call to a server.
    Client = 3,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AttributeValue {
    Text(String),
    Number(i64),
    Truth(bool),
}

/// A trace, as it is exported.
#[derive(Debug)]
pub(super) struct FinishedTrace {
    pub(super) id: TraceId,
    /// What runs: the name of the service, and what else the variables state of it.
    pub(super) resource: Vec<(String, AttributeValue)>,
    pub(super) spans: Vec<FinishedSpan>,
}

/// The name of what made the spans.
pub(super) const SCOPE: &str = "ec2-autoscale";

/// OTLP's number for an error.
pub(super) const STATUS_ERROR: u8 = 2;
