//! Work that only computes, such as planning: it runs on a thread of its own, so that the time
//! limit and signals take effect meanwhile.

use std::panic::resume_unwind;

use super::RunError;
use super::deadline::Deadline;
use super::progress::Spinner;

/// Does the work within the deadline. Work that nobody waits for any more goes on until the process
/// ends, and changes nothing.
///
/// # Errors
/// When time is up first; the error names what was going on.
pub(super) async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    deadline: Deadline,
    spinner: &Spinner,
) -> Result<T, RunError> {
    let done = deadline.bound(tokio::task::spawn_blocking(work), spinner).await?;
    // It is never cancelled, so that it can only have panicked.
    Ok(done.unwrap_or_else(|error| resume_unwind(error.into_panic())))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::duration::Seconds;
    use crate::progress::Progress;

    #[tokio::test]
    async fn thoughts_without_end_end_with_the_deadline() {
        let spinner = Spinner::new(false);
        spinner.set_label("planning");
        let (release, released) = mpsc::channel::<()>();
        let endless = move || released.recv();
        let error = compute(endless, Deadline::new(Seconds(0)), &spinner).await.expect_err("no time at all");
        assert_eq!(error.to_string(), "timed out after 0s while planning");
        drop(release);
    }

    #[tokio::test]
    async fn thoughts_within_it_are_returned() {
        let spinner = Spinner::new(false);
        assert_eq!(compute(|| 6 * 7, Deadline::new(Seconds::minutes(5)), &spinner).await.ok(), Some(42));
    }
}
