//! The variables of OpenTelemetry that count here, as its specification has them.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::finished::AttributeValue;
use super::identifiers::TraceParent;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
/// The service is called so where no variable names it.
const SERVICE: &str = "ec2-autoscale";
/// The export takes no longer than this, whatever `OTEL_EXPORTER_OTLP_TIMEOUT` allows: the run is
/// over, and the next one waits.
const LONGEST: Duration = Duration::from_secs(3);

/// Why a trace cannot be exported as the variables want it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TelemetryError {
    /// The endpoint is no address.
    #[error("{variable} is not a URL that begins with http:// or https://")]
    NotAUrl {
        /// The variable.
        variable: &'static str,
    },
    /// The protocol is none that is sent here.
    #[error("{variable} is {protocol:?}; set it to http/protobuf or http/json")]
    Protocol {
        /// The variable.
        variable: String,
        /// Its value.
        protocol: String,
    },
    /// Headers are not pairs.
    #[error("{variable} is not a list of key=value with commas between them")]
    Headers {
        /// The variable. Its value may be a secret.
        variable: String,
    },
    /// The collector did not take it.
    #[error("{0}")]
    NotTaken(String),
}

/// How the body of an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtlpProtocol {
    /// `http/protobuf`, the usual one.
    Protobuf,
    /// `http/json`.
    Json,
}

/// Where the trace of a run goes, and what it is called.
#[derive(Clone)]
pub(super) struct TelemetrySettings {
    pub(super) url: Url,
    pub(super) protocol: OtlpProtocol,
    /// They may be secrets.
    pub(super) headers: HeaderMap,
    pub(super) limit: Duration,
    pub(super) resource: Vec<(String, AttributeValue)>,
    pub(super) parent: Option<TraceParent>,
}

impl TelemetrySettings {
    /// Reads the variables; nothing where no endpoint is named, or where they switch traces off.
    ///
    /// # Errors
    /// When a variable has a value that cannot be used.
    pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, TelemetryError> {
        let is = |name: &str, value: &str| variable(name).is_some_and(|set| set.trim().eq_ignore_ascii_case(value));
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        let url = match (variable(TRACES_ENDPOINT), variable(ENDPOINT)) {
            (Some(own), _) => url(&own, TRACES_ENDPOINT)?,
            (None, Some(base)) => url(&format!("{}/v1/traces", base.trim().trim_end_matches('/')), ENDPOINT)?,
            (None, None) => return Ok(None),
        };
        let of_traces = |end: &str| {
            let names = [format!("OTEL_EXPORTER_OTLP_TRACES_{end}"), format!("OTEL_EXPORTER_OTLP_{end}")];
            names.into_iter().find_map(|name| variable(&name).map(|value| (name, value)))
        };
        let parent = variable("TRACEPARENT").and_then(|header| TraceParent::parse(&header));
        if parent.is_some_and(|parent| !parent.is_sampled) {
            return Ok(None);
        }
        Ok(Some(Self {
            url,
            protocol: of_traces("PROTOCOL").map_or(Ok(OtlpProtocol::Protobuf), protocol)?,
            headers: of_traces("HEADERS").map_or_else(|| Ok(HeaderMap::new()), headers)?,
            limit: of_traces("TIMEOUT").and_then(|(_, text)| limit(&text)).map_or(LONGEST, |limit| limit.min(LONGEST)),
            resource: resource(variable("OTEL_SERVICE_NAME"), variable("OTEL_RESOURCE_ATTRIBUTES")),
            parent,
        }))
    }
}

fn url(text: &str, variable: &'static str) -> Result<Url, TelemetryError> {
    let url = Url::parse(text.trim()).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    url.ok_or(TelemetryError::NotAUrl { variable })
}

fn protocol((variable, value): (String, String)) -> Result<OtlpProtocol, TelemetryError> {
    match value.trim() {
        "http/protobuf" => Ok(OtlpProtocol::Protobuf),
        "http/json" => Ok(OtlpProtocol::Json),
        other => Err(TelemetryError::Protocol { variable, protocol: other.to_owned() }),
    }
}

fn limit(milliseconds: &str) -> Option<Duration> {
    milliseconds.trim().parse().ok().map(Duration::from_millis)
}

fn headers((variable, value): (String, String)) -> Result<HeaderMap, TelemetryError> {
    let header = |(key, value): (String, String)| {
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::try_from(key).ok()?, value))
    };
    let headers = pairs(&value).map(|pair| pair.and_then(header)).collect::<Option<Vec<_>>>();
    Ok(headers.ok_or(TelemetryError::Headers { variable })?.into_iter().collect())
}

/// Returns the pairs of a list: `key=value,key=value`, with escapes as in addresses.
fn pairs(list: &str) -> impl Iterator<Item = Option<(String, String)>> {
    let entries = list.split(',').filter(|entry| !entry.trim().is_empty());
    entries.map(|entry| {
        let (key, value) = entry.split_once('=')?;
        Some((key.trim().to_owned(), unescaped(value.trim())?)).filter(|(key, _)| !key.is_empty())
    })
}

/// Returns a text without its escapes, `%20`.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let (byte, behind) = match behind.split_at_checked(2).filter(|_| *first == b'%') {
            Some((digits, behind)) => (u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?, behind),
            None => (*first, behind),
        };
        bytes.push(byte);
        rest = behind;
    }
    String::from_utf8(bytes).ok()
}

/// Returns what runs. A pair that is not understood is left out, since it is only for readers.
fn resource(service: Option<String>, attributes: Option<String>) -> Vec<(String, AttributeValue)> {
    let mut resource: Vec<(String, String)> = pairs(&attributes.unwrap_or_default()).flatten().collect();
    if let Some(service) = service {
        resource.retain(|(key, _)| key != "service.name");
        resource.push(("service.name".to_owned(), service));
    }
    for (key, value) in [("service.name", SERVICE), ("service.version", env!("CARGO_PKG_VERSION"))] {
        if resource.iter().all(|(known, _)| known != key) {
            resource.push((key.to_owned(), value.to_owned()));
        }
    }
    resource.into_iter().map(|(key, value)| (key, AttributeValue::Text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Option<TelemetrySettings>, TelemetryError> {
        TelemetrySettings::read(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_endpoint_alone_switches_it_on() {
        assert!(read(&[("OTEL_SERVICE_NAME", "x")]).is_ok_and(|settings| settings.is_none()));
        for off in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
            assert!(read(&[(ENDPOINT, "http://c:4318"), off]).is_ok_and(|settings| settings.is_none()));
        }
        let unsampled = ("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
        assert!(read(&[(ENDPOINT, "http://c:4318"), unsampled]).is_ok_and(|settings| settings.is_none()));
        let url = |set: &[(&str, &str)]| read(set).ok().flatten().map(|settings| settings.url.to_string());
        assert_eq!(url(&[(ENDPOINT, "http://c:4318/")]).as_deref(), Some("http://c:4318/v1/traces"));
        let both = [(ENDPOINT, "http://c:4318"), (TRACES_ENDPOINT, "https://t/x")];
        assert_eq!(url(&both).as_deref(), Some("https://t/x"));
    }

    #[test]
    fn the_variables_of_traces_come_first_and_escapes_are_read() {
        let settings = read(&[
            (ENDPOINT, "http://c"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Bearer%20x, b=2"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "100"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=x,team=a%2Cb"),
        ]);
        let settings = settings.expect("they are right").expect("there is an endpoint");
        assert_eq!(settings.headers["authorization"], "Bearer x");
        assert!(!settings.headers.contains_key("a") && settings.protocol == OtlpProtocol::Json);
        assert_eq!(settings.limit, Duration::from_millis(100));
        let text = |key: &str, value: &str| (key.to_owned(), AttributeValue::Text(value.to_owned()));
        assert!(settings.resource.contains(&text("team", "a,b")) && settings.resource.contains(&text("service.name", "x")));
    }

    #[test]
    fn what_cannot_be_used_is_named_without_secrets() {
        let error = |pair: (&str, &str)| read(&[(ENDPOINT, "http://c"), pair]).err().map(|error| error.to_string());
        let said = error(("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")).expect("it is not sent here");
        assert!(said.contains("\"grpc\"") && said.contains("http/protobuf"), "{said}");
        let said = error(("OTEL_EXPORTER_OTLP_HEADERS", "hunter2")).expect("no pair");
        assert!(said.contains("OTEL_EXPORTER_OTLP_HEADERS") && !said.contains("hunter2"), "{said}");
        assert!(read(&[(ENDPOINT, "collector:4318")]).is_err());
    }
}
