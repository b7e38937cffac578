//! Counts, sizes, times and dates as a person reads them.

use crate::{Language, Words};
use time::OffsetDateTime;

/// Grouped by thousands: 12,345. The same in both languages.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Octets in the decimal units that disks and providers are sold in: 35.2 MB.
pub fn size(octets: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if octets < 1000 {
        return format!("{octets} B");
    }
    let mut value = octets as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if value < 99.95 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

impl Words {
    /// A length of time: seconds below two minutes, then minutes, then hours and minutes.
    pub fn duration(&self, seconds: u64) -> String {
        let (second, minute, hour) = self.units();
        if seconds < 120 {
            format!("{seconds} {second}")
        } else if seconds < 7200 {
            format!("{} {minute}", (seconds + 30) / 60)
        } else {
            let minutes = (seconds + 30) / 60;
            match minutes % 60 {
                0 => format!("{} {hour}", minutes / 60),
                rest => format!("{} {hour} {rest} {minute}", minutes / 60),
            }
        }
    }

    /// A time between two: 5–8 min. The order of the two does not matter.
    pub fn range(&self, (one, other): (u64, u64)) -> String {
        let (_, minute, hour) = self.units();
        let (least, most) = (one.min(other), one.max(other));
        let (size, unit) = if most < 7200 { (60, minute) } else { (3600, hour) };
        let (least, most) = ((least / size).max(1), most.div_ceil(size).max(1));
        if least == most { format!("{most} {unit}") } else { format!("{least}–{most} {unit}") }
    }

    /// A day, in UTC, of seconds since 1970. Empty for moments no calendar has.
    pub fn date(&self, seconds: i64) -> String {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let Ok(date) = OffsetDateTime::from_unix_timestamp(seconds) else { return String::new() };
        let (year, month, day) = (date.year(), date.month() as usize, date.day());
        match self.language() {
            Language::Chinese => format!("{year} 年 {month} 月 {day} 日"),
            Language::English => format!("{day} {} {year}", MONTHS[month - 1]),
        }
    }

    fn units(&self) -> (&'static str, &'static str, &'static str) {
        match self.language() {
            Language::Chinese => ("秒", "分钟", "小时"),
            Language::English => ("s", "min", "h"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_sizes() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 999, 1000, 35_200_000, 999_600, 250_000_000_000, u64::MAX].map(size),
            ["0 B", "999 B", "1.0 KB", "35.2 MB", "1.0 MB", "250 GB", "18446744 TB"]
        );
    }

    #[test]
    fn times_and_dates() {
        let english = Words::new(Language::English);
        let chinese = Words::new(Language::Chinese);
        assert_eq!(
            [5, 119, 120, 7199, 7200, 9000].map(|seconds| english.duration(seconds)),
            ["5 s", "119 s", "2 min", "120 min", "2 h", "2 h 30 min"]
        );
        assert_eq!(chinese.duration(90), "90 秒");
        assert_eq!(english.range((480, 300)), "5–8 min");
        assert_eq!(english.range((10, 30)), "1 min");
        assert_eq!(chinese.range((3600, 9000)), "1–3 小时");
        assert_eq!((english.date(0), chinese.date(0)), ("1 Jan 1970".into(), "1970 年 1 月 1 日".into()));
        assert_eq!(english.date(i64::MAX), "");
    }
}
