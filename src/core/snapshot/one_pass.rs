//! Reads a snapshot in one pass over its text, and its pods on as many threads as there are
//! processors, while another one reads what comes before them.
//!
//! This is for documents that are as we write them: the format comes first, and every pod begins
//! with the same field. It gives up at anything else, also at an older format and at every mistake,
//! and then the whole text is read in the plain way, which states where the mistake is.

use std::iter;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

use serde::Deserialize as _;
use serde::de::value::{MapAccessDeserializer, SeqDeserializer};
use serde::de::{DeserializeSeed, Error as _, IntoDeserializer as _, MapAccess};
use serde_json::Error;

use super::json_text::JsonText;
use super::pods_in_text::{ListOfPods, read_first_list, read_pods};
use super::sharing::sharing;
use super::{Pod, SCHEMA, Snapshot};

/// A text of fewer bytes is read before a thread has been worth its while.
const WORTH_A_THREAD: usize = 1 << 20;

/// Reads a snapshot; `None` leaves it to the plain way.
pub(super) fn read(text: &str, threads: usize) -> Option<Snapshot> {
    thread::scope(|scope| {
        let is_large = threads > 1 && text.len() >= WORTH_A_THREAD;
        let early = is_large.then(|| scope.spawn(move || sharing(|| read_first_list(text, threads))));
        let rest = JsonText { text, place: 0 };
        let mut fields = DocumentFields { rest, threads, key: String::new(), is_known: false, early, pods: None };
        let mut snapshot = Snapshot::deserialize(MapAccessDeserializer::new(&mut fields)).ok()?;
        snapshot.pods = fields.pods?;
        fields.rest.is_at_end().then_some(snapshot)
    })
}

/// The fields of the document, from the first to the last.
struct DocumentFields<'s, 't> {
    rest: JsonText<'t>,
    threads: usize,
    /// The field whose value comes next; blank before the first one.
    key: String,
    /// Whether the format is known, which is this version's.
    is_known: bool,
    /// The list that seems to be that of the pods, while another thread reads it.
    early: Option<ScopedJoinHandle<'s, Option<ListOfPods>>>,
    pods: Option<Vec<Pod>>,
}

impl DocumentFields<'_, '_> {
    /// Reads the pods, or takes them if they have been read.
    fn read_pods(&mut self) -> Result<Vec<Pod>, Error> {
        let early = self.early.take().and_then(|early| early.join().unwrap_or_else(|panic| resume_unwind(panic)));
        self.rest.skip_blanks();
        match early.filter(|list| list.begin == self.rest.place) {
            Some(list) => {
                self.rest.place = list.end;
                Ok(list.pods)
            }
            None => read_pods(&mut self.rest, self.threads),
        }
    }
}

impl<'t> MapAccess<'t> for &mut DocumentFields<'_, 't> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let rest = &mut self.rest;
        if self.key.is_empty() {
            rest.expect(b'{')?;
        } else if rest.passes(b'}') {
            return Ok(None);
        } else {
            rest.expect(b',')?;
        }
        rest.skip_blanks();
        self.key = rest.value(PhantomData::<String>)?;
        rest.expect(b':')?;
        seed.deserialize(self.key.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match (self.key.as_str(), self.is_known) {
            ("schema", false) => {
                let schema: String = self.rest.value(PhantomData)?;
                self.is_known = schema == SCHEMA;
                if self.is_known { seed.deserialize(SCHEMA.into_deserializer()) } else { Err(Error::custom("another format")) }
            }
            (_, false) => Err(Error::custom("the format is not known yet")),
            ("pods", true) => {
                self.pods = Some(self.read_pods()?);
                seed.deserialize(SeqDeserializer::<_, Error>::new(iter::empty::<()>()))
            }
            (_, true) => self.rest.value(seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::Value;

    use super::*;

    /// Returns the demo with so many pods that several threads read them.
    fn document() -> Value {
        let mut document: Value = serde_json::from_slice(include_bytes!("../demo/snapshot.json")).expect("JSON");
        let pods = document["pods"].as_array().expect("a list").clone();
        let many = pods.iter().cycle().enumerate().take(2500).map(|(number, pod)| {
            let mut pod = pod.clone();
            pod["name"] = format!("größer-{number}").into();
            pod["labels"] = serde_json::json!({"app": format!("a-{}", number % 7), "one": "two", "job": number.to_string()});
            pod
        });
        document["pods"] = many.collect();
        document
    }

    /// Writes an object with some of its fields first, and the others in the order of their names.
    fn with_first(first: &[&str], document: &Value, write: impl Fn(&Value) -> String) -> String {
        let fields = document.as_object().expect("an object");
        let others = fields.keys().map(String::as_str).filter(|field| !first.contains(field));
        let mut text = String::from("{");
        for field in first.iter().copied().chain(others) {
            let comma = if text.len() == 1 { "" } else { "," };
            write!(text, "{comma}{:?}: {}", field, write(&fields[field])).expect("memory takes everything");
        }
        text + "}"
    }

    fn plainly(text: &str) -> Snapshot {
        Snapshot::read_plainly(text.as_bytes()).expect("a snapshot")
    }

    #[test]
    fn one_pass_reads_what_the_plain_way_does_whatever_the_threads_and_the_blanks() {
        let document = document();
        let compact = with_first(&["schema"], &document, Value::to_string);
        let blanks = with_first(&["schema"], &document, |value| serde_json::to_string_pretty(value).expect("JSON"));
        let pods_in_front = with_first(&["schema", "pods"], &document, Value::to_string);
        for text in [compact, blanks, pods_in_front] {
            let expected = plainly(&text);
            for threads in [1, 2, 3, 7] {
                assert_eq!(read(&text, threads).as_ref(), Some(&expected), "{threads} threads");
            }
        }
    }

    #[test]
    fn the_pods_are_found_behind_what_nodes_have_for_pods() {
        let text = r#"{"nodes":[{"allocatable":{"pods":"110"}}],"pods" : [ ],"groups":[]}"#;
        let list = read_first_list(text, 2).expect("a list");
        assert_eq!((&text[list.begin..list.end], list.pods), ("[ ]", Vec::new()));
        for other in ["{}", r#"{"pods":{}}"#, r#"{"pods":[1]}"#, r#"{"pods""#] {
            assert!(read_first_list(other, 2).is_none(), "{other}");
        }
    }

    #[test]
    fn anything_unusual_is_left_to_the_plain_way() {
        let text = with_first(&["schema"], &document(), Value::to_string);
        assert!(read(&text, 2).is_some() && read(&format!("{text} \n"), 2).is_some());
        let schema_later = with_first(&["regions", "schema"], &document(), Value::to_string);
        let pods = text.find("\"pods\": [").expect("the list of pods");
        let second_pod = text[pods..].find("},{").expect("two pods") + pods;
        for unusual in [
            schema_later,
            format!("{text} x"),
            text[..text.len() - 1].to_owned(),
            text.replacen("snapshot/v2", "snapshot/v1", 1),
            text.replacen("snapshot/v2", "snapshot/v9", 1),
            text.replacen("\"taken_at\"", "\"taken_in\"", 1),
            text.replacen("größer-2400\"", "größer-2400\",\"colour\":\"red\"", 1),
            format!("{}]{}", &text[..second_pod], &text[second_pod..]),
            text.replacen("\"pods\": [", "\"pods\": [],\"pods\": [", 1),
        ] {
            assert!(read(&unusual, 2).is_none());
        }
    }

    /// The beginning of a pod is looked for by what stands between the first two.
    #[test]
    fn what_only_looks_like_the_beginning_of_a_pod_is_none() {
        let mut document = document();
        for pod in document["pods"].as_array_mut().expect("a list") {
            let claim = serde_json::json!({"created_at": "x"});
            pod["scheduler_message"] = format!("{claim},{claim}").into();
            pod["volumes"] = serde_json::json!([{"kind": "claim", "claim": "a"}, {"kind": "claim", "claim": "b"}]);
        }
        let text = with_first(&["schema"], &document, Value::to_string);
        let expected = plainly(&text);
        assert_eq!(Snapshot::from_json(text.as_bytes()).expect("a snapshot"), expected);
    }
}
