//! Row 86: certification paths that must be refused, within a budget.

use auth_core::{Verdict, key::KeyKind};
use pki::{
    Certificate, Knowledge, Name, NameParts, asn1,
    cert::{CREDENTIAL_SIGNER, ISSUING_CA, ROOT_CA, SEAL, Serial},
    judge,
    oid::{self, ObjectIdentifier},
    path::{PathFlaw, PathOutcome, PathQuestion, PolicyInputs, Purpose, stray, validate},
    status::CrlSnapshot,
    trust::{AnchorClass, TrustList},
};

use crate::support::{Chain, NOW, Party, certify};

fn trust(root: &Party) -> TrustList {
    let mut list = TrustList::new();
    list.add(root.certificate.der(), AnchorClass::Internal).unwrap();
    list
}

fn outcome(
    leaf: &Certificate,
    pool: &[Certificate],
    trust: &TrustList,
    purpose: Purpose,
) -> PathOutcome {
    let policies = PolicyInputs::default();
    validate(leaf, &PathQuestion { pool, trust, at: NOW, purpose, policies })
}

/// The code of a refusal; panics when the path is trusted.
fn flaw(outcome: PathOutcome) -> PathFlaw {
    match outcome {
        PathOutcome::Untrusted(flaw) | PathOutcome::Unknown(flaw) => flaw,
        PathOutcome::Trusted(_) => panic!("trusted"),
    }
}

/// A certificate with hand-made extensions, signed by `by`.
async fn odd(by: &Party, subject: &str, key: &Party, extensions: &[Vec<u8>]) -> Certificate {
    Certificate::from_der(&odd_der(by, subject, key, extensions).await).unwrap()
}

async fn odd_der(by: &Party, subject: &str, key: &Party, extensions: &[Vec<u8>]) -> Vec<u8> {
    let name = Name::new(&NameParts { common_name: subject.to_owned(), ..NameParts::default() });
    let algorithm = pki::algorithm::identifier(by.signer.algorithm());
    let mut fields = vec![
        asn1::context(0, [asn1::small_integer(2)]),
        asn1::integer(Serial::from_hex(&"5a".repeat(16)).unwrap().as_bytes()),
        algorithm.clone(),
        by.certificate.subject().der().to_vec(),
        asn1::sequence([asn1::write_time(NOW), asn1::write_time(NOW.plus_seconds(60))]),
        name.unwrap().der().to_vec(),
        key.signer.public().spki().to_vec(),
    ];
    if !extensions.is_empty() {
        fields.push(asn1::context(3, [asn1::sequence(extensions)]));
    }
    let tbs = asn1::sequence(fields);
    let signature = pki::algorithm::sign(&by.signer, &tbs).await.unwrap();
    asn1::sequence([tbs, algorithm, asn1::bits(&signature)])
}

fn extension(id: &ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { asn1::boolean() } else { Vec::new() };
    asn1::sequence([asn1::oid(id), critical, asn1::octets(value)])
}

fn ca_extension() -> Vec<u8> {
    extension(&oid::BASIC_CONSTRAINTS, true, &asn1::sequence([asn1::boolean()]))
}

#[tokio::test]
async fn a_good_path_is_trusted_for_its_purpose_only() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048, KeyKind::Sm2] {
        let chain = Chain::new(kind).await;
        let seal = chain.seal(kind).await;
        let pool = [chain.issuing.certificate.clone()];
        let trust = trust(&chain.root);
        let good = outcome(&seal.certificate, &pool, &trust, Purpose::DocumentSigning);
        let path = good.path().unwrap();
        assert_eq!(path.certificates.len(), 3);
        assert!(path.no_legal_effect);
        assert!(stray(&pool, &[path]).is_empty());
        let embedded = [pool[0].clone(), chain.seal(kind).await.certificate];
        assert_eq!(stray(&embedded, &[path]).len(), 1);
        let other = outcome(&seal.certificate, &pool, &trust, Purpose::CredentialSigning);
        assert!(matches!(flaw(other), PathFlaw::Purpose(_)));
        let missing = outcome(&seal.certificate, &[], &trust, Purpose::DocumentSigning);
        assert!(matches!(missing, PathOutcome::Unknown(PathFlaw::NoPath)));
        let nobody = outcome(&seal.certificate, &pool, &TrustList::new(), Purpose::Any);
        assert!(matches!(nobody, PathOutcome::Unknown(PathFlaw::NoPath)));
    }
    let chain = Chain::new(KeyKind::P256).await;
    let signer =
        certify(&chain.token, Some(&chain.issuing), "证照", &CREDENTIAL_SIGNER, KeyKind::P256);
    let signer = signer.await;
    let pool = [chain.issuing.certificate.clone()];
    let found = outcome(&signer.certificate, &pool, &trust(&chain.root), Purpose::DocumentSigning);
    assert!(matches!(flaw(found), PathFlaw::Purpose(_)));
}

#[tokio::test]
async fn row_86_time_decides() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let (pool, trust) = ([chain.issuing.certificate.clone()], trust(&chain.root));
    let at = |at| {
        let policies = PolicyInputs::default();
        let purpose = Purpose::DocumentSigning;
        flaw(validate(
            &seal.certificate,
            &PathQuestion { pool: &pool, trust: &trust, at, purpose, policies },
        ))
    };
    assert!(matches!(at(NOW.plus_seconds(-61)), PathFlaw::NotYetValid(_)));
    assert!(matches!(at(NOW.plus_seconds(301 * 86_400)), PathFlaw::Expired(_)));
}

#[tokio::test]
async fn row_86_an_issuer_must_be_an_authority() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let victim = chain.seal(KeyKind::P256).await;
    let trust = trust(&chain.root);
    // CA:false
    let forged = odd(&seal, "伪造", &victim, &[]).await;
    let pool = [seal.certificate.clone(), chain.issuing.certificate.clone()];
    let found = flaw(outcome(&forged, &pool, &trust, Purpose::Any));
    assert!(matches!(found, PathFlaw::NotCa(_)), "{found:?}");
    // No basicConstraints at all.
    let bare = odd(&chain.root, "裸", &seal, &[]).await;
    let bare = Party { certificate: bare, signer: seal.signer.clone(), serial: seal.serial };
    let forged = odd(&bare, "伪造", &victim, &[]).await;
    let found = flaw(outcome(&forged, &[bare.certificate], &trust, Purpose::Any));
    assert!(matches!(found, PathFlaw::NotCa(_)), "{found:?}");
    // CA:true without keyCertSign.
    let usage = extension(&oid::KEY_USAGE, true, &asn1::named_bits(1));
    let weak = odd(&chain.root, "弱", &seal, &[ca_extension(), usage]).await;
    let weak = Party { certificate: weak, signer: seal.signer.clone(), serial: seal.serial };
    let forged = odd(&weak, "伪造", &victim, &[]).await;
    let found = flaw(outcome(&forged, &[weak.certificate], &trust, Purpose::Any));
    assert!(matches!(found, PathFlaw::KeyUsage(_)), "{found:?}");
}

#[tokio::test]
async fn row_86_critical_unknown_extensions_and_path_length_are_refused() {
    let chain = Chain::new(KeyKind::P256).await;
    let (trust, key) = (trust(&chain.root), chain.seal(KeyKind::P256).await);
    let unknown = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.55555.7");
    let leaf = odd(&chain.issuing, "x", &key, &[extension(&unknown, true, &[5, 0])]).await;
    let pool = [chain.issuing.certificate.clone()];
    let found = flaw(outcome(&leaf, &pool, &trust, Purpose::Any));
    assert_eq!(found, PathFlaw::CriticalExtension("1.3.6.1.4.1.55555.7".to_owned()));
    let leaf = odd(&chain.issuing, "x", &key, &[extension(&unknown, false, &[5, 0])]).await;
    assert!(outcome(&leaf, &pool, &trust, Purpose::Any).path().is_some());

    // Below an issuing authority (pathlen 0) there is no other.
    let below = odd(&chain.issuing, "下级", &key, &[ca_extension()]).await;
    let below = Party { certificate: below, signer: key.signer.clone(), serial: key.serial };
    let leaf = odd(&below, "叶", &chain.seal(KeyKind::P256).await, &[]).await;
    let pool = [below.certificate.clone(), chain.issuing.certificate.clone()];
    assert_eq!(flaw(outcome(&leaf, &pool, &trust, Purpose::Any)), PathFlaw::PathLength);
}

#[tokio::test]
async fn row_86_name_constraints_hold_for_uris_and_wildcards() {
    let chain = Chain::new(KeyKind::P256).await;
    let (trust, ca) = (trust(&chain.root), chain.seal(KeyKind::P256).await);
    let tree = |tag: u8, base: &[u8]| asn1::sequence([asn1::context_primitive(tag, base)]);
    let permitted = asn1::context(0, [tree(2, b"gov.cn"), tree(6, b".gov.cn")]);
    let excluded = asn1::context(1, [tree(2, b"secret.gov.cn")]);
    let constraints = asn1::sequence([permitted, excluded]);
    let constraints = extension(&oid::NAME_CONSTRAINTS, true, &constraints);
    let issuer = odd(&chain.root, "受限", &ca, &[ca_extension(), constraints]).await;
    let issuer = Party { certificate: issuer, signer: ca.signer.clone(), serial: ca.serial };
    let key = chain.seal(KeyKind::P256).await;
    let names = [
        (2_u8, &b"a.gov.cn"[..], true),
        (2, b"gov.cn.evil.cn", false),
        (2, b"x.secret.gov.cn", false),
        (2, b"*.gov.cn", false), // stands for secret.gov.cn too
        (2, b"*.a.gov.cn", true),
        (6, b"https://a.gov.cn/x", true),
        (6, b"https://evil.cn/", false),
        (6, b"https://a.gov.cn@evil.cn/", false),
        (6, b"urn:x", false),
        (1, b"a@evil.cn", true), // no constraint of this form
    ];
    for (tag, name, good) in names {
        let value = asn1::sequence([asn1::context_primitive(tag, name)]);
        let names = extension(&oid::SUBJECT_ALT_NAME, false, &value);
        let leaf = odd(&issuer, "叶", &key, &[names]).await;
        let found = outcome(&leaf, std::slice::from_ref(&issuer.certificate), &trust, Purpose::Any);
        let shown = String::from_utf8_lossy(name);
        assert_eq!(found.path().is_some(), good, "{shown}: {found:?}");
    }
    // CVE-2024-0567 and kin: NUL in a name is no name, and such a certificate is not read.
    let value = asn1::sequence([asn1::context_primitive(2, b"a.gov.cn\0.evil.cn")]);
    let names = extension(&oid::SUBJECT_ALT_NAME, false, &value);
    assert!(Certificate::from_der(&odd_der(&issuer, "叶", &key, &[names]).await).is_err());
}

#[tokio::test]
async fn row_86_cross_signed_authorities_cannot_exhaust_the_verifier() {
    // Twelve authorities of one name and key, each "issued" by the same name: every one may have
    // issued every other, which makes 12! paths.
    let chain = Chain::new(KeyKind::P256).await;
    let key = chain.seal(KeyKind::P256).await;
    let first = odd(&chain.issuing, "环", &key, &[ca_extension()]).await;
    let own = Party { certificate: first, signer: key.signer.clone(), serial: key.serial };
    let mut pool = Vec::new();
    for index in 0..12_u8 {
        let mark = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.55555.1");
        let extensions = [ca_extension(), extension(&mark, false, &[4, 1, index])];
        pool.push(odd(&own, "环", &key, &extensions).await);
    }
    let leaf = odd(&own, "叶", &chain.seal(KeyKind::P256).await, &[]).await;
    let found = outcome(&leaf, &pool, &trust(&chain.root), Purpose::Any);
    assert_eq!(flaw(found), PathFlaw::Budget);
}

#[tokio::test]
async fn row_86_an_expired_authority_in_the_pool_does_not_hide_a_good_one() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let mut trust = trust(&chain.root);
    let other = Chain::new(KeyKind::P256).await;
    trust.add(other.root.certificate.der(), AnchorClass::Internal).unwrap();
    let pool = [other.issuing.certificate, chain.issuing.certificate.clone()];
    let found = outcome(&seal.certificate, &pool, &trust, Purpose::DocumentSigning);
    assert!(found.path().is_some(), "{found:?}");
}

#[tokio::test]
async fn any_byte_flipped_in_a_certificate_makes_it_untrusted() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let (pool, trust) = ([chain.issuing.certificate.clone()], trust(&chain.root));
    let der = seal.certificate.der();
    for index in 0..der.len() {
        let mut damaged = der.to_vec();
        damaged[index] ^= 1;
        if let Ok(read) = Certificate::from_der(&damaged) {
            let found = outcome(&read, &pool, &trust, Purpose::Any);
            assert!(found.path().is_none(), "byte {index}");
        }
    }
}

#[tokio::test]
async fn a_judgement_joins_path_and_status_and_names_the_demo() {
    let chain = Chain::new(KeyKind::Sm2).await;
    let seal = chain.seal(KeyKind::Sm2).await;
    let trust = trust(&chain.root);
    let pool = [chain.issuing.certificate.clone()];
    let mut lists = CrlSnapshot::new();
    let ask = |lists: &CrlSnapshot| {
        let knowledge = Knowledge { trust: &trust, lists, now: NOW };
        judge(&seal.certificate, &pool, knowledge, NOW, Purpose::DocumentSigning)
    };
    let without = ask(&lists);
    assert_eq!(without.verdict, Verdict::Undetermined);
    assert_eq!(without.indication, "INDETERMINATE/TRY_LATER");
    lists.add(&chain.crl(&chain.issuing, 1, &[]).await).unwrap();
    lists.add(&chain.crl(&chain.root, 1, &[]).await).unwrap();
    let good = ask(&lists);
    assert_eq!(good.verdict, Verdict::Valid);
    assert_eq!(good.indication, "TOTAL-PASSED");
    assert_eq!(good.reasons[0].code, "no-legal-effect");
}

#[test]
fn profiles_differ_where_they_must() {
    assert!(ROOT_CA.is_ca() && ISSUING_CA.is_ca() && !SEAL.is_ca());
    assert_eq!(ISSUING_CA.path_length(), Some(0));
    assert_ne!(SEAL.extended_key_usage, CREDENTIAL_SIGNER.extended_key_usage);
}
