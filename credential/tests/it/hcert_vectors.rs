//! EU health certificates: our base45, zlib, COSE and picture reading on other people's codes.

use auth_core::key::PublicKey;
use base64::{Engine, engine::general_purpose::STANDARD};
use credential::{
    qr,
    yx1::{Sign1, cose::short_kid},
};
use serde_json::Value;

use crate::vectors;

#[test]
fn published_certificates_verify() {
    let Some(folder) = vectors::folder("hcert") else { return };
    let (mut read, mut verified, mut refused, mut kids) = (0, 0, 0, 0);
    for (name, text) in vectors::files(&folder, ".json") {
        let sample: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        let (Some(cose), Some(certificate), Some(expected)) = (
            sample["COSE"].as_str().and_then(|hex| hex::decode(hex.trim()).ok()),
            sample["TESTCTX"]["CERTIFICATE"].as_str(),
            sample["EXPECTEDRESULTS"]["EXPECTEDVERIFY"].as_bool(),
        ) else {
            continue;
        };
        let der = STANDARD.decode(certificate.replace(char::is_whitespace, "")).unwrap();
        let Some(key) = spki(&der).and_then(|spki| PublicKey::from_spki(&spki)) else { continue };
        // Some issuers wrote COSE with indefinite lengths or outdated headers: ours is stricter.
        let Ok(sign1) = Sign1::parse(&cose) else { continue };
        read += 1;
        kids += usize::from(sign1.kid() == short_kid(&der));
        match (sign1.verify(&key, sign1.algorithm()).is_ok(), expected) {
            (true, true) => verified += 1,
            (false, false) => refused += 1,
            (true, false) => {} // expected to fail for its content or dates
            (false, true) => panic!("{name} should verify"),
        }
    }
    println!("{read} read, {verified} verified, {refused} refused, {kids} kids agree");
    assert!(verified > 30 && kids > verified * 9 / 10);
}

#[test]
fn published_pictures_are_read() {
    let Some(folder) = vectors::folder("hcert") else { return };
    let (mut seen, mut right) = (0, 0);
    for (_, text) in vectors::files(&folder, ".json").into_iter().step_by(12) {
        let sample: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        let (Some(picture), Some(prefix)) = (sample["2DCODE"].as_str(), sample["PREFIX"].as_str())
        else {
            continue;
        };
        let Ok(png) = STANDARD.decode(picture) else { continue };
        seen += 1;
        right += usize::from(qr::read(&png).is_ok_and(|texts| texts.contains(&prefix.to_owned())));
    }
    println!("{right} of {seen} pictures read");
    assert!(right * 10 >= seen * 9);
}

/// SubjectPublicKeyInfo of a certificate, by an independent reader.
fn spki(der: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    Some(certificate.public_key().raw.to_vec())
}
