//! The examples of the Token Status List specification.

use credential::status::StatusList;
use serde_json::Value;

use crate::vectors;

fn list(text: &str) -> StatusList {
    let json: String = text[text.find('{').unwrap()..].split_whitespace().collect();
    let json: Value = serde_json::from_str(&json).unwrap();
    StatusList::decode(json["bits"].as_u64().unwrap(), json["lst"].as_str().unwrap()).unwrap()
}

/// Entries of the long examples, the same places at every width.
const PLACES: [(u64, u8); 11] = [
    (0, 1),
    (1993, 2),
    (25460, 1),
    (159495, 3),
    (495669, 1),
    (554353, 1),
    (645645, 2),
    (723232, 1),
    (854545, 1),
    (934534, 2),
    (1000345, 3),
];

#[test]
fn every_published_encoding_decodes() {
    let Some(folder) = vectors::folder("status-list") else { return };
    for (name, text) in vectors::files(&folder, "_json.md") {
        let list = list(&text);
        if name.contains("encoding1_long") || name.contains("encoding2_long") {
            assert_eq!(list.entries(), 1 << 20, "{name}");
            for (at, value) in PLACES {
                let value = if list.bits() == 1 { 1 } else { value };
                assert_eq!(list.at(at), Some(value), "{name} {at}");
            }
            let set = (0..list.entries()).filter(|at| list.at(*at) != Some(0)).count();
            assert_eq!(set, PLACES.len(), "{name}");
        }
        assert_eq!(StatusList::decode(list.bits().into(), &list.encode()), Ok(list), "{name}");
    }
}

/// §4.1: the byte array B9 A3 of one-bit entries, C9 44 F9 of two-bit entries.
#[test]
fn bits_go_from_the_least_significant() {
    let one = StatusList::decode(1, "eNrbuRgAAhcBXQ").unwrap();
    let bits: Vec<u8> = (0..16).map(|at| one.at(at).unwrap()).collect();
    assert_eq!(bits, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
    let two = StatusList::decode(2, "eNo76fITAAPfAgc").unwrap();
    let pairs: Vec<u8> = (0..12).map(|at| two.at(at).unwrap()).collect();
    assert_eq!(pairs, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
    let mut made = StatusList::new(2, 12).unwrap();
    for (at, value) in pairs.iter().enumerate() {
        made.set(at as u64, *value).unwrap();
    }
    assert_eq!(made, two);
}
