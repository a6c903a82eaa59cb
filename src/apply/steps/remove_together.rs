//! Ends instances of one group in one request, where the cloud wants that: of two requests beside
//! each other the second would make it choose other instances.
//!
//! Each instance has its own second look and its own proof. One of which a proof is missing is left
//! out, and the others go. The request names as many instances as the group shrinks by.
//!
//! The request is noted on the Lease before it is sent, and the note stays until its outcome is
//! seen, by this run or a later one: the cloud may have it in a queue where nobody sees it.

use futures::future::join_all;

use super::end_instance::{answered, at_min};
use super::terminate_unhealthy::UnhealthyInstance;
use super::{terminate, terminate_unhealthy};
use crate::apply::cloud::read_group;
use crate::apply::proof::{InstanceProof, MOST_LOOKS};
use crate::apply::removal::end_proved_together;
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason};
use crate::cloud::{ChangeAnswer, GroupNow, RemovalAnswer};
use crate::plan::Action;
use crate::snapshot::{GroupId, RemovalNote};

/// Returns the group of an action that ends an instance.
pub(in crate::apply) fn group_of_removal(action: &Action) -> Option<&GroupId> {
    match action {
        Action::Terminate { group, .. } | Action::TerminateUnhealthy { group, .. } => Some(group),
        _ => None,
    }
}

/// Ends the instances of these actions, all of one group, and returns how each ended, in their
/// order.
pub(in crate::apply) async fn remove_together(
    context: &StepContext<'_>,
    group: &GroupId,
    actions: &[&Action],
) -> Vec<Result<Ending, Obstacle>> {
    let endings = try_to_remove(context, group, actions).await;
    let mut given_back = Vec::with_capacity(endings.len());
    for (action, ending) in actions.iter().zip(endings) {
        given_back.push(match action {
            Action::Terminate { node, .. } => terminate::or_uncordon(context, node, ending).await,
            _ => ending,
        });
    }
    given_back
}

async fn try_to_remove(context: &StepContext<'_>, group: &GroupId, actions: &[&Action]) -> Vec<Result<Ending, Obstacle>> {
    for attempt in 0..MOST_LOOKS {
        if context.is_over(attempt) {
            break;
        }
        let group_now = match read_group(context, group).await {
            Ok(now) => now,
            Err(obstacle) => return of_all(actions, &Err(obstacle)),
        };
        let looks = actions.iter().map(|action| prove(context, (group, &group_now), action));
        let mut proofs = join_all(looks).await;
        if attempt + 1 == MOST_LOOKS {
            // Whatever is too old by now would hold up the others for another run.
            drop_stale(context, &mut proofs);
        }
        match send(context, (group, &group_now), proofs).await {
            Sent::Over(endings) => return endings,
            Sent::TooOld => tracing::debug!("what was read of {group} is too old to act on; reading it again"),
        }
    }
    of_all(actions, &Err(SkipReason::LooksTooOld.into()))
}

/// What became of the one request.
enum Sent {
    /// It was answered, or there was nothing to send.
    Over(Vec<Result<Ending, Obstacle>>),
    /// It was held back, as a proof had grown old.
    TooOld,
}

async fn send(
    context: &StepContext<'_>,
    (group, group_now): (&GroupId, &GroupNow),
    proofs: Vec<Result<InstanceProof, Obstacle>>,
) -> Sent {
    let instances: Vec<Result<String, Obstacle>> = proofs
        .iter()
        .map(|proof| match proof {
            Ok(proof) => Ok(proof.instance().to_owned()),
            Err(obstacle) => Err(obstacle.clone()),
        })
        .collect();
    let proved: Vec<InstanceProof> = proofs.into_iter().filter_map(Result::ok).collect();
    if proved.is_empty() {
        return Sent::Over(instances.into_iter().map(|left_out| left_out.map(|_| Ending::done(""))).collect());
    }
    let answer = match send_noted(context, (group, group_now), proved).await {
        Ok(RemovalAnswer::TooOld) => return Sent::TooOld,
        answer => answer,
    };
    let mut endings = Vec::with_capacity(instances.len());
    for instance in instances {
        endings.push(match (instance, &answer) {
            (Err(obstacle), _) => Err(obstacle),
            (Ok(_), Err(obstacle)) => Err(obstacle.clone()),
            (Ok(instance), Ok(RemovalAnswer::Answered(answer))) => answered(context, group, &instance, answer.clone()).await,
            (Ok(_), Ok(RemovalAnswer::AtMin(words))) => at_min(context, group, words.clone()).await,
            (Ok(_), Ok(RemovalAnswer::TooOld)) => Err(SkipReason::LooksTooOld.into()),
        });
    }
    Sent::Over(endings)
}

/// Sends the request between its note and the end of it.
async fn send_noted(
    context: &StepContext<'_>,
    (group, group_now): (&GroupId, &GroupNow),
    proved: Vec<InstanceProof>,
) -> Result<RemovalAnswer, Obstacle> {
    let mut instances: Vec<String> = proved.iter().map(|proof| proof.instance().to_owned()).collect();
    instances.sort();
    let note = RemovalNote { group: group.clone(), desired: group_now.desired, instances, at: (context.clock)() };
    let live = group_now.instances.iter().filter(|instance| instance.lifecycle.is_live());
    let live = live.map(|instance| instance.id.as_str()).collect();
    context.check_lease()?;
    match context.lease.note_removal(&note, &live).await {
        Ok(None) => {}
        Ok(Some(earlier)) => return Err(SkipReason::RemovalUnderWay { since: earlier.at }.into()),
        Err(error) => return Err(Obstacle::Failed(error.to_string())),
    }
    let answer = end_proved_together(context, group, proved).await;
    let is_unclear = matches!(answer, Ok(RemovalAnswer::Answered(ChangeAnswer::Unclear(_))));
    if !is_unclear && let Err(error) = context.lease.settle_removal(&note).await {
        // The next run sees in the group itself what became of the request.
        tracing::warn!("the note of a request that was answered stays: {error}");
    }
    answer
}

/// Proves that the instance of an action may end.
async fn prove(context: &StepContext<'_>, group: (&GroupId, &GroupNow), action: &Action) -> Result<InstanceProof, Obstacle> {
    match action {
        Action::Terminate { node, instance, cordoned_at, .. } => {
            Box::pin(terminate::prove(context, group, node, instance, *cordoned_at)).await
        }
        Action::TerminateUnhealthy { instance, node, decrement, reason, .. } => {
            let (node, decrement, reason) = (node.as_ref(), *decrement, *reason);
            let unhealthy = UnhealthyInstance { instance, node, decrement, reason };
            Box::pin(terminate_unhealthy::prove(context, group, unhealthy)).await
        }
        other => Err(Obstacle::Failed(format!("{other} ends no instance"))),
    }
}

fn drop_stale(context: &StepContext<'_>, proofs: &mut [Result<InstanceProof, Obstacle>]) {
    let now = context.lease.now();
    for proof in proofs {
        if proof.as_ref().is_ok_and(|proof| !proof.last_look().is_fresh(now)) {
            *proof = Err(SkipReason::LooksTooOld.into());
        }
    }
}

fn of_all(actions: &[&Action], ending: &Result<(), Obstacle>) -> Vec<Result<Ending, Obstacle>> {
    actions.iter().map(|_| ending.clone().map(|()| Ending::done(""))).collect()
}
