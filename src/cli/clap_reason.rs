//! What is wrong with a command line, in clap's words.

use clap::Error;

/// Returns clap's message without its frame.
pub(super) fn reason(error: &Error) -> String {
    let text = error.render().to_string();
    let text = text.trim_start_matches("error: ");
    let end = ["\n\nUsage:", "\n\nFor more information"].iter().filter_map(|frame| text.find(frame)).min();
    text[..end.unwrap_or(text.len())].trim_end().to_owned()
}
