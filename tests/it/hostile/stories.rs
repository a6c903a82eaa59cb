//! The story of each machine, for people who look into a failure.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

/// At most this many lines of a story are kept.
const LINES: usize = 60;

#[derive(Default)]
pub(super) struct Stories(BTreeMap<String, VecDeque<String>>);

impl Stories {
    /// Adds to the story of a machine, or of a group or pod by its name.
    pub(super) fn add(&mut self, subject: &str, now: Timestamp, line: impl Into<String>) {
        let story = self.0.entry(subject.to_owned()).or_default();
        if story.len() == LINES {
            story.pop_front();
        }
        story.push_back(format!("  {} {}", now.strftime("%d %H:%M:%S"), line.into()));
    }

    /// Returns the stories of all that a text names.
    pub(super) fn of_those_named_in(&self, words: &str) -> String {
        let named = self.0.iter().filter(|(subject, _)| words.contains(subject.as_str()));
        let told =
            named.map(|(subject, lines)| format!("{subject}:\n{}", lines.iter().cloned().collect::<Vec<_>>().join("\n")));
        told.collect::<Vec<_>>().join("\n")
    }
}
