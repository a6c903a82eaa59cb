//! `simulate` as a user meets it, and its reports as others read them.

use std::collections::BTreeSet;
use std::process::Output;

use clap::CommandFactory;
use ec2_autoscale::cli::Cli;
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::gather::trace;
use ec2_autoscale::policy::Policy;
use ec2_autoscale::simulate::{
    Comparison, Departure, GroupCost, HeldBack, History, InstanceStory, LaunchFailures, Planner, PodStory, Report, Settings,
    Side, WorldSample, simulate,
};
use ec2_autoscale::snapshot::{GroupId, ObjectName, UsdPerHour};
use ec2_autoscale::{demo, render};
use serde_json::Value;

use crate::cli::ec2_autoscale;

/// A name that no group can have and a snapshot of a stranger may hold.
const HOSTILE: &str = r#"<script>alert("1")</script>&'x"#;

fn run(arguments: &[&str]) -> Output {
    ec2_autoscale(arguments).output().expect("the binary starts")
}

fn json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Returns two hours of two groups, one of which has a name that is markup.
fn two_hours() -> History {
    let group = |region: &str, name: &str| GroupId { region: region.into(), name: name.into() };
    let sample = |at, nodes: [u32; 2], starting: [u32; 2], waiting, micros| WorldSample {
        at: Seconds(at),
        nodes: nodes.into(),
        starting: starting.into(),
        waiting,
        running: nodes[1],
        rate: UsdPerHour::from_micros(micros),
        costs: [
            GroupCost { rate: UsdPerHour::from_micros(192_000), idle_rate: UsdPerHour::ZERO },
            GroupCost {
                rate: UsdPerHour::from_micros(micros - 192_000),
                idle_rate: UsdPerHour::from_micros((micros - 192_000) / 2),
            },
        ]
        .into(),
    };
    let instance = |group, launched_at, ended: Option<u64>, price| InstanceStory {
        id: format!("i-{launched_at}"),
        group,
        zone: "us-west-2a".into(),
        machine_type: "m5.xlarge".into(),
        spot: group == 1,
        reserved: false,
        worth: None,
        price: Some(UsdPerHour::from_micros(price)),
        launched_at: Seconds(launched_at),
        ready_at: Some(Seconds(launched_at + 180)),
        ended: ended.map(|at| (Seconds(at), Departure::ScaledIn)),
        offers: [("cpu", 4000), ("memory", 16 << 30)].into_iter().collect(),
        for_torn_gangs: Seconds(0),
        busy: Seconds(1200),
        used: [("cpu", 3000 * 1200), ("memory", (4 << 30) * 1200)].into_iter().collect(),
    };
    let pod = |name: &str, came_at, waited, group| PodStory {
        pod: ObjectName { namespace: "batch".into(), name: name.into() },
        came_at: Seconds(came_at),
        first_bound_at: Some(Seconds(came_at + waited)),
        waited: Seconds(waited),
        wait_parts: Vec::new(),
        ended_at: Some(Seconds(came_at + waited + 1200)),
        evictions: 0,
        losses: 0,
        sat: Seconds(0),
        lost_work: Seconds(0),
        group: Some(group),
    };
    History {
        held_for_buffers: None,
        started_at: "2026-11-22T08:00:00Z".parse().expect("a timestamp"),
        lasted: Seconds(7200),
        is_whole: true,
        groups: vec![group("us-west-2", "cpu"), group("us-east-1", HOSTILE)],
        pods: vec![pod("a", 60, 0, 0), pod("b", 600, 240, 1), pod("c", 600, 250, 1)],
        gangs: Vec::new(),
        instances: vec![instance(0, 0, None, 192_000), instance(1, 660, Some(3600), 71_200)],
        samples: vec![
            sample(0, [1, 0], [0, 0], 0, 192_000),
            sample(600, [1, 0], [0, 0], 2, 192_000),
            sample(660, [1, 0], [0, 1], 2, 263_200),
            sample(840, [1, 1], [0, 0], 1, 263_200),
            sample(850, [1, 1], [0, 0], 0, 263_200),
            sample(3600, [1, 0], [0, 0], 0, 192_000),
        ],
        failed_launches: vec![0, 1],
        failures: vec![LaunchFailures { at: Seconds(610), group: 1, launches: 1 }],
        held_back: [((1, HeldBack::FailedLaunches), Seconds(50))].into(),
        outages: Vec::new(),
        runs: 120,
    }
}

fn report() -> Report {
    Report::new(&two_hours(), Policy::default(), Settings::default())
}

fn comparison() -> Comparison {
    let (a, mut b) = (two_hours(), two_hours());
    b.instances[0].ended = Some((Seconds(3000), Departure::ScaledIn));
    b.pods[2].waited = Seconds(700);
    let of = |history| Report::new(history, Policy::default(), Settings::default());
    let side = |name: &str, flags: &str, report| Side { name: name.to_owned(), flags: flags.to_owned(), report };
    Comparison::new(vec![side("A", &format!("--only-group '{HOSTILE}'"), of(&a)), side("B", "", of(&b))])
}

/// Asserts that each element is closed by its own end, or by itself, and that nothing is left open.
fn assert_well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let body = html.strip_prefix("<!DOCTYPE html>").expect("the declaration comes first");
    let mut rest = body;
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>') || open.last() == Some(&"style"), "a sign that is no markup: {text}");
        let (tag, behind) = after.split_once('>').expect("a tag is closed");
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or_default();
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes are closed: {tag}");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "ends in the order in which it began: {tag}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        rest = behind;
    }
    assert_eq!((open, rest.trim()), (Vec::new(), ""));
}

#[test]
fn the_file_needs_nothing_else_and_no_name_is_markup() {
    let made_by = format!("ec2-autoscale simulate --only-group '{HOSTILE}'");
    for html in [render::simulation_html(&report(), &made_by), render::comparison_html(&comparison(), &made_by)] {
        assert_well_formed(&html);
        for word in ["http://", "https://", "<script", "<img", "<iframe", "@import", "url(", "onload", "src="] {
            // A pattern of the file itself is no address.
            assert!(!html.replace("url(#", "").contains(word), "{word}");
        }
        assert!(html.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;x"));
        assert!(html.contains("prefers-color-scheme: dark") && html.contains("default-src 'none'"));
        // Each picture can be read to somebody who does not see it.
        assert_eq!(html.matches("role=\"img\" aria-label=").count(), html.matches("viewBox=\"0 0 760").count());
    }
}

#[test]
fn a_small_report_as_html() {
    insta::assert_snapshot!(render::simulation_html(&report(), "ec2-autoscale simulate --demo"));
}

#[test]
fn a_small_comparison_as_a_table() {
    insta::assert_snapshot!(render::comparison(&comparison(), Some(80), false));
}

#[test]
fn a_world_without_anything_is_drawn_too() {
    let nothing = History {
        lasted: Seconds(0),
        groups: Vec::new(),
        pods: Vec::new(),
        instances: Vec::new(),
        samples: Vec::new(),
        failed_launches: Vec::new(),
        failures: Vec::new(),
        held_back: std::collections::BTreeMap::new(),
        ..two_hours()
    };
    let html = render::simulation_html(&Report::new(&nothing, Policy::default(), Settings::default()), "");
    assert_well_formed(&html);
    assert!(html.contains("No pod got a node.") && !html.contains("NaN") && !html.contains("inf"), "{html}");
}

#[test]
fn the_same_comes_out_twice_and_html_holds_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("r.html").to_str().expect("plain characters").to_owned();
    let arguments = ["simulate", "--demo", "--longest", "2h", "--spot-interruptions", "0.5"];
    let first = run(&[&arguments[..], &["--html", &path]].concat());
    assert_eq!((first.status.code(), String::from_utf8_lossy(&first.stderr).as_ref()), (Some(0), ""));
    assert_eq!(run(&arguments).stdout, first.stdout);
    let html = std::fs::read_to_string(&path).expect("a file");
    assert_well_formed(&html);
    let table = String::from_utf8(first.stdout).expect("text");
    let headline = table.lines().next().expect("a first line").split(':').next().expect("words");
    assert!(headline.contains(" simulated from ") && html.contains(headline), "{table}");
}

#[test]
fn a_trace_of_one_s_own_is_lived_through() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("t.jsonl");
    let class = r#"{"class":"small","spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"1"}}}]}}"#;
    let work = r#"{"at":"10m","name":"one","class":"small","duration":"5m"}"#;
    std::fs::write(&path, format!("{class}\n{work}\n")).expect("written");
    let path = path.to_str().expect("plain characters");
    let report = json(&["simulate", "--demo", "--trace", path, "-o", "json"]);
    assert_eq!((&report["pods"]["came"], &report["pods"]["ended"]), (&1.into(), &1.into()), "{report}");
    std::fs::write(path, "{\"at\":\"10m\"}\n").expect("written");
    let output = run(&["simulate", "--demo", "--trace", path]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("t.jsonl:1: "), "{said}");
}

#[test]
fn what_came_to_a_cluster_comes_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("was.json");
    let mut snapshot = json(&["snapshot", "--demo"]);
    let pod = |name: &str, created: &str, times: Value| {
        let mut pod =
            serde_json::json!({ "namespace": "etl", "name": name, "spec": 2, "created_at": created, "outcome": "succeeded" });
        pod.as_object_mut().expect("an object").extend(times.as_object().expect("an object").clone());
        pod
    };
    snapshot["pods"] = serde_json::json!([]);
    let times = serde_json::json!({ "bound_at": "2026-11-22T08:05:00Z", "finished_at": "2026-11-22T08:25:00Z" });
    snapshot["finished_pods"] = serde_json::json!([
        pod("a", "2026-11-22T08:00:00Z", times.clone()),
        pod("b", "2026-11-22T08:05:00Z", times),
        pod("lost", "2026-11-22T08:00:00Z", serde_json::json!({})),
    ]);
    std::fs::write(&path, snapshot.to_string()).expect("written");
    let path = path.to_str().expect("plain characters");
    let output = run(&["simulate", "--from-snapshot", path, "-o", "json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 finished pod left out"), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&report["pods"]["came"], &report["pods"]["ended"]), (&2.into(), &2.into()), "{report}");
    assert_eq!(report["started_at"], "2026-11-22T08:00:00Z");

    snapshot["finished_pods"] = serde_json::json!([]);
    std::fs::write(path, snapshot.to_string()).expect("written");
    let output = run(&["simulate", "--from-snapshot", path]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(64) && said.contains("--with-finished"), "{said}");
}

/// At noon the first region has no machines of the type; without an outage the second is hardly
/// needed.
#[test]
fn in_the_bundled_day_the_second_region_carries_the_burst() {
    let report = json(&["simulate", "--demo", "-o", "json"]);
    let group = |name: &str| {
        let groups = report["groups"].as_array().expect("groups");
        groups.iter().find(|group| group["name"] == name).cloned().expect("a group of that name")
    };
    let number = |value: &Value| value.as_u64().expect("a number");
    let (west, east) = (group("p3-west"), group("p3-east"));
    assert!(number(&west["failed_launches"]) > 0 && number(&east["failed_launches"]) == 0, "{west} {east}");
    // All fifteen pods of the burst, of which fourteen take half a node and one a whole one.
    assert_eq!((number(&east["pods"]), number(&east["peak_nodes"])), (15, 8), "{east}");
}

#[test]
fn idle_nodes_are_paid_for_shorter_waits() {
    let both = json(&["simulate", "--demo", "--compare", "--idle-threshold 3300", "--idle-threshold 300", "-o", "json"]);
    let figure = |side: usize, pointer: &str| {
        both["sides"][side]["report"].pointer(pointer).cloned().unwrap_or_else(|| panic!("{both}"))
    };
    let dollars =
        |side: usize| figure(side, "/total/cost").as_str().and_then(|text| text.parse::<f64>().ok()).expect("dollars");
    let wait = |side: usize| figure(side, "/waits/p50").as_u64().expect("seconds");
    assert!(dollars(0) > dollars(1) && wait(0) < wait(1), "{} {}", dollars(0), dollars(1));
}

#[test]
fn wrong_usage_is_told_with_a_way_out() {
    for (arguments, words) in [
        (&["--snapshot", "s.json"][..], &["no --trace", "--trace FILE", "--demo"][..]),
        (&["--demo", "--snapshot", "s.json"], &["--demo", "--snapshot"]),
        (&["--from-snapshot", "s.json", "--trace", "t.jsonl"], &["--from-snapshot", "--trace"]),
        (&["--demo", "--interval", "0"], &["--interval", "at least one second"]),
        (&["--demo", "--longest", "0s"], &["--longest", "at least one second"]),
        (&["--demo", "--spot-interruptions", "-1"], &["-1"]),
        (&["--demo", "--spot-interruptions", "often"], &["often", "0.05"]),
        (&["--demo", "--boot-time", "p3-west=soon"], &["soon", "10m"]),
        (&["--demo", "--compare", "--idle-treshold 5m", ""], &["A of --compare", "--idle-treshold", "--idle-threshold"]),
        (&["--demo", "--compare", "", "--idle-threshold soon"], &["B of --compare", "soon", "10m"]),
        (&["--demo", "--compare", "", "--only-group 'a"], &["B of --compare", "the quote ' at character 14 is not closed"]),
        (&["--demo", "--compare", "--demo", ""], &["A of --compare", "--demo"]),
        (&["--demo", "--compare", "--backoff 1h"], &["--compare", "two texts or more"]),
        (&["--demo", "--compare", "a:", "a: --seed 1"], &["two sides of --compare are named \"a\""]),
        (&["--demo", "--compare", "", "@"], &["B of --compare", "write the policy file behind the @"]),
        (&["--demo", "--sweep", "idle-treshold=5m"], &["--sweep", "--idle-treshold", "--idle-threshold"]),
        (&["--demo", "--sweep", "idle-threshold=5m,soon"], &["--idle-threshold=soon", "10m"]),
        (&["--demo", "--sweep", "seed=1", "--compare", "", ""], &["--sweep", "--compare"]),
        (&["--demo", "--shard", "0/2"], &["--sweep"]),
        (&["--demo", "--sweep", "seed=1", "--shard", "2/2"], &["parts count from 0"]),
        (&["merge"], &["<FILE>"]),
        (&["--demo", "--compare", "", "--expander price", "--prices", "p.csv", "--spot-prices"], &["--spot-prices"]),
    ] {
        let output = run(&[&["simulate"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{arguments:?}: {word:?} is not in: {said}");
        }
        assert!(output.stdout.is_empty() && !said.contains('\u{1b}'), "{said}");
    }
}

#[test]
fn both_sides_may_stand_in_the_variable() {
    let mut command = ec2_autoscale(&["simulate", "--demo", "--longest", "10m", "-o", "json"]);
    let output = command.env("EC2_AUTOSCALE_COMPARE", "--backoff 2h;--interval 5m").output().expect("the binary starts");
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(printed["sides"][0]["report"]["policy"]["backoff"], 7200);
    let b = &printed["sides"][1];
    assert_eq!((&b["flags"], &b["report"]["settings"]["interval"]), (&"--interval 5m".into(), &300.into()));
    let alone = ec2_autoscale(&["simulate", "--demo"]).env("EC2_AUTOSCALE_COMPARE", "--backoff 2h").output();
    let said = String::from_utf8(alone.expect("the binary starts").stderr).expect("text");
    assert!(said.contains("--compare takes two texts or more"), "{said}");
}

/// The parts of a sweep, each simulated by itself, are the whole to the byte.
#[test]
fn the_parts_of_a_sweep_are_the_whole() {
    let directory = tempfile::tempdir().expect("a directory");
    let sweep = ["simulate", "--demo", "--longest", "3h", "--sweep", "idle-threshold=1m,5m,30m x expander=price,least-waste"];
    let whole = run(&[&sweep[..], &["-o", "json"]].concat());
    assert_eq!((whole.status.code(), String::from_utf8_lossy(&whole.stderr).as_ref()), (Some(0), ""));
    let mut parts = Vec::new();
    for part in 0..4 {
        let output = run(&[&sweep[..], &["--shard", &format!("{part}/4")]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let path = directory.path().join(format!("{part}.json"));
        std::fs::write(&path, output.stdout).expect("written");
        parts.push(path.to_str().expect("plain characters").to_owned());
    }
    parts.reverse();
    let names: Vec<&str> = parts.iter().map(String::as_str).collect();
    let merged = run(&[&["simulate", "merge", "-o", "json"], &names[..]].concat());
    assert_eq!(String::from_utf8_lossy(&merged.stdout), String::from_utf8_lossy(&whole.stdout));
    let html = directory.path().join("f.html").to_str().expect("plain characters").to_owned();
    let table = run(&[&["simulate", "merge", "--html", &html], &names[..]].concat());
    assert!(String::from_utf8_lossy(&table.stdout).starts_with("6 policies, "), "{table:?}");
    assert_well_formed(&std::fs::read_to_string(&html).expect("a file"));
    let missing = run(&[&["simulate", "merge"], &names[1..]].concat());
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(
        missing.status.code() == Some(64) && said.contains("points are missing") && said.contains("in part 3 of 4"),
        "{said}"
    );
}

#[test]
fn a_plan_is_drawn() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("plan.html").to_str().expect("plain characters").to_owned();
    let output = run(&["plan", "--demo", "--html", &path]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let html = std::fs::read_to_string(&path).expect("a file");
    assert_well_formed(&html);
    assert!(html.contains("class=\"n-new\"") && html.contains("ec2-autoscale plan --demo --html"), "{html}");
}

/// The view of a simulated run is written to a file: the program plans the same, to the byte.
#[test]
fn the_program_plans_the_same_of_what_a_simulated_run_saw() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("seen.json");
    let trace = trace::read_text("day.jsonl", demo::DAY_TRACE).expect("the bundled trace");
    let policy = Policy { idle_threshold: Seconds(300), consolidate: true, ..Policy::default() };
    let settings = Settings { interval: Seconds(3600), ..Settings::default() };
    let mut compared = 0;
    let _history = simulate(&demo::day(), &trace, &policy, &settings, &mut |snapshot, made| {
        std::fs::write(&file, serde_json::to_vec(snapshot).expect("plain data")).expect("a file can be written");
        let name = file.to_str().expect("a path of plain characters");
        let output = run(&["plan", "-o", "json", "--snapshot", name, "--idle-threshold", "5m", "--consolidate"]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), render::json(&made.plan()));
        compared += 1;
    });
    assert!(compared > 10, "{compared} plans");
}

/// Returns each line of the manual below a command, except for the command itself.
fn quoted_lines(command: &str) -> Vec<&'static str> {
    let manual = include_str!("../../src/manual/simulation.md");
    let (_, after) = manual.split_once(&format!("$ ec2-autoscale {command}\n")).expect("it is in the manual");
    after.lines().take_while(|line| *line != "```").collect()
}

#[test]
fn the_readme_quotes_what_is_printed() {
    let both = ["simulate", "--demo", "--compare", "--idle-threshold 3300", "--idle-threshold 300"];
    let quoted = "simulate --demo --compare '--idle-threshold 3300' '--idle-threshold 300'";
    for (arguments, quoted) in [(&both[..2], "simulate --demo"), (&both[..], quoted)] {
        let output = run(arguments);
        let printed = String::from_utf8(output.stdout).expect("text");
        for line in quoted_lines(quoted) {
            assert!(printed.lines().any(|one| one == line), "{line:?} is not in:\n{printed}");
        }
    }
}

#[test]
fn the_readme_has_a_row_for_each_flag_of_its_own() {
    let manual = include_str!("../../src/manual/simulation.md");
    let table = manual.lines().skip_while(|line| *line != "| flag of `simulate` | default | meaning |").skip(2);
    let rows: Vec<Vec<&str>> =
        table.take_while(|line| line.starts_with('|')).map(|line| line.split('|').map(str::trim).collect()).collect();
    let mut root = Cli::command();
    root.build();
    let long = |command: &str| -> BTreeSet<String> {
        let command = root.find_subcommand(command).expect("a command");
        command.get_arguments().filter_map(|flag| flag.get_long().map(str::to_owned)).collect()
    };
    let own: BTreeSet<String> = long("simulate").difference(&long("plan")).cloned().collect();
    let written: BTreeSet<String> =
        rows.iter().map(|row| row[1].split('`').nth(1).unwrap_or_default().trim_start_matches("--").to_owned()).collect();
    assert_eq!(written, own);
    for flag in root.find_subcommand("simulate").expect("a command").get_arguments() {
        let Some(row) = flag.get_long().and_then(|name| rows.iter().find(|row| row[1] == format!("`--{name}`"))) else {
            continue;
        };
        let defaults: Vec<_> = flag.get_default_values().iter().filter_map(|value| value.to_str()).collect();
        let default = if defaults.is_empty() { String::new() } else { format!("`{}`", defaults.join(",")) };
        assert_eq!(row[2], default, "{}", row[1]);
    }
}

/// Of the bundled day all 580 pods that end do so whoever decides, and the two others run on.
#[test]
fn the_bundled_day_is_lived_through_to_its_end_under_each_planner() {
    for planner in Planner::ALL {
        let report = json(&["simulate", "--demo", "--planner", planner.name(), "-o", "json"]);
        let pods = &report["pods"];
        assert_eq!((&pods["came"], &pods["ended"], &pods["unfinished"]), (&582.into(), &580.into(), &0.into()), "{planner}");
        assert_eq!(report["settings"]["planner"], planner.name());
    }
}
