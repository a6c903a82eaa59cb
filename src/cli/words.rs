//! Splits a text into the words that a shell would make of it: white space separates, quotes and
//! backslashes protect.

/// A text that is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum WordsError {
    /// A quote without its other half.
    #[error("the quote {quote} at character {position} is not closed; write it twice, or a backslash before it")]
    OpenQuote {
        /// The quote.
        quote: char,
        /// Its position, from 1.
        position: usize,
    },
    /// A backslash at the end.
    #[error("there is nothing behind the last backslash; take it out")]
    LastBackslash,
}

/// Splits a text. Nothing is expanded: no variables, no file names. A word that begins with `#`
/// begins a comment.
///
/// # Errors
/// When a quote is open at the end.
pub(super) fn split(text: &str) -> Result<Vec<String>, WordsError> {
    shlex::split(text).ok_or_else(|| what_is_open(text))
}

/// Finds what is open at the end: it begins where the text before it is complete for the last time.
fn what_is_open(text: &str) -> WordsError {
    let letters = text.char_indices().zip(1..);
    let whole_before = letters.filter(|((start, _), _)| shlex::split(&text[..*start]).is_some());
    match whole_before.last() {
        Some(((_, quote @ ('\'' | '"')), position)) => WordsError::OpenQuote { quote, position },
        _ => WordsError::LastBackslash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_a_shell() {
        for (text, words) in [
            ("", &[][..]),
            ("  ", &[]),
            ("--idle-threshold 300", &["--idle-threshold", "300"]),
            (" a\tb\nc ", &["a", "b", "c"]),
            ("--only-group 'my group' x", &["--only-group", "my group", "x"]),
            (r#"a"b c"d '' "\"\\\n""#, &["ab cd", "", r#""\\n"#]),
            (r"a\ b \' '\'", &["a b", "'", r"\"]),
            ("a#b '#c' # d", &["a#b", "#c"]),
        ] {
            assert_eq!(split(text).expect(text), words, "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        assert_eq!(split("a 'b"), Err(WordsError::OpenQuote { quote: '\'', position: 3 }));
        assert_eq!(split(r#""\""#), Err(WordsError::OpenQuote { quote: '"', position: 1 }));
        assert_eq!(split(r#"é "a\"#), Err(WordsError::OpenQuote { quote: '"', position: 3 }));
        assert_eq!(split(r"a\"), Err(WordsError::LastBackslash));
    }
}
