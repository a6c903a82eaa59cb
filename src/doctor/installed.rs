//! The CronJob, and how its last run ended.

use jiff::Timestamp;

use super::{CheckState, CheckSubject, SetUpCheck};
use crate::duration::{Seconds, moment};

/// A CronJob of every minute that has not run for this long does not run at all.
const LONGEST_PAUSE: Seconds = Seconds::minutes(15);

/// What is known of the CronJob.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InstalledRun {
    /// Its name with the namespace.
    pub(crate) name: String,
    /// Whether it is there.
    pub(crate) is_there: bool,
    /// Whether somebody suspended it.
    pub(crate) suspended: bool,
    /// The words of its container.
    pub(crate) arguments: Vec<String>,
    /// When a Job of it began last.
    pub(crate) last_started: Option<Timestamp>,
    /// When a Job of it succeeded last.
    pub(crate) last_succeeded: Option<Timestamp>,
    /// What the last run wrote as its status.
    pub(crate) status: Option<String>,
}

/// Returns the checks of the CronJob and of its last run.
pub(crate) fn checks_of_run(run: &InstalledRun, cluster_name: &str, now: Timestamp) -> Vec<SetUpCheck> {
    if !run.is_there {
        return vec![SetUpCheck::with_next(
            CheckSubject::CronJob,
            CheckState::Warning,
            format!("there is no CronJob {}", run.name),
            format!(
                "`ec2-autoscale manifests --image IMAGE --cluster-name {cluster_name} --regions … | kubectl apply -f -`, or a timer elsewhere"
            ),
        )];
    }
    vec![cron_job(run, cluster_name), last_run(run, now)]
}

fn cron_job(run: &InstalledRun, cluster_name: &str) -> SetUpCheck {
    let InstalledRun { name, suspended, arguments, .. } = run;
    let bad = |message: String, next: &str| SetUpCheck::with_next(CheckSubject::CronJob, CheckState::Warning, message, next);
    let of_another =
        arguments.iter().filter_map(|word| word.strip_prefix("--cluster-name=")).find(|value| *value != cluster_name);
    if let Some(other) = of_another {
        return bad(format!("{name} runs for the cluster {other}, not for {cluster_name}"), "is this the right --context?");
    }
    if *suspended {
        return bad(
            format!("{name} is suspended"),
            "`kubectl -n NAMESPACE patch cronjob NAME -p '{\"spec\":{\"suspend\":false}}'`",
        );
    }
    match arguments.first().map(String::as_str) {
        Some("plan") => {
            bad(format!("{name} only looks: its argument is plan"), "change it to apply once its plans are what you want")
        }
        _ => SetUpCheck::good(CheckSubject::CronJob, format!("{name} runs {}", arguments.join(" "))),
    }
}

fn last_run(run: &InstalledRun, now: Timestamp) -> SetUpCheck {
    const NEXT: &str = "`kubectl -n kube-system logs -l app.kubernetes.io/name=ec2-autoscale --tail=-1` has its words";
    let Some(started) = run.last_started else {
        return SetUpCheck::with_next(
            CheckSubject::LastRun,
            CheckState::Warning,
            "none has begun yet",
            "wait a minute, then look again",
        );
    };
    let began = moment(started, now);
    if Seconds::between(started, now) > LONGEST_PAUSE {
        return SetUpCheck::with_next(CheckSubject::LastRun, CheckState::Bad, format!("the last one began at {began}"), NEXT);
    }
    let succeeded = run.last_succeeded.is_some_and(|succeeded| Seconds::between(succeeded, now) <= LONGEST_PAUSE);
    let words = run.status.as_deref().map(|status| format!(": {status}")).unwrap_or_default();
    match succeeded {
        true => SetUpCheck::good(CheckSubject::LastRun, format!("the last one began at {began}{words}")),
        false => SetUpCheck::with_next(
            CheckSubject::LastRun,
            CheckState::Bad,
            format!("the last one began at {began}, and none has succeeded for {LONGEST_PAUSE}{words}"),
            NEXT,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn ago(minutes: i64) -> Timestamp {
        NOW - jiff::SignedDuration::from_mins(minutes)
    }

    fn run() -> InstalledRun {
        InstalledRun {
            name: "kube-system/ec2-autoscale".into(),
            is_there: true,
            arguments: vec!["apply".into(), "--cluster-name=prod".into()],
            last_started: Some(ago(1)),
            last_succeeded: Some(ago(1)),
            ..InstalledRun::default()
        }
    }

    fn states(run: &InstalledRun) -> Vec<CheckState> {
        checks_of_run(run, "prod", NOW).into_iter().map(|check| check.state).collect()
    }

    #[test]
    fn a_run_that_does_what_it_should_is_good() {
        assert_eq!(states(&run()), [CheckState::Good, CheckState::Good]);
    }

    #[test]
    fn a_run_that_is_not_there_or_stands_still_is_said() {
        use CheckState::{Bad, Good, Warning};
        assert_eq!(states(&InstalledRun { is_there: false, ..run() }), [Warning]);
        assert_eq!(states(&InstalledRun { suspended: true, ..run() }), [Warning, Good]);
        assert_eq!(states(&InstalledRun { arguments: vec!["plan".into()], ..run() }), [Warning, Good]);
        assert_eq!(
            states(&InstalledRun { arguments: vec!["apply".into(), "--cluster-name=other".into()], ..run() }),
            [Warning, Good]
        );
        assert_eq!(states(&InstalledRun { last_started: None, last_succeeded: None, ..run() }), [Good, Warning]);
        assert_eq!(states(&InstalledRun { last_started: Some(ago(16)), ..run() }), [Good, Bad]);
        assert_eq!(states(&InstalledRun { last_succeeded: Some(ago(16)), ..run() }), [Good, Bad]);
    }
}
