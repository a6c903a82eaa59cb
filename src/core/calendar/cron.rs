//! The five fields of a crontab: minute, hour, day of the month, month, day of the week
//! (crontab(5)).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// A 29th of February that is a given day of the week may take so long to come again.
const DAYS_AHEAD: usize = 40 * 366;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// When something recurs. Each field has the bits of the numbers that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether a day has to match both fields of days; otherwise one of them is enough.
    needs_both_days: bool,
}

impl Cron {
    /// Reads the five fields; `None` when they are something else.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let [minute, hour, day, month, weekday] = text.split_whitespace().collect::<Vec<_>>()[..] else { return None };
        let weekdays = field(weekday, 0, 7, &WEEKDAYS)?;
        Some(Self {
            minutes: field(minute, 0, 59, &[])?,
            hours: field(hour, 0, 23, &[])?,
            days: field(day, 1, 31, &[])?,
            months: field(month, 1, 12, &MONTHS)?,
            // 7 is Sunday as well.
            weekdays: weekdays | weekdays >> 7 & 1,
            needs_both_days: day.starts_with('*') || weekday.starts_with('*'),
        })
    }

    /// Returns the first moment after another at which it recurs by the clocks of a zone. An hour
    /// that a zone leaves out is the hour after it, and of one that comes twice the first counts.
    pub(crate) fn first_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let first_day = after.to_zoned(zone.clone()).date();
        let mut days = first_day.series(1.day()).take(DAYS_AHEAD).filter(|day| self.is_on(*day));
        days.find_map(|day| self.first_on(day, after, zone))
    }

    fn first_on(&self, day: Date, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let hours = (0..24_i8).filter(|hour| has(self.hours, *hour));
        let mut times = hours.flat_map(|hour| (0..60_i8).filter(|it| has(self.minutes, *it)).map(move |it| (hour, it)));
        times.find_map(|(hour, minute)| {
            let at = zone.to_ambiguous_timestamp(day.at(hour, minute, 0, 0)).compatible().ok()?;
            (at > after).then_some(at)
        })
    }

    fn is_on(&self, day: Date) -> bool {
        let of_month = has(self.days, day.day());
        let of_week = has(self.weekdays, day.weekday().to_sunday_zero_offset());
        let is_day = if self.needs_both_days { of_month && of_week } else { of_month || of_week };
        has(self.months, day.month()) && is_day
    }
}

fn has(bits: u64, number: i8) -> bool {
    bits >> number & 1 == 1
}

/// Reads a list of numbers, ranges and steps. `names` stand for the numbers from `least` on.
fn field(text: &str, least: u64, most: u64, names: &[&str]) -> Option<u64> {
    let number = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name)).and_then(|place| u64::try_from(place).ok());
        let number = named.map(|place| place + least).or_else(|| text.parse().ok())?;
        (least..=most).contains(&number).then_some(number)
    };
    text.split(',').try_fold(0, |bits, part| {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            // A week may end with Sunday, which is its first day otherwise.
            Some((from, to)) => (number(from)?, number(to).map(|to| if to == 0 && most == 7 { 7 } else { to })?),
            None => (number(range)?, if step.is_some() { most } else { number(range)? }),
        };
        let step = step.map_or(Some(1), |step| step.parse().ok()).filter(|step| *step > 0)?;
        let numbers = (from..=to).step_by(step);
        (from <= to).then(|| numbers.fold(bits, |bits, number| bits | 1 << number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(cron: &str, zone: &str, after: &str) -> Option<String> {
        let zone = crate::calendar::zone_named(Some(zone)).expect("a zone");
        let after = after.parse().expect("a moment");
        Some(Cron::read(cron)?.first_after(after, &zone)?.to_string())
    }

    #[test]
    fn it_recurs_by_the_fields() {
        // 2026-11-22 is a Sunday.
        for (cron, expected) in [
            ("0 18 * * *", "2026-11-22T18:00:00Z"),
            ("*/20 12 * * *", "2026-11-22T12:20:00Z"),
            ("0 12 * * *", "2026-11-23T12:00:00Z"),
            ("30 0 1 1,6,12 *", "2026-12-01T00:30:00Z"),
            ("0 8 * * MON-FRI", "2026-11-23T08:00:00Z"),
            ("0 18 * * SAT-SUN", "2026-11-22T18:00:00Z"),
            ("0 18 * * 7", "2026-11-22T18:00:00Z"),
            ("0 18 24 * 1", "2026-11-23T18:00:00Z"),
            ("0 18 */5 * 4", "2026-11-26T18:00:00Z"),
            ("5/25 3 29 feb *", "2028-02-29T03:05:00Z"),
        ] {
            assert_eq!(first(cron, "UTC", "2026-11-22T12:00:00Z").as_deref(), Some(expected), "{cron}");
        }
    }

    #[test]
    fn what_is_no_crontab_never_recurs() {
        for cron in ["", "0 18 * *", "0 18 * * * *", "60 * * * *", "0 18 0 * *", "* * * 13 *", "*/0 * * * *", "5-2 * * * *"] {
            assert_eq!(Cron::read(cron), None, "{cron}");
        }
        assert_eq!(first("0 0 30 2 *", "UTC", "2026-11-22T12:00:00Z"), None);
    }

    #[test]
    fn the_clocks_of_the_zone_count() {
        for (cron, after, expected) in [
            ("0 18 * * *", "2026-11-22T16:59:59Z", "2026-11-22T17:00:00Z"),
            ("0 18 * * *", "2026-06-22T12:00:00Z", "2026-06-22T16:00:00Z"),
            // 02:30 does not exist on that day, and on the other one it comes twice.
            ("30 2 * * *", "2027-03-28T00:00:00Z", "2027-03-28T01:30:00Z"),
            ("30 2 * * *", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z"),
        ] {
            assert_eq!(first(cron, "Europe/Berlin", after).as_deref(), Some(expected), "{cron} after {after}");
        }
    }
}
