//! A watch: the changes of the objects of a kind since a version, as the server sends them.

use std::marker::PhantomData;

use http_body_util::BodyExt as _;
use kube::api::WatchParams;
use kube::client::Body;
use kube::core::Request;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::call::{CallError, Endpoint, LONGEST_ANSWER, open};

/// The server ends a watch after this many seconds. A connection may be silent for longer only by
/// a few seconds, and a watch may be silent throughout.
const SECONDS: u32 = 25;

/// One message of a watch.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", content = "object", rename_all = "UPPERCASE")]
pub(crate) enum WatchEvent<K> {
    /// The object has come to be one of those that are watched.
    Added(K),
    /// The object was changed.
    Modified(K),
    /// The object is gone, or no longer one of those that are watched.
    Deleted(K),
    /// Nothing happened up to this version.
    Bookmark(ReachedVersion),
    /// The watch cannot go on.
    Error(WatchFailure),
}

/// A version that a watch has come to.
#[derive(Debug, Deserialize)]
pub(crate) struct ReachedVersion {
    pub(crate) metadata: ReachedMetadata,
}

/// The part of a bookmark that states the version.
#[derive(Debug, Deserialize)]
pub(crate) struct ReachedMetadata {
    #[serde(rename = "resourceVersion")]
    pub(crate) resource_version: String,
}

/// Why a watch cannot go on.
#[derive(Debug, Deserialize)]
pub(crate) struct WatchFailure {
    /// The status code: 410 when the version is too old.
    #[serde(default)]
    pub(crate) code: u16,
    /// The server's words.
    #[serde(default)]
    pub(crate) message: String,
}

/// An open watch.
pub(crate) struct Watch<K> {
    body: Body,
    lines: WatchedLines,
    kind: PhantomData<fn() -> K>,
}

impl<K: DeserializeOwned> Watch<K> {
    /// Begins to watch the objects of a path that the field selector matches, from a version on.
    pub(crate) async fn open<'a>(
        from: impl Into<Endpoint<'a>>,
        path: &str,
        fields: Option<&str>,
        version: &str,
    ) -> Result<Self, CallError> {
        let params = WatchParams {
            field_selector: fields.map(str::to_owned),
            timeout: Some(SECONDS),
            bookmarks: true,
            ..WatchParams::default()
        };
        let request = Request::new(path).watch(&params, version);
        let request = request.map_err(|error| CallError::Malformed(error.to_string()))?;
        let body = open(from.into(), request).await?;
        Ok(Self { body, lines: WatchedLines::default(), kind: PhantomData })
    }

    /// Returns the next message; `None` when the server has ended the watch. Nothing is lost when
    /// the wait for it is given up.
    pub(crate) async fn next(&mut self) -> Result<Option<WatchEvent<K>>, CallError> {
        loop {
            if let Some(line) = self.lines.next() {
                return serde_json::from_slice(&line).map(Some).map_err(|error| CallError::Malformed(error.to_string()));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Ok(frame)) => self.lines.add(frame.data_ref().map_or(&[][..], |data| data))?,
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }
}

/// Bytes that become lines.
#[derive(Debug, Default)]
struct WatchedLines {
    bytes: Vec<u8>,
    /// Up to here there is no line break.
    searched: usize,
}

impl WatchedLines {
    fn add(&mut self, bytes: &[u8]) -> Result<(), CallError> {
        if self.bytes.len() + bytes.len() > LONGEST_ANSWER {
            return Err(CallError::TooLong { limit: LONGEST_ANSWER });
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Takes the next line that holds anything.
    fn next(&mut self) -> Option<Vec<u8>> {
        while let Some(end) = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n') {
            let rest = self.bytes.split_off(self.searched + end + 1);
            let line = std::mem::replace(&mut self.bytes, rest);
            self.searched = 0;
            if !line.trim_ascii().is_empty() {
                return Some(line);
            }
        }
        self.searched = self.bytes.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;

    use super::*;

    #[test]
    fn lines_come_whole_however_their_bytes_come() {
        let mut lines = WatchedLines::default();
        let mut found = Vec::new();
        for piece in ["{\"a\"", ":1}\n\n{\"b\":", "2}\n{\"c\":3}\n", "{"] {
            lines.add(piece.as_bytes()).expect("short");
            found.extend(std::iter::from_fn(|| lines.next()).map(|line| String::from_utf8(line).expect("text")));
        }
        assert_eq!(found, ["{\"a\":1}\n", "{\"b\":2}\n", "{\"c\":3}\n"]);
    }

    #[test]
    fn each_message_is_understood() {
        let read = |text: &str| serde_json::from_str::<WatchEvent<Pod>>(text).expect("a message");
        let pod = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"7"}}"#;
        let added = read(&format!(r#"{{"type":"ADDED","object":{pod}}}"#));
        assert!(matches!(added, WatchEvent::Added(pod) if pod.metadata.name.as_deref() == Some("a")));
        let mark = read(&format!(r#"{{"type":"BOOKMARK","object":{pod}}}"#));
        assert!(matches!(mark, WatchEvent::Bookmark(mark) if mark.metadata.resource_version == "7"));
        let gone = read(r#"{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old","reason":"Expired"}}"#);
        assert!(matches!(gone, WatchEvent::Error(failure) if failure.code == 410 && failure.message == "too old"));
    }
}
