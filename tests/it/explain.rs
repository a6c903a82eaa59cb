//! `explain` as a user meets it: the real binary and its embedded cluster.

use std::fs;
use std::process::{Output, Stdio};
use std::str;

use ec2_autoscale::demo;
use ec2_autoscale::plan::FindingCode;
use ec2_autoscale::plan::codes::{Code, CodeOf};
use ec2_autoscale::plan::explain::{self, GroupExplanation, NodeExplanation, PodExplanation};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::render;
use ec2_autoscale::snapshot::{Group, ObjectName, Purchase, Snapshot, Taint, TaintEffect};

use crate::cli::ec2_autoscale;
use crate::support::scenario::situation;

/// A node of the embedded cluster.
pub(crate) const NODE: &str = "ip-10-0-1-21.us-west-2.compute.internal";

fn run(arguments: &[&str]) -> Output {
    ec2_autoscale(&[&["explain"], arguments].concat()).output().expect("the binary starts")
}

/// Returns what was printed by a run that went well.
fn shown(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", str::from_utf8(&output.stderr).expect("text"));
    assert!(output.stderr.is_empty(), "nothing to say on standard error");
    String::from_utf8(output.stdout).expect("text")
}

/// Returns the error of a run that showed nothing.
fn refused(arguments: &[&str], code: i32) -> String {
    let output = run(arguments);
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(output.stdout.is_empty(), "errors belong on standard error");
    said
}

fn pod(snapshot: &Snapshot, policy: &Policy, namespace: &str, name: &str) -> PodExplanation {
    let name = ObjectName { namespace: namespace.into(), name: name.into() };
    explain::pod(snapshot, policy, &name).expect("the pod is there")
}

#[test]
fn a_pod_that_nothing_helps() {
    let text = shown(&["pod", "research/llm-16gpu-0", "--demo"]);
    insta::assert_snapshot!(text);
}

#[test]
fn a_pod_that_a_new_node_helps_and_one_that_runs() {
    insta::assert_snapshot!("a_pod_that_a_new_node_helps", shown(&["pod", "sweep-0", "--demo"]));
    insta::assert_snapshot!("a_pod_that_runs", shown(&["pod", "etl/nightly-0", "--demo"]));
}

#[test]
fn a_busy_node() {
    insta::assert_snapshot!(shown(&["node", NODE, "--demo"]));
}

#[test]
fn nothing_is_wider_than_a_terminal_of_80_columns() {
    let (snapshot, policy) = (demo::snapshot(), Policy::default());
    let mut pages = Vec::new();
    for found in &snapshot.pods {
        pages.push(render::explain_pod(&pod(&snapshot, &policy, &found.namespace, &found.name), Some(80), false));
    }
    for found in &snapshot.nodes {
        let explained = explain::node(&snapshot, &policy, &found.name).expect("it is there");
        pages.push(render::explain_node(&explained, Some(80), false));
    }
    for page in pages {
        assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
        assert!(page.lines().all(|line| line.trim_end() == line), "{page}");
    }
}

#[test]
fn json_reads_back() {
    let printed = |kind: &str, name: &str| shown(&[kind, name, "--demo", "-o", "json"]);
    let pod: PodExplanation = serde_json::from_str(&printed("pod", "research/llm-16gpu-0")).expect("a pod");
    assert_eq!((pod.nodes.len(), pod.groups.len()), (8, 4));
    let node: NodeExplanation = serde_json::from_str(&printed("node", NODE)).expect("a node");
    assert_eq!(node.report.node, NODE);
    let group: GroupExplanation = serde_json::from_str(&printed("group", "p3-west")).expect("a group");
    assert_eq!(group.report.group.name, "p3-west");
}

#[test]
fn a_group_is_told_as_the_library_tells_it() {
    let explained = explain::group(&demo::snapshot(), &Policy::default(), "p3-west").expect("the group");
    assert_eq!(shown(&["group", "us-west-2/p3-west", "--demo"]), render::explain_group(&explained, None, false));
}

#[test]
fn flags_of_the_policy_count() {
    let text = shown(&["pod", "research/sweep-0", "--demo", "--no-scale-up"]);
    assert!(text.contains("scale-up is switched off (--no-scale-up)"), "{text}");
    let text = shown(&["node", "ip-10-0-1-24.us-west-2.compute.internal", "--demo", "--idle-threshold", "1h"]);
    assert!(text.contains("idle 13m of 1h"), "{text}");
}

#[test]
fn a_snapshot_is_explained_like_the_cluster_it_was_taken_of() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let path = directory.path().join("s.json");
    let mut snapshot = demo::snapshot();
    let write = |snapshot: &Snapshot| fs::write(&path, serde_json::to_vec(snapshot).expect("JSON")).expect("a file");
    write(&snapshot);
    let saved = ["pod", "research/llm-16gpu-0", "--snapshot", path.to_str().expect("plain characters")];
    assert_eq!(shown(&saved), shown(&["pod", "research/llm-16gpu-0", "--demo"]));

    snapshot.regions[0].unreadable = Some("500".into());
    write(&snapshot);
    let output = run(&saved);
    assert_eq!(output.status.code(), Some(3), "the group that would do may be in the region that was not read");
    assert!(!output.stdout.is_empty());

    let mut twin = snapshot.pods.iter().find(|pod| pod.name == "sweep-0").expect("in the demo").clone();
    (twin.namespace, twin.uid) = ("etl".into(), "another".into());
    snapshot.pods.push(twin);
    write(&snapshot);
    let said = refused(&["pod", "sweep-0", saved[2], saved[3]], 64);
    assert_eq!(
        said,
        "error: pods of several namespaces are named sweep-0: etl, research\nhint: write etl/sweep-0, for example\n"
    );
}

#[test]
fn what_is_not_there_is_named_with_what_is_like_it() {
    assert_eq!(
        refused(&["pod", "research/llm-16gpu-1", "--demo"], 1),
        "error: no unfinished pod is named research/llm-16gpu-1\nhint: did you mean research/llm-16gpu-0?\n"
    );
    assert_eq!(
        refused(&["pod", "ourly", "--demo"], 1),
        "error: no unfinished pod is named ourly\nhint: did you mean etl/hourly-0?\n"
    );
    assert_eq!(
        refused(&["node", "ip-10-0-1-99.us-west-2.compute.internal", "--demo"], 1).lines().next(),
        Some("error: no node is named ip-10-0-1-99.us-west-2.compute.internal")
    );
    assert_eq!(
        refused(&["node", "nowhere", "--demo"], 1),
        "error: no node is named nowhere\nhint: kubectl get nodes lists them\n"
    );
    let said = refused(&["group", "p3-wset", "--demo"], 1);
    assert!(said.starts_with("error: no group is named p3-wset; managed: "), "{said}");
    assert!(said.ends_with("\nhint: did you mean p3-west?\n"), "{said}");
}

#[test]
fn wrong_usage_is_told_before_the_cluster_is_asked() {
    for name in ["a/b/c", "/x", "x/", ""] {
        let said = refused(&["pod", name], 64);
        assert!(said.contains("is not the name of a pod\nhint: write NAMESPACE/NAME"), "{said}");
        let said = refused(&["gang", name], 64);
        assert!(said.contains("is not the name of a gang\nhint: write NAMESPACE/NAME"), "{said}");
    }
    assert!(refused(&["job", "x", "--demo"], 64).contains("pod, node, group"));
    assert_eq!(refused(&["pod", "--demo"], 64), "error: explain needs a name\nhint: name the object as `plan` shows it\n");
}

#[test]
fn a_code_is_explained_without_a_cluster() {
    insta::assert_snapshot!(shown(&["code", "zone-not-certain"]));
    let all = shown(&["code"]);
    assert!(all.starts_with("STEP OF A PLAN\n") && all.contains("\n  zone-not-certain"), "{all}");
    let listed: Vec<Code> = serde_json::from_str(&shown(&["code", "busy", "-o", "json"])).expect("a list of codes");
    assert_eq!(listed.iter().map(|code| code.of).collect::<Vec<_>>(), [CodeOf::NodeState, CodeOf::UncordonReason]);
    assert_eq!(
        refused(&["code", "zone-not-certian"], 64),
        "error: no code is named zone-not-certian\nhint: did you mean zone-not-certain?\n"
    );
}

#[test]
fn a_pipe_gets_no_escape_codes_and_may_be_closed() {
    for arguments in [["pod", "research/llm-16gpu-0"], ["node", NODE], ["group", "p3-west"]] {
        let arguments = [&["explain"], &arguments[..], &["--demo"]].concat();
        let output = ec2_autoscale(&arguments).env("TERM", "xterm-256color").output().expect("the binary starts");
        assert!(!output.stdout.contains(&0x1b), "{arguments:?}");
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_ec2-autoscale"))
            .env_clear()
            .args(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{arguments:?}");
    }
}

#[test]
fn colour_marks_what_would_do() {
    let (snapshot, policy) = (demo::snapshot(), Policy::default());
    let explained = pod(&snapshot, &policy, "research", "sweep-0");
    let coloured = render::explain_pod(&explained, Some(80), true);
    let green: Vec<&str> = coloured.lines().filter(|line| line.contains("\u{1b}[38;5;10m")).collect();
    assert!(!green.is_empty() && green[0].contains("p3-east"), "{coloured:?}");
    assert!(!render::explain_pod(&explained, Some(80), false).contains('\u{1b}'));
}

#[test]
fn a_node_that_takes_the_pod_comes_first() {
    let (world, policy) = situation(
        "group web cpu=4 desired=3 max=3
         node web-1 group=web
         node web-2 group=web
         node web-3 group=web
         pods big cpu=3 on=web-1
         pods huge cpu=4 on=web-2
         pods job cpu=2",
    );
    let explained = pod(&world.snapshot, &policy, "batch", "job-0");
    insta::assert_snapshot!(render::explain_pod(&explained, None, false), @r"
    batch/job-0 fits on web-3; the scheduler is expected to place it there

    NODES
    + 1 node   fits
               web-3
      2 nodes  Insufficient cpu (2 asked, at most 1 free)
               web-1, web-2

    GROUPS
      web (us-west-2)  at its maximum 3
    ");
}

/// A pod that would fit alone, but for which no group is left after the others.
#[test]
fn a_pod_behind_others_says_so() {
    let (world, policy) = situation(
        "group web cpu=4 max=1
         pods job x2 cpu=3",
    );
    let explained = pod(&world.snapshot, &policy, "batch", "job-1");
    insta::assert_snapshot!(render::explain_pod(&explained, None, false), @r"
    batch/job-1 can't be helped, as other pods come first: web: at its maximum 1 with the 1 planned

    NODES
      there is none

    GROUPS
    + web (us-west-2)  a new node of it would do
    ");
}

/// Two groups and, for each chain of expanders, the sentence about why one stands before the other
/// for one of 6 pods.
#[test]
fn each_expander_says_why_it_prefers_a_group() {
    let cases = [
        ("a cpu=4 max=9", "b cpu=4 max=9 priority=3", "priority", "b before a: priority 3 instead of 0"),
        (
            "a cpu=4 region=us-west-2",
            "b cpu=4 region=us-east-1",
            "priority,region",
            "a before b: region us-west-2 comes before us-east-1 in --regions",
        ),
        ("a cpu=4 zones=a,b", "b cpu=4", "single-zone", "b before a: 1 zone instead of 2"),
        ("a cpu=4", "b cpu=4 spot", "region,spot", "b before a: spot instead of on demand"),
        (
            "a cpu=16 mem=16Gi",
            "b cpu=4 mem=4Gi",
            "least-waste",
            "b before a: 50 % of its cpu and memory unused instead of 62.5 %",
        ),
        ("a cpu=4 gpu=4", "b cpu=4", "least-waste", "b before a: 0 % of its GPUs and other devices unused instead of 100 %"),
        ("a cpu=8 max=2", "b cpu=4 max=5", "most-pods", "b before a: takes 5 pods instead of 4"),
        ("a cpu=4", "b cpu=8", "least-nodes", "b before a: 3 nodes instead of 6"),
        ("a cpu=4", "b cpu=4", "random seed=1", "a before b: drawn by lot with --seed 1"),
        ("a cpu=4", "b cpu=4", "random seed=4", "b before a: drawn by lot with --seed 4"),
        ("b cpu=4", "a cpu=4", "priority,region", "a before b: all else is equal, and its name comes first"),
    ];
    for (one, other, expander, expected) in cases {
        let (world, policy) = situation(&format!(
            "policy expander={expander}
             group {one}
             group {other}
             pods job x6 cpu=3 mem=1Gi"
        ));
        let explained = pod(&world.snapshot, &policy, "batch", "job-0");
        let steps: Vec<&str> = explained.ranking.iter().map(|step| step.message.as_str()).collect();
        assert_eq!(steps, [expected]);
        let chosen = explained.verdict.as_ref().map(ToString::to_string).expect("it is pending");
        assert!(chosen.contains(&format!("of {}", &expected[..1])), "{chosen}: {expected}");
        let text = serde_json::to_string(&explained).expect("JSON");
        assert_eq!(serde_json::from_str::<PodExplanation>(&text).expect("what was written"), explained);
    }
}

/// A node takes one pod of a port, however large it is.
#[test]
fn nodes_are_counted_for_pods_that_keep_each_other_away() {
    let (world, policy) = situation(
        "policy expander=least-nodes
         group a cpu=4
         group b cpu=64
         group c cpu=64 max=1
         pods job x3 cpu=1 port=80",
    );
    let explained = pod(&world.snapshot, &policy, "batch", "job-0");
    let steps: Vec<&str> = explained.ranking.iter().map(|step| step.message.as_str()).collect();
    let by_name =
        ["a before b: all else is equal, and its name comes first", "b before c: all else is equal, and its name comes first"];
    assert_eq!(steps, by_name);
    let policy = Policy { expander: "most-pods".parse().expect("an expander"), ..policy };
    let explained = pod(&world.snapshot, &policy, "batch", "job-0");
    assert_eq!(explained.ranking[1].message, "b before c: takes 3 pods instead of 1");
}

#[test]
fn a_pod_is_told_why_its_group_was_chosen_over_those_before_it() {
    let (world, policy) = situation(
        "policy balance-similar-groups
         group failing cpu=4 priority=5
         group full cpu=4 max=1 priority=4
         group a cpu=4 zones=a desired=1
         node a-1 group=a
         group b cpu=4 zones=b
         group later cpu=4 priority=-1
         group web region=us-east-1 cpu=4
         group small cpu=1
         failure failing 18m Insufficient capacity
         pods busy cpu=4 on=a-1
         pods job x2 cpu=3",
    );
    let explained = pod(&world.snapshot, &policy, "batch", "job-1");
    insta::assert_snapshot!(render::explain_pod(&explained, None, false));
    let first = pod(&world.snapshot, &policy, "batch", "job-0");
    assert_eq!(
        first.ranking[0].message,
        "chose full over failing: failing in backoff until 12:42 UTC, in 42m (failed 18m ago): Insufficient capacity"
    );
    assert_eq!(first.ranking[1].message, "full before b: priority 4 instead of 0");
}

#[test]
fn a_pod_that_fits_beside_others_or_needs_nothing_bought_says_so() {
    let (world, policy) = situation(
        "group first cpu=4 priority=1
         group gpu cpu=4 gpu=1
         pods big cpu=2 gpu=1
         pods small cpu=1",
    );
    let explained = pod(&world.snapshot, &policy, "batch", "small-0");
    assert_eq!(explained.ranking[0].message, "chose gpu over first: there is room on a node that is bought for other pods");
    let (world, policy) = situation(
        "group web cpu=4 desired=1
         node web-1 group=web
         group other cpu=4
         pods job cpu=2",
    );
    assert_eq!(pod(&world.snapshot, &policy, "batch", "job-0").ranking, [], "nothing has to be bought");
}

#[test]
fn a_group_says_with_which_it_is_balanced() {
    let (mut world, policy) = situation(
        "policy balance-similar-groups
         group a cpu=4 zones=a
         group b cpu=4 zones=b label=eks.amazonaws.com/nodegroup=b
         group c cpu=4 zones=c label=pool=c
         group d cpu=4 zones=c label=pool=d taint=x
         group far region=us-east-1 cpu=4",
    );
    let text = |snapshot: &Snapshot, policy: &Policy, name: &str| {
        render::explain_group(&explain::group(snapshot, policy, name).expect("the group"), None, false)
    };
    assert!(text(&world.snapshot, &policy, "a").contains("balanced  with b\n"), "{}", text(&world.snapshot, &policy, "a"));
    let c = text(&world.snapshot, &policy, "c");
    let unlike =
        "c (us-west-2) is not balanced with a (us-west-2), which launches the same: its label pool is c instead of absent";
    assert!(c.split_whitespace().collect::<Vec<_>>().join(" ").contains(unlike), "{c}");
    assert!(!text(&world.snapshot, &policy, "d").contains("balanced"), "two differences are no oversight");
    assert!(!text(&world.snapshot, &policy, "far").contains("balanced"));
    assert!(!text(&world.snapshot, &Policy::default(), "a").contains("balanced"), "only with the flag");
    for (number, change) in [
        |group: &mut Group| group.zones.push("us-west-2c".into()),
        |group: &mut Group| group.purchase = Purchase::Spot { max_price: None },
        |group: &mut Group| group.tags.resources.set("memory", 1 << 30),
        |group: &mut Group| group.tags.resources.set("example.com/fpga", 1),
        |group: &mut Group| {
            group.tags.taints.push(Taint { key: "k".into(), value: String::new(), effect: TaintEffect::NoSchedule });
        },
        |group: &mut Group| group.tags.settings = [("priority".to_owned(), "1".to_owned())].into(),
    ]
    .into_iter()
    .enumerate()
    {
        let before = world.snapshot.clone();
        change(world.snapshot.groups.iter_mut().find(|group| group.id.name == "b").expect("it is there"));
        let b = explain::group(&world.snapshot, &policy, "b").expect("the group");
        assert_eq!(b.balanced_with, [], "{number}");
        let unlike = b.findings.iter().any(|finding| matches!(finding.code, FindingCode::NotBalanced { .. }));
        assert!(unlike, "{number}: {:?}", b.findings);
        world.snapshot = before;
    }
}

#[test]
fn every_pod_of_a_node_says_whether_it_keeps_it() {
    let (mut world, policy) = situation(
        "group web cpu=4 gpu=1 desired=1 max=3
         node web-1 group=web
         pods train cpu=2 gpu=1 on=web-1
         pods agent cpu=100m on=web-1 owner=DaemonSet
         pods proxy cpu=100m on=web-1
         pods low cpu=100m on=web-1 priority=-100
         pods job x5 cpu=1
         pods big cpu=9",
    );
    world.snapshot.pods.iter_mut().find(|pod| pod.name == "proxy-0").expect("it is there").mirror = true;
    let policy = Policy { expendable_below: Some(0), ..policy };
    let explained = explain::node(&world.snapshot, &policy, "web-1").expect("it is there");
    insta::assert_snapshot!(render::explain_node(&explained, None, false), @r"
    web-1: batch/train-0 runs on it

      group     web (us-west-2)
      state     busy
      decision  stays as it is

      RESOURCE        ALLOCATABLE   FREE
      cpu                       4  1700m
      memory                 16Gi   16Gi
      nvidia.com/gpu            1      0
      pods                    110    106

    WHAT HAS TO BE PROVED BEFORE IT GOES
    ! empty             missing: batch/train-0 keeps it
    ! mark-settled      missing: no earlier run has marked it
      account-known     shown: a Ready node is an instance of this account
      clocks-agree      shown: no clock is known to be off by more than 5m
      one-instance      shown: it is i-00000001 and no other Node is
      nothing-expected  shown: no pod is on its way to it

    PODS THAT KEEP IT
      batch/train-0  2 cpu, 1 nvidia.com/gpu
                     belongs to Job train, which would not simply replace it

    PODS THAT DON'T
      batch/agent-0  of a DaemonSet; 100m cpu
      batch/low-0    below --expendable-below; 100m cpu
      batch/proxy-0  mirror of a static pod; 100m cpu

    PODS WITHOUT A NODE, ONE AT A TIME
    + 5 pods  fits
              batch/job-0, batch/job-1, batch/job-2 and 2 more
      1 pod   Insufficient cpu (9 asked, 1700m free)
              batch/big-0
    ");
}
