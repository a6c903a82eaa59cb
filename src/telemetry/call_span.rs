//! The span of one call to a server, by the names of OpenTelemetry's conventions for HTTP clients.

use tracing::Span;
use tracing::field::Empty;

use super::TARGET;

/// The span of a call. It ends when the last copy is dropped.
#[derive(Debug, Clone)]
pub(crate) struct CallSpan(Span);

impl CallSpan {
    /// Begins the span of a request to the Kubernetes API. The path names objects, and no secret.
    pub(crate) fn kubernetes(method: &str, host: &str, path: &str) -> Self {
        let span = http_span("kubernetes", method, host);
        span.record("url.path", path);
        Self(span)
    }

    /// Begins the span of a request to a service of OpenStack. The path has ids, and no secret.
    pub(crate) fn openstack(method: &str, host: &str, path: &str) -> Self {
        let span = http_span("openstack", method, host);
        span.record("url.path", path);
        Self(span)
    }

    /// Begins the span of a request to somebody who is notified, whose address may be a secret.
    pub(crate) fn notified(method: &str) -> Self {
        Self(http_span("notify", method, ""))
    }

    /// Begins the span of a call to a service of AWS.
    pub(crate) fn aws(service: &str, operation: &str) -> Self {
        Self(tracing::info_span!(
            target: TARGET,
            "call",
            otel.kind = "client",
            otel.name = format!("{service}.{operation}"),
            rpc.system = "aws-api",
            rpc.service = service,
            rpc.method = operation,
            http.request.method = Empty,
            server.address = Empty,
            http.response.status_code = Empty,
            http.request.resend_count = Empty,
            error.type = Empty,
        ))
    }

    /// Returns the span, to do the work of the call in.
    pub(crate) fn span(&self) -> &Span {
        &self.0
    }

    /// Notes where the request goes.
    pub(crate) fn sent_to(&self, method: &str, host: &str) {
        self.0.record("http.request.method", method).record("server.address", host);
    }

    /// Notes the status of the answer; one of 400 and above is an error.
    pub(crate) fn answered(&self, status: u16) {
        self.0.record("http.response.status_code", i64::from(status));
        if status >= 400 {
            self.0.record("error.type", status.to_string());
        }
    }

    /// Notes that there was no answer.
    pub(crate) fn unanswered(&self) {
        self.0.record("error.type", "no answer");
    }

    /// Notes that the request had been sent so often before.
    pub(crate) fn sent_again(&self, times: u32) {
        if times > 0 {
            self.0.record("http.request.resend_count", i64::from(times));
        }
    }
}

fn http_span(service: &str, method: &str, host: &str) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        "call",
        otel.kind = "client",
        otel.name = format!("{service} {method}"),
        http.request.method = method,
        server.address = Empty,
        url.path = Empty,
        http.response.status_code = Empty,
        http.request.resend_count = Empty,
        error.type = Empty,
    );
    if !host.is_empty() {
        span.record("server.address", host);
    }
    span
}
