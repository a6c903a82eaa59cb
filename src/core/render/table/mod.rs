//! The plan as a diff that a tired person understands at a glance: the numbers, the groups, the
//! nodes that are removed, the pods that no group can help, and the problems.

mod cloud_words;
mod groups;
mod nodes;
mod owners;
mod page;
mod pods;
mod room;
mod rows;
mod shortened;
pub(super) mod summary;

pub use owners::PodOwners;
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
    /// Whether every row is shown, however many there are.
    pub all: bool,
    /// Whether each pod has a row of its own (`--all`).
    pub each_pod: bool,
}

/// Returns the numbers of a plan in one line.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    summary::summary_line(plan)
}

/// Renders a plan of which nothing else is known.
#[must_use]
pub fn table(plan: &Plan, style: TableStyle) -> String {
    table_by_owner(plan, &PodOwners::default(), style)
}

/// Renders a plan, with the pods of one controller together.
#[must_use]
pub fn table_by_owner(plan: &Plan, owners: &PodOwners, style: TableStyle) -> String {
    let page = Page::new(style.width, style.colour);
    let summary = page.bold(&summary::summary_line(plan));
    let mut text = vec![summary.clone(), summary::schedule_line(plan)];
    for (title, rows, most_lines) in parts(plan, owners, style) {
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
pub(super) fn parts(plan: &Plan, owners: &PodOwners, style: TableStyle) -> Vec<(Option<&'static str>, Rows, Option<usize>)> {
    let TableStyle { all, each_pod, .. } = style;
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
        part("PODS THAT CAN'T BE HELPED NOW", pods::pods(plan, owners, each_pod)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::policy::Policy;
    use crate::snapshot::{Instance, Snapshot};

    /// Returns a cluster of 300 groups in backoff that have long names, and of 2,000 idle nodes.
    fn large() -> Snapshot {
        let mut snapshot = crate::demo::snapshot();
        let groups = snapshot.groups.clone();
        for number in 0..300 {
            let mut group = groups[number % groups.len()].clone();
            group.id.name = format!("eks-gpu-workers-{number}-a8c51b2e-7d0f-9b1c-3c2f-55aa1b2c3d4e");
            group.instances.clear();
            (group.min, group.desired) = (0, 0);
            snapshot.groups.push(group);
        }
        let idle = snapshot.nodes.iter().find(|node| node.name.contains("-1-24")).expect("an idle node").clone();
        let group = snapshot.groups.iter_mut().find(|group| group.id.name == "cpu-west").expect("its group");
        let of_idle =
            group.instances.iter().find(|member| Some(member.id.as_str()) == idle.instance_id()).expect("a member").clone();
        (group.max, group.desired) = (group.max + 2_000, group.desired + 2_000);
        for number in 0..2_000 {
            group.instances.push(Instance { id: format!("i-{number:017x}"), ..of_idle.clone() });
            let mut node = idle.clone();
            node.name = format!("ip-10-3-{}-{}.us-west-2.compute.internal", number / 250, number % 250);
            node.uid = format!("uid-{number}");
            node.provider_id = Some(format!("aws:///us-west-2a/i-{number:017x}"));
            snapshot.nodes.push(node);
        }
        snapshot
    }

    #[test]
    fn a_large_cluster_is_a_page_that_ends_with_its_numbers() {
        let plan = plan(&large(), &Policy { max_scale_in_fraction: 1.0, ..Policy::default() });
        assert!(plan.groups.len() > 300 && plan.nodes.len() > 2_000);
        for width in [60, 80, 120, 200] {
            let style = TableStyle { width: Some(width), ..TableStyle::default() };
            let page = table(&plan, style);
            assert!(page.lines().count() < 120, "{width}: {}\n{page}", page.lines().count());
            let summary = page.lines().next().expect("the numbers");
            let is_folded = |line: &str| line == summary || line.chars().count() <= usize::from(width);
            assert!(page.lines().all(is_folded), "{width}:\n{page}");
            let whole = table(&plan, TableStyle { all: true, ..style });
            assert!(whole.lines().count() > 2_300, "{}", whole.lines().count());
            assert!(page.contains("ip-10-0-1-24.us-west-2.compute.internal and 2000 more"), "{page}");
            assert_eq!(whole.lines().last(), Some(summary));
        }
    }

    #[test]
    fn the_cloud_s_words_are_whole_once() {
        let mut plan = plan(&crate::demo::snapshot(), &Policy::default());
        let blocked = plan.groups.iter().find(|group| group.blocked.is_some() && group.message.contains("(us-west-2b)"));
        let mut another = blocked.expect("a group in backoff").clone();
        another.group.name = "another".into();
        plan.groups.push(another);
        let page = table(&plan, TableStyle::default());
        assert_eq!(page.matches("sufficient p3.16xlarge capacity").count(), 2, "{page}");
        assert_eq!(page.matches("working on provisioning").count(), 1, "{page}");
    }
}
