//! Tests of whole traces.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::snapshot::{CPU, GroupId, Market, RestartPolicy};

const CLASS: &str =
    r#"{"class":"gpu","spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":2}}}]},"labels":{"team":"a"}}"#;

fn trace(lines: &[&str]) -> Trace {
    read_text("t.jsonl", &lines.join("\n")).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(lines: &[&str]) -> String {
    read_text("t.jsonl", &lines.join("\n")).expect_err("a mistake").to_string()
}

#[test]
fn work_of_a_class() {
    let read = trace(&[
        "# a day",
        "",
        CLASS,
        r#"{"at":"8h30m","name":"train","namespace":"ml","class":"gpu","count":12,"parallelism":4,"duration":"2h"}"#,
        r#"{"at":60,"name":"web","class":"gpu","count":3}"#,
        r#"{"at":"1h","outage":{"region":"us-west-2","zone":"us-west-2a"},"duration":"2h"}"#,
    ]);
    let [web, train] = read.work.as_slice() else { panic!("{read:?}") };
    assert_eq!((web.at, web.parallelism, web.completions, web.duration), (Seconds(60), 3, 3, None));
    assert_eq!((train.at, train.parallelism, train.completions), (Seconds(30_600), 4, 12));
    assert_eq!(train.duration, Some(Seconds(7200)));
    let shape = |work: &Work| {
        let owner = work.pod.owner.as_ref().map(|owner| format!("{} {}", owner.kind, owner.name));
        (work.pod.id().to_string(), owner.unwrap_or_default(), read.pod_specs[&work.pod.spec].restart_policy)
    };
    assert_eq!(shape(train), ("ml/train".into(), "Job train".into(), RestartPolicy::Never));
    assert_eq!(shape(web), ("default/web".into(), "ReplicaSet web".into(), RestartPolicy::Always));
    assert_eq!(train.pod.labels["team"], "a");
    assert_eq!(read.pod_specs[&train.pod.spec].containers[0].requests.get(CPU), 2000);
    let group = GroupId { region: "us-west-2".into(), name: "g".into() };
    let outage = &read.outages[0];
    assert!(outage.concerns(&group, "us-west-2a", Seconds(3600)) && outage.concerns(&group, "us-west-2a", Seconds(10_799)));
    assert!(!outage.concerns(&group, "us-west-2a", Seconds(10_800)) && !outage.concerns(&group, "us-west-2b", Seconds(3600)));
}

#[test]
fn work_is_deleted_and_instances_go_at_their_times() {
    let read = trace(&[
        CLASS,
        r#"{"at":"1h","name":"web","class":"gpu","count":3,"until":"2h"}"#,
        r#"{"at":"3h","reclaim":{"group":"g","zone":"us-west-2a","market":"spot","count":2,"notice":"2m"}}"#,
        r#"{"at":"4h","reclaim":{}}"#,
    ]);
    assert_eq!((read.work[0].until, read.work[0].duration), (Some(Seconds(7200)), None));
    let [some, all] = read.reclaims.as_slice() else { panic!("{read:?}") };
    assert_eq!((some.at, some.notice, some.count), (Seconds(10_800), Seconds(120), Some(2)));
    let group = GroupId { region: "us-west-2".into(), name: "g".into() };
    assert!(some.concerns(&group, "us-west-2a", Market::Spot) && !some.concerns(&group, "us-west-2b", Market::Spot));
    assert!(!some.concerns(&group, "us-west-2a", Market::OnDemand) && all.concerns(&group, "us-west-2b", Market::OnDemand));
    assert_eq!((all.at, all.count), (Seconds(14_400), None));
    assert_eq!(
        refused(&[CLASS, r#"{"at":"1h","name":"web","class":"gpu","until":3600}"#]),
        "t.jsonl:2: until is 1h, and its pods come at 1h; write a later time"
    );
    assert!(refused(&[CLASS, r#"{"at":0,"reclaim":{"market":"cheap"}}"#]).contains("cheap"));
}

#[test]
fn pods_that_start_together() {
    let read = trace(&[
        CLASS,
        r#"{"at":0,"name":"all","class":"gpu","count":8,"duration":"1h","gang":{}}"#,
        r#"{"at":0,"name":"most","class":"gpu","count":8,"duration":"1h","gang":{"min":6,"together":"rack","by":"mpi-job"}}"#,
        r#"{"at":0,"name":"alone","class":"gpu","count":8,"duration":"1h"}"#,
    ]);
    let gangs: Vec<String> = read
        .gangs
        .iter()
        .map(|gang| format!("{} {} {}", gang.id, gang.min, gang.same.as_deref().unwrap_or("anywhere")))
        .collect();
    assert_eq!(gangs, ["PodGroup all 8 anywhere", "MPIJob most 6 rack"]);
    let named: Vec<Option<String>> = read.work.iter().map(|work| work.pod.gang.as_ref().map(ToString::to_string)).collect();
    assert_eq!(named, [Some("PodGroup all".into()), Some("MPIJob most".into()), None]);
    let work = |rest: &str| refused(&[CLASS, &format!(r#"{{"at":0,"name":"a","class":"gpu","count":4,"duration":9,{rest}}}"#)]);
    assert_eq!(
        work(r#""gang":{"min":5}"#),
        "t.jsonl:2: gang.min is 5 of 4 pods, so that they would never start; write at most 4"
    );
    assert_eq!(
        work(r#""parallelism":2,"gang":{}"#),
        "t.jsonl:2: parallelism is less than count, and the pods of a gang are there at the same time; leave it out"
    );
}

#[test]
fn jobs_of_gavel_beside_the_trace() {
    let folder = tempfile::tempdir().expect("a directory");
    std::fs::write(folder.path().join("Philly_1.trace"), "LM\tcd\t-n\t1\t50\t30.0\t2\nLM\tcd\t-n\t1\t5\t7\t1\n")
        .expect("a file");
    std::fs::write(folder.path().join("speeds.json"), r#"{"v100":{"('LM', 1)":{"null":0.5}}}"#).expect("a file");
    let line = r#"{"at":"1h","gavel":"Philly_1.trace","throughputs":"speeds.json","class":"gpu","gang":{"by":"indexed-job"}}"#;
    let path = folder.path().join("t.jsonl");
    std::fs::write(&path, format!("{CLASS}\n{line}\n")).expect("a written file");
    let mut notes = Vec::new();
    let read = read(&path, &mut notes).expect("a trace");
    let shape: Vec<_> =
        read.work.iter().map(|work| (work.pod.name.to_string(), work.at.0, work.completions, work.duration)).collect();
    let expected =
        [("philly-1-0002".to_owned(), 3607, 1, Some(Seconds(10))), ("philly-1-0001".to_owned(), 3630, 2, Some(Seconds(50)))];
    assert_eq!(shape, expected);
    assert_eq!(read.gangs.iter().map(|gang| gang.id.to_string()).collect::<Vec<_>>(), ["Job philly-1-0001"]);
    assert!(notes.len() == 1 && notes[0].contains("of 1 of 2 jobs"), "{notes:?}");
    assert!(refused(&[CLASS, line]).contains("a trace that is no file of its own can't name others"));
}

#[test]
fn work_of_manifests() {
    let job = |name: &str| {
        format!(
            r#"{{"apiVersion":"batch/v1","kind":"Job","metadata":{{{name}}},"spec":{{"parallelism":2,"completions":5,"template":{{"spec":{{"restartPolicy":"Never","containers":[{{"name":"c"}}]}}}}}}}}"#
        )
    };
    let line = |name: &str| format!(r#"{{"at":"1h","manifest":{},"duration":"20m"}}"#, job(name));
    let made_up = line(r#""generateName":"b-""#);
    let read = trace(&[&line(r#""name":"a""#), &made_up, &made_up]);
    let shape: Vec<_> = read.work.iter().map(|work| (work.pod.name.to_string(), work.parallelism, work.completions)).collect();
    assert_eq!(shape, [("a".into(), 2, 5), ("b-0-2".into(), 2, 5), ("b-0-3".into(), 2, 5)]);
    assert_eq!(read.pod_specs.len(), 1);
    let endless = refused(&[&line(r#""name":"a""#).replace(r#","duration":"20m""#, "")]);
    assert_eq!(endless, "t.jsonl:1: Job default/a ends at an unknown time; write a duration");
}

#[test]
fn manifests_beside_the_trace_and_compressed_traces() {
    let folder = tempfile::tempdir().expect("a directory");
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  replicas: 2\n  volumeClaimTemplates: \
               [{metadata: {name: data}, spec: {storageClassName: gp3}}]\n  template: {spec: {containers: [{name: c}]}}\n";
    std::fs::write(folder.path().join("db.yaml"), set).expect("a written file");
    let line = "{\"at\":0,\"manifest\":\"db.yaml\"}\n";
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(line.as_bytes()).expect("memory takes everything");
    let path = folder.path().join("t.jsonl.gz");
    std::fs::write(&path, encoder.finish().expect("memory takes everything")).expect("a written file");
    let mut notes = Vec::new();
    let read = read(&path, &mut notes).expect("a trace");
    let volume = PodVolume::Ephemeral { claim: "db-data".into(), storage_class: Some("gp3".into()) };
    assert_eq!((read.work[0].pod.volumes.as_slice(), read.work[0].duration, notes.len()), (&[volume][..], None, 0));
    assert_eq!(
        refused(&[line]),
        "t.jsonl:1: manifest \"db.yaml\": a trace that is no file of its own can't name files; write the object itself"
    );
}

#[test]
fn a_mistake_is_one_line_with_its_place_and_the_way_out() {
    let work = |rest: &str| format!(r#"{{"at":"1h","name":"a","class":"gpu"{rest}}}"#);
    for (line, expected) in [
        ("{".to_owned(), "t.jsonl:2: not one JSON object: EOF while parsing an object at line 1 column 1"),
        ("{} {}".into(), "t.jsonl:2: not one JSON object: trailing characters at line 1 column 4"),
        (
            r#"{"at":1}"#.into(),
            "t.jsonl:2: neither a class (class and spec), nor work (at, name and class; or at and one of manifest, gavel, openb, simkube, prometheus), nor trouble (at and one of outage, reclaim, availability)",
        ),
        (work("").replace("gpu", "cpu"), "t.jsonl:2: class cpu is not known; the lines before have gpu"),
        (work("").replace("\"a\"", "\"\""), "t.jsonl:2: name is empty; write one"),
        (
            work("").replace("1h", "soon"),
            "t.jsonl:2: at is not understood: \"soon\" is not a duration; write seconds (600) or units of d, h, m, s (10m, 1h30m)",
        ),
        (
            work(r#","duration":-5"#),
            "t.jsonl:2: duration is not understood: invalid type: integer `-5`, expected a duration; write seconds (600) or units of d, h, m, s (\"10m\", \"1h30m\")",
        ),
        (
            work(r#","count":0"#),
            "t.jsonl:2: count is not understood: invalid value: integer `0`, expected a number of pods from 1 to 150000",
        ),
        (work(r#","cuont":2"#), "t.jsonl:2: cuont is an unknown field; take it out, or write it as it is meant"),
        (CLASS.into(), "t.jsonl:2: class gpu is in line 1 already; give it another name"),
        (
            r#"{"class":"x","spec":{"containers":[]}}"#.into(),
            "t.jsonl:2: class x: its pods have no containers; write spec.containers",
        ),
        (
            r#"{"class":"x","spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"much"}}}]}}"#.into(),
            "t.jsonl:2: spec.containers[0].resources.requests.cpu is no amount: \"much\" is not a Kubernetes quantity (such as 500m, 2, 4Gi)",
        ),
        (r#"{"at":0,"outage":{}}"#.into(), "t.jsonl:2: is not understood: missing field `duration`"),
        (
            r#"{"at":0,"manifest":{"kind":"Job"},"duration":1}"#.into(),
            "t.jsonl:2: t.jsonl:2: an object without an apiVersion; write it, such as batch/v1 for a Job",
        ),
    ] {
        assert_eq!(refused(&[CLASS, &line]), expected);
    }
    assert_eq!(refused(&[CLASS, &work(""), &work("")]), "t.jsonl:3: default/a is in line 2 already; give it another name");
    assert!(refused(&[CLASS]).starts_with("t.jsonl holds no work; write lines such as {\"at\":"));
    assert!(refused(&[&work("")]).ends_with("class gpu is not known; write a line with class and spec before it"));
}

#[test]
fn the_order_of_lines_says_nothing_but_for_classes() {
    let lines = [
        r#"{"at":30,"name":"c","class":"gpu","duration":5}"#,
        r#"{"at":10,"name":"a","class":"gpu","duration":5}"#,
        r#"{"at":20,"name":"b","class":"gpu"}"#,
    ];
    let expected = trace(&[CLASS, lines[1], lines[2], lines[0]]).work.iter().map(|work| work.at).collect::<Vec<_>>();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [2, 1, 0]] {
        let read = trace(&[CLASS, lines[order[0]], lines[order[1]], lines[order[2]]]);
        assert_eq!(read.work.iter().map(|work| work.at).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_class_states_what_its_pods_claim() {
    let spec = r#"{"containers":[{"name":"m"}],"resourceClaims":[{"name":"g","resourceClaimTemplateName":"one"},{"name":"h","resourceClaimTemplateName":"of-cluster"}]}"#;
    let claims = |count: u32| {
        format!(
            r#"{{"one":{{"devices":{{"requests":[{{"name":"r","exactly":{{"deviceClassName":"gpu","count":{count}}}}}]}}}}}}"#
        )
    };
    let class = |name: &str, count: u32| format!("{{\"class\":\"{name}\",\"spec\":{spec},\"claims\":{}}}\n", claims(count));
    let work = |name: &str, class: &str| format!("{{\"at\":0,\"name\":\"{name}\",\"class\":\"{class}\",\"duration\":60}}\n");
    let text = [class("a", 1), class("b", 2), work("x", "a"), work("y", "a"), work("z", "b")].concat();
    let trace = read_text("t.jsonl", &text).unwrap_or_else(|error| panic!("{error}"));
    let named: Vec<Option<&str>> = trace.work[0].pod.resource_claims.iter().map(|entry| entry.template.as_deref()).collect();
    assert_eq!(named, [Some("a.one"), Some("of-cluster")]);
    let uses = |name: &str| trace.devices.templates.iter().filter(|one| one.name == name && one.namespace == "default").count();
    assert_eq!((uses("a.one"), uses("b.one"), uses("of-cluster")), (1, 1, 0));
}

#[test]
fn manifests_of_a_trace_bring_their_classes_and_templates() {
    let template = r#"{"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaimTemplate","metadata":{"name":"one"},"spec":{"spec":{"devices":{"requests":[{"name":"r","exactly":{"deviceClassName":"gpu"}}]}}}}"#;
    let class = r#"{"apiVersion":"resource.k8s.io/v1","kind":"DeviceClass","metadata":{"name":"gpu"},"spec":{}}"#;
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"restartPolicy":"Never","containers":[{"name":"m"}],"resourceClaims":[{"name":"g","resourceClaimTemplateName":"one"}]}}"#;
    let text = [template, class, pod].map(|object| format!("{{\"at\":0,\"manifest\":{object},\"duration\":60}}\n")).concat();
    let trace = read_text("t.jsonl", &text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((trace.devices.templates.len(), trace.devices.classes.len()), (1, 1));
    assert_eq!(trace.work[0].pod.resource_claims[0].template.as_deref(), Some("one"));
}
