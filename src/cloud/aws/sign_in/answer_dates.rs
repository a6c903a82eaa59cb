//! The `Date` headers of AWS's answers, for the clock of their region.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use aws_sdk_ec2::config::interceptors::{BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef};
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use http::HeaderValue;

use crate::server_clock::ServerClock;

/// Reads the dates of the answers of one client.
#[derive(Debug)]
pub(crate) struct AnswerDates {
    clock: Arc<ServerClock>,
    under_way: Mutex<RequestsUnderWay>,
}

/// The requests that are not answered yet. An answer does not name its request, so each counts as
/// sent when the first of them was; calls made one by one are therefore the most exact. A request
/// that is never answered stays among them.
#[derive(Debug)]
struct RequestsUnderWay {
    count: usize,
    since: Instant,
}

impl AnswerDates {
    pub(crate) fn new(clock: Arc<ServerClock>) -> Self {
        Self { clock, under_way: Mutex::new(RequestsUnderWay { count: 0, since: Instant::now() }) }
    }

    fn under_way(&self) -> MutexGuard<'_, RequestsUnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for AnswerDates {
    fn name(&self) -> &'static str {
        "HeardDates"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let mut under_way = self.under_way();
        if under_way.count == 0 {
            under_way.since = Instant::now();
        }
        under_way.count += 1;
        Ok(())
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let sent = {
            let mut under_way = self.under_way();
            under_way.count = under_way.count.saturating_sub(1);
            under_way.since
        };
        let date = context.response().headers().get("date").and_then(|date| HeaderValue::from_str(date).ok());
        self.clock.note_date(sent, date.as_ref());
        Ok(())
    }
}
