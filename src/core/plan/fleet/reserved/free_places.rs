//! One counter a reservation, whichever groups share it.

use super::ReservationIx;
use crate::index_vec::IndexVec;

/// How many more machines each reservation has room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FreePlaces(IndexVec<ReservationIx, u32>);

impl FreePlaces {
    pub(super) fn of(free: impl Iterator<Item = i64>) -> Self {
        Self(free.map(|free| u32::try_from(free.max(0)).unwrap_or(u32::MAX)).collect())
    }

    /// Returns how many more machines a reservation has room for.
    pub(crate) fn left(&self, reservation: ReservationIx) -> u32 {
        self.0[reservation]
    }

    /// Returns the same of every reservation.
    pub(crate) fn all(&self) -> impl Iterator<Item = (ReservationIx, u32)> {
        self.0.iter_numbered().map(|(reservation, left)| (reservation, *left))
    }

    /// Takes a place of the first of these that has one.
    pub(super) fn take_first(&mut self, mut among: impl Iterator<Item = ReservationIx>) -> Option<ReservationIx> {
        let first = among.find(|it| self.0[*it] > 0)?;
        self.0[first] -= 1;
        Some(first)
    }
}
