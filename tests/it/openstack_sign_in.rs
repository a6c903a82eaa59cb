//! Signing in to OpenStack: sessions and the binary against genuine Keystone and Magnum.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use ec2_autoscale::cloud::magnum::{MagnumError, MagnumOptions, RequestError, Service, Session, TokenKind};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::kubernetes::KubernetesServer;
use crate::support::openstack::{NewNodeGroup, OpenStackFault, OpenStackPerson, OpenStackProject, OpenStackServer};

/// A project with a cluster `web`, and a folder for settings.
struct Place {
    project: OpenStackProject,
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let project = OpenStackServer::project();
        project.cluster("web").group(NewNodeGroup::named("default-worker").count(1).min(1).max(9)).create();
        project.forget_calls();
        Self { project, folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    }

    /// Signs in with a cloud-config that has these lines beside the URL.
    async fn sign_in(&self, lines: &str) -> Result<Session, MagnumError> {
        let text = format!("[Global]\nauth-url = {}\n{lines}\n[LoadBalancer]\nuse-octavia=true\n", self.project.auth_url());
        let options = MagnumOptions { cloud_config: Some(self.file("cloud-config", &text)), regions: Vec::new() };
        Session::sign_in(&options).await
    }

    /// Returns the lines for a user of the project.
    fn lines_of(&self, person: &OpenStackPerson) -> String {
        format!("user-id={}\npassword={}\ntenant-id={}", person.id, person.password, self.project.id())
    }

    async fn member(&self) -> Session {
        self.sign_in(&self.lines_of(self.project.member())).await.expect("signed in")
    }

    fn sign_ins(&self) -> usize {
        self.project.calls().iter().filter(|call| call.service == "identity" && call.method == "POST").count()
    }
}

async fn get(session: &Session, service: Service, path: &str) -> Result<Value, RequestError> {
    session.get(service, path).await
}

#[tokio::test]
async fn each_way_to_sign_in_reaches_magnum_and_nova() {
    let place = Place::new();
    let (project, member) = (&place.project, place.project.member());
    let credential = project.application_credential(&json!({}));
    let trust = project.trust();
    let secret = format!("application-credential-secret=\"{}\"", credential.secret);
    for lines in [
        format!("application-credential-id={}\n{secret}", credential.id),
        format!("application-credential-name={}\n{secret}\nusername={}\ndomain-name=Default", credential.name, member.name),
        place.lines_of(member),
        format!("username={}\npassword={}\ntenant-name={}\ndomain-id=default", member.name, member.password, project.name()),
        format!("user-id={}\npassword={}\ntrust-id={}", trust.trustee.id, trust.trustee.password, trust.id),
    ] {
        let session = place.sign_in(&lines).await.unwrap_or_else(|error| panic!("{lines}: {error}"));
        assert_eq!((session.project(), session.region()), (project.id(), project.region()), "{lines}");
        let cluster = get(&session, Service::ContainerInfra, "/clusters/web").await.expect("the cluster");
        assert_eq!(cluster["name"], "web", "{lines}");
        assert!(get(&session, Service::Compute, "/limits").await.expect("limits")["limits"].is_object(), "{lines}");
        assert!(!session.has(Service::Orchestration), "the catalog has no Heat");
        assert!(!format!("{session:?}").contains(&member.password), "{session:?}");
    }
}

#[tokio::test]
async fn what_keystone_does_not_accept_is_named_without_the_secret() {
    let place = Place::new();
    let member = place.project.member();
    for (lines, words) in [
        (
            format!("user-id={}\npassword=hunter2\ntenant-id={}", member.id, place.project.id()),
            "Keystone does not accept the password of the user of ",
        ),
        (
            "application-credential-id=0\napplication-credential-secret=hunter2".to_owned(),
            "Keystone does not accept the application credential of ",
        ),
        (
            format!("user-id={}\npassword={}\ntrust-id=0", member.id, member.password),
            "Keystone does not accept the password of the user with the trust of ",
        ),
        (
            format!("{}\nregion=RegionTwo", place.lines_of(member)),
            "\"RegionTwo\" is not a region of this cloud; its regions: RegionOne",
        ),
    ] {
        let error = place.sign_in(&lines).await.expect_err(words).to_string();
        assert!(error.starts_with(words), "{error}");
        assert!(!error.contains("hunter2") && !error.contains(&member.password), "{error}");
    }
}

#[tokio::test]
async fn a_url_that_is_no_keystone_is_named() {
    let place = Place::new();
    // No process listens on port 1 of this machine.
    for url in ["http://127.0.0.1:1/v3", "http://127.0.0.1:1"] {
        let lines = format!("{}\nauth-url={url}", place.lines_of(place.project.member()));
        let error = place.sign_in(&lines).await.expect_err(url).to_string();
        assert!(error.contains("is no Keystone that can be used: ") && error.contains("check auth-url in "), "{error}");
    }
}

#[tokio::test]
async fn a_reader_reads_and_learns_which_role_resizes() {
    let place = Place::new();
    let session = place.sign_in(&place.lines_of(place.project.reader())).await.expect("signed in");
    let cluster = get(&session, Service::ContainerInfra, "/clusters/web").await.expect("the cluster");
    let path = format!("/clusters/{}/actions/resize", cluster["uuid"].as_str().expect("a UUID"));
    let error = session.post::<Value>(Service::ContainerInfra, &path, &json!({"node_count": 2})).await.expect_err("a reader");
    let words = "with 403: Policy doesn't allow cluster:resize to be performed (req-";
    assert!(matches!(error, RequestError::Forbidden(_)) && error.to_string().contains(words), "{error}");
    assert!(error.to_string().ends_with("the role reader for plan, or member for apply"), "{error}");
}

#[tokio::test]
async fn what_no_access_rule_allows_is_named_after_one_more_sign_in() {
    let place = Place::new();
    let rules = json!({"access_rules": [{"service": "container-infra", "method": "GET", "path": "/v1/clusters/*"}]});
    let credential = place.project.application_credential(&rules);
    let lines = format!("application-credential-id={}\napplication-credential-secret={}", credential.id, credential.secret);
    let session = place.sign_in(&lines).await.expect("signed in");
    get(&session, Service::ContainerInfra, "/clusters/web").await.expect("the cluster");
    for path in ["/clusters/web/nodegroups", "/clustertemplates/x"] {
        let error = get(&session, Service::ContainerInfra, path).await.expect_err("no rule");
        assert!(matches!(error, RequestError::Unauthorized { kind: TokenKind::Narrowed, .. }), "{error}");
        assert!(error.to_string().contains("service_type = container-infra"), "{error}");
    }
    assert_eq!(place.sign_ins(), 2);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_any_more_is_renewed() {
    let place = Place::new();
    let session = place.member().await;
    place.project.fault(&OpenStackFault::on("container-infra", "GET").path("/clusters/web$").status(401).times(1));
    get(&session, Service::ContainerInfra, "/clusters/web").await.expect("the cluster");
    assert_eq!(place.sign_ins(), 2);
}

#[tokio::test]
async fn reads_outlive_a_busy_cloud_and_a_cut_connection() {
    let place = Place::new();
    let session = place.member().await;
    let on_web = || OpenStackFault::on("container-infra", "GET").path("/clusters/web$");
    place.project.fault(&on_web().status(429).header("Retry-After", "0").times(1));
    place.project.fault(&on_web().cut_before_change().times(1));
    get(&session, Service::ContainerInfra, "/clusters/web").await.expect("the cluster");
}

#[tokio::test]
async fn the_answer_to_a_resize_is_lost_and_the_resize_was_sent_once() {
    let place = Place::new();
    let session = place.member().await;
    let cluster = get(&session, Service::ContainerInfra, "/clusters/web").await.expect("the cluster");
    let path = format!("/clusters/{}/actions/resize", cluster["uuid"].as_str().expect("a UUID"));
    place.project.fault(&OpenStackFault::on("container-infra", "POST").cut_after_change().times(1));
    let error = session.post::<Value>(Service::ContainerInfra, &path, &json!({"node_count": 2})).await.expect_err("lost");
    assert!(matches!(error, RequestError::Lost { .. }) && error.may_have_been_done(), "{error}");
    assert_eq!(place.project.mutations().len(), 1);
}

#[tokio::test]
async fn pages_are_followed_on_magnum_s_own_url() {
    let place = Place::new();
    place.project.cluster("api").group(NewNodeGroup::named("default-worker").count(1).max(9)).create();
    let session = place.member().await;
    let first = get(&session, Service::ContainerInfra, "/clusters?limit=1").await.expect("a page");
    let next = first["next"].as_str().expect("a link");
    let second: Value = session.get_next(Service::ContainerInfra, next).await.expect("a page");
    let name = |page: &Value| page["clusters"][0]["name"].as_str().map(str::to_owned);
    let mut names = [name(&first), name(&second)];
    names.sort();
    assert_eq!(names, [Some("api".to_owned()), Some("web".to_owned())]);
}

#[tokio::test]
async fn the_newest_version_that_is_understood_is_requested() {
    let place = Place::new();
    let session = place.member().await;
    get(&session, Service::ContainerInfra, "/clusters/web").await.expect("the cluster");
    get(&session, Service::Compute, "/limits").await.expect("limits");
    let calls = place.project.calls();
    let version = |path: &str| {
        let call = calls.iter().find(|call| call.path.ends_with(path)).expect(path);
        call.headers.get("openstack-api-version").cloned().unwrap_or_default()
    };
    assert_eq!((version("/clusters/web").as_str(), version("/limits").as_str()), ("container-infra 1.14", "compute 2.61"));
}

/// The error about a missing `--cluster-name` lists the clusters of the project, which only a
/// sign-in shows.
#[test]
fn the_binary_finds_its_settings_in_each_place() {
    let place = Place::new();
    let kubernetes = KubernetesServer::start();
    let (project, member) = (&place.project, place.project.member());
    let auth = format!("auth_url: {}, user_id: {}, project_id: {}", project.auth_url(), member.id, project.id());
    place.file("clouds.yaml", &format!("clouds: {{prod: {{auth: {{{auth}}}}}, dev: {{}}}}"));
    place.file("secure.yaml", &format!("clouds: {{prod: {{auth: {{password: {}}}}}}}", member.password));
    let text = format!("[Global]\nauth-url={}\n{}\n", project.auth_url(), place.lines_of(member));
    let cloud_config = place.file("cloud.conf", &text).to_str().expect("text").to_owned();
    let run = |arguments: &[&str], variables: &[(&str, String)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ec2-autoscale"));
        command.env_clear().args(["plan"]).args(arguments).current_dir(place.folder.path());
        command.env("HOME", place.folder.path()).env("KUBECONFIG", kubernetes.kubeconfig());
        command.env("AWS_EC2_METADATA_DISABLED", "true").envs(variables.iter().cloned()).stdin(Stdio::null());
        let output = command.output().expect("the binary starts");
        let words = String::from_utf8(output.stderr).expect("text");
        assert!(!words.contains(&member.password), "{words}");
        (output.status.code(), words)
    };
    let os_cloud = |name: &str| [("OS_CLOUD", name.to_owned())];
    let magnum = ["--cloud", "magnum"];
    let with_file = ["--cloud", "magnum", "--cloud-config", &cloud_config];
    for (arguments, variables) in [
        (&magnum[..], project.env(member)),
        (&magnum, os_cloud("prod").to_vec()),
        (&with_file, Vec::new()),
        (&[], [project.env(member), vec![("EC2_AUTOSCALE_CLOUD", "magnum".to_owned())]].concat()),
    ] {
        let (code, words) = run(arguments, &variables);
        assert_eq!(code, Some(64), "{words}");
        assert!(words.contains("--cluster-name is missing; the groups there are of web"), "{arguments:?}: {words}");
    }
    let (code, words) = run(&["--cluster-name", "wbe", "--cloud", "magnum"], &project.env(member));
    assert!(code == Some(64) && words.contains("did you mean web?"), "{words}");
    let (code, words) = run(&magnum, &os_cloud("prdo"));
    assert!(code == Some(64) && words.contains("did you mean prod?"), "{words}");
    let (code, words) = run(&["--cluster-name", "web", "--regions", "us-west-2"], &project.env(member));
    assert!(code == Some(64) && words.contains("(OS_AUTH_URL): add --cloud magnum"), "{words}");
}
