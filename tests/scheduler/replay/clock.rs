//! The day's clock, which goes faster than the machine's.

use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A day that began at a whole second of the machine's clock. Kubernetes and AWS keep whole
/// seconds, so that what a run notes is exact where a minute of the day is one of them or several.
#[derive(Clone, Copy)]
pub(super) struct DayClock {
    began: Instant,
    speed: u32,
}

impl DayClock {
    /// Begins the day at the second whole second from now.
    pub(super) fn start(speed: u32) -> Self {
        let into_second = u64::try_from(Timestamp::now().subsec_nanosecond()).expect("the present is after 1970");
        let began = Instant::now() + Duration::from_secs(2).saturating_sub(Duration::from_nanos(into_second));
        thread::sleep(began.saturating_duration_since(Instant::now()));
        Self { began, speed }
    }

    /// Returns the time since the day began.
    pub(super) fn time_of_day(self) -> Duration {
        Instant::now().saturating_duration_since(self.began) * self.speed
    }

    /// Waits until that time of the day.
    pub(super) fn wait_until(self, time: Duration) {
        thread::sleep((self.began + time / self.speed).saturating_duration_since(Instant::now()));
    }
}
