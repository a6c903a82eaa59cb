//! Why pods waited in a simulation, in words for a terminal and for HTML.

use crate::plan::count;
use crate::simulate::report::{Amount, GroupHeldBack, LongWait, LongWaitPart, NoNode, Unit};
use crate::simulate::{Report, WaitCause};

/// At most this many reasons and groups are listed; JSON holds all of them.
const SHOWN: usize = 10;

/// A title, and the lines below it: a name, and words on it.
pub(super) type Listed = (&'static str, Vec<(String, String)>);

/// Lists why pods waited: by cause, pods without a node, the longest
/// waits, and groups that could not grow.
pub(super) fn why(report: &Report) -> Vec<Listed> {
    let listed = [
        ("WHY PODS WAITED", causes(report)),
        ("PODS WITHOUT A NODE TO THE END", no_node(report)),
        ("LONGEST WAITS", report.longest_waits.iter().map(long_wait).collect()),
        ("GROUPS THAT COULD NOT GROW FOR WAITING PODS", held_back(report)),
    ];
    listed.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

fn causes(report: &Report) -> Vec<(String, String)> {
    let all = report.pods.waited;
    let line = |of: &crate::simulate::report::CauseFigures| {
        let pods = count(of.pods.into(), "pod");
        (of.cause.to_string(), format!("{} of waiting ({}), {pods}", of.time, share(of.time.0, all.0)))
    };
    report.wait_causes.iter().map(line).collect()
}

/// Returns a part of a whole in percent.
pub(super) fn share(part: u64, all: u64) -> String {
    let number = (u128::from(part) * 2000 + u128::from(all)).checked_div(u128::from(all) * 2).unwrap_or(0);
    Amount { unit: Unit::PerMille, number: i64::try_from(number).unwrap_or(i64::MAX) }.to_string()
}

fn no_node(report: &Report) -> Vec<(String, String)> {
    let line = |one: &NoNode| {
        let unseen = if one.pods == 1 { "no run has seen it" } else { "no run has seen them" };
        let words = one.reason.as_ref().map_or(unseen, |reason| reason.message.as_str());
        let such_as = if one.pods == 1 { "" } else { "such as " };
        (count(one.pods.into(), "pod"), format!("{such_as}{}, up to {}: {words}", one.first, one.longest))
    };
    first(&report.no_node, line, "reason")
}

/// Returns a pod, and what its wait consisted of.
fn long_wait(wait: &LongWait) -> (String, String) {
    let part = |part: &LongWaitPart| format!("{} {}", part.cause, part.time);
    let parts: Vec<String> = wait.parts.iter().map(part).collect();
    // That a node boots needs no words.
    let reason = wait.parts.iter().filter(|part| part.cause != WaitCause::Boot).find_map(|part| part.reason.as_ref());
    let reason = reason.map_or_else(String::new, |reason| format!("; {}", reason.message));
    (wait.waited.to_string(), format!("{}: {}{reason}", wait.pod, parts.join(", ")))
}

fn held_back(report: &Report) -> Vec<(String, String)> {
    let mut longest: Vec<&GroupHeldBack> = report.held_back.iter().collect();
    longest.sort_by_key(|held| std::cmp::Reverse(held.time));
    first(&longest, |held| (held.group.to_string(), format!("{} for {}", held.by, held.time)), "line")
}

/// Returns the first lines, and one that counts the others.
fn first<T>(all: &[T], line: impl Fn(&T) -> (String, String), noun: &str) -> Vec<(String, String)> {
    let more = all.len().saturating_sub(SHOWN);
    let rest = (more > 0).then(|| ("…".to_owned(), format!("and {}", count(more as u64, noun))));
    all.iter().take(SHOWN).map(line).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_to_a_thousandth() {
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(share(2, 3), "66.7 %");
        assert_eq!(share(0, 0), "0.0 %");
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let lines = first(&[0_u8; 12], |_| (String::new(), String::new()), "reason");
        assert_eq!((lines.len(), lines[10].1.as_str()), (11, "and 2 reasons"));
    }
}
