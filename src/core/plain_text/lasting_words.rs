//! Words that are read later than they were written.

/// Signs that may stand behind a distance.
const SIGNS: [char; 5] = [';', ',', '.', ':', ')'];

/// Returns a text without the distances of its moments from now, such as `in 42m` of `14:20 UTC, in
/// 42m`, and `(failed 18m ago)`: they would be wrong when somebody reads them, and new in each run.
pub(super) fn without_distances(text: &str) -> String {
    let mut parts = text.split(" UTC, ");
    let mut lasting = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        lasting.push_str(" UTC");
        lasting.push_str(&after_distance(part));
    }
    without_failed_ago(&lasting)
}

/// Returns what follows a distance at the start of a text; the whole text after a comma where there
/// is none.
fn after_distance(text: &str) -> String {
    let mut rest = text.strip_prefix("in ").unwrap_or(text);
    let mut has_distance = false;
    loop {
        let word = rest.split(' ').next().unwrap_or_default();
        let bare = word.trim_end_matches(SIGNS);
        if !(is_duration(bare) || has_distance && bare == "ago") {
            break;
        }
        has_distance = true;
        rest = &rest[bare.len()..];
        if bare.len() < word.len() {
            break;
        }
        rest = rest.trim_start_matches(' ');
    }
    match has_distance {
        false => format!(", {text}"),
        true if rest.is_empty() || rest.starts_with(SIGNS) => rest.to_owned(),
        true => format!(" {rest}"),
    }
}

/// Whether a word is a number with a unit, such as `42m`.
fn is_duration(word: &str) -> bool {
    let digits = word.trim_end_matches(['s', 'm', 'h', 'd']);
    digits.len() + 1 == word.len() && !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit())
}

/// Returns a text without what stands in brackets about how long ago something failed.
fn without_failed_ago(text: &str) -> String {
    let mut parts = text.split(" (failed ");
    let mut lasting = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(" ago)") {
            Some((distance, rest)) if distance.split(' ').all(is_duration) => lasting.push_str(rest),
            _ => {
                lasting.push_str(" (failed ");
                lasting.push_str(part);
            }
        }
    }
    lasting
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
            ("until 14:20 UTC, in 42m: no capacity", "until 14:20 UTC: no capacity"),
            ("until 14:20 UTC, in 1h (failed 1h 18m ago): no capacity", "until 14:20 UTC: no capacity"),
            ("at 14:20 UTC, ago and more (failed twice ago)", "at 14:20 UTC, ago and more (failed twice ago)"),
            ("no moment, in 42m", "no moment, in 42m"),
        ] {
            assert_eq!(without_distances(text), lasting);
        }
    }
}
