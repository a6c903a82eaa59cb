//! Parts of a problem that share no group. Each is solved on its own, so that a limit that is too
//! low for some pods makes nothing dearer for others.

use super::problem::{LoadIx, Problem};
use crate::index_vec::IndexVec;
use crate::plan::fleet::GroupIx;

/// Returns the loads of each part.
pub(super) fn parts(problem: &Problem) -> Vec<Vec<LoadIx>> {
    let mut part_of: IndexVec<GroupIx, Option<usize>> = IndexVec::filled(problem.offers.len(), None);
    let mut parts: Vec<Vec<LoadIx>> = Vec::new();
    for (load, entry) in problem.loads.iter_numbered() {
        let mut own = vec![load];
        let number = parts.len();
        for group in &entry.load.groups {
            if let Some(known) = part_of[*group].replace(number).filter(|known| *known != number) {
                own.append(&mut parts[known]);
                part_of.iter_mut().filter(|part| **part == Some(known)).for_each(|part| *part = Some(number));
            }
        }
        own.sort_unstable();
        parts.push(own);
    }
    parts.retain(|loads| !loads.is_empty());
    parts.sort_unstable();
    parts
}
