//! The plan as a diff that a tired person understands at a glance: the numbers, the groups, the
//! nodes that are removed, the pods that no group can help, and the problems.

mod cloud_words;
mod groups;
mod nodes;
mod page;
mod pods;
mod room;
mod rows;
mod shortened;
pub(super) mod summary;
#[cfg(test)]
mod tests;

pub(super) use page::{Page, Tone, finished, section};
pub(super) use rows::{Row, Rows};

use crate::plan::{Bill, Finding, FindingCode, Plan};
use cloud_words::CloudWords;

/// The groups take at most so many lines of a page.
const LINES_OF_GROUPS: usize = 30;
/// Every other part takes at most so many.
const LINES_OF_A_PART: usize = 16;
/// A page of more lines than this ends with its first line again, which has left a screen by then.
const LINES_OF_A_SCREEN: usize = 40;
const LAUNCHES_LEFT_OUT: &str =
    "what the groups launch (launch templates, images, machine types, zones, spot prices), as nothing needs a new node";

/// How a plan is shown to people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TableStyle {
    /// The width of the terminal in columns; without one nothing is folded.
    pub width: Option<u16>,
    /// Whether there are ANSI colours.
    pub colour: bool,
    /// Whether every row is shown, however many there are (`--all`).
    pub all: bool,
}

/// Returns the numbers of a plan in one line.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    summary::summary_line(plan)
}

/// Renders a plan.
#[must_use]
pub fn table(plan: &Plan, style: TableStyle) -> String {
    let page = Page::new(style.width, style.colour);
    let summary = page.bold(&summary::summary_line(plan));
    let mut text = vec![summary.clone(), summary::schedule_line(plan)];
    for (title, rows, most_lines) in parts(plan, style.all) {
        let lines = rows.lines(&page, most_lines);
        if !lines.is_empty() {
            let title = title.map(|title| format!("{title}\n")).unwrap_or_default();
            text.push(format!("\n{title}{}\n", lines.join("\n")));
        }
    }
    if text.iter().map(|part| part.lines().count()).sum::<usize>() > LINES_OF_A_SCREEN {
        text.push(format!("\n{summary}"));
    }
    text.concat()
}

/// Returns the parts of a page with their titles, and how many lines each takes at most; no limit
/// where all is shown.
pub(super) fn parts(plan: &Plan, all: bool) -> Vec<(Option<&'static str>, Rows, Option<usize>)> {
    let most = |lines: usize| (!all).then_some(lines);
    let part = |title: &'static str, rows: Rows| (Some(title), rows, most(LINES_OF_A_PART));
    let mut parts = vec![
        part("WHAT IF", room::added(plan)),
        (None, groups::groups(plan, all), most(LINES_OF_GROUPS)),
        part("COSTS", costs(plan)),
        part("NODES", nodes::nodes(plan)),
        part("GANGS", room::gangs(plan)),
        part("PODS THAT ARE EXPECTED", room::expected(plan)),
        part("ROOM KEPT AHEAD", room::buffers(plan)),
        part("REQUESTS", room::requests(plan)),
        part("PODS THAT CAN'T BE HELPED NOW", pods::pods(plan)),
        part("WHAT THE SCHEDULER IS EXPECTED TO DO", replay(plan)),
        part("FINDINGS", findings(plan)),
        part("NOT LOOKED AT", not_looked_at(plan)),
    ];
    let mut cloud_words = CloudWords::of(plan);
    for row in parts.iter_mut().flat_map(|(_, rows, _)| &mut rows.list) {
        row.sentence = cloud_words.cut(std::mem::take(&mut row.sentence));
    }
    parts
}

fn costs(plan: &Plan) -> Rows {
    Rows::new(plan.bill.iter().flat_map(Bill::sentences).map(|sentence| Row::sentence(Tone::Plain, &sentence)))
}

/// Notes the replay, which is worth a line only when pods may have to wait for another run.
fn replay(plan: &Plan) -> Rows {
    let replay = plan.replay.as_ref().filter(|replay| replay.leaves_pods_waiting());
    Rows::new(replay.map(|replay| Row::sentence(Tone::Warning, replay)))
}

fn findings(plan: &Plan) -> Rows {
    // The row of a blocked group contains this already.
    let is_shown_already = |finding: &&Finding| matches!(finding.code, FindingCode::GroupBlocked { .. });
    let findings = plan.findings.iter().filter(|finding| !is_shown_already(finding));
    Rows::new(findings.map(|finding| Row::sentence(Tone::Warning, &finding.message)))
}

/// States what a run with nothing to do left unread.
fn not_looked_at(plan: &Plan) -> Rows {
    Rows::new(plan.looked_at.launches_left_out.then(|| Row::sentence(Tone::Plain, LAUNCHES_LEFT_OUT)))
}
