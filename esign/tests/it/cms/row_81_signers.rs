//! Row 81: games with signers, certificates, encodings and hashes.

use auth_core::key::KeyKind;
use esign::cms::CmsRefused;
use pki::{
    asn1::{self, Asn1Error},
    oid::{self, ObjectIdentifier},
};

use super::{
    CONTENT, Office, certificate,
    forge::{Forge, Info, MESSAGE_DIGEST, attribute, digest, good_attributes},
    refusal, verify,
};

#[tokio::test]
async fn row_81_no_signer_and_no_certificate() {
    let office = Office::new(KeyKind::P256).await;
    let mut forge = Forge::new(&office.signer);
    forge.infos.clear();
    assert_eq!(refusal(&forge.build().await), CmsRefused::NoSigner);
    let mut forge = Forge::new(&office.signer);
    forge.certificates.clear();
    assert_eq!(refusal(&forge.build().await), CmsRefused::NoCertificate);
    let mut forge = Forge::new(&office.signer);
    forge.certificates.remove(0);
    assert_eq!(refusal(&forge.build().await), CmsRefused::NoCertificate);
}

#[tokio::test]
async fn row_81_two_signers_are_reported_each_and_one_bad_one_spoils_the_whole() {
    let office = Office::new(KeyKind::P256).await;
    let second = office.another_seal(KeyKind::P256).await;
    let mut forge = Forge::new(&office.signer);
    forge.certificates.push(second.chain()[0].clone());
    forge.infos.push(Info::new(&second));
    let cms = forge.build().await;
    assert_eq!(verify(&cms, CONTENT).unwrap().signers.len(), 2);
    assert!(office.is_valid(&cms, CONTENT).await);
    assert!(verify(&cms, CONTENT).unwrap().only_signer().is_err(), "PAdES has one signer");

    let mut list = good_attributes(&second);
    list[1] = attribute(&MESSAGE_DIGEST, &[asn1::octets(&digest(&second, b"x"))]);
    forge.infos[1].attributes(list);
    let cms = forge.build().await;
    let found = verify(&cms, CONTENT).unwrap();
    let bad: Vec<_> = found.signers.iter().filter_map(|signer| signer.as_ref().err()).collect();
    assert_eq!(bad, [&CmsRefused::DigestMismatch]);
    assert_eq!(found.signers.len(), 2);
    assert!(!office.is_valid(&cms, CONTENT).await);
}

#[tokio::test]
async fn row_81_the_certificate_is_bound_by_the_signed_reference() {
    let office = Office::new(KeyKind::P256).await;
    // A second certificate for the same key: without the reference, either would do.
    let twin = office.another_seal(KeyKind::P256).await;
    let mut forge = Forge::new(&office.signer);
    forge.certificates = twin.chain().to_vec();
    let twin_certificate = certificate(&twin);
    let serial = asn1::tlv(asn1::tag::INTEGER, twin_certificate.serial());
    forge.infos[0].sid = asn1::sequence([twin_certificate.issuer().der(), &serial]);
    assert_eq!(refusal(&forge.build().await), CmsRefused::SigningCertificate);
    // The signer's identifier points to another certificate of the same chain.
    let mut forge = Forge::new(&office.signer);
    let above = pki::Certificate::from_der(&office.signer.chain()[1]).unwrap();
    let serial = asn1::tlv(asn1::tag::INTEGER, above.serial());
    forge.infos[0].sid = asn1::sequence([above.issuer().der(), &serial]);
    assert_eq!(refusal(&forge.build().await), CmsRefused::SigningCertificate);
}

#[tokio::test]
async fn row_81_trailing_bytes_and_ber() {
    let office = Office::new(KeyKind::P256).await;
    let cms = office.sign().await;
    let mut longer = cms.clone();
    longer.push(0);
    assert_eq!(refusal(&longer), CmsRefused::Malformed(Asn1Error::Trailing));
    assert_eq!(refusal(&cms[..cms.len() - 1]), CmsRefused::Malformed(Asn1Error::Truncated));
    // The outer SEQUENCE with indefinite length, as BER writers do.
    let mut indefinite = vec![0x30, 0x80];
    indefinite.extend_from_slice(&cms[4..]);
    indefinite.extend([0, 0]);
    assert_eq!(refusal(&indefinite), CmsRefused::Malformed(Asn1Error::Indefinite));
    // A length in more octets than it needs.
    let mut padded = vec![0x30, 0x83, 0];
    padded.extend_from_slice(&cms[2..]);
    assert_eq!(refusal(&padded), CmsRefused::Malformed(Asn1Error::NotShortest));
    assert_eq!(refusal(&[]), CmsRefused::Malformed(Asn1Error::Truncated));
    assert_eq!(refusal(&vec![0x30; 2 * 1024 * 1024]), CmsRefused::Limit("size"));
}

#[tokio::test]
async fn row_81_weak_and_mixed_algorithms() {
    let office = Office::new(KeyKind::P256).await;
    let sha1 = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
    let ecdsa_sha1 = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
    let weak = |id: &ObjectIdentifier| asn1::sequence([asn1::oid(id)]);
    let mut forge = Forge::new(&office.signer).info(|info| info.digest = weak(&sha1));
    forge.digests = vec![weak(&sha1)];
    assert_eq!(refusal(&forge.build().await), CmsRefused::Algorithm("1.3.14.3.2.26".to_owned()));
    for algorithm in [&ecdsa_sha1, &oid::ECDSA_SHA384, &oid::SM2_SM3, &oid::RSA_ENCRYPTION] {
        let forge = Forge::new(&office.signer).info(|info| info.algorithm = weak(algorithm));
        let found = refusal(&forge.build().await);
        let refused = matches!(found, CmsRefused::Algorithm(_) | CmsRefused::Signature);
        assert!(refused, "{algorithm}: {found:?}");
    }
    let mut forge = Forge::new(&office.signer);
    forge.digests = vec![weak(&oid::SHA384)];
    assert_eq!(refusal(&forge.build().await), CmsRefused::DigestUnlisted);
}

#[tokio::test]
async fn row_81_versions_must_follow_from_the_contents() {
    let office = Office::new(KeyKind::P256).await;
    let mut forge = Forge::new(&office.signer);
    forge.version = 3;
    assert_eq!(refusal(&forge.build().await), CmsRefused::Version);
    let forge = Forge::new(&office.signer).info(|info| info.version = 3);
    assert_eq!(refusal(&forge.build().await), CmsRefused::Version);
    // By key identifier, as RFC 5652 §5.3 wants it.
    let key_id = certificate(&office.signer).extensions().subject_key_id.clone().unwrap();
    let mut forge = Forge::new(&office.signer).info(|info| {
        info.version = 3;
        info.sid = asn1::context_primitive(0, &key_id);
    });
    forge.version = 3;
    assert!(office.is_valid(&forge.build().await, CONTENT).await);
}

#[tokio::test]
async fn gm_t_0010_names_of_types_and_algorithms_are_accepted() {
    let office = Office::new(KeyKind::Sm2).await;
    let null = asn1::null;
    let forge = Forge::new(&office.signer)
        .info(|info| info.algorithm = asn1::sequence([asn1::oid(&oid::SM2_SIGN), null()]));
    assert!(office.is_valid(&forge.build().await, CONTENT).await);

    let gm = |last: &str| ObjectIdentifier::new_unwrap(&format!("1.2.156.10197.6.1.4.2.{last}"));
    let mut list = good_attributes(&office.signer);
    list[0] = attribute(&super::forge::CONTENT_TYPE, &[asn1::oid(&gm("1"))]);
    let mut forge = Forge::new(&office.signer).info(|info| info.attributes(list));
    (forge.kind, forge.content_type) = (gm("2"), gm("1"));
    assert!(office.is_valid(&forge.build().await, CONTENT).await);
}

#[tokio::test]
async fn row_81_a_crowd_of_signers_or_certificates_is_refused() {
    let office = Office::new(KeyKind::P256).await;
    let mut forge = Forge::new(&office.signer);
    forge.infos = vec![forge.infos[0].clone(); 17];
    assert_eq!(refusal(&forge.build().await), CmsRefused::Limit("signers"));
    let mut forge = Forge::new(&office.signer);
    forge.certificates = vec![office.signer.chain()[0].clone(); 65];
    assert_eq!(refusal(&forge.build().await), CmsRefused::Limit("certificates"));
}
