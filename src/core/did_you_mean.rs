//! Suggestions for a name that nothing has.

use strsim::osa_distance;

/// At most this many names are suggested.
const SUGGESTED: usize = 3;

/// Returns the names most like an unknown one: those that contain it, as the names of pods contain
/// that of their Job, and those that differ in a few letters.
#[must_use]
pub fn near(unknown: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let letters = unknown.chars().count();
    let most = letters / 4 + 1;
    let judged = names.filter_map(|name| {
        let part = name.contains(unknown) || name.rsplit('/').next() == unknown.rsplit('/').next();
        if part {
            return Some((0, name));
        }
        // The distance is at least this difference, and expensive to compute where there are many
        // names.
        let is_possible = name.chars().count().abs_diff(letters) <= most;
        let distance = is_possible.then(|| osa_distance(unknown, &name))?;
        (distance <= most).then_some((distance, name))
    });
    let mut judged: Vec<(usize, String)> = judged.collect();
    judged.sort_unstable();
    judged.dedup();
    judged.into_iter().take(SUGGESTED).map(|(_, name)| name).collect()
}

/// Returns the question for these names; `None` where there is none to suggest.
#[must_use]
pub fn did_you_mean(near: &[String]) -> Option<String> {
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggested(unknown: &str, names: &[&str]) -> Vec<String> {
        near(unknown, names.iter().map(|name| (*name).to_owned()))
    }

    #[test]
    fn the_nearest_names_come_first() {
        assert_eq!(suggested("p3-wset", &["cpu-west", "p3-west", "p3-east"]), ["p3-west"]);
        assert_eq!(
            suggested("sweep", &["etl/hourly-0", "research/sweep-1", "research/sweep-0"]),
            ["research/sweep-0", "research/sweep-1"]
        );
        assert_eq!(suggested("etl/sweep-0", &["research/sweep-0", "etl/sweet-1"]), ["research/sweep-0", "etl/sweet-1"]);
        assert_eq!(suggested("x", &["research", "etl"]), [""; 0]);
    }

    #[test]
    fn a_quarter_of_the_letters_may_differ_and_one_more() {
        assert_eq!(suggested("abcd", &["abxy", "axyz"]), ["abxy"]);
        assert_eq!(suggested("abcd", &["abcdefg", "abdc"]), ["abcdefg", "abdc"]);
        assert_eq!(did_you_mean(&suggested("abcd", &["wxyz"])), None);
        assert_eq!(did_you_mean(&suggested("b", &["a", "c"])).as_deref(), Some("did you mean a or c?"));
    }
}
