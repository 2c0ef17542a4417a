//! Row 73: hostile status lists are refused or capped; what cannot be known is never "fine".

use std::io::Write;

use auth_core::{
    Timestamp, Verdict,
    jose::{self, Header, Jws},
    key::KeyKind,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use credential::{
    status::{ListError, StatusList, StatusSnapshot, StatusToken, TYP, TokenError, sign},
    verify,
};
use flate2::{Compression, write::ZlibEncoder};
use serde_json::{Value, json};

use crate::{county::County, soft};

fn zlib(level: u32, blocks: usize) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
    let zeros = vec![0; 1 << 16];
    for _ in 0..blocks {
        encoder.write_all(&zeros).unwrap();
    }
    B64.encode(encoder.finish().unwrap())
}

#[test]
fn a_list_that_inflates_without_end_is_capped() {
    // 64 MiB of zeros in 64 KB; the cap is 1 MiB and no more than that is ever held.
    assert_eq!(StatusList::decode(2, &zlib(9, 1024)), Err(ListError::TooLong));
    assert!(StatusList::decode(2, &zlib(9, 16)).is_ok());
    assert_eq!(StatusList::decode(2, &zlib(9, 17)), Err(ListError::TooLong));
}

#[test]
fn every_zlib_level_is_accepted() {
    for level in 0..=9 {
        let list = StatusList::decode(2, &zlib(level, 1)).unwrap();
        assert_eq!(list.entries(), 1 << 18);
    }
    // Level 1 writes the header 78 01.
    assert!(B64.decode(zlib(1, 1)).unwrap().starts_with(&[0x78, 0x01]));
}

#[test]
fn an_index_outside_the_list_has_no_status() {
    let list = StatusList::new(2, 64).unwrap();
    assert_eq!(list.at(63), Some(0));
    for index in [64, 65, u64::from(u32::MAX), u64::MAX / 2, u64::MAX - 1, u64::MAX] {
        assert_eq!(list.at(index), None, "{index}");
    }
}

#[test]
fn widths_that_do_not_exist() {
    for bits in [0, 3, 5, 6, 7, 9, 16, 256, 258, u64::MAX] {
        assert_eq!(StatusList::decode(bits, "eNrbuRgAAhcBXQ"), Err(ListError::Bits), "{bits}");
    }
}

#[test]
fn what_is_not_one_zlib_stream() {
    let good = B64.decode("eNrbuRgAAhcBXQ").unwrap();
    let mut tail = good.clone();
    tail.push(0);
    let mut wrong_sum = good.clone();
    *wrong_sum.last_mut().unwrap() ^= 1;
    for bytes in [&tail[..], &wrong_sum, &good[..good.len() - 1], &good[..3], b"", b"\x1f\x8b\x08"]
    {
        assert_eq!(StatusList::decode(1, &B64.encode(bytes)), Err(ListError::Malformed));
    }
    assert_eq!(StatusList::decode(1, "eNrbuRgAAhcBXQ=="), Err(ListError::Malformed));
    assert_eq!(StatusList::decode(1, "eNrbuRgAAhcB\nXQ"), Err(ListError::Malformed));
}

async fn token(claims: Value) -> Result<StatusToken, TokenError> {
    let signer = soft::signer("status", KeyKind::P256, vec![]).await;
    let mut header = Header::new();
    header.insert("typ".into(), json!(TYP));
    let jwt = jose::sign(&signer, header, claims.to_string().as_bytes()).await.unwrap();
    StatusToken::verify(&Jws::parse(&jwt).unwrap(), signer.public(), signer.algorithm())
}

#[tokio::test]
async fn a_token_must_say_everything_it_has_to() {
    let list = json!({"bits": 1, "lst": "eNrbuRgAAhcBXQ"});
    let good = json!({"sub": "u", "iat": 1, "status_list": list, "ttl": 5, "exp": 9});
    assert_eq!(token(good.clone()).await.unwrap().uri, "u");
    for (name, value) in [
        ("sub", json!(null)),
        ("sub", json!(5)),
        ("iat", json!("1")),
        ("iat", json!(null)),
        ("exp", json!("9")),
        ("exp", json!(1.5)),
        ("ttl", json!(0)),
        ("ttl", json!(-1)),
        ("ttl", json!(u64::MAX)),
        ("status_list", json!([])),
        ("status_list", json!({"bits": "1", "lst": "eNrbuRgAAhcBXQ"})),
        ("status_list", json!({"bits": 1, "lst": 5})),
    ] {
        let mut claims = good.clone();
        claims[name] = value;
        assert_eq!(token(claims.clone()).await.unwrap_err(), TokenError::Malformed, "{claims}");
    }
    let mut three = good;
    three["status_list"]["bits"] = json!(3);
    assert_eq!(token(three).await.unwrap_err(), TokenError::List(ListError::Bits));
}

#[tokio::test]
async fn a_token_of_another_type_or_key() {
    let signer = soft::signer("status", KeyKind::P256, vec![]).await;
    let other = soft::signer("other", KeyKind::P256, vec![]).await;
    let list = StatusList::new(2, 1 << 17).unwrap();
    let now = Timestamp::from_unix(1_795_000_000);
    let jwt = sign(&signer, "https://x.example/status/1", &list, now, (86_400, 300)).await.unwrap();
    let jws = Jws::parse(&jwt).unwrap();
    assert!(StatusToken::verify(&jws, signer.public(), signer.algorithm()).is_ok());
    assert!(StatusToken::verify(&jws, other.public(), other.algorithm()).is_err());
    let mut header = Header::new();
    header.insert("typ".into(), json!("JWT"));
    let plain = jose::sign(&signer, header, b"{}").await.unwrap();
    let jws = Jws::parse(&plain).unwrap();
    assert!(StatusToken::verify(&jws, signer.public(), signer.algorithm()).is_err());
}

/// The worst list we publish still fits the JWS bound: every entry different from its neighbour.
#[tokio::test]
async fn the_fullest_list_still_fits() {
    let signer = soft::signer("status", KeyKind::P256, vec![]).await;
    let random = soft::Seeded::new(73);
    let mut list = StatusList::new(2, 1 << 17).unwrap();
    let mut bytes = vec![0; 1 << 17];
    auth_core::Random::fill(&random, &mut bytes);
    for (at, byte) in bytes.iter().enumerate() {
        list.set(at as u64, byte % 3).unwrap();
    }
    let now = Timestamp::from_unix(1_795_000_000);
    let jwt = sign(&signer, "https://x.example/status/1", &list, now, (86_400, 300)).await.unwrap();
    let token =
        StatusToken::verify(&Jws::parse(&jwt).unwrap(), signer.public(), signer.algorithm());
    assert_eq!(token.unwrap().list, list);
}

/// A certificate of the county that names this place in its list, and what a verifier says of it.
async fn standing(county: &County, status: Value, snapshot: &StatusSnapshot) -> (Verdict, String) {
    let signer = &county.registry.credential_signer;
    let mut header = Header::new();
    header.insert("typ".into(), json!("dc+sd-jwt"));
    header.insert("kid".into(), json!(signer.kid()));
    let now = county.now().unix();
    let claims = json!({"iss": "http://localhost:8080", "vct": "v", "iat": now, "status": status});
    let jwt = jose::sign(signer, header, claims.to_string().as_bytes()).await.unwrap();
    let report = verify(format!("{jwt}~").as_bytes(), &county.trust, snapshot, county.now());
    let codes: Vec<_> = report.reasons.iter().map(|reason| reason.code.as_str()).collect();
    (report.verdict, codes.join(" "))
}

#[tokio::test]
async fn places_that_a_list_does_not_have_are_invalid() {
    let county = County::new().await;
    county.licence().await;
    let snapshot = county.registry.snapshot(county.now()).await.unwrap();
    let uri = "http://localhost:8080/status/1";
    let at = async |idx: Value| {
        standing(&county, json!({"status_list": {"idx": idx, "uri": uri}}), &snapshot).await
    };
    assert_eq!(at(json!(131_071)).await.0, Verdict::Valid);
    for beyond in [json!(131_072), json!(u64::MAX), json!(1_u64 << 62)] {
        let (verdict, codes) = at(beyond).await;
        assert_eq!(verdict, Verdict::Invalid);
        assert!(codes.contains("status-out-of-range"), "{codes}");
    }
    for odd in
        [json!(-1), json!("7"), json!(7.5), json!(18_446_744_073_709_551_616_f64), json!(null)]
    {
        let (verdict, codes) = at(odd).await;
        assert_eq!((verdict, codes.as_str()), (Verdict::Invalid, "claims-malformed"));
    }
    for form in [json!({}), json!([]), json!({"status_list": {}}), json!({"other": 1})] {
        assert_eq!(standing(&county, form, &snapshot).await.0, Verdict::Invalid);
    }
}

#[tokio::test]
async fn a_list_of_another_address_says_nothing() {
    let county = County::new().await;
    county.licence().await;
    let snapshot = county.registry.snapshot(county.now()).await.unwrap();
    for uri in [
        "http://localhost:8080/status/2",
        "http://localhost:8080/status/1/",
        "HTTP://localhost:8080/status/1",
    ] {
        let status = json!({"status_list": {"idx": 7, "uri": uri}});
        let (verdict, codes) = standing(&county, status, &snapshot).await;
        assert_eq!(verdict, Verdict::Undetermined, "{uri}");
        assert!(codes.contains("status-missing"));
    }
}

#[tokio::test]
async fn an_old_list_never_replaces_a_newer_one_and_ends_with_its_time() {
    let county = County::new().await;
    // So that lists older than a day are not older than their signer.
    county.world.clock.forward(2 * 86_400);
    county.licence().await;
    let (signer, trust) = (&county.registry.status_signer, &county.trust);
    let (uri, now) = ("http://localhost:8080/status/1", county.now());
    let place = json!({"status_list": {"idx": 7, "uri": uri}});
    let mut revoked = StatusList::new(2, 16).unwrap();
    revoked.set(7, 1).unwrap();
    let clean = StatusList::new(2, 16).unwrap();
    let old = sign(signer, uri, &clean, now.plus_seconds(-100), (86_400, 300)).await.unwrap();
    let new = sign(signer, uri, &revoked, now.plus_seconds(-50), (86_400, 300)).await.unwrap();
    let mut snapshot = StatusSnapshot::empty();
    assert!(snapshot.add(&new, trust, now) && !snapshot.add(&old, trust, now));
    assert_eq!(standing(&county, place.clone(), &snapshot).await.0, Verdict::Invalid);
    for (issued, lifetimes, code) in [
        (-400, (86_400, 300), "status-stale"),
        (-100, (99, 300), "status-stale"),
        (-90_000, (900_000, 900_000), "status-stale"),
        (120, (86_400, 300), "status-from-the-future"),
    ] {
        let token = sign(signer, uri, &clean, now.plus_seconds(issued), lifetimes).await.unwrap();
        let mut snapshot = StatusSnapshot::empty();
        assert!(snapshot.add(&token, trust, now));
        let (verdict, codes) = standing(&county, place.clone(), &snapshot).await;
        assert_eq!(verdict, Verdict::Undetermined, "{code}");
        assert!(codes.contains(code), "{codes}");
    }
    // A value nobody has given a meaning to is neither good nor bad.
    let mut odd = StatusList::new(2, 16).unwrap();
    odd.set(7, 3).unwrap();
    let token = sign(signer, uri, &odd, now, (86_400, 300)).await.unwrap();
    let mut snapshot = StatusSnapshot::empty();
    snapshot.add(&token, trust, now);
    let (verdict, codes) = standing(&county, place, &snapshot).await;
    assert_eq!((verdict, codes.contains("status-value-unknown")), (Verdict::Undetermined, true));
}
