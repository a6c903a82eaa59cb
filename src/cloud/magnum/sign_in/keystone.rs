//! Keystone: `POST /auth/tokens`, version 3
//! (<https://docs.openstack.org/api-ref/identity/v3/#password-authentication-with-scoped-authorization>).

use http::HeaderValue;
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::{Value, json};

use super::catalog::CatalogEntry;
use super::hidden::Hidden;
use super::http::RawAnswer;
use super::retry::send_until_answered;
use super::settings::CloudSettings;
use super::sign_in_method::{CredentialName, DomainName, SignInMethod, TokenScope, UserName};
use crate::cloud::magnum::error::{MagnumError, TokenKind};
use crate::server_clock::ServerClock;

/// The header that carries a new token.
const SUBJECT_TOKEN: &str = "x-subject-token";

/// A token.
#[derive(Clone)]
pub(super) struct Grant {
    /// The header of requests. It is marked as sensitive, so that its `Debug` shows nothing.
    pub(super) token: HeaderValue,
    pub(super) kind: TokenKind,
}

/// A sign-in that Keystone accepted.
pub(super) struct SignedIn {
    pub(super) grant: Grant,
    /// The id of the project.
    pub(super) project: String,
    pub(super) catalog: Vec<CatalogEntry>,
}

#[derive(Deserialize)]
struct TokenDocument {
    token: TokenBody,
}

#[derive(Deserialize)]
struct TokenBody {
    project: Option<TokenProject>,
    #[serde(default)]
    catalog: Vec<CatalogEntry>,
    application_credential: Option<TokenCredential>,
}

#[derive(Deserialize)]
struct TokenProject {
    id: String,
}

#[derive(Deserialize)]
struct TokenCredential {
    access_rules: Option<Vec<serde::de::IgnoredAny>>,
}

/// Signs in. The request is repeated as one that changes nothing: a token that was given in vain
/// expires.
///
/// # Errors
/// When Keystone does not accept the credentials, or is none.
pub(super) async fn sign_in(client: &Client, settings: &CloudSettings, clock: &ServerClock) -> Result<SignedIn, MagnumError> {
    let url = tokens_url(&settings.keystone);
    let request = client.post(url).json(&json!({ "auth": auth(&settings.method) }));
    let answer = send_until_answered(&request, clock).await.map_err(|error| unusable(settings, error.reason()))?;
    tracing::debug!(status = answer.status.as_u16(), request_id = answer.request_id(), "signed in");
    match answer.status.as_u16() {
        201 => signed_in(settings, &answer),
        401 => Err(not_accepted(settings, &answer)),
        // A trust or an application credential that is gone: "Could not find trust: …". What else
        // does not exist is a 401.
        404 if is_gone(&answer.words()) => Err(not_accepted(settings, &answer)),
        // A path that does not exist.
        300 | 404 => Err(unusable(settings, &format!("it answered {} to POST /v3/auth/tokens", answer.status))),
        _ => Err(unusable(settings, &format!("it answered {}: {}", answer.status.as_u16(), without_secret(settings, &answer)))),
    }
}

/// Whether the words of a 404 are Keystone's own about a thing (`keystone/exception.py`), and not
/// those of a server that knows no such path.
fn is_gone(words: &str) -> bool {
    words.starts_with("Could not find ")
}

fn tokens_url(keystone: &Url) -> Url {
    let mut url = keystone.clone();
    url.set_path(&format!("{}/auth/tokens", keystone.path()));
    url
}

/// Returns what the body has under `auth`. An application credential is of one project and takes no
/// scope; a password without one brings no catalog.
fn auth(method: &SignInMethod) -> Value {
    match method {
        SignInMethod::ApplicationCredential { credential, secret } => {
            let secret = secret.reveal();
            let credential = match credential {
                CredentialName::Id(id) => json!({"id": id, "secret": secret}),
                CredentialName::Named { name, user } => json!({"name": name, "user": user_body(user), "secret": secret}),
            };
            json!({"identity": {"methods": ["application_credential"], "application_credential": credential}})
        }
        SignInMethod::Password { user, password, scope } => {
            let mut user = user_body(user);
            user["password"] = json!(password.reveal());
            json!({"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope_body(scope)})
        }
    }
}

fn user_body(user: &UserName) -> Value {
    match user {
        UserName::Id(id) => json!({"id": id}),
        UserName::Named { name, domain } => json!({"name": name, "domain": domain_body(domain)}),
    }
}

fn domain_body(domain: &DomainName) -> Value {
    match domain {
        DomainName::Id(id) => json!({"id": id}),
        DomainName::Named(name) => json!({"name": name}),
    }
}

fn scope_body(scope: &TokenScope) -> Value {
    match scope {
        TokenScope::ProjectId(id) => json!({"project": {"id": id}}),
        TokenScope::Project { name, domain } => json!({"project": {"name": name, "domain": domain_body(domain)}}),
        TokenScope::Trust(id) => json!({"OS-TRUST:trust": {"id": id}}),
    }
}

/// Returns what an accepted sign-in brought.
fn signed_in(settings: &CloudSettings, answer: &RawAnswer) -> Result<SignedIn, MagnumError> {
    let token = answer.headers.get(SUBJECT_TOKEN).cloned();
    let mut token = token.ok_or_else(|| unusable(settings, "its answer has no token (X-Subject-Token)"))?;
    token.set_sensitive(true);
    let document: TokenDocument = serde_json::from_slice(&answer.body)
        .map_err(|error| unusable(settings, &format!("its answer is not understood: {error}")))?;
    let TokenBody { project, catalog, application_credential } = document.token;
    let incomplete = |missing| MagnumError::NoProject { missing, place: settings.place.to_string() };
    let project = project.ok_or_else(|| incomplete("a project"))?.id;
    if catalog.is_empty() {
        return Err(incomplete("a catalog"));
    }
    let kind = match application_credential {
        None => TokenKind::Password,
        Some(TokenCredential { access_rules: None }) => TokenKind::ApplicationCredential,
        Some(TokenCredential { access_rules: Some(_) }) => TokenKind::Narrowed,
    };
    Ok(SignedIn { grant: Grant { token, kind }, project, catalog })
}

fn not_accepted(settings: &CloudSettings, answer: &RawAnswer) -> MagnumError {
    let (credentials, remedy) = match &settings.method {
        SignInMethod::ApplicationCredential { .. } => (
            "the application credential",
            "check its id and its secret, whether it has expired, and whether its user still has a role in the project",
        ),
        SignInMethod::Password { scope: TokenScope::Trust(_), .. } => (
            "the password of the user with the trust",
            "check the three: a trust ends with its cluster and with its trustor's role, and a new cluster has another one",
        ),
        SignInMethod::Password { .. } => {
            ("the password of the user", "check the user, its domain, its password, and its role in the project")
        }
    };
    MagnumError::NotAccepted {
        credentials,
        place: settings.place.to_string(),
        detail: without_secret(settings, answer),
        request_id: answer.request_id(),
        remedy,
    }
}

/// Returns the words of an answer. A debugging proxy may quote the request.
fn without_secret(settings: &CloudSettings, answer: &RawAnswer) -> String {
    let (SignInMethod::ApplicationCredential { secret, .. } | SignInMethod::Password { password: secret, .. }) =
        &settings.method;
    redacted(&answer.words(), secret)
}

fn redacted(words: &str, secret: &Hidden) -> String {
    words.replace(secret.reveal(), "…")
}

fn unusable(settings: &CloudSettings, reason: &str) -> MagnumError {
    MagnumError::NoKeystone {
        url: settings.keystone.to_string(),
        setting: format!("{} in {}", settings.place.name("auth_url"), settings.place),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;
    use crate::cloud::magnum::sign_in::options::MagnumOptions;
    use crate::cloud::magnum::sign_in::written::{SettingsPlace, WrittenSettings};

    fn settings(values: &[(&str, &str)]) -> CloudSettings {
        let mut written = WrittenSettings::new(SettingsPlace::Environment);
        let url = [("auth_url", "https://k:5000")];
        for (key, value) in url.iter().chain(values) {
            written.set(key, (*value).to_owned());
        }
        CloudSettings::from_written(&written, &MagnumOptions::default()).expect("settings")
    }

    fn auth_of(values: &[(&str, &str)]) -> Value {
        auth(&settings(values).method)
    }

    #[test]
    fn an_application_credential_is_sent_without_a_scope() {
        let secret = ("application_credential_secret", "s");
        assert_eq!(
            auth_of(&[secret, ("application_credential_id", "i"), ("project_id", "p")]),
            json!({"identity": {"methods": ["application_credential"], "application_credential": {"id": "i", "secret": "s"}}})
        );
        let user = json!({"name": "u", "domain": {"id": "d"}});
        assert_eq!(
            auth_of(&[secret, ("application_credential_name", "n"), ("username", "u"), ("user_domain_id", "d")]),
            json!({"identity": {
                "methods": ["application_credential"],
                "application_credential": {"name": "n", "user": user, "secret": "s"},
            }})
        );
    }

    #[test]
    fn a_password_is_sent_with_its_scope() {
        let user = [("user_id", "u"), ("password", "p")];
        for (values, scope) in [
            (&[("project_id", "i")][..], json!({"project": {"id": "i"}})),
            (&[("project_name", "n"), ("domain_name", "d")], json!({"project": {"name": "n", "domain": {"name": "d"}}})),
            (&[("trust_id", "t")], json!({"OS-TRUST:trust": {"id": "t"}})),
        ] {
            assert_eq!(
                auth_of(&[&user, values].concat()),
                json!({"identity": {"methods": ["password"], "password": {"user": {"id": "u", "password": "p"}}}, "scope": scope})
            );
        }
    }

    const USER: [(&str, &str); 3] = [("user_id", "u"), ("password", "hunter2"), ("trust_id", "t")];

    fn answer(status: u16, token: Option<&'static str>, body: &Value) -> RawAnswer {
        let header = |token| (http::HeaderName::from_static(SUBJECT_TOKEN), HeaderValue::from_static(token));
        let headers = token.into_iter().map(header).collect();
        RawAnswer { status: StatusCode::from_u16(status).expect("a status"), headers, body: body.to_string().into_bytes() }
    }

    #[test]
    fn a_token_is_for_a_project_with_a_catalog() {
        let catalog = json!([{"type": "compute", "endpoints": []}]);
        let kind = |credential: Value| {
            let body = json!({"token": {"project": {"id": "p"}, "catalog": catalog, "application_credential": credential}});
            signed_in(&settings(&USER), &answer(201, Some("gAAAA"), &body)).map(|signed| (signed.project, signed.grant.kind))
        };
        let project = || "p".to_owned();
        assert_eq!(kind(Value::Null), Ok((project(), TokenKind::Password)));
        assert_eq!(kind(json!({"id": "i", "restricted": true})), Ok((project(), TokenKind::ApplicationCredential)));
        let rules = json!([{"service": "compute", "method": "GET", "path": "/v2.1/flavors/detail"}]);
        assert_eq!(kind(json!({"id": "i", "access_rules": rules})), Ok((project(), TokenKind::Narrowed)));
        for (token, body, words) in [
            (None, json!({"token": {"project": {"id": "p"}, "catalog": catalog}}), "has no token"),
            (Some("t"), json!({"token": {"project": {"id": "p"}}}), "a token without a catalog"),
            (Some("t"), json!({"token": {"catalog": catalog}}), "a token without a project"),
            (Some("t"), json!({"links": []}), "not understood"),
        ] {
            let error = signed_in(&settings(&USER), &answer(201, token, &body)).map(drop).expect_err(words).to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_refusal_names_what_to_check_and_quotes_no_secret() {
        let body = json!({"error": {"message": "hunter2 is wrong.", "code": 401, "title": "Unauthorized"}});
        let error = not_accepted(&settings(&USER), &answer(401, None, &body)).to_string();
        assert!(
            error.starts_with(
                "Keystone does not accept the password of the user with the trust of the environment: … is wrong; check"
            ),
            "{error}"
        );
    }

    #[test]
    fn what_is_gone_is_no_wrong_path() {
        let words = |message: &str| answer(404, None, &json!({"error": {"message": message}})).words();
        for gone in ["Could not find trust: 0.", "Could not find Application Credential: 0."] {
            assert!(is_gone(&words(gone)), "{gone}");
        }
        assert!(!is_gone(&words("The requested URL was not found on the server.")));
    }

    #[test]
    fn a_token_is_not_shown() {
        let body = json!({"token": {"project": {"id": "p"}, "catalog": [{"type": "x"}]}});
        let signed = signed_in(&settings(&USER), &answer(201, Some("hunter2"), &body)).expect("a token");
        assert!(!format!("{:?}", signed.grant.token).contains("hunter2"));
    }
}
