//! The objects, kept as the bytes that lists send.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use super::resources::{EVENTS_GROUP, Resource};

/// Where an object is. Lists come in the order of `namespace/name`, in which `a-b/x` is before
/// `a/x`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) namespace: Arc<str>,
    pub(super) name: Arc<str>,
}

impl Key {
    pub(super) fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: Arc::from(namespace), name: Arc::from(name) }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.namespace == other.namespace {
            return self.name.cmp(&other.name);
        }
        let path = |key: &Self| key.namespace.bytes().chain([b'/']).collect::<Vec<_>>();
        path(self).cmp(&path(other))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

pub(super) type Table = BTreeMap<Key, Arc<Stored>>;

/// All objects, by group and plural.
type Tables = BTreeMap<(&'static str, &'static str), Arc<Table>>;

/// Paged lists go on from at most this many older states at a time; a real server keeps five
/// minutes of them.
const SNAPSHOTS: usize = 16;

/// One object: its JSON without `kind` and `apiVersion`, and what selectors ask about, so that a
/// filtered list parses nothing.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) bytes: Bytes,
    pub(super) labels: Box<[(Arc<str>, Arc<str>)]>,
    /// Values in the order of the resource's field labels.
    pub(super) fields: Box<[Arc<str>]>,
}

/// Everything the API server would keep in etcd.
#[derive(Debug, Default)]
pub(super) struct Store {
    revision: u64,
    last_uid: u64,
    tables: Tables,
    /// Older states that a paged list may still be reading.
    snapshots: VecDeque<Snapshot>,
    /// What lists with `resourceVersion=0` see, where a test froze it.
    stale: Option<(u64, Tables)>,
    interned: HashSet<Arc<str>>,
    /// Watches go on from this version or a later one.
    oldest_watched: u64,
    /// Whether deleted pods go at once, as if their kubelet had confirmed.
    pub(super) pods_vanish: bool,
}

/// One kind's objects as they were.
#[derive(Debug)]
struct Snapshot {
    of: (&'static str, &'static str),
    revision: u64,
    table: Arc<Table>,
}

fn table_of(resource: &Resource) -> (&'static str, &'static str) {
    let group = if resource.group == EVENTS_GROUP { "" } else { resource.group };
    (group, resource.plural)
}

impl Store {
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// All objects of a kind as they are now.
    pub(super) fn table(&self, resource: &Resource) -> Arc<Table> {
        self.tables.get(&table_of(resource)).cloned().unwrap_or_default()
    }

    /// What a read that accepts stale data gets.
    pub(super) fn possibly_stale(&self, resource: &Resource) -> (u64, Arc<Table>) {
        match &self.stale {
            Some((revision, tables)) => (*revision, tables.get(&table_of(resource)).cloned().unwrap_or_default()),
            None => (self.revision, self.table(resource)),
        }
    }

    /// Lets reads with `resourceVersion=0` lag behind from now on.
    pub(super) fn freeze_cache(&mut self) {
        self.stale = Some((self.revision, self.tables.clone()));
    }

    pub(super) fn thaw_cache(&mut self) {
        self.stale = None;
    }

    pub(super) fn get(&self, resource: &Resource, namespace: &str, name: &str) -> Option<Value> {
        let table = self.tables.get(&table_of(resource))?;
        table.get(&Key::new(namespace, name)).map(|stored| complete(resource, &stored.bytes))
    }

    pub(super) fn contains(&self, resource: &Resource, namespace: &str, name: &str) -> bool {
        self.tables.get(&table_of(resource)).is_some_and(|table| table.contains_key(&Key::new(namespace, name)))
    }

    /// Every object of a kind.
    pub(super) fn all<'a>(&'a self, resource: &'a Resource) -> impl Iterator<Item = Value> + 'a {
        let table = self.tables.get(&table_of(resource));
        table.into_iter().flat_map(|table| table.values()).map(|stored| complete(resource, &stored.bytes))
    }

    /// Stores an object under the next resourceVersion and returns it as stored.
    pub(super) fn put(&mut self, resource: &Resource, mut object: Value) -> Value {
        object["metadata"]["resourceVersion"] = json!(self.next_revision().to_string());
        let place = Key::new(text(&object, "namespace"), text(&object, "name"));
        let labels = match object.pointer("/metadata/labels") {
            Some(Value::Object(labels)) => labels
                .iter()
                .map(|(name, value)| (self.intern(name), self.intern(value.as_str().unwrap_or_default())))
                .collect(),
            _ => Box::default(),
        };
        let fields = resource.fields.iter().map(|field| self.intern(&field.value(&object))).collect();
        let stored = Stored { bytes: Bytes::from(serialized(&mut object)), labels, fields };
        self.insert(resource, place, stored);
        object
    }

    /// Puts a finished entry into its table.
    pub(super) fn insert(&mut self, resource: &Resource, place: Key, stored: Stored) {
        let table = self.tables.entry(table_of(resource)).or_default();
        Arc::make_mut(table).insert(place, Arc::new(stored));
    }

    /// Counts a change.
    pub(super) fn next_revision(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }

    /// One copy of each text the selectors compare with.
    pub(super) fn intern(&mut self, value: &str) -> Arc<str> {
        if let Some(known) = self.interned.get(value) {
            return Arc::clone(known);
        }
        let value: Arc<str> = Arc::from(value);
        self.interned.insert(Arc::clone(&value));
        value
    }

    /// Takes an object out; that is a change with a resourceVersion of its own.
    pub(super) fn remove(&mut self, resource: &Resource, namespace: &str, name: &str) -> Option<Value> {
        let table = self.tables.get_mut(&table_of(resource))?;
        let stored = Arc::make_mut(table).remove(&Key::new(namespace, name))?;
        self.next_revision();
        let mut object = complete(resource, &stored.bytes);
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        Some(object)
    }

    /// Looks like a random uid, and is the same in every run.
    pub(super) fn new_uid(&mut self) -> String {
        self.last_uid += 1;
        let mixed = self.last_uid.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        format!("{:08x}-{:04x}-4{:03x}-8000-{:012x}", mixed >> 32, (mixed >> 16) & 0xffff, mixed & 0xfff, self.last_uid)
    }

    /// Five characters as `generateName` appends them.
    pub(super) fn name_suffix(&mut self) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        self.last_uid += 1;
        let mut mixed = self.last_uid.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
        let mut suffix = String::new();
        for _ in 0..5 {
            let at = usize::try_from(mixed % ALPHABET.len() as u64).unwrap_or_default();
            suffix.push(char::from(ALPHABET[at]));
            mixed /= ALPHABET.len() as u64;
        }
        suffix
    }

    /// Keeps this state for the following pages of a list.
    pub(super) fn remember(&mut self, resource: &Resource, revision: u64, table: &Arc<Table>) {
        if self.remembered(resource, revision).is_some() {
            return;
        }
        if self.snapshots.len() == SNAPSHOTS {
            self.snapshots.pop_front();
        }
        self.snapshots.push_back(Snapshot { of: table_of(resource), revision, table: Arc::clone(table) });
    }

    /// The state a continue token speaks of, unless it has been compacted away.
    pub(super) fn remembered(&self, resource: &Resource, revision: u64) -> Option<Arc<Table>> {
        let of = table_of(resource);
        let kept = self.snapshots.iter().find(|kept| kept.of == of && kept.revision == revision)?;
        Some(Arc::clone(&kept.table))
    }

    /// Forgets older states: every continue token given so far has expired, and so has every older
    /// version to watch from.
    pub(super) fn compact(&mut self) {
        self.snapshots.clear();
        self.oldest_watched = self.revision;
    }

    /// The oldest version from which a watch can go on.
    pub(super) fn oldest_watched(&self) -> u64 {
        self.oldest_watched
    }
}

/// Stored bytes with the two fields that lists leave out of their items.
pub(super) fn complete(resource: &Resource, bytes: &[u8]) -> Value {
    let mut object: Value = serde_json::from_slice(bytes).expect("stored objects are JSON");
    object["kind"] = json!(resource.kind);
    object["apiVersion"] = json!(resource.api_version());
    object
}

/// An object as lists send it: without `kind` and `apiVersion`, which it has again afterwards.
pub(super) fn serialized(object: &mut Value) -> String {
    let kind = take(object, "kind");
    let api_version = take(object, "apiVersion");
    let text = object.to_string();
    object["kind"] = kind;
    object["apiVersion"] = api_version;
    text
}

fn take(object: &mut Value, field: &str) -> Value {
    object.as_object_mut().and_then(|fields: &mut Map<String, Value>| fields.remove(field)).unwrap_or_default()
}

/// A text field of an object's metadata, empty when absent.
pub(super) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}
