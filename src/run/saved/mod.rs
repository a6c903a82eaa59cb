//! A plan that somebody reviewed, and the part of it that still holds.

pub(super) mod flags;
pub(super) mod refusal;

use std::path::Path;

use jiff::Timestamp;

use super::Console;
use crate::demo;
use crate::duration::{Seconds, moment};
use crate::gather::document::{ByteSize, InputDocument, read_document};
use crate::plan::saved::{Drift, Holding, what_holds};
use crate::plan::{Plan, Proposal};
use crate::render::{self, ReviewedPlan};
use crate::snapshot::Snapshot;
use refusal::SavedPlanError;

/// The most bytes of a plan: one of 30,000 pods and 5,000 nodes has a tenth of it.
const LARGEST: ByteSize = ByteSize(512 << 20);

/// The clock of the machine that made the plan may be ahead by this much.
const CLOCKS_DIFFER: Seconds = Seconds(60);

/// A plan from a file.
pub(super) struct Saved {
    /// The file's name, for messages.
    file: String,
    plan: Plan,
    /// The groups that may be touched, if not all of the plan's: `--only-group`.
    only_groups: Vec<String>,
}

/// The plan that is carried out or shown.
pub(super) struct Decided {
    pub(super) plan: Proposal,
    /// The plan that a person saw before, if anybody did.
    pub(super) reviewed: Option<Reviewed>,
}

/// A plan that a person saw, compared with the present one.
pub(super) struct Reviewed {
    pub(super) origin: ReviewedPlan,
    /// When it was made.
    pub(super) made_at: Timestamp,
    /// How the present plan differs from it.
    pub(super) drift: Vec<Drift>,
}

impl Saved {
    pub(super) fn read(path: &Path) -> Result<Self, SavedPlanError> {
        let InputDocument { file, bytes } = read_document(path, LARGEST)?;
        match Plan::from_json(&bytes) {
            Ok(plan) => Ok(Self { file, plan, only_groups: Vec::new() }),
            Err(error) => Err(SavedPlanError::NotAPlan { file, error }),
        }
    }

    /// Refuses a plan of the demo, whose cluster does not exist.
    pub(super) fn refuse_what_is_no_cluster(&self) -> Result<(), SavedPlanError> {
        match self.plan.cluster == demo::snapshot().cluster {
            true => Err(SavedPlanError::OfTheDemo { file: self.file.clone() }),
            false => Ok(()),
        }
    }

    /// Refuses a plan for manifests, whose pods are not in the cluster.
    pub(super) fn refuse_a_what_if(&self) -> Result<(), SavedPlanError> {
        let added = &self.plan.looked_at.added;
        match added.is_empty() {
            true => Ok(()),
            false => Err(SavedPlanError::WhatIf {
                file: self.file.clone(),
                objects: added.iter().map(|added| format!("{} {}", added.kind, added.object)).collect(),
            }),
        }
    }

    pub(super) fn refuse_by_age(&self, limit: Seconds, now: Timestamp) -> Result<(), SavedPlanError> {
        let (file, made_at) = (self.file.clone(), self.plan.made_at);
        if made_at > CLOCKS_DIFFER.after(now) {
            return Err(SavedPlanError::FromTheFuture { file, made_at, now });
        }
        match now > limit.after(made_at) {
            true => Err(SavedPlanError::TooOld { file, made_at, now, limit }),
            false => Ok(()),
        }
    }

    /// Refuses a snapshot of another cluster, or of one that may be another.
    ///
    /// # Errors
    /// Names both.
    pub(super) fn refuse_another_cluster(&self, snapshot: &Snapshot) -> Result<(), SavedPlanError> {
        let (planned, here) = (&self.plan.cluster, &snapshot.cluster);
        let is_same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        match is_same(&planned.uid, &here.uid) && is_same(&planned.account, &here.account) {
            true => Ok(()),
            false => Err(SavedPlanError::OtherCluster {
                file: self.file.clone(),
                planned: Box::new(planned.clone()),
                here: Box::new(here.clone()),
            }),
        }
    }

    /// Returns the plan as it was saved.
    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Narrows it to some groups if there are any.
    pub(super) fn narrowed_to(self, only_groups: Vec<String>) -> Self {
        Self { only_groups, ..self }
    }

    /// Returns the groups that `--only-group` narrows the plan to.
    pub(super) fn only_groups(&self) -> &[String] {
        &self.only_groups
    }

    /// Returns the part that holds, given the present plan.
    pub(super) fn what_holds(&self, now: Proposal, snapshot: &Snapshot) -> Decided {
        let Holding { plan, drift } = what_holds(&self.plan, now, snapshot, &self.only_groups);
        let reviewed = Reviewed { origin: ReviewedPlan::Saved, made_at: self.plan.made_at, drift };
        Decided { plan, reviewed: Some(reviewed) }
    }
}

impl Decided {
    /// Returns the part that holds of a plan that was shown, given the present one. Where both keep
    /// to a saved plan, the drift from that is included.
    pub(super) fn within(self, shown: &Plan, snapshot: &Snapshot) -> Self {
        let Holding { plan, mut drift } = what_holds(shown, self.plan, snapshot, &[]);
        let before = self.reviewed.into_iter().flat_map(|reviewed| reviewed.drift);
        let before: Vec<Drift> = before.filter(|one| !drift.contains(one)).collect();
        drift.splice(0..0, before);
        Self { plan, reviewed: Some(Reviewed { origin: ReviewedPlan::Shown, made_at: shown.made_at, drift }) }
    }

    /// Renders the plan for people, with the drift.
    pub(super) fn table(&self, console: &Console) -> String {
        let mut text = render::table(&self.plan, console.width, console.colour);
        text.push_str(&self.drift_table(console));
        text
    }

    /// Renders the drift for people; the text is empty where nobody saw a plan before.
    pub(super) fn drift_table(&self, console: &Console) -> String {
        let Some(Reviewed { origin, made_at, drift }) = &self.reviewed else { return String::new() };
        let made = moment(*made_at, self.plan.made_at);
        let text = render::drift(*origin, &made, drift, console.width, console.colour);
        match self.plan.actions.is_empty() {
            true => format!("{text}nothing of the {origin} is left to do\n"),
            false => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn saved() -> Saved {
        let plan = crate::plan::plan(&demo::snapshot(), &Policy::default());
        Saved { file: "p.json".to_owned(), plan, only_groups: Vec::new() }
    }

    #[test]
    fn a_plan_is_young_and_not_from_the_future() {
        let saved = saved();
        let judge = |seconds: i64| {
            let now = saved.plan.made_at + jiff::SignedDuration::from_secs(seconds);
            saved.refuse_by_age(Seconds::minutes(60), now).map_err(|error| error.to_string())
        };
        for seconds in [-60, 0, 3600] {
            assert_eq!(judge(seconds), Ok(()), "{seconds}");
        }
        assert!(judge(3601).is_err_and(|error| error.starts_with("p.json was made at ") && error.contains("--max-plan-age")));
        assert!(judge(-61).is_err_and(|error| error.contains("is from the future")));
    }

    #[test]
    fn another_cluster_is_told_with_both_names() {
        let saved = saved();
        assert!(saved.refuse_another_cluster(&demo::snapshot()).is_ok());
        let error = |change: fn(&mut Snapshot)| {
            let mut snapshot = demo::snapshot();
            change(&mut snapshot);
            saved.refuse_another_cluster(&snapshot).expect_err("another one").to_string()
        };
        let account = error(|snapshot| snapshot.cluster.account = Some("999999999999".into()));
        assert!(
            account.contains("999999999999") && account.contains(saved.plan.cluster.account.as_deref().expect("known")),
            "{account}"
        );
        let unknown = error(|snapshot| snapshot.cluster.uid = None);
        assert!(unknown.contains("unknown"), "{unknown}");
    }
}
