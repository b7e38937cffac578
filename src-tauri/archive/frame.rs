//! What stands in an mbox around the octets of a message: the separator line and our own headers before them, the
//! closing newlines behind. A pure function of flags, date and the last octet, so that all of it can be compared.

use mail::{Flags, InternalDate, System};
use std::fmt::Write;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// Separator line and own headers, each ended by a single LF.
pub(crate) fn before(flags: &Flags, date: Option<InternalDate>) -> String {
    let mut text = format!("From - {}\n", asctime(date.map_or(0, |date| date.seconds)));
    // Thunderbird's bits. Its 0008 would hide the message, so \Deleted is in the index alone.
    let mozilla = [(flags.has(System::Seen), 1), (flags.has(System::Answered), 2), (flags.has(System::Flagged), 4)]
        .into_iter()
        .chain([(flags.keywords().iter().any(|keyword| keyword.eq_ignore_ascii_case("$Forwarded")), 0x1000)])
        .fold(0, |bits, (set, bit)| if set { bits | bit } else { bits });
    // Writing to a String does not fail.
    let _ = writeln!(text, "X-Mozilla-Status: {mozilla:04x}");
    // What is no atom could break a line; the index has it all the same.
    let keywords: Vec<&str> = flags
        .keywords()
        .iter()
        .map(String::as_str)
        .filter(|keyword| keyword.bytes().all(|octet| octet.is_ascii_graphic()))
        .collect();
    if !keywords.is_empty() {
        let _ = writeln!(text, "X-Mozilla-Keys: {}", keywords.join(" "));
    }
    text.push_str(if flags.has(System::Seen) { "Status: RO\n" } else { "Status: O\n" });
    if !keywords.is_empty() {
        let _ = writeln!(text, "X-Keywords: {}", keywords.join(" "));
    }
    text
}

/// Ends the last line if it has no end, and adds the empty line by which readers know the next separator.
pub(crate) fn after(last: Option<u8>) -> &'static [u8] {
    match last {
        None | Some(b'\n') => b"\n",
        Some(_) => b"\n\n",
    }
}

/// `Thu Jan  1 00:00:00 1970`, UTC.
fn asctime(seconds: i64) -> String {
    // 01-Jan-1970 00:00:00 +0000
    let date = InternalDate { seconds, zone: 0 }.to_string();
    let weekday = DAYS[seconds.div_euclid(86_400).rem_euclid(7) as usize];
    let mut parts = date.split(['-', ' ']);
    let (day, month) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (year, clock) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{weekday} {month} {:>2} {clock} {year}", day.trim_start_matches('0'))
}

/// The date as it will be read back from the index; None for one that cannot be written there.
pub(crate) fn storable(date: InternalDate) -> Option<InternalDate> {
    let sane = date.seconds.unsigned_abs() < 1 << 40 && date.zone.unsigned_abs() < 24 * 60;
    InternalDate::parse(&sane.then(|| date.to_string())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_asctime_in_utc() {
        assert_eq!(asctime(0), "Thu Jan  1 00:00:00 1970");
        assert_eq!(asctime(837_596_665), "Wed Jul 17 09:44:25 1996");
        assert_eq!(asctime(-1), "Wed Dec 31 23:59:59 1969");
    }

    #[test]
    fn headers_say_the_flags() {
        let flags = Flags::from_names(["\\Seen", "\\Flagged", "\\Deleted", "$Forwarded", "Work", "two words", "a\nb"]);
        assert_eq!(
            before(&flags, None),
            "From - Thu Jan  1 00:00:00 1970\nX-Mozilla-Status: 1005\nX-Mozilla-Keys: $Forwarded Work\nStatus: RO\nX-Keywords: $Forwarded Work\n"
        );
        assert_eq!(
            before(&Flags::default(), None),
            "From - Thu Jan  1 00:00:00 1970\nX-Mozilla-Status: 0000\nStatus: O\n"
        );
    }

    #[test]
    fn only_dates_that_read_back_are_stored() {
        let date = InternalDate { seconds: 837_596_665, zone: -420 };
        assert_eq!(storable(date), Some(date));
        for seconds in [i64::MIN, i64::MAX, 1 << 39, -(1 << 39)] {
            assert_eq!(storable(InternalDate { seconds, zone: 0 }), None);
        }
    }
}
