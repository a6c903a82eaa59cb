//! A span for each request of a client to the Kubernetes API, whoever sends it.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use http_body_util::combinators::MapFrame;
use kube::client::Body;
use tower_layer::Layer;
use tower_service::Service;
use tracing::Instrument as _;

use crate::telemetry::CallSpan;

/// How often a request was sent before; it goes with the request.
#[derive(Debug, Clone, Copy)]
pub(super) struct SentBefore(pub(super) u32);

/// Traces what goes to one server.
#[derive(Debug, Clone)]
pub(super) struct Traced {
    host: String,
}

/// What sends requests, and traces them.
pub(super) struct TracedService<S> {
    inner: S,
    host: String,
}

impl Traced {
    /// Returns the layer for the server of a host.
    pub(super) fn new(host: &str) -> Self {
        Self { host: host.to_owned() }
    }
}

impl<S> Layer<S> for Traced {
    type Service = TracedService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TracedService { inner, host: self.host.clone() }
    }
}

/// What is done with each part of an answer: nothing, but the span goes on meanwhile.
type KeepSpan<B> =
    Box<dyn FnMut(http_body::Frame<<B as http_body::Body>::Data>) -> http_body::Frame<<B as http_body::Body>::Data> + Send>;

impl<S, B> Service<Request<Body>> for TracedService<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Future: Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<MapFrame<B, KeepSpan<B>>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let call = CallSpan::kubernetes(request.method().as_str(), &self.host, request.uri().path());
        if let Some(SentBefore(times)) = request.extensions().get() {
            call.sent_again(*times);
        }
        let answer = call.span().in_scope(|| self.inner.call(request)).instrument(call.span().clone());
        Box::pin(async move {
            let answer = answer.await.inspect_err(|_| call.unanswered())?;
            call.answered(answer.status().as_u16());
            // The span ends with the last part of the answer.
            Ok(answer.map(|body| {
                let keep: KeepSpan<B> = Box::new(move |frame| {
                    let _ = &call;
                    frame
                });
                body.map_frame(keep)
            }))
        })
    }
}
