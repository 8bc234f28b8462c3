//! Points in time as text, as other programs write them.

use std::fmt::Write as _;
use time::{Date, Month, OffsetDateTime, Time};

/// `2023-11-14T22:13:20.789Z`. `None`: outside of the years 0 to 9999, which have four digits.
pub fn iso(milliseconds: i64) -> Option<String> {
    text(milliseconds, 'T').map(|text| text + "Z")
}

/// `2023-11-14 22:13:20.789`.
pub fn plain(milliseconds: i64) -> Option<String> {
    text(milliseconds, ' ')
}

fn text(milliseconds: i64, separator: char) -> Option<String> {
    let time =
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()?;
    if !(0..=9_999).contains(&time.year()) {
        return None;
    }
    let mut text = String::with_capacity(24);
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "{:04}-{:02}-{:02}{separator}{:02}:{:02}:{:02}.{:03}",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    );
    Some(text)
}

/// `2023-11-14`.
pub fn day(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// The day that a text is, if it is as [`day`] writes it.
pub fn parse_day(text: &str) -> Option<Date> {
    let seconds = parse(text).filter(|_| text.len() == 10)?.div_euclid(1_000);
    OffsetDateTime::from_unix_timestamp(seconds).ok().map(OffsetDateTime::date)
}

/// Reads a date, a time of day after `T` or a space, a fraction, and `Z` or an offset: what ISO
/// 8601, SQL and JavaScript have in common. Without an offset it is UTC.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, rest) = match text.split_once(['T', ' ']) {
        Some((date, rest)) => (date, rest.trim()),
        None => (text, ""),
    };
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = Month::try_from(u8::try_from(digits(parts.next()?, 2)?).ok()?).ok()?;
    let day = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    if parts.next().is_some() {
        return None;
    }
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, day).ok()?;
    let (clock, offset) = match rest.find(['Z', '+', '-']) {
        Some(at) => (rest.get(..at)?.trim(), seconds_east(rest.get(at..)?)?),
        None => (rest, 0),
    };
    let (time, milliseconds) = if clock.is_empty() { (Time::MIDNIGHT, 0) } else { time_of(clock)? };
    let seconds = date.with_time(time).assume_utc().unix_timestamp() - offset;
    seconds.checked_mul(1_000)?.checked_add(milliseconds)
}

/// A time of day to the second, and the milliseconds beyond.
fn time_of(clock: &str) -> Option<(Time, i64)> {
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.split(':');
    let mut next = || u8::try_from(digits(parts.next().unwrap_or("00"), 2)?).ok();
    let time = Time::from_hms(next()?, next()?, next()?).ok()?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let milliseconds: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some((time, milliseconds.parse().ok()?))
}

/// The seconds of `Z`, `+01:00`, `+0100` or `+01`.
fn seconds_east(offset: &str) -> Option<i64> {
    let sign = match offset.chars().next()? {
        'Z' => return (offset == "Z").then_some(0),
        '-' => -1,
        _ => 1,
    };
    let figures: String = offset.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = match figures.len() {
        2 => (figures.parse::<i64>().ok()?, 0),
        4 => (figures.get(..2)?.parse::<i64>().ok()?, figures.get(2..)?.parse::<i64>().ok()?),
        _ => return None,
    };
    Some(sign * (hours * 3_600 + minutes * 60))
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_whatever_wrote_it_meant_it() {
        for (text, time) in [
            ("2023-11-14T22:13:20.789Z", 1_700_000_000_789),
            ("2023-11-14 22:13:20.789", 1_700_000_000_789),
            ("2023-11-14 22:13:20.789 +00:00", 1_700_000_000_789),
            ("2023-11-14T23:13:20.789+01:00", 1_700_000_000_789),
            ("2023-11-14T17:43:20-0430", 1_700_000_000_000),
            ("2023-11-14 22:13:20", 1_700_000_000_000),
            ("2023-11-14T22:13:20.78912345+00", 1_700_000_000_789),
            ("2023-11-14 22:13:20.7", 1_700_000_000_700),
            ("1969-12-31T23:59:59.999Z", -1),
            ("1970-01-02", 86_400_000),
        ] {
            assert_eq!(parse(text), Some(time), "{text}");
        }
        for text in ["", "soon", "2023-13-01", "2023-02-30", "14.11.2023", "2023-11-14T25:00:00Z"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_has_no_time() {
        for text in ["2023-11-14", "0001-01-01", "2024-02-29"] {
            assert_eq!(parse_day(text).map(day).as_deref(), Some(text));
        }
        for text in
            ["2023-02-29", "2023-11-14T", "2023-1-1", " 2023-1-01", "20231114", "tomorrow!!"]
        {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_has_four_digits_of_the_year() {
        assert_eq!(iso(-1).as_deref(), Some("1969-12-31T23:59:59.999Z"));
        assert_eq!(plain(253_402_300_799_999).as_deref(), Some("9999-12-31 23:59:59.999"));
        assert_eq!(iso(253_402_300_800_000), None);
        assert_eq!(iso(crate::value::MAX_DATE), None);
    }
}
