//! Nodes that the cloud replaces before a pod would have to end there.

use jiff::Timestamp;

use super::candidates::Candidates;
use crate::index_vec::IndexVec;
use crate::plan::fleet::{Fleet, NodeEntry, NodeIx};
use crate::plan::pending::{Class, ClassIx};

/// Keeps pods that may run for so long that the cloud would end them from such nodes: they begin
/// now at the earliest. A pod without a deadline may be short, and is placed anywhere.
pub(in crate::plan::scale_up) fn keep_from_nodes_that_end_sooner<'a>(
    fleet: &Fleet<'a>,
    classes: &IndexVec<ClassIx, Class<'a>>,
    candidates: &mut Candidates<'a>,
) {
    let deadline = |class: &Class<'a>| fleet.spec(fleet.unbound[class.example()]).active_deadline;
    let ends = |(index, class)| Some((index, deadline(class)?.after(fleet.now())));
    let long: Vec<(ClassIx, Timestamp)> = classes.iter_numbered().filter_map(ends).collect();
    if long.is_empty() {
        return;
    }
    let ending: Vec<(NodeIx, Timestamp)> =
        fleet.nodes.iter_numbered().filter_map(|(node, entry)| Some((node, replaced_at(fleet, entry)?))).collect();
    for (class, until) in long {
        ending.iter().filter(|(_, at)| *at < until).for_each(|(node, _)| candidates.keep_from(class, *node));
    }
}

fn replaced_at(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Option<Timestamp> {
    let (group, _) = entry.member_of?;
    fleet.groups[group].group.replaced_at(fleet.instance_of(entry)?)
}
