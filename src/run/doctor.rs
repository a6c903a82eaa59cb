//! `doctor`: looks as a plan does, and at the CronJob, its rights and its last run, and shows what
//! is right and wrong. It changes nothing; the API server keeps no review of rights.

use std::sync::Arc;

use futures::{StreamExt as _, stream};
use k8s_openapi::api::batch::v1::CronJob;
use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::Value;

use super::compute::compute;
use super::deadline::Deadline;
use super::observe::observe_live;
use super::progress::Spinner;
use super::replay::replayed;
use super::settings::{ActivityReach, gather_options};
use super::{Console, Environment, Failure, RunError};
use crate::cli::{DoctorCommand, Format, PriceFlags};
use crate::doctor::{
    CheckState, CheckSubject, Diagnosis, InstalledRun, RightsFound, SetUpCheck, checks_of_rights, checks_of_run,
    checks_of_snapshot, questions,
};
use crate::exit::ExitCode;
use crate::gather::Clients;
use crate::kubernetes::access_review::may;
use crate::kubernetes::object::get;
use crate::kubernetes::{KubernetesError, Permission};
use crate::notify::{STATUS_KEY, STATUS_NAME};
use crate::plan::{self, Plan};
use crate::progress::Progress;
use crate::render;
use crate::snapshot::Snapshot;

/// So many rights are asked about at a time.
const AT_A_TIME: usize = 8;

pub(super) async fn run(command: &DoctorCommand, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    let session = DoctorSession { command, environment };
    let spinner = Spinner::new(console.progress);
    let diagnosis = Diagnosis::new(Box::pin(session.checks(&spinner)).await?);
    drop(spinner);
    let printed = match command.format.output {
        Format::Table => console.print(&diagnosis.page()),
        Format::Json => console.stream(|out| render::write_json(out, &diagnosis)),
    };
    printed.map_err(RunError::Output)?;
    Ok(match diagnosis.worst() {
        CheckState::Good | CheckState::Warning => ExitCode::Done,
        CheckState::Bad => ExitCode::Failed,
        CheckState::Unknown => ExitCode::Incomplete,
    })
}

/// One run of `doctor`.
struct DoctorSession<'a> {
    command: &'a DoctorCommand,
    environment: &'a Environment,
}

impl DoctorSession<'_> {
    /// Returns what is right and wrong.
    ///
    /// # Errors
    /// Wrong usage only: what is wrong with the set-up is a check.
    async fn checks(&self, spinner: &Spinner) -> anyhow::Result<Vec<SetUpCheck>> {
        let DoctorCommand { source, live, .. } = self.command;
        let deadline = Deadline::new(live.cluster.timeout);
        if let Some(snapshot) = replayed(source)? {
            return self.of_snapshot(snapshot, deadline, spinner).await;
        }
        let options =
            gather_options(live, &PriceFlags::default(), self.environment, ActivityReach::of_a_plan(&self.command.policy.0));
        let look = observe_live(None, live, &options, self.environment, spinner, deadline);
        let (clients, snapshot) = match Box::pin(look).await {
            Ok(seen) => seen,
            Err(error) => return failed_look(error),
        };
        let mut checks = self.of_snapshot(snapshot, deadline, spinner).await?;
        spinner.set_label("the CronJob and its rights");
        let installed = self.of_installation(&clients);
        match deadline.bound(async { anyhow::Ok(Box::pin(installed).await) }, spinner).await {
            Ok(found) => checks.extend(found?),
            Err(error) => checks.push(unknown(CheckSubject::CronJob, &error.into())),
        }
        Ok(checks)
    }

    async fn of_snapshot(&self, snapshot: Snapshot, deadline: Deadline, spinner: &Spinner) -> anyhow::Result<Vec<SetUpCheck>> {
        let policy = self.command.policy.0.at(snapshot.taken_at);
        let snapshot = Arc::new(snapshot);
        let seen = Arc::clone(&snapshot);
        let planned: Plan = compute(move || plan::plan(&seen, &policy), deadline, spinner).await?;
        Ok(checks_of_snapshot(&snapshot, &planned))
    }

    /// Checks the CronJob, what it may do, and how it ended last.
    async fn of_installation(&self, clients: &Clients) -> Vec<SetUpCheck> {
        let live = &self.command.live;
        let namespace = live.cluster.lease_namespace.as_str();
        let cluster_name = live.cluster.cluster_name.as_deref().unwrap_or_default();
        let job = match read_cron_job(clients, namespace, &self.command.cron_job).await {
            Ok(job) => job,
            Err(error) => return vec![unknown(CheckSubject::CronJob, &error.into())],
        };
        let status = read_status(clients, namespace).await.unwrap_or_default();
        let account = service_account(job.as_ref());
        let name = format!("{namespace}/{}", self.command.cron_job);
        let run = installed_run(name, job, status);
        let mut checks = checks_of_run(&run, cluster_name, (self.environment.clock)());
        if run.is_there {
            let found = rights(clients, namespace, &account).await;
            checks.push(checks_of_rights(&format!("{namespace}/{account}"), &found));
        }
        checks
    }
}

/// Returns why there is no look at all, as the one check; wrong usage stays an error.
fn failed_look(error: anyhow::Error) -> anyhow::Result<Vec<SetUpCheck>> {
    let Failure { message, details, hint, exit_code } = Failure::from_error(&error);
    if exit_code == ExitCode::Usage {
        return Err(error);
    }
    let message = std::iter::once(message).chain(details).collect::<Vec<_>>().join("; ");
    let check = SetUpCheck { subject: CheckSubject::Look, state: CheckState::Bad, message, next: hint };
    Ok(vec![check])
}

fn unknown(subject: CheckSubject, error: &anyhow::Error) -> SetUpCheck {
    let Failure { message, hint, .. } = Failure::from_error(error);
    SetUpCheck { subject, state: CheckState::Unknown, message, next: hint }
}

async fn read_cron_job(clients: &Clients, namespace: &str, name: &str) -> Result<Option<CronJob>, KubernetesError> {
    get::<CronJob>(clients.api_server(), Some(namespace), name, Permission::to_get::<CronJob>(Some(namespace))).await
}

/// Returns the first lines of the last run's status, if it wrote one.
async fn read_status(clients: &Clients, namespace: &str) -> Result<Option<String>, KubernetesError> {
    let permission = Permission::to_get::<ConfigMap>(Some(namespace));
    let map = get::<ConfigMap>(clients.api_server(), Some(namespace), STATUS_NAME, permission).await?;
    let text = map.and_then(|map| map.data?.remove(STATUS_KEY));
    let status: Option<Value> = text.and_then(|text| serde_saphyr::from_str(&text).ok());
    Ok(status.map(|status| {
        let field = |name: &str| status[name].as_str().unwrap_or_default().to_owned();
        format!("{} (took {})", field("steps"), field("took"))
    }))
}

/// Returns the service account of a CronJob; the one of `cronjob.yaml` where it names none.
fn service_account(job: Option<&CronJob>) -> String {
    let pod = job.and_then(|job| job.spec.job_template.spec.as_ref()?.template.spec.as_ref());
    pod.and_then(|pod| pod.service_account_name.clone()).unwrap_or_else(|| "default".to_owned())
}

fn installed_run(name: String, job: Option<CronJob>, status: Option<String>) -> InstalledRun {
    let Some(job) = job else { return InstalledRun { name, ..InstalledRun::default() } };
    let (spec, state) = (job.spec, job.status.unwrap_or_default());
    let pod = spec.job_template.spec.and_then(|job| job.template.spec).unwrap_or_default();
    InstalledRun {
        name,
        is_there: true,
        suspended: spec.suspend.unwrap_or(false),
        arguments: pod.containers.into_iter().next().and_then(|container| container.args).unwrap_or_default(),
        last_started: state.last_schedule_time.map(|time| time.0),
        last_succeeded: state.last_successful_time.map(|time| time.0),
        status,
    }
}

/// Asks the API server about each right that a run needs.
async fn rights(clients: &Clients, namespace: &str, account: &str) -> RightsFound {
    let questions = questions(namespace);
    let of = questions.len();
    let answers = stream::iter(questions).map(|question| async move {
        let allowed = may(clients.api_server(), namespace, account, &question).await?;
        Ok::<_, KubernetesError>((question, allowed))
    });
    let answers: Vec<_> = answers.buffered(AT_A_TIME).collect().await;
    let mut missing = Vec::new();
    for answer in answers {
        match answer {
            Ok((_, true)) => {}
            Ok((question, false)) => missing.push(question),
            Err(error) => return RightsFound::NotAllowedToAsk { error: error.to_string() },
        }
    }
    RightsFound::Lacks { missing, of }
}
