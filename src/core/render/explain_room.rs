//! The explanations of a CapacityBuffer and of a ProvisioningRequest: where the room for their pods
//! is held, what is bought, and why there is no more.

use comfy_table::Table;

use super::explain_node::requests;
use super::explain_pod::{groups, nodes, ranking};
use super::explanation::{facts, headline, readable_page};
use super::table::{Page, Tone, finished, section};
use crate::duration::moment;
use crate::plan::count;
use crate::plan::explain::{AbsentPodsExplanation, BufferExplanation, HeldOnNode, PodsInWords, RequestExplanation};

/// At most this many nodes with room are shown; JSON lists them all.
const NODES_SHOWN: usize = 12;

/// Renders the explanation of a buffer. `width` is that of the terminal in columns. `colour`
/// switches ANSI colours on.
#[must_use]
pub fn explain_buffer(explanation: &BufferExplanation, width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let report = &explanation.report;
    let mut text = headline(&page, &format!("{}/{}: {}", report.namespace, report.name, report.message));
    let created = match explanation.is_from_file {
        true => "a file has it".to_owned(),
        false => moment(explanation.created_at, explanation.now),
    };
    let known = [
        ("created", Some(created)),
        ("wants", report.wanted.map(|wanted| format!("room for {}", count(u64::from(wanted), "pod")))),
        ("replicas", explanation.replicas.map(|replicas| replicas.to_string())),
        ("percentage", explanation.percentage.map(|percentage| format!("{percentage}% of those that its object has"))),
        ("limits", explanation.limits.as_ref().map(ToString::to_string)),
        ("a pod", explanation.room.as_ref().map(|room| requests(&room.requests))),
    ];
    section(&mut text, None, &facts(&page, known.into_iter().filter_map(|(name, value)| Some((name, value?)))));
    if let Some(room) = &explanation.room {
        add_room(&mut text, room, &page);
    }
    text
}

/// Renders the explanation of a request. `width` is that of the terminal in columns. `colour`
/// switches ANSI colours on.
#[must_use]
pub fn explain_request(explanation: &RequestExplanation, width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let report = &explanation.report;
    let mut text = headline(&page, &format!("{}: {}", report.request, report.message));
    let pods = format!("{}, {} on nodes", count(u64::from(report.pods), "pod"), report.bound);
    let known =
        [("class", report.class.to_string()), ("created", moment(explanation.created_at, explanation.now)), ("pods", pods)];
    section(&mut text, None, &facts(&page, known));
    section(&mut text, Some("CONDITIONS"), &conditions(explanation, &page));
    section(&mut text, Some("WHERE ITS PODS RUN"), &held_on(&explanation.used_on, &page));
    for set in &explanation.pod_sets {
        let mut table = page.table();
        let of_them = format!("{} of PodTemplate {}", count(u64::from(set.count), "pod"), set.template);
        let more = match (&set.room, &set.problem) {
            (Some(room), _) => format!("{} to come; each: {}", room.pods, requests(&room.requests)),
            (None, problem) => problem.clone().unwrap_or_default(),
        };
        table.add_row([page.name(Tone::Plain, &of_them), page.cell(Tone::Plain, more)]);
        section(&mut text, Some("POD SET"), &finished(table));
        if let Some(room) = set.room.as_ref().filter(|room| room.pods > 0) {
            add_room(&mut text, room, &page);
        }
    }
    text
}

fn conditions(explanation: &RequestExplanation, page: &Page) -> Table {
    let mut table = page.table();
    for condition in &explanation.conditions {
        let (kind, since) = (condition.kind, moment(condition.since, explanation.now));
        let words = format!("{} since {since}: {}. {}", condition.holds, condition.reason, condition.message);
        table.add_row([page.name(Tone::Plain, kind.name()), page.cell(Tone::Plain, words)]);
    }
    for due in &explanation.report.conditions {
        let words = format!("{} is written by `apply`: {}. {}", due.holds, due.reason, due.message);
        table.add_row([page.name(Tone::More, due.kind.name()), page.cell(Tone::More, words)]);
    }
    finished(table)
}

/// Adds what becomes of some pods, and whether each node and group would take one of them.
fn add_room(text: &mut String, room: &AbsentPodsExplanation, page: &Page) {
    section(text, Some("WHERE ROOM IS HELD"), &held_on(&room.held_on, page));
    section(text, Some("WHAT BECOMES OF THE OTHERS"), &others(&room.others, page));
    section(text, Some("NODES AS THEY ARE"), &nodes((&room.nodes, &room.nodes_alike), page));
    section(text, Some("GROUPS"), &groups(&room.groups, page));
    section(text, Some("RANKING"), &ranking(&room.ranking, page));
}

fn held_on(nodes: &[HeldOnNode], page: &Page) -> Table {
    let mut table = page.table();
    for HeldOnNode { node, pods } in nodes.iter().take(NODES_SHOWN) {
        table.add_row([page.name(Tone::Plain, node), page.cell(Tone::Plain, count(u64::from(*pods), "pod"))]);
    }
    let left = nodes.get(NODES_SHOWN..).unwrap_or_default();
    if !left.is_empty() {
        let pods: u32 = left.iter().map(|node| node.pods).sum();
        let more = format!("and {}", count(left.len() as u64, "more node"));
        table.add_row([page.name(Tone::Plain, &more), page.cell(Tone::Plain, count(u64::from(pods), "pod"))]);
    }
    finished(table)
}

fn others(others: &[PodsInWords], page: &Page) -> Table {
    let mut table = page.table();
    for PodsInWords { message, pods } in others.iter().take(NODES_SHOWN) {
        table.add_row([page.name(Tone::Plain, &count(u64::from(*pods), "pod")), page.cell(Tone::Plain, message)]);
    }
    let left: u32 = others.iter().skip(NODES_SHOWN).map(|pods| pods.pods).sum();
    if left > 0 {
        table.add_row([page.name(Tone::Plain, &count(u64::from(left), "pod")), page.cell(Tone::Plain, "and so on")]);
    }
    finished(table)
}
