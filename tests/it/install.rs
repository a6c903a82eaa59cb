//! `manifests`, `iam-policy` and `iam-role`, by the real binary.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::cli::ec2_autoscale;
use crate::end_to_end::documented_metrics;

fn run(arguments: &[&str]) -> Output {
    ec2_autoscale(arguments).output().expect("the binary starts")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

/// Returns what `manifests` prints for these flags.
fn objects(flags: &[&str]) -> Vec<Value> {
    let output = run(&[&["manifests", "--image", "registry.example.com/own:1"], flags].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_saphyr::from_multiple(std::str::from_utf8(&output.stdout).expect("text")).expect("YAML")
}

fn container(objects: &[Value]) -> &Value {
    let job = objects.iter().find(|object| object["kind"] == "CronJob").expect("a CronJob");
    &job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
}

#[test]
fn the_flags_given_are_those_of_the_cron_job_and_it_takes_them() {
    let objects = objects(&[
        "--cluster-name",
        "prod",
        "--regions",
        "us-west-2,us-east-1",
        "--idle-threshold=5m",
        "--only-group",
        "a",
        "--only-group",
        "b",
        "--consolidate",
        "--role-arn",
        "arn:aws:iam::123456789012:role/own",
    ]);
    let arguments: Vec<&str> =
        container(&objects)["args"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(arguments[..2], ["apply", "--until-needed=50s"]);
    for flag in ["--cluster-name=prod", "--regions=us-west-2,us-east-1", "--idle-threshold=5m", "--consolidate"] {
        assert!(arguments.contains(&flag), "{flag}: {arguments:?}");
    }
    assert!(!arguments.iter().any(|argument| argument.contains("role-arn") || argument.contains("image")), "{arguments:?}");
    assert!(!arguments.iter().any(|argument| argument.starts_with("--max-scale-up")), "defaults are not spelled out");
    let words = std::iter::once("ec2-autoscale").chain(arguments.iter().copied()).map(std::ffi::OsString::from);
    let parsed = ec2_autoscale::cli::parse(words).expect("flags of apply");
    let ec2_autoscale::cli::Command::Apply(apply) = parsed.command else { panic!("apply") };
    let policy = serde_json::to_value(&apply.policy.0.base).expect("JSON");
    assert_eq!((&policy["idle_threshold"], &policy["only_groups"]), (&json!(300), &json!(["a", "b"])));
}

#[test]
fn a_policy_file_goes_along() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("policy.yaml").to_str().expect("plain").to_owned();
    fs::write(&path, "flags:\n  idle-threshold: 5m\n").expect("a file");
    let objects = objects(&["--cluster-name=prod", "--regions=us-west-2", "--policy", &path, "--look-only"]);
    assert_eq!(
        (&objects[0]["kind"], &objects[0]["data"]["policy.yaml"]),
        (&json!("ConfigMap"), &json!("flags:\n  idle-threshold: 5m\n"))
    );
    let container = container(&objects);
    assert_eq!(container["args"][0], "plan");
    assert!(
        container["args"].as_array().expect("a list").contains(&json!("--policy=/files/policy.yaml")),
        "{}",
        container["args"]
    );
    assert!(!container["args"].to_string().contains("idle-threshold"), "what the file says stays there");
}

#[test]
fn what_a_run_in_the_cluster_could_not_use_is_refused() {
    let own = ["--image", "own:1", "--cluster-name=prod", "--regions=us-west-2"];
    for (flags, words) in [
        (vec!["--image", "own:1", "--regions=us-west-2"], "--cluster-name"),
        (vec!["--image", "own:1", "--cluster-name=prod"], "--regions"),
        ([&own[..], &["--slack-hook", "https://hooks.slack.com/services/x"]].concat(), "--slack-hook is a secret"),
        ([&own[..], &["--context", "mine"]].concat(), "--context is of this machine"),
        ([&own[..], &["--prices", "missing.csv"]].concat(), "--prices missing.csv can't be read"),
    ] {
        let output = run(&[&["manifests"][..], &flags].concat());
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(64), true), "{flags:?}: {output:?}");
        assert!(stderr(&output).contains(words) && stderr(&output).contains("hint: "), "{flags:?}: {}", stderr(&output));
        assert!(!stderr(&output).contains("hooks.slack.com"), "{}", stderr(&output));
    }
}

/// Runs `manifests --monitoring --out` and returns the folder with its files.
fn base() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    let out = folder.path().join("base").to_str().expect("plain").to_owned();
    let flags = ["manifests", "--image=own:1", "--cluster-name=prod", "--regions=us-west-2", "--monitoring", "--out", &out];
    let output = run(&flags);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(0), true), "{}", stderr(&output));
    folder
}

fn yaml(folder: &Path, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("base").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn a_base_names_its_files_and_holds_what_is_printed() {
    let folder = base();
    let [kustomization] = &yaml(folder.path(), "kustomization.yaml")[..] else { panic!("one document") };
    assert_eq!(
        *kustomization,
        json!({
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": ["ec2-autoscale.yaml", "monitoring.yaml"],
        })
    );
    let flags = ["--cluster-name=prod", "--regions=us-west-2", "--monitoring"];
    let printed = run(&[&["manifests", "--image=own:1"][..], &flags].concat());
    let printed: Vec<Value> = serde_saphyr::from_multiple(std::str::from_utf8(&printed.stdout).expect("text")).expect("YAML");
    let files = [yaml(folder.path(), "ec2-autoscale.yaml"), yaml(folder.path(), "monitoring.yaml")].concat();
    assert_eq!(files, printed);
    let mut names: Vec<String> =
        files.iter().map(|object| format!("{}/{}", object["kind"], object["metadata"]["name"])).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "kustomize takes each object once");
    assert!(!container(&files)["args"].to_string().contains("monitoring"), "no flag of the run");
}

#[test]
fn the_objects_of_monitoring_hold_the_files_for_those_without_an_operator() {
    let folder = base();
    let objects = yaml(folder.path(), "monitoring.yaml");
    let file = |name: &str| fs::read_to_string(folder.path().join("base").join(name)).expect("a file");
    assert_eq!(objects[0]["data"]["ec2-autoscale.json"], file("dashboard.json"));
    assert_eq!([objects[1]["spec"].clone()], yaml(folder.path(), "alerts.yaml")[..]);
}

#[test]
fn dashboard_and_alerts_know_no_metric_that_is_not_exported() {
    let folder = base();
    let exported = documented_metrics();
    for name in ["dashboard.json", "alerts.yaml"] {
        let text = fs::read_to_string(folder.path().join("base").join(name)).expect("a file");
        let named: BTreeSet<&str> = text
            .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .filter(|word| word.starts_with("ec2_autoscale_"))
            .collect();
        let unknown: Vec<&&str> = named.iter().filter(|metric| !exported.contains(**metric)).collect();
        assert!(unknown.is_empty() && named.len() > 4, "{name}: {unknown:?} of {named:?}");
    }
}

#[test]
fn the_dashboard_has_the_form_of_grafana() {
    let folder = base();
    let text = fs::read_to_string(folder.path().join("base/dashboard.json")).expect("a file");
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().expect("a number")).collect();
    assert_eq!((ids.len(), dashboard["uid"].as_str()), (panels.len(), Some("ec2-autoscale")));
    for panel in panels {
        let place = &panel["gridPos"];
        let [x, width] = ["x", "w"].map(|of| place[of].as_u64().expect("a number"));
        assert!(x + width <= 24, "{panel}");
        let targets = panel["targets"].as_array().expect("queries");
        assert!(
            targets.iter().all(|target| target["expr"].as_str().is_some_and(|query| query.contains("$cluster"))),
            "{panel}"
        );
    }
}

/// Prometheus itself evaluates the rules: `promtool` is a part of Debian's package `prometheus`.
#[test]
#[ignore = "needs promtool: .ci/run installs it and runs this"]
fn alerts_fire_when_they_should() {
    let folder = base();
    let base = folder.path().join("base");
    fs::write(base.join("alerts_test.yaml"), include_str!("monitoring/alerts_test.yaml")).expect("a file");
    for arguments in [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]] {
        let output = std::process::Command::new("promtool").args(arguments).current_dir(&base).output();
        let output = output.expect(
            "the test of the alerts needs `promtool` of Prometheus on the PATH; \
             install it, e.g. with: apt-get install --no-install-recommends prometheus",
        );
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(output.status.success(), "promtool {arguments:?}: {said}");
    }
}

#[test]
fn every_alert_has_a_row_and_a_test() {
    let folder = base();
    let rules = &yaml(folder.path(), "alerts.yaml")[0]["groups"][0]["rules"];
    let page = include_str!("../../src/manual/watching.md");
    for rule in rules.as_array().expect("rules") {
        let alert = rule["alert"].as_str().expect("a name");
        assert!(page.contains(&format!("| `{alert}` |")), "{alert} stands in no row");
        let tests = include_str!("monitoring/alerts_test.yaml");
        let fires = tests.split("alertname: ").skip(1).any(|test| test.starts_with(&format!("{alert}\n")));
        assert!(fires, "no test lets {alert} fire");
    }
}

/// Returns the JSON documents of a page of the manual.
fn documents(page: &str) -> Vec<Value> {
    let parts = page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    parts.map(|text| serde_json::from_str(text).expect("JSON")).collect()
}

#[test]
fn the_policies_of_the_manual_are_those_that_are_printed() {
    let printed = |arguments: &[&str]| -> Value { serde_json::from_slice(&run(arguments).stdout).expect("JSON") };
    let [apply, fix] = &documents(include_str!("../../src/manual/security.md"))[..] else { panic!("two policies") };
    assert_eq!(printed(&["iam-policy", "--cluster-name", "CLUSTER"]), *apply);
    assert_eq!(printed(&["iam-policy", "fix", "--cluster-name", "CLUSTER"])["Statement"][1], fix["Statement"][0]);
}

#[test]
fn a_policy_that_changes_is_limited_and_a_role_has_an_account() {
    for (arguments, words) in [
        (vec!["iam-policy"], "limited to the groups"),
        (vec!["iam-role", "--oidc-issuer", "https://x", "--account", "12"], "twelve digits"),
        (vec!["iam-role", "--oidc-issuer", "ftp://x y", "--account", "123456789012"], "no address of an issuer"),
    ] {
        let output = run(&arguments);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(64), true), "{arguments:?}: {output:?}");
        assert!(stderr(&output).contains(words) && stderr(&output).contains("hint: "), "{}", stderr(&output));
    }
}
