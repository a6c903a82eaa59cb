//! An HTTP server on the loopback address that keeps the requests it receives and answers as the
//! test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::oneshot;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// The path with the query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Received {
    /// Returns the header's value, empty when absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// This status and body.
    Say(u16, String),
    /// 429 with this header.
    TooMany { retry_after: u64 },
    /// No answer, for as long as the server runs.
    Hang,
}

type Answer = dyn Fn(usize, &Received) -> Reply + Send + Sync;

struct Shared {
    received: Mutex<Vec<Received>>,
    answer: Box<Answer>,
}

/// The server; it ends with this value.
pub(crate) struct Receiver {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Answers every request by its number, counted from 0, and its content.
    pub(crate) fn start(answer: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared { received: Mutex::default(), answer: Box::new(answer) });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener for an asynchronous server");
        let address = listener.local_addr().expect("the address of a bound listener");
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let server = axum::serve(listener, Router::new().fallback(receive).with_state(served));
                // Requests that hang do not keep the server.
                tokio::select! {
                    served = server => served.expect("it serves"),
                    _ = stopped => {}
                }
            });
        });
        Self { shared, address, stop: Some(stop), thread: Some(thread) }
    }

    /// Answers every request the same way.
    pub(crate) fn saying(reply: Reply) -> Self {
        Self::start(move |_, _| reply.clone())
    }

    /// Returns its address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the requests so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().expect("nobody failed").clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().is_none_or(|thread| thread.join().is_ok());
        assert!(ended || std::thread::panicking(), "the receiver failed");
    }
}

async fn receive(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).expect("text");
    let received = Received { method: method.to_string(), path: uri.to_string(), headers, body };
    let number = {
        let mut all = shared.received.lock().expect("nobody failed");
        all.push(received.clone());
        all.len() - 1
    };
    match (shared.answer)(number, &received) {
        Reply::Say(code, body) => (StatusCode::from_u16(code).expect("a status"), body).into_response(),
        Reply::TooMany { retry_after } => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", retry_after.to_string())], "rate_limited").into_response()
        }
        Reply::Hang => std::future::pending().await,
    }
}
