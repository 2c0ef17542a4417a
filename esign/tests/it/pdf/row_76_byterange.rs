//! Row 76: a byte range that is not exactly `[0 a b c]` around `/Contents` is never valid, even if
//! somebody signs just the bytes that it names.

use auth_core::verdict::{Coverage, Integrity};
use esign::pdf::sign::prepare;
use esign::pdf::verify::{inspect, verify};

use super::edit::find;
use super::inputs;
use super::signer::{cms, field, seal, signed};

#[test]
fn the_exact_byte_range_is_sound() {
    let file = signed(&inputs::pages(1, ""), "S");
    let found = &verify(&file).unwrap()[0];
    assert!(found.is_sound(), "{:?}", found.report());
    assert_eq!(found.found.coverage, Coverage::Whole);
    assert_eq!(found.found.claimed_at, Some(super::signer::NOW));
    assert!(found.found.reasons.is_empty());
}

#[test]
fn an_odd_byte_range_is_never_valid() {
    let input = inputs::pages(1, "");
    let prepared = prepare(&input, &field("S")).unwrap();
    let [_, first, second, last] = prepared.byte_range();
    let end = second + last;
    let ranges = [
        "[0 0 0 0]".to_owned(),
        format!("[0 {end} {end} 0]"),
        format!("[0 {end} 0 0]"),
        format!("[1 {} {second} {last}]", first - 1),
        format!("[0 {first} {} {}]", first - 10, end - first + 10),
        format!("[0 {} {second} {last}]", first + 1),
        format!("[0 {} {second} {last}]", first - 1),
        format!("[0 {first} {} {}]", second + 1, last - 1),
        format!("[0 {first} {} {}]", second - 1, last + 1),
        format!("[0 {first} {second} {}]", last - 1),
        format!("[0 {first} {second} {}]", last - 7),
        format!("[0 {first} {second} {}]", last + 1),
        format!("[0 {first} {second} -{last}]"),
        format!("[-0 {first} -{second} {last}]"),
        format!("[0 {first} {second}]"),
        format!("[0 {first}]"),
        "[]".to_owned(),
        format!("[0 {first} {second} {last} 0]"),
        format!("[0 1 1 1 2 {last}]"),
        format!("[0.0 {first} {second} {last}]"),
        format!("[0 {first} {second} 9223372036854775807]"),
        format!("[0 {first} 9223372036854775807 {last}]"),
        format!("[0 {first} {second} 99999999999999999999]"),
        format!("({first} {second})"),
        "null".to_owned(),
        "true".to_owned(),
    ];
    let [before, after] = prepared.signed_parts();
    let whole = [before, b"<", &vec![b'0'; prepared.reserved() * 2], b">", after].concat();
    for range in ranges {
        let forged = forge(&whole, &range, [first, second]);
        match verify(&forged) {
            Err(_) => {}
            Ok(found) => {
                for found in found {
                    assert!(!found.is_sound(), "{range}: {:?}", found.report());
                    assert_ne!(found.found.coverage, Coverage::Whole, "{range}");
                }
            }
        }
    }
}

/// Writes another byte range, then signs the bytes that it names as well as they can be named.
fn forge(prepared: &[u8], range: &str, gap: [usize; 2]) -> Vec<u8> {
    let mut file = prepared.to_vec();
    let start = find(&file, b"/ByteRange ").unwrap() + b"/ByteRange ".len();
    let end = start + file[start..].iter().position(|byte| *byte == b'\n').unwrap();
    file[start..end].fill(b' ');
    file[start..start + range.len()].copy_from_slice(range.as_bytes());
    let numbers: Vec<usize> = range
        .trim_matches(['[', ']'])
        .split(' ')
        .filter_map(|number| number.parse::<f64>().ok())
        .map(|number| number.abs() as usize)
        .collect();
    let part = |from: usize, length: usize| {
        file.get(from..from.saturating_add(length).min(file.len())).unwrap_or_default().to_vec()
    };
    let parts = match numbers[..] {
        [a, b, c, d, ..] => [part(a, b), part(c, d)],
        [a, b, ..] => [part(a, b), Vec::new()],
        _ => [Vec::new(), Vec::new()],
    };
    let value = cms(seal(), [&parts[0], &parts[1]]);
    let digits: String = value.iter().map(|byte| format!("{byte:02X}")).collect();
    let at = gap[0] + 1;
    file[at..at + digits.len()].copy_from_slice(digits.as_bytes());
    file
}

#[test]
fn the_gap_has_one_form_only() {
    let file = signed(&inputs::pages(1, ""), "S");
    let start = find(&file, b"/Contents <").unwrap() + b"/Contents <".len();
    let letter = start + file[start..].iter().position(u8::is_ascii_uppercase).unwrap();
    let mut lower = file.clone();
    lower[letter] = lower[letter].to_ascii_lowercase();
    let end = start + file[start..].iter().position(|byte| *byte == b'>').unwrap();
    let mut spaced = file.clone();
    spaced[end - 2..end].copy_from_slice(b"  ");
    let mut padded = file;
    padded[end - 1] = b'1';
    for (what, forged) in [("case", lower), ("space", spaced), ("padding", padded)] {
        let found = &verify(&forged).unwrap()[0];
        assert!(!found.is_sound(), "{what}");
        assert_eq!(found.integrity(), Integrity::Broken, "{what}");
    }
}

#[test]
fn signed_bytes_that_end_within_a_revision_are_partial() {
    // The range ends before the last line: its startxref is not that of the revision.
    let file = signed(&inputs::pages(1, ""), "S");
    let more = [&file[..], b"%%EOF\n"].concat();
    let found = inspect(&more).unwrap();
    assert!(found.iter().all(|found| found.coverage != Coverage::Whole));
    assert!(verify(&more).unwrap().iter().all(|found| !found.is_sound()));
}
