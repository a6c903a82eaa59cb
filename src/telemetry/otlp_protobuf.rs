//! A trace in the protocol buffers of OTLP (`opentelemetry/proto/trace/v1/trace.proto`), of which
//! few kinds of fields are needed. The numbers are those of the fields.

use super::finished::{AttributeValue, FinishedSpan, FinishedTrace, SCOPE, STATUS_ERROR};

/// The ways in which a field is written.
const VARINT: u8 = 0;
const FIXED_64: u8 = 1;
const WITH_LENGTH: u8 = 2;

/// Returns the body of an export.
pub(super) fn body(trace: &FinishedTrace) -> Vec<u8> {
    let mut resource = WireMessage::default();
    resource.attributes(1, &trace.resource);
    let mut scope = WireMessage::default();
    scope.bytes(1, SCOPE.as_bytes());
    scope.bytes(2, env!("CARGO_PKG_VERSION").as_bytes());
    let mut scope_spans = WireMessage::default();
    scope_spans.message(1, &scope);
    for span in &trace.spans {
        scope_spans.message(2, &of_span(trace, span));
    }
    let mut resource_spans = WireMessage::default();
    resource_spans.message(1, &resource);
    resource_spans.message(2, &scope_spans);
    let mut request = WireMessage::default();
    request.message(1, &resource_spans);
    request.0
}

fn of_span(trace: &FinishedTrace, span: &FinishedSpan) -> WireMessage {
    let mut message = WireMessage::default();
    message.bytes(1, &trace.id.0);
    message.bytes(2, &span.id.0);
    if let Some(parent) = span.parent {
        message.bytes(4, &parent.0);
    }
    message.bytes(5, span.name.as_bytes());
    message.number(6, span.kind as u64);
    message.fixed(7, span.start);
    message.fixed(8, span.end);
    message.attributes(9, &span.attributes);
    if span.failed {
        let mut status = WireMessage::default();
        status.number(3, u64::from(STATUS_ERROR));
        message.message(15, &status);
    }
    message
}

/// A message that is being written.
#[derive(Default)]
struct WireMessage(Vec<u8>);

impl WireMessage {
    fn tag(&mut self, field: u8, written: u8) {
        self.varint(u64::from(field) << 3 | u64::from(written));
    }

    /// Writes a number in groups of seven bits, the lowest first.
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    fn number(&mut self, field: u8, number: u64) {
        self.tag(field, VARINT);
        self.varint(number);
    }

    fn fixed(&mut self, field: u8, number: u64) {
        self.tag(field, FIXED_64);
        self.0.extend(number.to_le_bytes());
    }

    fn bytes(&mut self, field: u8, bytes: &[u8]) {
        self.tag(field, WITH_LENGTH);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
    }

    fn message(&mut self, field: u8, message: &Self) {
        self.bytes(field, &message.0);
    }

    fn attributes(&mut self, field: u8, attributes: &[(String, AttributeValue)]) {
        for (key, of) in attributes {
            let mut value = Self::default();
            match of {
                AttributeValue::Text(text) => value.bytes(1, text.as_bytes()),
                AttributeValue::Truth(truth) => value.number(2, u64::from(*truth)),
                AttributeValue::Number(number) => value.number(3, number.cast_unsigned()),
            }
            let mut pair = Self::default();
            pair.bytes(1, key.as_bytes());
            pair.message(2, &value);
            self.message(field, &pair);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::finished::SpanKind;
    use crate::telemetry::identifiers::{SpanId, TraceId};

    /// The bytes were decoded by `protoc --decode_raw`, and compared with `trace.proto`.
    #[test]
    fn a_span_is_written_by_the_numbers_of_its_fields() {
        let trace = FinishedTrace {
            id: TraceId([1; 16]),
            resource: Vec::new(),
            spans: vec![FinishedSpan {
                id: SpanId([2; 8]),
                parent: Some(SpanId([3; 8])),
                name: "plan".to_owned(),
                kind: SpanKind::Internal,
                start: 1,
                end: 300,
                attributes: vec![("n".to_owned(), AttributeValue::Number(-1))],
                failed: true,
            }],
        };
        let span = of_span(&trace, &trace.spans[0]).0;
        let mut expected = vec![0x0a, 16];
        expected.extend([1; 16]);
        expected.extend([0x12, 8, 2, 2, 2, 2, 2, 2, 2, 2, 0x22, 8, 3, 3, 3, 3, 3, 3, 3, 3, 0x2a, 4]);
        expected.extend(*b"plan");
        expected.extend([0x30, 1, 0x39, 1, 0, 0, 0, 0, 0, 0, 0, 0x41, 0x2c, 1, 0, 0, 0, 0, 0, 0]);
        expected.extend([0x4a, 16, 0x0a, 1, b'n', 0x12, 11, 0x18]);
        expected.extend([0xff; 9]);
        expected.extend([1, 0x7a, 2, 0x18, 2]);
        assert_eq!(span, expected);
        let whole = body(&trace);
        assert!(whole.windows(span.len()).any(|part| part == span) && whole[0] == 0x0a);
    }
}
