//! The notifications about a run: Events, a status ConfigMap, Slack, metrics.
//!
//! ```text
//! (plan, report, error) ──► news, numbers (pure) ──► one notifier a file, side by side, within one
//! limit
//! ```
//!
//! Only `apply` notifies. A notifier that fails or takes too long becomes a note, and never changes
//! how the run ended.

mod events;
mod http;
mod metrics;
mod news;
mod pushgateway;
mod slack;
mod status;
mod subjects;
mod tally;
mod textfile;
mod words;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

pub use events::COMPONENT;
pub use news::{LeavingStep, News, never_fits, news};
pub use slack::Slack;
pub use status::{Memory, STATUS_KEY, STATUS_NAME};
pub use subjects::{PodSubject, Subjects};
pub use words::why_not_helped;

use crate::apply::{ApplyReport, StepOutcome};
use crate::duration::Seconds;
use crate::kubernetes::call::chain;
use crate::plan::{Plan, count};
use status::StatusMap;

/// Who is notified, and how.
pub struct Audience {
    /// Whether Events are written (`--no-events`).
    pub events: bool,
    /// Whether the status ConfigMap is written (`--no-status`).
    pub status: bool,
    /// The namespace of the ConfigMap: that of the Lease.
    pub namespace: String,
    /// The ways to people on Slack.
    pub slack: Slack,
    /// `--metrics-file`.
    pub metrics_file: Option<PathBuf>,
    /// `--pushgateway`; it may hold a password.
    pub pushgateway: Option<String>,
    /// `--notify-timeout`: the longest time for all of them together.
    pub timeout: Seconds,
    /// The moment from which the limit counts.
    pub since: Instant,
}

impl fmt::Debug for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audience").field("events", &self.events).field("status", &self.status).finish_non_exhaustive()
    }
}

/// A run at its end.
#[derive(Debug, Clone)]
pub struct RunEnd<'a> {
    /// `--cluster-name`.
    pub cluster: &'a str,
    /// When it ended.
    pub ended: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The exit code that it ends with.
    pub exit_code: u8,
    /// Why it did nothing usable, if so.
    pub error: Option<&'a str>,
    /// What it planned and did, if it came that far.
    pub work: Option<RunWork<'a>>,
}

/// What a run planned and did.
#[derive(Debug, Clone, Copy)]
pub struct RunWork<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The outcome of its steps.
    pub report: &'a ApplyReport,
    /// The pods that it names.
    pub subjects: &'a Subjects,
}

impl RunEnd<'_> {
    /// Whether everything could be read and done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.exit_code == 0
    }

    /// Returns what went wrong, in one sentence.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        if let Some(error) = self.error {
            return Some(error.to_owned());
        }
        let work = self.work.filter(|_| !self.is_success())?;
        let unread = work.plan.findings.iter().filter(|finding| finding.code.is_incomplete());
        let mut troubles: Vec<String> = unread.map(|finding| finding.message.clone()).collect();
        for step in &work.report.steps {
            if let StepOutcome::Failed { error } = &step.outcome {
                troubles.push(format!("{}: {error}", step.action));
            }
        }
        let not_reached = work.report.counts().not_reached;
        if not_reached > 0 {
            troubles.push(format!("{} not reached", count(u64::try_from(not_reached).unwrap_or(u64::MAX), "step")));
        }
        (!troubles.is_empty()).then(|| troubles.join("; "))
    }
}

/// A notifier that failed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedNotifier {
    /// The notifier.
    pub notifier: Notifier,
    /// The error, without secrets.
    pub why: String,
}

impl fmt::Display for FailedNotifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.notifier, self.why)
    }
}

/// One way to notify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notifier {
    /// Events on pods and nodes.
    Events,
    /// The ConfigMap.
    Status,
    /// People on Slack.
    Slack,
    /// The file for the node exporter.
    MetricsFile,
    /// The Pushgateway.
    Pushgateway,
}

impl Notifier {
    /// Whether it goes through the Kubernetes API.
    #[must_use]
    pub fn is_in_the_cluster(self) -> bool {
        match self {
            Self::Events | Self::Status => true,
            Self::Slack | Self::MetricsFile | Self::Pushgateway => false,
        }
    }
}

impl fmt::Display for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Events => "writing Events",
            Self::Status => "writing the status ConfigMap",
            Self::Slack => "posting to Slack",
            Self::MetricsFile => "writing the metrics file",
            Self::Pushgateway => "sending to the Pushgateway",
        })
    }
}

/// Runs all notifiers side by side and within the limit; returns those that failed. Without a
/// client those in the cluster are left out.
pub async fn notify_all(end: &RunEnd<'_>, audience: &Audience, kubernetes: Option<kube::Client>) -> Vec<FailedNotifier> {
    let limit = Limit::new(audience.timeout, audience.since);
    let news = news(end);
    let events = async {
        let (Some(client), Some(work), true) = (&kubernetes, &end.work, audience.events) else { return Ok(()) };
        limit.hold(Notifier::Events, events::write(client, &news, work.subjects, end.ended)).await
    };
    let people = write_status_and_slack(end, &news, audience, kubernetes.clone(), &limit);
    let file = async {
        let Some(path) = audience.metrics_file.clone() else { return Ok(()) };
        limit.hold(Notifier::MetricsFile, textfile::write(path, end)).await
    };
    let pushgateway = async {
        let Some(url) = &audience.pushgateway else { return Ok(()) };
        limit.hold(Notifier::Pushgateway, pushgateway::push(url, end)).await
    };
    let (events, people, file, pushgateway) =
        tokio::join!(Box::pin(events), Box::pin(people), Box::pin(file), Box::pin(pushgateway));
    [events, file, pushgateway].into_iter().filter_map(Result::err).chain(people).collect()
}

/// Writes the status, and messages to people with the news that the status does not remember.
async fn write_status_and_slack(
    end: &RunEnd<'_>,
    news: &[News<'_>],
    audience: &Audience,
    kubernetes: Option<kube::Client>,
    limit: &Limit,
) -> Vec<FailedNotifier> {
    let mut failed = Vec::new();
    let mut status = None;
    if let (Some(client), true) = (kubernetes.clone(), audience.status) {
        match limit.hold(Notifier::Status, StatusMap::read(client, &audience.namespace)).await {
            Ok(read) => status = Some(read),
            Err(error) => failed.push(error),
        }
    }
    let memory = match (&status, audience.status) {
        (Some(status), _) => Some(status.memory()),
        // Without a status there is no memory: then everything is new.
        (None, false) => Some(Memory::default()),
        // The memory exists and cannot be read: news that would be repeated is left out below.
        (None, true) => None,
    };
    let write = async {
        match &mut status {
            Some(status) => limit.hold(Notifier::Status, status.write(end)).await.err(),
            None => None,
        }
    };
    let (unwritten, sent) =
        tokio::join!(Box::pin(write), Box::pin(audience.slack.send_news(end, news, memory.as_ref(), limit.for_slack())));
    failed.extend(unwritten);
    if let (Some(status), false) = (&mut status, sent.keys.is_empty()) {
        failed.extend(limit.hold(Notifier::Status, status.remember(&sent.keys, end.ended)).await.err());
    }
    failed.extend(sent.error.map(|why| FailedNotifier { notifier: Notifier::Slack, why }));
    failed
}

/// The time limit of all notifiers together.
#[derive(Debug, Clone, Copy)]
struct Limit {
    timeout: Seconds,
    at: Instant,
}

impl Limit {
    fn new(timeout: Seconds, since: Instant) -> Self {
        // A limit beyond what clocks can count is a long one.
        let far = || since + Duration::from_hours(24);
        Self { timeout, at: since.checked_add(timeout.into()).unwrap_or_else(far) }
    }

    /// Returns when Slack has to be done: its messages are noted in the status after that.
    fn for_slack(&self) -> Instant {
        const KEPT: Duration = Duration::from_secs(2);
        let half = Duration::from(self.timeout) / 2;
        self.at.checked_sub(KEPT.min(half)).unwrap_or(self.at)
    }

    async fn hold<T, E: std::error::Error>(
        &self,
        notifier: Notifier,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, FailedNotifier> {
        match timeout_at(self.at, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(FailedNotifier { notifier, why: chain(&error) }),
            Err(_) => Err(FailedNotifier { notifier, why: format!("not done within {} (--notify-timeout)", self.timeout) }),
        }
    }
}
