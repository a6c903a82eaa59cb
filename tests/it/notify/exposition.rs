//! A strict reader of Prometheus' text format, written from its documentation ("Exposition
//! formats", text format 0.0.4): what it takes, Prometheus takes. Gauges only, as nothing else is
//! written.

use std::collections::{BTreeMap, BTreeSet};

/// The labels of a sample.
pub(crate) type Labels = BTreeMap<String, String>;

/// Every sample of a text, by name and labels.
#[derive(Debug, Default)]
pub(crate) struct Metrics(BTreeMap<(String, Labels), f64>);

impl Metrics {
    /// Reads a text.
    ///
    /// # Panics
    ///
    /// When a line breaks a rule of the format.
    pub(crate) fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line must end");
        let (mut samples, mut helped, mut typed) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let mut current = String::new();
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').unwrap_or_else(|| panic!("no words: {line}"));
                assert!(!words.trim().is_empty() && !words.contains('\\'), "{line}");
                assert!(helped.insert(name.to_owned()), "two HELP lines: {line}");
                name.clone_into(&mut current);
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                assert_eq!(kind, format!("{current} gauge"), "TYPE follows HELP and comes before the samples");
                assert!(typed.insert(current.clone()), "two TYPE lines: {line}");
            } else {
                let (name, labels, value) = sample(line);
                assert_eq!(name, current, "samples of a name stand together: {line}");
                assert!(typed.contains(&name), "a sample before its TYPE: {line}");
                assert!(samples.insert((name, labels), value).is_none(), "the same series twice: {line}");
            }
        }
        Self(samples)
    }

    /// Returns the names.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.0.keys().map(|(name, _)| name.clone()).collect()
    }

    /// Returns the value of the one sample of this name whose labels hold these.
    ///
    /// # Panics
    ///
    /// When there is none, or more than one.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let holds = |have: &Labels| labels.iter().all(|(label, value)| have.get(*label).is_some_and(|have| have == value));
        let found: Vec<f64> =
            self.0.iter().filter(|((known, have), _)| known == name && holds(have)).map(|(_, value)| *value).collect();
        assert_eq!(found.len(), 1, "{name} {labels:?} in {:?}", self.0);
        found[0]
    }

    /// Whether there is a sample of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.keys().any(|(known, _)| known == name)
    }
}

fn sample(line: &str) -> (String, Labels, f64) {
    let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no value: {line}"));
    let (name, mut rest) = line.split_at(end);
    assert!(is_name(name), "{line}");
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label value: {line}"));
            assert!(is_name(label) && !label.contains(':') && !label.starts_with("__"), "{line}");
            let (value, after) = label_value(after);
            assert!(labels.insert(label.to_owned(), value).is_none(), "the same label twice: {line}");
            rest = after.strip_prefix(',').unwrap_or_else(|| {
                assert!(after.starts_with('}'), "no comma: {line}");
                after
            });
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("no space before the value: {line}"));
    let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
    (name.to_owned(), labels, value)
}

/// Returns the value up to its closing quote, unescaped, and what comes after.
fn label_value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.push(match letters.next() {
                Some((_, '\\')) => '\\',
                Some((_, '"')) => '"',
                Some((_, 'n')) => '\n',
                other => panic!("no such escape: {other:?} in {text}"),
            }),
            letter => value.push(letter),
        }
    }
    panic!("no closing quote: {text}")
}

/// Whether a text is `[a-zA-Z_:][a-zA-Z0-9_:]*`.
fn is_name(name: &str) -> bool {
    let mut letters = name.bytes();
    let begins = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b':';
    letters.next().is_some_and(begins) && letters.all(|byte| begins(byte) || byte.is_ascii_digit())
}

#[test]
fn escapes_are_read_back() {
    let metrics = Metrics::read("# HELP a b c\n# TYPE a gauge\na{x=\"1\\\\2\\\"3\\n4,}\",y=\"\"} 1.5e3\n");
    assert!((metrics.value("a", &[("x", "1\\2\"3\n4,}"), ("y", "")]) - 1500.0).abs() < f64::EPSILON);
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let head = "# HELP a b\n# TYPE a gauge\n";
    let wrong = [
        "a 1",
        "a{x=\"1\",x=\"2\"} 1\n",
        "a{x=\"\\t\"} 1\n",
        "a{x=1} 1\n",
        "a{x=\"1\"y=\"2\"} 1\n",
        "a one\n",
        "b 1\n",
        "a 1\na 2\n",
        "0a 1\n",
    ];
    for line in wrong {
        let text = format!("{head}{line}");
        assert!(std::panic::catch_unwind(|| Metrics::read(&text)).is_err(), "{line}");
    }
}
