//! The groups: those that change first, and why the others do not.

use std::collections::BTreeMap;

use super::page::Tone;
use super::rows::{Row, Rows};
use super::shortened::{FEW_ROWS, SharedAnswer};
use crate::plan::{GroupBill, GroupReport, Plan};
use crate::snapshot::GroupId;

pub(super) fn groups(plan: &Plan, all: bool) -> Rows {
    let mut shown: Vec<(Tone, &GroupReport)> = plan.groups.iter().map(|group| (tone(group), group)).collect();
    // Within a tone it is the order in which groups are tried.
    shown.sort_by_key(|(tone, _)| *tone);
    if shown.len() > FEW_ROWS && !all {
        shown.retain(|(tone, _)| *tone != Tone::Plain);
    }
    let unchanged = plan.groups.len() - shown.len();
    let bills: BTreeMap<&GroupId, &GroupBill> =
        plan.bill.iter().flat_map(|bill| &bill.groups).map(|bill| (&bill.group, bill)).collect();
    let rows = shown.into_iter().map(|(tone, group)| row(tone, group, plan.bill.is_some(), bills.get(&group.group).copied()));
    let others = (unchanged > 0).then(|| Row::named(Tone::Plain, &format!("{unchanged} more"), ""));
    Rows { header: header(plan), numbers: &[3, 4], list: rows.chain(others).collect() }
}

fn header(plan: &Plan) -> Vec<&'static str> {
    let costs = plan.bill.as_ref().map(|_| "COSTS");
    let header = ["  GROUP", "REGION", "NODES", "MIN", "MAX"].into_iter().chain(costs).chain(["WHY"]);
    if plan.groups.is_empty() { Vec::new() } else { header.collect() }
}

fn row(tone: Tone, group: &GroupReport, has_costs: bool, bill: Option<&GroupBill>) -> Row {
    let GroupId { name, region } = &group.group;
    let mut cells = vec![name.clone(), region.clone(), now_then(group), group.min.to_string(), group.max.to_string()];
    cells.extend(has_costs.then(|| bill.map(ToString::to_string).unwrap_or_default()));
    let blocked = group.blocked.as_ref().filter(|_| tone == Tone::Warning);
    let answer = blocked.map(|block| SharedAnswer { of: region.clone(), code: <&str>::from(block).to_owned() });
    Row { tone, cells, sentence: group.message.clone(), sentence_tone: tone, answer }
}

fn tone(group: &GroupReport) -> Tone {
    if group.added > 0 {
        Tone::More
    } else if group.changes() {
        Tone::Less
    } else if group.blocked.is_some() && group.message != "no change" {
        Tone::Warning
    } else {
        Tone::Plain
    }
}

fn now_then(group: &GroupReport) -> String {
    match group.desired == group.desired_after {
        true => group.desired.to_string(),
        false => format!("{} → {}", group.desired, group.desired_after),
    }
}
