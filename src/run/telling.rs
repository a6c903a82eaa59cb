//! Tells others how a run of `apply` ended. Whatever goes wrong here is a note.

use std::sync::OnceLock;
use std::time::Instant;

use super::progress::Spinner;
use super::{Console, Failure, Request, Surroundings, one_line};
use crate::apply::Report;
use crate::cli::Secret;
use crate::exit::ExitCode;
use crate::gather::Clients;
use crate::kubernetes::connect_kubernetes;
use crate::notify::{Audience, RunEnd, Slack, Subjects, Untold, Work, tell};
use crate::plan::Plan;
use crate::progress::Progress;

/// The predecessor's variables.
const SLACK_HOOK: &str = "SLACK_HOOK";
const SLACK_BOT_TOKEN: &str = "SLACK_BOT_TOKEN";

/// Where Slack's Web API is, if not at Slack: for tests and proxies.
pub(super) const SLACK_API: &str = "EC2_AUTOSCALE_SLACK_API";

/// What a run has to tell at its end.
pub(super) struct Telling<'a> {
    request: &'a Request<'a>,
    around: &'a Surroundings,
    console: &'a Console,
    begun: Instant,
    seen: OnceLock<Seen>,
    told: OnceLock<()>,
}

/// What a run has learned of the cluster.
struct Seen {
    kubernetes: kube::Client,
    subjects: Subjects,
}

impl<'a> Telling<'a> {
    pub(super) fn new(request: &'a Request<'a>, around: &'a Surroundings, console: &'a Console) -> Self {
        Self { request, around, console, begun: Instant::now(), seen: OnceLock::new(), told: OnceLock::new() }
    }

    /// Keeps what the snapshot knows of those whom the plan speaks of.
    pub(super) fn saw(&self, clients: &Clients, subjects: Subjects) {
        self.seen.get_or_init(|| Seen { kubernetes: clients.kubernetes.clone(), subjects });
    }

    /// A run that came to its end.
    pub(super) async fn of_work(&self, plan: &Plan, report: &Report, ended: &anyhow::Result<ExitCode>) {
        let Some(seen) = self.seen.get() else { return };
        let work = Work { plan, report, subjects: &seen.subjects };
        self.tell(Some(work), ended, Some(seen.kubernetes.clone()), Instant::now()).await;
    }

    /// A run that failed before. One that was not wanted, or that another run came before, has nothing to tell.
    pub(super) async fn of_failure(&self, ended: &anyhow::Result<ExitCode>) {
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
        self.tell(None, ended, kubernetes, since).await;
    }

    /// The clients of a run that failed early are gone with it. That there are none is its error, or comes from the same cause.
    async fn connect(&self) -> Option<kube::Client> {
        if self.request.notify.no_status {
            return None;
        }
        let cluster = &self.request.live.cluster;
        let connecting = Box::pin(connect_kubernetes(cluster.kubeconfig.as_deref(), cluster.context.as_deref()));
        match tokio::time::timeout(self.request.notify.notify_timeout.into(), connecting).await {
            Ok(Ok((client, _))) => Some(client),
            Ok(Err(error)) => {
                tracing::info!("the cluster is not told: {}", one_line(&error));
                None
            }
            Err(_) => None,
        }
    }

    async fn tell(
        &self,
        work: Option<Work<'_>>,
        ended: &anyhow::Result<ExitCode>,
        kubernetes: Option<kube::Client>,
        since: Instant,
    ) {
        if self.told.set(()).is_err() {
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
            ended: (self.around.clock)(),
            took: self.begun.elapsed(),
            exit_code: code.number(),
            error: error.as_deref(),
            work,
        };
        let spinner = Spinner::new(self.console.progress);
        spinner.say("telling others");
        let untold = Box::pin(tell(&end, &self.audience(since), kubernetes)).await;
        drop(spinner);
        for untold in &untold {
            self.note(untold, end.work.is_some());
        }
    }

    /// A run that failed has said why; that the cluster could not be told comes from the same cause most of the time.
    fn note(&self, untold: &Untold, came_to_its_end: bool) {
        if came_to_its_end || !untold.whom.is_in_the_cluster() {
            self.console.note(&format!("note: {untold}"));
        } else {
            tracing::info!("{untold}");
        }
    }

    fn audience(&self, since: Instant) -> Audience {
        let flags = self.request.notify;
        let secret = |flag: &Option<Secret>, name: &str| {
            let by_flag = flag.as_ref().map(|secret| secret.reveal().to_owned());
            by_flag.or_else(|| (self.around.variable)(name)).filter(|text| !text.trim().is_empty())
        };
        Audience {
            events: !flags.no_events,
            status: !flags.no_status,
            namespace: self.request.live.cluster.lease_namespace.clone(),
            slack: Slack {
                hook: secret(&flags.slack_hook, SLACK_HOOK),
                bot_token: secret(&flags.slack_bot_token, SLACK_BOT_TOKEN),
                api: (self.around.variable)(SLACK_API),
            },
            metrics_file: flags.metrics_file.clone(),
            pushgateway: flags.pushgateway.as_ref().map(|url| url.reveal().to_owned()),
            timeout: flags.notify_timeout,
            since: since.into(),
        }
    }
}
