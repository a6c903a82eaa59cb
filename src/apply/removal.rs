//! The calls that end instances, and the proofs that they use up.
//!
//! Nothing else makes a [`Removal`], so that nothing else can make a call that ends a machine; a
//! test of the architecture holds that.

use super::Obstacle;
use super::proof::InstanceProof;
use super::steady::SteadyClock;
use super::step_context::StepContext;
use crate::cloud::{Removal, RemovalAnswer, Share};
use crate::snapshot::GroupId;

/// An instance whose end was proved, and the clock by which the proof ages.
struct Proved {
    proof: InstanceProof,
    clock: SteadyClock,
}

impl Removal for Proved {
    fn instance(&self) -> &str {
        self.proof.instance()
    }

    fn share(&self) -> Share {
        self.proof.share()
    }

    fn is_fresh(&self) -> bool {
        self.proof.last_look().is_fresh((self.clock)())
    }
}

/// Sends one request to end the instance of the proof, and to lower the desired capacity with it
/// where its share goes.
pub(super) async fn end_proved(
    context: &StepContext<'_>,
    group: &GroupId,
    proof: InstanceProof,
) -> Result<RemovalAnswer, Obstacle> {
    context.check_lease()?;
    let proved = Proved { proof, clock: context.lease.steady_clock() };
    Ok(context.cloud.remove(group, proved).await)
}

/// Sends one request to end the instances of all these proofs, which are of one group.
pub(super) async fn end_proved_together(
    context: &StepContext<'_>,
    group: &GroupId,
    proofs: Vec<InstanceProof>,
) -> Result<RemovalAnswer, Obstacle> {
    context.check_lease()?;
    let proved = |proof| Proved { proof, clock: context.lease.steady_clock() };
    Ok(context.cloud.remove_together(group, proofs.into_iter().map(proved).collect()).await)
}
