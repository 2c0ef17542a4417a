//! Known answers, computed once per process before any token opens.

use std::sync::OnceLock;

use auth_core::key::{KeyKind, PublicKey, SignatureAlgorithm, ToSign, verify};
use sm3::Digest;

use crate::TokenError;
use crate::key::Key;
use crate::random::OsRandom;

/// Runs every known-answer test; later calls repeat the first result. About 2 ms.
pub fn run() -> Result<(), TokenError> {
    static RESULT: OnceLock<Option<&'static str>> = OnceLock::new();
    match RESULT.get_or_init(first_failure) {
        None => Ok(()),
        Some(name) => Err(TokenError::SelfTest(name)),
    }
}

fn first_failure() -> Option<&'static str> {
    TESTS.iter().find(|(_, test)| test() != Some(true)).map(|(name, _)| *name)
}

type Test = (&'static str, fn() -> Option<bool>);

const TESTS: [Test; 8] = [
    ("SHA-256 (FIPS 180-4)", sha256),
    ("SM3 (GB/T 32905)", sm3),
    ("AES-256-GCM (McGrew and Viega, case 16)", aes_gcm),
    ("SM4-GCM (RFC 8998 A.1)", sm4_gcm),
    ("Ed25519 (RFC 8032 §7.1, test 2)", ed25519),
    ("ECDSA P-256 (RFC 6979 A.2.5)", p256),
    ("SM2 (GB/T 32918.5 annex A)", sm2),
    ("RSA-2048 PKCS#1 v1.5", rsa),
];

fn sha256() -> Option<bool> {
    let digest = ring::digest::digest(&ring::digest::SHA256, b"abc");
    let same = sha2::Sha256::digest(b"abc").as_slice() == digest.as_ref();
    Some(same && digest.as_ref() == hex(SHA256_ABC)?)
}

fn sm3() -> Option<bool> {
    Some(sm3::Sm3::digest(b"abc").as_slice() == hex(SM3_ABC)?)
}

fn aes_gcm() -> Option<bool> {
    let key = Key::parse(KeyKind::Aes256, &hex(AES_KEY)?).ok()?;
    gcm(&key, AES_IV, AES_PLAIN, AES_SEALED)
}

fn sm4_gcm() -> Option<bool> {
    let key = Key::parse(KeyKind::Sm4, &hex(SM4_KEY)?).ok()?;
    gcm(&key, SM4_IV, SM4_PLAIN, SM4_SEALED)
}

fn gcm(key: &Key, iv: &str, plain: &str, sealed: &str) -> Option<bool> {
    let iv: [u8; 12] = hex(iv)?.try_into().ok()?;
    let (aad, plain, mut sealed) = (hex(GCM_AAD)?, hex(plain)?, hex(sealed)?);
    let seals = key.seal(&iv, &plain, &aad).ok()? == sealed;
    let opens = **key.open(&iv, &sealed, &aad).ok()? == *plain;
    *sealed.last_mut()? ^= 1;
    Some(seals && opens && key.open(&iv, &sealed, &aad).is_err())
}

fn ed25519() -> Option<bool> {
    let key = Key::parse(KeyKind::Ed25519, &hex(ED25519_SEED)?).ok()?;
    let input = ToSign::Message(&[0x72]);
    let signature = key.sign(SignatureAlgorithm::EdDsa, input, &OsRandom).ok()?;
    Some(
        signature == hex(ED25519_SIGNATURE)?
            && verify(key.public()?, SignatureAlgorithm::EdDsa, input, &signature).is_ok(),
    )
}

/// The bare-digest path is deterministic and has a known answer; ring's is checked by verifying.
fn p256() -> Option<bool> {
    let algorithm = SignatureAlgorithm::Es256;
    let key = Key::parse(KeyKind::P256, &hex(P256_SECRET)?).ok()?;
    let digest = sha2::Sha256::digest(b"sample").into();
    let known = key.sign(algorithm, ToSign::Digest(&digest), &OsRandom).ok()?;
    let message = ToSign::Message(b"sample");
    let fresh = key.sign(algorithm, message, &OsRandom).ok()?;
    Some(
        known == hex(P256_SIGNATURE)?
            && verify(key.public()?, algorithm, message, &known).is_ok()
            && verify(key.public()?, algorithm, message, &fresh).is_ok()
            && verify(key.public()?, algorithm, ToSign::Message(b"simple"), &fresh).is_err(),
    )
}

fn sm2() -> Option<bool> {
    let algorithm = SignatureAlgorithm::Sm2Sm3;
    let key = Key::parse(KeyKind::Sm2, &hex(SM2_SECRET)?).ok()?;
    let public = PublicKey::from_point(KeyKind::Sm2, &hex(SM2_POINT)?)?;
    let message = ToSign::Message(b"message digest");
    let fresh = key.sign(algorithm, message, &OsRandom).ok()?;
    Some(
        key.public()? == &public
            && verify(&public, algorithm, message, &hex(SM2_SIGNATURE)?).is_ok()
            && verify(&public, algorithm, message, &fresh).is_ok()
            && verify(&public, algorithm, ToSign::Message(b"message"), &fresh).is_err(),
    )
}

/// The key was made for this test by `openssl genrsa` and signs nothing else; the answer is
/// SHA-256 of what `openssl dgst -sha256 -sign` gives for `abc`.
fn rsa() -> Option<bool> {
    let algorithm = SignatureAlgorithm::Rs256;
    let key = Key::parse(KeyKind::Rsa2048, include_bytes!("selftest_rsa2048.der")).ok()?;
    let message = ToSign::Message(b"abc");
    let signature = key.sign(algorithm, message, &OsRandom).ok()?;
    let answer = ring::digest::digest(&ring::digest::SHA256, &signature);
    Some(
        answer.as_ref() == hex(RSA_SIGNATURE_SHA256)?
            && verify(key.public()?, algorithm, message, &signature).is_ok(),
    )
}

fn hex(text: &str) -> Option<Vec<u8>> {
    ::hex::decode(text).ok()
}

const SHA256_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SM3_ABC: &str = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
const GCM_AAD: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
const AES_KEY: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const AES_IV: &str = "cafebabefacedbaddecaf888";
const AES_PLAIN: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
const AES_SEALED: &str = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
    8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b";
const SM4_KEY: &str = "0123456789abcdeffedcba9876543210";
const SM4_IV: &str = "00001234567800000000abcd";
const SM4_PLAIN: &str = "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd\
    eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa";
const SM4_SEALED: &str = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735\
    d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec";
const ED25519_SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const ED25519_SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
    085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
const P256_SECRET: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
const P256_SIGNATURE: &str = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
    f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
const SM2_SECRET: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
const SM2_POINT: &str = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
    ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
const SM2_SIGNATURE: &str = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3\
    b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
const RSA_SIGNATURE_SHA256: &str =
    "389c94bc492053bf7c686d70aaf68f7410c606706ae926ea70695e64738cca2e";

#[cfg(test)]
mod tests {
    #[test]
    fn every_known_answer_is_given() {
        assert_eq!(super::first_failure(), None);
    }
}
