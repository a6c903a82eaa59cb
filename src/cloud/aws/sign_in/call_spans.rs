//! A span for each call to AWS, with all its attempts.

use std::error::Error as StdError;

use aws_sdk_ec2::config::interceptors::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_types::config_bag::{Storable, StoreReplace};

use crate::telemetry::CallSpan;

type Intercepted = Result<(), Box<dyn StdError + Send + Sync>>;

/// Makes the spans of one client.
#[derive(Debug)]
pub(super) struct CallSpans;

/// The span of the call that goes on.
#[derive(Debug)]
struct OpenCall(CallSpan);

impl Storable for OpenCall {
    type Storer = StoreReplace<Self>;
}

impl Intercept for CallSpans {
    fn name(&self) -> &'static str {
        "CallSpans"
    }

    /// Begins the span: at an earlier hook the operation is not known.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        state: &mut ConfigBag,
    ) -> Intercepted {
        let (service, operation) = state.load::<Metadata>().map_or(("AWS", "call"), |call| (call.service(), call.name()));
        let call = OpenCall(CallSpan::aws(service, operation));
        state.interceptor_state().store_put(call);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        state: &mut ConfigBag,
    ) -> Intercepted {
        let request = context.request();
        if let (Some(OpenCall(call)), Ok(address)) = (state.load::<OpenCall>(), request.uri().parse::<http::Uri>()) {
            call.sent_to(request.method(), address.host().unwrap_or_default());
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        state: &mut ConfigBag,
    ) -> Intercepted {
        let attempts = state.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        if let Some(OpenCall(call)) = state.load::<OpenCall>() {
            call.sent_again(attempts.saturating_sub(1));
            match context.response() {
                Some(response) => call.answered(response.status().as_u16()),
                None => call.unanswered(),
            }
        }
        Ok(())
    }
}
