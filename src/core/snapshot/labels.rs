//! Labels and annotations: values by their key, in one piece of memory that copies share.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Index;
use std::sync::Arc;
use std::{iter, slice, vec};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Name;
use super::lately::{Lately, LatelyHere, during, hash_of};

/// Values by the key of a label or an annotation, in the order of the keys.
///
/// A copy shares the pairs until one of the two changes. There are as many of these as pods, and
/// most pods have the labels of many others.
#[derive(Clone, Default)]
pub struct Labels {
    /// Sorted by key, each key once; absent when there are none.
    pairs: Option<Arc<[(Name, Name)]>>,
}

impl Labels {
    /// Returns no labels.
    #[must_use]
    pub const fn new() -> Self {
        Self { pairs: None }
    }

    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Name> {
        /// In so few the key is found sooner by the lengths, which need no look at the texts.
        const FEW: usize = 32;
        let pairs = self.pairs();
        let place = match pairs.len() {
            0..=FEW => pairs.iter().position(|(own, _)| own == key),
            _ => pairs.binary_search_by(|(own, _)| own.as_str().cmp(key)).ok(),
        };
        place.map(|place| &pairs[place].1)
    }

    /// Whether the key has a value, even an empty one.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_none()
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs().len()
    }

    /// Returns keys and values in the order of the keys.
    pub fn iter(&self) -> LabelPairs<'_> {
        self.pairs().iter().map(|(key, value)| (key, value))
    }

    /// Returns the keys in their order.
    #[must_use]
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Name> + Clone {
        self.pairs().iter().map(|(key, _)| key)
    }

    /// Returns the values in the order of their keys.
    #[must_use]
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Name> + Clone {
        self.pairs().iter().map(|(_, value)| value)
    }

    /// Sets the value of a key, and returns the one that it had.
    pub fn insert(&mut self, key: Name, value: Name) -> Option<Name> {
        let mut pairs = self.pairs().to_vec();
        let before = match pairs.binary_search_by(|(own, _)| own.cmp(&key)) {
            Ok(place) => Some(std::mem::replace(&mut pairs[place].1, value)),
            Err(place) => {
                pairs.insert(place, (key, value));
                None
            }
        };
        *self = Self::from_sorted(pairs);
        before
    }

    /// Removes a key, and returns the value that it had.
    pub fn remove(&mut self, key: &str) -> Option<Name> {
        let before = self.get(key).cloned()?;
        self.retain(|own, _| own != key);
        Some(before)
    }

    /// Keeps the pairs for which the closure returns true.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&Name, &Name) -> bool) {
        let kept = self.iter().filter(|(key, value)| is_kept(key, value));
        *self = Self::from_sorted(kept.map(|(key, value)| (key.clone(), value.clone())).collect());
    }

    /// Removes all of them.
    pub fn clear(&mut self) {
        self.pairs = None;
    }

    fn pairs(&self) -> &[(Name, Name)] {
        self.pairs.as_deref().unwrap_or_default()
    }

    /// Returns pairs as labels that are sorted by key, each key once.
    fn from_sorted(pairs: Vec<(Name, Name)>) -> Self {
        Self { pairs: (!pairs.is_empty()).then(|| pairs.into()) }
    }

    /// Returns pairs as labels; of those with the same key the last one counts.
    fn from_pairs(mut pairs: Vec<(Name, Name)>) -> Self {
        Self::put_in_order(&mut pairs);
        Self::from_sorted(pairs)
    }

    /// Sorts pairs by key; of those with the same key the last one stays.
    fn put_in_order(pairs: &mut Vec<(Name, Name)>) {
        if pairs.is_sorted_by(|(before, _), (after, _)| before < after) {
            return;
        }
        // Sorting keeps the order of equal keys, and of those the first one stays.
        pairs.reverse();
        pairs.sort_by(|(before, _), (after, _)| before.cmp(after));
        pairs.dedup_by(|(after, _), (before, _)| before == after);
    }

    /// Whether both are the same piece of memory; then nothing has to be compared.
    pub(super) fn is_copy_of(&self, other: &Self) -> bool {
        match (&self.pairs, &other.pairs) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (None, None) => true,
            _ => false,
        }
    }
}

thread_local! {
    /// The labels that this thread has read lately.
    static LATELY: LatelyHere<Labels> = const { LatelyHere::new(None) };
}

/// Does work in which equal labels share their memory.
pub(super) fn sharing<T>(work: impl FnOnce() -> T) -> T {
    during(&LATELY, work)
}

/// Returns labels of pairs, in the memory of equal ones. They are found by the memory of the names,
/// which are shared as well.
pub(super) fn among(lately: &mut Lately<Labels>, mut pairs: Vec<(Name, Name)>) -> Labels {
    Labels::put_in_order(&mut pairs);
    lately.shared(hash_of(&PlacesOf(&pairs)), pairs, |known, pairs| known.pairs() == pairs, Labels::from_sorted)
}

/// Pairs of names by where these are in memory.
struct PlacesOf<'p>(&'p [(Name, Name)]);

impl Hash for PlacesOf<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|(key, value)| (key.place(), value.place()).hash(state));
    }
}

fn labels(pairs: Vec<(Name, Name)>) -> Labels {
    LATELY.with_borrow_mut(|lately| match lately {
        Some(lately) => among(lately, pairs),
        None => Labels::from_pairs(pairs),
    })
}

/// Keys and values in the order of the keys.
pub type LabelPairs<'a> = iter::Map<slice::Iter<'a, (Name, Name)>, fn(&(Name, Name)) -> (&Name, &Name)>;

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        self.is_copy_of(other) || self.pairs() == other.pairs()
    }
}

impl Eq for Labels {}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if self.is_copy_of(other) { std::cmp::Ordering::Equal } else { self.pairs().cmp(other.pairs()) }
    }
}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pairs().hash(state);
    }
}

impl Index<&str> for Labels {
    type Output = Name;

    /// Returns the value of a key that is there.
    fn index(&self, key: &str) -> &Name {
        self.get(key).unwrap_or_else(|| panic!("there is no label {key}"))
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = (&'a Name, &'a Name);
    type IntoIter = LabelPairs<'a>;

    fn into_iter(self) -> LabelPairs<'a> {
        self.iter()
    }
}

impl IntoIterator for Labels {
    type Item = (Name, Name);
    type IntoIter = vec::IntoIter<(Name, Name)>;

    fn into_iter(self) -> Self::IntoIter {
        self.pairs().to_vec().into_iter()
    }
}

impl<K: Into<Name>, V: Into<Name>> FromIterator<(K, V)> for Labels {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(pairs: T) -> Self {
        Self::from_pairs(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl<K: Into<Name>, V: Into<Name>> Extend<(K, V)> for Labels {
    fn extend<T: IntoIterator<Item = (K, V)>>(&mut self, pairs: T) {
        let own = self.pairs().iter().cloned();
        *self = Self::from_pairs(own.chain(pairs.into_iter().map(|(key, value)| (key.into(), value.into()))).collect());
    }
}

impl<K: Into<Name>, V: Into<Name>, const N: usize> From<[(K, V); N]> for Labels {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// Labels are an object of strings in a document.
impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Collects the entries of an object.
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Labels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // As for every other map.
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Labels, A::Error> {
                /// Most have no more.
                const USUAL_NUMBER: usize = 16;
                let mut pairs = Vec::with_capacity(USUAL_NUMBER);
                while let Some(pair) = entries.next_entry()? {
                    pairs.push(pair);
                }
                Ok(labels(pairs))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

impl JsonSchema for Labels {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        std::collections::BTreeMap::<String, String>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        std::collections::BTreeMap::<String, String>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&'static str, &'static str)]) -> Labels {
        pairs.iter().copied().collect()
    }

    #[test]
    fn the_order_is_that_of_the_keys_and_the_last_of_a_key_counts() {
        let mixed = labels(&[("b", "1"), ("a", "2"), ("b", "3")]);
        assert_eq!(mixed, labels(&[("a", "2"), ("b", "3")]));
        assert_eq!(serde_json::to_string(&mixed).expect("plain data"), r#"{"a":"2","b":"3"}"#);
        assert_eq!(serde_json::from_str::<Labels>(r#"{"b":"1","a":"2","b":"3"}"#).expect("a map of strings"), mixed);
        let error = serde_json::from_str::<Labels>("[]").expect_err("a list").to_string();
        assert_eq!(error, "invalid type: sequence, expected a map at line 1 column 0");
    }

    #[test]
    fn a_change_of_a_copy_leaves_the_other_one() {
        let before = labels(&[("a", "1"), ("c", "3")]);
        let mut after = before.clone();
        assert_eq!(after.insert("b".into(), "2".into()), None);
        assert_eq!(after.insert("a".into(), "0".into()).as_deref(), Some("1"));
        assert_eq!(after.remove("c").as_deref(), Some("3"));
        assert_eq!(after.remove("c"), None);
        assert_eq!((before, after), (labels(&[("a", "1"), ("c", "3")]), labels(&[("a", "0"), ("b", "2")])));
    }

    #[test]
    fn without_any_they_are_as_if_there_never_were_some() {
        let mut emptied = labels(&[("a", "1")]);
        emptied.retain(|_, value| value != "1");
        assert!(emptied.is_empty() && emptied == Labels::new() && emptied < labels(&[("a", "")]));
        assert_eq!((emptied.len(), emptied.get("a")), (0, None));
        assert_eq!(serde_json::from_str::<Labels>("{}").expect("a map"), emptied);
    }

    #[test]
    fn a_key_is_found_among_few_and_among_many() {
        for number in [1, 32, 33, 500] {
            let many: Labels = (0..number).map(|key| (format!("key-{key}"), key.to_string())).collect();
            assert_eq!((many.len(), many["key-0"].as_str(), many.get("key-")), (number, "0", None));
            assert_eq!(many[&*format!("key-{}", number - 1)], (number - 1).to_string());
        }
    }

    #[test]
    fn they_are_ordered_as_a_map_is() {
        let ordered = [&[][..], &[("a", "1")], &[("a", "1"), ("b", "0")], &[("a", "2")], &[("b", "0")]].map(labels);
        assert!(ordered.is_sorted());
    }
}
