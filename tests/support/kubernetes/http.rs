//! HTTP in and out: requests become calls on the cluster, answers become responses.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body as HttpBody, Bytes, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, DATE, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, Request as HttpRequest, Response, StatusCode};

use super::answer::{Answer, Body, Refusal};
use super::cluster::Cluster;
use super::connection::Cut;
use super::faults::Effect;
use super::request::{Request, Target, parse_query};
use super::watching;

/// Larger bodies than this the API server refuses as well (etcd's limit is lower still).
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// List items that go out in one piece.
const ITEMS_A_CHUNK: usize = 64;

/// One request from arrival to answer.
pub(super) async fn serve(
    State(cluster): State<Arc<Cluster>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: HttpRequest<HttpBody>,
) -> Response<HttpBody> {
    match read(request).await {
        // In a task of its own: what a client that dies has sent is done all the same.
        Ok(request) => tokio::spawn(handle(cluster, cut, request)).await.expect("a call is handled"),
        Err(refusal) => respond(refusal.into_answer(), &cluster),
    }
}

async fn handle(cluster: Arc<Cluster>, cut: Cut, request: Request) -> Response<HttpBody> {
    let number = cluster.log(&request);
    for moment in cluster.due_moments(&request) {
        let here = Arc::clone(&cluster);
        // The closure may take its time and use the cluster as a test does.
        if tokio::task::spawn_blocking(move || moment(&here)).await.is_err() {
            cluster.moment_failed();
        }
    }
    let fault = cluster.due_fault(&request);
    if let Some(fault) = &fault {
        tokio::time::sleep(fault.delay).await;
        if matches!(fault.effect, Effect::CutBefore) {
            return ended(&cut);
        }
    }
    let answer = fault.as_ref().and_then(super::faults::Fault::answer);
    let answer = answer.unwrap_or_else(|| cluster.answer(&request));
    if matches!(answer.body, Body::List { .. }) {
        tokio::time::sleep(cluster.page_latency()).await;
    }
    if fault.is_some_and(|fault| matches!(fault.effect, Effect::CutAfter)) {
        return ended(&cut);
    }
    cluster.log_answer(number, answer.code);
    let mut response = respond(answer, &cluster);
    response.headers_mut().insert(DATE, cluster.date().parse().expect("dates are header values"));
    response
}

async fn read(request: HttpRequest<HttpBody>) -> Result<Request, Refusal> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT)
        .await
        .map_err(|_| Refusal::new(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728"))?;
    let header = |name| text(&parts.headers, name);
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().to_owned();
    let raw_query = parts.uri.query().unwrap_or_default().to_owned();
    let query = parse_query(&raw_query);
    let is_watch = query.get("watch").is_some_and(|value| value == "true" || value == "1");
    let mut target = Target::parse(&method, &path);
    if let Some(target) = target.as_mut().filter(|target| is_watch && target.verb == "list") {
        target.verb = "watch";
    }
    Ok(Request {
        target,
        query,
        content_type: header(CONTENT_TYPE),
        user_agent: header(USER_AGENT),
        bearer: header(AUTHORIZATION).strip_prefix("Bearer ").map(str::to_owned),
        method,
        path,
        raw_query,
        body,
    })
}

fn text(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// The response is never seen: the connection fails as soon as it is written to.
fn ended(cut: &Cut) -> Response<HttpBody> {
    cut.now();
    Response::new(HttpBody::empty())
}

fn respond(answer: Answer, cluster: &Arc<Cluster>) -> Response<HttpBody> {
    let (media_type, body) = match answer.body {
        Body::Json(bytes) if &*bytes == b"ok" => ("text/plain; charset=utf-8", HttpBody::from(bytes)),
        Body::Json(bytes) => ("application/json", HttpBody::from(bytes)),
        Body::List { head, items } => ("application/json", list(head, items)),
        Body::Watch(watch) => {
            let messages = watching::messages(Arc::clone(cluster), *watch);
            ("application/json", HttpBody::from_stream(messages))
        }
        Body::Raw(media_type, bytes) => (media_type, HttpBody::from(bytes)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.code).expect("answers have HTTP's status codes");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, media_type.parse().expect("media types are header values"));
    if let Some(seconds) = answer.retry_after.filter(|seconds| *seconds > 0) {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// Joins the items a few at a time, when the connection wants them.
fn list(head: Bytes, items: Vec<Bytes>) -> HttpBody {
    let chunks = items.len().div_ceil(ITEMS_A_CHUNK);
    let joined = (0..chunks).map(move |chunk| {
        let first = chunk * ITEMS_A_CHUNK;
        let part = &items[first..items.len().min(first + ITEMS_A_CHUNK)];
        let mut bytes = Vec::with_capacity(part.iter().map(|item| item.len() + 1).sum());
        for (index, item) in part.iter().enumerate() {
            if first + index > 0 {
                bytes.push(b',');
            }
            bytes.extend_from_slice(item);
        }
        Bytes::from(bytes)
    });
    let pieces = std::iter::once(head).chain(joined).chain(std::iter::once(Bytes::from_static(b"]}")));
    HttpBody::from_stream(futures::stream::iter(pieces.map(Ok::<_, Infallible>)))
}
