//! Room that need not be bought goes to pods in the scheduler's order: of one priority the oldest
//! first, and only those of one age by their size. Large pods go first where nodes are bought, but
//! they do not get the room that older ones take meanwhile.

use std::ops::Range;

use jiff::Timestamp;

use super::existing_capacity::candidates::{Candidates, Placement};
use super::placements::Placements;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::class_turn::ClassTurn;
use crate::plan::pending::{Class, ClassIx};

/// Places pods of every class on the candidates of a range, and records that.
pub(super) fn place_in_turn<'a>(
    candidates: &mut Candidates<'a>,
    classes: &IndexVec<ClassIx, Class<'a>>,
    placements: &mut Placements,
    range: &Range<usize>,
) {
    let before = candidates.cluster.checkpoint();
    let by_size: IndexVec<ClassIx, Vec<Placement>> =
        classes.numbers().map(|class| candidates.place(class, placements.left(class), range.clone())).collect();
    let is_served = |class: ClassIx| by_size[class].iter().map(|placed| placed.pods).sum::<u32>() == placements.left(class);
    let waiting = classes.numbers().filter(|class| placements.left(*class) > 0).count();
    // Where all are served, or all are alike, their order makes no difference.
    if waiting <= 1 || classes.numbers().all(is_served) {
        for (index, placed) in by_size.iter_numbered() {
            placements.record(index, &classes[index], placed);
        }
        return;
    }
    candidates.cluster.roll_back(before);
    let mut onward: IndexVec<ClassIx, Range<usize>> = IndexVec::filled(classes.len(), range.clone());
    for (class, pods) in turns(classes, placements) {
        let placed = candidates.place_onward(class, pods, &mut onward[class], range);
        placements.record(class, &classes[class], &placed);
    }
}

/// Returns the pods that have no node yet in the scheduler's order, those of one class that follow
/// each other together.
fn turns(classes: &IndexVec<ClassIx, Class<'_>>, placements: &Placements) -> Vec<(ClassIx, u32)> {
    let mut pods: Vec<(ClassTurn, Timestamp, ClassIx)> = Vec::new();
    for (index, class) in classes.iter_numbered() {
        let waiting = &class.pods[class.pods.len() - placements.left(index) as usize..];
        pods.extend(waiting.iter().map(|waiting| (class.turn, waiting.created_at, index)));
    }
    pods.sort_unstable();
    pods.chunk_by(|one, other| one.2 == other.2).map(|run| (run[0].2, small(run.len()))).collect()
}
