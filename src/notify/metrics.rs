//! The numbers of a run as Prometheus text (exposition format 0.0.4). `src/manual/watching.md`
//! lists them all; a test compares.  All are gauges: a process that ends after each run cannot
//! count up.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::tally::{backoffs, findings_by_code, nodes_by_state, pods_by_verdict};
use super::{RunEnd, RunWork};
use crate::apply::{CameInGroup, Counts, ReportedStep};
use crate::plain_text::escaped;
use crate::plan::GroupReport;

/// The metric of when the last completely successful run ended.
pub(super) const LAST_SUCCESS: &str = "ec2_autoscale_last_success_timestamp_seconds";

/// The metrics of one name.
struct MetricFamily {
    name: &'static str,
    help: &'static str,
    samples: Vec<MetricSample>,
}

/// One value.
struct MetricSample {
    labels: Vec<(&'static str, String)>,
    value: f64,
}

/// Returns all metrics of a run, without the time of the last success.
pub(super) fn run_text(end: &RunEnd<'_>) -> String {
    let mut families = run_families(end);
    if let Some(work) = &end.work {
        families.extend(plan_families(work));
    }
    text(&families, end.cluster)
}

/// Returns the time of the last success alone.
pub(super) fn success_text(at_seconds: f64, cluster: &str) -> String {
    let help = "When the last run ended that did all it wanted (exit code 0), in seconds since 1970.";
    text(&[family(LAST_SUCCESS, help, at_seconds)], cluster)
}

/// Returns the moment in seconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "a time of this era in milliseconds is far below 2^53")]
pub(super) fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

fn run_families(end: &RunEnd<'_>) -> Vec<MetricFamily> {
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    vec![
        MetricFamily {
            name: "ec2_autoscale_build_info",
            help: "Always 1; the label is the version of the program.",
            samples: vec![MetricSample { labels: version, value: 1.0 }],
        },
        family(
            "ec2_autoscale_last_run_timestamp_seconds",
            "When the last run of apply ended, however it ended, in seconds since 1970.",
            seconds(end.ended),
        ),
        family(
            "ec2_autoscale_last_run_duration_seconds",
            "How long it took, with the time a person took to answer.",
            end.took.as_secs_f64(),
        ),
        family("ec2_autoscale_last_run_exit_code", "Its exit code.", f64::from(end.exit_code)),
    ]
}

fn plan_families(work: &RunWork<'_>) -> Vec<MetricFamily> {
    let plan = work.plan;
    let by_code =
        |label: &'static str, code: String, number: u64| MetricSample { labels: vec![(label, code)], value: float(number) };
    let Counts { done, skipped, failed, not_reached } = work.report.counts();
    let outcomes = [("done", done), ("skipped", skipped), ("failed", failed), ("not-reached", not_reached)];
    let mut families = vec![
        MetricFamily {
            name: "ec2_autoscale_pods",
            help: "Pods without a node, by verdict.",
            samples: pods_by_verdict(plan).into_iter().map(|(code, number)| by_code("verdict", code, number)).collect(),
        },
        MetricFamily {
            name: "ec2_autoscale_nodes",
            help: "Nodes, by state.",
            samples: nodes_by_state(plan).into_iter().map(|(code, number)| by_code("state", code.to_owned(), number)).collect(),
        },
        MetricFamily {
            name: "ec2_autoscale_steps",
            help: "Steps of the plan, by outcome.",
            samples: outcomes
                .into_iter()
                .map(|(outcome, number)| by_code("outcome", outcome.to_owned(), u64::try_from(number).unwrap_or(u64::MAX)))
                .collect(),
        },
        MetricFamily {
            name: "ec2_autoscale_findings",
            help: "Things that a person should know, by code.",
            samples: findings_by_code(plan).into_iter().map(|(code, number)| by_code("code", code, number)).collect(),
        },
    ];
    families.extend(group_families(&plan.groups));
    families.push(launched(work));
    families.push(backoff(work));
    families
}

/// A number of a group.
type Measure = fn(&GroupReport) -> i64;

fn group_families(groups: &[GroupReport]) -> Vec<MetricFamily> {
    let measures: [(&'static str, &'static str, Measure); 6] = [
        ("ec2_autoscale_group_min_capacity", "Least capacity of a group, in its own unit.", |group| group.min),
        ("ec2_autoscale_group_max_capacity", "Most capacity of a group, in its own unit.", |group| group.max),
        ("ec2_autoscale_group_desired_capacity", "Desired capacity that the run found, in the group's own unit.", |group| {
            group.desired
        }),
        ("ec2_autoscale_group_live_instances", "Live instances of a group that the run found.", |group| i64::from(group.live)),
        ("ec2_autoscale_group_upcoming_nodes", "Nodes that were asked for before and are not Ready yet.", |group| {
            i64::from(group.upcoming)
        }),
        ("ec2_autoscale_group_added_nodes", "Nodes that the plan of the run adds.", |group| i64::from(group.added)),
    ];
    let family = |(name, help, measure): (&'static str, &'static str, Measure)| MetricFamily {
        name,
        help,
        samples: groups
            .iter()
            .map(|group| MetricSample { labels: group_labels(group), value: signed(measure(group)) })
            .collect(),
    };
    measures.into_iter().map(family).collect()
}

/// Returns the nodes that the run got or requested in each group, which are not always those of the
/// plan.
fn launched(work: &RunWork<'_>) -> MetricFamily {
    let grown: Vec<CameInGroup> = work.report.steps.iter().flat_map(ReportedStep::grown).collect();
    let nodes = |group: &GroupReport| -> u64 {
        grown.iter().filter(|came| came.group == group.group).map(|came| u64::from(came.nodes)).sum()
    };
    let samples = work.plan.groups.iter().map(|group| MetricSample { labels: group_labels(group), value: float(nodes(group)) });
    MetricFamily {
        name: "ec2_autoscale_group_launched_nodes",
        help: "Nodes that the run launched or asked for, in place of another group as well.",
        samples: samples.collect(),
    }
}

/// Returns the backoff of each group, also where it has none: a series that comes and goes looks
/// like one that is not written any more.
fn backoff(work: &RunWork<'_>) -> MetricFamily {
    let backoffs = backoffs(work.plan);
    let until = |group: &GroupReport| {
        let whole = backoffs.iter().filter(|backoff| backoff.zone.is_none() && backoff.machine_type.is_none());
        let untils = whole.filter(|backoff| *backoff.group == group.group).map(|backoff| backoff.until);
        untils.max().map_or(0.0, seconds)
    };
    let samples = work.plan.groups.iter().map(|group| MetricSample { labels: group_labels(group), value: until(group) });
    MetricFamily {
        name: "ec2_autoscale_group_backoff_until_timestamp_seconds",
        help: "Until when a group is left alone because a launch failed, in seconds since 1970; 0 when it is not.",
        samples: samples.collect(),
    }
}

fn group_labels(group: &GroupReport) -> Vec<(&'static str, String)> {
    vec![("region", group.group.region.clone()), ("group", group.group.name.clone())]
}

fn family(name: &'static str, help: &'static str, value: f64) -> MetricFamily {
    MetricFamily { name, help, samples: vec![MetricSample { labels: Vec::new(), value }] }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of pods, nodes and steps are far below 2^53")]
fn float(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "capacities are far below 2^53")]
fn signed(number: i64) -> f64 {
    number as f64
}

/// Returns the text of families that have samples; each sample carries the cluster's name.
fn text(families: &[MetricFamily], cluster: &str) -> String {
    let mut text = String::new();
    for MetricFamily { name, help, samples } in families.iter().filter(|family| !family.samples.is_empty()) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for MetricSample { labels, value } in samples {
            let _ = write!(text, "{name}{{cluster=\"{}\"", escape(cluster));
            for (label, of) in labels {
                let _ = write!(text, ",{label}=\"{}\"", escape(of));
            }
            let _ = writeln!(text, "}} {value}");
        }
    }
    text
}

/// Escapes a label value: control characters, line breaks among them, and characters that mean
/// something in this format.
fn escape(value: &str) -> String {
    escaped(value).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_are_escaped() {
        assert_eq!(escape("a\\b\"c\nd\u{1b}"), r#"a\\b\"c\\nd\\u{1b}"#);
        assert!(success_text(1.5, "odd \"name\"\n").ends_with("_seconds{cluster=\"odd \\\"name\\\"\\\\n\"} 1.5\n"));
    }

    #[test]
    fn times_keep_their_milliseconds() {
        let at: Timestamp = "2026-11-22T12:00:00.250Z".parse().expect("a timestamp");
        assert_eq!(success_text(seconds(at), "prod").split(' ').next_back(), Some("1795348800.25\n"));
    }
}
