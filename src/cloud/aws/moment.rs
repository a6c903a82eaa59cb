//! Moments in the SDK's form.

use aws_sdk_ec2::primitives::DateTime;
use jiff::Timestamp;

/// Converts a moment; returns `None` when it is beyond the calendar.
pub(crate) fn timestamp(at: &DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}
