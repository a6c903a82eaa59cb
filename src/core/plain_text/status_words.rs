//! Words for the status of an object: others read it, and later than it was written.

use std::borrow::Cow;

use super::lasting_words::without_distances;
use super::{escaped, redacted};

/// The most bytes of a message in a status. The API takes 32,768 characters, which nobody reads.
const MOST: usize = 1024;

/// Returns a text for a status: without anything secret or hidden, without distances from the
/// present, and no longer than people read.
#[must_use]
pub fn for_status(text: &str) -> String {
    cut(&escaped(&redacted(&without_distances(text))), MOST).into_owned()
}

/// Returns the text in at most so many bytes, cut between characters; an ellipsis marks the cut.
#[must_use]
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    const ELLIPSIS: char = '…';
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(most.saturating_sub(ELLIPSIS.len_utf8()));
    Cow::Owned(format!("{}{ELLIPSIS}", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_holds_nothing_secret_and_nothing_that_is_old_at_once() {
        let text = "in backoff until 14:20 UTC, in 42m (failed 18m ago): not authorized: \
                    arn:aws:sts::123456789012:assumed-role/scaler/i-0\u{1b}[2J";
        let words = for_status(text);
        assert!(words.starts_with("in backoff until 14:20 UTC"), "{words}");
        for gone in ["in 42m", "18m", "123456789012", "assumed-role/scaler", "\u{1b}"] {
            assert!(!words.contains(gone), "{words}");
        }
        assert_eq!(for_status(&words), words, "what was read again is not changed");
        assert_eq!(for_status(&"é".repeat(2000)).len(), 1023);
    }
}
