//! A plan as HTML: groups as rows, nodes as squares by state before and after, and the plan's own
//! words.

use std::fmt::Write as _;

use super::markup::escaped;
use super::{command, page};
use crate::plan::{GroupReport, NodeDecision, NodeReport, NodeState, Plan, count};
use crate::render::{TableStyle, table};
use crate::snapshot::GroupId;

/// With more groups than this, those that do not change are only counted.
const FEW_GROUPS: usize = 40;
/// The plan's own words are folded to this width.
const WORDS_WIDTH: u16 = 100;

/// What a square means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Square {
    Busy,
    Idle,
    Held,
    Bad,
    Coming,
    New,
    Leaves,
    Gone,
}

impl Square {
    const ALL: [Self; 8] = [Self::Busy, Self::Idle, Self::Held, Self::Bad, Self::Coming, Self::New, Self::Leaves, Self::Gone];

    fn class(self) -> &'static str {
        match self {
            Self::Busy => "n-busy",
            Self::Idle => "n-idle",
            Self::Held => "n-held",
            Self::Bad => "n-bad",
            Self::Coming => "n-coming",
            Self::New => "n-new",
            Self::Leaves => "n-leaves",
            Self::Gone => "n-gone",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Idle => "idle",
            Self::Held => "kept: protected, marked by a person, or not ours to touch",
            Self::Bad => "dead, or its instance is gone",
            Self::Coming => "coming: requested, not Ready yet",
            Self::New => "new by this plan",
            Self::Leaves => "cordoned or drained: a later run ends it",
            Self::Gone => "ended by this plan",
        }
    }

    /// Returns what a node is before the plan.
    fn before(state: &NodeState) -> Self {
        match state {
            NodeState::Busy { .. }
            | NodeState::BusyUnschedulable { .. }
            | NodeState::PodPending { .. }
            | NodeState::OwnNode
            | NodeState::UnderUtilizedUndrainable { .. }
            | NodeState::UnderUtilizedDrainable { .. } => Self::Busy,
            NodeState::RoomKept { .. }
            | NodeState::GroupMinSize { .. }
            | NodeState::LaunchHrGracePeriod { .. }
            | NodeState::TypeGracePeriod { .. }
            | NodeState::GracePeriod { .. }
            | NodeState::IdleSchedulable { .. } => Self::Idle,
            NodeState::IdleUnschedulable { .. } | NodeState::Draining { .. } | NodeState::ReservationEnds { .. } => {
                Self::Leaves
            }
            NodeState::Warm
            | NodeState::Unmanaged
            | NodeState::Contested { .. }
            | NodeState::RegionUnreadable { .. }
            | NodeState::Protected { .. }
            | NodeState::CordonedByPerson => Self::Held,
            NodeState::Dead { .. } | NodeState::InstanceTerminated { .. } | NodeState::Detached => Self::Bad,
            NodeState::Starting { .. } => Self::Coming,
        }
    }

    /// Returns what a node is once the plan is carried out.
    fn after(report: &NodeReport) -> Self {
        match report.decision {
            NodeDecision::Keep => Self::before(&report.state),
            NodeDecision::Uncordon => Self::Busy,
            NodeDecision::Cordon | NodeDecision::Drain => Self::Leaves,
            NodeDecision::Terminate | NodeDecision::Replace | NodeDecision::Delete => Self::Gone,
        }
    }
}

/// Renders a plan. `made_by` is the command that made it.
#[must_use]
pub fn plan_html(plan: &Plan, made_by: &str) -> String {
    let words = table(plan, TableStyle { width: Some(WORDS_WIDTH), ..TableStyle::default() });
    let headline = words.lines().next().unwrap_or_default();
    let at = plan.made_at.strftime("%F %H:%M UTC");
    let body = [
        format!("<h1>{}</h1>\n<p class=\"pale\">{} at {at}</p>\n", escaped(headline), escaped(&plan.cluster.name)),
        format!("<h2>Nodes before and after</h2>\n{}{}", legend(), rows(plan)),
        format!("<h2>The plan in words</h2>\n<pre>{}</pre>\n", escaped(words.trim_end())),
        command(made_by),
    ];
    page(headline, "plan", &body.concat())
}

fn legend() -> String {
    let item =
        |square: Square| format!("<li><span class=\"squares key\">{}</span>{}</li>\n", drawn(square, ""), square.words());
    format!("<ul class=\"legend\">\n{}</ul>\n", Square::ALL.map(item).concat())
}

fn rows(plan: &Plan) -> String {
    let is_shown = |group: &&GroupReport| plan.groups.len() <= FEW_GROUPS || group.changes();
    let shown: Vec<String> = plan.groups.iter().filter(is_shown).map(|group| row(plan, group)).collect();
    let others = plan.groups.len() - shown.len();
    let without: Vec<&NodeReport> = plan.nodes.iter().filter(|node| node.group.is_none()).collect();
    let mut html = format!(
        "<div class=\"wide\"><table class=\"plan\">\n<thead><tr><th scope=\"col\">group</th><th scope=\"col\">before</th>\
         <th scope=\"col\">after</th><th scope=\"col\">in words</th></tr></thead>\n<tbody>\n{}",
        shown.concat()
    );
    if !without.is_empty() {
        let squares = |of: fn(&NodeReport) -> Square| without.iter().map(|node| drawn(of(node), &node_words(node))).collect();
        let (before, after): (String, String) = (squares(|node| Square::before(&node.state)), squares(Square::after));
        html.push_str(&cells("no group", &before, &after, "nodes that no managed group owns"));
    }
    if others > 0 {
        let words = format!("{} without a change", count(others as u64, "more group"));
        html.push_str(&cells(&words, "", "", ""));
    }
    html.push_str("</tbody></table></div>\n");
    html
}

/// Renders a group: its nodes and what is requested of it, before and after.
fn row(plan: &Plan, group: &GroupReport) -> String {
    let is_own = |node: &&NodeReport| node.group.as_ref() == Some(&group.group);
    let nodes: Vec<&NodeReport> = plan.nodes.iter().filter(is_own).collect();
    // A node that has registered and is not Ready stands among the nodes.
    let coming = group.upcoming_nodes.iter().filter(|node| node.node.is_none());
    let coming: String = coming.map(|node| drawn(Square::Coming, &format!("coming in {}", node.zone))).collect();
    let mut before: Vec<(Square, &NodeReport)> = nodes.iter().map(|node| (Square::before(&node.state), *node)).collect();
    let mut after: Vec<(Square, &NodeReport)> = nodes.iter().map(|node| (Square::after(node), *node)).collect();
    for side in [&mut before, &mut after] {
        side.sort_by(|(one, first), (other, second)| one.cmp(other).then_with(|| first.node.cmp(&second.node)));
    }
    let squares = |nodes: Vec<(Square, &NodeReport)>| -> String {
        nodes.into_iter().map(|(square, node)| drawn(square, &node_words(node))).collect()
    };
    let new: String = group.new_nodes.iter().map(|node| drawn(Square::New, &format!("new in {}", node.zone))).collect();
    let before = format!("{}{coming}", squares(before));
    let after = format!("{}{coming}{new}", squares(after));
    cells(&name(&group.group), &before, &after, &group.message)
}

fn name(group: &GroupId) -> String {
    format!("{} in {}", group.name, group.region)
}

fn node_words(node: &NodeReport) -> String {
    format!("{}: {}", node.node, node.message)
}

fn drawn(square: Square, words: &str) -> String {
    let mut html = format!("<i class=\"{}\"", square.class());
    if !words.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(html, " title=\"{}\"", escaped(words));
    }
    html.push_str("></i>");
    html
}

fn cells(name: &str, before: &str, after: &str, words: &str) -> String {
    format!(
        "<tr><th scope=\"row\">{}</th><td><div class=\"squares\">{before}</div></td><td><div class=\"squares\">{after}</div></td>\
         <td>{}</td></tr>\n",
        escaped(name),
        escaped(words)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use crate::policy::Policy;

    /// Every node of a plan is a square on both sides, and every new one on one.
    #[test]
    fn each_node_is_a_square_before_and_after() {
        let plan = crate::plan::plan(&demo::snapshot(), &Policy::default());
        let html = plan_html(&plan, "ec2-autoscale plan --demo");
        let squares = html.matches("<i class=").count() - Square::ALL.len();
        let coming = |group: &GroupReport| group.upcoming_nodes.iter().filter(|node| node.node.is_none()).count();
        let coming: usize = plan.groups.iter().map(coming).sum();
        let new: usize = plan.groups.iter().map(|group| group.new_nodes.len()).sum();
        assert_eq!(squares, 2 * plan.nodes.len() + 2 * coming + new);
        assert_eq!(html.matches("class=\"n-new\"").count(), new + 1);
        assert!(new > 0 && html.contains("ec2-autoscale plan --demo"));
    }
}
