//! Sentences of clouds, schedulers and people, of which known words alone stay.

use crate::well_known::vocabulary::is_word;

/// What stands in place of a word that is not known.
const HIDDEN: &str = "…";
/// Numbers of more digits than this may be ids.
const MOST_DIGITS: usize = 5;

/// Returns a sentence in which `renamed` stands for what it knows.
pub(super) fn anonymized(sentence: &str, renamed: impl Fn(&str) -> Option<String>) -> String {
    let mut written = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some(first) = rest.chars().next() {
        if belongs_to_a_word(first) {
            let end = rest.find(|letter| !belongs_to_a_word(letter)).unwrap_or(rest.len());
            // A full stop or a hyphen at the end is none of a name.
            let word = rest[..end].trim_end_matches(['.', '-', '_', '\'']);
            let word = if word.is_empty() { &rest[..end] } else { word };
            written.push_str(&in_place_of(word, &renamed));
            rest = &rest[word.len()..];
        } else {
            written.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    written
}

fn belongs_to_a_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '\'')
}

fn in_place_of(word: &str, renamed: &impl Fn(&str) -> Option<String>) -> String {
    if let Some(renamed) = renamed(word) {
        return renamed;
    }
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && word.len() <= MOST_DIGITS;
    let is_mark = !word.chars().any(char::is_alphanumeric);
    let is_known = |part: &str| part.is_empty() || is_word(&part.to_ascii_lowercase());
    if is_number || is_mark || word.split('\'').all(is_known) { word.to_owned() } else { HIDDEN.to_owned() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn unknown_words_are_hidden_and_names_are_replaced() {
        let renamed = |word: &str| (word == "falcon-1").then(|| "n1".to_owned());
        let anonymized = |sentence: &str| super::anonymized(sentence, renamed);
        assert_eq!(anonymized("Instances of falcon-1 didn't start."), "Instances of n1 didn't start.");
        assert_eq!(
            anonymized("User: arn:aws:iam::123456789012:user/alice is not authorized"),
            "User: …:…:iam::…:user/… is not authorized"
        );
        assert_eq!(anonymized("0/5 nodes are available: 5 Insufficient cpu."), "0/5 nodes are available: 5 Insufficient cpu.");
    }
}
