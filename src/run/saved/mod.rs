//! A plan that somebody reviewed, and the part of it that still holds.

pub(super) mod flags;
pub(super) mod refusal;

use std::path::Path;

use jiff::Timestamp;

use super::Console;
use crate::duration::moment;
use crate::gather::document::{ByteSize, InputDocument, read_document};
use crate::plan::saved::{Drift, Holding, what_holds};
use crate::plan::{Plan, Proposal};
use crate::render::{self, PodOwners, ReviewedPlan, TableStyle};
use crate::snapshot::Snapshot;
use refusal::SavedPlanError;

/// The most bytes of a plan: one of 30,000 pods and 5,000 nodes has a tenth of it.
const LARGEST: ByteSize = ByteSize(512 << 20);

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
    /// The controllers of its pods.
    pub(super) owners: PodOwners,
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
        Decided { plan, owners: PodOwners::of(snapshot), reviewed: Some(reviewed) }
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
        let owners = PodOwners::of(snapshot);
        Self { plan, owners, reviewed: Some(Reviewed { origin: ReviewedPlan::Shown, made_at: shown.made_at, drift }) }
    }

    /// Renders the plan for people, with the drift.
    pub(super) fn table(&self, console: &Console, all: bool) -> String {
        self.table_of_rows(console, all, all)
    }

    /// Renders the plan for a person who is to answer for all of it, with the drift. Pods of one
    /// controller are one name all the same, unless `each_pod` is wanted.
    pub(super) fn table_of_all(&self, console: &Console, each_pod: bool) -> String {
        self.table_of_rows(console, true, each_pod)
    }

    fn table_of_rows(&self, console: &Console, all: bool, each_pod: bool) -> String {
        let style = TableStyle { width: console.width, colour: console.colour, all, each_pod };
        let mut text = render::table_by_owner(&self.plan, &self.owners, style);
        text.push_str(&self.drift_table(console));
        text
    }

    /// Renders the plan for the comments of a review, with the drift as it is on a terminal.
    pub(super) fn markdown(&self, all: bool) -> String {
        let text = render::markdown_by_owner(&self.plan, &self.owners, all);
        match self.drift(None, false) {
            drift if drift.is_empty() => text,
            drift => format!("{text}\n```\n{}\n```\n", drift.trim()),
        }
    }

    /// Renders the drift for people; the text is empty where nobody saw a plan before.
    pub(super) fn drift_table(&self, console: &Console) -> String {
        self.drift(console.width, console.colour)
    }

    fn drift(&self, width: Option<u16>, colour: bool) -> String {
        let Some(Reviewed { origin, made_at, drift }) = &self.reviewed else { return String::new() };
        let made = moment(*made_at, self.plan.made_at);
        let text = render::drift(*origin, &made, drift, width, colour);
        match self.plan.actions.is_empty() {
            true => format!("{text}nothing of the {origin} is left to do\n"),
            false => text,
        }
    }
}
