//! What a run saw and did, as YAML that a person reads.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::duration::{Seconds, whole_seconds};
use crate::notify::tally::{backoffs, finding_code, nodes_by_state, pods_by_verdict};
use crate::notify::words::cut;
use crate::notify::{RunEnd, Work};
use crate::plan::{Finding, GroupReport};

/// Entries of each list. With the bytes of a message this stays far below the megabyte that a ConfigMap holds.
const MOST_ENTRIES: usize = 300;

/// Bytes of one message.
const LONGEST_MESSAGE: usize = 400;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
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
    groups: Vec<Group<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more_groups: Option<String>,
    backoffs: Vec<Backoff>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more_backoffs: Option<String>,
    findings: Vec<Noted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more_findings: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    name: &'a str,
    region: &'a str,
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
struct Backoff {
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

pub(super) fn document(end: &RunEnd<'_>, work: &Work<'_>) -> String {
    let plan = work.plan;
    let (groups, more_groups) = first_of(plan.groups.iter().map(group));
    let (backoffs, more_backoffs) = first_of(backoffs(plan).into_iter().map(|backoff| Backoff {
        group: backoff.group.to_string(),
        zone: backoff.zone.map(str::to_owned),
        machine_type: backoff.machine_type.map(str::to_owned),
        until: whole_seconds(backoff.until),
        message: cut(backoff.message, LONGEST_MESSAGE).into_owned(),
    }));
    let (findings, more_findings) = first_of(plan.findings.iter().map(noted));
    let document = Document {
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
    // Plain data; if it could not be written, a line that says so is better than no status at all.
    serde_saphyr::to_string(&document).unwrap_or_else(|error| format!("error: {error}\n"))
}

/// The first entries, and a line that says how many more there are.
fn first_of<T>(entries: impl Iterator<Item = T>) -> (Vec<T>, Option<String>) {
    let mut entries: Vec<T> = entries.collect();
    let more = entries.len().saturating_sub(MOST_ENTRIES);
    entries.truncate(MOST_ENTRIES);
    (entries, (more > 0).then(|| format!("… and {more} more")))
}

fn group(report: &GroupReport) -> Group<'_> {
    Group {
        name: &report.group.name,
        region: &report.group.region,
        desired: report.desired,
        desired_after: report.desired_after,
        live: report.live,
        upcoming: report.upcoming,
        min: report.min,
        max: report.max,
        message: cut(&report.message, LONGEST_MESSAGE).into_owned(),
    }
}

fn noted(finding: &Finding) -> Noted {
    Noted { code: finding_code(finding), message: cut(&finding.message, LONGEST_MESSAGE).into_owned() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;
    use crate::apply::Report;
    use crate::notify::Subjects;
    use crate::plan::{FindingCode, Plan, plan};
    use crate::policy::Policy;

    fn demo() -> Plan {
        plan(&crate::demo::snapshot(), &Policy::default())
    }

    fn written(plan: &Plan) -> String {
        let (report, subjects) = (Report::default(), Subjects::default());
        let work = Work { plan, report: &report, subjects: &subjects };
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
}
