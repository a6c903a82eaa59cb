//! What people want most often of a policy file, each lived through for a week: nothing off hours,
//! at most so many dollars per hour, and limits by schedule. The manual has the money.

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::policy::{Policy, PolicyFile, TimedPolicy};
use ec2_autoscale_core::simulate::{Report, Settings, simulate_over_time};
use ec2_autoscale_core::snapshot::{Pod, Snapshot};
use ec2_autoscale_core::trace::{Trace, Work};
use serde_json::{Value, json};

use crate::support::scenario::situation;

const MANUAL: &str = include_str!("../../src/manual/policy.md");

/// It is noon on a Sunday.
const START: &str = "price us-west-2 m5.xlarge 0.192
    group workers cpu=4 type=m5.xlarge max=40
    pods check cpu=3
    pods batch cpu=3 namespace=batch";

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// From the noon at which it starts to the first hour of Monday.
const TO_MONDAY: u64 = 12 * HOUR;

/// Returns the cluster without work, and the week's work: on five days four checks of twenty
/// minutes every quarter of an hour from eight to six, and at four 60 pods of an hour.
fn week() -> (Snapshot, Trace) {
    let (world, _) = situation(START);
    let mut start = world.snapshot;
    let pods: Vec<Pod> = std::mem::take(&mut start.pods);
    let work = |at, pod: &Pod, pods, minutes| Work {
        at: Seconds(at),
        pod: Pod { name: format!("{}-{at}", pod.name).as_str().into(), ..pod.clone() },
        parallelism: pods,
        completions: pods,
        duration: Some(Seconds::minutes(minutes)),
        until: None,
    };
    let mut trace = Trace { pod_specs: start.pod_specs.clone(), ..Trace::default() };
    for day in 0..5 {
        let midnight = TO_MONDAY + day * DAY;
        trace.work.extend((32..72).map(|quarter| work(midnight + quarter * 900, &pods[1], 4, 20)));
        trace.work.push(work(midnight + 16 * HOUR, &pods[0], 60, 60));
    }
    trace.work.sort_by_key(|work| work.at);
    (start, trace)
}

/// Returns the row of the manual's table for a policy file.
fn row(name: &str, flags: &[(&str, &str)], file: &Value) -> String {
    let (start, trace) = week();
    let mut base = Policy::default();
    for (flag, value) in flags {
        let setting = Policy::SETTINGS.iter().find(|setting| setting.flag() == *flag).expect(flag);
        setting.read(&mut base, value).expect(value);
    }
    let mut policy = TimedPolicy::from(base);
    let file: PolicyFile = serde_json::from_value(file.clone()).expect("a policy file");
    policy.add(&file).expect("a good one");
    let settings = Settings { interval: Seconds::minutes(5), ..Settings::default() };
    let history = simulate_over_time(&start, &trace, &policy, &settings, &mut |_, _| {});
    let report = Report::new(&history, policy.base.clone(), settings);
    let waits = report.waits.expect("pods waited");
    assert_eq!(report.pods.came, report.pods.ended, "{name}: work was left");
    let cost = report.total.cost.expect("prices are known");
    format!("| {name} | {cost} | {} | {} | {} |", waits.p50, waits.p95, report.peak_nodes)
}

#[test]
fn the_manual_has_the_money_of_each_week() {
    let office = json!({"schedules": [{"name": "office hours", "begins": "30 7 * * MON-FRI", "lasts": "11h",
        "groups": [{"names": ["workers"], "min": 8}]}]});
    let days = json!({"schedules": [{"name": "days", "begins": "0 7 * * MON-FRI", "lasts": "13h",
        "limits": [{"name": "by day", "most": {"nodes": 12}}]}]});
    let rows = [
        row("eight warm nodes, always", &[], &json!({"groups": [{"names": ["workers"], "min": 8}]})),
        row("the same from 07:30 to 18:30 on workdays, zero off hours", &[], &office),
        row("none of them", &[], &json!({})),
        row("at most $3 per hour", &[("max-hourly-cost", "3")], &json!({})),
        row("at most 12 nodes by day", &[], &days),
    ];
    for row in &rows {
        assert!(MANUAL.contains(row.as_str()), "paste this:\n{}", rows.join("\n"));
    }
}
