//! Words for a status, which is read later than it was written.

/// Returns a text without the distances of its moments from now, such as `in 42m` of `14:20 UTC, in
/// 42m`: they would be wrong when somebody reads them, and new in each run.
pub(super) fn without_distances(text: &str) -> String {
    let mut parts = text.split(" UTC, ");
    let mut lasting = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        lasting.push_str(" UTC");
        lasting.push_str(after_distance(part));
    }
    lasting
}

/// Returns what follows a distance at the start of a text; the whole text after a comma where there
/// is none.
fn after_distance(text: &str) -> &str {
    let is_distance = |word: &str| {
        let word = word.trim_end_matches([';', ',', '.', ')']);
        matches!(word, "in" | "ago")
            || word.ends_with(['s', 'm', 'h', 'd'])
                && word.len() > 1
                && word[..word.len() - 1].bytes().all(|it| it.is_ascii_digit())
    };
    let mut rest = text;
    loop {
        let word = rest.split(' ').next().unwrap_or_default();
        if word.is_empty() || !is_distance(word) {
            return if rest.is_empty() { rest } else { &text[text.len() - rest.len() - 1..] };
        }
        let bare = word.trim_end_matches([';', ',', '.', ')']);
        if bare.len() < word.len() {
            return &rest[bare.len()..];
        }
        rest = rest[word.len()..].trim_start_matches(' ');
        if rest.is_empty() {
            return rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_go_and_moments_stay() {
        for (text, lasting) in [
            ("failed until 14:20 UTC, in 42m", "failed until 14:20 UTC"),
            ("a: until 14:20 UTC, in 1h 3m; b: at 13:02 UTC, 36m ago.", "a: until 14:20 UTC; b: at 13:02 UTC."),
            ("at 14:20 UTC, in 42m and more", "at 14:20 UTC and more"),
            ("no moment, in 42m", "no moment, in 42m"),
        ] {
            assert_eq!(without_distances(text), lasting);
        }
    }
}
