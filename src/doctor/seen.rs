//! What a look at the cluster and the account shows.

use std::collections::BTreeSet;

use super::{CheckState, CheckSubject, SetUpCheck};
use crate::plan::{Finding, FindingCode, Plan, count};
use crate::snapshot::{Gap, Snapshot};

/// At most so many findings of one kind are written out.
const FINDINGS_SHOWN: usize = 5;

/// Returns the checks of a snapshot and of the plan that was made of it.
pub(crate) fn checks_of_snapshot(snapshot: &Snapshot, plan: &Plan) -> Vec<SetUpCheck> {
    let mut checks = vec![cluster(snapshot)];
    checks.extend(account(snapshot));
    checks.extend(clocks(plan));
    checks.extend(facts(snapshot));
    checks.extend(groups(snapshot, plan));
    checks.extend(set_up(plan));
    checks.push(others(snapshot));
    checks
}

fn number(of: usize, noun: &str) -> String {
    count(u64::try_from(of).unwrap_or(u64::MAX), noun)
}

fn cluster(snapshot: &Snapshot) -> SetUpCheck {
    let nodes = number(snapshot.nodes.len(), "node");
    let pods = number(snapshot.pods.len(), "pod");
    SetUpCheck::good(CheckSubject::Cluster, format!("{}: {nodes}, {pods}", snapshot.cluster.name))
}

/// Returns whether the account is the cluster's, and each region that could not be read.
fn account(snapshot: &Snapshot) -> Vec<SetUpCheck> {
    let (mut read, mut checks) = (Vec::new(), Vec::new());
    for region in &snapshot.regions {
        match &region.unreadable {
            None => read.push(region.name.as_str()),
            Some(error) => checks.push(SetUpCheck::with_next(
                CheckSubject::Account,
                CheckState::Bad,
                format!("region {} could not be read: {error}", region.name),
                "`ec2-autoscale iam-policy plan` prints what has to be allowed",
            )),
        }
    }
    if !read.is_empty() {
        let account = snapshot.cluster.account.as_deref().unwrap_or("the cloud");
        checks.insert(0, SetUpCheck::good(CheckSubject::Account, format!("{account} in {}", read.join(", "))));
    }
    checks
}

fn clocks(plan: &Plan) -> Vec<SetUpCheck> {
    let off = plan.findings.iter().filter(|finding| matches!(finding.code, FindingCode::ClockOff { .. }));
    let off = off.map(|finding| {
        SetUpCheck::with_next(CheckSubject::Clocks, CheckState::Warning, &finding.message, "set the clock by NTP or chrony")
    });
    let mut checks: Vec<SetUpCheck> = off.collect();
    if checks.is_empty() {
        checks.push(SetUpCheck::good(CheckSubject::Clocks, "they agree"));
    }
    checks
}

fn facts(snapshot: &Snapshot) -> Vec<SetUpCheck> {
    if snapshot.gaps.is_empty() {
        return vec![SetUpCheck::good(CheckSubject::Facts, "everything that was asked for could be read")];
    }
    let gap = |gap: &Gap| {
        SetUpCheck::with_next(
            CheckSubject::Facts,
            CheckState::Warning,
            format!("{} could not be read: {}", gap.fact, gap.error),
            "`ec2-autoscale help calls` has what is missing without it, `ec2-autoscale iam-policy` what has to be allowed",
        )
    };
    snapshot.gaps.iter().map(gap).collect()
}

fn groups(snapshot: &Snapshot, plan: &Plan) -> Vec<SetUpCheck> {
    if plan.groups.is_empty() {
        return vec![SetUpCheck::with_next(
            CheckSubject::Groups,
            CheckState::Bad,
            format!("no group is managed; {} seen", number(snapshot.rejected_groups.len(), "other group")),
            format!(
                "tag them with KubernetesCluster={} and KubernetesRole=worker: `ec2-autoscale help preparing`",
                snapshot.cluster.name
            ),
        )];
    }
    let regions: BTreeSet<&str> = plan.groups.iter().map(|group| group.group.region.as_str()).collect();
    let regions = regions.into_iter().collect::<Vec<_>>().join(", ");
    let mut checks =
        vec![SetUpCheck::good(CheckSubject::Groups, format!("{} managed in {regions}", number(plan.groups.len(), "group")))];
    let unknown = plan
        .findings
        .iter()
        .filter(|finding| matches!(finding.code, FindingCode::AccountUnknown { .. } | FindingCode::GroupNotManaged { .. }));
    checks.extend(some(unknown, CheckSubject::Groups, CheckState::Warning, "`ec2-autoscale help preparing` has the tags"));
    checks
}

/// Returns what is odd about the groups. Findings about this moment, such as a backoff, are none of
/// the set-up.
fn set_up(plan: &Plan) -> Vec<SetUpCheck> {
    let odd = plan.findings.iter().filter(|finding| is_of_set_up(&finding.code));
    let mut checks = some(odd, CheckSubject::SetUp, CheckState::Warning, "`ec2-autoscale fix` shows what mends it");
    if checks.is_empty() {
        checks.push(SetUpCheck::good(CheckSubject::SetUp, "nothing is odd about the groups"));
    }
    checks
}

fn is_of_set_up(code: &FindingCode) -> bool {
    matches!(
        code,
        FindingCode::BadTag { .. }
            | FindingCode::DesiredAboveMax { .. }
            | FindingCode::ReplacesAtRisk { .. }
            | FindingCode::ShortLifetime { .. }
            | FindingCode::ZonalVolumes { .. }
            | FindingCode::TemplateDiffers { .. }
            | FindingCode::OddSibling { .. }
            | FindingCode::MixedSizes { .. }
            | FindingCode::ScheduleNotUnderstood { .. }
            | FindingCode::GroupTagMatchesNothing { .. }
            | FindingCode::Advice { .. }
    )
}

fn some<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    subject: CheckSubject,
    state: CheckState,
    next: &str,
) -> Vec<SetUpCheck> {
    let findings: Vec<&Finding> = findings.collect();
    let shown = findings.iter().take(FINDINGS_SHOWN);
    let mut checks: Vec<SetUpCheck> =
        shown.map(|finding| SetUpCheck::with_next(subject, state, &finding.message, next)).collect();
    if let Some(more) = findings.len().checked_sub(FINDINGS_SHOWN).filter(|more| *more > 0) {
        checks.push(SetUpCheck::with_next(
            subject,
            state,
            format!("and {} more", number(more, "such finding")),
            "`ec2-autoscale plan` has all",
        ));
    }
    checks
}

fn others(snapshot: &Snapshot) -> SetUpCheck {
    let names: Vec<String> = snapshot
        .foreign_leases
        .iter()
        .filter(|lease| lease.is_fresh(snapshot.taken_at))
        .map(|lease| lease.autoscaler.to_string())
        .collect();
    match names.is_empty() {
        true => SetUpCheck::good(CheckSubject::Others, "no other autoscaler holds a Lease"),
        false => SetUpCheck::with_next(
            CheckSubject::Others,
            CheckState::Warning,
            format!("{} holds a Lease in this cluster", names.join(" and ")),
            "two autoscalers undo each other's work on the same groups: `ec2-autoscale help migrating`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::policy::Policy;
    use crate::snapshot::{Advice, AdviceCode};

    fn checks(change: impl FnOnce(&mut Snapshot)) -> Vec<SetUpCheck> {
        let mut snapshot = crate::demo::snapshot();
        change(&mut snapshot);
        let plan = plan(&snapshot, &Policy::default());
        checks_of_snapshot(&snapshot, &plan)
    }

    fn of(checks: &[SetUpCheck], subject: CheckSubject) -> Vec<&SetUpCheck> {
        checks.iter().filter(|check| check.subject == subject).collect()
    }

    #[test]
    fn a_region_that_could_not_be_read_is_bad() {
        let checks = checks(|snapshot| snapshot.regions[1].unreadable = Some("AccessDenied".into()));
        let account = of(&checks, CheckSubject::Account);
        assert_eq!(account[0].message, "123456789012 in us-west-2");
        assert!(account[1].state == CheckState::Bad && account[1].message.contains("us-east-1"), "{account:?}");
    }

    #[test]
    fn without_groups_the_tags_are_named() {
        let checks = checks(|snapshot| snapshot.groups.clear());
        let groups = of(&checks, CheckSubject::Groups);
        assert!(groups[0].state == CheckState::Bad, "{groups:?}");
        assert!(groups[0].next.as_ref().is_some_and(|next| next.contains("KubernetesCluster=demo")), "{groups:?}");
    }

    #[test]
    fn an_unprotected_group_is_for_fix_and_a_backoff_is_of_the_moment() {
        let checks = checks(|snapshot| {
            let message = "new instances are not protected from scale-in".to_owned();
            snapshot.groups[0].advice.push(Advice { code: AdviceCode::Unprotected, message, after: None });
        });
        let set_up = of(&checks, CheckSubject::SetUp);
        assert!(set_up.len() == 1 && set_up[0].state == CheckState::Warning, "{set_up:?}");
        assert!(set_up[0].next.as_ref().is_some_and(|next| next.contains("fix")), "{set_up:?}");
        assert!(!checks.iter().any(|check| check.message.contains("backoff")), "{checks:?}");
    }

    #[test]
    fn what_could_not_be_read_is_said() {
        let fact = crate::snapshot::MissingFact::Images { region: "us-west-2".into() };
        let checks = checks(|snapshot| snapshot.gaps.push(Gap { fact, error: "denied".into() }));
        let facts = of(&checks, CheckSubject::Facts);
        assert!(
            facts.len() == 1 && facts[0].state == CheckState::Warning && facts[0].message.ends_with(": denied"),
            "{facts:?}"
        );
    }
}
