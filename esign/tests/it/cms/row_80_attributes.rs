//! Row 80: signed attributes that are missing, doubled, unsorted or about something else.

use auth_core::key::KeyKind;
use esign::cms::CmsRefused;
use pki::{
    asn1,
    oid::{self, ObjectIdentifier},
};

use super::{
    CONTENT, Office,
    forge::{
        ALGORITHM_PROTECTION, CONTENT_TYPE, DATA, Forge, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2,
        attribute, certificate_reference, digest, good_attributes,
    },
    refusal,
};

#[tokio::test]
async fn a_forgery_that_breaks_no_rule_is_accepted() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048, KeyKind::Sm2] {
        let office = Office::new(kind).await;
        let cms = Forge::new(&office.signer).build().await;
        assert!(office.is_valid(&cms, CONTENT).await, "{kind:?}");
    }
}

#[tokio::test]
async fn row_80_no_signed_attributes() {
    let office = Office::new(KeyKind::P256).await;
    let cms = Forge::new(&office.signer).info(|info| info.attributes = None).build().await;
    assert_eq!(refusal(&cms), CmsRefused::NoSignedAttributes);
}

#[tokio::test]
async fn row_80_content_type_differs_from_the_content() {
    let office = Office::new(KeyKind::P256).await;
    let other = attribute(&CONTENT_TYPE, &[asn1::oid(&oid::SHA256)]);
    let mut list = good_attributes(&office.signer);
    list[0] = other;
    let cms = Forge::new(&office.signer).info(|info| info.attributes(list)).build().await;
    assert_eq!(refusal(&cms), CmsRefused::ContentType);
    // The eContentType changed instead.
    let mut forge = Forge::new(&office.signer);
    forge.content_type = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
    forge.version = 3;
    assert_eq!(refusal(&forge.build().await), CmsRefused::ContentType);
}

#[tokio::test]
async fn row_80_attributes_twice_or_with_two_values() {
    let office = Office::new(KeyKind::P256).await;
    let (right, wrong) = (digest(&office.signer, CONTENT), digest(&office.signer, b"x"));
    let good = good_attributes(&office.signer);
    let twice = |name: &ObjectIdentifier, values: &[Vec<u8>]| {
        let mut list = good.clone();
        list.push(attribute(name, values));
        list
    };
    let two_values = {
        let mut list = good.clone();
        list[1] = attribute(&MESSAGE_DIGEST, &[asn1::octets(&right), asn1::octets(&wrong)]);
        list
    };
    let no_value = {
        let mut list = good.clone();
        list[1] = attribute(&MESSAGE_DIGEST, &[]);
        list
    };
    let reference = certificate_reference(&office.signer.chain()[1]);
    for list in [
        twice(&MESSAGE_DIGEST, &[asn1::octets(&wrong)]),
        twice(&CONTENT_TYPE, &[asn1::oid(&DATA)]),
        twice(&SIGNING_CERTIFICATE_V2, &[reference]),
        two_values,
        no_value,
    ] {
        let cms = Forge::new(&office.signer).info(|info| info.attributes(list)).build().await;
        let found = refusal(&cms);
        assert!(matches!(found, CmsRefused::AttributeRepeated(_)), "{found:?}");
    }
}

#[tokio::test]
async fn row_80_attributes_missing() {
    let office = Office::new(KeyKind::P256).await;
    let names = ["content-type", "message-digest", "signing-certificate-v2"];
    for (index, name) in names.into_iter().enumerate() {
        let mut list = good_attributes(&office.signer);
        list.remove(index);
        let cms = Forge::new(&office.signer).info(|info| info.attributes(list)).build().await;
        assert_eq!(refusal(&cms), CmsRefused::AttributeMissing(name));
    }
}

#[tokio::test]
async fn row_80_attributes_not_in_der_order() {
    let office = Office::new(KeyKind::P256).await;
    let mut list = good_attributes(&office.signer);
    list.sort();
    list.reverse();
    // Signed in the order in which they stand, so that the value alone would verify.
    let forge = Forge::new(&office.signer).info(|info| info.attributes = Some(list));
    assert_eq!(refusal(&forge.build().await), CmsRefused::AttributesUnsorted);
}

#[tokio::test]
async fn row_80_protected_algorithms_must_be_those_used() {
    let office = Office::new(KeyKind::P256).await;
    let sha256 = asn1::sequence([asn1::oid(&oid::SHA256)]);
    let protection = |signature: &ObjectIdentifier| {
        let signature = asn1::context(1, [asn1::oid(signature)]);
        attribute(&ALGORITHM_PROTECTION, &[asn1::sequence([sha256.clone(), signature])])
    };
    for (name, good) in [(&oid::ECDSA_SHA256, true), (&oid::ECDSA_SHA384, false)] {
        let mut list = good_attributes(&office.signer);
        list.push(protection(name));
        let cms = Forge::new(&office.signer).info(|info| info.attributes(list)).build().await;
        if good {
            assert!(office.is_valid(&cms, CONTENT).await);
        } else {
            assert_eq!(refusal(&cms), CmsRefused::AlgorithmProtection);
        }
    }
}

#[tokio::test]
async fn row_80_content_embedded_in_a_detached_signature() {
    let office = Office::new(KeyKind::P256).await;
    let mut forge = Forge::new(&office.signer);
    forge.content = Some(CONTENT.to_vec());
    assert_eq!(refusal(&forge.build().await), CmsRefused::Attached);
}
