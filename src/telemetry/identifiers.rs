//! The ids of traces and spans, and the header by which a trace goes on from process to process.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// The id of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TraceId(pub(super) [u8; 16]);

/// The id of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SpanId(pub(super) [u8; 8]);

impl TraceId {
    /// Returns an id that nobody else has.
    pub(super) fn random() -> Self {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&random());
        id[8..].copy_from_slice(&random());
        Self(id)
    }
}

impl SpanId {
    /// Returns an id that nobody else has.
    pub(super) fn random() -> Self {
        Self(random())
    }
}

/// Returns bytes at random: each state of this hasher has other keys, and the first are from the
/// system. Ids are no secrets.
fn random() -> [u8; 8] {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u8(0);
    // Ids of zeros alone are invalid.
    hasher.finish().max(1).to_be_bytes()
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The trace that a run belongs to (`traceparent` of the W3C).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TraceParent {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    /// Whether the trace is recorded at all.
    pub(super) is_sampled: bool,
}

impl TraceParent {
    /// Reads `00-<trace>-<span>-<flags>`. A header that is not understood counts as none, as the
    /// specification has it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.trim().split('-').collect();
        let [version, trace, span, flags, ..] = parts[..] else { return None };
        let (version, flags) = (bytes::<1>(version)?, bytes::<1>(flags)?);
        let (trace, span) = (TraceId(bytes(trace)?), SpanId(bytes(span)?));
        let is_valid = version != [0xff] && (version != [0] || parts.len() == 4) && trace.0 != [0; 16] && span.0 != [0; 8];
        is_valid.then_some(Self { trace, span, is_sampled: flags[0] & 1 == 1 })
    }
}

/// Reads hexadecimal digits.
fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let is_written_so = digits.len() == 2 * N && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let mut bytes = [0; N];
    if !is_written_so {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_goes_on_where_the_header_is_understood() {
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let parent = TraceParent::parse(header).expect("that of the specification");
        assert_eq!(parent.trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!((parent.span.to_string().as_str(), parent.is_sampled), ("b7ad6b7169203331", true));
        assert!(TraceParent::parse(&header.replace("-01", "-00")).is_some_and(|parent| !parent.is_sampled));
        assert!(TraceParent::parse(&header.replace("00-0af", "cc-0af")).is_some(), "a later version");
        let zeros = format!("00-{}-b7ad6b7169203331-01", "0".repeat(32));
        for wrong in ["", "x", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", &zeros, &header[1..]] {
            assert_eq!(TraceParent::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_two_ids_are_the_same() {
        let ids: Vec<TraceId> = (0..100).map(|_| TraceId::random()).collect();
        assert!(ids.iter().enumerate().all(|(place, id)| !ids[..place].contains(id)));
    }
}
