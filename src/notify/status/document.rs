//! What a run saw and did, as YAML that a person reads.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::apply::{ApplyReport, CameInGroup};
use crate::duration::{Seconds, whole_seconds};
use crate::fair_order::in_turn;
use crate::notify::tally::{backoffs, finding_code, nodes_by_state, pods_by_verdict};
use crate::notify::words::{LONGEST_NAME, for_others};
use crate::notify::{RunEnd, RunWork};
use crate::plan::{Finding, GroupReport};

/// The most entries of each list. With the bytes of a message this stays far below the megabyte
/// that a ConfigMap holds.
const MOST_ENTRIES: usize = 300;

/// The most bytes of the name of a group: AWS takes no longer ones, and the region.
const LONGEST_GROUP: usize = 300;

/// The most bytes of one message.
const LONGEST_MESSAGE: usize = 400;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusDocument<'a> {
    as_of: String,
    took: String,
    version: &'static str,
    cluster: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_by: Option<String>,
    complete: bool,
    steps: String,
    pods: BTreeMap<String, u64>,
    nodes: BTreeMap<&'static str, u64>,
    groups: Vec<StatusGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more_groups: Option<String>,
    backoffs: Vec<BackoffEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more_backoffs: Option<String>,
    findings: Vec<Noted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more_findings: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusGroup {
    name: String,
    region: String,
    desired: i64,
    desired_after: i64,
    live: u32,
    upcoming: u32,
    min: i64,
    max: i64,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BackoffEntry {
    group: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine_type: Option<String>,
    until: String,
    message: String,
}

#[derive(Serialize)]
struct Noted {
    code: String,
    message: String,
}

pub(super) fn document(end: &RunEnd<'_>, work: &RunWork<'_>) -> String {
    let plan = work.plan;
    let (groups, more_groups) = first_of(plan.groups.iter().map(|report| group(report, work.report)));
    let (backoffs, more_backoffs) = first_of(backoffs(plan).into_iter().map(|backoff| BackoffEntry {
        group: for_others(&backoff.group.to_string(), LONGEST_GROUP),
        zone: backoff.zone.map(|zone| for_others(zone, LONGEST_NAME)),
        machine_type: backoff.machine_type.map(|name| for_others(name, LONGEST_NAME)),
        until: whole_seconds(backoff.until),
        message: for_others(backoff.message, LONGEST_MESSAGE),
    }));
    let (findings, more_findings) = findings(&plan.findings);
    let document = StatusDocument {
        as_of: whole_seconds(end.ended),
        took: Seconds(end.took.as_secs()).to_string(),
        version: env!("CARGO_PKG_VERSION"),
        cluster: &plan.cluster.name,
        run_by: plan.cluster.own_pod.as_ref().map(ToString::to_string),
        complete: plan.summary.complete,
        steps: work.report.summary(),
        pods: pods_by_verdict(plan),
        nodes: nodes_by_state(plan),
        groups,
        more_groups,
        backoffs,
        more_backoffs,
        findings,
        more_findings,
    };
    // This is plain data; if it could not be written, a line with the error is better than no
    // status at all.
    serde_saphyr::to_string(&document).unwrap_or_else(|error| format!("error: {error}\n"))
}

/// Returns the first entries, and a line with the number of the others.
fn first_of<T>(entries: impl Iterator<Item = T>) -> (Vec<T>, Option<String>) {
    let mut entries: Vec<T> = entries.collect();
    let more = entries.len().saturating_sub(MOST_ENTRIES);
    entries.truncate(MOST_ENTRIES);
    (entries, (more > 0).then(|| format!("… and {more} more")))
}

/// Returns the findings in their order. Where there is no room for all, the kinds take turns, so
/// that one that many objects cause hides no other.
fn findings(findings: &[Finding]) -> (Vec<Noted>, Option<String>) {
    let turns = in_turn(0..findings.len(), |place| finding_code(&findings[*place]));
    let mut entries: Vec<(usize, usize)> = turns.into_iter().enumerate().collect();
    entries.sort_by_key(|(turn, place)| (*turn >= MOST_ENTRIES, *place));
    first_of(entries.into_iter().map(|(_, place)| noted(&findings[place])))
}

fn group(report: &GroupReport, applied: &ApplyReport) -> StatusGroup {
    StatusGroup {
        name: for_others(&report.group.name, LONGEST_GROUP),
        region: for_others(&report.group.region, LONGEST_NAME),
        desired: report.desired,
        desired_after: desired_after(report, applied),
        live: report.live,
        upcoming: report.upcoming,
        min: report.min,
        max: report.max,
        message: for_others(&report.message, LONGEST_MESSAGE),
    }
}

/// Returns the desired capacity that follows: that of the plan, unless the nodes came in another
/// group.
fn desired_after(report: &GroupReport, applied: &ApplyReport) -> i64 {
    let is_it = |came: &CameInGroup| came.group == report.group;
    let mut launches = applied.steps.iter().filter(|step| !step.came.is_empty());
    if let Some(came) = launches.clone().flat_map(|step| &step.came).rfind(|came| is_it(came)) {
        return came.to;
    }
    let is_elsewhere = launches.any(|step| step.action.growth().is_some_and(|growth| *growth.group == report.group));
    if is_elsewhere { report.desired } else { report.desired_after }
}

fn noted(finding: &Finding) -> Noted {
    Noted { code: finding_code(finding), message: for_others(&finding.message, LONGEST_MESSAGE) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;
    use crate::notify::Subjects;
    use crate::plan::{FindingCode, Plan, plan};
    use crate::policy::Policy;

    fn demo() -> Plan {
        plan(&crate::demo::snapshot(), &Policy::default())
    }

    fn written(plan: &Plan) -> String {
        let (report, subjects) = (ApplyReport::default(), Subjects::default());
        let work = RunWork { plan, report: &report, subjects: &subjects };
        let took = Duration::from_secs(3);
        let end = RunEnd { cluster: "demo", ended: plan.made_at, took, exit_code: 0, error: None, work: Some(work) };
        document(&end, &work)
    }

    fn read(text: &str) -> Value {
        serde_saphyr::from_str(text).expect("YAML")
    }

    #[test]
    fn a_person_can_read_it() {
        insta::assert_snapshot!(written(&demo()).replace(env!("CARGO_PKG_VERSION"), "VERSION"), @r#"
        asOf: "2026-11-22T12:00:00Z"
        took: 3s
        version: "VERSION"
        cluster: demo
        complete: true
        steps: nothing to do
        pods:
          cannot-help: 1
          fits-existing: 1
          fits-new: 11
        nodes:
          busy: 5
          grace-period: 1
          idle-schedulable: 1
          idle-unschedulable: 1
        groups:
        - name: cpu-west-spot
          region: us-west-2
          desired: 1
          desiredAfter: 1
          live: 1
          upcoming: 0
          min: 0
          max: 10
          message: no change
        - name: p3-west
          region: us-west-2
          desired: 2
          desiredAfter: 2
          live: 2
          upcoming: 0
          min: 0
          max: 8
          message: "in backoff until 12:42 UTC, in 42m (failed 18m ago): We currently do not have sufficient p3.16xlarge capacity in the Availability Zone you requested (us-west-2b). Our system will be working on provisioning additional capacity"
        - name: cpu-west
          region: us-west-2
          desired: 5
          desiredAfter: 4
          live: 5
          upcoming: 0
          min: 2
          max: 20
          message: −1 node idle; 1 node idle, cordoned to go in a later run
        - name: p3-east
          region: us-east-1
          desired: 0
          desiredAfter: 6
          live: 0
          upcoming: 0
          min: 0
          max: 8
          message: +6 nodes for 11 pending pods
        backoffs:
        - group: p3-west (us-west-2)
          until: "2026-11-22T12:42:00Z"
          message: >-
            We currently do not have sufficient p3.16xlarge capacity in the Availability
            Zone you requested (us-west-2b). Our system will be working on provisioning
            additional capacity.
        findings:
        - code: group-blocked
          message: "p3-west (us-west-2) cannot grow: in backoff until 12:42 UTC, in 42m (failed 18m ago): We currently do not have sufficient p3.16xlarge capacity in the Availability Zone you requested (us-west-2b). Our system will be working on provisioning additional capacity"
        "#);
    }

    #[test]
    fn it_says_what_the_plan_says() {
        let plan = demo();
        let document = read(&written(&plan));
        assert_eq!(document["groups"].as_array().map(Vec::len), Some(plan.groups.len()));
        assert_eq!(document["groups"][0]["desiredAfter"], plan.groups[0].desired_after);
        let pods: u64 = document["pods"].as_object().into_iter().flatten().filter_map(|(_, number)| number.as_u64()).sum();
        assert_eq!(usize::try_from(pods), Ok(plan.pods.len()));
        let nodes: u64 = document["nodes"].as_object().into_iter().flatten().filter_map(|(_, number)| number.as_u64()).sum();
        assert_eq!(usize::try_from(nodes), Ok(plan.nodes.len()));
    }

    /// A ConfigMap holds a mebibyte, of which the memory takes less than a fifth.
    #[test]
    fn a_large_cluster_has_room_in_it() {
        let mut plan = demo();
        plan.groups = plan.groups.iter().cycle().take(2000).cloned().collect();
        for group in &mut plan.groups {
            group.message = "AWS has \"much\" to say → ".repeat(200);
            group.group.name = format!("{}-{}", group.group.name, "x".repeat(200));
        }
        let code = FindingCode::UnmanagedNodes { nodes: 1, example: "a".into() };
        plan.findings = vec![Finding { code, message: "words ".repeat(1000) }; 2000];
        let text = written(&plan);
        assert!(text.len() < 700 * 1024, "{} bytes", text.len());
        let document = read(&text);
        assert_eq!(document["moreGroups"], "… and 1700 more");
        assert_eq!(document["moreFindings"], "… and 1700 more");
    }

    #[test]
    fn a_finding_of_many_objects_hides_no_other() {
        let mut plan = demo();
        let other = FindingCode::UnmanagedNodes { nodes: 1, example: "a".into() };
        let dead = |number: usize| FindingCode::DeadNode { node: format!("n-{number}"), since: jiff::Timestamp::UNIX_EPOCH };
        plan.findings = (0..1000).map(dead).chain([other]).map(|code| Finding { message: String::new(), code }).collect();
        let document = read(&written(&plan));
        assert_eq!(document["findings"].as_array().map(Vec::len), Some(300));
        assert_eq!(
            (&document["findings"][0]["code"], &document["findings"][299]["code"]),
            (&"dead-node".into(), &"unmanaged-nodes".into())
        );
        assert_eq!(document["moreFindings"], "… and 701 more");
    }

    #[test]
    fn nothing_secret_and_nothing_hidden_is_in_it() {
        let mut plan = demo();
        let nasty =
            "denied\n\u{1b}[2J\u{202e} arn:aws:sts::123456789012:assumed-role/runs/ada key AKIAIOSFODNN7EXAMPLE".to_owned();
        plan.groups[0].message.clone_from(&nasty);
        plan.groups[0].group.name = "workers\u{9b}2J".into();
        plan.findings = vec![Finding { code: FindingCode::UnmanagedNodes { nodes: 1, example: "a".into() }, message: nasty }];
        let text = written(&plan);
        assert!(!text.chars().any(|letter| letter != '\n' && crate::plain_text::is_hidden(letter)), "{text:?}");
        assert!(!text.contains("1234567") && !text.contains("AKIA") && !text.contains("runs"), "{text}");
        let document = read(&text);
        assert_eq!(document["findings"][0]["message"], r"denied\n\u{1b}[2J\u{202e} arn:aws:sts:…:assumed-role/… key …");
        assert_eq!(document["groups"][0]["name"], r"workers\u{9b}2J");
    }
}
