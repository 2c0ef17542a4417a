//! Row 85: odd revocation lists. No panic; what a list cannot say is unknown, never good.

use auth_core::{key::KeyKind, verdict::Revocation};
use pki::{
    asn1,
    cert::{ISSUING_CA, Serial},
    crl::{Crl, Entry, RevocationReason},
    oid::{self, ObjectIdentifier},
    status::{CrlSnapshot, Moment, NoAnswer, Status},
};

use crate::support::{Chain, NOW, Party, certify};

const WHEN: Moment = Moment { judged_at: NOW, now: NOW };

/// Signs a list with these raw extensions.
async fn list_with(by: &Party, extensions: &[Vec<u8>]) -> Vec<u8> {
    let algorithm = pki::algorithm::identifier(by.signer.algorithm());
    let mut fields = vec![
        asn1::small_integer(1),
        algorithm.clone(),
        by.certificate.subject().der().to_vec(),
        asn1::write_time(NOW.plus_seconds(-60)),
        asn1::write_time(NOW.plus_seconds(60)),
    ];
    if !extensions.is_empty() {
        fields.push(asn1::context(0, [asn1::sequence(extensions)]));
    }
    let tbs = asn1::sequence(fields);
    let signature = pki::algorithm::sign(&by.signer, &tbs).await.unwrap();
    asn1::sequence([tbs, algorithm, asn1::bits(&signature)])
}

fn critical(id: &ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    asn1::sequence([asn1::oid(id), asn1::boolean(), asn1::octets(value)])
}

fn status(chain: &Chain, seal: &Party, list: &[u8]) -> Status {
    let mut lists = CrlSnapshot::new();
    lists.add(list).unwrap();
    lists.status(&seal.certificate, &[&chain.issuing.certificate], WHEN)
}

#[tokio::test]
async fn row_85_lists_that_cannot_answer_leave_the_status_unknown() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let plain = list_with(&chain.issuing, &[]).await;
    assert_eq!(status(&chain, &seal, &plain), Status::Good);

    let scope = |value: Vec<u8>| critical(&oid::ISSUING_DISTRIBUTION_POINT, &value);
    let other_point =
        asn1::context(0, [asn1::context(0, [asn1::context_primitive(6, b"http://x/")])]);
    let unsupported: [(&str, Vec<u8>); 6] = [
        ("empty onlySomeReasons", scope(asn1::sequence([asn1::context_primitive(3, &[])]))),
        ("second distribution point", scope(asn1::sequence([other_point]))),
        ("indirect", scope(asn1::sequence([asn1::context_primitive(4, &[0xFF])]))),
        ("authorities only", scope(asn1::sequence([asn1::context_primitive(2, &[0xFF])]))),
        ("delta", critical(&oid::DELTA_CRL_INDICATOR, &asn1::small_integer(1))),
        (
            "unknown critical",
            critical(&ObjectIdentifier::new_unwrap("1.3.6.1.4.1.55555.1"), &[5, 0]),
        ),
    ];
    for (what, extension) in unsupported {
        let list = list_with(&chain.issuing, &[extension]).await;
        let expected = Status::Unknown(NoAnswer::Unsupported);
        assert_eq!(status(&chain, &seal, &list), expected, "{what}");
    }
    let same_point = asn1::context_primitive(6, b"http://localhost:8080/crl/seal");
    let same_point = asn1::context(0, [asn1::context(0, [same_point])]);
    let list = list_with(&chain.issuing, &[scope(asn1::sequence([same_point]))]).await;
    assert_eq!(status(&chain, &seal, &list), Status::Good);
}

#[tokio::test]
async fn row_85_nothing_is_believed_before_the_signature_is_checked() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let name = "示例县印章签发"; // same name, other key
    let twin = certify(&chain.token, Some(&chain.root), name, &ISSUING_CA, KeyKind::P256).await;
    let entry =
        Entry { serial: seal.serial, revoked_at: NOW, reason: RevocationReason::KeyCompromise };
    let forged = chain.crl(&twin, 9, &[entry]).await;
    assert_eq!(status(&chain, &seal, &forged), Status::Unknown(NoAnswer::Signature));
    // A seal's key has no cRLSign.
    let by_leaf = chain.crl(&seal, 9, &[]).await;
    assert_eq!(status(&chain, &seal, &by_leaf), Status::Unknown(NoAnswer::NoList));
}

#[tokio::test]
async fn status_depends_on_the_time_judged() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let revoked_at = NOW.plus_seconds(-100);
    let entry = Entry { serial: seal.serial, revoked_at, reason: RevocationReason::Superseded };
    let mut lists = CrlSnapshot::new();
    lists.add(&chain.crl(&chain.issuing, 2, &[entry]).await).unwrap();
    let at = |judged_at, now| {
        let when = Moment { judged_at, now };
        lists.status(&seal.certificate, &[&chain.issuing.certificate], when)
    };
    let revoked = Status::Revoked { at: revoked_at, reason: RevocationReason::Superseded };
    assert_eq!(at(NOW, NOW), revoked);
    assert_eq!(at(revoked_at, NOW), revoked);
    assert_eq!(at(revoked_at.plus_seconds(-1), NOW), Status::Good);
    let stale = NOW.plus_seconds(2 * 86_400);
    assert_eq!(at(stale, stale), revoked, "a revocation stays one in a stale list");
    let before = NOW.plus_seconds(-7200);
    let early = Status::Unknown(NoAnswer::NotYetValid);
    assert_eq!(at(before, before), early, "a list from the future is not believed");

    let other = chain.seal(KeyKind::P256).await;
    let status = |judged_at| {
        let when = Moment { judged_at, now: judged_at };
        lists.status(&other.certificate, &[&chain.issuing.certificate], when)
    };
    assert_eq!(status(NOW), Status::Good);
    assert_eq!(status(stale), Status::Unknown(NoAnswer::Stale));
}

#[tokio::test]
async fn path_status_wants_every_certificate_good() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let path = [&seal, &chain.issuing, &chain.root].map(|party| party.certificate.clone());
    let mut lists = CrlSnapshot::new();
    lists.add(&chain.crl(&chain.issuing, 1, &[]).await).unwrap();
    let (revocation, reasons) = lists.path_status(&path, &[], WHEN);
    assert_eq!(revocation, Revocation::Unknown);
    assert_eq!(reasons[0].code, "revocation-list-missing");
    lists.add(&chain.crl(&chain.root, 1, &[]).await).unwrap();
    assert_eq!(lists.path_status(&path, &[], WHEN).0, Revocation::Good);
    let entry = Entry {
        serial: chain.issuing.serial,
        revoked_at: NOW,
        reason: RevocationReason::CaCompromise,
    };
    lists.add(&chain.crl(&chain.root, 2, &[entry]).await).unwrap();
    assert_eq!(lists.path_status(&path, &[], WHEN).0, Revocation::Revoked);
}

#[tokio::test]
async fn any_byte_flipped_in_a_list_is_noticed() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let entry = Entry {
        serial: Serial::from_hex(&"41".repeat(16)).unwrap(),
        revoked_at: NOW,
        reason: RevocationReason::KeyCompromise,
    };
    let list = chain.crl(&chain.issuing, 1, &[entry]).await;
    for index in 0..list.len() {
        for flip in [1, 0x80] {
            let mut damaged = list.clone();
            damaged[index] ^= flip;
            if Crl::from_der(&damaged).is_ok() {
                let found = status(&chain, &seal, &damaged);
                assert!(matches!(found, Status::Unknown(_)), "byte {index}: {found:?}");
            }
        }
    }
}
