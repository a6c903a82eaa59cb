//! Clocks that disagree.

use super::Fleet;
use crate::duration::Seconds;
use crate::plan::report::Clock;

/// How far a clock may be off before a person should know.
const WORTH_REPORTING: Seconds = Seconds(30);
/// How far a clock may be off before ages and deadlines prove nothing any more.
const TOO_FAR: Seconds = Seconds::minutes(5);

/// A clock that disagrees with the API server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OddClock {
    pub(crate) whose: Clock,
    /// Seconds ahead of the API server's; negative when behind.
    pub(crate) ahead: i64,
}

impl OddClock {
    /// Whether nothing may be removed because of it.
    pub(crate) fn stops_removals(self) -> bool {
        self.ahead.unsigned_abs() > TOO_FAR.0
    }
}

impl Fleet<'_> {
    /// Returns the clocks that are off by more than half a minute.
    pub(crate) fn odd_clocks(&self) -> Vec<OddClock> {
        let clocks = &self.snapshot.clocks;
        let measured = [(Clock::Machine, clocks.machine), (Clock::Cloud, clocks.cloud)];
        let measured = measured.into_iter().filter_map(|(whose, ahead)| Some(OddClock { whose, ahead: ahead? }));
        measured.filter(|clock| clock.ahead.unsigned_abs() > WORTH_REPORTING.0).collect()
    }
}
