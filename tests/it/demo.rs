//! The plan of the embedded snapshot, which a newcomer sees first.

use ec2_autoscale::demo;
use ec2_autoscale::gather::trace;
use ec2_autoscale::plan::plan;
use ec2_autoscale::policy::Policy;
use ec2_autoscale::render::{self, TableStyle};

#[test]
fn a_newcomer_sees_the_plan_in_80_columns() {
    let table =
        render::table(&plan(&demo::snapshot(), &Policy::default()), TableStyle { width: Some(80), ..TableStyle::default() });
    insta::assert_snapshot!(table);
    let first_sections = table.lines().take_while(|line| *line != "NODES");
    assert!(first_sections.clone().count() <= 15, "summary and groups fit 15 lines");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "nothing is wider than the terminal");
}

#[test]
fn the_day_is_a_trace() {
    let read = trace::read_text("day.jsonl", demo::DAY_TRACE).unwrap_or_else(|error| panic!("{error}"));
    assert!(read.work.len() > 10, "{} lines of work", read.work.len());
    assert_eq!(read.outages.len(), 1);
}
