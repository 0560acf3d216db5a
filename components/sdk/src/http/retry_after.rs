//! How long a vendor asks to wait.

use super::Headers;

pub(super) fn read(headers: &Headers) -> Option<u64> {
    if let Some(milliseconds) = headers.get("retry-after-ms").and_then(thousandths) {
        return Some(milliseconds / 1000);
    }
    let after = headers.get("retry-after")?;
    thousandths(after).or_else(|| {
        let seconds = date(after)?.saturating_sub(date(headers.get("date")?)?);
        Some(u64::try_from(seconds).unwrap_or(0).saturating_mul(1000))
    })
}

/// A decimal number in thousandths; what is finer is dropped.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let all_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    let fraction: u64 = fraction.chars().chain("000".chars()).take(3).collect::<String>().parse().ok()?;
    Some(whole.saturating_mul(1000).saturating_add(fraction))
}

/// The seconds since 1970 of a date in the one form that HTTP still writes: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_ascii_whitespace().skip(1);
    let day: i64 = words.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = words.next()?;
    let month = i64::try_from(MONTHS.iter().position(|&name| name == month)?).ok()?;
    let year: i64 = words.next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut clock = words.next()?.split(':').map(|part| part.parse::<i64>().ok().filter(|part| *part >= 0));
    let (hours, minutes, seconds) = (clock.next()??, clock.next()??, clock.next()??);
    if words.next()? != "GMT" || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    // years begin in March here, so that the leap day is the last day of one
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(fields: &[(&str, &str)]) -> Option<u64> {
        read(&fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect())
    }

    #[test]
    fn seconds_and_milliseconds_are_read() {
        assert_eq!(asked(&[("retry-after", "2")]), Some(2000));
        assert_eq!(asked(&[("Retry-After", " 0.25 ")]), Some(250));
        assert_eq!(asked(&[("retry-after", "20"), ("retry-after-ms", "1500.7")]), Some(1500));
        assert_eq!(asked(&[("retry-after", "20"), ("retry-after-ms", "soon")]), Some(20_000));
        assert_eq!(asked(&[("retry-after", "99999999999999999999999")]), Some(u64::MAX));
    }

    #[test]
    fn a_date_counts_from_the_answers_own_date() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(asked(&[date, ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")]), Some(30_000));
        assert_eq!(asked(&[date, ("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT")]), Some(0));
        assert_eq!(asked(&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")]), None);
    }

    #[test]
    fn what_is_neither_is_ignored() {
        for odd in ["", "-1", "soon", "1e3", "NaN", ".", "1.2.3", "Sun, 66 Nov 1994 08:49:37 GMT"] {
            assert_eq!(
                asked(&[("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", odd)]),
                None,
                "{odd}"
            );
        }
    }

    #[test]
    fn dates_are_counted_right() {
        assert_eq!(date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(date("Thu, 29 Feb 2024 12:00:00 GMT"), Some(1_709_208_000));
        assert_eq!(date("Fri, 31 Dec 2100 23:59:59 GMT"), Some(4_133_980_799));
    }
}
