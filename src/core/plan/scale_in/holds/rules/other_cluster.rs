//! A group of another cluster.

use super::HoldQuestion;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

pub(super) fn other_cluster(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    question.holds.foreign[question.group?].then_some(HeldBy(Hold::OtherCluster))
}
