//! Text strings and dates (ISO 32000-2 §7.9.2, §7.9.4).

use auth_core::Timestamp;

/// The bytes of a text string: ASCII as it is, anything else as UTF-16BE with its byte order mark,
/// which every reader since PDF 1.2 knows (UTF-8 only came with PDF 2.0).
pub(crate) fn encode_text(text: &str) -> Vec<u8> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.as_bytes().to_vec();
    }
    let mut bytes = vec![0xFE, 0xFF];
    bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    bytes
}

/// The text of a text string. Bytes that no encoding explains become U+FFFD.
pub(crate) fn decode_text(bytes: &[u8]) -> String {
    match bytes {
        [0xFE, 0xFF, rest @ ..] => {
            let units: Vec<u16> = rest
                .chunks(2)
                .map(|c| u16::from_be_bytes([c[0], *c.get(1).unwrap_or(&0)]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        // PDFDocEncoding equals Latin-1 but for rare punctuation.
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// `D:20261124231500+00'00'`. UTC is written as an offset: some readers do not know `Z`.
pub(crate) fn encode_date(at: Timestamp) -> String {
    let at = at.to_datetime();
    format!(
        "D:{:04}{:02}{:02}{:02}{:02}{:02}+00'00'",
        at.year().clamp(0, 9999),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// Reads `D:YYYYMMDDHHmmSSOHH'mm'`; parts from the month on may be missing.
pub(crate) fn decode_date(bytes: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut rest = text.strip_prefix("D:").unwrap_or(text);
    let year = digits(&mut rest, 4)?;
    let month = digits(&mut rest, 2).unwrap_or(1);
    let day = digits(&mut rest, 2).unwrap_or(1);
    let hour = digits(&mut rest, 2).unwrap_or(0);
    let minute = digits(&mut rest, 2).unwrap_or(0);
    let second = digits(&mut rest, 2).unwrap_or(0);
    let sign = match rest.bytes().next() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => 0,
    };
    rest = rest.get(1..).unwrap_or_default();
    let offset_hours = digits(&mut rest, 2).unwrap_or(0);
    rest = rest.strip_prefix('\'').unwrap_or(rest);
    let offset_minutes = digits(&mut rest, 2).unwrap_or(0);

    let part = |value: i64| u8::try_from(value).ok();
    let month = time::Month::try_from(part(month)?).ok()?;
    let date = time::Date::from_calendar_date(i32::try_from(year).ok()?, month, part(day)?).ok()?;
    let at = date.with_hms(part(hour)?, part(minute)?, part(second)?).ok()?.assume_utc();
    let offset = sign * (offset_hours * 3600 + offset_minutes * 60);
    Some(Timestamp::from_datetime(at).plus_seconds(-offset))
}

fn digits(rest: &mut &str, count: usize) -> Option<i64> {
    let (head, tail) = rest.split_at_checked(count)?;
    if !head.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *rest = tail;
    head.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_becomes_utf16_with_a_mark_and_comes_back() {
        assert_eq!(encode_text("印"), [0xFE, 0xFF, 0x53, 0x70]);
        assert_eq!(decode_text(&encode_text("清河县 𠮷")), "清河县 𠮷");
        assert_eq!(encode_text("plain (text)"), b"plain (text)");
    }

    #[test]
    fn dates_go_both_ways_and_offsets_count() {
        let at = Timestamp::from_unix(1_795_562_100);
        assert_eq!(decode_date(encode_date(at).as_bytes()), Some(at));
        let east = decode_date(b"D:20261125080000+08'00'");
        assert_eq!(east, decode_date(b"D:20261125000000Z"));
        assert_eq!(decode_date(b"D:2026"), decode_date(b"D:20260101000000Z"));
        assert_eq!(decode_date(b"D:20261345"), None);
        assert_eq!(decode_date("D:二〇".as_bytes()), None);
    }
}
