//! The cases of `tests/conformance` before a real kube-apiserver and kube-scheduler: are they what the scheduler says?
//!
//! A pod that fits somewhere is bound, and the scheduler then says nothing of the other nodes. So each case is tried again and
//! again, each time with the node that was taken closed, until the pod fits nowhere: then each node that was to fit has been
//! bound to once, and the scheduler's sentence counts the others by reason.
//!
//! `CONFORMANCE=FILE` tries the cases of one file alone, such as `storage_capacity`.

#[path = "../support/conformance/mod.rs"]
mod cases;
mod sentence;
mod stage;

use crate::cluster::{Cluster, FeatureGates};
use crate::say;
use cases::{Case, CaseOption};
use stage::{Outcome, Stage};

const NUMERIC: &str = "TaintTolerationComparisonOperators=true";

/// As elsewhere here, and nothing waits for controllers that do not run: claims and volumes go when they are deleted.
const WITHOUT: &str = "ServiceAccount,TaintNodesByCondition,StorageObjectInUseProtection";

#[test]
fn the_scheduler_says_what_the_cases_expect() {
    let wanted = std::env::var("CONFORMANCE").ok();
    let is_wanted = |case: &Case| wanted.as_ref().is_none_or(|file| *file == case.file);
    let (numeric, plain): (Vec<Case>, Vec<Case>) =
        cases::all().into_iter().filter(is_wanted).partition(|case| case.options.contains(&CaseOption::NumericTolerations));
    // The API server takes such tolerations in both runs: a feature may be switched off after pods were made.
    let mut wrong = put_before(&plain, &FeatureGates { apiserver: NUMERIC, ..FeatureGates::default() });
    wrong.extend(put_before(&numeric, &FeatureGates { apiserver: NUMERIC, scheduler: NUMERIC, ..FeatureGates::default() }));
    assert!(wrong.is_empty(), "{} cases are not what the scheduler says:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is wrong with each case that is.
fn put_before(cases: &[Case], gates: &FeatureGates) -> Vec<String> {
    let cluster = Cluster::start_with(gates, WITHOUT).unwrap_or_else(|why| panic!("{why}"));
    let mut wrong = Vec::new();
    let mut not_asked = 0;
    for case in cases {
        match Stage::set(&cluster, case).and_then(Stage::play) {
            Ok(Outcome::Agreed) => {}
            Ok(Outcome::NotAsked) => not_asked += 1,
            Err(why) => wrong.push(format!("{}: {} ({}): {why}", case.file, case.name, case.origin)),
        }
        stage::clear(&cluster);
    }
    say(&format!(
        "kube-scheduler {}: {} cases, {not_asked} of them of pods it is not asked about\n",
        cluster.version,
        cases.len()
    ));
    wrong
}
