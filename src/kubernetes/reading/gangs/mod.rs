//! Gangs: what pods carry that may make them start together, the objects that state how many do,
//! and which of it counts.

mod belonging;
mod hints;
mod objects;

pub(crate) use belonging::join_gangs;
pub(crate) use hints::{GangHint, hints_of};
pub(crate) use objects::{GangObject, GangObjects, GangTerms, KINDS_WITH_OBJECTS, ObjectApi, api_of};
