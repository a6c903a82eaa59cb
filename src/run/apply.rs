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
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Serialize;

use super::console::Person;
use super::deadline::Deadline;
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
use super::{Console, Environment, Request, RunError, check_predecessor_flags, one_line, prices};
use crate::apply::lease::{HeldLease, LeaseClaim, LeaseError, claim, release_unfinished_claim};
use crate::apply::steady::RunClocks;
use crate::apply::{ApplyContext, ApplyReport, StopCause, StopSignal, apply};
use crate::cli::Format;
use crate::duration::Seconds;
use crate::exit::ExitCode;
use crate::gather::{Clients, GatherOptions};
use crate::notify::Subjects;
use crate::plan::Plan;
use crate::plan::saved::Drift;
use crate::progress::Progress;
use crate::render;
use crate::snapshot::Clocks;

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

/// A run that is over tries for this long to release the Lease: less than what Kubernetes gives a
/// pod between SIGTERM and the end.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(20);

/// What was seen and decided.
struct Prepared {
    /// When the look began, by a clock that nobody sets.
    begun: Instant,
    clients: Clients,
    decided: Decided,
    /// How far this machine's clock is from the API server's, which every step uses.
    clocks: Clocks,
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
        let Prepared { clients, decided, subjects, clocks, longest_init_time, .. } = prepared;
        self.notifications.keep_subjects(&clients, subjects);
        if decided.plan.actions.is_empty() {
            return self.end(decided, &ApplyReport::default()).await;
        }
        let lease = self.hold_lease(&clients, &clocks).await?;
        if !asks && self.request.output.format.output == Format::Table {
            // The table comes before the steps and not after them, so that the log of a run that is
            // killed shows what it was about to do.
            self.show(&decided.table(self.console))?;
        }
        let report = self.carry_out(&decided.plan, &clients, &clocks, longest_init_time, lease).await;
        self.end(decided, &report).await
    }

    /// Whether a run that finds nothing to do may leave out the calls that only growth needs. It
    /// may not where somebody looks at its plan or keeps it, and need not try where a pod called.
    fn may_stop_early(&self) -> bool {
        let Request { saved, output, prices, .. } = self.request;
        let is_read = saved.is_some() || output.out.is_some() || asks(self.request, self.console);
        !is_read && !prices.spot_prices && !self.is_called
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
        let begun = Instant::now();
        let options = gather_options(live, price_flags, self.environment, ActivityReach::of_a_plan(policy));
        let launches_only_for = self.may_stop_early().then(|| Box::new(policy.clone()));
        let options = GatherOptions { launches_only_for, ..options };
        let look = observe_live(connected, live, &options, self.environment, spinner, self.deadline);
        let (clients, mut snapshot) = Box::pin(look).await?;
        prices::put_into(&mut snapshot, prices);
        let snapshot = Arc::new(snapshot);
        let decided = decide_for(self.request, &snapshot, self.deadline, spinner).await?;
        let decided = match shown {
            Some(shown) => decided.within(shown, &snapshot),
            None => decided,
        };
        let decided = Decided { plan: checked(decided.plan, &snapshot)?, ..decided };
        refuse_beside_cluster_autoscaler(&decided.plan, consent.beside_cluster_autoscaler)?;
        let subjects = Subjects::from_plan(&snapshot, &decided.plan);
        let longest_init_time = policy.longest_init_time(&snapshot.groups);
        let prepared = Prepared { begun, clients, decided, clocks: snapshot.clocks.clone(), subjects, longest_init_time };
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
        self.show(&shown.decided.table(self.console))?;
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
            Format::Table => ignore_broken_pipe(self.console.print(text)),
            Format::Json => {
                self.console.print_aside(text);
                Ok(())
            }
        }
    }

    async fn hold_lease(&self, clients: &Clients, clocks: &Clocks) -> anyhow::Result<HeldLease> {
        let spinner = Spinner::new(self.console.progress);
        spinner.set_label("claiming the Lease");
        let (namespace, identity) = (&self.request.live.cluster.lease_namespace, self.environment.identity());
        let run_clocks = RunClocks::of_this_machine(Arc::new(self.environment.servers_clock(clocks)));
        let kubernetes = clients.kubernetes.clone();
        let work = async { anyhow::Ok(Box::pin(claim(kubernetes, namespace, identity.clone(), run_clocks)).await?) };
        let bounded = async { self.deadline.bound(work, &spinner).await? };
        let claim = unless_stopped(&self.stop, &spinner, bounded).await;
        let broke_off = |error: &anyhow::Error| error.downcast_ref().is_some_and(RunError::broke_off);
        if claim.as_ref().is_err_and(broke_off) {
            self.release_unfinished_claim(clients, &identity).await;
        }
        match claim? {
            LeaseClaim::Held(lease) => Ok(lease),
            LeaseClaim::HeldByOther { namespace, holder, since, renewed_at } => bail!(RunError::LeaseHeld {
                namespace,
                holder,
                since,
                renewed_at,
                now: clocks.by_the_server((self.environment.clock)()),
            }),
        }
    }

    /// Releases the Lease that an interrupted claim may have got: it would keep others out for
    /// minutes.
    async fn release_unfinished_claim(&self, clients: &Clients, identity: &str) {
        let namespace = &self.request.live.cluster.lease_namespace;
        self.release_in_time(release_unfinished_claim(clients.kubernetes.clone(), namespace, identity)).await;
    }

    /// Waits for the release of the Lease, but not for long: others get it once it has expired.
    async fn release_in_time(&self, releasing: impl Future<Output = Result<(), LeaseError>>) {
        let problem = match tokio::time::timeout(PATIENCE_AT_THE_END, releasing).await {
            Ok(released) => released.err().map(|error| one_line(&error)),
            Err(_) => Some(format!("no answer within {} s", PATIENCE_AT_THE_END.as_secs())),
        };
        if let Some(problem) = problem {
            self.console.note(&format!("note: the Lease was not given back: {problem}"));
        }
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
        let report = Box::pin(apply(plan, &context)).await;
        drop(spinner);
        timer.abort();
        self.release_in_time(lease.release()).await;
        report
    }

    /// Prints what was done. A missing reader does not change how the run ended.
    fn finish(&self, decided: &Decided, report: &ApplyReport) -> anyhow::Result<ExitCode> {
        let Decided { plan, reviewed } = decided;
        let drift = reviewed.as_ref().map(|reviewed| reviewed.drift.as_slice());
        let printed = match self.request.output.format.output {
            Format::Json => self.console.stream(|out| render::write_json(out, &Applied { plan, drift, report })),
            Format::Table if plan.actions.is_empty() => self.console.print(&decided.table(self.console)),
            Format::Table => self.console.print(&format!("\n{}", report.render())),
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

/// Does work that changes nothing, until the signal to stop.
async fn unless_stopped<T>(
    stop: &StopSignal,
    spinner: &Spinner,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::select! {
        biased;
        _ = stop.stopped() => Err(RunError::Interrupted { doing: spinner.doing() }.into()),
        done = work => done,
    }
}

fn ignore_broken_pipe(printed: io::Result<()>) -> Result<(), RunError> {
    printed.map_err(RunError::Output).or_else(|error| if error.reader_went_away() { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::super::compute::compute;
    use super::*;

    #[tokio::test]
    async fn a_signal_is_heard_while_the_run_thinks() {
        let (stop, spinner) = (StopSignal::default(), Spinner::new(false));
        spinner.set_label("planning");
        let (release, released) = std::sync::mpsc::channel::<()>();
        let endless = compute(move || released.recv(), Deadline::new(Seconds::minutes(5)), &spinner);
        let work = async { anyhow::Ok(endless.await.map(|_| ())?) };
        stop.stop(StopCause::Interrupted);
        let error = unless_stopped(&stop, &spinner, work).await.expect_err("stopped");
        assert_eq!(error.to_string(), "interrupted while planning; nothing was changed");
        drop(release);
    }

    #[tokio::test]
    async fn work_that_changes_nothing_ends_with_the_wish_to_stop() {
        let (stop, spinner) = (StopSignal::default(), Spinner::new(false));
        spinner.set_label("listing pods");
        let done = unless_stopped(&stop, &spinner, std::future::ready(Ok(1))).await;
        assert_eq!(done.ok(), Some(1));
        stop.stop(StopCause::Interrupted);
        let error = unless_stopped(&stop, &spinner, std::future::ready(Ok(1))).await.expect_err("stopped");
        assert_eq!(error.to_string(), "interrupted while listing pods; nothing was changed");
    }
}
