//! Sessions with a server on loopback that is Keystone, Magnum and Nova in one. How the genuine
//! ones answer is in `tests/it/openstack_sign_in.rs`; this one answers what those cannot be made
//! to.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::options::MagnumOptions;
use super::service::Service;
use super::session::Session;
use super::settings::CloudSettings;
use super::written::{SettingsPlace, WrittenSettings};
use crate::cloud::magnum::error::{MagnumError, RequestError, TokenKind};

/// A request that came, with the token and the version in its headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct SeenRequest {
    call: String,
    token: String,
    version: String,
}

/// What the server answers to a request, given how many like it came before.
type Answering = fn(&SeenRequest, usize) -> Response;

struct StandInCloud {
    seen: Mutex<Vec<SeenRequest>>,
    address: String,
    answering: Answering,
}

impl StandInCloud {
    async fn start(answering: Answering) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let server = Arc::new(Self { seen: Mutex::default(), address, answering });
        let router = Router::new().fallback(answered).with_state(Arc::clone(&server));
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    async fn sign_in(&self) -> Result<Session, MagnumError> {
        let url = format!("http://{}/identity", self.address);
        let mut written = WrittenSettings::new(SettingsPlace::Environment);
        for (key, value) in [("auth_url", url.as_str()), ("user_id", "u"), ("password", "hunter2"), ("trust_id", "t")] {
            written.set(key, value.to_owned());
        }
        let settings = CloudSettings::from_written(&written, &MagnumOptions::default()).expect("settings");
        Session::with_settings(settings).await
    }

    fn calls(&self) -> Vec<String> {
        self.seen.lock().expect("a lock").iter().map(|seen| seen.call.clone()).collect()
    }

    fn count(&self, call: &str) -> usize {
        self.calls().iter().filter(|seen| *seen == call).count()
    }
}

async fn answered(State(server): State<Arc<StandInCloud>>, request: Request) -> Response {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let seen = SeenRequest {
        call: format!("{} {}", request.method(), request.uri()),
        token: header("x-auth-token"),
        version: header("openstack-api-version"),
    };
    let before = {
        let mut all = server.seen.lock().expect("a lock");
        all.push(seen.clone());
        all.iter().filter(|earlier| earlier.call == seen.call).count() - 1
    };
    match seen.call.as_str() {
        SIGN_IN => token(&server.address, before),
        "GET /container-infra/" => Json(json!({"versions": [{"id": "v1", "max_version": "1.12"}]})).into_response(),
        "GET /compute/v2.1/" => Json(json!({"version": {"version": "2.96"}})).into_response(),
        _ => (server.answering)(&seen, before),
    }
}

const SIGN_IN: &str = "POST /identity/v3/auth/tokens";

/// Returns a token whose number counts the sign-ins.
fn token(address: &str, before: usize) -> Response {
    let endpoint = |path: &str| json!([{"interface": "public", "region_id": "One", "url": format!("http://{address}{path}")}]);
    let catalog = json!([
        {"type": "container-infra", "endpoints": endpoint("/container-infra/v1")},
        {"type": "compute", "endpoints": endpoint("/compute/v2.1")},
    ]);
    let body = json!({"token": {"project": {"id": "p"}, "catalog": catalog}});
    (StatusCode::CREATED, [("x-subject-token", format!("token-{before}"))], Json(body)).into_response()
}

fn refused(status: u16) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("x-openstack-request-id", "req-1")], Json(json!({"errors": [{"detail": "no"}]}))).into_response()
}

fn fine() -> Response {
    Json(json!({"fine": true})).into_response()
}

async fn get(session: &Session, service: Service, path: &str) -> Result<Value, RequestError> {
    session.get(service, path).await
}

#[tokio::test]
async fn a_request_carries_the_token_and_the_version_of_its_service() {
    let server = StandInCloud::start(|_, _| fine()).await;
    let session = server.sign_in().await.expect("signed in");
    assert_eq!((session.project(), session.region()), ("p", "One"));
    assert!(session.has(Service::Compute) && !session.has(Service::Orchestration));
    get(&session, Service::ContainerInfra, "/clusters/k8s").await.expect("an answer");
    get(&session, Service::Compute, "/limits").await.expect("an answer");
    get(&session, Service::Compute, "/limits").await.expect("an answer");
    let seen = |call: &str, version: &str| SeenRequest {
        call: call.to_owned(),
        token: "token-0".to_owned(),
        version: version.to_owned(),
    };
    let plain = |call: &str| SeenRequest { call: call.to_owned(), ..SeenRequest::default() };
    assert_eq!(
        *server.seen.lock().expect("a lock"),
        [
            plain(SIGN_IN),
            plain("GET /container-infra/"),
            seen("GET /container-infra/v1/clusters/k8s", "container-infra 1.12"),
            plain("GET /compute/v2.1/"),
            seen("GET /compute/v2.1/limits", "compute 2.61"),
            seen("GET /compute/v2.1/limits", "compute 2.61"),
        ]
    );
    let error = get(&session, Service::Orchestration, "/stacks").await.expect_err("it has none");
    assert_eq!(error, RequestError::NoService { service: Service::Orchestration });
    assert!(!format!("{session:?}").contains("hunter2") && !format!("{session:?}").contains("token-0"));
}

#[tokio::test]
async fn an_old_token_is_renewed_and_a_request_that_changes_something_goes_on_with_it() {
    let server = StandInCloud::start(|seen, _| if seen.token == "token-0" { refused(401) } else { fine() }).await;
    let session = server.sign_in().await.expect("signed in");
    session.post::<Value>(Service::ContainerInfra, "/x", &json!({})).await.expect("an answer");
    get(&session, Service::ContainerInfra, "/y").await.expect("an answer");
    assert_eq!((server.count(SIGN_IN), server.count("POST /container-infra/v1/x")), (2, 2));
}

#[tokio::test]
async fn a_new_token_that_is_refused_as_well_is_an_error_without_another_sign_in() {
    let server = StandInCloud::start(|_, _| refused(401)).await;
    let session = server.sign_in().await.expect("signed in");
    for path in ["/x", "/y"] {
        let error = get(&session, Service::ContainerInfra, path).await.expect_err("refused");
        assert!(matches!(error, RequestError::Unauthorized { kind: TokenKind::Password, .. }), "{error}");
    }
    assert_eq!(server.count(SIGN_IN), 2);
}

#[tokio::test]
async fn reads_are_sent_again_and_changes_are_not() {
    let server = StandInCloud::start(|_, before| if before == 0 { refused(503) } else { fine() }).await;
    let session = server.sign_in().await.expect("signed in");
    get(&session, Service::ContainerInfra, "/x").await.expect("an answer");
    assert_eq!(server.count("GET /container-infra/v1/x"), 2);
    let error = session.post::<Value>(Service::ContainerInfra, "/x", &json!({})).await.expect_err("refused");
    assert_eq!(error.to_string(), "Magnum answered POST /x with 503: no (req-1)");
    assert!(error.may_have_been_done());
    assert_eq!(server.count("POST /container-infra/v1/x"), 1);
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_was_sent_once() {
    // It ends the connection without an answer, and without a word on the console.
    let server = StandInCloud::start(|_, _| std::panic::resume_unwind(Box::new(()))).await;
    let session = server.sign_in().await.expect("signed in");
    let error = session.post::<Value>(Service::ContainerInfra, "/x", &json!({})).await.expect_err("lost");
    assert!(matches!(error, RequestError::Lost { .. }) && error.may_have_been_done(), "{error}");
    assert_eq!(server.count("POST /container-infra/v1/x"), 1);
}

#[tokio::test]
async fn what_is_refused_is_told_apart() {
    let server =
        StandInCloud::start(|seen, _| refused(seen.call.rsplit('/').next().and_then(|text| text.parse().ok()).unwrap_or(500)))
            .await;
    let session = server.sign_in().await.expect("signed in");
    for (status, is_meant) in [
        (400, (|error| matches!(error, RequestError::Refused(_))) as fn(&RequestError) -> bool),
        (403, |error| matches!(error, RequestError::Forbidden(_))),
        (404, |error| matches!(error, RequestError::NotFound(_))),
        (406, |error| matches!(error, RequestError::Refused(_))),
        (409, |error| matches!(error, RequestError::Conflict(_))),
    ] {
        let error = get(&session, Service::ContainerInfra, &format!("/{status}")).await.expect_err("refused");
        assert!(is_meant(&error) && error.to_string().contains(&format!("with {status}: no (req-1)")), "{error}");
    }
    let error = session.post::<Value>(Service::ContainerInfra, "/429", &json!({})).await.expect_err("refused");
    assert!(matches!(error, RequestError::Throttled(_)), "{error}");
}

#[tokio::test]
async fn the_next_page_is_fetched_from_the_service_itself() {
    let server = StandInCloud::start(|_, _| fine()).await;
    let session = server.sign_in().await.expect("signed in");
    let link = "http://elsewhere.example.com/v1/clusters?marker=m";
    session.get_next::<Value>(Service::ContainerInfra, link).await.expect("an answer");
    assert_eq!(server.count("GET /container-infra/v1/clusters?marker=m"), 1);
}

#[tokio::test]
async fn an_answer_of_another_form_is_an_error_after_the_fact() {
    let server = StandInCloud::start(|_, _| StatusCode::ACCEPTED.into_response()).await;
    let session = server.sign_in().await.expect("signed in");
    let error = session.post::<Value>(Service::ContainerInfra, "/x", &json!({})).await.expect_err("no document");
    assert!(matches!(error, RequestError::Malformed { .. }) && error.may_have_been_done(), "{error}");
}
