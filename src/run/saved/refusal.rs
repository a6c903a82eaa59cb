//! Why a saved plan is not carried out at all.

use jiff::Timestamp;

use super::Saved;
use crate::demo;
use crate::duration::{Seconds, moment};
use crate::gather::document::DocumentError;
use crate::plan::PlanError;
use crate::policy::InForce;
use crate::run::user_facing::UserFacing;
use crate::snapshot::{ClusterIdentity, LookedAt, Snapshot, TakenKind};

/// The clock of the machine that made the plan may be ahead by this much.
const CLOCKS_DIFFER: Seconds = Seconds(60);

/// Why a saved plan is not carried out at all.
#[derive(Debug, thiserror::Error)]
pub(in crate::run) enum SavedPlanError {
    /// The file could not be read.
    #[error("plan {0}")]
    Unreadable(#[from] DocumentError),
    /// It holds something else.
    #[error("{file}: {error}")]
    NotAPlan {
        /// The file.
        file: String,
        /// Why not.
        error: PlanError,
    },
    /// It was made with `--demo`.
    #[error("{file} is a plan of --demo, whose cluster is nowhere")]
    OfTheDemo {
        /// The file.
        file: String,
    },
    /// It was made with `-f`.
    #[error("{file} is a what-if: {} {} added by plan -f", first_of(objects), if objects.len() == 1 { "was" } else { "were" })]
    WhatIf {
        /// The file.
        file: String,
        /// The objects that manifests added.
        objects: Vec<String>,
    },
    /// It is older than `--max-plan-age`.
    #[error("{file} was made at {}, which is more than --max-plan-age {limit}", moment(*made_at, *now))]
    TooOld {
        /// The file.
        file: String,
        /// When it was made.
        made_at: Timestamp,
        /// The moment distances are counted from.
        now: Timestamp,
        /// The limit.
        limit: Seconds,
    },
    /// A schedule of its policy file has begun or ended.
    #[error("{file} was made when {}, and that has changed since", in_force.words(*made_at))]
    ScheduleChanged {
        /// The file.
        file: String,
        /// When it was made.
        made_at: Timestamp,
        /// The schedules that held then.
        in_force: Box<InForce>,
    },
    /// It was made with `--without-node` or `--without-group`.
    #[error("{file} is a what-if: it shows what would be done without {kind} {name}")]
    Without {
        /// The file.
        file: String,
        /// What was taken away.
        kind: TakenKind,
        /// Its name.
        name: String,
    },
    /// It was made with `--at`.
    #[error("{file} is a what-if: it shows what would be done under the schedules of {}", moment(*asked_for, *made_at))]
    AtAnotherTime {
        /// The file.
        file: String,
        /// When it was made.
        made_at: Timestamp,
        /// The moment whose schedules it follows.
        asked_for: Timestamp,
    },
    /// One of two clocks is wrong.
    #[error("{file} is from the future: made at {} by this machine's clock", moment(*made_at, *now))]
    FromTheFuture {
        /// The file.
        file: String,
        /// When it was made.
        made_at: Timestamp,
        /// The moment distances are counted from.
        now: Timestamp,
    },
    /// It is for another cluster, or may be.
    #[error("{file} is for another cluster: {}; here it is {}", identity(planned), identity(here))]
    OtherCluster {
        /// The file.
        file: String,
        /// The cluster it was made for.
        planned: Box<ClusterIdentity>,
        /// The cluster that was found.
        here: Box<ClusterIdentity>,
    },
}

/// Names the first object: that is enough to recognise the plan.
fn first_of(objects: &[String]) -> String {
    match objects {
        [] => String::new(),
        [one] => one.clone(),
        [first, others @ ..] => format!("{first} and {} more", others.len()),
    }
}

fn identity(cluster: &ClusterIdentity) -> String {
    let known = |fact: &Option<String>| fact.clone().unwrap_or_else(|| "unknown".to_owned());
    format!("kube-system UID {} and AWS account {}", known(&cluster.uid), known(&cluster.account))
}

impl Saved {
    /// Refuses a plan of the demo, whose cluster does not exist.
    pub(in crate::run) fn refuse_what_is_no_cluster(&self) -> Result<(), SavedPlanError> {
        match self.plan.cluster == demo::snapshot().cluster {
            true => Err(SavedPlanError::OfTheDemo { file: self.file.clone() }),
            false => Ok(()),
        }
    }

    /// Refuses a plan for manifests, whose pods are not in the cluster, or for another time.
    pub(in crate::run) fn refuse_a_what_if(&self) -> Result<(), SavedPlanError> {
        if let Some(asked_for) = self.plan.policy.in_force.as_ref().and_then(|in_force| in_force.asked_for) {
            return Err(SavedPlanError::AtAnotherTime { file: self.file.clone(), made_at: self.plan.made_at, asked_for });
        }
        let LookedAt { added, without, .. } = &self.plan.looked_at;
        if let [first, ..] = &without[..] {
            let (kind, name) = (first.kind, first.name.clone());
            return Err(SavedPlanError::Without { file: self.file.clone(), kind, name });
        }
        match added.is_empty() {
            true => Ok(()),
            false => Err(SavedPlanError::WhatIf {
                file: self.file.clone(),
                objects: added.iter().map(|added| format!("{} {}", added.kind, added.object)).collect(),
            }),
        }
    }

    /// Refuses a plan that is too old, or from the future.
    pub(in crate::run) fn refuse_by_age(&self, limit: Seconds, now: Timestamp) -> Result<(), SavedPlanError> {
        let (file, made_at) = (self.file.clone(), self.plan.made_at);
        if made_at > CLOCKS_DIFFER.after(now) {
            return Err(SavedPlanError::FromTheFuture { file, made_at, now });
        }
        match now > limit.after(made_at) {
            true => Err(SavedPlanError::TooOld { file, made_at, now, limit }),
            false => Ok(()),
        }
    }

    /// Refuses a plan under schedules that do not hold now.
    pub(in crate::run) fn refuse_by_schedule(&self, now: Timestamp) -> Result<(), SavedPlanError> {
        let Some(in_force) = &self.plan.policy.in_force else { return Ok(()) };
        let (file, made_at) = (self.file.clone(), self.plan.made_at);
        match in_force.until.is_some_and(|until| until <= now) {
            true => Err(SavedPlanError::ScheduleChanged { file, made_at, in_force: Box::new(in_force.clone()) }),
            false => Ok(()),
        }
    }

    /// Refuses a snapshot of another cluster, or of one that may be another.
    ///
    /// # Errors
    /// Names both.
    pub(in crate::run) fn refuse_another_cluster(&self, snapshot: &Snapshot) -> Result<(), SavedPlanError> {
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
}

impl UserFacing for SavedPlanError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unreadable(error) => return error.hint(),
            Self::NotAPlan { .. } | Self::TooOld { .. } | Self::ScheduleChanged { .. } | Self::OfTheDemo { .. } => {
                "make a new plan with `ec2-autoscale plan --out FILE`"
            }
            Self::WhatIf { .. } => "apply the manifests to the cluster, then make a plan without -f",
            Self::Without { .. } => "make a plan without --without-node and --without-group",
            Self::AtAnotherTime { .. } => "make a plan without --at",
            Self::FromTheFuture { .. } => "set the clock of this machine, or of the one that made the plan",
            Self::OtherCluster { .. } => "check --kubeconfig, --context and the AWS credentials",
        };
        Some(hint.to_owned())
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
    fn a_plan_ends_with_the_schedules_that_it_follows() {
        let mut saved = saved();
        let until = Seconds::minutes(10).after(saved.plan.made_at);
        let schedules = vec!["nights".to_owned()];
        saved.plan.policy.in_force = Some(InForce { schedules, until: Some(until), asked_for: None });
        assert!(saved.refuse_by_schedule(Seconds(599).after(saved.plan.made_at)).is_ok());
        let error = saved.refuse_by_schedule(until).expect_err("it has ended").to_string();
        assert!(error.starts_with("p.json was made when schedule nights is in force until "), "{error}");
        saved.plan.policy.in_force = None;
        assert!(saved.refuse_by_schedule(until).is_ok());
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
