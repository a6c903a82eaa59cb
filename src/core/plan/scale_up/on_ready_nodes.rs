//! Pods of requests that get their places on nodes that are Ready: those of booked requests before
//! all others, and those of requests that only want to know whether there is room in what other
//! pods leave. Nothing is bought for the latter.

use std::ops::Range;

use super::PodRuling;
use super::existing_capacity::candidates::{Candidates, Placement};
use super::placements::Placements;
use crate::index_vec::IndexVec;
use crate::plan::absent_pods::AbsentTurn;
use crate::plan::fleet::Fleet;
use crate::plan::pending::{Class, ClassIx};
use crate::plan::refusals::Refusals;
use crate::plan::report::PodVerdict;
use crate::plan::requests::ServedRequest;
use crate::snapshot::{GangKind, GangName, Name};

/// Gives the pods of booked requests their places on the existing candidates.
pub(super) fn hold_booked<'a>(
    fleet: &Fleet<'a>,
    classes: &IndexVec<ClassIx, Class<'a>>,
    candidates: &mut Candidates<'a>,
    placements: &mut Placements,
    existing: &Range<usize>,
) {
    for (index, class) in classes.iter_numbered() {
        let Some(absent) = class.absent.map(|absent| &fleet.absent[absent]) else { continue };
        if absent.turn != AbsentTurn::First {
            continue;
        }
        let placed = candidates.place(index, placements.left(index), existing.clone());
        placements.record(index, class, &placed);
        if !absent.is_bought_for && placements.left(index) > 0 {
            let ruling = too_little_room(absent.pod.name.clone(), absent.count, count(&placed));
            placements.give_up_all(index, class, &ruling);
        }
    }
}

/// Gives the pods of requests that nothing is bought for places on the existing candidates: all of
/// a request or none, the oldest request first.
pub(super) fn answer_checks<'a>(
    fleet: &Fleet<'a>,
    classes: &IndexVec<ClassIx, Class<'a>>,
    candidates: &mut Candidates<'a>,
    placements: &mut Placements,
    existing: &Range<usize>,
) {
    for served in fleet.requests.iter() {
        let own: Vec<ClassIx> = classes.numbers().filter(|class| is_check_of(fleet, &classes[*class], served)).collect();
        let before = candidates.bookmark();
        let placed: Vec<Vec<Placement>> = own
            .iter()
            .map(|class| {
                placements.begin(*class);
                candidates.place(*class, placements.left(*class), existing.clone())
            })
            .collect();
        let (wanted, places) = (own.iter().map(|class| placements.left(*class)).sum(), placed.iter().map(|it| count(it)).sum());
        if places < wanted {
            candidates.go_back(before);
        }
        for (class, placed) in own.iter().zip(&placed) {
            if places < wanted {
                let ruling = too_little_room(served.request.name.clone(), wanted, places);
                placements.give_up_all(*class, &classes[*class], &ruling);
            } else {
                placements.record(*class, &classes[*class], placed);
            }
        }
    }
}

fn is_check_of(fleet: &Fleet<'_>, class: &Class<'_>, served: &ServedRequest<'_>) -> bool {
    let Some(absent) = class.absent.map(|absent| &fleet.absent[absent]) else { return false };
    absent.turn == AbsentTurn::IfRoomIsLeft && absent.room_for.object == served.request.id()
}

fn count(placed: &[Placement]) -> u32 {
    placed.iter().map(|placed| placed.pods).sum()
}

fn too_little_room(name: Name, wanted: u32, places: u32) -> PodRuling {
    let gang = GangName { kind: GangKind::ProvisioningRequest, name };
    PodRuling::unplaced(PodVerdict::GangWithoutRoom { gang, min: wanted, places, refusals: Refusals::default() })
}
