//! One line of progress on a terminal, and the time of each stage in the log.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::plain_text::escaped;
use crate::progress::{Progress, ReadingStage};

/// The interval at which the line moves, so that a slow answer does not look like a hang.
const TICK: Duration = Duration::from_millis(120);

/// A spinner on standard error, cleared when it is dropped.
pub(super) struct Spinner {
    bar: ProgressBar,
    doing: Mutex<String>,
}

impl Spinner {
    /// Makes a spinner that is seen, or one that only remembers.
    pub(super) fn new(seen: bool) -> Self {
        let target = if seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target)
            .with_style(ProgressStyle::with_template("{spinner} {wide_msg}").expect("the template is a constant that parses"));
        if seen {
            bar.enable_steady_tick(TICK);
        }
        Self { bar, doing: Mutex::new("starting".to_owned()) }
    }

    /// Returns the current line.
    pub(super) fn doing(&self) -> String {
        self.doing.lock().map(|doing| doing.clone()).unwrap_or_default()
    }
}

impl Progress for Spinner {
    fn set_label(&self, line: &str) {
        self.bar.set_message(escaped(line).into_owned());
        if let Ok(mut doing) = self.doing.lock() {
            line.clone_into(&mut doing);
        }
    }

    fn stage_done(&self, stage: ReadingStage, took: Duration, items: usize) {
        tracing::info!("{stage}: {items} in {took:.1?}");
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
