//! Notifies others of how a run of `apply` ended. A failure here becomes a note.

use std::sync::OnceLock;
use std::time::Instant;

use tracing::Instrument as _;

use super::progress::Spinner;
use super::{Console, Environment, Failure, Request, one_line};
use crate::apply::ApplyReport;
use crate::cli::Secret;
use crate::exit::ExitCode;
use crate::gather::Clients;
use crate::kubernetes::connect_kubernetes;
use crate::notify::{Audience, FailedNotifier, RunEnd, RunWork, Slack, Subjects, notify_all};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::telemetry::{fail_stage, stage_span};

/// The predecessor's variables.
const SLACK_HOOK: &str = "SLACK_HOOK";
const SLACK_BOT_TOKEN: &str = "SLACK_BOT_TOKEN";

/// The variable with the address of Slack's Web API, if it is not Slack's own: for tests and
/// proxies.
pub(super) const SLACK_API: &str = "EC2_AUTOSCALE_SLACK_API";

/// The notifications at the end of a run.
pub(super) struct RunNotifications<'a> {
    request: &'a Request<'a>,
    environment: &'a Environment,
    console: &'a Console,
    begun: Instant,
    seen: OnceLock<SeenCluster>,
    notified: OnceLock<()>,
}

/// What a run knows of the cluster.
struct SeenCluster {
    kubernetes: kube::Client,
    subjects: Subjects,
}

impl<'a> RunNotifications<'a> {
    pub(super) fn new(request: &'a Request<'a>, environment: &'a Environment, console: &'a Console) -> Self {
        Self { request, environment, console, begun: Instant::now(), seen: OnceLock::new(), notified: OnceLock::new() }
    }

    /// Keeps what the snapshot knows of the pods that the plan names.
    pub(super) fn keep_subjects(&self, clients: &Clients, subjects: Subjects) {
        self.seen.get_or_init(|| SeenCluster { kubernetes: clients.kubernetes.clone(), subjects });
    }

    /// Notifies of a run that came to its end.
    pub(super) async fn after_work(&self, plan: &Plan, report: &ApplyReport, ended: &anyhow::Result<ExitCode>) {
        let Some(seen) = self.seen.get() else { return };
        let work = RunWork { plan, report, subjects: &seen.subjects };
        self.notify(Some(work), ended, Some(seen.kubernetes.clone()), Instant::now()).await;
    }

    /// Notifies of a run that failed before. One that was refused as wrong usage, or that another
    /// run kept out, has no news.
    pub(super) async fn after_failure(&self, ended: &anyhow::Result<ExitCode>) {
        let Err(error) = ended else { return };
        match Failure::from_error(error).exit_code {
            ExitCode::Usage | ExitCode::LeaseHeld | ExitCode::Done => return,
            ExitCode::Changes | ExitCode::Incomplete | ExitCode::Failed => {}
        }
        let since = Instant::now();
        let kubernetes = match self.seen.get() {
            Some(seen) => Some(seen.kubernetes.clone()),
            None => self.connect().await,
        };
        self.notify(None, ended, kubernetes, since).await;
    }

    /// Connects to the cluster. The clients of a run that failed early are gone with it. Missing
    /// ones are its error, or have the same cause.
    async fn connect(&self) -> Option<kube::Client> {
        if self.request.notify.no_status {
            return None;
        }
        let cluster = &self.request.live.cluster;
        let connecting = Box::pin(connect_kubernetes(cluster.kubeconfig.as_deref(), cluster.context.as_deref()));
        match tokio::time::timeout(self.request.notify.notify_timeout.into(), connecting).await {
            Ok(Ok((client, _))) => Some(client),
            Ok(Err(error)) => {
                tracing::info!("the cluster is not notified: {}", one_line(&error));
                None
            }
            Err(_) => None,
        }
    }

    async fn notify(
        &self,
        work: Option<RunWork<'_>>,
        ended: &anyhow::Result<ExitCode>,
        kubernetes: Option<kube::Client>,
        since: Instant,
    ) {
        if self.notified.set(()).is_err() {
            return;
        }
        let (code, error) = match ended {
            Ok(code) => (*code, None),
            Err(error) => {
                let failure = Failure::from_error(error);
                (failure.exit_code, (!failure.is_silent()).then_some(failure.message))
            }
        };
        let end = RunEnd {
            cluster: self.request.live.cluster.cluster_name.as_deref().unwrap_or_default(),
            ended: (self.environment.clock)(),
            took: self.begun.elapsed(),
            exit_code: code.number(),
            error: error.as_deref(),
            work,
        };
        let spinner = Spinner::new(self.console.progress);
        spinner.set_label("notifying others");
        let stage = stage_span("notify");
        let failed = Box::pin(notify_all(&end, &self.audience(since), kubernetes)).instrument(stage.clone()).await;
        if !failed.is_empty() {
            fail_stage(&stage);
        }
        drop(spinner);
        for failed in &failed {
            self.note(failed, end.work.is_some());
        }
    }

    /// Prints that a notifier failed. A run that failed has reported why; a failing notifier in the
    /// cluster most often has the same cause, and is only logged.
    fn note(&self, failed: &FailedNotifier, came_to_its_end: bool) {
        if came_to_its_end || !failed.notifier.is_in_the_cluster() {
            self.console.note(&format!("note: {failed}"));
        } else {
            tracing::info!("{failed}");
        }
    }

    fn audience(&self, since: Instant) -> Audience {
        let flags = self.request.notify;
        let secret = |flag: &Option<Secret>, name: &str| {
            let by_flag = flag.as_ref().map(|secret| secret.reveal().to_owned());
            by_flag.or_else(|| (self.environment.variable)(name)).filter(|text| !text.trim().is_empty())
        };
        Audience {
            events: !flags.no_events,
            status: !flags.no_status,
            namespace: self.request.live.cluster.lease_namespace.clone(),
            slack: Slack {
                hook: secret(&flags.slack_hook, SLACK_HOOK),
                bot_token: secret(&flags.slack_bot_token, SLACK_BOT_TOKEN),
                api: (self.environment.variable)(SLACK_API),
            },
            metrics_file: flags.metrics_file.clone(),
            pushgateway: flags.pushgateway.as_ref().map(|url| url.reveal().to_owned()),
            timeout: flags.notify_timeout,
            since: since.into(),
        }
    }
}
