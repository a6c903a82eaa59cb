//! Names that nothing has: of variables, groups, namespaces, regions, contexts and profiles. No
//! command acts on them.

use std::fs;

use crate::cli::{UNREACHABLE_CLUSTER, assert_fails, assert_one_line, directory, ec2_autoscale, run, stderr, write};

#[test]
fn a_variable_that_nothing_reads_is_refused_with_the_one_that_was_meant() {
    let with =
        |arguments: &[&str], name: &str| ec2_autoscale(arguments).env(name, "hunter2").output().expect("the binary starts");
    for command in [&["plan", "--demo"][..], &["explain", "group", "p3-west", "--demo"], &["snapshot", "--demo"]] {
        let output = with(command, "EC2_AUTOSCALE_IDLE_TRESHOLD");
        assert_fails(&output, 64, &["EC2_AUTOSCALE_IDLE_TRESHOLD", "did you mean EC2_AUTOSCALE_IDLE_THRESHOLD?"]);
        assert_one_line(&output);
        assert!(!stderr(&output).contains("hunter2"), "values may be secrets");
    }
    let output = with(&["plan", "--demo"], "EC2_AUTOSCALE_APPLY");
    assert_fails(&output, 64, &["EC2_AUTOSCALE_APPLY", "--apply has no variable"]);
    for of_a_service in ["EC2_AUTOSCALE_SERVICE_HOST", "EC2_AUTOSCALE_SERVICE_PORT_HTTP", "EC2_AUTOSCALE_PORT_80_TCP"] {
        assert_eq!(with(&["plan", "--demo"], of_a_service).status.code(), Some(0), "{of_a_service}");
    }
    assert_eq!(with(&["completions", "bash"], "EC2_AUTOSCALE_X").status.code(), Some(0), "a shell that starts");
}

#[test]
fn a_name_in_a_flag_that_nothing_has_is_refused_with_the_nearest() {
    for (arguments, words) in [
        (&["plan", "--only-group", "p3-wset"][..], ["--only-group p3-wset", "did you mean p3-west"]),
        (&["explain", "pod", "sweep-0", "--only-group", "p3-wset"], ["--only-group p3-wset", "did you mean p3-west"]),
        (&["plan", "--pod-namespace", "etl,reserach"], ["--pod-namespace reserach", "did you mean research?"]),
        (&["simulate", "--longest", "1h", "--only-group", "xyzzy"], ["--only-group xyzzy", "managed: "]),
        (&["simulate", "--longest", "1h", "--boot-time", "xyzzy=5m"], ["--boot-time xyzzy", "managed: "]),
    ] {
        let output = run(&[arguments, &["--demo"]].concat());
        assert_fails(&output, 64, &words);
        assert_one_line(&output);
    }
}

#[test]
fn a_region_that_does_not_exist_is_refused_with_the_nearest() {
    let kubeconfig = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(&kubeconfig, UNREACHABLE_CLUSTER).expect("writing a temporary file");
    for (region, meant) in [("us-wset-2", "us-west-2"), ("eu-central-1a", "it is a zone of eu-central-1")] {
        let mut command = ec2_autoscale(&["plan", "--cluster-name", "prod", "--regions", &format!("us-east-1,{region}")]);
        command.env("KUBECONFIG", kubeconfig.path()).env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
        let output = command.env("AWS_SECRET_ACCESS_KEY", "x").output().expect("the binary starts");
        assert_fails(&output, 64, &[region, "is not the name of an AWS region", meant]);
        assert_one_line(&output);
    }
}

#[test]
fn variables_of_others_that_point_nowhere_are_named() {
    let home = directory();
    let kubeconfig = write(home.path(), "config", UNREACHABLE_CLUSTER.as_bytes());
    let live = ["plan", "--cluster-name", "prod", "--regions", "us-west-2"];
    let output = |variables: &[(&str, &str)], more: &[&str]| {
        let mut command = ec2_autoscale(&[&live[..], more].concat());
        command.env("HOME", home.path()).env("AWS_EC2_METADATA_DISABLED", "true").envs(variables.iter().copied());
        command.output().expect("the binary starts")
    };
    let nowhere = output(&[("KUBECONFIG", "/nowhere/config")], &[]);
    assert_fails(&nowhere, 1, &["KUBECONFIG is \"/nowhere/config\"", "no such file", "unset it"]);
    assert_one_line(&nowhere);
    let context = output(&[("KUBECONFIG", &kubeconfig)], &["--context", "d"]);
    assert_fails(&context, 64, &["no context \"d\"", "did you mean c?"]);
    fs::create_dir(home.path().join(".aws")).expect("a folder");
    write(home.path(), ".aws/config", b"[profile prod]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = hunter2\n");
    let profile = output(&[("KUBECONFIG", &kubeconfig), ("AWS_PROFILE", "prdo")], &[]);
    assert_fails(&profile, 64, &["AWS_PROFILE is \"prdo\"", ".aws/config nor ", "did you mean prod?"]);
    assert_one_line(&profile);
    assert!(!stderr(&profile).contains("hunter2"));
}
