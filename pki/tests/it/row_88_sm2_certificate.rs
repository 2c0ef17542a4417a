//! Row 88, certificates: SM2 signatures of ours verify in OpenSSL over the exact bytes, with the
//! standard identity, and with no other.

use auth_core::key::KeyKind;
use pki::asn1::{Reader, tag};

use crate::support::{Chain, run, said};

#[tokio::test]
async fn openssl_verifies_an_sm2_certificate_and_list_over_the_exact_bytes() {
    let chain = Chain::new(KeyKind::Sm2).await;
    let seal = chain.seal(KeyKind::Sm2).await;
    let list = chain.crl(&chain.issuing, 1, &[]).await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("key.der"), chain.issuing.signer.public().spki()).unwrap();
    for signed in [seal.certificate.der(), &list] {
        let mut parts = Reader::only(signed, tag::SEQUENCE).unwrap();
        let tbs = parts.any().unwrap().raw;
        parts.any().unwrap();
        std::fs::write(dir.path().join("tbs"), tbs).unwrap();
        std::fs::write(dir.path().join("signature"), parts.bit_octets().unwrap()).unwrap();
        for (identity, good) in [("1234567812345678", true), ("8765432187654321", false)] {
            let option = format!("distid:{identity}");
            let arguments = [
                "dgst",
                "-sm3",
                "-keyform",
                "DER",
                "-verify",
                "key.der",
                "-sigopt",
                &option,
                "-signature",
                "signature",
                "tbs",
            ];
            let Some(output) = run(dir.path(), "openssl", &arguments) else { return };
            assert_eq!(output.status.success(), good, "{}", said(&output));
        }
    }
}
