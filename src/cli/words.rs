//! A text as the words that a shell would make of it: white space separates, quotes and backslashes protect.

/// A text that is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum WordsError {
    /// A quote without its other half.
    #[error("a quote {0} is not closed; write it twice, or a backslash before it")]
    OpenQuote(char),
    /// A backslash with nothing behind it.
    #[error("there is nothing behind the last backslash; take it out")]
    LastBackslash,
}

/// Splits. Nothing is expanded: no variables, no file names. A word that begins with `#` begins a
/// comment.
///
/// # Errors
/// When a quote is open at the end.
pub(super) fn split(text: &str) -> Result<Vec<String>, WordsError> {
    shlex::split(text).ok_or_else(|| {
        let completes = |end: char| shlex::split(&format!("{text}{end}")).is_some();
        if completes(' ') {
            WordsError::LastBackslash
        } else if completes('\'') {
            WordsError::OpenQuote('\'')
        } else {
            // The quote itself may stand behind a backslash.
            WordsError::OpenQuote('"')
        }
    })
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
        assert_eq!(split("a 'b"), Err(WordsError::OpenQuote('\'')));
        assert_eq!(split(r#""\""#), Err(WordsError::OpenQuote('"')));
        assert_eq!(split(r#""a\"#), Err(WordsError::OpenQuote('"')));
        assert_eq!(split(r"a\"), Err(WordsError::LastBackslash));
    }
}
