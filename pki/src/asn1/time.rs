//! UTCTime and GeneralizedTime in the one form that RFC 5280 §4.1.2.5 allows: UTC, with seconds.

use auth_core::Timestamp;
use time::{Date, Month, PrimitiveDateTime, Time};

use super::{Asn1Error, Reader, tag, tlv};

/// Reads a UTCTime `YYMMDDHHMMSSZ` (50–99 are 19xx) or a GeneralizedTime `YYYYMMDDHHMMSSZ`.
pub fn read_time(reader: &mut Reader<'_>) -> Result<Timestamp, Asn1Error> {
    let element = reader.any()?;
    let bad = Asn1Error::Value("time");
    let (digits, zone) = element.value.split_last().map(|(last, rest)| (rest, *last)).ok_or(bad)?;
    if zone != b'Z' || !digits.iter().all(u8::is_ascii_digit) {
        return Err(bad);
    }
    let (year, rest) = match (element.tag, digits.len()) {
        (tag::UTC_TIME, 12) => {
            let short = number(digits, 0, 2);
            (if short < 50 { 2000 + short } else { 1900 + short }, &digits[2..])
        }
        (tag::GENERALIZED_TIME, 14) => (number(digits, 0, 4), &digits[4..]),
        (tag::UTC_TIME | tag::GENERALIZED_TIME, _) => return Err(bad),
        _ => return Err(Asn1Error::UnexpectedTag),
    };
    let part = |at: usize| u8::try_from(number(rest, at, at + 2)).unwrap_or(u8::MAX);
    let month = Month::try_from(part(0)).map_err(|_| bad)?;
    let date = Date::from_calendar_date(i32::from(year), month, part(2)).map_err(|_| bad)?;
    let time = Time::from_hms(part(4), part(6), part(8)).map_err(|_| bad)?;
    Ok(Timestamp::from_datetime(PrimitiveDateTime::new(date, time).assume_utc()))
}

/// A Time as RFC 5280 §4.1.2.5 wants it: UTCTime until 2049, GeneralizedTime after.
pub fn write_time(at: Timestamp) -> Vec<u8> {
    let when = at.to_datetime();
    if !(1950..2050).contains(&when.year()) {
        return write_generalized(at);
    }
    tlv(tag::UTC_TIME, format!("{:02}{}", when.year() % 100, tail(when)).as_bytes())
}

/// A GeneralizedTime without fraction.
pub fn write_generalized(at: Timestamp) -> Vec<u8> {
    let when = at.to_datetime();
    tlv(tag::GENERALIZED_TIME, format!("{:04}{}", when.year(), tail(when)).as_bytes())
}

fn tail(when: time::OffsetDateTime) -> String {
    let (hour, minute, second) = when.to_hms();
    format!("{:02}{:02}{hour:02}{minute:02}{second:02}Z", u8::from(when.month()), when.day())
}

/// The decimal number in `digits[from..to]`, of which the caller knows that they are digits.
fn number(digits: &[u8], from: usize, to: usize) -> u16 {
    let part = digits.get(from..to).unwrap_or_default();
    part.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
}
