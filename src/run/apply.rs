//! `apply`: looks, decides, shows the plan, asks a person where one is there, then carries it out
//! under the Lease.
//!
//! The Lease is claimed after planning, so that a run with nothing to do writes nothing but its
//! status. What another apply did in between cannot do harm: each step names the values it presumes
//! and reads them again before it acts.
//!
//! A person takes a while to answer, and the cluster changes meanwhile. When the look is no longer
//! [fresh](is_fresh) by then, the run looks and plans once more, and carries out only what both
//! plans want, as with a saved plan.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use serde::Serialize;
use tracing::Instrument as _;

use super::console::Person;
use super::deadline::Deadline;
use super::lease_keeper::{LeaseKeeper, unless_stopped};
use super::notify_run::RunNotifications;
use super::observe::observe_live;
use super::plan::{completeness, decide_for, save};
use super::progress::Spinner;
use super::question::{confirmed, is_fresh};
use super::refused_plan::{checked, refuse_beside_cluster_autoscaler};
use super::replay::is_replay;
use super::saved::Decided;
use super::settings::{ActivityReach, gather_options};
use super::signals::stop_on_signals;
use super::until_needed::{Wait, Waited};
use super::{Console, Environment, Request, RunError, buffer_files, check_predecessor_flags, prices};
use crate::apply::lease::HeldLease;
use crate::apply::{
    ApplyContext, ApplyReport, DueStatus, StatusWrite, StopCause, StopSignal, apply, due_statuses, write_statuses,
};
use crate::cli::PlanFormat;
use crate::duration::Seconds;
use crate::exit::ExitCode;
use crate::gather::{Clients, GatherOptions};
use crate::notify::Subjects;
use crate::plan::Plan;
use crate::plan::saved::Drift;
use crate::render;
use crate::snapshot::Clocks;
use crate::telemetry::{fail_stage, stage_span};

pub(super) async fn run(request: &Request<'_>, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    check(request, console)?;
    let stop = StopSignal::default();
    stop_on_signals(stop.clone(), console.clone()).context("listening for SIGINT and SIGTERM")?;
    let deadline = Deadline::new(request.live.cluster.timeout);
    let notifications = RunNotifications::new(request, environment, console);
    let ended = Box::pin(
        ApplySession { request, environment, console, stop, deadline, notifications: &notifications, is_called: false }.run(),
    )
    .await;
    notifications.after_failure(&ended).await;
    ended
}

/// Refuses what can be refused without a look at the cluster.
fn check(request: &Request<'_>, console: &Console) -> Result<(), RunError> {
    check_predecessor_flags(&request.live.predecessor, console)?;
    if is_replay(request.source) {
        return Err(RunError::usage(
            "a replay cannot be applied: --snapshot and --demo do not show what the cluster is like now",
            "leave --apply out, use the command plan, or add --dry-run to apply",
        ));
    }
    if asks(request, console) && console.person == Person::Unreachable {
        return Err(RunError::usage(
            "cannot ask whether to apply: standard input is a terminal, standard error is not",
            "pass --yes to apply without a question",
        ));
    }
    Ok(())
}

/// Whether a person is asked: one at standard input, also when standard output goes to a file or a
/// pipe.
fn asks(request: &Request<'_>, console: &Console) -> bool {
    match console.person {
        Person::Absent => false,
        Person::Reachable | Person::Unreachable => !request.consent.yes,
    }
}

/// What was seen and decided.
struct Prepared {
    /// When the look began, by a clock that nobody sets.
    begun: Instant,
    clients: Clients,
    decided: Decided,
    /// How far this machine's clock is from the API server's, which every step uses.
    clocks: Clocks,
    /// The statuses of objects by which people ask for room that are not as they should be.
    statuses: Vec<DueStatus>,
    /// The pods that the plan names.
    subjects: Subjects,
    /// The longest that an instance of any group may take to become a node.
    longest_init_time: Seconds,
}

/// One run of `apply`.
struct ApplySession<'a> {
    request: &'a Request<'a>,
    environment: &'a Environment,
    console: &'a Console,
    stop: StopSignal,
    deadline: Deadline,
    notifications: &'a RunNotifications<'a>,
    /// Whether a pod that needs a node ended the wait for one.
    is_called: bool,
}

impl ApplySession<'_> {
    async fn run(mut self) -> anyhow::Result<ExitCode> {
        let wait = Wait { request: self.request, environment: self.environment, console: self.console, stop: &self.stop };
        let Waited::Over { clients, is_called } = wait.until_needed(&mut self.deadline).await? else {
            return Ok(ExitCode::Done);
        };
        self.is_called = is_called;
        let first = self.prepare(clients.map(|clients| *clients), None).await?;
        save(&first.decided.plan, self.request.output)?;
        let asks = asks(self.request, self.console) && !first.decided.plan.actions.is_empty();
        let prepared = match asks {
            true => match self.consent_to(first).await? {
                Some(prepared) => prepared,
                None => return Ok(ExitCode::Failed),
            },
            false => first,
        };
        let Prepared { clients, decided, statuses, subjects, clocks, longest_init_time, .. } = prepared;
        self.notifications.keep_subjects(&clients, subjects);
        if decided.plan.actions.is_empty() {
            let statuses = self.write_statuses(&statuses, &clients, &clocks).await;
            return self.end(decided, &ApplyReport { statuses, ..ApplyReport::default() }).await;
        }
        let lease = self.lease_keeper().claim(&clients, &clocks, self.deadline).await?;
        if !asks && self.request.output.format.output != PlanFormat::Json {
            // The table comes before the steps and not after them, so that the log of a run that is
            // killed shows what it was about to do.
            self.show(&decided.table(self.console, self.request.output.rows.all))?;
        }
        // They come first: steps may take minutes, and controllers wait for them.
        let statuses = self.write_statuses(&statuses, &clients, &clocks).await;
        let report = self.carry_out(&decided.plan, &clients, &clocks, longest_init_time, lease).await;
        self.end(decided, &ApplyReport { statuses, ..report }).await
    }

    /// Whether a run that finds nothing to do may leave out the calls that only growth needs. It
    /// may not where somebody looks at its plan or keeps it, and need not try where a pod called.
    fn may_stop_early(&self) -> bool {
        let Request { saved, output, prices, .. } = self.request;
        let is_read = saved.is_some() || output.out.is_some() || output.html.is_some() || asks(self.request, self.console);
        let has_buffers = !self.request.buffers.buffer.is_empty();
        !is_read && !has_buffers && !prices.spot_prices && !self.is_called
    }

    /// Reports what was done, to the person or script that started the run and to the notifiers.
    async fn end(&self, decided: Decided, report: &ApplyReport) -> anyhow::Result<ExitCode> {
        let ended = self.finish(&decided, report);
        self.notifications.after_work(&decided.plan, report, &ended).await;
        // It goes with the process, as the snapshot does.
        std::mem::forget(decided);
        ended
    }

    /// Looks and decides, with the clients of an earlier look if there was one, and keeps to the
    /// plan that was shown, if one was. Nothing is changed until it returns, and an interruption
    /// ends it.
    async fn prepare(&self, connected: Option<Clients>, shown: Option<&Plan>) -> anyhow::Result<Prepared> {
        let spinner = Spinner::new(self.console.progress);
        unless_stopped(&self.stop, &spinner, Box::pin(self.look_and_decide(connected, shown, &spinner))).await
    }

    async fn look_and_decide(
        &self,
        connected: Option<Clients>,
        shown: Option<&Plan>,
        spinner: &Spinner,
    ) -> anyhow::Result<Prepared> {
        let Request { source, prices: price_flags, live, policy, consent, .. } = *self.request;
        prices::check_source(policy, price_flags, source)?;
        prices::check_cloud(price_flags, live)?;
        let prices = prices::read(price_flags, source)?;
        let buffers = buffer_files::read(self.request.buffers, self.request.manifests, source)?;
        let begun = Instant::now();
        let options = gather_options(live, price_flags, self.environment, ActivityReach::of_a_plan(policy));
        let launches_only_for = self.may_stop_early().then(|| Box::new(policy.at((self.environment.clock)())));
        let options = GatherOptions { launches_only_for, ..options };
        let look = observe_live(connected, live, &options, self.environment, spinner, self.deadline);
        let (clients, mut snapshot) = Box::pin(look).await?;
        prices::put_into(&mut snapshot, prices);
        buffer_files::add_to(&mut snapshot, buffers);
        let snapshot = Arc::new(snapshot);
        let decided = decide_for(self.request, &snapshot, self.deadline, spinner).await?;
        let decided = match shown {
            Some(shown) => decided.within(shown, &snapshot),
            None => decided,
        };
        let decided = Decided { plan: checked(decided.plan, &snapshot)?, ..decided };
        refuse_beside_cluster_autoscaler(&decided.plan, consent.beside_cluster_autoscaler)?;
        let statuses = due_statuses(&snapshot, &decided.plan);
        let subjects = Subjects::from_plan(&snapshot, &decided.plan);
        let longest_init_time = decided.plan.policy.longest_init_time(&snapshot.groups);
        let prepared =
            Prepared { begun, clients, decided, clocks: snapshot.clocks.clone(), statuses, subjects, longest_init_time };
        if shown.is_some() || !asks(self.request, self.console) {
            // There is no further look. To free hundreds of thousands of objects one by one would
            // only put the first step off: they go with the process.
            std::mem::forget(snapshot);
        }
        Ok(prepared)
    }

    /// Shows the plan and asks. The time that the person takes does not count, and the look may be
    /// old by then: in that case the part of the plan that still holds is returned. `None` means
    /// no.
    async fn consent_to(&mut self, shown: Prepared) -> anyhow::Result<Option<Prepared>> {
        let asked = Instant::now();
        // Who is asked sees all of it, however long.
        self.show(&shown.decided.table_of_all(self.console, self.request.output.rows.all))?;
        let confirmed = confirmed(self.console, &self.stop).await?;
        self.deadline.put_off(asked.elapsed());
        if !confirmed {
            self.console.note("not applied");
            return Ok(None);
        }
        let plan = shown.decided.plan;
        let now = shown.clocks.by_the_server((self.environment.clock)());
        if is_fresh(plan.made_at, now, shown.begun.elapsed()) {
            return Ok(Some(Prepared { decided: Decided { plan, ..shown.decided }, ..shown }));
        }
        let now = self.prepare(Some(shown.clients), Some(&plan)).await?;
        save(&now.decided.plan, self.request.output)?;
        if !now.decided.plan.actions.is_empty() {
            self.show(&now.decided.drift_table(self.console))?;
        }
        Ok(Some(now))
    }

    /// Shows a text about the plan. Standard output is kept for the one JSON document where that is
    /// wanted. A reader that went away changes nothing: the question and the steps still come.
    fn show(&self, text: &str) -> Result<(), RunError> {
        match self.request.output.format.output {
            PlanFormat::Table | PlanFormat::Markdown => ignore_broken_pipe(self.console.print(text)),
            PlanFormat::Json => {
                self.console.print_aside(text);
                Ok(())
            }
        }
    }

    fn lease_keeper(&self) -> LeaseKeeper<'_> {
        LeaseKeeper { live: self.request.live, environment: self.environment, console: self.console, stop: &self.stop }
    }

    /// Writes what became of the objects by which people ask for room.
    async fn write_statuses(&self, due: &[DueStatus], clients: &Clients, clocks: &Clocks) -> Vec<StatusWrite> {
        write_statuses(due, &clients.kubernetes, &self.environment.servers_clock(clocks)).await
    }

    /// Takes the steps and releases the Lease. From here on time and signals only stop it between
    /// two steps.
    async fn carry_out(
        &self,
        plan: &Plan,
        clients: &Clients,
        clocks: &Clocks,
        longest_init_time: Seconds,
        lease: HeldLease,
    ) -> ApplyReport {
        let clock = self.environment.servers_clock(clocks);
        let timer = tokio::spawn(stop_when_passed(self.deadline, self.stop.clone()));
        let spinner = Spinner::new(self.console.progress);
        let own_pod = self.environment.own_pod();
        let context = ApplyContext {
            kubernetes: clients.kubernetes.clone(),
            cloud: &clients.cloud,
            policy: &plan.policy,
            longest_init_time,
            own_pod: own_pod.as_ref(),
            lease: &lease,
            wait: self.request.consent.wait,
            stop: &self.stop,
            clock: &clock,
            progress: &spinner,
        };
        let stage = stage_span("apply");
        let report = Box::pin(apply(plan, &context)).instrument(stage.clone()).await;
        if !report.is_complete() {
            fail_stage(&stage);
        }
        drop(spinner);
        timer.abort();
        self.lease_keeper().release(lease).await;
        report
    }

    /// Prints what was done. A missing reader does not change how the run ended.
    fn finish(&self, decided: &Decided, report: &ApplyReport) -> anyhow::Result<ExitCode> {
        let Decided { plan, reviewed, owners: _ } = decided;
        let drift = reviewed.as_ref().map(|reviewed| reviewed.drift.as_slice());
        let printed = match self.request.output.format.output {
            PlanFormat::Json => self.console.stream(|out| render::write_json(out, &Applied { plan, drift, report })),
            PlanFormat::Table | PlanFormat::Markdown if plan.actions.is_empty() => {
                let statuses = report.render_statuses();
                let space = if statuses.is_empty() { "" } else { "\n" };
                self.console.print(&format!("{}{space}{statuses}", decided.table(self.console, self.request.output.rows.all)))
            }
            PlanFormat::Table | PlanFormat::Markdown => self.console.print(&format!("\n{}", report.render())),
        };
        ignore_broken_pipe(printed)?;
        let steps = if report.is_complete() { ExitCode::Done } else { ExitCode::Incomplete };
        Ok(completeness(plan).or(steps))
    }
}

/// What `apply -o json` prints.
#[derive(Serialize)]
struct Applied<'a> {
    plan: &'a Plan,
    /// How the plan differs from the one that was saved or shown before.
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<&'a [Drift]>,
    report: &'a ApplyReport,
}

async fn stop_when_passed(deadline: Deadline, stop: StopSignal) {
    deadline.passed().await;
    stop.stop(StopCause::TimedOut);
}

/// Takes a missing reader for no failure: it does not change how the run ended.
pub(super) fn ignore_broken_pipe(printed: io::Result<()>) -> Result<(), RunError> {
    printed.map_err(RunError::Output).or_else(|error| if error.reader_went_away() { Ok(()) } else { Err(error) })
}
