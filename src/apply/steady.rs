//! A clock that only goes forward, also while the process or the whole machine stands still.
//!
//! A look that was fresh before a laptop was closed, a virtual machine was paused or a process was
//! stopped is old afterwards. The wall clock may be set back meanwhile, and the usual monotonic
//! clock does not count the time that a machine sleeps.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use super::WallClock;

/// A moment of the steady clock: the time since its start, which is the same for the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SteadyTime(Duration);

/// Returns the steady time; `main` hands the real clock in.
pub type SteadyClock = Arc<dyn Fn() -> SteadyTime + Send + Sync>;

/// Lets time pass. Tests do so by moving their clock.
pub type Sleep = Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>;

impl SteadyTime {
    /// Returns the moment this long after the clock's start.
    #[must_use]
    pub const fn after_start(time: Duration) -> Self {
        Self(time)
    }

    /// Returns the time from an earlier moment to this one; zero when that one is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Returns the steady time of this machine.
#[must_use]
pub fn since_boot() -> SteadyTime {
    let time = rustix::time::clock_gettime(CLOCK);
    // Neither is ever negative by this clock.
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec).unwrap_or(0), u64::try_from(time.tv_nsec).unwrap_or(0));
    SteadyTime(Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds))
}

/// Linux's monotonic clock stands still while the machine sleeps, and this one does not.
#[cfg(any(target_os = "linux", target_os = "android"))]
const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
/// macOS's monotonic clock counts sleep.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;

/// The clocks by which the Lease is kept.
#[derive(Clone)]
pub struct RunClocks {
    /// The wall clock, which other runs can read: it dates a renewal.
    pub wall: WallClock,
    /// The clock by which our own waiting is measured.
    pub steady: SteadyClock,
    /// How waiting is done.
    pub sleep: Sleep,
}

impl RunClocks {
    /// Returns the clocks of this machine, with its wall clock.
    #[must_use]
    pub fn of_this_machine(wall: WallClock) -> Self {
        let sleep: Sleep = Arc::new(|time| Box::pin(tokio::time::sleep(time)));
        Self { wall, steady: Arc::new(since_boot), sleep }
    }
}

impl std::fmt::Debug for RunClocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunClocks").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_this_machine_goes_forward() {
        let earlier = since_boot();
        let later = since_boot();
        assert!(later >= earlier);
        assert_eq!(earlier.since(later), Duration::ZERO, "no look is younger than none");
    }
}
