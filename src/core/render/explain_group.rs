//! The explanation of one group: whether it can grow, when it is tried, and what a new node of it
//! would be like, fact by fact with its source.

use std::collections::BTreeMap;

use comfy_table::Table;

use super::explanation::{align_right, facts, headline, keep_whole, readable_page};
use super::table::{Page, Tone, finished, section};
use crate::plan::FactSource;
use crate::plan::count;
use crate::plan::explain::{CloudChooses, GapFact, GroupExplanation, OverheadFact, TemplateExplanation, VariantExplanation};
use crate::snapshot::{NoZoneChoice, Resources, amount};
use crate::well_known::labels::PLACES_OF_THE_CLOUD;

/// At most this many instance types are listed one by one; JSON lists them all.
const TYPES_SHOWN: usize = 12;

/// Renders the explanation of a group. `width` is that of the terminal in columns. `colour`
/// switches ANSI colours on.
#[must_use]
pub fn explain_group(explanation: &GroupExplanation, width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let report = &explanation.report;
    let mut text = headline(&page, &format!("{}: {}", report.group, report.message));
    section(&mut text, None, &growth(explanation, &page));
    let automatic = explanation.automatic.iter().map(|fact| (fact.name(), fact.to_string()));
    section(&mut text, Some("CHANGES BY ITSELF"), &facts(&page, automatic));
    if let Some(template) = &explanation.template {
        new_node(&mut text, template, &page);
    }
    if let Some(detail) = &explanation.template_unknown {
        section(&mut text, Some("A NEW NODE"), &facts(&page, [("unknown", detail.clone())]));
    }
    let mut findings = page.table();
    for finding in &explanation.findings {
        findings.add_row([page.name(Tone::Warning, &finding.message)]);
    }
    section(&mut text, Some("FINDINGS"), &finished(findings));
    text
}

/// Returns whether it can grow, between which bounds, and when it is tried.
fn growth(explanation: &GroupExplanation, page: &Page) -> Table {
    let GroupExplanation { health, limits, rank, .. } = explanation;
    let grows = match &health.block {
        None => format!("yes, by {} at most", count(u64::from(limits.headroom_nodes), "node")),
        Some(block) => format!("no: {block}"),
    };
    let weights = match limits.weight_of_a_node {
        1 => String::new(),
        weight => format!("; a node counts {weight} at most"),
    };
    let capacity = format!("desired {}, live {}, min {}, max {}{weights}", limits.desired, limits.live, limits.min, limits.max);
    let mut lines = vec![("can grow", grows)];
    lines.extend(
        health.backoff.iter().filter(|backoff| Some(*backoff) != health.block.as_ref()).map(|it| ("also", it.to_string())),
    );
    // If a single failure closes everything, its words are above.
    let parts = &explanation.report.closed;
    lines.extend(parts.iter().filter(|_| health.backoff.is_none() || parts.len() > 1).map(|it| ("closed", it.to_string())));
    lines.extend(health.removes_nothing.iter().map(|why| ("removal", format!("none: {why}"))));
    lines.push(("capacity", capacity));
    if health.gap != GapFact::None {
        lines.push(("missing", health.gap.to_string()));
    }
    if health.joining > 0 {
        lines.push(("joining", format!("{} not yet a node", count(u64::from(health.joining), "instance"))));
    }
    if health.never_registered > 0 {
        lines.push(("lost", format!("{} never became a node", count(u64::from(health.never_registered), "instance"))));
    }
    lines.push(("tried", rank.to_string()));
    match explanation.cloud_chooses {
        None => lines.push(("zones", "the plan chooses that of each new node".to_owned())),
        Some(CloudChooses::NotPossible { reason: NoZoneChoice::Unread }) => {}
        Some(why) => lines.push(("zones", format!("the cloud chooses that of each new node: {why}"))),
    }
    lines.extend(explanation.reserved.iter().map(|fact| ("reserved", fact.to_string())));
    lines.extend(explanation.placement.iter().map(|placement| ("placement", placement.to_string())));
    lines.extend(explanation.made_by.iter().map(|made_by| ("made by", made_by.clone())));
    lines.extend(explanation.price.as_ref().map(|price| ("a node", price.to_string())));
    lines.extend(explanation.bill.as_ref().map(|bill| ("costs", bill.to_string())));
    if !explanation.balanced_with.is_empty() {
        let names: Vec<&str> = explanation.balanced_with.iter().map(|group| group.name.as_str()).collect();
        lines.push(("balanced", format!("with {}", names.join(", "))));
    }
    facts(page, lines)
}

fn new_node(text: &mut String, template: &TemplateExplanation, page: &Page) {
    let types = template.machine_types.iter().take(TYPES_SHOWN).cloned().collect::<Vec<_>>().join(", ");
    let types = match template.machine_types.len().saturating_sub(TYPES_SHOWN) {
        0 => types,
        more => format!("{types} and {more} more"),
    };
    let where_and_what = [("types", types), ("zones", template.zones.join(", "))];
    section(text, Some("A NEW NODE"), &facts(page, where_and_what));
    section(text, None, &amounts(template, page));
    section(text, Some("DAEMONSETS ON IT"), &daemons(template, page));
    let taints = template.taints.iter().map(|fact| (fact.taint.to_string(), fact.source.to_string()));
    section(text, Some("TAINTS"), &sourced(page, taints));
    let labels = template.labels.iter().map(|fact| (format!("{}={}", fact.key, fact.value), fact.source.to_string()));
    section(text, Some("LABELS"), &sourced(page, labels));
    let limits = template.csi_limits.iter().map(|fact| (format!("{} of {}", fact.limit, fact.driver), fact.source.to_string()));
    section(text, Some("VOLUMES AT MOST"), &sourced(page, limits));
    section(text, Some("BY TYPE"), &by_type(template, page));
}

/// Returns what it offers, and what the DaemonSets leave of that.
fn amounts(template: &TemplateExplanation, page: &Page) -> Table {
    let mut table = page.table();
    table.set_header(["  RESOURCE", "OFFERED", "LEFT FOR PODS", "SOURCE"]);
    for fact in &template.allocatable {
        // What was written as a quantity can be read back as one.
        let offered = Resources::parse([(fact.resource.as_str(), fact.amount.as_str())]).unwrap_or_default();
        let readable = |from: &Resources| amount(&fact.resource, from.get(&fact.resource));
        table.add_row([
            page.name(Tone::Plain, &fact.resource),
            page.cell(Tone::Plain, readable(&offered)),
            page.cell(Tone::Plain, readable(&template.free)),
            page.cell(Tone::Plain, &fact.source),
        ]);
    }
    align_right(&mut table, [1, 2]);
    keep_whole(&mut table, 0);
    finished(table)
}

fn daemons(template: &TemplateExplanation, page: &Page) -> Table {
    let mut table = page.table();
    for daemon in &template.daemon_requests {
        let variants = template.variants.len();
        let everywhere = usize::try_from(daemon.variants).is_ok_and(|on| on == variants);
        let requests = if daemon.requests.is_empty() { "nothing".to_owned() } else { daemon.requests.to_string() };
        let limits = if everywhere { String::new() } else { format!(" (on {} of {variants} variants)", daemon.variants) };
        table.add_row([
            page.name(Tone::Plain, &daemon.daemon_set.to_string()),
            page.cell(Tone::Plain, format!("{requests}{limits}")),
        ]);
    }
    let OverheadFact { requests, source } = &template.overhead;
    if matches!(source, FactSource::LiveNodes { .. }) && !requests.is_empty() {
        let all = page.cell(Tone::Plain, format!("{requests}, as seen on {source}"));
        table.add_row([page.name(Tone::Plain, "all that comes with it"), all]);
    }
    finished(table)
}

/// Lays out facts beside their sources.
fn sourced(page: &Page, facts: impl Iterator<Item = (String, String)>) -> Table {
    let mut table = page.table();
    for (fact, source) in facts {
        table.add_row([page.name(Tone::Plain, &fact), page.cell(Tone::Plain, source)]);
    }
    finished(table)
}

/// Returns what the types of a mixed group offer, and the labels that only some variants have.
fn by_type(template: &TemplateExplanation, page: &Page) -> Table {
    let mut table = page.table();
    if template.machine_types.len() < 2 {
        return table;
    }
    let mut types: BTreeMap<&str, &VariantExplanation> = BTreeMap::new();
    for variant in &template.variants {
        types.entry(&variant.machine_type).or_insert(variant);
    }
    let named = template.machine_types.iter().take(TYPES_SHOWN);
    for variant in named.filter_map(|name| types.get(name.as_str())) {
        table.add_row([
            page.name(Tone::Plain, &variant.machine_type),
            page.cell(Tone::Plain, &variant.allocatable),
            page.cell(Tone::Plain, labels_of_its_own(template, variant).join(", ")),
        ]);
    }
    keep_whole(&mut table, 0);
    finished(table)
}

/// Returns the labels that not all variants have, except those of Kubernetes itself, which describe
/// the place and the kind of a node.
fn labels_of_its_own(template: &TemplateExplanation, variant: &VariantExplanation) -> Vec<String> {
    let is_well_known = |key: &str| {
        let domain = key.split_once('/').map_or("", |(domain, _)| domain);
        domain == "kubernetes.io" || domain.ends_with(".kubernetes.io") || PLACES_OF_THE_CLOUD.contains(&key)
    };
    let is_common = |key: &str| template.labels.iter().any(|fact| fact.key == key);
    let own = variant.labels.iter().filter(|(key, _)| !is_common(key) && !is_well_known(key));
    own.map(|(key, value)| format!("{key}={value}")).collect()
}
