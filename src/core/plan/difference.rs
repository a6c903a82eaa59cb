//! How one plan differs from another: what flags they were made with, what they do, what becomes of
//! pods, what is found, and what it costs. Pure: only the two documents are compared.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::action::{Action, Stage};
use super::document::{Plan, Summary};
use super::report::PodReport;
use super::subject::Subject;
use crate::policy::Policy;
use crate::snapshot::{ClusterIdentity, ObjectName, UsdPerHour};

/// The name of the format this version writes.
pub const DIFFERENCE_SCHEMA: &str = "ec2-autoscale/plan-difference/v1";

/// The differences between two plans, A and B. Marks on nodes are no difference.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PlanDifference {
    /// Always [`DIFFERENCE_SCHEMA`].
    #[schemars(extend("const" = DIFFERENCE_SCHEMA))]
    pub schema: String,
    /// The first plan.
    pub a: ComparedPlan,
    /// The second plan.
    pub b: ComparedPlan,
    /// The flags that are not the same.
    pub flags: Vec<FlagDifference>,
    /// The steps that are not the same, in the order in which they are done.
    pub steps: Vec<StepDifference>,
    /// The pods of which something else becomes.
    pub pods: Vec<PodsDifference>,
    /// The findings that only the first plan has, in words.
    pub findings_gone: Vec<String>,
    /// The findings that only the second plan has, in words.
    pub findings_new: Vec<String>,
}

/// What a plan is, beside its differences.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ComparedPlan {
    /// `taken_at` of its snapshot.
    pub made_at: Timestamp,
    /// Its cluster.
    pub cluster: ClusterIdentity,
    /// Its numbers.
    pub summary: Summary,
    /// What the groups cost once it is carried out; absent where no prices are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd_per_hour: Option<UsdPerHour>,
}

/// A flag of the planner that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FlagDifference {
    /// The flag, without its dashes.
    pub flag: String,
    /// Its value in the first plan; absent where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<String>,
    /// Its value in the second plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<String>,
}

/// A step that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepDifference {
    /// What the first plan does; absent where only the second does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<Action>,
    /// What the second plan does; absent where only the first does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<Action>,
}

/// What becomes of a pod, as far as two plans are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PodOutcome {
    /// The plan does not have it: it runs, is gone, or has not come yet.
    Absent,
    /// It is expected to be placed.
    Helped,
    /// It is not for this plan to help it, or not yet.
    LeftAlone,
    /// It gets no node.
    Unhelped,
}

/// Pods of which the same becomes in both plans, and not the same as in the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PodsDifference {
    /// What becomes of them in the first plan.
    pub a: PodOutcome,
    /// What becomes of them in the second plan.
    pub b: PodOutcome,
    /// The pods, by namespace and name.
    pub pods: Vec<ObjectName>,
}

impl PlanDifference {
    /// Compares two plans.
    #[must_use]
    pub fn between(a: &Plan, b: &Plan) -> Self {
        Self {
            schema: DIFFERENCE_SCHEMA.to_owned(),
            flags: flags(&a.policy, &b.policy),
            steps: steps(a, b),
            pods: pods(a, b),
            findings_gone: only_in(a, b),
            findings_new: only_in(b, a),
            a: ComparedPlan::from(a),
            b: ComparedPlan::from(b),
        }
    }

    /// Whether both plans do the same for the same pods, with the same flags and findings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { schema: _, a, b, flags, steps, pods, findings_gone, findings_new } = self;
        let changes = [flags.is_empty(), steps.is_empty(), pods.is_empty(), findings_gone.is_empty(), findings_new.is_empty()];
        changes.into_iter().all(|is_empty| is_empty) && a.usd_per_hour == b.usd_per_hour
    }
}

impl From<&Plan> for ComparedPlan {
    fn from(plan: &Plan) -> Self {
        let (cluster, summary) = (plan.cluster.clone(), plan.summary.clone());
        Self { made_at: plan.made_at, cluster, summary, usd_per_hour: plan.bill.as_ref().map(|bill| bill.after) }
    }
}

fn flags(a: &Policy, b: &Policy) -> Vec<FlagDifference> {
    let difference = |setting: &crate::policy::Setting| {
        let (of_a, of_b) = (setting.written(a), setting.written(b));
        (of_a != of_b).then(|| FlagDifference { flag: setting.flag().to_owned(), a: of_a, b: of_b })
    };
    Policy::SETTINGS.iter().filter_map(difference).collect()
}

fn steps(a: &Plan, b: &Plan) -> Vec<StepDifference> {
    let [of_a, of_b] = [a, b].map(by_subject);
    let subjects: BTreeSet<_> = of_a.keys().chain(of_b.keys()).collect();
    let steps = subjects.into_iter().map(|subject| (of_a.get(subject).copied(), of_b.get(subject).copied()));
    // What is done is in the words; other fields are when and why it was looked at.
    let differ = |(a, b): &(Option<&Action>, Option<&Action>)| a.map(ToString::to_string) != b.map(ToString::to_string);
    steps.filter(differ).map(|(a, b)| StepDifference { a: a.cloned(), b: b.cloned() }).collect()
}

fn by_subject(plan: &Plan) -> BTreeMap<(Stage, Subject<'_>), &Action> {
    let steps = plan.actions.iter().filter(|action| !action.is_mark() && !matches!(action, Action::NoteInstances { .. }));
    steps.map(|action| ((action.stage(), action.subject()), action)).collect()
}

fn pods(a: &Plan, b: &Plan) -> Vec<PodsDifference> {
    let [of_a, of_b] = [a, b].map(|plan| plan.pods.iter().map(|pod| (&pod.pod, outcome(pod))).collect::<BTreeMap<_, _>>());
    let mut changed: BTreeMap<(PodOutcome, PodOutcome), BTreeSet<&ObjectName>> = BTreeMap::new();
    for name in of_a.keys().chain(of_b.keys()).copied() {
        let [a, b] = [&of_a, &of_b].map(|pods| pods.get(name).copied().unwrap_or(PodOutcome::Absent));
        if a != b {
            changed.entry((a, b)).or_default().insert(name);
        }
    }
    changed.into_iter().map(|((a, b), pods)| PodsDifference { a, b, pods: pods.into_iter().cloned().collect() }).collect()
}

fn outcome(pod: &PodReport) -> PodOutcome {
    match (pod.verdict.is_helped(), pod.verdict.is_unhelped()) {
        (true, _) => PodOutcome::Helped,
        (_, true) => PodOutcome::Unhelped,
        (false, false) => PodOutcome::LeftAlone,
    }
}

fn only_in(this: &Plan, other: &Plan) -> Vec<String> {
    let others: BTreeSet<&str> = other.findings.iter().map(|finding| finding.message.as_str()).collect();
    let only = this.findings.iter().map(|finding| &finding.message).filter(|message| !others.contains(message.as_str()));
    only.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;

    fn demo(policy: &Policy) -> Plan {
        plan(&crate::demo::snapshot(), policy)
    }

    #[test]
    fn a_plan_does_not_differ_from_itself() {
        let plan = demo(&Policy::default());
        let difference = PlanDifference::between(&plan, &plan);
        assert!(difference.is_empty(), "{difference:?}");
    }

    #[test]
    fn steps_pods_and_flags_are_compared_both_ways() {
        let (usual, small) = (demo(&Policy::default()), demo(&Policy { max_scale_up: 2, ..Policy::default() }));
        let difference = PlanDifference::between(&usual, &small);
        assert_eq!(
            difference.flags,
            [FlagDifference { flag: "max-scale-up".into(), a: Some("100".into()), b: Some("2".into()) }]
        );
        let [StepDifference { a: Some(a), b: Some(b) }] = &difference.steps[..] else { panic!("{:?}", difference.steps) };
        assert!(a.to_string().contains("→ 6") || a.to_string().contains('6'), "{a}");
        assert_ne!(a, b);
        let [PodsDifference { a: PodOutcome::Helped, b: PodOutcome::Unhelped, pods }] = &difference.pods[..] else {
            panic!("{:?}", difference.pods)
        };
        assert!(!pods.is_empty() && pods.is_sorted());
        let back = PlanDifference::between(&small, &usual);
        assert_eq!((back.steps[0].a.as_ref(), &back.pods[0].a), (difference.steps[0].b.as_ref(), &PodOutcome::Unhelped));
        assert_eq!(back.findings_gone, difference.findings_new);
    }

    #[test]
    fn a_step_of_one_plan_alone_is_a_difference_and_a_mark_is_none() {
        let usual = demo(&Policy::default());
        let mut without = usual.clone();
        without.actions.retain(Action::is_mark);
        let steps = PlanDifference::between(&usual, &without).steps;
        assert!(!steps.is_empty() && steps.iter().all(|step| step.b.is_none()), "{steps:?}");
        let mut unmarked = usual.clone();
        unmarked.actions.retain(|action| !action.is_mark());
        assert!(PlanDifference::between(&usual, &unmarked).is_empty());
    }

    #[test]
    fn pods_that_only_one_plan_has_are_absent_in_the_other() {
        let usual = demo(&Policy::default());
        let mut fewer = usual.clone();
        let gone = fewer.pods.pop().expect("a pod");
        let pods = PlanDifference::between(&usual, &fewer).pods;
        assert_eq!(pods, [PodsDifference { a: outcome(&gone), b: PodOutcome::Absent, pods: vec![gone.pod] }]);
    }
}
