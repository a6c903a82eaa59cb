//! SIGINT and SIGTERM: the first stops the run between two steps, the second ends it at once.

use std::io;

use super::Console;
use crate::apply::{StopCause, StopSignal};

/// The exit code of a process that a signal ended, as shells report it: 128 and the signal's
/// number.
const SIGNAL_BASE: i32 = 128;

/// Turns signals into the signal to stop, from now to the end of the process.
///
/// # Errors
/// When the system refuses a handler.
pub(super) fn stop_on_signals(stop: StopSignal, console: Console) -> io::Result<()> {
    let mut signals = Signals::new()?;
    tokio::spawn(async move {
        signals.next().await;
        // First the word: a run that only waits ends as soon as it is told to stop.
        console.note("stopping; a second signal stops at once");
        stop.stop(StopCause::Interrupted);
        let number = signals.next().await;
        // The Lease stays behind and is free for others once it has not been renewed for long
        // enough.
        std::process::exit(SIGNAL_BASE + number);
    });
    Ok(())
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Returns the number of the next signal.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => tokio::signal::unix::SignalKind::interrupt().as_raw_value(),
            _ = self.terminate.recv() => tokio::signal::unix::SignalKind::terminate().as_raw_value(),
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Returns 2, the number of SIGINT everywhere, for Ctrl-C.
    async fn next(&mut self) -> i32 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        2
    }
}
