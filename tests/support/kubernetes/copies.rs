//! Many objects of one form, seeded without building each: 150,000 pods in seconds even without
//! optimisation.

use std::sync::Arc;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::resources::Resource;
use super::store::{Key, Store, Stored, serialized, text};

const UID: &str = "@uid@";
const VERSION: &str = "@version@";

/// A text with places to fill in.
#[derive(Debug)]
struct Form {
    /// What comes before each slot, and the slot's number.
    slots: Vec<(String, usize)>,
    end: String,
}

impl Form {
    fn new(text: &str, marks: &[&str]) -> Self {
        let mut slots = Vec::new();
        let mut rest = text;
        let next = |rest: &str| {
            let found = marks.iter().enumerate().filter_map(|(slot, mark)| rest.find(mark).map(|at| (at, slot)));
            found.min()
        };
        while let Some((at, slot)) = next(rest) {
            slots.push((rest[..at].to_owned(), slot));
            rest = &rest[at + marks[slot].len()..];
        }
        Self { slots, end: rest.to_owned() }
    }

    fn fill(&self, values: &[String]) -> String {
        let mut filled = String::with_capacity(self.end.len() + self.slots.len() * 16);
        for (before, slot) in &self.slots {
            filled.push_str(before);
            filled.push_str(&values[*slot]);
        }
        filled.push_str(&self.end);
        filled
    }
}

/// A text of the index: shared by all copies, or filled in for each.
enum Indexed {
    Shared(Arc<str>),
    Differs(Form),
}

impl Indexed {
    fn new(store: &mut Store, text: &str, marks: &[&str]) -> Self {
        let form = Form::new(text, marks);
        if form.slots.is_empty() { Self::Shared(store.intern(text)) } else { Self::Differs(form) }
    }

    fn fill(&self, store: &mut Store, values: &[String]) -> Arc<str> {
        match self {
            Self::Shared(text) => Arc::clone(text),
            Self::Differs(form) => store.intern(&form.fill(values)),
        }
    }
}

/// Adds copies of `object`, which is complete but for its uid; each mark is replaced wherever it
/// occurs.
///
/// # Panics
///
/// When copies would share their name, or a value does not fit into JSON as it is.
pub(super) fn add<const N: usize>(
    store: &mut Store,
    resource: &Resource,
    mut object: Value,
    count: usize,
    differ: impl Fn(usize) -> [(&'static str, String); N],
) {
    object["metadata"]["uid"] = json!(UID);
    object["metadata"]["resourceVersion"] = json!(VERSION);
    let marks: Vec<_> = differ(0).iter().map(|(mark, _)| *mark).chain([UID, VERSION]).collect();
    assert!(count < 2 || marks.iter().any(|mark| text(&object, "name").contains(mark)), "copies need names of their own");

    let namespace = store.intern(text(&object, "namespace"));
    let name = Form::new(text(&object, "name"), &marks);
    let labels: Vec<_> = object["metadata"]["labels"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(label, value)| (store.intern(label), Indexed::new(store, value.as_str().unwrap_or_default(), &marks)))
        .collect();
    let fields: Vec<_> = resource.fields.iter().map(|field| Indexed::new(store, &field.value(&object), &marks)).collect();
    let body = Form::new(&serialized(&mut object), &marks);

    for number in 0..count {
        let mut values: Vec<_> = differ(number).into_iter().map(|(_, value)| value).collect();
        assert!(values.iter().all(|value| !value.contains(['"', '\\'])), "{values:?} would break the JSON");
        values.push(store.new_uid());
        values.push(store.next_revision().to_string());
        let labels = labels.iter().map(|(label, value)| (Arc::clone(label), value.fill(store, &values))).collect();
        let fields = fields.iter().map(|field| field.fill(store, &values)).collect();
        let stored = Stored { bytes: Bytes::from(body.fill(&values)), labels, fields };
        let place = Key { namespace: Arc::clone(&namespace), name: Arc::from(name.fill(&values)) };
        store.insert(resource, place, stored);
    }
}
