//! The steps of the last plans, for whoever looks into a failure.

use std::collections::VecDeque;

use ec2_autoscale_core::plan::Plan;

const PLANS: usize = 12;

#[derive(Default)]
pub(super) struct Trail(VecDeque<String>);

impl Trail {
    /// Remembers a plan that does something.
    pub(super) fn note(&mut self, minute: u32, plan: &Plan) {
        if plan.actions.is_empty() {
            return;
        }
        if self.0.len() == PLANS {
            self.0.pop_front();
        }
        let actions: Vec<String> = plan.actions.iter().map(|action| format!("\n    {action:?}")).collect();
        self.0.push_back(format!("  minute {minute}:{}", actions.concat()));
    }

    pub(super) fn told(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}
