//! Names in expressions of CEL, by which requests select devices.

/// A part of an expression.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CelWord<'e> {
    /// A name of the language, or of an attribute.
    Identifier(&'e str),
    /// What stands between quotation marks.
    Quoted(&'e str),
    /// Anything else.
    Sign(&'e str),
}

/// Splits an expression into its words.
pub(super) fn words(expression: &str) -> Vec<CelWord<'_>> {
    let mut words = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let length = first.len_utf8();
        let end = match first {
            '"' | '\'' => quoted_length(rest, first),
            _ if first.is_alphabetic() || first == '_' => length_of(rest, |letter| letter.is_alphanumeric() || letter == '_'),
            _ => length,
        };
        let (word, behind) = rest.split_at(end);
        match first {
            '"' | '\'' if end >= 2 * length => {
                words.extend([CelWord::Sign(&word[..1]), CelWord::Quoted(&word[1..end - 1]), CelWord::Sign(&word[end - 1..])]);
            }
            _ if end > length || first.is_alphabetic() || first == '_' => words.push(CelWord::Identifier(word)),
            _ => words.push(CelWord::Sign(word)),
        }
        rest = behind;
    }
    words
}

fn length_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|letter: char| !belongs(letter)).unwrap_or(text.len())
}

/// Returns how far a text in quotation marks goes, with them; the mark alone where it has no end.
fn quoted_length(text: &str, mark: char) -> usize {
    let mut is_escaped = false;
    for (place, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if letter == mark => return place + 1,
            _ => {}
        }
    }
    1
}

/// Whether a text that is looked for is a part of a value: then it shows no more than that.
pub(super) fn is_part_of(pattern: &str, value: &str) -> bool {
    let pattern = pattern.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
    !pattern.is_empty() && value.to_lowercase().contains(&pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_its_words() {
        let words = words("device.attributes[\"acme.com\"].size == 'a\\'b' && x1");
        let quoted: Vec<&CelWord<'_>> = words.iter().filter(|word| matches!(word, CelWord::Quoted(_))).collect();
        assert_eq!(quoted, [&CelWord::Quoted("acme.com"), &CelWord::Quoted("a\\'b")]);
        let names = words.iter().filter_map(|word| if let CelWord::Identifier(name) = word { Some(*name) } else { None });
        assert_eq!(names.collect::<Vec<_>>(), ["device", "attributes", "size", "x1"]);
        assert!(is_part_of(".*a100.*", "NVIDIA A100-SXM4") && !is_part_of(".*", "x") && !is_part_of("falcon", "NVIDIA"));
    }
}
