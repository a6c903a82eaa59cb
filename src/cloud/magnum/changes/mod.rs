//! Growth and removal. Magnum has one request for both, and its 202 means that the request was put
//! into a queue.

pub(crate) mod growth;
mod outcome;
pub(crate) mod removal;
