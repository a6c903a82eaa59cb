//! The exit codes, by which a CronJob, a timer or a script learns how a run ended.

use std::process;

/// How a run ended. The variants stand in the order of precedence, the weakest first: where several
/// hold, the later one is the exit code ("64, 75, 1, 3, 2").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// 0: done, or nothing to do. Pods that nothing can help do not change it.
    Done,
    /// 2: there are changes (only with `--detailed-exitcode`; marks alone are no change).
    Changes,
    /// 3: a region, a group or a step failed; the rest was done.
    Incomplete,
    /// 1: failed, nothing usable done.
    Failed,
    /// 75 (`EX_TEMPFAIL` of `sysexits.h`): another apply holds the Lease.
    LeaseHeld,
    /// 64 (`EX_USAGE` of `sysexits.h`): wrong usage.
    Usage,
}

impl ExitCode {
    /// Returns the number that the process ends with.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Changes => 2,
            Self::Incomplete => 3,
            Self::Failed => 1,
            Self::LeaseHeld => 75,
            Self::Usage => 64,
        }
    }

    /// Returns the one that takes precedence.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode::{Changes, Done, Failed, Incomplete, LeaseHeld, Usage};

    #[test]
    fn numbers_are_those_of_the_manual() {
        let numbers = [Done, Failed, Changes, Incomplete, Usage, LeaseHeld].map(super::ExitCode::number);
        assert_eq!(numbers, [0, 1, 2, 3, 64, 75]);
    }

    #[test]
    fn precedence_is_64_75_1_3_2_0() {
        let order = [Usage, LeaseHeld, Failed, Incomplete, Changes, Done];
        for (position, stronger) in order.into_iter().enumerate() {
            for weaker in &order[position..] {
                assert_eq!(stronger.or(*weaker), stronger, "{stronger:?} over {weaker:?}");
                assert_eq!(weaker.or(stronger), stronger, "{stronger:?} over {weaker:?}, the other way round");
            }
        }
    }
}
