//! Words in lines of a width.

/// A word as it is shown, and how many columns it takes: escape codes of colours take none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    shown: String,
    columns: usize,
}

impl Word {
    /// Returns a word that is shown so.
    pub(super) fn new(text: &str, shown: &str) -> Self {
        Self { shown: shown.to_owned(), columns: text.chars().count() }
    }

    /// Adds a part in another style.
    pub(super) fn join(&mut self, text: &str, shown: &str) {
        self.shown.push_str(shown);
        self.columns += text.chars().count();
    }
}

/// Fills lines of a width with words. The first line has a margin of its own.
pub(super) fn fill(words: &[Word], width: usize, first: usize, indent: usize) -> String {
    let mut text = " ".repeat(first);
    let mut column = first;
    let mut is_first = true;
    for word in words {
        if !is_first && column + 1 + word.columns > width {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
        } else if !is_first {
            text.push(' ');
            column += 1;
        }
        text.push_str(&word.shown);
        column += word.columns;
        is_first = false;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_full_as_they_can_be() {
        let words: Vec<Word> = "a list of five words".split(' ').map(|word| Word::new(word, word)).collect();
        assert_eq!(fill(&words, 9, 0, 2), "a list of\n  five\n  words\n");
        assert_eq!(fill(&words[..1], 1, 2, 2), "  a\n");
    }

    #[test]
    fn colours_take_no_column() {
        let mut red = Word::new("red", "\u{1b}[31mred\u{1b}[0m");
        red.join(",", ",");
        let words = [red, Word::new("ok", "ok")];
        assert_eq!(fill(&words, 7, 0, 0), "\u{1b}[31mred\u{1b}[0m, ok\n");
        assert_eq!(fill(&words, 6, 0, 0).lines().count(), 2);
    }
}
