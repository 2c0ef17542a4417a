//! Row 82: the shapes that broke C parsers. Ours is Rust, knows SignedData only, and looks at a
//! type before it looks inside.

use auth_core::key::KeyKind;
use esign::cms::CmsRefused;
use pki::{asn1, oid::ObjectIdentifier};

use super::{
    CONTENT, Office,
    forge::{CONTENT_TYPE, DATA, Forge, MESSAGE_DIGEST, attribute, digest, good_attributes},
    refusal,
};

#[test]
fn row_82_other_content_types_are_refused_unopened() {
    // CVE-2025-15467: AuthEnvelopedData with an initialisation vector larger than its buffer.
    let parameters = asn1::sequence([asn1::octets(&[0x41; 1 << 16]), asn1::small_integer(16)]);
    let aes_gcm = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.46");
    let inner =
        asn1::sequence([asn1::small_integer(0), asn1::sequence([asn1::oid(&aes_gcm), parameters])]);
    // authEnvelopedData, envelopedData, digestedData, encryptedData; CVE-2026-22796 is about the
    // third taken for another.
    for kind in [
        "1.2.840.113549.1.9.16.1.23",
        "1.2.840.113549.1.7.3",
        "1.2.840.113549.1.7.5",
        "1.2.840.113549.1.7.6",
    ] {
        let kind = asn1::oid(&ObjectIdentifier::new_unwrap(kind));
        let blob = asn1::sequence([kind, asn1::context(0, [inner.clone()])]);
        assert_eq!(refusal(&blob), CmsRefused::NotSignedData);
    }
}

#[tokio::test]
async fn row_82_attributes_of_the_wrong_type_are_refused() {
    // CVE-2025-69420: an attribute's value read as a type that it is not.
    let office = Office::new(KeyKind::P256).await;
    let right = digest(&office.signer, CONTENT);
    let odd = [
        asn1::boolean(),
        asn1::null(),
        asn1::oid(&DATA),
        asn1::bits(&right),
        asn1::sequence([asn1::octets(&right)]),
        asn1::octets(&[]),
    ];
    for value in &odd {
        for (place, name) in [(0, CONTENT_TYPE), (1, MESSAGE_DIGEST)] {
            let mut list = good_attributes(&office.signer);
            if place == 0 && *value == asn1::oid(&DATA) {
                continue; // the right one
            }
            list[place] = attribute(&name, std::slice::from_ref(value));
            let cms = Forge::new(&office.signer).info(|info| info.attributes(list)).build().await;
            let found = refusal(&cms);
            let refused = matches!(found, CmsRefused::Malformed(_) | CmsRefused::DigestMismatch);
            assert!(refused, "{name}: {found:?}");
        }
    }
}

#[test]
fn row_82_lengths_that_promise_too_much_allocate_nothing() {
    for blob in [
        &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF][..],
        &[0x30, 0x88, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF, 6, 9],
        &[0x30; 4096],
        &[0x30, 0x82, 0x10].repeat(1000),
    ] {
        assert!(matches!(refusal(blob), CmsRefused::Malformed(_)));
    }
}
