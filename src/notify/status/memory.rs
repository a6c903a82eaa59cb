//! The messages of the last runs, so that the next run does not repeat them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::duration::Seconds;

/// The same news is not repeated for this long.
const SILENCE: Seconds = Seconds::minutes(30);

/// The number of keys that are kept, the newest: at most some 200 kB of the megabyte that a
/// ConfigMap holds.
const MOST_KEYS: usize = 1000;

/// The keys of messages, and when they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory(BTreeMap<String, Timestamp>);

impl Memory {
    /// Reads what [`Memory::write`] wrote. What is not understood is forgotten: at worst a message
    /// is repeated.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_default())
    }

    /// Returns it as text.
    #[must_use]
    pub fn write(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// Whether a message was sent less than half an hour ago. A time in the future, as with clocks
    /// that disagree, counts as now.
    #[must_use]
    pub fn was_sent(&self, key: &str, now: Timestamp) -> bool {
        self.0.get(key).is_some_and(|at| Seconds::between(*at, now) < SILENCE)
    }

    /// Notes the messages of now, and forgets old ones.
    pub fn note(&mut self, keys: &[String], now: Timestamp) {
        self.0.retain(|_, at| Seconds::between(*at, now) < SILENCE);
        self.0.extend(keys.iter().map(|key| (key.clone(), now)));
        let excess = self.0.len().saturating_sub(MOST_KEYS);
        let mut oldest: Vec<(Timestamp, String)> = self.0.iter().map(|(key, at)| (*at, key.clone())).collect();
        oldest.sort_unstable();
        for (_, key) in oldest.into_iter().take(excess) {
            self.0.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_341_600 + minute * 60).expect("a timestamp")
    }

    #[test]
    fn news_is_old_for_half_an_hour() {
        let mut memory = Memory::default();
        memory.note(&["a".to_owned()], at(0));
        let memory = Memory::read(&memory.write());
        assert!(memory.was_sent("a", at(0)) && memory.was_sent("a", at(29)));
        assert!(!memory.was_sent("a", at(30)) && !memory.was_sent("b", at(0)));
        assert!(memory.was_sent("a", at(-5)), "another clock is behind");
    }

    #[test]
    fn old_news_is_forgotten_and_there_is_a_limit() {
        let mut memory = Memory::default();
        memory.note(&["old".to_owned()], at(0));
        memory.note(&["kept".to_owned()], at(20));
        let many: Vec<String> = (0..MOST_KEYS).map(|number| format!("many-{number}")).collect();
        memory.note(&many[1..], at(31));
        assert!(memory.was_sent("kept", at(31)) && !memory.write().contains("old"));
        memory.note(&many, at(32));
        assert_eq!(memory.0.len(), MOST_KEYS);
        assert!(!memory.was_sent("kept", at(32)), "the oldest goes");
    }

    #[test]
    fn a_text_of_somebody_else_is_no_memory() {
        for text in ["", "{", "[]", r#"{"a": 5}"#] {
            assert_eq!(Memory::read(text), Memory::default(), "{text}");
        }
    }
}
