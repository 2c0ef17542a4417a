#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use auth_core::Timestamp;
use proptest::prelude::*;

use super::{read::read_named_bits, *};

#[test]
fn lengths_are_definite_and_shortest() {
    let read = |bytes: &[u8]| Reader::new(bytes).any().map(|element| element.value.to_vec());
    assert_eq!(read(&[0x30, 0x80, 0, 0]), Err(Asn1Error::Indefinite));
    assert_eq!(read(&[4, 0x81, 1, 0]), Err(Asn1Error::NotShortest));
    assert_eq!(read(&[4, 0x82, 0, 0x80]), Err(Asn1Error::NotShortest));
    assert_eq!(read(&[4, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]), Err(Asn1Error::Truncated));
    assert_eq!(read(&[4, 0x85, 1, 0, 0, 0, 0]), Err(Asn1Error::NotShortest));
    assert_eq!(read(&[0x1F, 0x81, 0]), Err(Asn1Error::NotShortest));
    assert_eq!(read(&tlv(4, &[7; 300])), Ok(vec![7; 300]));
}

#[test]
fn integers_and_booleans_have_one_form() {
    let int = |bytes: &[u8]| Reader::new(bytes).integer().is_ok();
    assert!(!int(&[2, 0]) && !int(&[2, 2, 0, 0x7F]) && !int(&[2, 2, 0xFF, 0x80]));
    assert!(int(&[2, 2, 0, 0x80]) && int(&[2, 1, 0xFF]));
    assert!(Reader::new(&[1, 1, 1]).boolean().is_err());
    assert!(Reader::new(&[1, 1, 0]).default_false().is_err());
    assert_eq!(integer(&[0, 0]), [2, 1, 0]);
    assert_eq!(integer(&[0x80]), [2, 2, 0, 0x80]);
}

#[test]
fn times_switch_form_in_2050() {
    let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
    for (time, form) in [
        (at("2049-12-31T23:59:59Z"), &b"\x17\x0d491231235959Z"[..]),
        (at("2050-01-01T00:00:00Z"), b"\x18\x0f20500101000000Z"),
        (at("1950-01-01T00:00:00Z"), b"\x17\x0d500101000000Z"),
    ] {
        assert_eq!(write_time(time), form);
        assert_eq!(read_time(&mut Reader::new(form)), Ok(time));
    }
    for bad in [&b"\x17\x0b4912312359Z"[..], b"\x17\x0d491331235959Z", b"\x17\x0d4912312359590"] {
        assert!(read_time(&mut Reader::new(bad)).is_err());
    }
}

#[test]
fn uuid_arcs_are_shown_whole() {
    // 2.25.329800735698586629295641978511506172918, the example of ITU-T X.667.
    let mut contents = Vec::new();
    let mut value = 329_800_735_698_586_629_295_641_978_511_506_172_918_u128;
    while value > 0 {
        contents.insert(0, (value & 0x7F) as u8 | if contents.is_empty() { 0 } else { 0x80 });
        value >>= 7;
    }
    contents.insert(0, 105);
    assert_eq!(dotted(&contents), "2.25.329800735698586629295641978511506172918");
    assert_eq!(dotted(&[0x2A, 0x81, 0x1C, 0xCF, 0x55, 1, 0x83, 0x75]), "1.2.156.10197.1.501");
}

#[test]
fn sets_are_sorted() {
    let set = set_of(vec![vec![4, 1, 9], vec![2, 1, 1], vec![4, 2, 0, 0]]);
    assert_eq!(set, [0x31, 10, 2, 1, 1, 4, 1, 9, 4, 2, 0, 0]);
    assert!(is_sorted_set(&set[2..]).unwrap());
    assert!(!is_sorted_set(&[4, 1, 9, 2, 1, 1]).unwrap());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut reader = Reader::new(&bytes);
        while reader.any().is_ok() && !reader.is_empty() {}
        let _ = (read_time(&mut Reader::new(&bytes)), read_named_bits(&bytes), dotted(&bytes));
    }

    #[test]
    fn named_bits_read_what_they_write(bits in any::<u32>()) {
        let written = named_bits(bits);
        prop_assert_eq!(read_named_bits(&written[2..]), Ok(bits));
    }

    #[test]
    fn what_is_read_is_written_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(element) = Reader::new(&bytes).any() {
            prop_assert_eq!(tlv(element.tag, element.value), element.raw);
        }
    }
}
