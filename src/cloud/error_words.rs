//! Words that the errors of every cloud are made of.

use std::error::Error;

/// Returns the innermost cause: those around it only state that something failed.
pub(crate) fn innermost(error: &dyn Error) -> &dyn Error {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause
}

/// Replaces each run of white space by one blank.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the names in one line, or that there are none.
pub(crate) fn any_of(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
