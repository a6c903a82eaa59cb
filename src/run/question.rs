//! Questions at a terminal, and whether the look before one is still fresh when the answer comes.

use std::io;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;

use super::{Console, RunError};
use crate::apply::StopSignal;

/// The oldest look that may be acted on when a person has answered. Nobody reads a plan in that
/// time, so that nearly every answer is followed by a fresh look. A cluster in which a look takes
/// longer than this needs one in any case.
const FRESH: Duration = Duration::from_secs(5);

/// Whether a look that began at `taken_at`, and so long ago by a steady clock, may be acted on.
pub(super) fn is_fresh(taken_at: Timestamp, now: Timestamp, steady: Duration) -> bool {
    age(taken_at, now, steady) <= FRESH
}

/// Returns how old a look is. The steady clock stands still while the machine sleeps, and people
/// set the other one: the longer time counts.
fn age(taken_at: Timestamp, now: Timestamp, steady: Duration) -> Duration {
    Duration::try_from(now.duration_since(taken_at)).unwrap_or_default().max(steady)
}

/// Asks; any answer but yes means no.
pub(super) async fn confirmed(console: &Console, stop: &StopSignal) -> anyhow::Result<bool> {
    Ok(is_yes(&answer(console, stop, "Apply this plan? [y/N]").await?))
}

/// Asks about one step of several; any answer but the ones that are offered means no.
pub(super) async fn consent_to_step(console: &Console, stop: &StopSignal, step: &str) -> anyhow::Result<StepConsent> {
    let question = format!("{step}? [y/N], a for this and all others, q for none:");
    Ok(StepConsent::of(&answer(console, stop, &question).await?))
}

/// What a person answered about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepConsent {
    /// Do it.
    Yes,
    /// Leave it out.
    No,
    /// Do it and all that follow.
    All,
    /// Do neither it nor any that follows.
    Quit,
}

impl StepConsent {
    fn of(answer: &str) -> Self {
        match answer.trim().to_ascii_lowercase().as_str() {
            "a" | "all" => Self::All,
            "q" | "quit" => Self::Quit,
            _ if is_yes(answer) => Self::Yes,
            _ => Self::No,
        }
    }
}

async fn answer(console: &Console, stop: &StopSignal, question: &str) -> anyhow::Result<String> {
    console.prompt(question);
    // A read cannot be cancelled; its thread ends with the process.
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    tokio::select! {
        _ = stop.stopped() => Err(RunError::Interrupted { doing: "asking".to_owned() }.into()),
        answer = answer => {
            answer.map_err(io::Error::other).and_then(|line| line).context("reading the answer from standard input")
        }
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_ages_while_the_machine_sleeps_and_when_a_clock_is_set_back() {
        let at = |second: i64| Timestamp::from_second(second).expect("a time");
        let seconds = Duration::from_secs;
        assert_eq!(age(at(100), at(104), seconds(3)), seconds(4));
        assert_eq!(age(at(100), at(900), seconds(3)), seconds(800));
        assert_eq!(age(at(100), at(40), seconds(30)), seconds(30));
        assert!(is_fresh(at(100), at(105), seconds(1)) && !is_fresh(at(100), at(106), seconds(1)));
    }

    #[test]
    fn an_answer_about_a_step_is_one_of_four() {
        use StepConsent::{All, No, Quit, Yes};
        for (answer, consent) in [("y\n", Yes), ("yes", Yes), ("A\n", All), ("q\n", Quit), ("", No), ("n\n", No), ("aq", No)] {
            assert_eq!(StepConsent::of(answer), consent, "{answer:?}");
        }
    }

    #[test]
    fn only_yes_is_yes() {
        assert!(["y\n", "Y", " yes\n", "YES"].into_iter().all(is_yes));
        assert!(!["", "\n", "n\n", "yep", "no"].into_iter().any(is_yes));
    }
}
