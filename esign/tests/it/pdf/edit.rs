//! What an attacker does to a finished file.

use std::fmt::Write as _;

/// Appends an incremental update that replaces or adds objects, with a table.
pub(crate) fn append(bytes: &[u8], objects: &[(u32, &str)]) -> Vec<u8> {
    append_with(bytes, objects, &[], "")
}

/// The same with entries that point anywhere (offset 0 frees the object) and more trailer keys.
pub(crate) fn append_with(
    bytes: &[u8],
    objects: &[(u32, &str)],
    entries: &[(u32, usize)],
    trailer: &str,
) -> Vec<u8> {
    let previous = last_number_after(bytes, "startxref");
    let size = last_number_after(bytes, "/Size").max(200);
    let mut out = bytes.to_vec();
    out.push(b'\n');
    let mut entries = entries.to_vec();
    for (number, object) in objects {
        entries.push((*number, out.len()));
        out.extend(format!("{number} 0 obj\n{object}\nendobj\n").as_bytes());
    }
    entries.sort_unstable();
    let at = out.len();
    let mut table = String::from("xref\n");
    for (number, offset) in entries {
        let kind = if offset == 0 { "f" } else { "n" };
        write!(table, "{number} 1\n{offset:010} 00000 {kind} \n").unwrap();
    }
    write!(
        table,
        "trailer\n<</Size {size}/Root 1 0 R/Prev {previous}{trailer}>>\nstartxref\n{at}\n%%EOF\n"
    )
    .unwrap();
    out.extend(table.as_bytes());
    out
}

/// Replaces the only occurrence of `from` by `to`.
pub(crate) fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = find(bytes, from).expect("the bytes to replace");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

/// Offset of the first occurrence.
pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Offset of the last occurrence.
pub(crate) fn find_last(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).rposition(|window| window == what)
}

pub(crate) fn last_number_after(bytes: &[u8], word: &str) -> usize {
    let at = find_last(bytes, word.as_bytes()).expect("the word") + word.len();
    let digits: String = bytes[at..]
        .iter()
        .skip_while(|byte| byte.is_ascii_whitespace())
        .take_while(|byte| byte.is_ascii_digit())
        .map(|byte| char::from(*byte))
        .collect();
    digits.parse().unwrap()
}

/// The text of object `number` in its newest version, without header and `endobj`.
pub(crate) fn object(bytes: &[u8], number: u32) -> String {
    let header = format!("\n{number} 0 obj\n");
    let start = find_last(bytes, header.as_bytes()).expect("the object") + header.len();
    let length = find(&bytes[start..], b"\nendobj").unwrap();
    String::from_utf8_lossy(&bytes[start..start + length]).into_owned()
}
