//! The answers of OpenStack, stated once: Keystone 30.0.0 and Magnum 23.0.0 themselves, with the
//! drivers and Nova's lists that are pretended for the tests.
//!
//! What is stated of the drivers was seen with a real Heat 27.0.1 or read in the code of the
//! others. Nova's lists were laid beside those of its real API 34.0.0, field by field. No cloud was
//! asked.
//!
//! All of it, and the statements about clouds, held once with Magnum 22.0.0 (2026.1) in place of
//! 23.0.0 as well, with its drivers of Heat replaced by those here and its domain of trustees left
//! out, but for what it does not have: its newest version is 1.12, where `stack_id` of a cluster
//! has no other name yet, and its groups have no `node_labels`.

mod drivers;
mod failures;
mod groups;
mod machines;
mod resizes;
mod sandbox;
mod sign_in;
mod stacks;
mod versions;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::support::openstack::{MagnumCluster, NewNodeGroup, OpenStackPerson, OpenStackProject};

const WORKERS: &str = "default-worker";
const MAGNUM: &str = "container-infra 1.10";
const NOVA: &str = "compute 2.61";

/// An answer of a service.
pub(crate) struct OpenStackAnswer {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: Value,
}

impl OpenStackAnswer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// The words of an error of Magnum.
    fn detail(&self) -> &str {
        self.body["errors"][0]["detail"].as_str().expect("the form of Magnum's errors")
    }

    /// The words of an error of Keystone or of the check of tokens.
    fn message(&self) -> &str {
        self.body["error"]["message"].as_str().expect("the form of Keystone's errors")
    }
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// Sends a request; a connection that was cut is None.
async fn send(request: reqwest::RequestBuilder) -> Option<OpenStackAnswer> {
    let answer = request.send().await.ok()?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes().await.ok()?;
    Some(OpenStackAnswer { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() })
}

/// Asks Keystone for a token.
async fn sign_in(project: &OpenStackProject, auth: Value) -> OpenStackAnswer {
    let url = format!("{}/auth/tokens", project.auth_url());
    send(http().post(url).json(&json!({ "auth": auth }))).await.expect("Keystone")
}

/// How a person signs in.
fn by_password(person: &OpenStackPerson) -> Value {
    json!({"methods": ["password"], "password": {"user": {"id": person.id, "password": person.password}}})
}

/// A user with a token for the project.
pub(crate) struct SignedInUser<'a> {
    project: &'a OpenStackProject,
    token: String,
}

impl<'a> SignedInUser<'a> {
    pub(crate) async fn member(project: &'a OpenStackProject) -> Self {
        Self::person(project, project.member()).await
    }

    async fn person(project: &'a OpenStackProject, person: &OpenStackPerson) -> Self {
        let auth = json!({"identity": by_password(person), "scope": {"project": {"id": project.id()}}});
        Self::of(project, &sign_in(project, auth).await)
    }

    fn of(project: &'a OpenStackProject, answer: &OpenStackAnswer) -> Self {
        assert_eq!(answer.status, 201, "{}", answer.body);
        Self { project, token: answer.header("x-subject-token").to_owned() }
    }

    fn request(&self, method: Method, service: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.project.endpoint(service));
        http().request(method, url).header("X-Auth-Token", &self.token)
    }

    async fn magnum(&self, path: &str) -> OpenStackAnswer {
        self.at_version("container-infra", MAGNUM, path).await
    }

    async fn nova(&self, path: &str) -> OpenStackAnswer {
        self.at_version("compute", NOVA, path).await
    }

    async fn at_version(&self, service: &str, version: &str, path: &str) -> OpenStackAnswer {
        let request = self.request(Method::GET, service, path).header("OpenStack-API-Version", version);
        send(request).await.expect("an answer")
    }

    /// Sends a change to Magnum, without a body where that is null; None when the connection was
    /// cut.
    pub(crate) async fn change(&self, method: Method, path: &str, body: &Value) -> Option<OpenStackAnswer> {
        let request = self.request(method, "container-infra", path).header("OpenStack-API-Version", MAGNUM);
        send(if body.is_null() { request } else { request.json(body) }).await
    }

    async fn resize(&self, cluster: &MagnumCluster<'_>, body: &Value) -> OpenStackAnswer {
        let path = format!("/clusters/{}/actions/resize", cluster.uuid);
        self.change(Method::POST, &path, body).await.expect("an answer")
    }

    /// Resizes the default workers, which is accepted, and waits for what becomes of it.
    async fn resize_workers(&self, cluster: &MagnumCluster<'_>, count: u32, ids: &[&str]) {
        let answer = self.resize(cluster, &json!({"node_count": count, "nodes_to_remove": ids})).await;
        assert_eq!((answer.status, &answer.body["uuid"]), (202, &json!(cluster.uuid)), "{}", answer.body);
        cluster.settle();
    }

    async fn group(&self, cluster: &MagnumCluster<'_>, name: &str) -> Value {
        let answer = self.magnum(&format!("/clusters/{}/nodegroups/{name}", cluster.uuid)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    async fn cluster(&self, cluster: &MagnumCluster<'_>) -> Value {
        self.magnum(&format!("/clusters/{}", cluster.uuid)).await.body
    }
}

/// Returns default workers with so many members, at least one, and at most nine.
fn workers(count: u32) -> NewNodeGroup {
    NewNodeGroup::named(WORKERS).count(count).min(1).max(9)
}
