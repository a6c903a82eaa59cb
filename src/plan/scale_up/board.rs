//! The working copy: every node a pending pod could be placed on, with what is still free there.

use std::ops::Range;

use crate::plan::pending::Class;
use crate::scheduler::{Columns, Misfit, NodeView, predicates};
use crate::snapshot::{Labels, Resources, Taint};

/// What a seat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A schedulable node that is there.
    Existing { node: usize },
    /// Capacity already asked for.
    Upcoming { group: usize, overdue_at: jiff::Timestamp },
    /// A node we cordoned: cheaper to take back than to buy.
    Cordoned { node: usize },
    /// A node this plan adds.
    Planned { group: usize, ordinal: u32 },
}

/// One way a node may turn out: AWS chooses zone and machine type of a new one.
struct Face<'a> {
    name: &'a str,
    labels: std::borrow::Cow<'a, Labels>,
    taints: std::borrow::Cow<'a, [Taint]>,
}

/// A node that pods can be placed on.
struct Seat {
    origin: Origin,
    /// Every way it may turn out, at least one; a pod must fit all of them.
    faces: Range<usize>,
}

/// All seats, in the order in which they are tried.
pub(super) struct Board<'a> {
    pub(super) columns: Columns,
    faces: Vec<Face<'a>>,
    seats: Vec<Seat>,
    /// What is free, one row a seat.
    free: Vec<i64>,
}

/// So many pods of a class on one seat.
pub(super) struct Placed {
    pub(super) origin: Origin,
    pub(super) pods: u32,
}

impl<'a> Board<'a> {
    pub(super) fn new(columns: Columns) -> Self {
        Self { columns, faces: Vec::new(), seats: Vec::new(), free: Vec::new() }
    }

    /// Registers the ways a node may turn out; many seats may share them.
    pub(super) fn add_faces(
        &mut self,
        faces: impl IntoIterator<Item = (&'a str, std::borrow::Cow<'a, Labels>, std::borrow::Cow<'a, [Taint]>)>,
    ) -> Range<usize> {
        let start = self.faces.len();
        self.faces.extend(faces.into_iter().map(|(name, labels, taints)| Face { name, labels, taints }));
        start..self.faces.len()
    }

    /// Adds a seat at the end.
    pub(super) fn add_seat(&mut self, origin: Origin, faces: Range<usize>, free: &Resources) {
        let row = self.columns.row(free);
        self.seats.push(Seat { origin, faces });
        self.free.extend(row);
    }

    /// How many seats there are: the number of the next one.
    pub(super) fn len(&self) -> usize {
        self.seats.len()
    }

    /// Why a class fits none or only some of these faces, whatever else is placed there: the first misfit, and which faces
    /// would do.
    pub(super) fn lasting_misfit(&self, class: &Class<'_>, faces: Range<usize>) -> Option<(Misfit, Vec<usize>)> {
        let pod = class.view(&self.columns);
        let mut first = None;
        let mut fitting = Vec::new();
        for (position, face) in self.faces[faces].iter().enumerate() {
            let node =
                NodeView { name: face.name, labels: &face.labels, taints: &face.taints, unschedulable: false, free: &[] };
            match predicates::first_lasting_misfit(&pod, &node) {
                Some(misfit) => first = first.or(Some(misfit)),
                None => fitting.push(position),
            }
        }
        first.map(|misfit| (misfit, fitting))
    }

    /// Places up to `pods` pods of a class on the seats of a range, first fit, and says where.
    ///
    /// What is free only shrinks, so that a seat that has no room for one pod of the class has none for the next: each seat
    /// is asked once, for all of them.
    pub(super) fn place(&mut self, class: &Class<'_>, pods: u32, seats: Range<usize>) -> Vec<Placed> {
        let mut left = pods;
        let mut placed = Vec::new();
        let mut known_faces = vec![None; self.faces.len()];
        for seat in seats {
            if left == 0 {
                break;
            }
            let room = self.room(class, seat);
            if room == 0 || !self.accepts(class, seat, &mut known_faces) {
                continue;
            }
            let taken = room.min(left);
            self.take(class, seat, taken);
            placed.push(Placed { origin: self.seats[seat].origin, pods: taken });
            left -= taken;
        }
        placed
    }

    fn room(&self, class: &Class<'_>, seat: usize) -> u32 {
        let empty = Labels::new();
        let node = NodeView { name: "", labels: &empty, taints: &[], unschedulable: false, free: self.row(seat) };
        predicates::room(&class.view(&self.columns), &node)
    }

    /// Whether the class fits the faces of a seat; `known` has the answers so far, by the first face.
    fn accepts(&self, class: &Class<'_>, seat: usize, known: &mut [Option<bool>]) -> bool {
        let faces = self.seats[seat].faces.clone();
        *known[faces.start].get_or_insert_with(|| self.lasting_misfit(class, faces).is_none())
    }

    fn take(&mut self, class: &Class<'_>, seat: usize, pods: u32) {
        let width = self.columns.len();
        let row = &mut self.free[seat * width..(seat + 1) * width];
        for (free, asked) in row.iter_mut().zip(&class.requests) {
            *free -= asked * i64::from(pods);
        }
    }

    fn row(&self, seat: usize) -> &[i64] {
        let width = self.columns.len();
        &self.free[seat * width..(seat + 1) * width]
    }
}
