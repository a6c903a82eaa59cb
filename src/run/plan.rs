//! `plan`: look, decide, show. It changes nothing but the file it is told to write.

use std::time::Instant;

use serde::Serialize;

use super::no_group::NoManagedGroup;
use super::observe::observe;
use super::saved::Decided;
use super::settings::ActivityReach;
use super::{Console, Request, RunError, Surroundings, greet_predecessor, out_file, prices, what_if};
use crate::cli::{Format, OutputFlags};
use crate::exit::ExitCode;
use crate::plan::saved::Drift;
use crate::plan::{self, Plan};
use crate::policy::Policy;
use crate::render;
use crate::snapshot::Snapshot;

pub(super) async fn run(request: &Request<'_>, around: &Surroundings, console: &Console) -> Result<ExitCode, RunError> {
    greet_predecessor(&request.live.predecessor, console)?;
    let Request { source, prices: price_flags, live, policy, .. } = *request;
    prices::check_source(policy, price_flags, source)?;
    let manifests = what_if::read(request.manifests, source, console)?;
    let mut snapshot = observe(source, price_flags, live, ActivityReach::of_a_plan(policy), around, console).await?;
    what_if::add_to(&mut snapshot, manifests);
    prices::check_snapshot(policy, &snapshot)?;
    let decided = decide_for(request, &snapshot)?;
    save(&decided.plan, request.output)?;
    let text = match (request.output.format.output, &decided) {
        (Format::Table, _) => decided.table(request, console),
        (Format::Json, Decided { plan, drift: None }) => render::json(plan),
        (Format::Json, Decided { plan, drift: Some(drift) }) => render::json(&Drifted { plan, drift }),
    };
    console.print(&text).map_err(RunError::Output)?;
    Ok(verdict(&decided.plan, request.output.detailed_exitcode))
}

/// What `apply --dry-run PLAN -o json` prints.
#[derive(Serialize)]
struct Drifted<'a> {
    plan: &'a Plan,
    drift: &'a [Drift],
}

/// Plans, and keeps to the saved plan if there is one.
///
/// # Errors
/// As [`decide`], and when the saved plan is for another cluster.
pub(super) fn decide_for(request: &Request<'_>, snapshot: &Snapshot) -> Result<Decided, RunError> {
    let Some(saved) = request.saved else { return Ok(Decided { plan: decide(snapshot, request.policy)?, drift: None }) };
    // First: in another account there is no managed group either.
    saved.refuse_another_cluster(snapshot)?;
    Ok(saved.what_holds(decide(snapshot, request.policy)?, snapshot))
}

/// Plans, and refuses a snapshot in which nothing is managed.
///
/// # Errors
/// With the list of the groups seen.
pub(super) fn decide(snapshot: &Snapshot, policy: &Policy) -> Result<Plan, RunError> {
    let started = Instant::now();
    let plan = plan::plan(snapshot, policy);
    tracing::info!("planning: {:.1?}", started.elapsed());
    NoManagedGroup::check(snapshot, &plan)?;
    Ok(plan)
}

/// `--out`.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn save(plan: &Plan, output: &OutputFlags) -> Result<(), RunError> {
    match &output.out {
        Some(path) => out_file::write(path, |out| out.write_all(render::json(plan).as_bytes())),
        None => Ok(()),
    }
}

/// The exit code of a plan that was shown.
fn verdict(plan: &Plan, detailed: bool) -> ExitCode {
    let changes = if detailed && plan.has_changes() { ExitCode::Changes } else { ExitCode::Done };
    completeness(plan).or(changes)
}

/// The exit code for what could not be read.
pub(super) fn completeness(plan: &Plan) -> ExitCode {
    if plan.summary.complete { ExitCode::Done } else { ExitCode::Incomplete }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::plan::{Action, NodeRef, UncordonReason};

    fn plan(complete: bool, actions: Vec<Action>) -> Plan {
        let mut plan = decide(&crate::demo::snapshot(), &Policy::default()).expect("the demo has groups");
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
