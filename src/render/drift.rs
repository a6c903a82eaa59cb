//! How what is done differs from a saved plan.

use super::table::{Page, Tone, finished, section};
use crate::plan::count;
use crate::plan::saved::Drift;

/// Renders what drifted since a plan was made, `made` being that moment in words. Nothing is said in vain: without drift it is
/// one line.
#[must_use]
pub fn drift(made: &str, drift: &[Drift], width: Option<u16>, colour: bool) -> String {
    let page = Page::new(width, colour);
    if drift.is_empty() {
        return format!("\nthe saved plan of {made} holds as it is\n");
    }
    let mut table = page.table();
    for one in drift.iter().filter(|drift| !drift.is_mark()) {
        let tone = if one.done.is_some() { Tone::Plain } else { Tone::Warning };
        table.add_row([page.name(tone, &one.message)]);
    }
    let marks = drift.iter().filter(|drift| drift.is_mark()).count();
    if marks > 0 {
        let marks = count(u64::try_from(marks).unwrap_or(u64::MAX), "mark");
        table.add_row([
            page.name(Tone::Plain, &format!("{marks} of idle nodes, which only one of the two plans has: not done"))
        ]);
    }
    let mut text = String::new();
    section(&mut text, Some(&format!("NOT AS IN THE SAVED PLAN OF {made}")), &finished(table));
    text
}
