//! Ends an instance of a group by its id: the proof, the one call that takes it, and the meaning of
//! an unclear answer.

use crate::apply::cloud::{check_region, names_of, read_group};
use crate::apply::proof::{InstanceNames, InstanceProof, MOST_LOOKS};
use crate::apply::removal::end_proved;
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason, StepOutcome};
use crate::cloud::{ChangeAnswer, RemovalAnswer};
use crate::plan::NodeRef;
use crate::snapshot::{GroupId, Lifecycle, Node};

/// Ends an instance on a proof that `prove` makes, and makes anew where it has grown old before the
/// request.
pub(super) async fn end_instance(
    context: &StepContext<'_>,
    group: &GroupId,
    prove: impl AsyncFn() -> Result<InstanceProof, Obstacle>,
) -> Result<Ending, Obstacle> {
    check_region(context, &group.region)?;
    for attempt in 0..MOST_LOOKS {
        if context.is_over(attempt) {
            break;
        }
        let proof = prove().await?;
        let instance = proof.instance().to_owned();
        match end_proved(context, group, proof).await? {
            RemovalAnswer::Answered(answer) => return answered(context, group, &instance, answer).await,
            RemovalAnswer::AtMin(words) => return at_min(context, group, words).await,
            RemovalAnswer::TooOld => tracing::debug!("what was read of {instance} is too old to act on; reading it again"),
        }
    }
    Err(SkipReason::LooksTooOld.into())
}

/// Returns the outcome when the cloud found the group at its minimum, which may have been raised
/// since it was read.
pub(super) async fn at_min(context: &StepContext<'_>, group: &GroupId, words: String) -> Result<Ending, Obstacle> {
    let min = read_group(context, group).await?.min;
    Ok(Ending::new(StepOutcome::Skipped { why: SkipReason::AtMin { min } }, words))
}

pub(super) async fn answered(
    context: &StepContext<'_>,
    group: &GroupId,
    instance: &str,
    answer: ChangeAnswer,
) -> Result<Ending, Obstacle> {
    match answer {
        ChangeAnswer::Accepted => Ok(Ending::done("")),
        ChangeAnswer::Refused(words) | ChangeAnswer::Throttled(words) => Err(Obstacle::Failed(words)),
        ChangeAnswer::Unclear(words) => confirm_after_lost_answer(context, group, instance, words).await,
    }
}

/// Reads what became of the instance after an unclear answer. The request is never repeated: it
/// might end another instance's place in the group.
async fn confirm_after_lost_answer(
    context: &StepContext<'_>,
    group: &GroupId,
    instance: &str,
    words: String,
) -> Result<Ending, Obstacle> {
    let cloud = context.cloud.name();
    let lost = |then: &str| Obstacle::Failed(format!("{cloud}'s answer was lost ({words}); {then}"));
    let now = read_group(context, group).await.map_err(|obstacle| lost(&StepOutcome::from(obstacle).to_string()))?;
    match now.instance(instance).map(|instance| instance.lifecycle) {
        None | Some(Lifecycle::Terminating | Lifecycle::Terminated) => {
            Ok(Ending::done(&format!("{cloud}'s answer was lost, but the instance is going; desired is {}", now.desired)))
        }
        Some(
            Lifecycle::Pending
            | Lifecycle::InService
            | Lifecycle::Detached
            | Lifecycle::Standby
            | Lifecycle::Warm
            | Lifecycle::ReplacingDisk,
        ) => Err(lost("the instance is still there; the next run looks again")),
    }
}

/// Returns the names of a node's instance according to EC2, unless the Node's `providerID` names
/// the instance.
pub(super) async fn names_unless_provider_id(
    context: &StepContext<'_>,
    (region, instance): (&str, &str),
    node: &NodeRef,
    nodes: &[Node],
) -> Result<Option<InstanceNames>, Obstacle> {
    let seen = nodes.iter().find(|seen| seen.uid == node.uid);
    match seen.is_some_and(|seen| InstanceNames::from_provider_id(seen).is_some()) {
        true => Ok(None),
        false => names_of(context, region, instance).await.map(Some),
    }
}

/// Returns the names of the instance of a node that was just read.
pub(super) fn names_of_node(node: &Node, by_ec2: Option<InstanceNames>) -> Result<InstanceNames, SkipReason> {
    InstanceNames::from_provider_id(node).or(by_ec2).ok_or(SkipReason::OtherInstance)
}
