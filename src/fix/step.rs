//! Carries one step out: reads the group again, and sends the call only where it is still needed.

use std::collections::BTreeSet;

use super::document::FixStep;
use super::report::FixOutcome;
use super::still_needed::{NotNeeded, still_needed};
use crate::apply::NotReachedReason;
use crate::apply::lease::HeldLease;
use crate::cloud::{ChangeAnswer, Cloud, SetUpChange, set_up_call};
use crate::kubernetes::write::pause;
use crate::snapshot::GroupId;

/// The call is sent this often: once, and once more when the answer was lost or the cloud throttled
/// it. Each change may be made twice without a further effect.
const ATTEMPTS: u32 = 2;

/// What a step needs.
#[derive(Debug)]
pub struct FixContext<'a> {
    /// The cloud of the groups.
    pub cloud: &'a Cloud,
    /// Our Lease.
    pub lease: &'a HeldLease,
    /// The ids of the instances that are nodes of the control plane.
    pub control_plane: &'a BTreeSet<String>,
}

/// Why a step was not done.
enum NotFixed {
    NotNeeded(NotNeeded),
    Failed(String),
    NotReached(NotReachedReason),
}

/// Carries a step out.
pub async fn carry_out(step: &FixStep, context: &FixContext<'_>) -> FixOutcome {
    match send_until_answered(step, context).await {
        Ok(message) => FixOutcome::Done { message },
        Err(NotFixed::NotNeeded(why)) => FixOutcome::Skipped { why },
        Err(NotFixed::Failed(error)) => FixOutcome::Failed { error },
        Err(NotFixed::NotReached(why)) => FixOutcome::NotReached { why },
    }
}

/// Sends the call until there is an answer, and reads the group before each attempt and once more
/// after the last. Returns a message for a person, which is often empty.
async fn send_until_answered(step: &FixStep, context: &FixContext<'_>) -> Result<String, NotFixed> {
    let first_look = context.lease.now();
    let mut failure = String::new();
    let mut is_lost = false;
    for attempt in 0..=ATTEMPTS {
        pause(attempt).await;
        let change = match needed(step, context).await {
            Err(NotFixed::NotNeeded(NotNeeded::AlreadySo | NotNeeded::NoInstanceLeft)) if is_lost => {
                return Ok(format!("{}'s answer was lost, but the group is so", context.cloud.name()));
            }
            needed => needed?,
        };
        if attempt == ATTEMPTS {
            break;
        }
        context.lease.check(first_look).map_err(NotFixed::NotReached)?;
        match context.cloud.change_set_up(&step.group, &change).await {
            ChangeAnswer::Accepted => return Ok(less_than_reviewed(step, &change, context.cloud)),
            ChangeAnswer::Refused(words) => return Err(NotFixed::Failed(words)),
            ChangeAnswer::Throttled(words) => failure = words,
            ChangeAnswer::Unclear(words) => (failure, is_lost) = (words, true),
        }
    }
    Err(NotFixed::Failed(failure))
}

async fn needed(step: &FixStep, context: &FixContext<'_>) -> Result<SetUpChange, NotFixed> {
    let now = context.cloud.set_up_now(&step.group).await;
    let now = now.map_err(|error| NotFixed::Failed(describing(&step.group, &error.to_string())))?;
    let now = now.ok_or(NotFixed::NotNeeded(NotNeeded::GroupGone))?;
    still_needed(&step.change, &now, context.control_plane).map_err(NotFixed::NotNeeded)
}

fn describing(group: &GroupId, words: &str) -> String {
    format!("describing {group}: {words}")
}

/// Returns what was done where that is less than the step.
fn less_than_reviewed(step: &FixStep, done: &SetUpChange, cloud: &Cloud) -> String {
    if *done == step.change {
        return String::new();
    }
    let title = set_up_call(cloud.flag_value(), &step.group, done).map(|call| call.title).unwrap_or_default();
    format!("only {title}, as the rest is so already")
}
