//! Pods that are not in the API: an object stands for them, and there is room for them as if they
//! were.
//!
//! They get places, and nodes are bought for them, like pods. But they are no pods: they are not
//! among those that wait, they hold back no scale-in, and nobody makes room for them. A node on
//! which some have their place is not idle.

mod buffers;
mod jobs;
mod requests;

use std::ops::Range;

use crate::index_vec::{IndexVec, Number as _, numbers};
use crate::plan::report::RoomFor;
use crate::plan::requests::ServedRequests;
use crate::policy::Policy;
use crate::snapshot::{Pod, Snapshot};

pub(crate) use buffers::{BufferProblem, wanted};

numbers! {
    /// Pods that one object stands for.
    pub(crate) struct AbsentIx;
}

/// Pods that one object stands for, all alike.
pub(crate) struct AbsentPods<'a> {
    /// The object.
    pub(crate) room_for: RoomFor,
    /// What each of them is like. Its specification is one of the snapshot.
    pub(crate) pod: &'a Pod,
    /// How many there are.
    pub(crate) count: u32,
    /// When their turn comes.
    pub(crate) turn: AbsentTurn,
    /// Whether nodes are bought for them.
    pub(crate) is_bought_for: bool,
}

/// When the turn of pods comes that are not in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AbsentTurn {
    /// Before all other pods: their places are promised.
    First,
    /// By their priority, like pods.
    InTurn,
    /// On nodes that are Ready, in the room that other pods leave.
    IfRoomIsLeft,
    /// After all other pods: these get what they would get without them.
    Last,
}

/// Returns the pods that the objects of a snapshot stand for.
pub(super) fn absent_pods<'a>(
    snapshot: &'a Snapshot,
    policy: &Policy,
    requested: &ServedRequests<'a>,
) -> IndexVec<AbsentIx, AbsentPods<'a>> {
    let of_objects = buffers::pods(snapshot).chain(requests::pods(requested)).chain(jobs::pods(snapshot, policy));
    let mut all: Vec<AbsentPods<'a>> = of_objects.filter(|pods| pods.count > 0).collect();
    all.sort_by(|one, other| one.room_for.cmp(&other.room_for));
    IndexVec::from(all)
}

/// The places of absent pods in [`Fleet::unbound`](super::fleet::Fleet::unbound), after those of
/// the pods that are there.
#[derive(Default)]
pub(crate) struct AbsentPlaces(Vec<usize>);

impl AbsentPlaces {
    /// Returns the places after so many pods that are there.
    pub(super) fn after(pods: usize, absent: &IndexVec<AbsentIx, AbsentPods<'_>>) -> Self {
        let mut starts = vec![pods];
        for one in absent {
            starts.push(starts.last().copied().unwrap_or(pods) + one.count as usize);
        }
        Self(starts)
    }

    /// Returns the object that stands for the pod at a place; `None` for a pod that is there.
    pub(crate) fn at(&self, place: usize) -> Option<AbsentIx> {
        let before = self.0.partition_point(|start| *start <= place);
        before.checked_sub(1).map(AbsentIx::from_index)
    }

    /// Returns the places of the pods of an object.
    pub(crate) fn of(&self, absent: AbsentIx) -> Range<usize> {
        let index = absent.index();
        self.0[index]..self.0[index + 1]
    }

    /// Returns how many pods are there.
    pub(crate) fn waiting(&self) -> usize {
        self.0.first().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_absent_pods_come_after_those_of_pods() {
        let places = AbsentPlaces(vec![2, 5, 6]);
        let at: Vec<Option<usize>> = (0..6).map(|place| places.at(place).map(AbsentIx::index)).collect();
        assert_eq!(at, [None, None, Some(0), Some(0), Some(0), Some(1)]);
        assert_eq!((places.of(AbsentIx::from_index(0)), places.of(AbsentIx::from_index(1))), (2..5, 5..6));
        assert_eq!(places.waiting(), 2);
    }
}
