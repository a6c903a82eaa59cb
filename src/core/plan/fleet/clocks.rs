//! Do the clocks agree?

use super::Fleet;
use crate::duration::Seconds;
use crate::plan::report::Clock;

/// How far clocks may disagree before a person should know.
const WORTH_A_WORD: Seconds = Seconds(30);
/// How far clocks may disagree before ages and deadlines prove nothing any more.
const TOO_FAR: Seconds = Seconds::minutes(5);

/// A clock that disagrees with the API server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OddClock {
    pub(crate) whose: Clock,
    /// Seconds ahead of the API server's; negative when behind.
    pub(crate) ahead: i64,
}

impl OddClock {
    /// Whether nothing may be removed while it is so.
    pub(crate) fn stops_removals(self) -> bool {
        self.ahead.unsigned_abs() > TOO_FAR.0
    }
}

impl Fleet<'_> {
    /// The clocks that disagree by more than half a minute.
    pub(crate) fn odd_clocks(&self) -> Vec<OddClock> {
        let clocks = &self.snapshot.clocks;
        let measured = [(Clock::Machine, clocks.machine), (Clock::Cloud, clocks.cloud)];
        let measured = measured.into_iter().filter_map(|(whose, ahead)| Some(OddClock { whose, ahead: ahead? }));
        measured.filter(|clock| clock.ahead.unsigned_abs() > WORTH_A_WORD.0).collect()
    }
}
