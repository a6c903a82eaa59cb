//! Names that share their text.

use std::borrow::{Borrow, Cow};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::lately::{Lately, LatelyHere, during, hash_of};

/// A name or namespace, shared instead of copied: a plan names tens of thousands of the pods of its
/// snapshot. It is a part of a text that may hold other names as well, see `together`.
#[derive(Clone)]
pub struct Name {
    /// It is behind a thin pointer, since there are as many names as pods.
    text: Arc<String>,
    start: u32,
    end: u32,
}

impl Name {
    /// Lays names next to each other, so that reading one after the other is quick and sharing them
    /// touches one count.
    pub(super) fn together<'n>(names: impl Iterator<Item = &'n str> + Clone) -> impl Iterator<Item = Self> {
        let text = Arc::new(names.clone().collect::<String>());
        let mut start = 0;
        names.map(move |name| {
            let end = start + length(name);
            Self { text: Arc::clone(&text), start: std::mem::replace(&mut start, end), end }
        })
    }

    /// Returns a name that shares its text with no other.
    fn alone(text: &str) -> Self {
        Self { text: Arc::new(text.to_owned()), start: 0, end: length(text) }
    }

    /// Returns where it is in memory.
    pub(crate) fn place(&self) -> NamePlace<'_> {
        NamePlace { text: Arc::as_ptr(&self.text).addr(), start: self.start, end: self.end, name: PhantomData }
    }

    /// Makes the name the same part of this text.
    pub(super) fn lie_in(&mut self, text: &Arc<String>) {
        self.text = Arc::clone(text);
    }

    /// Returns the name as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text[self.start as usize..self.end as usize]
    }

    /// Returns its length in bytes, without a look at the text.
    fn length(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether both are the same part of the same text; then nothing has to be compared.
    pub(super) fn is_copy_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.text, &other.text) && (self.start, self.end) == (other.start, other.end)
    }
}

/// Where a name is in memory. Two names at one place are copies of each other; nothing else comes
/// to be there while the name is borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NamePlace<'n> {
    text: usize,
    start: u32,
    end: u32,
    name: PhantomData<&'n Name>,
}

/// Returns the length of a text in bytes. Names in Kubernetes have at most 253.
fn length(text: &str) -> u32 {
    u32::try_from(text.len()).expect("names are far shorter than 4 GiB")
}

impl Default for Name {
    /// Returns the empty text.
    fn default() -> Self {
        Self::from("")
    }
}

impl Eq for Name {}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.is_copy_of(other) || self.length() == other.length() && self.as_str() == other.as_str()
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    /// Compares copies first, since most pods in a row share their namespace.
    fn cmp(&self, other: &Self) -> Ordering {
        if self.is_copy_of(other) { Ordering::Equal } else { self.as_str().cmp(other.as_str()) }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl<T: Into<String>> From<T> for Name {
    fn from(name: T) -> Self {
        let text: String = name.into();
        let end = length(&text);
        Self { text: Arc::new(text), start: 0, end }
    }
}

/// A copy of a name shares its text.
impl From<&Self> for Name {
    fn from(name: &Self) -> Self {
        name.clone()
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.length() == other.len() && self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl PartialEq<String> for Name {
    fn eq(&self, other: &String) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<Name> for str {
    fn eq(&self, other: &Name) -> bool {
        other == self
    }
}

impl PartialEq<Name> for &str {
    fn eq(&self, other: &Name) -> bool {
        other == *self
    }
}

impl PartialEq<Name> for String {
    fn eq(&self, other: &Name) -> bool {
        other == self.as_str()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// A name is a plain string in a document.
impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_str().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameText(name))
    }
}

/// Makes a name of a string.
struct NameText<F>(F);

impl<F: FnOnce(&str) -> Name> Visitor<'_> for NameText<F> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Name, E> {
        Ok((self.0)(text))
    }
}

thread_local! {
    /// The names that this thread has read lately.
    static LATELY: LatelyHere<Name> = const { LatelyHere::new(None) };
    /// The names and UIDs of pods that this thread reads, while it reads some of them.
    static UNLAID: RefCell<Option<Unlaid>> = const { RefCell::new(None) };
}

/// Does work in which equal names share their memory.
pub(super) fn sharing<T>(work: impl FnOnce() -> T) -> T {
    during(&LATELY, work)
}

/// Returns the name of a text, in the memory of an equal one.
pub(super) fn among(lately: &mut Lately<Name>, text: &str) -> Name {
    lately.shared(hash_of(text), text, |known, text| known == text, Name::alone)
}

fn name(text: &str) -> Name {
    LATELY.with_borrow_mut(|lately| match lately {
        Some(lately) => among(lately, text),
        None => Name::alone(text),
    })
}

/// Reads the name of a pod: hardly two are the same, so that there is nothing to share.
pub(super) fn of_a_pod<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    unlaid(deserializer, |unlaid| &mut unlaid.names)
}

/// Reads the UID of a pod, which no other has.
pub(super) fn uid_of_a_pod<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    unlaid(deserializer, |unlaid| &mut unlaid.uids)
}

fn unlaid<'de, D: Deserializer<'de>>(
    deserializer: D,
    of_its_kind: impl FnOnce(&mut Unlaid) -> &mut UnlaidNames,
) -> Result<Name, D::Error> {
    deserializer.deserialize_str(NameText(|text: &str| {
        UNLAID.with_borrow_mut(|unlaid| match unlaid {
            Some(unlaid) => of_its_kind(unlaid).add(text),
            None => Name::alone(text),
        })
    }))
}

/// Does work that reads pods, and returns the texts in which [`Name::lie_in`] has to put their
/// names and UIDs.
pub(super) fn laying_together<T>(work: impl FnOnce() -> T) -> (T, TextsOfPods) {
    UNLAID.set(Some(Unlaid::default()));
    let done = work();
    let Unlaid { names, uids } = UNLAID.take().unwrap_or_default();
    (done, TextsOfPods { names: names.into_text(), uids: uids.into_text() })
}

/// The names of pods, one behind the other, and their UIDs.
pub(super) struct TextsOfPods {
    pub(super) names: Arc<String>,
    pub(super) uids: Arc<String>,
}

/// Names and UIDs lie apart, since the planner reads the names alone.
#[derive(Default)]
struct Unlaid {
    names: UnlaidNames,
    uids: UnlaidNames,
}

/// Names that will lie in one text, which is not complete yet.
#[derive(Default)]
struct UnlaidNames {
    text: String,
    /// Stands in for the text.
    stand_in: Arc<String>,
}

impl UnlaidNames {
    /// Returns a name that must not be read before it lies in the whole text.
    fn add(&mut self, name: &str) -> Name {
        let start = length(&self.text);
        self.text.push_str(name);
        Name { text: Arc::clone(&self.stand_in), start, end: start + length(name) }
    }

    /// Returns the whole text.
    fn into_text(mut self) -> Arc<String> {
        self.text.shrink_to_fit();
        Arc::new(self.text)
    }
}

impl JsonSchema for Name {
    fn inline_schema() -> bool {
        String::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_one_text_are_as_those_in_their_own() {
        let names = ["web-1", "", "wéb-2", "web-1"];
        let together: Vec<Name> = Name::together(names.into_iter()).collect();
        let own: Vec<Name> = names.into_iter().map(Name::from).collect();
        assert_eq!(together, own);
        assert_eq!(together.iter().map(Name::as_str).collect::<Vec<_>>(), names);
        assert_eq!(together[0].cmp(&together[3]), Ordering::Equal, "two parts that read the same");
        assert_eq!(together[0].cmp(&together[2]), "web-1".cmp("wéb-2"));
        assert_ne!(together[0], together[1], "the same text and another part of it");
        assert_eq!(serde_json::to_string(&together).expect("plain data"), r#"["web-1","","wéb-2","web-1"]"#);
    }
}
