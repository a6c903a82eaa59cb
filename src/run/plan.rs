//! `plan`: looks, decides, shows the plan. It changes nothing but the files of `--out` and
//! `--html`.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::compute::compute;
use super::deadline::Deadline;
use super::names_in_flags::{check_groups, check_namespaces};
use super::no_group::NoManagedGroup;
use super::no_region::NoRegionRead;
use super::observe::observe_with;
use super::progress::Spinner;
use super::replay::is_replay;
use super::saved::{Decided, Reviewed};
use super::settings::{ActivityReach, gather_options};
use super::{
    Console, Environment, Request, RunError, buffer_files, check_predecessor_flags, next_steps, out_file, prices, what_if,
};
use crate::cli::{OutputFlags, PlanFormat};
use crate::exit::ExitCode;
use crate::gather::GatherOptions;
use crate::plan::saved::Drift;
use crate::plan::{Plan, Proposal};
use crate::policy::Policy;
use crate::progress::Progress;
use crate::render::{self, PodOwners};
use crate::snapshot::Snapshot;
use crate::telemetry::in_stage;

pub(super) async fn run(request: &Request<'_>, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    check_predecessor_flags(&request.live.predecessor, console)?;
    let Request { source, prices: price_flags, live, policy, .. } = *request;
    prices::check_source(policy, price_flags, source)?;
    let manifests = what_if::read(request.manifests, &request.live.gangs.rules(), source, console)?;
    let buffers = buffer_files::read(request.buffers, request.manifests, source)?;
    let (spinner, deadline) = (Spinner::new(console.progress), Deadline::new(live.cluster.timeout));
    let activities = ActivityReach::of_a_plan(policy);
    let options = gather_options(live, price_flags, environment, activities);
    let options = GatherOptions { devices: what_if::may_need_devices(manifests.as_ref()), ..options };
    let mut snapshot = observe_with(source, price_flags, live, &options, &spinner, deadline, environment).await?;
    what_if::take_away(&mut snapshot, request.manifests)?;
    what_if::add_to(&mut snapshot, manifests);
    buffer_files::add_to(&mut snapshot, buffers);
    prices::check_snapshot(policy, &snapshot)?;
    let snapshot = Arc::new(snapshot);
    let decided = decide_for(request, &snapshot, deadline, &spinner).await?;
    drop(spinner);
    save(&decided.plan, request.output)?;
    let printed = match (request.output.format.output, &decided) {
        (PlanFormat::Table, _) => console.page(&decided.table(console, request.output.rows.all)),
        (PlanFormat::Markdown, _) => console.page(&decided.markdown(request.output.rows.all)),
        (PlanFormat::Json, Decided { plan, reviewed: None, .. }) => console.stream(|out| render::write_json(out, &**plan)),
        (PlanFormat::Json, Decided { plan, reviewed: Some(Reviewed { drift, .. }), .. }) => {
            console.stream(|out| render::write_json(out, &DriftedPlan { plan, drift }))
        }
    };
    printed.map_err(RunError::Output)?;
    next_steps::after_plan(request, &decided.plan, console);
    let verdict = verdict(&decided.plan, request.output.detailed_exitcode);
    // The process ends here. To free hundreds of thousands of objects one by one takes longer than
    // to let them go with it.
    std::mem::forget((snapshot, decided));
    Ok(verdict)
}

/// What `apply --dry-run PLAN -o json` prints.
#[derive(Serialize)]
struct DriftedPlan<'a> {
    plan: &'a Plan,
    drift: &'a [Drift],
}

/// Plans within the deadline, and keeps to the saved plan if there is one.
///
/// # Errors
/// As [`decide`], when a flag names what the cluster does not have, and when the saved plan is for
/// another cluster.
pub(super) async fn decide_for(
    request: &Request<'_>,
    snapshot: &Arc<Snapshot>,
    deadline: Deadline,
    spinner: &Spinner,
) -> anyhow::Result<Decided> {
    spinner.set_label("planning");
    NoRegionRead::check(snapshot)?;
    if let Some(saved) = request.saved {
        // This comes first: in another account there is no managed group either.
        saved.refuse_another_cluster(snapshot)?;
    }
    let policy = match request.at {
        Some(moment) => request.policy.as_asked(moment),
        None => request.policy.at(snapshot.taken_at),
    };
    let seen = Arc::clone(snapshot);
    let plan = in_stage("plan", async { compute(move || decide(&seen, &policy), deadline, spinner).await? }).await?;
    check_names(request, &plan.policy, snapshot)?;
    Ok(match request.saved {
        Some(saved) => saved.what_holds(plan, snapshot),
        None => Decided { plan, owners: PodOwners::of(snapshot), reviewed: None },
    })
}

/// Refuses names in flags that nothing of the cluster has. A saved plan has its own names, and
/// those that are gone have drifted.
fn check_names(request: &Request<'_>, policy: &Policy, snapshot: &Snapshot) -> Result<(), RunError> {
    const USUAL: &str = "kube-system";
    let lease_namespace = &request.live.cluster.lease_namespace;
    // Every cluster has the usual one, and a replay has no Lease.
    if lease_namespace != USUAL && !is_replay(request.source) {
        check_namespaces("--lease-namespace", [lease_namespace], snapshot)?;
    }
    match request.saved {
        Some(saved) => check_groups("--only-group", saved.only_groups(), snapshot),
        None => check_policy(policy, snapshot),
    }
}

/// Refuses a policy that names groups or namespaces which do not exist.
///
/// # Errors
/// Wrong usage: names the flag and the nearest name.
pub(super) fn check_policy(policy: &Policy, snapshot: &Snapshot) -> Result<(), RunError> {
    check_groups("--only-group", &policy.only_groups, snapshot)?;
    check_namespaces("--pod-namespace", &policy.pod_namespaces, snapshot)
}

/// Plans, and refuses a snapshot in which no group is managed.
///
/// # Errors
/// With the errors of the regions, or the list of the groups seen.
pub(super) fn decide(snapshot: &Snapshot, policy: &Policy) -> anyhow::Result<Proposal> {
    NoRegionRead::check(snapshot)?;
    let started = Instant::now();
    let plan = Proposal::new(snapshot, policy);
    tracing::info!("planning: {:.1?}", started.elapsed());
    NoManagedGroup::check(snapshot, &plan)?;
    Ok(plan)
}

/// Writes the plan to the file of `--out`, if it is given.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn save(plan: &Plan, output: &OutputFlags) -> anyhow::Result<()> {
    if let Some(path) = &output.html {
        out_file::write(path, |out| out.write_all(render::plan_html(plan, &output.command_line).as_bytes()))?;
    }
    match &output.out {
        Some(path) => out_file::write(path, |out| render::write_json(out, plan)),
        None => Ok(()),
    }
}

/// Returns the exit code of a plan that was shown.
fn verdict(plan: &Plan, detailed: bool) -> ExitCode {
    let changes = if detailed && plan.has_changes() { ExitCode::Changes } else { ExitCode::Done };
    completeness(plan).or(changes)
}

/// Returns the exit code for what could not be read.
pub(super) fn completeness(plan: &Plan) -> ExitCode {
    if plan.summary.complete { ExitCode::Done } else { ExitCode::Incomplete }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::plan::{Action, NodeRef, UncordonReason};

    fn plan(complete: bool, actions: Vec<Action>) -> Plan {
        let mut plan = decide(&crate::demo::snapshot(), &Policy::default()).expect("the demo has groups").into_plan();
        plan.summary.complete = complete;
        plan.actions = actions;
        plan
    }

    #[test]
    fn marks_are_no_change_and_an_incomplete_plan_weighs_more_than_changes() {
        let node = || NodeRef { name: "a".into(), uid: "b".into() };
        let mark = || Action::MarkIdle { node: node(), since: Timestamp::UNIX_EPOCH };
        let uncordon = || Action::Uncordon { node: node(), reason: UncordonReason::Kept };
        assert_eq!(verdict(&plan(true, vec![]), true), ExitCode::Done);
        assert_eq!(verdict(&plan(true, vec![mark()]), true), ExitCode::Done);
        assert_eq!(verdict(&plan(true, vec![mark(), uncordon()]), true), ExitCode::Changes);
        assert_eq!(verdict(&plan(true, vec![uncordon()]), false), ExitCode::Done);
        assert_eq!(verdict(&plan(false, vec![uncordon()]), true), ExitCode::Incomplete);
        assert_eq!(verdict(&plan(false, vec![]), false), ExitCode::Incomplete);
    }
}
