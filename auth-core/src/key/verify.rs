//! Verifying signatures with public keys.

use der::{Decode, Encode, asn1::UintRef};
use ring::signature as ring_sig;
use signature::hazmat::PrehashVerifier;
use sm3::Digest as _;

use super::{KeyKind, PublicKey, SignatureAlgorithm, ToSign};

/// The signature does not belong to this message and key. No further detail, on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signature does not verify")]
pub struct BadSignature;

/// Verifies a signature in the form [`super::Keystore::sign`] returns.
pub fn verify(
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    input: ToSign<'_>,
    signature: &[u8],
) -> Result<(), BadSignature> {
    if !algorithm.fits(key.kind()) {
        return Err(BadSignature);
    }
    match (algorithm, input) {
        (SignatureAlgorithm::Sm2Sm3, ToSign::Message(message)) => {
            verify_sm2(key, &sm2_digest(key, message).ok_or(BadSignature)?, signature)
        }
        (SignatureAlgorithm::Sm2Sm3, ToSign::Digest(digest)) => verify_sm2(key, digest, signature),
        (SignatureAlgorithm::Es256, ToSign::Digest(digest)) => {
            verify_p256_digest(key, digest, signature)
        }
        (_, ToSign::Message(message)) => {
            ring_sig::UnparsedPublicKey::new(ring_algorithm(algorithm)?, key.raw())
                .verify(message, signature)
                .map_err(|_| BadSignature)
        }
        // ring hashes itself; RSA digests are checked by the drivers that make them.
        (_, ToSign::Digest(_)) => Err(BadSignature),
    }
}

/// `e = SM3(Z ‖ M)` with the default identity (GB/T 32918.2 §6.1), `None` unless an SM2 key.
pub fn sm2_digest(key: &PublicKey, message: &[u8]) -> Option<[u8; 32]> {
    if key.kind() != KeyKind::Sm2 {
        return None;
    }
    let (x, y) = key.coordinates()?;
    let z = sm3::Sm3::new()
        .chain_update([0x00, 0x80]) // ENTL: bit length of the identity
        .chain_update(SM2_IDENTITY)
        .chain_update(SM2_A_B_G)
        .chain_update(x)
        .chain_update(y)
        .finalize();
    Some(sm3::Sm3::new().chain_update(z).chain_update(message).finalize().into())
}

/// `r ‖ s` of 64 bytes as DER `SEQUENCE { r INTEGER, s INTEGER }`, as CMS and X.509 carry it.
pub fn ecdsa_to_der(fixed: &[u8]) -> Option<Vec<u8>> {
    if fixed.len() != 64 {
        return None;
    }
    let mut body = UintRef::new(&fixed[..32]).ok()?.to_der().ok()?;
    body.extend(UintRef::new(&fixed[32..]).ok()?.to_der().ok()?);
    der::asn1::AnyRef::new(der::Tag::Sequence, &body).ok()?.to_der().ok()
}

/// The reverse of [`ecdsa_to_der`]; strict DER, nothing after it.
pub fn ecdsa_from_der(signature: &[u8]) -> Option<[u8; 64]> {
    let sequence = der::asn1::AnyRef::from_der(signature).ok()?;
    if der::Tagged::tag(&sequence) != der::Tag::Sequence {
        return None;
    }
    let mut reader = der::SliceReader::new(sequence.value()).ok()?;
    let r = UintRef::decode(&mut reader).ok()?;
    let s = UintRef::decode(&mut reader).ok()?;
    if !der::Reader::is_finished(&reader) {
        return None;
    }
    let mut fixed = [0; 64];
    for (integer, half) in [r, s].into_iter().zip([0, 32]) {
        let bytes = integer.as_bytes();
        let start = 32_usize.checked_sub(bytes.len())? + half;
        fixed[start..half + 32].copy_from_slice(bytes);
    }
    Some(fixed)
}

fn ring_algorithm(
    algorithm: SignatureAlgorithm,
) -> Result<&'static dyn ring_sig::VerificationAlgorithm, BadSignature> {
    match algorithm {
        SignatureAlgorithm::EdDsa => Ok(&ring_sig::ED25519),
        SignatureAlgorithm::Es256 => Ok(&ring_sig::ECDSA_P256_SHA256_FIXED),
        SignatureAlgorithm::Ps256 => Ok(&ring_sig::RSA_PSS_2048_8192_SHA256),
        SignatureAlgorithm::Rs256 => Ok(&ring_sig::RSA_PKCS1_2048_8192_SHA256),
        SignatureAlgorithm::Sm2Sm3 => Err(BadSignature),
    }
}

fn verify_p256_digest(
    key: &PublicKey,
    digest: &[u8; 32],
    signature: &[u8],
) -> Result<(), BadSignature> {
    let verifier =
        p256::ecdsa::VerifyingKey::from_sec1_bytes(key.raw()).map_err(|_| BadSignature)?;
    let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| BadSignature)?;
    verifier.verify_prehash(digest, &signature).map_err(|_| BadSignature)
}

fn verify_sm2(key: &PublicKey, digest: &[u8; 32], signature: &[u8]) -> Result<(), BadSignature> {
    let verifier = sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_IDENTITY_STR, key.raw())
        .map_err(|_| BadSignature)?;
    let signature = sm2::dsa::Signature::from_slice(signature).map_err(|_| BadSignature)?;
    verifier.verify_prehash(digest, &signature).map_err(|_| BadSignature)
}

const SM2_IDENTITY_STR: &str = "1234567812345678";
const SM2_IDENTITY: &[u8; 16] = b"1234567812345678";

/// `a ‖ b ‖ xG ‖ yG` of the SM2 curve (GB/T 32918.5), as Z hashes them.
const SM2_A_B_G: [u8; 128] = [
    0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFC,
    0x28, 0xE9, 0xFA, 0x9E, 0x9D, 0x9F, 0x5E, 0x34, 0x4D, 0x5A, 0x9E, 0x4B, 0xCF, 0x65, 0x09, 0xA7,
    0xF3, 0x97, 0x89, 0xF5, 0x15, 0xAB, 0x8F, 0x92, 0xDD, 0xBC, 0xBD, 0x41, 0x4D, 0x94, 0x0E, 0x93,
    0x32, 0xC4, 0xAE, 0x2C, 0x1F, 0x19, 0x81, 0x19, 0x5F, 0x99, 0x04, 0x46, 0x6A, 0x39, 0xC9, 0x94,
    0x8F, 0xE3, 0x0B, 0xBF, 0xF2, 0x66, 0x0B, 0xE1, 0x71, 0x5A, 0x45, 0x89, 0x33, 0x4C, 0x74, 0xC7,
    0xBC, 0x37, 0x36, 0xA2, 0xF4, 0xF6, 0x77, 0x9C, 0x59, 0xBD, 0xCE, 0xE3, 0x6B, 0x69, 0x21, 0x53,
    0xD0, 0xA9, 0x87, 0x7C, 0xC6, 0x2A, 0x47, 0x40, 0x02, 0xDF, 0x32, 0xE5, 0x21, 0x39, 0xF0, 0xA0,
];

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use signature::Signer as _;

    use super::*;

    #[test]
    fn sm2_z_agrees_with_the_sm2_crate() {
        let secret = sm2::SecretKey::from_slice(&[0x42; 32]).unwrap();
        let signing = sm2::dsa::SigningKey::new(SM2_IDENTITY_STR, &secret).unwrap();
        let signature: sm2::dsa::Signature = signing.sign(b"message");
        let point =
            sm2::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&secret.public_key(), false);
        let key = PublicKey::from_point(KeyKind::Sm2, point.as_bytes()).unwrap();
        let bytes = signature.to_bytes();
        let algorithm = SignatureAlgorithm::Sm2Sm3;
        verify(&key, algorithm, ToSign::Message(b"message"), &bytes).unwrap();
        assert!(verify(&key, algorithm, ToSign::Message(b"massage"), &bytes).is_err());
    }

    #[test]
    fn der_form_of_ecdsa_goes_both_ways_and_refuses_slack() {
        let mut fixed = [0; 64];
        fixed[31] = 0x80;
        fixed[63] = 1;
        let der = ecdsa_to_der(&fixed).unwrap();
        assert_eq!(ecdsa_from_der(&der), Some(fixed));
        let mut slack = der;
        slack.push(0);
        assert_eq!(ecdsa_from_der(&slack), None);
        assert_eq!(ecdsa_from_der(&[0x30, 6, 2, 1, 0x81, 2, 1, 1]), None); // negative r
    }
}
