//! INTERNALDATE (RFC 3501 2.3.3): a moment in seconds and the zone it was written in. Servers' texts are
//! always taken apart and written anew, never passed on.

use std::fmt;

/// Seconds since 1970-01-01T00:00:00Z, and the zone's offset in minutes east of UTC (-1439 ..= 1439).
/// Equality is of both; use [`InternalDate::seconds`] to compare moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InternalDate {
    pub seconds: i64,
    pub zone: i16,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl InternalDate {
    /// Reads RFC 3501 `date-time` without its quotes: `17-Jul-1996 02:44:25 -0700`; the day may be padded by
    /// a space. None for anything else, and for years outside 1 ..= 9999.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.trim_start().split_once(' ')?;
        let (clock, zone) = rest.trim().split_once(' ')?;
        let mut parts = date.split('-');
        let day: i64 = parts.next()?.parse().ok()?;
        let name = parts.next()?;
        let month = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))? as i64 + 1;
        let year: i64 = parts.next()?.parse().ok()?;
        let mut clock = clock.split(':');
        let hour: i64 = clock.next()?.parse().ok()?;
        let minute: i64 = clock.next()?.parse().ok()?;
        let second: i64 = clock.next()?.parse().ok()?;
        let zone = zone.trim();
        if parts.next().is_some() || clock.next().is_some() || zone.len() != 5 || !zone.is_ascii() {
            return None;
        }
        let digits: i16 = zone[1..].parse().ok().filter(|n| (0..2400).contains(n))?;
        let offset = (digits / 100) * 60 + digits % 100;
        let zone = match zone.as_bytes()[0] {
            b'+' => offset,
            b'-' => -offset,
            _ => return None,
        };
        let sane = (1..=9999).contains(&year)
            && (1..=31).contains(&day)
            && (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..=60).contains(&second);
        if !sane {
            return None;
        }
        let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
        Some(Self { seconds: seconds - i64::from(zone) * 60, zone })
    }
}

/// As RFC 3501 `date-time` without quotes, always 26 characters for the years 1000 to 9999.
impl fmt::Display for InternalDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.seconds + i64::from(self.zone) * 60;
        let (days, clock) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let sign = if self.zone < 0 { '-' } else { '+' };
        let zone = self.zone.unsigned_abs();
        write!(
            f,
            "{day:02}-{}-{year:04} {:02}:{:02}:{:02} {sign}{:02}{:02}",
            MONTHS[month as usize - 1],
            clock / 3600,
            clock / 60 % 60,
            clock % 60,
            zone / 60,
            zone % 60
        )
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date (the well-known era arithmetic).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_back() {
        for text in ["17-Jul-1996 02:44:25 -0700", "01-Jan-1970 00:00:00 +0000", "29-Feb-2024 23:59:59 +0845"] {
            assert_eq!(InternalDate::parse(text).map(|date| date.to_string()).as_deref(), Some(text));
        }
        let padded = InternalDate::parse(" 7-jul-1996 02:44:25 +0000");
        assert_eq!(padded.map(|date| date.to_string()).as_deref(), Some("07-Jul-1996 02:44:25 +0000"));
        assert_eq!(InternalDate::parse("17-Jul-1996 02:44:25 +0000").map(|date| date.seconds), Some(837_571_465));
    }

    #[test]
    fn nonsense_is_none() {
        for text in [
            "",
            "NIL",
            "99-Jul-1996 02:44:25 -0700",
            "17-Jul-1996 02:44:25",
            "17-Jul-1996 02:44:25 é000",
            "1-1-1 1:1:1 +9999",
        ] {
            assert_eq!(InternalDate::parse(text), None, "{text}");
        }
    }
}
