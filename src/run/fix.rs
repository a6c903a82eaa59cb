//! `fix`: finds what mends the set-up of groups, shows it, and with `--apply` asks a person about
//! each step and carries it out under the Lease of `apply`.
//!
//! While a person reads a question the Lease is free: runs of `apply` go on meanwhile. Each step
//! reads its group again, so that what they did in between is seen.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use futures::FutureExt as _;
use serde::Serialize;

use super::apply::ignore_broken_pipe;
use super::compute::compute;
use super::console::Person;
use super::deadline::Deadline;
use super::lease_keeper::{LeaseKeeper, unless_stopped};
use super::names_in_flags::{check_groups, check_namespaces};
use super::no_group::NoManagedGroup;
use super::no_region::NoRegionRead;
use super::observe::observe_live;
use super::progress::Spinner;
use super::question::{StepConsent, consent_to_step};
use super::replay::{is_replay, replayed};
use super::settings::{ActivityReach, gather_options};
use super::signals::stop_on_signals;
use super::snapshot::completeness;
use super::{Console, Environment, RunError, check_predecessor_flags};
use crate::apply::lease::HeldLease;
use crate::apply::{NotReachedReason, StopCause, StopSignal};
use crate::cli::{FixCommand, Format, PriceFlags};
use crate::exit::ExitCode;
use crate::fix::{self, FixContext, FixOutcome, FixPlan, FixReport, FixStep, FixedStep, Members};
use crate::gather::Clients;
use crate::plan::{self, Plan};
use crate::policy::Policy;
use crate::progress::Progress;
use crate::render;
use crate::snapshot::{Node, Snapshot};
use crate::well_known::labels::CONTROL_PLANE;

pub(super) async fn run(command: &FixCommand, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    check(command, console)?;
    let stop = StopSignal::default();
    stop_on_signals(stop.clone(), console.clone()).context("listening for SIGINT and SIGTERM")?;
    let deadline = Deadline::new(command.live.cluster.timeout);
    Box::pin(FixSession { command, environment, console, stop, deadline }.run()).await
}

/// Refuses what can be refused without a look at the cluster.
fn check(command: &FixCommand, console: &Console) -> Result<(), RunError> {
    check_predecessor_flags(&command.live.predecessor, console)?;
    let FixCommand { source, apply, yes, .. } = command;
    if *apply && is_replay(source) {
        return Err(RunError::usage(
            "a replay cannot be fixed: --snapshot and --demo do not show what the groups are like now",
            "leave --apply out to see the steps",
        ));
    }
    if *yes && !apply {
        return Err(RunError::usage("--yes is for fix --apply; fix alone changes nothing", "add --apply, or leave --yes out"));
    }
    if *apply && !yes && console.person != Person::Reachable {
        return Err(RunError::usage(
            "fix --apply asks before each step, and there is nobody at a terminal",
            "pass --yes to carry out every step without a question",
        ));
    }
    Ok(())
}

/// What was seen, and what mends it.
struct FoundMends {
    clients: Option<Clients>,
    snapshot: Arc<Snapshot>,
    plan: FixPlan,
}

/// One run of `fix`.
struct FixSession<'a> {
    command: &'a FixCommand,
    environment: &'a Environment,
    console: &'a Console,
    stop: StopSignal,
    deadline: Deadline,
}

impl FixSession<'_> {
    async fn run(mut self) -> anyhow::Result<ExitCode> {
        let spinner = Spinner::new(self.console.progress);
        let FoundMends { clients, snapshot, plan } =
            unless_stopped(&self.stop, &spinner, Box::pin(self.find(&spinner))).await?;
        drop(spinner);
        let seen = completeness(&snapshot);
        match clients.filter(|_| self.command.apply) {
            None => {
                self.show(&plan)?;
                let has_changes = self.command.detailed_exitcode && !plan.steps.is_empty();
                Ok(seen.or(if has_changes { ExitCode::Changes } else { ExitCode::Done }))
            }
            Some(clients) => self.apply(&plan, &clients, &snapshot).await.map(|done| seen.or(done)),
        }
    }

    async fn find(&self, spinner: &Spinner) -> anyhow::Result<FoundMends> {
        let FixCommand { source, live, .. } = self.command;
        // Nothing is bought or removed here, so that it need not be planned.
        let timed = &self.command.policy.0;
        let (clients, snapshot) = if let Some(snapshot) = replayed(source)? {
            (None, snapshot)
        } else {
            let prices = PriceFlags::default();
            let options = gather_options(live, &prices, self.environment, ActivityReach::of_a_plan(timed));
            let look = observe_live(None, live, &options, self.environment, spinner, self.deadline);
            let (clients, snapshot) = Box::pin(look).await?;
            (Some(clients), snapshot)
        };
        NoRegionRead::check(&snapshot)?;
        let policy = Policy { scale_up: false, scale_in: false, ..timed.at(snapshot.taken_at) };
        check_names(&policy, &snapshot)?;
        let members = match &clients {
            Some(clients) => self.deadline.bound(read_members(clients, &snapshot, &policy), spinner).await?,
            None => Members::new(),
        };
        spinner.set_label("planning");
        let snapshot = Arc::new(snapshot);
        let (seen, under) = (Arc::clone(&snapshot), policy.clone());
        let planned: Plan = compute(move || plan::plan(&seen, &under), self.deadline, spinner).await?;
        let fix = FixPlan::new(&snapshot, &policy, &planned.findings, &members);
        if fix.steps.is_empty() && fix.left_to_a_person.is_empty() {
            NoManagedGroup::check(&snapshot, &planned)?;
        }
        Ok(FoundMends { clients, snapshot, plan: fix })
    }

    fn show(&self, plan: &FixPlan) -> Result<(), RunError> {
        let printed = match self.command.format.output {
            Format::Table => self.console.print(&fix::page(plan)),
            Format::Json => self.console.stream(|out| render::write_json(out, plan)),
        };
        printed.map_err(RunError::Output)
    }

    /// Carries the steps out and reports what became of them.
    async fn apply(&mut self, plan: &FixPlan, clients: &Clients, snapshot: &Snapshot) -> anyhow::Result<ExitCode> {
        let lease = match self.command.yes && !plan.steps.is_empty() {
            true => Some(self.lease(None, clients, snapshot).await?),
            false => None,
        };
        let is_asked = !self.command.yes && !plan.steps.is_empty();
        match self.command.format.output {
            Format::Table => ignore_broken_pipe(self.console.print(&fix::page(plan)))?,
            Format::Json if is_asked => self.console.print_aside(&fix::page(plan)),
            Format::Json => {}
        }
        let mut report = FixReport::default();
        let ended = self.carry_out(&plan.steps, lease, clients, snapshot, &mut report).await;
        if ended.is_ok() || !report.steps.is_empty() {
            self.finish(plan, &report)?;
        }
        ended.map(|()| verdict(&report))
    }

    /// Carries the steps out, each after its question.
    ///
    /// # Errors
    /// When another run holds the Lease; the steps before that are in the report.
    async fn carry_out(
        &mut self,
        steps: &[FixStep],
        mut lease: Option<HeldLease>,
        clients: &Clients,
        snapshot: &Snapshot,
        report: &mut FixReport,
    ) -> anyhow::Result<()> {
        let control_plane = control_plane(&snapshot.nodes);
        let mut answered = self.command.yes.then_some(StepConsent::All);
        for (place, step) in steps.iter().enumerate() {
            let position = format!("{} of {}: {}: {}", place + 1, steps.len(), step.group, step.call.title);
            let consent = match answered {
                Some(consent) => Some(consent),
                None => self.ask(&position).await?,
            };
            let outcome = match consent {
                None => FixOutcome::NotReached { why: NotReachedReason::Stopped { cause: StopCause::Interrupted } },
                Some(StepConsent::No | StepConsent::Quit) => FixOutcome::Declined,
                Some(StepConsent::Yes | StepConsent::All) => {
                    let held = self.lease(lease.take(), clients, snapshot).await?;
                    let context = FixContext { cloud: &clients.cloud, lease: &held, control_plane: &control_plane };
                    let outcome = self.do_step(step, &position, &context).await;
                    lease = Some(held);
                    outcome
                }
            };
            report.steps.push(FixedStep { step: step.clone(), outcome });
            answered = consent.filter(|consent| matches!(consent, StepConsent::All | StepConsent::Quit));
            if answered.is_none() {
                self.release(lease.take()).await;
            }
        }
        self.release(lease).await;
        Ok(())
    }

    /// Asks a person about a step; `None` when a signal comes instead of an answer. The time that
    /// they take does not count.
    async fn ask(&mut self, position: &str) -> anyhow::Result<Option<StepConsent>> {
        if self.stop.cause().is_some() {
            return Ok(None);
        }
        let asked = Instant::now();
        let consent = consent_to_step(self.console, &self.stop, position).await;
        self.deadline.put_off(asked.elapsed());
        match consent {
            Err(_) if self.stop.cause().is_some() => Ok(None),
            consent => consent.map(Some),
        }
    }

    async fn lease(&self, held: Option<HeldLease>, clients: &Clients, snapshot: &Snapshot) -> anyhow::Result<HeldLease> {
        match held {
            Some(lease) => Ok(lease),
            None => self.keeper().claim(clients, &snapshot.clocks, self.deadline).await,
        }
    }

    async fn release(&self, lease: Option<HeldLease>) {
        if let Some(lease) = lease {
            self.keeper().release(lease).await;
        }
    }

    fn keeper(&self) -> LeaseKeeper<'_> {
        LeaseKeeper { live: &self.command.live, environment: self.environment, console: self.console, stop: &self.stop }
    }

    async fn do_step(&self, step: &FixStep, position: &str, context: &FixContext<'_>) -> FixOutcome {
        let is_late = self.deadline.passed().now_or_never().is_some();
        if let Some(cause) = self.stop.cause().or(is_late.then_some(StopCause::TimedOut)) {
            return FixOutcome::NotReached { why: NotReachedReason::Stopped { cause } };
        }
        let spinner = Spinner::new(self.console.progress);
        spinner.set_label(position);
        let outcome = Box::pin(fix::carry_out(step, context)).await;
        tracing::info!("{position}: {outcome:?}");
        outcome
    }

    fn finish(&self, plan: &FixPlan, report: &FixReport) -> Result<(), RunError> {
        let printed = match self.command.format.output {
            Format::Json => self.console.stream(|out| render::write_json(out, &Fixed { plan, report })),
            Format::Table if plan.steps.is_empty() => Ok(()),
            Format::Table => self.console.print(&format!("\n{}", report.render())),
        };
        ignore_broken_pipe(printed)
    }
}

/// What `fix --apply -o json` prints.
#[derive(Serialize)]
struct Fixed<'a> {
    plan: &'a FixPlan,
    report: &'a FixReport,
}

/// Returns the exit code of steps that were carried out.
fn verdict(report: &FixReport) -> ExitCode {
    match report.is_complete() {
        false => ExitCode::Incomplete,
        true if report.is_declined() => ExitCode::Failed,
        true => ExitCode::Done,
    }
}

/// Refuses names in flags that nothing has. A group that is not managed may be named here.
fn check_names(policy: &Policy, snapshot: &Snapshot) -> Result<(), RunError> {
    let is_seen = |name: &&String| snapshot.rejected_groups.iter().any(|group| group.id.name == **name);
    check_groups("--only-group", policy.only_groups.iter().filter(|name| !is_seen(name)), snapshot)?;
    check_namespaces("--pod-namespace", &policy.pod_namespaces, snapshot)
}

/// Reads the instances of groups that are not managed and look as if they should be. What cannot be
/// read is left out.
async fn read_members(clients: &Clients, snapshot: &Snapshot, policy: &Policy) -> Members {
    let mut members = Members::new();
    for group in FixPlan::groups_in_doubt(snapshot, policy) {
        match clients.cloud.group_now(group).await {
            Ok(found) => {
                let instances = found.into_iter().flat_map(|group| group.instances);
                members.insert(group.clone(), instances.map(|instance| instance.id).collect());
            }
            Err(error) => tracing::warn!("describing {group}: {error}"),
        }
    }
    members
}

/// Returns the instances that are nodes of the control plane.
fn control_plane(nodes: &[Node]) -> BTreeSet<String> {
    let is_master = |node: &&Node| CONTROL_PLANE.iter().any(|label| node.labels.contains_key(label));
    nodes.iter().filter(is_master).filter_map(Node::instance_id).map(str::to_owned).collect()
}
