//! A trace as the JSON of OTLP: ids are hexadecimal, and numbers of 64 bits are texts.

use serde_json::{Value, json};

use super::finished::{AttributeValue, FinishedSpan, FinishedTrace, SCOPE, STATUS_ERROR};

/// Returns the body of an export.
pub(super) fn body(trace: &FinishedTrace) -> Vec<u8> {
    let spans: Vec<Value> = trace.spans.iter().map(|span| of_span(trace, span)).collect();
    let document = json!({"resourceSpans": [{
        "resource": {"attributes": attributes(&trace.resource)},
        "scopeSpans": [{"scope": {"name": SCOPE, "version": env!("CARGO_PKG_VERSION")}, "spans": spans}],
    }]});
    document.to_string().into_bytes()
}

fn of_span(trace: &FinishedTrace, span: &FinishedSpan) -> Value {
    let mut document = json!({
        "traceId": trace.id.to_string(),
        "spanId": span.id.to_string(),
        "name": span.name,
        "kind": span.kind as u8,
        "startTimeUnixNano": span.start.to_string(),
        "endTimeUnixNano": span.end.to_string(),
        "attributes": attributes(&span.attributes),
        "status": if span.failed { json!({"code": STATUS_ERROR}) } else { json!({}) },
    });
    if let Some(parent) = span.parent {
        document["parentSpanId"] = json!(parent.to_string());
    }
    document
}

fn attributes(attributes: &[(String, AttributeValue)]) -> Vec<Value> {
    let value = |value: &AttributeValue| match value {
        AttributeValue::Text(text) => json!({"stringValue": text}),
        AttributeValue::Number(number) => json!({"intValue": number.to_string()}),
        AttributeValue::Truth(truth) => json!({"boolValue": truth}),
    };
    attributes.iter().map(|(key, of)| json!({"key": key, "value": value(of)})).collect()
}
