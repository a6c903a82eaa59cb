//! An error and its causes in one line.

use std::error::Error;

/// Returns an error and its causes in one line. A cause that the words before it already quote is
/// left out.
pub(super) fn one_line(error: &dyn Error) -> String {
    let mut line = flat(&error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = flat(&error.to_string());
        if !line.contains(&words) {
            line = format!("{line}: {words}");
        }
        cause = error.source();
    }
    line
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn causes_follow_and_are_not_repeated() {
        let error =
            anyhow!("token expired").context("cannot list").context("forbidden:\n  cannot list").context("listing pods");
        assert_eq!(one_line(error.as_ref()), "listing pods: forbidden: cannot list: token expired");
    }
}
