//! Suggested groups as a page: what to add, what it costs, what becomes of the pods, and who is
//! left.

use comfy_table::Table;

use super::explanation::{facts, first_of, headline, readable_page};
use super::table::{Page, Tone, finished, section};
use crate::snapshot::{Market, ObjectName};
use crate::suggest::{LeftPods, PlanNumbers, SuggestedGroup, Suggestions};

/// At most this many names of pods are written out; JSON lists them all.
const NAMES_SHOWN: usize = 3;

/// Renders suggestions. `width` is that of the terminal in columns; `colour` switches ANSI colours
/// on.
#[must_use]
pub fn suggestions(suggestions: &Suggestions, width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let mut text = headline(&page, &suggestions.message);
    for group in &suggestions.groups {
        let title = format!("ADD {}", crate::plain_text::escaped(&group.group.to_string()));
        section(&mut text, Some(&title), &facts(&page, facts_of(group)));
    }
    section(&mut text, Some("THE NEXT PLAN"), &outcomes(suggestions, &page));
    section(&mut text, Some("PODS THAT NO NEW GROUP WOULD HELP"), &left(&suggestions.left, &page));
    text
}

fn facts_of(group: &SuggestedGroup) -> Vec<(&'static str, String)> {
    let of_a_node = group.of_a_node.map(|price| format!(", at most {price} each")).unwrap_or_default();
    let mut facts = vec![
        ("machines", format!("{} ({}, {}){of_a_node}", group.machine_types.join(", "), group.architecture, group.market)),
        ("zones", group.zones.join(", ")),
        ("size", format!("0 to {}", group.max)),
    ];
    let mut add = |name: &'static str, words: Option<String>| facts.extend(words.map(|words| (name, words)));
    add("volume", group.root_volume_gib.map(|size| format!("{size} GiB for containers")));
    add("network", (group.efa_interfaces > 0).then(|| format!("{} EFA interfaces", group.efa_interfaces)));
    let labels: Vec<String> = group.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    add("labels", (!labels.is_empty()).then(|| labels.join(", ")));
    let taints: Vec<String> = group.taints.iter().map(ToString::to_string).collect();
    add("taints", (!taints.is_empty()).then(|| taints.join(", ")));
    let amounts: Vec<String> =
        group.resources.iter().map(|(name, _)| format!("{name} {}", group.resources.quantity(name))).collect();
    add("by tags", (!amounts.is_empty()).then(|| amounts.join(", ")));
    let cost = group.usd_per_hour.map(|cost| format!(", {cost}")).unwrap_or_default();
    add("now", Some(format!("{}{cost}", crate::plan::count(u64::from(group.nodes), "node"))));
    add("for", Some(names(&group.pods)));
    let others: Vec<String> = group
        .runners_up
        .iter()
        .map(|other| {
            let cost = other.usd_per_hour.map(|cost| format!(" {cost}")).unwrap_or_default();
            format!("{} × {}{cost}", other.nodes, other.machine_type)
        })
        .collect();
    add("or", (!others.is_empty()).then(|| others.join(", ")));
    if group.market == Market::Spot {
        add("mind", Some("spot instances may be taken back".to_owned()));
    }
    facts
}

fn names(pods: &[ObjectName]) -> String {
    let names: Vec<String> = pods.iter().map(ToString::to_string).collect();
    first_of(&names, NAMES_SHOWN)
}

fn outcomes(suggestions: &Suggestions, page: &Page) -> Table {
    if suggestions.groups.is_empty() {
        return page.table();
    }
    let words = |outcome: &PlanNumbers| {
        let cost = outcome.usd_per_hour.map(|cost| format!(", {cost}")).unwrap_or_default();
        let nodes = crate::plan::count(u64::from(outcome.nodes_added), "new node");
        format!("{} pods helped, {} not; {nodes}{cost}", outcome.pods_helped, outcome.pods_unhelped)
    };
    facts(page, [("as it is", words(&suggestions.before)), ("with them", words(&suggestions.after))])
}

fn left(left: &[LeftPods], page: &Page) -> Table {
    let mut table = page.table();
    for LeftPods { pods, why: _, message, remedy } in left {
        let words = [message.clone(), format!("→ {remedy}")];
        table.add_row([page.name(Tone::Warning, &names(pods)), page.cell_of_lines(Tone::Plain, words)]);
    }
    finished(table)
}
