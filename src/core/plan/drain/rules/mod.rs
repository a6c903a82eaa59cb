//! The rules in their order.

mod budget_spent;
mod controller;
mod drain_grace;
mod ignored;
mod leaving;
mod local_storage;
mod lost_work;
mod mark;
mod on_completion;
mod running_gang;
pub(super) mod safe_to_evict;
mod schedulable_elsewhere;
mod system_pod;

use super::{Drainability, Question};
pub(crate) use controller::is_made_again;

/// A rule about single pods.
pub(super) struct DrainRule {
    /// Whether the pod's annotation `safe-to-evict: "true"` lifts the rule.
    pub(super) lifted_by_safe_to_evict: bool,
    /// Returns the verdict, if the rule has one.
    pub(super) verdict: fn(&Question<'_>) -> Option<Drainability>,
}

/// The first rule with a verdict decides. A no of a person comes before the annotation
/// `safe-to-evict: "true"`, which lifts only what protects the pod from us: a budget and a place to
/// move to always count. Whether there is a place is tried for all pods of a node together
/// (`scale_in`); here are only the cases in which it cannot be known.
pub(super) const RULES: [DrainRule; 12] = [
    DrainRule { lifted_by_safe_to_evict: false, verdict: ignored::verdict },
    DrainRule { lifted_by_safe_to_evict: false, verdict: leaving::verdict },
    DrainRule { lifted_by_safe_to_evict: false, verdict: mark::verdict },
    DrainRule { lifted_by_safe_to_evict: false, verdict: on_completion::verdict },
    DrainRule { lifted_by_safe_to_evict: true, verdict: lost_work::verdict },
    DrainRule { lifted_by_safe_to_evict: true, verdict: controller::verdict },
    DrainRule { lifted_by_safe_to_evict: true, verdict: drain_grace::verdict },
    DrainRule { lifted_by_safe_to_evict: true, verdict: system_pod::verdict },
    DrainRule { lifted_by_safe_to_evict: true, verdict: local_storage::verdict },
    DrainRule { lifted_by_safe_to_evict: false, verdict: running_gang::verdict },
    DrainRule { lifted_by_safe_to_evict: false, verdict: budget_spent::verdict },
    DrainRule { lifted_by_safe_to_evict: false, verdict: schedulable_elsewhere::verdict },
];
