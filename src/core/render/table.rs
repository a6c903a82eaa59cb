//! The plan as a diff that a tired person understands at a glance: the numbers, the groups, the
//! nodes that are removed, the pods that no group can help, and the problems.

use std::borrow::Cow;
use std::collections::BTreeMap;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table};

use super::explanation::align_right;
use crate::fair_order::in_turn;
use crate::plain_text::escaped;
use crate::plan::{
    Bill, BufferOutcome, Finding, FindingCode, GangOutcome, GroupBill, GroupReport, NodeDecision, NodeReport, Plan, PodReport,
    PodVerdict, RequestState, count,
};
use crate::snapshot::{GroupId, ObjectName};

/// At most this many names of pods with the same outcome are written out; JSON lists them all.
const NAMES_SHOWN: usize = 3;
/// With more groups than this, those that do not change are only counted.
const FEW_GROUPS: usize = 12;
const LAUNCHES_LEFT_OUT: &str =
    "what the groups launch (launch templates, images, machine types, zones, spot prices), as nothing needs a new node";
/// In narrower terminals no column is readable: longer lines do less harm.
const LEAST_WIDTH: u16 = 60;

/// Renders a plan. `width` is that of the terminal in columns; without one nothing is folded.
/// `colour` switches ANSI colours on.
#[must_use]
pub fn table(plan: &Plan, width: Option<u16>, colour: bool) -> String {
    let page = Page::new(width, colour);
    let mut text = page.bold(&summary_line(plan));
    text.push_str(&schedule_line(plan));
    section(&mut text, Some("WHAT IF"), &added(plan, &page));
    section(&mut text, None, &groups(plan, &page));
    section(&mut text, Some("COSTS"), &costs(plan, &page));
    section(&mut text, Some("NODES"), &nodes(plan, &page));
    section(&mut text, Some("GANGS"), &gangs(plan, &page));
    section(&mut text, Some("PODS THAT ARE EXPECTED"), &expected(plan, &page));
    section(&mut text, Some("ROOM KEPT AHEAD"), &buffers(plan, &page));
    section(&mut text, Some("REQUESTS"), &requests(plan, &page));
    section(&mut text, Some("PODS THAT CAN'T BE HELPED NOW"), &pods(plan, &page));
    section(&mut text, Some("WHAT THE SCHEDULER IS EXPECTED TO DO"), &replay(plan, &page));
    section(&mut text, Some("FINDINGS"), &findings(plan, &page));
    section(&mut text, Some("NOT LOOKED AT"), &not_looked_at(plan, &page));
    text
}

/// The page: its width, and whether it is in colour.
pub(super) struct Page {
    width: Option<u16>,
    colour: bool,
}

/// The subject of a line, which decides its colour and sign; in the order in which a reader wants
/// to know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tone {
    More,
    Less,
    Warning,
    Plain,
}

impl Tone {
    fn sign(self) -> &'static str {
        match self {
            Self::More => "+",
            Self::Less => "−",
            Self::Warning => "!",
            Self::Plain => " ",
        }
    }

    fn colour(self) -> Option<Color> {
        match self {
            Self::More => Some(Color::Green),
            Self::Less => Some(Color::Red),
            Self::Warning => Some(Color::Yellow),
            Self::Plain => None,
        }
    }
}

impl Page {
    pub(super) fn new(width: Option<u16>, colour: bool) -> Self {
        Self { width: width.map(|width| width.max(LEAST_WIDTH)), colour }
    }

    /// Returns how many columns it has; without a width, as many as anything takes.
    pub(super) fn columns(&self) -> usize {
        self.width.map_or(usize::MAX, usize::from)
    }

    /// Makes the first line bold.
    pub(super) fn bold(&self, line: &str) -> String {
        let line = escaped(line);
        if self.colour { format!("\u{1b}[1m{line}\u{1b}[0m\n") } else { format!("{line}\n") }
    }

    pub(super) fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(NOTHING);
        match self.width {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        match self.colour {
            true => table.enforce_styling(),
            false => table.force_no_tty(),
        };
        table
    }

    /// Returns a first cell: the sign and the name.
    pub(super) fn name(&self, tone: Tone, name: &str) -> Cell {
        self.names(tone, [name])
    }

    /// Returns a first cell of several names, one per line. The sign stands before the first; the
    /// others keep its margin.
    pub(super) fn names(&self, tone: Tone, names: impl IntoIterator<Item = impl AsRef<str>>) -> Cell {
        let signs = std::iter::once(tone.sign()).chain(std::iter::repeat(" "));
        self.cell_of_lines(tone, signs.zip(names).map(|(sign, name)| format!("{sign} {}", name.as_ref())))
    }

    /// Returns a cell. Text that others wrote stays within it: its line breaks and control
    /// characters are escaped.
    pub(super) fn cell(&self, tone: Tone, text: impl ToString) -> Cell {
        self.cell_of_lines(tone, [text])
    }

    /// Returns a cell of several lines, each of them as in [`Page::cell`].
    pub(super) fn cell_of_lines(&self, tone: Tone, lines: impl IntoIterator<Item = impl ToString>) -> Cell {
        let lines: Vec<String> = lines.into_iter().map(|line| escaped(&line.to_string()).into_owned()).collect();
        let cell = Cell::new(lines.join("\n"));
        match tone.colour().filter(|_| self.colour) {
            Some(colour) => cell.fg(colour),
            None => cell,
        }
    }
}

/// Adds a part of the page, and leaves it out when it has no lines.
pub(super) fn section(text: &mut String, title: Option<&str>, table: &Table) {
    if table.row_count() == 0 {
        return;
    }
    text.push('\n');
    if let Some(title) = title {
        text.push_str(title);
        text.push('\n');
    }
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// Returns the finished table, without a margin on the left.
pub(super) fn finished(mut table: Table) -> Table {
    if let Some(names) = table.column_mut(0) {
        names.set_padding((0, 1));
    }
    table
}

/// Returns a line such as `3 groups change: +7 nodes, −2 nodes; 12 pods helped, 1 can't be`.
/// Returns which schedules of the policy file the plan follows; nothing without such.
fn schedule_line(plan: &Plan) -> String {
    let in_force = plan.policy.in_force.as_ref();
    in_force.map(|in_force| format!("{}\n", escaped(&in_force.words(plan.made_at)))).unwrap_or_default()
}

fn summary_line(plan: &Plan) -> String {
    let summary = &plan.summary;
    let mut line = match summary.groups_changed {
        0 if summary.nodes_uncordoned == 0 && summary.nodes_deleted == 0 => "nothing to change".to_owned(),
        0 => format!("no group changes: {}", node_changes(plan)),
        1 => format!("1 group changes: {}", node_changes(plan)),
        groups => format!("{groups} groups change: {}", node_changes(plan)),
    };
    line.push_str("; ");
    line.push_str(&pods_words(plan));
    if !summary.complete {
        line.push_str(" – INCOMPLETE, see the findings");
    }
    line
}

/// Returns words such as `12 pods helped, 1 can't be`.
fn pods_words(plan: &Plan) -> String {
    let summary = &plan.summary;
    let pods = |number: u32| count(u64::from(number), "pod");
    let mut words = Vec::new();
    if summary.pods_helped > 0 {
        words.push(format!("{} helped", pods(summary.pods_helped)));
    }
    match (summary.pods_unhelped, summary.pods_helped) {
        (0, _) => {}
        (unhelped, 0) => words.push(format!("{} can't be helped", pods(unhelped))),
        (unhelped, _) => words.push(format!("{unhelped} can't be")),
    }
    if summary.pods_waiting > 0 {
        words.push(format!("{} for an unreadable region", wait(summary.pods_waiting)));
    }
    if words.is_empty() { "no pod is pending for want of a node".to_owned() } else { words.join(", ") }
}

fn wait(pods: u32) -> String {
    if pods == 1 { "1 waits".to_owned() } else { format!("{pods} wait") }
}

fn node_changes(plan: &Plan) -> String {
    let summary = &plan.summary;
    let changes = [
        (summary.nodes_added, format!("+{}", count(u64::from(summary.nodes_added), "node"))),
        (summary.nodes_removed, format!("−{}", count(u64::from(summary.nodes_removed), "node"))),
        (summary.nodes_cordoned, format!("{} cordoned to go", summary.nodes_cordoned)),
        (summary.nodes_drained, format!("{} drained to go", summary.nodes_drained)),
        (
            summary.instances_replaced,
            format!("{} replaced", count(u64::from(summary.instances_replaced), "unhealthy instance")),
        ),
        (summary.nodes_uncordoned, format!("{} schedulable again", summary.nodes_uncordoned)),
        (summary.nodes_deleted, format!("{} deleted", count(u64::from(summary.nodes_deleted), "leftover Node"))),
    ];
    let taken_back: i64 = plan.groups.iter().map(|group| group.taken_back).sum();
    let reverts = (taken_back > 0).then(|| format!("{taken_back} asked for no more"));
    let changes = changes.into_iter().filter(|(nodes, _)| *nodes > 0).map(|(_, words)| words);
    changes.chain(reverts).collect::<Vec<_>>().join(", ")
}

/// Lists what happens to the pods of manifests.
fn added(plan: &Plan, page: &Page) -> Table {
    let mut table = page.table();
    for added in &plan.added {
        let tone = match (added.not_placed.is_empty(), added.places.on_new_nodes.is_empty()) {
            (false, _) => Tone::Warning,
            (true, false) => Tone::More,
            (true, true) => Tone::Plain,
        };
        table.add_row([page.name(tone, &added.message)]);
    }
    for without in &plan.without {
        let tone = match without.not_placed.is_empty() && without.lost.is_empty() {
            false => Tone::Warning,
            true if without.places.on_new_nodes.is_empty() => Tone::Plain,
            true => Tone::More,
        };
        table.add_row([page.name(tone, &without.message)]);
    }
    finished(table)
}

fn groups(plan: &Plan, page: &Page) -> Table {
    let mut table = page.table();
    if plan.groups.is_empty() {
        return table;
    }
    let mut header = vec!["  GROUP", "REGION", "NODES", "MIN", "MAX"];
    header.extend(plan.bill.as_ref().map(|_| "COSTS"));
    header.push("WHY");
    table.set_header(header);
    let mut shown: Vec<(Tone, &GroupReport)> = plan.groups.iter().map(|group| (group_tone(group), group)).collect();
    // Groups that change come first; within that, the order in which groups are tried.
    shown.sort_by_key(|(tone, _)| *tone);
    if shown.len() > FEW_GROUPS {
        shown.retain(|(tone, _)| *tone != Tone::Plain);
    }
    let hidden = plan.groups.len() - shown.len();
    let bills: BTreeMap<&GroupId, &GroupBill> =
        plan.bill.iter().flat_map(|bill| &bill.groups).map(|bill| (&bill.group, bill)).collect();
    for (tone, group) in shown {
        let mut row = vec![
            page.name(tone, &group.group.name),
            page.cell(tone, &group.group.region),
            page.cell(tone, now_then(group)),
            page.cell(tone, group.min),
            page.cell(tone, group.max),
        ];
        row.extend(bills.get(&group.group).map(|bill| page.cell(tone, bill)));
        row.push(page.cell(tone, &group.message));
        table.add_row(row);
    }
    if hidden > 0 {
        table.add_row([page.name(Tone::Plain, &format!("{hidden} more"))]);
    }
    align_right(&mut table, [3, 4]);
    finished(table)
}

fn costs(plan: &Plan, page: &Page) -> Table {
    let mut table = page.table();
    for sentence in plan.bill.iter().flat_map(Bill::sentences) {
        table.add_row([page.name(Tone::Plain, &sentence)]);
    }
    finished(table)
}

fn group_tone(group: &GroupReport) -> Tone {
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

fn nodes(plan: &Plan, page: &Page) -> Table {
    let mut table = page.table();
    let changed = |node: &&NodeReport| node.decision != NodeDecision::Keep;
    for node in plan.nodes.iter().filter(changed) {
        let tone = if node.decision == NodeDecision::Uncordon { Tone::More } else { Tone::Less };
        let group = node.group.as_ref().map_or("", |group| &group.name);
        table.add_row([page.name(tone, &node.node), page.cell(tone, group), page.cell(tone, &node.message)]);
    }
    for number in [0, 1] {
        if let Some(names) = table.column_mut(number) {
            names.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    finished(table)
}

/// Lists the gangs, a line each.
fn gangs(plan: &Plan, page: &Page) -> Table {
    let mut table = page.table();
    for gang in &plan.gangs {
        let tone = match gang.outcome {
            GangOutcome::WithoutRoom => Tone::Warning,
            _ if !gang.places.on_new_nodes.is_empty() => Tone::More,
            GangOutcome::Runs | GangOutcome::HasRoom | GangOutcome::Incomplete => Tone::Plain,
        };
        let name = format!("{}/{}", gang.namespace, gang.gang.name);
        table.add_row([page.name(tone, &name), page.cell(Tone::Plain, &gang.message)]);
    }
    finished(table)
}

/// Lists the objects that are about to have more pods, a line each.
fn expected(plan: &Plan, page: &Page) -> Table {
    let mut table = page.table();
    for expected in &plan.expected {
        let tone = if expected.places.on_new_nodes.is_empty() { Tone::Plain } else { Tone::More };
        table.add_row([page.name(tone, &expected.room_for.object.to_string()), page.cell(Tone::Plain, &expected.message)]);
    }
    finished(table)
}

/// Lists the CapacityBuffers, a line each.
fn buffers(plan: &Plan, page: &Page) -> Table {
    let mut table = page.table();
    for buffer in &plan.buffers {
        let tone = match buffer.outcome {
            BufferOutcome::Short | BufferOutcome::Unresolved => Tone::Warning,
            _ if !buffer.places.on_new_nodes.is_empty() => Tone::More,
            BufferOutcome::Whole | BufferOutcome::Filling | BufferOutcome::Empty | BufferOutcome::OtherStrategy => Tone::Plain,
        };
        let name = format!("{}/{}", buffer.namespace, buffer.name);
        table.add_row([page.name(tone, &name), page.cell(Tone::Plain, &buffer.message)]);
    }
    finished(table)
}

/// Lists the ProvisioningRequests, a line each.
fn requests(plan: &Plan, page: &Page) -> Table {
    let mut table = page.table();
    for report in &plan.requests {
        let tone = match &report.state {
            RequestState::WithoutRoom { .. } | RequestState::Fails { .. } | RequestState::Unknown => Tone::Warning,
            _ if !report.places.on_new_nodes.is_empty() => Tone::More,
            RequestState::Provisioned
            | RequestState::Coming { .. }
            | RequestState::Booked { .. }
            | RequestState::BookingEnds { .. }
            | RequestState::LeftToAnother { .. } => Tone::Plain,
        };
        table.add_row([page.name(tone, &report.request.to_string()), page.cell(Tone::Plain, &report.message)]);
    }
    finished(table)
}

/// Lists the pods whose gang is not listed. Those with the same outcome share a line.
fn pods(plan: &Plan, page: &Page) -> Table {
    let mut alike: BTreeMap<Cow<'_, str>, Vec<&PodReport>> = BTreeMap::new();
    let is_listed = |pod: &&PodReport| !is_of_listed_gang(pod) && (pod.verdict.is_unhelped() || is_waiting(pod));
    for pod in plan.pods.iter().filter(is_listed) {
        alike.entry(pod.shared_message()).or_default().push(pod);
    }
    let mut lines: Vec<(Vec<&ObjectName>, String)> = Vec::new();
    for (shared, pods) in alike {
        let message = if let [alone] = pods[..] { alone.message.clone() } else { shared.into_owned() };
        lines.push((pods.into_iter().map(|report| &report.pod).collect(), message));
    }
    lines.sort();
    let mut table = page.table();
    for (names, message) in lines {
        table.add_row([page.name(Tone::Warning, &some_of(&names)), page.cell(Tone::Plain, message)]);
    }
    finished(table)
}

fn is_of_listed_gang(pod: &PodReport) -> bool {
    matches!(pod.verdict, PodVerdict::GangIncomplete { .. } | PodVerdict::GangWithoutRoom { .. })
}

fn is_waiting(pod: &PodReport) -> bool {
    matches!(pod.verdict, PodVerdict::WaitsForRegion { .. })
}

/// Returns some of the names, of as many namespaces as there is room for, so that one of them does
/// not hide the others.
fn some_of(names: &[&ObjectName]) -> String {
    let shown = in_turn(names.iter().copied(), |name| name.namespace.clone());
    let shown: Vec<String> = shown.into_iter().take(NAMES_SHOWN).map(ToString::to_string).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Notes the replay, which is worth a line only when pods may have to wait for another run.
fn replay(plan: &Plan, page: &Page) -> Table {
    let mut table = page.table();
    if let Some(replay) = plan.replay.as_ref().filter(|replay| replay.leaves_pods_waiting()) {
        table.add_row([page.name(Tone::Warning, &replay.to_string())]);
    }
    finished(table)
}

/// States what a run with nothing to do left unread.
fn not_looked_at(plan: &Plan, page: &Page) -> Table {
    let mut table = page.table();
    if plan.looked_at.launches_left_out {
        table.add_row([page.name(Tone::Plain, LAUNCHES_LEFT_OUT)]);
    }
    finished(table)
}

fn findings(plan: &Plan, page: &Page) -> Table {
    let mut table = page.table();
    // The row of a blocked group contains this already.
    let is_shown_already = |finding: &Finding| matches!(finding.code, FindingCode::GroupBlocked { .. });
    for finding in plan.findings.iter().filter(|finding| !is_shown_already(finding)) {
        table.add_row([page.name(Tone::Warning, &finding.message)]);
    }
    finished(table)
}
