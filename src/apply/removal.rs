//! The one call that ends an instance, and the proof that it uses up.
//!
//! Nothing else makes a [`Removal`], so that nothing else can make the call that ends a machine; a
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
