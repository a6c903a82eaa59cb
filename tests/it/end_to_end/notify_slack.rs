//! Slack: who receives what, once, and what happens when Slack refuses.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Run, TestCluster, run};
use super::drain::{DRAIN, Underused};
use super::world::job;
use crate::notify::receiver::{Receiver, Reply};
use crate::support::aws::Fault as AwsFault;
use crate::support::kubernetes::Fault;
use crate::support::kubernetes::objects::{Object as _, Pod, namespace, pod};

/// The part of a webhook's address that must not be seen.
const SECRET: &str = "T012/B345/hunter2";
const TOKEN: &str = "xoxb-hunter2";

fn hook(slack: &Receiver) -> String {
    format!("{}/services/{SECRET}", slack.url())
}

fn accepting() -> Receiver {
    Receiver::saying(Reply::Say(200, "ok".into()))
}

fn a_group() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).create();
    cluster
}

/// Runs `apply` with a webhook; its address must not show.
fn apply_telling(cluster: &TestCluster, slack: &Receiver, more: &[&str]) -> Run {
    let run = run(cluster.command("apply", &["--slack-hook", &hook(slack), "-vvv"]).args(more));
    assert!(!run.stdout.contains("hunter2") && !run.stderr.contains("hunter2"), "{}{}", run.stdout, run.stderr);
    run
}

fn notes(run: &Run) -> Vec<&str> {
    run.stderr.lines().filter(|line| line.starts_with("note: ")).collect()
}

/// Returns the texts that the channel was sent.
fn texts(slack: &Receiver) -> Vec<String> {
    slack.received().iter().map(|message| message.json()["text"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn a_purchase_is_one_message_to_the_channel() {
    let (cluster, slack) = (a_group(), accepting());
    cluster.kubernetes.seed((1..=4).map(|number| job(&format!("job-{number}"), 900)));
    assert_eq!(notes(&apply_telling(&cluster, &slack, &[]).exits(0)), [""; 0]);
    assert_eq!(texts(&slack), ["*test*\n• scaled up workers (us-west-2) 0→2 for 4 pods"]);
    let [message] = &slack.received()[..] else { panic!("one message") };
    assert_eq!((message.method.as_str(), message.path.as_str()), ("POST", &*format!("/services/{SECRET}")));
    assert_eq!(message.header("content-type"), "application/json");
}

#[test]
fn the_same_news_is_not_said_again_for_half_an_hour() {
    let (cluster, slack) = (a_group(), accepting());
    cluster.kubernetes.seed([job("huge-1", 64_000), job("huge-2", 64_000)]);
    for _ in 0..3 {
        apply_telling(&cluster, &slack, &[]).exits(0);
    }
    let text = "*test*\n• default/huge-1, default/huge-2 can never fit: \
                workers (us-west-2): Insufficient cpu (64 asked, 1930m on a new node)";
    assert_eq!(texts(&slack), [text]);

    cluster.kubernetes.edit("configmaps", "kube-system", "ec2-autoscale-status", |map| {
        let said: Value = serde_json::from_str(map["data"]["said"].as_str().expect("what was said")).expect("JSON");
        let long_ago = (Timestamp::now() - SignedDuration::from_mins(31)).to_string();
        let keys = said.as_object().expect("an object").keys();
        let aged: serde_json::Map<String, Value> = keys.map(|key| (key.clone(), json!(long_ago))).collect();
        map["data"]["said"] = json!(Value::Object(aged).to_string());
    });
    apply_telling(&cluster, &slack, &[]).exits(0);
    assert_eq!(texts(&slack).len(), 2);
    // Without the status nothing is remembered.
    apply_telling(&cluster, &slack, &["--no-status"]).exits(0);
    assert_eq!(texts(&slack).len(), 3);
}

#[test]
fn people_hear_of_their_own_pods() {
    let cluster = a_group();
    let answer = |message: &crate::notify::receiver::Received| match message.json()["channel"].as_str() {
        Some("U012AB3CDE") => r#"{"ok":true,"channel":"D01","ts":"1.2"}"#,
        _ => r#"{"ok":false,"error":"channel_not_found"}"#,
    };
    let slack = Receiver::start(move |_, message| Reply::Say(200, answer(message).into()));
    cluster.kubernetes.seed([
        job("grace-1", 64_000).label("owner", "U012AB3CDE"),
        job("ada-1", 64_000).label("owner", "ada"),
        job("grace-2", 64_000).label("owner", "U012AB3CDE"),
        job("nobody-1", 64_000),
    ]);
    let apply = || {
        let mut command = cluster.command("apply", &["-vvv"]);
        command.env("EC2_AUTOSCALE_SLACK_API", format!("{}/api/", slack.url())).env("SLACK_BOT_TOKEN", TOKEN);
        let run = run(&mut command).exits(0);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
        run
    };
    let first = apply();
    assert_eq!(notes(&first), ["note: posting to Slack failed: owner ada: Slack answered channel_not_found"]);
    let sent = slack.received();
    assert!(sent.iter().all(|message| message.path == "/api/chat.postMessage"), "{sent:?}");
    assert!(sent.iter().all(|message| message.header("authorization") == format!("Bearer {TOKEN}")));
    let sent: Vec<(String, String)> = sent
        .iter()
        .map(|message| {
            let text = |field: &str| message.json()[field].as_str().expect("text").to_owned();
            (
                text("channel"),
                text("text").lines().nth(1).unwrap_or_default().split(" can").next().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let expected = [("U012AB3CDE", "• default/grace-1, default/grace-2"), ("@ada", "• default/ada-1")];
    assert_eq!(sent, expected.map(|(whom, what)| (whom.to_owned(), what.to_owned())));

    // A receiver that was not reached is tried again, one that was reached is not.
    apply();
    let again: Vec<Value> = slack.received()[2..].iter().map(|message| message.json()["channel"].clone()).collect();
    assert_eq!(again, ["@ada"]);
}

#[test]
fn a_drained_node_is_news() {
    let (world, slack) = (Underused::new(), accepting());
    apply_telling(&world.cluster, &slack, &DRAIN).exits(0);
    let texts = texts(&slack);
    let [text] = &texts[..] else { panic!("{texts:?}") };
    assert_eq!(text.lines().filter(|line| line.starts_with("• drained ")).count(), 3, "{text}");
    assert!(text.contains(": default/web-1 evicted"), "{text}");
}

#[test]
fn a_run_that_fails_is_news_once() {
    let (cluster, slack) = (a_group(), accepting());
    cluster.kubernetes.fault(Fault::on("list", "pods").status(403));
    for _ in 0..2 {
        apply_telling(&cluster, &slack, &[]).exits(1);
    }
    let texts = texts(&slack);
    assert!(matches!(&texts[..], [text] if text.starts_with("*test*\n• failed to scale: ")), "{texts:?}");
    // Where nothing can be remembered it would come every minute.
    cluster.kubernetes.fault(Fault::on("get", "configmaps").status(403));
    apply_telling(&cluster, &slack, &[]).exits(1);
    assert_eq!(slack.received().len(), 1);
}

#[test]
fn too_many_messages_are_sent_later_if_there_is_time() {
    let cluster = a_group();
    cluster.kubernetes.add(job("huge", 64_000));
    let patient = Receiver::start(|number, _| match number {
        0 => Reply::TooMany { retry_after: 0 },
        _ => Reply::Say(200, "ok".into()),
    });
    assert_eq!(notes(&apply_telling(&cluster, &patient, &[]).exits(0)), [""; 0]);
    assert_eq!(patient.received().len(), 2);

    cluster.kubernetes.add(job("larger", 96_000));
    let busy = Receiver::saying(Reply::TooMany { retry_after: 600 });
    let run = apply_telling(&cluster, &busy, &[]).exits(0);
    let words = "note: posting to Slack failed: the channel of --slack-hook: \
                 Slack wants no request for 600 s, and --notify-timeout does not leave as much";
    assert_eq!(notes(&run), [words]);
    assert_eq!(busy.received().len(), 1);
}

#[test]
fn what_slack_refuses_or_leaves_hanging_is_a_note_without_the_address() {
    let cluster = a_group();
    cluster.kubernetes.add(job("huge", 64_000));
    let gone = Receiver::saying(Reply::Say(404, "no_service".into()));
    let run = apply_telling(&cluster, &gone, &[]).exits(0);
    let words = "note: posting to Slack failed: the channel of --slack-hook: it answered 404 Not Found: no_service";
    assert_eq!(notes(&run), [words]);

    let hanging = Receiver::saying(Reply::Hang);
    let begun = Instant::now();
    let run = apply_telling(&cluster, &hanging, &["--notify-timeout=6s"]).exits(0);
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    assert_eq!(
        notes(&run),
        ["note: posting to Slack failed: the channel of --slack-hook: no answer in time (--notify-timeout)"]
    );
    // The status does not wait for Slack.
    assert!(cluster.notices().last().is_some_and(|call| call.ends_with("/ec2-autoscale-status")), "{:?}", cluster.notices());
}

#[test]
fn the_predecessor_s_secret_works_even_with_a_newline_and_nonsense_is_named() {
    let (cluster, slack) = (a_group(), accepting());
    cluster.kubernetes.add(job("huge", 64_000));
    run(cluster.command("apply", &[]).env("SLACK_HOOK", format!("{}\n", hook(&slack)))).exits(0);
    assert_eq!(slack.received().len(), 1);

    cluster.kubernetes.add(job("larger", 96_000));
    let run = run(cluster.command("apply", &[]).env("SLACK_HOOK", "aHR0cHM6Ly9ob29rcw==")).exits(0);
    let words = "note: posting to Slack failed: the channel of --slack-hook: \
                 --slack-hook is not a URL that begins with http:// or https://";
    assert_eq!(notes(&run), [words]);
    assert!(!run.stderr.contains("aHR0"), "{}", run.stderr);
}

/// Returns a pod that no node is large enough for.
fn huge(namespace: &str, name: &str, cores: u32) -> Pod {
    pod(namespace, name).requests(&[("cpu", &cores.to_string())]).owned_by("Job", name).unschedulable()
}

#[test]
fn the_flood_of_one_namespace_hides_neither_purchases_nor_the_pod_of_another() {
    let (cluster, slack) = (a_group(), accepting());
    cluster.kubernetes.seed([namespace("aa-flood"), namespace("zz-quiet")]);
    cluster.kubernetes.seed((0..200).map(|number| huge("aa-flood", &format!("noise-{number:03}"), 1000 + number)));
    cluster.kubernetes.seed([huge("zz-quiet", "train", 64), job("bought", 900)]);
    apply_telling(&cluster, &slack, &[]).exits(0);
    let text = texts(&slack).join("\n");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[1], "• scaled up workers (us-west-2) 0→1 for 1 pod");
    assert!(lines.iter().any(|line| line.starts_with("• zz-quiet/train can never fit: ")), "{text}");
    assert_eq!(lines.iter().filter(|line| line.contains("aa-flood/")).count(), 9, "{text}");
    assert!(text.contains("aa-flood/noise-010 and 189 more, for 192 further reasons"), "{text}");
    // Lines that were only counted were sent too.
    apply_telling(&cluster, &slack, &[]).exits(0);
    assert_eq!(texts(&slack).len(), 1);
}

#[test]
fn what_a_tenant_writes_is_no_line_and_no_markup() {
    let (cluster, slack) = (a_group(), accepting());
    let claim = "x\n• *SECURITY*: sign in at https://evil.example <!channel>\u{202e}";
    cluster.kubernetes.add(job("innocent", 900).claim(claim));
    let run = apply_telling(&cluster, &slack, &[]).exits(0);
    let shown =
        r#"persistentvolumeclaim "x\n• ∗SECURITY∗: sign in at https∶//evil.example &lt;!channel&gt;\u{202e}" not found"#;
    assert_eq!(texts(&slack), [format!("*test*\n• default/innocent can never fit: workers (us-west-2): {shown}")]);
    assert!(!run.stdout.contains(claim) && !run.stdout.contains('\u{202e}'), "{}", run.stdout);
    let event = &cluster.kubernetes.all("events")[0]["message"];
    assert!(event.as_str().is_some_and(|message| message.contains(r"x\n• *SECURITY*") && !message.contains('\n')), "{event}");
}

#[test]
fn roles_accounts_and_keys_are_for_the_terminal_alone() {
    let (cluster, slack) = (a_group(), accepting());
    cluster.kubernetes.add(job("job", 900));
    let role = "arn:aws:sts::123456789012:assumed-role/runs/ada";
    let words = format!("User: {role} with key AKIAIOSFODNN7EXAMPLE is not authorized in account 123456789012");
    cluster.aws.fault(&AwsFault::on("SetDesiredCapacity").code("AccessDenied").message(&words));
    let run = apply_telling(&cluster, &slack, &[]).exits(3);
    assert!(run.stdout.contains(role), "whoever runs it sees it: {}", run.stdout);
    let told = "User: arn:aws:sts:…:assumed-role/… with key … is not authorized in account …";
    assert!(texts(&slack)[0].contains(told), "{:?}", texts(&slack));
    let (events, maps) = (cluster.kubernetes.all("events"), cluster.kubernetes.all("configmaps"));
    assert!(events[0]["message"].as_str().is_some_and(|message| message.contains(told)), "{events:?}");
    assert!(maps[0]["data"]["last-error"].as_str().is_some_and(|error| error.contains(told)), "{maps:?}");
    for object in events.iter().chain(&maps) {
        let text = object.to_string();
        assert!(["123456789012", "AKIA", "runs/ada"].iter().all(|secret| !text.contains(secret)), "{text}");
    }
}
