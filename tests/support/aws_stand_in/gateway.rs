//! HTTP in and out: the admin API, and AWS's calls with their log.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, DATE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use jiff::{SignedDuration, Timestamp};

use super::form::Params;
use super::refusal::Refusal;
use super::world::{LoggedCall, World};
use super::{actions, admin, xml};

const ADMIN: &str = "/moto-api/ec2-autoscale/";

/// Who calls what where, from the signature: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
pub(super) struct Scope<'a> {
    pub(super) key: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

pub(super) async fn serve(State(world): State<Arc<Mutex<World>>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut world = world.lock().expect("no call has failed");
    if let Some(verb) = uri.path().strip_prefix(ADMIN) {
        return match admin::carry_out(&mut world, verb, &body) {
            Ok(answer) => (StatusCode::OK, axum::Json(answer)).into_response(),
            Err(words) => (StatusCode::BAD_REQUEST, format!("{verb}: {words}")).into_response(),
        };
    }
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match scope(authorization) {
        Some(scope) if world.accounts.contains_key(scope.key) => call(&mut world, &scope, &body),
        _ => (StatusCode::FORBIDDEN, "no account has this access key").into_response(),
    }
}

fn scope(authorization: &str) -> Option<Scope<'_>> {
    let (_, credential) = authorization.split_once("Credential=")?;
    let mut parts = credential.split('/');
    let key = parts.next()?;
    Some(Scope { key, region: parts.nth(1)?, service: parts.next()? })
}

fn call(world: &mut World, scope: &Scope<'_>, body: &[u8]) -> Response {
    let mut params = pairs(body);
    let action = params.remove("Action").unwrap_or_default();
    params.remove("Version");
    let result = actions::carry_out(world, scope, &action, &params);
    let (status, answer) = match &result {
        Ok(content) => (StatusCode::OK, xml::answer(scope.service, &action, content)),
        Err(refusal) => (StatusCode::BAD_REQUEST, xml::refused(scope.service, refusal)),
    };
    let reads = ["Describe", "Get", "List"].iter().any(|verb| action.starts_with(verb));
    let account = world.accounts.get_mut(scope.key).expect("the account that calls");
    let ahead = account.clocks.get(scope.region).copied().unwrap_or_default();
    account.calls.push(LoggedCall {
        action,
        region: scope.region.to_owned(),
        params,
        status: Some(status.as_u16()),
        code: result.err().map(|refusal: Refusal| refusal.code.to_owned()),
        mutation: !reads,
    });
    (status, [(CONTENT_TYPE, "text/xml".to_owned()), (DATE, date(ahead))], answer).into_response()
}

fn date(ahead: i64) -> String {
    (Timestamp::now() + SignedDuration::from_secs(ahead)).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The pairs of a form.
fn pairs(body: &[u8]) -> Params {
    let body = String::from_utf8_lossy(body);
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|digit| char::from(digit.unwrap_or_default()).to_digit(16));
                let [Some(high), Some(low)] = digits else { continue };
                u8::try_from(high * 16 + low).expect("two hexadecimal digits")
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
