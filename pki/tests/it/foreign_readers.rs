//! x509-cert, x509-parser and GnuTLS read what we write, and say the same.

use auth_core::key::KeyKind;
use der::{Decode, Encode};
use x509_parser::prelude::FromDer;

use crate::support::{Chain, NOW, run, said};

#[tokio::test]
async fn x509_cert_re_encodes_our_certificates_and_lists_byte_for_byte() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048, KeyKind::Sm2] {
        let chain = Chain::new(kind).await;
        let seal = chain.seal(kind).await;
        for party in [&chain.root, &chain.issuing, &seal] {
            let der = party.certificate.der();
            let read = x509_cert::Certificate::from_der(der).unwrap();
            assert_eq!(read.to_der().unwrap(), der);
        }
        let list = chain.crl(&chain.issuing, 3, &[]).await;
        let read =
            x509_cert::crl::CertificateList::<x509_cert::certificate::Rfc5280>::from_der(&list);
        assert_eq!(read.unwrap().to_der().unwrap(), list);
    }
}

#[tokio::test]
async fn x509_parser_sees_the_profile_of_a_seal() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let (rest, read) =
        x509_parser::certificate::X509Certificate::from_der(seal.certificate.der()).unwrap();
    assert!(rest.is_empty());
    let usage = read.key_usage().unwrap().unwrap();
    assert!(usage.critical && usage.value.digital_signature() && usage.value.non_repudiation());
    assert!(!usage.value.key_cert_sign());
    let purposes = read.extended_key_usage().unwrap().unwrap().value;
    assert_eq!(purposes.other[0].to_id_string(), "1.3.6.1.5.5.7.3.36");
    assert!(!read.is_ca());
    assert_eq!(read.validity().not_before.timestamp(), NOW.unix() - 60);
    assert_eq!(read.raw_serial(), seal.serial.as_bytes());
}

#[tokio::test]
async fn certtool_reads_every_kind() {
    let dir = tempfile::tempdir().unwrap();
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let chain = Chain::new(kind).await;
        let seal = chain.seal(kind).await;
        std::fs::write(dir.path().join("seal.der"), seal.certificate.der()).unwrap();
        let arguments = ["-i", "--inder", "--infile", "seal.der"];
        let Some(output) = run(dir.path(), "certtool", &arguments) else { return };
        let text = said(&output);
        assert!(output.status.success(), "{text}");
        for part in ["示例县市场监督管理局", "http://localhost:8080/crl/seal", "Non repudiation"]
        {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
