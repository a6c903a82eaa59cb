//! The explanation of one pod: its verdict, then every node and every group with the rule that
//! refuses it.

use comfy_table::Table;

use super::explanation::{first_lines, first_of, headline, readable_page};
use super::table::{Page, Tone, finished, section};
use crate::plan::PodVerdict;
use crate::plan::count;
use crate::plan::explain::{GroupVerdict, NodeVerdict, NodesAlike, PodExplanation, RankStep};

/// At most this many names of nodes with the same answer are written out; JSON lists them all.
const NODES_SHOWN: usize = 3;
/// At most this many steps of the ranking are shown; JSON lists them all.
const STEPS_SHOWN: usize = 12;
/// At most this many names of groups with the same answer are written out, one per line.
const GROUPS_SHOWN: usize = 12;

/// Renders the explanation of a pod. `width` is that of the terminal in columns. `colour` switches
/// ANSI colours on.
#[must_use]
pub fn explain_pod(explanation: &PodExplanation, width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let mut text = headline(&page, &format!("{} {}", explanation.pod, sentence(explanation)));
    section(&mut text, Some("NODES"), &nodes((&explanation.nodes, &explanation.nodes_alike), &page));
    section(&mut text, Some("GROUPS"), &groups(&explanation.groups, &page));
    section(&mut text, Some("RANKING"), &ranking(&explanation.ranking, &page));
    text
}

/// Returns the verdict. If it consists of the refusals of all groups, these have lines of their
/// own.
fn sentence(explanation: &PodExplanation) -> String {
    match &explanation.verdict {
        _ if explanation.bound_to.is_some() => {
            format!("{}; if it had to move:", explanation.message)
        }
        Some(PodVerdict::CannotHelp { refusals }) if !refusals.is_empty() => {
            let would = explanation.groups.iter().filter(|group| group.refusal.is_none()).count();
            let fitting = explanation.nodes.iter().filter(|node| node.misfit.is_none()).count();
            // Alone it would fit, but the plan is about all pods together.
            match fitting + would {
                0 => "can't be helped: no node takes it, and no new node of any group would".to_owned(),
                _ => format!("can't be helped, as other pods come first: {}", explanation.message),
            }
        }
        Some(PodVerdict::NotModelled { .. }) => format!("can't be judged: {}", explanation.message),
        _ => explanation.message.clone(),
    }
}

/// Lists the nodes, those with the same verdict together.
pub(super) fn nodes((each, alike): (&[NodeVerdict], &[NodesAlike]), page: &Page) -> Table {
    let mut table = page.table();
    for alike in alike {
        let tone = if takes_it(each, alike.nodes.first()) { Tone::More } else { Tone::Plain };
        let names = first_of(&alike.nodes, NODES_SHOWN);
        table.add_row([
            page.name(tone, &count(alike.nodes.len() as u64, "node")),
            page.cell_of_lines(tone, [&alike.message, &names]),
        ]);
    }
    if each.is_empty() {
        table.add_row([page.name(Tone::Plain, "there is none")]);
    }
    finished(table)
}

fn takes_it(answers: &[NodeVerdict], node: Option<&String>) -> bool {
    answers.iter().any(|answer| Some(&answer.node) == node && answer.misfit.is_none())
}

/// Lists the groups. Those with the same words stand together, in the order in which the first of
/// them is tried; those that fit come first.
pub(super) fn groups(answers: &[GroupVerdict], page: &Page) -> Table {
    let mut alike: Vec<(Tone, &str, Vec<String>)> = Vec::new();
    for GroupVerdict { group, refusal, message } in answers {
        let tone = if refusal.is_none() { Tone::More } else { Tone::Plain };
        match alike.iter_mut().find(|(known, words, _)| (*known, *words) == (tone, message.as_str())) {
            Some((_, _, names)) => names.push(group.to_string()),
            None => alike.push((tone, message, vec![group.to_string()])),
        }
    }
    alike.sort_by_key(|(tone, _, _)| *tone);
    let mut table = page.table();
    for (tone, words, names) in alike {
        table.add_row([page.names(tone, first_lines(&names, GROUPS_SHOWN)), page.cell(tone, words)]);
    }
    if answers.is_empty() {
        table.add_row([page.name(Tone::Plain, "none is managed")]);
    }
    finished(table)
}

/// Explains the order in which the groups that the pod fits are tried.
pub(super) fn ranking(steps: &[RankStep], page: &Page) -> Table {
    let mut table = page.table();
    for (number, step) in (1..).zip(steps.iter().take(STEPS_SHOWN)) {
        table.add_row([page.name(Tone::Plain, &i32::to_string(&number)), page.cell(Tone::Plain, &step.message)]);
    }
    if let more @ 1.. = steps.len().saturating_sub(STEPS_SHOWN) {
        table
            .add_row([page.name(Tone::Plain, "…"), page.cell(Tone::Plain, format!("and {}", count(more as u64, "more step")))]);
    }
    finished(table)
}
