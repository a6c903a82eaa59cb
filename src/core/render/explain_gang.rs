//! The explanation of one gang: whether it has room as a whole, where it runs, and what becomes of
//! its pods that wait.

use super::explanation::{facts, first_of, headline, readable_page};
use super::table::{Tone, finished, section};
use crate::duration::moment;
use crate::plan::count;
use crate::plan::explain::GangExplanation;

/// At most this many names of pods with the same verdict are written out; JSON lists them all.
const PODS_SHOWN: usize = 3;

/// Renders the explanation of a gang. `width` is that of the terminal in columns. `colour` switches
/// ANSI colours on.
#[must_use]
pub fn explain_gang(explanation: &GangExplanation, width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let report = &explanation.report;
    let mut text = headline(&page, &format!("{}/{}: {}", report.namespace, report.gang.name, report.message));
    let known = [
        ("kind", Some(report.gang.kind.to_string())),
        ("created", Some(moment(explanation.created_at, explanation.now))),
        ("priority", Some(explanation.priority.to_string())),
        ("pods", Some(format!("{} exist, {} start together at least", report.pods, report.min))),
        ("together", explanation.same.as_ref().map(|label| format!("on nodes with the same {label}"))),
    ];
    section(&mut text, None, &facts(&page, known.into_iter().filter_map(|(name, value)| Some((name, value?)))));
    let mut nodes = page.table();
    for node in &explanation.runs_on {
        nodes.add_row([page.name(Tone::Plain, &node.node), page.cell(Tone::Plain, count(u64::from(node.pods), "pod"))]);
    }
    section(&mut text, Some("WHERE IT RUNS"), &finished(nodes));
    let mut waiting = page.table();
    for alike in &explanation.waiting {
        let names: Vec<String> = alike.pods.iter().map(ToString::to_string).collect();
        waiting.add_row([page.name(Tone::Plain, &first_of(&names, PODS_SHOWN)), page.cell(Tone::Plain, &alike.message)]);
    }
    section(&mut text, Some("PODS WITHOUT A NODE"), &finished(waiting));
    text
}
