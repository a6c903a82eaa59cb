//! The command line as a user meets it: the real binary, its exit codes and its messages.

use std::path::Path;
use std::process::Output;
use std::{fs, str};

use assert_cmd::Command;
use clap::{CommandFactory, Parser};
use ec2_autoscale::cli::Cli;
use ec2_autoscale::demo;
use ec2_autoscale::snapshot::{GroupId, RejectedGroup, Rejection, Snapshot};

/// Returns the binary with these arguments, no environment, and nobody at a terminal.
pub(crate) fn ec2_autoscale(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ec2-autoscale"));
    command.env_clear().args(arguments);
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    ec2_autoscale(arguments).output().expect("the binary starts")
}

pub(crate) fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).expect("standard output is text")
}

pub(crate) fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).expect("standard error is text")
}

/// Asserts the exit code, that standard output is empty, and that each of the words is on standard
/// error.
pub(crate) fn assert_fails(output: &Output, code: i32, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert_eq!(stdout(output), "", "errors belong on standard error");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
}

/// Asserts that an error is one line, perhaps with a hint below.
pub(crate) fn assert_one_line(output: &Output) {
    let lines: Vec<_> = stderr(output).lines().collect();
    assert!(matches!(lines[..], [error] | [error, _] if error.starts_with("error: ")), "{lines:?}");
    assert!(lines.get(1).is_none_or(|hint| hint.starts_with("hint: ")), "{lines:?}");
}

pub(crate) fn write(directory: &Path, name: &str, content: &[u8]) -> String {
    let path = directory.join(name);
    fs::write(&path, content).expect("a file can be written");
    path.to_str().expect("a path of plain characters").to_owned()
}

pub(crate) fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory can be made")
}

#[test]
fn top_level_help_is_short_and_80_wide() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let lines: Vec<_> = stdout(&output).lines().collect();
    assert!(lines.len() <= 36, "{} lines", lines.len());
    for line in lines {
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
    }
}

#[test]
fn version_names_the_program() {
    let output = run(&["--version"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output), concat!("ec2-autoscale ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn without_arguments_help_is_an_error() {
    assert_fails(&run(&[]), 64, &["Usage: ec2-autoscale", "plan --demo"]);
}

#[test]
fn wrong_flags_are_answered_with_the_right_one() {
    assert_fails(&run(&["plan", "--idle-treshold", "5m"]), 64, &["--idle-treshold", "--idle-threshold"]);
    assert_fails(&run(&["pln"]), 64, &["pln", "plan"]);
    assert_fails(&run(&["plan", "-o", "yaml"]), 64, &["yaml", "table", "json"]);
    assert_fails(&run(&["plan", "--idle-threshold", "soon"]), 64, &["soon", "10m"]);
    assert_fails(&run(&["plan", "--max-dead-fraction", "45"]), 64, &["45", "from 0 to 1"]);
    assert_fails(&run(&["plan", "--expander", "cheap"]), 64, &["cheap", "least-waste"]);
    assert_fails(&run(&["plan", "--expander", "spot,region,spot"]), 64, &["spot is named twice"]);
    let price = ["--expander price needs prices", "--prices FILE"];
    assert_fails(&run(&["plan", "--expander", "spot,price"]), 64, &price);
    assert_fails(&run(&["plan", "--demo", "--expander", "spot,price"]), 64, &price);
    assert_fails(&run(&["plan", "--demo", "--spot-prices"]), 64, &["--spot-prices reads from EC2", "--prices FILE"]);
    assert_fails(&run(&["plan", "--max-cpu", "many"]), 64, &["many", "number of cores"]);
    assert_fails(&run(&["plan", "--max-memory", "4GB"]), 64, &["4GB", "4Ti"]);
    assert_fails(&run(&["apply", "p.json", "--max-plan-age", "soon"]), 64, &["soon", "10m"]);
    assert_fails(&run(&["plan", "p.json"]), 64, &["p.json"]);
    assert_fails(&run(&["plan", "--group", "web:3:2"]), 64, &["web:3:2", "name:min:max"]);
    assert_fails(&run(&["plan", "--regions", "Oregon"]), 64, &["Oregon", "us-west-2"]);
    assert_fails(&run(&["plan", "--demo", "--snapshot", "s.json"]), 64, &["--demo", "--snapshot"]);
    assert_fails(&run(&["completions", "tcsh"]), 64, &["tcsh", "zsh"]);
}

#[test]
fn a_daemon_s_command_line_is_pointed_to_the_commands() {
    for arguments in [&["--cluster-name", "prod"][..], &["-v", "--regions=us-west-2"], &["--sleep", "60"]] {
        assert_fails(&run(arguments), 64, &["ec2-autoscale plan", "ec2-autoscale apply"]);
    }
}

#[test]
fn flags_that_have_no_meaning_here_are_refused_in_one_line() {
    for (arguments, word) in [
        (&["plan", "--demo", "--sleep", "60"][..], "CronJob"),
        (&["apply", "--sleep"], "CronJob"),
        (&["snapshot", "--demo", "--sleep=60"], "CronJob"),
        (&["plan", "--demo", "--datadog-api-key", "hunter2"], "Datadog"),
    ] {
        let output = run(arguments);
        assert_fails(&output, 64, &[word]);
        assert_one_line(&output);
        assert!(!stderr(&output).contains("hunter2"));
    }
}

#[test]
fn the_predecessor_s_names_live_on() {
    let output = run(&["plan", "--demo", "--use-aws-iam-role", "--no-scale", "--no-maintenance", "--aws-regions", "a-1,b-2"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).starts_with("note: --use-aws-iam-role"));
}

#[test]
fn a_replay_cannot_be_applied() {
    for arguments in [&["plan", "--demo", "--apply"][..], &["apply", "--demo"], &["apply", "--snapshot", "s.json", "--yes"]] {
        let output = run(arguments);
        assert_fails(&output, 64, &["cannot be applied"]);
        assert_one_line(&output);
    }
    assert_fails(&run(&["plan", "--demo", "--yes"]), 64, &["--yes", "--apply"]);
}

#[test]
fn a_replay_has_no_other_finished_pods_than_its_own() {
    let output = run(&["snapshot", "--demo", "--with-finished"]);
    assert_fails(&output, 64, &["--with-finished reads finished pods from the cluster"]);
    assert_one_line(&output);
}

/// Returns the visible flags of every command, with the command's name. `help` and `version` are
/// clap's own.
fn flags() -> Vec<(String, clap::Arg)> {
    let mut root = Cli::command();
    root.build();
    let commands = root.get_subcommands().filter(|command| command.get_name() != "help");
    commands
        .flat_map(|command| command.get_arguments().map(|flag| (command.get_name().to_owned(), flag.clone())))
        .filter(|(_, flag)| flag.get_long().is_some_and(|name| !["help", "version"].contains(&name)))
        .filter(|(_, flag)| !["sleep", "datadog-api-key"].contains(&flag.get_long().unwrap_or_default()))
        .collect()
}

#[test]
fn each_flag_has_its_variable() {
    // A what-if by a variable would be one that nobody sees, and the command line alone decides
    // whether a run changes anything.
    for (command, flag) in flags() {
        let name = flag.get_long().expect("filtered");
        // The variable of plan --out names a file, and man writes many.
        let is_of_many_files = (command.as_str(), name) == ("man", "out");
        if is_of_many_files || ["filename", "replicas", "without-node", "without-group", "at", "apply"].contains(&name) {
            assert_eq!(flag.get_env(), None, "{command} --{name}");
            continue;
        }
        let variable = format!("EC2_AUTOSCALE_{}", name.to_uppercase().replace('-', "_"));
        assert_eq!(flag.get_env().and_then(|name| name.to_str()), Some(variable.as_str()), "{command} --{name}");
    }
}

#[test]
fn each_flag_says_what_it_is_for_in_two_lines() {
    for (command, flag) in flags() {
        let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
        assert!((1..=125).contains(&help.chars().count()), "{command} {flag}: {help:?}");
        assert!(flag.is_hide_set() || flag.get_help_heading().is_some(), "{command} {flag} stands under no heading");
    }
}

#[test]
fn switches_take_a_word_from_their_variable() {
    for (value, code) in [("true", 0), ("1", 0), ("yes", 0), ("maybe", 64)] {
        let output = ec2_autoscale(&["plan"]).env("EC2_AUTOSCALE_DEMO", value).output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(code), "{value}: {}", stderr(&output));
    }
}

#[test]
fn variables_reach_the_plan_and_flags_win_over_them() {
    let policy = |command: &mut Command| {
        let output = command.output().expect("the binary starts");
        let plan: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a plan");
        plan["policy"].clone()
    };
    let mut command = ec2_autoscale(&["plan", "--demo", "-o", "json", "--backoff", "2h"]);
    command.env("EC2_AUTOSCALE_IDLE_THRESHOLD", "1h30m").env("EC2_AUTOSCALE_BACKOFF", "3h");
    command.env("EC2_AUTOSCALE_POD_NAMESPACE", "etl,research").env("EC2_AUTOSCALE_NO_SCALE_IN", "on");
    let policy = policy(&mut command);
    assert_eq!(policy["idle_threshold"], 5400);
    assert_eq!(policy["backoff"], 7200);
    assert_eq!(policy["pod_namespaces"], serde_json::json!(["etl", "research"]));
    assert_eq!(policy["scale_in"], false);
}

/// A kubeconfig of a cluster whose address no server listens on.
pub(crate) const UNREACHABLE_CLUSTER: &str = r#"{"apiVersion": "v1", "kind": "Config", "current-context": "c",
    "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}], "users": [{"name": "c", "user": {}}],
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}]}"#;

#[test]
fn credentials_are_shown_neither_in_help_nor_in_errors() {
    let mut help = ec2_autoscale(&["plan", "--help"]);
    help.env("EC2_AUTOSCALE_AWS_SECRET_KEY", "hunter2").env("EC2_AUTOSCALE_AWS_ACCESS_KEY", "hunter2");
    assert!(!stdout(&help.output().expect("the binary starts")).contains("hunter2"));
    let mut alone = ec2_autoscale(&["plan", "--cluster-name", "prod", "-vvv"]);
    alone.env("EC2_AUTOSCALE_AWS_SECRET_KEY", "hunter2");
    let output = alone.output().expect("the binary starts");
    assert_fails(&output, 64, &["--aws-secret-key", "--aws-access-key"]);
    assert!(!stderr(&output).contains("hunter2"));
    let kubeconfig = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(&kubeconfig, UNREACHABLE_CLUSTER).expect("writing a temporary file");
    let mut newline = ec2_autoscale(&["plan", "--cluster-name", "prod"]);
    newline
        .env("KUBECONFIG", kubeconfig.path())
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "hunter2\n");
    let output = newline.output().expect("the binary starts");
    assert_fails(&output, 1, &["AWS_SECRET_ACCESS_KEY", "white space"]);
    assert!(!stderr(&output).contains("hunter2"));
}

/// Returns the examples at the end of each command's help, with the command's name.
fn examples() -> Vec<(String, String)> {
    let root = Cli::command();
    let mut examples = Vec::new();
    for command in root.get_subcommands() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
        examples.extend(lines.map(|line| (command.get_name().to_owned(), line.trim().to_owned())));
    }
    examples
}

#[test]
fn each_command_ends_with_examples_that_run() {
    let directory = directory();
    for plan in ["before.json", "after.json"] {
        run(&["plan", "--demo", "--out", directory.path().join(plan).to_str().expect("plain")]);
    }
    let mut ran: Vec<String> = Vec::new();
    for (command, example) in examples() {
        let words: Vec<_> = example.split(' ').collect();
        Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{example}: {error}"));
        assert_eq!(words[1], command, "{example}");
        if words.contains(&"--cluster-name") {
            continue;
        }
        let output = ec2_autoscale(&words[1..]).current_dir(directory.path()).output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(0), "{example}: {}", stderr(&output));
        assert!(!output.stdout.is_empty() || example.contains("--out"), "{example} says nothing");
        ran.push(command);
    }
    for command in Cli::command().get_subcommands() {
        let count = ran.iter().filter(|name| *name == command.get_name()).count();
        assert!(count >= 2, "{} has {count} examples that run without a cluster", command.get_name());
    }
}

#[test]
fn out_holds_the_bytes_of_json() {
    let directory = directory();
    let path = write(directory.path(), "plan.json", b"of the run before");
    let output = run(&["plan", "--demo", "-o", "json", "--out", &path]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fs::read(&path).expect("a file"), output.stdout);
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1, "nothing is left beside it");
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let output = run(&["plan", "--demo", "--out", "/nowhere/plan.json"]);
    assert_fails(&output, 1, &["writing /nowhere/plan.json", "No such file"]);
    assert_one_line(&output);
}

#[test]
fn a_snapshot_can_be_written_and_replayed() {
    let directory = directory();
    let plain = directory.path().join("s.json").to_str().expect("plain").to_owned();
    let packed = format!("{plain}.gz");
    for path in [&plain, &packed] {
        assert_eq!(run(&["snapshot", "--demo", "--out", path]).status.code(), Some(0));
    }
    assert!(fs::read(&packed).expect("a file").starts_with(&[0x1f, 0x8b]), "gzip's magic bytes");
    let expected = run(&["plan", "--demo", "-o", "json"]).stdout;
    for path in [&plain, &packed] {
        assert_eq!(run(&["plan", "--snapshot", path, "-o", "json"]).stdout, expected, "{path}");
    }
    let piped = fs::read(&packed).expect("a file");
    let output = ec2_autoscale(&["plan", "--snapshot", "-", "-o", "json"]).write_stdin(piped).output();
    assert_eq!(output.expect("the binary starts").stdout, expected);
}

#[test]
fn a_snapshot_under_other_names_is_replayed_and_its_names_are_for_oneself() {
    let directory = directory();
    let at = |name: &str| directory.path().join(name).to_str().expect("plain").to_owned();
    let original = write(directory.path(), "s.json", &serde_json::to_vec(&demo::snapshot()).expect("JSON"));
    let (renamed, names) = (at("renamed.json.gz"), at("names.json"));
    let flags = ["snapshot", "--anonymize", "--snapshot", &original, "--out", &renamed, "--names", &names];
    let output = run(&flags);
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), ""), "{}", stderr(&output));
    let plan = run(&["plan", "--snapshot", &renamed]);
    let page = stdout(&plan);
    assert_eq!(plan.status.code(), Some(0), "{}", stderr(&plan));
    assert_eq!(page.lines().next(), stdout(&run(&["plan", "--snapshot", &original])).lines().next());
    assert!(!page.contains("llm-16gpu") && !page.contains("cpu-west") && page.contains("us-west-2"), "{page}");
    let map: serde_json::Value = serde_json::from_slice(&fs::read(&names).expect("a file")).expect("JSON");
    assert!(page.contains(map["cpu-west"].as_str().expect("a name")), "{map}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&names).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    assert_fails(&run(&["snapshot", "--demo", "--names", &names]), 64, &["--anonymize"]);
}

#[test]
fn broken_snapshots_are_named_and_explained() {
    let directory = directory();
    for (name, content, word) in [
        ("cut.json", &br#"{"schema":"#[..], "EOF"),
        ("other.json", br#"{"schema":"ec2-autoscale/snapshot/v9"}"#, "snapshot/v9"),
        ("list.json", b"[]", "not a snapshot"),
        ("empty.json", b"", "EOF"),
    ] {
        let path = write(directory.path(), name, content);
        let output = run(&["plan", "--snapshot", &path]);
        assert_fails(&output, 1, &[name, word]);
        assert_one_line(&output);
    }
    let output = run(&["plan", "--snapshot", "/nowhere/s.json"]);
    assert_fails(&output, 1, &["/nowhere/s.json", "No such file"]);
    assert_one_line(&output);
}

#[test]
fn prices_come_from_a_file_and_go_with_the_snapshot() {
    let directory = directory();
    let table = b"region,instance_type,usd_per_hour\nus-west-2,p3.16xlarge,24.48\nus-east-1,p3.16xlarge,24.48\n";
    let prices = write(directory.path(), "p.csv", table);
    let plan = run(&["plan", "--demo", "--prices", &prices]);
    assert_eq!(plan.status.code(), Some(0), "{}", stderr(&plan));
    assert!(stdout(&plan).contains("\nCOSTS\n"), "{}", stdout(&plan));
    let saved = directory.path().join("s.json").to_str().expect("plain characters").to_owned();
    assert_eq!(run(&["snapshot", "--demo", "--prices", &prices, "--out", &saved]).status.code(), Some(0));
    let arguments = ["--expander", "price", "-o", "json"];
    let replayed = run(&[&["plan", "--snapshot", &saved][..], &arguments].concat());
    let again = run(&[&["plan", "--demo", "--prices", &prices][..], &arguments].concat());
    assert_eq!((replayed.status.code(), stdout(&replayed)), (Some(0), stdout(&again)));
    assert!(stdout(&replayed).contains("\"bill\""), "{}", stdout(&replayed));
    let group = run(&["explain", "group", "p3-west", "--demo", "--prices", &prices]);
    assert!(stdout(&group).contains("$24.48/h (p3.16xlarge on demand; table of --prices)"), "{}", stdout(&group));
}

#[test]
fn wrong_prices_are_named_with_file_and_line() {
    let directory = directory();
    for (content, words) in [
        (&b"us-west-2,p3.16xlarge,24.48\nus-west-2,p3.2xlarge,abc\n"[..], "p.csv:2: \"abc\" is no price"),
        (b"us-west-2,p3.16xlarge\n", "p.csv:1: 2 columns"),
        (b"{\"offerCode\": \"AmazonS3\"}", "p.csv: not a price list of AWS"),
        (b"# nothing\n", "p.csv holds no price"),
    ] {
        let prices = write(directory.path(), "p.csv", content);
        let output = run(&["plan", "--demo", "--prices", &prices]);
        assert_fails(&output, 1, &[words]);
        assert_one_line(&output);
    }
    assert_fails(&run(&["plan", "--demo", "--prices", "/nowhere/p.csv"]), 1, &["/nowhere/p.csv can't be read"]);
}

#[test]
fn no_backtrace_is_printed() {
    let mut command = ec2_autoscale(&["plan", "--snapshot", "/nowhere/s.json"]);
    let output = command.env("RUST_BACKTRACE", "1").output().expect("the binary starts");
    assert_one_line(&output);
}

#[test]
fn without_a_managed_group_the_ones_seen_are_listed() {
    let directory = directory();
    let mut snapshot = demo::snapshot();
    snapshot.groups.clear();
    snapshot.regions.iter_mut().for_each(|region| region.unreadable = None);
    snapshot.rejected_groups = vec![RejectedGroup {
        id: GroupId { region: "us-west-2".into(), name: "web-a".into() },
        rejection: Rejection::NoRoleTag { found: vec!["Role=web".into()] },
    }];
    let json = |snapshot: &Snapshot| serde_json::to_vec(snapshot).expect("JSON");
    let path = write(directory.path(), "s.json", &json(&snapshot));
    let output = run(&["plan", "--snapshot", &path]);
    assert_fails(&output, 1, &["no group is managed", "web-a (us-west-2) has the cluster tag", "Role=web", "--group"]);

    snapshot.regions[0].unreadable = Some("500".into());
    let path = write(directory.path(), "unreadable.json", &json(&snapshot));
    let output = run(&["plan", "--snapshot", &path]);
    assert_eq!(output.status.code(), Some(3), "the groups may be in the region that was not read: {}", stderr(&output));
    assert!(!output.stdout.is_empty(), "the plan is still shown");
}

#[test]
fn a_kubeconfig_that_is_not_there_is_named() {
    let output = run(&["plan", "--cluster-name", "prod", "--regions", "us-west-2", "--kubeconfig", "/nowhere/config"]);
    assert_fails(&output, 1, &["/nowhere/config"]);
    assert_one_line(&output);
}

#[test]
fn without_a_cluster_the_error_is_one_line() {
    let home = directory();
    for command in [&["plan"][..], &["apply"], &["snapshot"], &["explain", "node", "n"]] {
        let live = ["--cluster-name", "prod", "--regions", "us-west-2", "--timeout", "20s"];
        let mut command = ec2_autoscale(&[command, &live].concat());
        command.env("HOME", home.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        let output = command.output().expect("the binary starts");
        assert_fails(&output, 1, &["kubeconfig"]);
        assert_one_line(&output);
    }
}

#[test]
fn output_into_a_pipe_has_no_escape_codes() {
    for arguments in [
        &["plan", "--demo"][..],
        &["plan", "--demo", "-vvv"],
        &["plan", "--help"],
        &["plan", "--bogus"],
        &["plan", "--no-color"],
    ] {
        let output = ec2_autoscale(arguments).env("TERM", "xterm-256color").output().expect("the binary starts");
        assert!(!stdout(&output).contains('\u{1b}') && !stderr(&output).contains('\u{1b}'), "{arguments:?}");
    }
}

#[test]
fn log_lines_come_only_when_asked_for() {
    assert_eq!(stderr(&run(&["plan", "--demo"])), "");
    let logged = run(&["-v", "plan", "--demo"]);
    assert!(stderr(&logged).contains("planning"), "{}", stderr(&logged));
    assert_eq!(run(&["plan", "--demo"]).stdout, logged.stdout);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::process::Stdio;
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_ec2-autoscale"))
        .env_clear()
        .args(["schema", "snapshot"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}
