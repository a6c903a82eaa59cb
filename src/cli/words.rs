//! A text as the words that a shell would make of it: white space separates, quotes and backslashes protect.

/// A text that is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum WordsError {
    /// A quote without its other half.
    #[error("the quote {quote} at character {position} is not closed; write it twice, or a backslash before it")]
    OpenQuote {
        /// Which.
        quote: char,
        /// Where it is, from 1.
        position: usize,
    },
    /// A backslash with nothing behind it.
    #[error("there is nothing behind the last backslash; take it out")]
    LastBackslash,
}

/// Splits. Nothing is expanded: no variables, no file names.
///
/// # Errors
/// When a quote is open at the end.
pub(super) fn split(text: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars().zip(1..);
    while let Some((letter, position)) = letters.next() {
        match letter {
            _ if letter.is_whitespace() => words.extend(word.take()),
            '\'' | '"' => quoted(letter, position, &mut letters, word.get_or_insert_default())?,
            '\\' => {
                let (letter, _) = letters.next().ok_or(WordsError::LastBackslash)?;
                word.get_or_insert_default().push(letter);
            }
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Ok(words)
}

/// The rest of a quoted part. Between double quotes a backslash protects a double quote and itself, as in POSIX shells.
fn quoted(
    quote: char,
    position: usize,
    letters: &mut impl Iterator<Item = (char, usize)>,
    word: &mut String,
) -> Result<(), WordsError> {
    let open = WordsError::OpenQuote { quote, position };
    loop {
        match letters.next().ok_or(open)?.0 {
            letter if letter == quote => return Ok(()),
            '\\' if quote == '"' => {
                let (letter, _) = letters.next().ok_or(open)?;
                if !['"', '\\'].contains(&letter) {
                    word.push('\\');
                }
                word.push(letter);
            }
            letter => word.push(letter),
        }
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
        ] {
            assert_eq!(split(text).expect(text), words, "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        assert_eq!(split("a 'b"), Err(WordsError::OpenQuote { quote: '\'', position: 3 }));
        assert_eq!(split(r#""\""#), Err(WordsError::OpenQuote { quote: '"', position: 1 }));
        assert_eq!(split(r"a\"), Err(WordsError::LastBackslash));
    }
}
