//! Pseudonyms in the order of the names.
//!
//! A pseudonym is a letter and a number. Where texts that stay are compared with names, as keys of
//! labels are, the letter is such that a pseudonym is on the same side of them as its name.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// The first letters of pseudonyms, those that are taken where nothing else is at stake first.
const LETTERS: &[u8] = b"nmopqrstuvwxyzlkjihgfedcbaNMOPQRSTUVWXYZLKJIHGFEDCBA";
/// Each part of an address has one of so many values, of three digits: then addresses have the
/// order of their numbers as texts as well.
const VALUES: usize = 156;
const LEAST_VALUE: usize = 100;

/// Returns a pseudonym for each name. Names stay on their side of the fixed texts.
pub(super) fn pseudonyms(names: &BTreeSet<String>, fixed: &BTreeSet<String>) -> BTreeMap<String, String> {
    let width = names.len().to_string().len();
    let mut before: Option<(Option<&String>, Option<&String>, String)> = None;
    let numbered = names.iter().enumerate().map(|(place, name)| {
        let below = fixed.range(..name.clone()).next_back();
        let above = fixed.range(name.clone()..).next();
        let letter = match &before {
            Some((low, high, letter)) if (*low, *high) == (below, above) => letter.clone(),
            _ => between(below.map_or("", String::as_str), above.map(String::as_str)),
        };
        before = Some((below, above, letter.clone()));
        (name.clone(), format!("{letter}{:0width$}", place + 1))
    });
    numbered.collect()
}

/// Returns a beginning that is above one text and all that begin with it, and below another one.
fn between(low: &str, high: Option<&str>) -> String {
    let is_between =
        |text: &String| text.as_str() > low && high.is_none_or(|high| text.as_str() < high && !high.starts_with(text.as_str()));
    let lengths = (0..=low.len()).filter(|length| low.is_char_boundary(*length));
    let longer = |length: usize| LETTERS.iter().map(move |letter| format!("{}{}", &low[..length], char::from(*letter)));
    lengths.flat_map(longer).find(is_between).unwrap_or_else(|| char::from(LETTERS[0]).to_string())
}

/// Returns another address for each of some, in their order as texts.
pub(super) fn addresses(addresses: &BTreeSet<String>) -> BTreeMap<String, Ipv4Addr> {
    let value = |number: usize| u8::try_from(LEAST_VALUE + number % VALUES).unwrap_or(u8::MAX);
    let numbered = addresses.iter().enumerate().map(|(place, address)| {
        let renamed = Ipv4Addr::new(10, value(place / (VALUES * VALUES)), value(place / VALUES), value(place));
        (address.clone(), renamed)
    });
    numbered.collect()
}

/// Returns another id for each of some instances, in their order.
pub(super) fn instances(ids: &BTreeSet<String>) -> BTreeMap<String, String> {
    ids.iter().enumerate().map(|(place, id)| (id.clone(), format!("i-{:017x}", place + 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn pseudonyms_have_the_order_of_names_and_stay_on_their_side() {
        let fixed =
            set(&["kubernetes.io/arch", "kubernetes.io/os", "memory", "node-role.kubernetes.io/", "node.kubernetes.io/x"]);
        let names = set(&["Team", "a", "kubernetesx", "lab", "mind", "node", "nodes", "pool", "zz"]);
        let renamed = pseudonyms(&names, &fixed);
        let all: Vec<&str> = names.iter().chain(&fixed).map(String::as_str).collect();
        let new = |text: &str| renamed.get(text).map_or(text, String::as_str).to_owned();
        for one in &all {
            for other in &all {
                assert_eq!(one.cmp(other), new(one).cmp(&new(other)), "{one} {other}: {} {}", new(one), new(other));
            }
        }
        assert_eq!(pseudonyms(&set(&["b", "a"]), &set(&[])).into_values().collect::<Vec<_>>(), ["n1", "n2"]);
    }

    #[test]
    fn addresses_keep_their_order_as_texts() {
        let list = set(&["10.0.1.2", "10.0.1.22", "10.0.1.3", "192.168.0.1"]);
        let renamed: Vec<String> = addresses(&list).into_values().map(|address| address.to_string()).collect();
        assert!(renamed.is_sorted() && renamed[0] == "10.100.100.100", "{renamed:?}");
    }
}
