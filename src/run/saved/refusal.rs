//! Why a saved plan is not carried out at all.

use jiff::Timestamp;

use crate::duration::{Seconds, moment};
use crate::gather::document::DocumentError;
use crate::plan::PlanError;
use crate::run::user_facing::UserFacing;
use crate::snapshot::ClusterIdentity;

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

impl UserFacing for SavedPlanError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unreadable(_) | Self::NotAPlan { .. } | Self::TooOld { .. } | Self::OfTheDemo { .. } => {
                "make a new plan with `ec2-autoscale plan --out FILE`"
            }
            Self::WhatIf { .. } => "apply the manifests to the cluster, then make a plan without -f",
            Self::FromTheFuture { .. } => "set the clock of this machine, or of the one that made the plan",
            Self::OtherCluster { .. } => "check --kubeconfig, --context and the AWS credentials",
        };
        Some(hint.to_owned())
    }
}
