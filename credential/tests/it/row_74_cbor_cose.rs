//! Row 74: CBOR and COSE with more than one reading are refused, cheaply.

use auth_core::key::{KeyKind, SignatureAlgorithm};
use credential::yx1::{
    CoseError, Sign1,
    cbor::{CborError, Item, encode},
    cose,
};
use proptest::prelude::*;

use crate::soft;

fn refused(bytes: &[u8]) -> CborError {
    Item::decode(bytes).unwrap_err()
}

#[test]
fn duplicate_keys() {
    assert_eq!(refused(&[0xa2, 1, 1, 1, 2]), CborError::RepeatedKey);
    assert_eq!(refused(&[0xa2, 0x61, b'a', 1, 0x61, b'a', 2]), CborError::RepeatedKey);
    assert_eq!(refused(&[0xa1, 0, 0xa2, 1, 1, 1, 2]), CborError::RepeatedKey);
}

#[test]
fn huge_announcements_cost_nothing() {
    for major in [0x40, 0x60, 0x80, 0xa0] {
        for count in [u64::MAX, 1 << 63, (1 << 63) - 1, 1 << 32] {
            let bytes = [&[major | 27][..], &count.to_be_bytes()].concat();
            assert_eq!(refused(&bytes), CborError::Truncated);
        }
    }
    assert_eq!(refused(&[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), CborError::Limit);
}

#[test]
fn depth_and_number_are_bounded() {
    assert_eq!(refused(&vec![0x81; 100_000]), CborError::Limit);
    assert_eq!(refused(&[vec![0x81; 50], vec![0]].concat()), CborError::Limit);
    assert_eq!(refused(&[vec![0xc1; 50], vec![0]].concat()), CborError::Limit);
    let wide = [vec![0x99, 0x10, 0x00], vec![0; 0x1000]].concat();
    assert_eq!(refused(&wide), CborError::Limit);
}

#[test]
fn indefinite_lengths() {
    for bytes in [
        &[0x9f, 0xff][..],
        &[0xbf, 0xff],
        &[0x5f, 0x41, 0, 0xff],
        &[0x7f, 0x61, b'a', 0xff],
        &[0xff],
    ] {
        assert_eq!(refused(bytes), CborError::Indefinite);
    }
}

#[test]
fn longer_forms_than_needed() {
    for bytes in [
        &[0x18, 23][..],
        &[0x19, 0, 255],
        &[0x1a, 0, 0, 255, 255],
        &[0x1b, 0, 0, 0, 0, 255, 255, 255, 255],
        &[0x58, 1, 0],
        &[0x78, 1, b'a'],
        &[0x98, 1, 0],
        &[0xb8, 1, 0, 0],
        &[0x38, 0],
        &[0xa2, 2, 0, 1, 0],
        &[0xa2, 0x61, b'a', 0, 1, 0],
    ] {
        assert_eq!(refused(bytes), CborError::NotDeterministic, "{bytes:x?}");
    }
}

#[test]
fn kinds_that_statements_do_not_have() {
    for bytes in [
        &[0xf9, 0x3c, 0][..],
        &[0xfa, 0, 0, 0, 0],
        &[0xfb, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0xf7],
        &[0xe0],
        &[0xf8, 0x20],
        &[0xa1, 0xf5, 0], // `true` as key 1
        &[0xa1, 0x41, 1, 0],
        &[0xa1, 0x80, 0],
    ] {
        assert_eq!(refused(bytes), CborError::Unsupported, "{bytes:x?}");
    }
    assert_eq!(refused(&[0x61, 0xff]), CborError::Malformed);
    assert_eq!(refused(&[0x1c]), CborError::Malformed);
    assert_eq!(refused(&[0, 0]), CborError::Trailing);
    assert_eq!(refused(&[]), CborError::Truncated);
}

/// A COSE_Sign1 of these four parts.
fn message(protected: &Item<'_>, unprotected: Item<'_>) -> Vec<u8> {
    let protected = encode(protected);
    let parts =
        vec![Item::Bytes(&protected), unprotected, Item::Bytes(b"payload"), Item::Bytes(&[7; 64])];
    encode(&Item::Tag(18, Box::new(Item::Array(parts))))
}

fn map(members: &[(i64, Item<'static>)]) -> Item<'static> {
    Item::Map(members.iter().map(|(key, value)| (Item::Int(*key), value.clone())).collect())
}

#[test]
fn the_algorithm_counts_only_where_it_is_protected() {
    let kid = (4, Item::Bytes(b"12345678"));
    let alg = (1, Item::Int(-7));
    let good = message(&map(&[alg.clone(), kid.clone()]), map(&[]));
    assert_eq!(Sign1::parse(&good).unwrap().algorithm(), SignatureAlgorithm::Es256);
    let outside = message(&map(std::slice::from_ref(&kid)), map(std::slice::from_ref(&alg)));
    assert_eq!(Sign1::parse(&outside), Err(CoseError::Algorithm));
    for wrong in
        [Item::Int(0), Item::Int(5), Item::Int(-257), Item::Text("ES256"), Item::Bool(true)]
    {
        let bytes = message(&map(&[(1, wrong), kid.clone()]), map(&[]));
        assert_eq!(Sign1::parse(&bytes), Err(CoseError::Algorithm));
    }
    let critical = (2, Item::Array(vec![Item::Int(4)]));
    let bytes = message(&map(&[alg.clone(), critical.clone(), kid.clone()]), map(&[]));
    assert_eq!(Sign1::parse(&bytes), Err(CoseError::Critical));
    let bytes = message(&map(&[alg.clone(), kid]), map(&[critical]));
    assert_eq!(Sign1::parse(&bytes), Err(CoseError::Critical));
    assert_eq!(Sign1::parse(&message(&map(&[alg]), map(&[]))), Err(CoseError::Form));
}

#[test]
fn other_messages_are_not_sign1() {
    for bytes in [&[0xd2, 0x80][..], &[0x84, 0x40, 0xa0, 0x40, 0x40], &[0xd2, 0xf6], &[0xd1, 0x80]]
    {
        assert_eq!(Sign1::parse(bytes), Err(CoseError::Form), "{bytes:x?}");
    }
}

#[tokio::test]
async fn every_changed_bit_breaks_a_message() {
    for kind in [KeyKind::P256, KeyKind::Sm2] {
        let signer = soft::signer("cose", kind, vec![b"certificate".to_vec()]).await;
        let good = cose::sign(&signer, b"payload").await.unwrap();
        let verify = |bytes: &[u8]| {
            let sign1 = Sign1::parse(bytes).ok()?;
            sign1.verify(signer.public(), signer.algorithm()).ok().map(<[u8]>::to_vec)
        };
        assert_eq!(verify(&good).unwrap(), b"payload");
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(&bad), None, "{kind:?} bit {bit}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_and_what_is_read_is_written_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(item) = Item::decode(&bytes) {
            prop_assert_eq!(encode(&item), bytes);
        }
    }

    #[test]
    fn nearly_right_bytes_do_not_panic(at in 0_usize..200, value: u8) {
        let mut bytes = message(&map(&[(1, Item::Int(-7)), (4, Item::Bytes(b"12345678"))]), map(&[]));
        let index = at % bytes.len();
        bytes[index] = value;
        let _ = Sign1::parse(&bytes);
    }
}
