//! When something recurs, by the clocks of a place.

mod cron;
mod zone;

pub(crate) use cron::Cron;
pub(crate) use zone::zone_named;
