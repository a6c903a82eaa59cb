//! What happened in a simulation, in a few sentences.

use crate::plan::count;
use crate::render::simulation_why::share;
use crate::simulate::report::CauseFigures;
use crate::simulate::{Report, WaitCause};

/// Returns sentences such as `Half of the 582 pods had a node within 3m and 95 % within 6m. The
/// nodes cost $1150.56, of that $185.04 (16.1 %) idle.`
pub(super) fn story(report: &Report) -> String {
    let parts = [pods(report), money(report), waiting(report), troubles(report), without_node(report)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn pods(report: &Report) -> Option<String> {
    let came = report.pods.came;
    match (&report.waits, came) {
        (_, 0) => Some("No pod came.".to_owned()),
        (None, _) => None,
        (Some(waits), 1) => Some(format!("The pod had a node within {}.", waits.max)),
        (Some(waits), _) if waits.max.0 == 0 => Some(format!("All of the {came} pods that got a node had it at once.")),
        (Some(waits), _) if waits.p95.0 == 0 => {
            Some(format!("{came} pods came. Of those that got a node, 95 % had it at once, and all within {}.", waits.max))
        }
        (Some(waits), _) => {
            let half = if waits.p50.0 == 0 { "at once".to_owned() } else { format!("within {}", waits.p50) };
            Some(format!("Half of the {came} pods had a node {half} and 95 % within {}.", waits.p95))
        }
    }
}

fn money(report: &Report) -> Option<String> {
    let (cost, idle) = (report.total.cost?, report.total.idle_cost?);
    if cost.micros() == 0 {
        return None;
    }
    Some(format!("The nodes cost {cost}, of that {idle} ({}) idle.", share(idle.micros(), cost.micros())))
}

fn waiting(report: &Report) -> Option<String> {
    let most: &CauseFigures = report.wait_causes.iter().max_by_key(|causes| causes.time)?;
    let part = share(most.time.0, report.pods.waited.0);
    Some(match most.cause {
        WaitCause::Boot => format!("Of the waiting, {part} was for nodes that boot."),
        WaitCause::FailedLaunches => format!("Of the waiting, {part} came from failed launches and the backoff after them."),
        WaitCause::Limit => format!("Of the waiting, {part} came from groups at their maximum or at a limit."),
        WaitCause::NoGroup => format!("Of the waiting, {part} was of pods that no group can take."),
        WaitCause::Gang => format!("Of the waiting, {part} was for others of a gang."),
        WaitCause::Interval => format!("Of the waiting, {part} was for the next run."),
        WaitCause::Scheduler => format!("Of the waiting, {part} was for the scheduler."),
        WaitCause::LeftAlone => format!("Of the waiting, {part} was of pods that are left alone."),
        WaitCause::Unexplained => format!("Of the waiting, {part} is not explained by the planner."),
    })
}

fn troubles(report: &Report) -> Option<String> {
    let (failed, taken) = (report.total.failed_launches, report.total.interruptions);
    let failed = (failed > 0).then(|| format!("{} failed", count(failed.into(), "launch").replace("launchs", "launches")));
    let taken = (taken > 0).then(|| format!("the cloud took {} back", count(taken.into(), "spot instance")));
    let words: Vec<String> = failed.into_iter().chain(taken).collect();
    let sentence = words.join(", and ");
    let mut letters = sentence.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn without_node(report: &Report) -> Option<String> {
    let pods = report.pods.never_bound;
    let reason = report.no_node.first()?.reason.as_ref();
    let reason = reason.map_or_else(String::new, |reason| format!(": {}", reason.message));
    Some(format!("{} never got a node{reason}.", count(pods.into(), "pod")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::simulate::Settings;
    use crate::simulate::report::test_report::{history, small_report};

    #[test]
    fn two_hours_are_told_in_five_sentences() {
        assert_eq!(
            story(&small_report()),
            "Half of the 3 pods had a node within 30s and 95 % within 5m. The nodes cost $0.84, of that $0.38 (45.2 %) idle. \
             Of the waiting, 100.0 % was for nodes that boot. 3 launches failed, and the cloud took 1 spot instance back. \
             1 pod never got a node."
        );
    }

    #[test]
    fn nobody_waits_within_no_time() {
        let mut report = small_report();
        let waits = report.waits.as_mut().expect("pods waited");
        (waits.p50, waits.p95) = (crate::duration::Seconds(0), crate::duration::Seconds(0));
        let told = story(&report);
        assert!(told.starts_with("3 pods came. Of those that got a node, 95 % had it at once, and all within 5m. "), "{told}");
    }

    #[test]
    fn of_nothing_there_is_one_sentence() {
        let report = Report::new(&history(), Policy::default(), Settings::default());
        assert_eq!(story(&report), "No pod came.");
    }
}
