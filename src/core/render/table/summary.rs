//! The numbers of a plan in one line.

use crate::plain_text::escaped;
use crate::plan::{Plan, count};

/// Returns which schedules of the policy file the plan follows; nothing without such.
pub(super) fn schedule_line(plan: &Plan) -> String {
    let in_force = plan.policy.in_force.as_ref();
    in_force.map(|in_force| format!("{}\n", escaped(&in_force.words(plan.made_at)))).unwrap_or_default()
}

/// Returns a line such as `3 groups change: +7 nodes, −2 nodes; 12 pods helped, 1 can't be`.
pub(in crate::render) fn summary_line(plan: &Plan) -> String {
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
