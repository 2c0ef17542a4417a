//! Cryptography is a profile, named in one place: `intl` or `gm`.

use hmac::{KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Digest;

use crate::key::{KeyKind, SignatureAlgorithm};

/// Which family of algorithms protects keys, rest and flight.
///
/// A document or a client may ask for both families; the profile says what is used unasked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Commercial cryptography of China (商用密码): SM2, SM3, SM4 (GB/T 39786-2021).
    Gm,
    /// P-256, RSA, AES-256, SHA-256.
    #[default]
    Intl,
}

impl Profile {
    /// The kind of key that signs by default.
    pub const fn signing_key(self) -> KeyKind {
        match self {
            Self::Gm => KeyKind::Sm2,
            Self::Intl => KeyKind::P256,
        }
    }

    /// The algorithm that signs by default.
    pub const fn signature(self) -> SignatureAlgorithm {
        match self {
            Self::Gm => SignatureAlgorithm::Sm2Sm3,
            Self::Intl => SignatureAlgorithm::Es256,
        }
    }

    /// The kind of key that wraps other keys.
    pub const fn wrapping_key(self) -> KeyKind {
        match self {
            Self::Gm => KeyKind::Sm4,
            Self::Intl => KeyKind::Aes256,
        }
    }

    /// The 32-byte digest of this profile: SM3 or SHA-256.
    pub fn digest(self, message: &[u8]) -> [u8; 32] {
        match self {
            Self::Gm => sm3::Sm3::digest(message).into(),
            Self::Intl => sha2::Sha256::digest(message).into(),
        }
    }

    /// HMAC (RFC 2104) over the concatenation of `parts`, each preceded by its length, so that
    /// `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn hmac(self, key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
        match self {
            Self::Gm => mac_parts(hmac::Hmac::<sm3::Sm3>::new(&(*key).into_block()), parts),
            Self::Intl => mac_parts(hmac::Hmac::<sha2::Sha256>::new(&(*key).into_block()), parts),
        }
    }
}

trait IntoBlock {
    fn into_block<B: From<[u8; 64]>>(self) -> B;
}

impl IntoBlock for [u8; 32] {
    /// A 32-byte key zero-padded to the hash block, as HMAC does itself for short keys.
    fn into_block<B: From<[u8; 64]>>(self) -> B {
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self);
        B::from(block)
    }
}

fn mac_parts<M: Mac>(mut mac: M, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    let tag = mac.finalize().into_bytes();
    let mut out = [0; 32];
    out.copy_from_slice(&tag);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_parts_cannot_slide_into_each_other() {
        for profile in [Profile::Gm, Profile::Intl] {
            let one = profile.hmac(&[7; 32], &[b"ab", b"c"]);
            assert_ne!(one, profile.hmac(&[7; 32], &[b"a", b"bc"]));
            assert_eq!(one, profile.hmac(&[7; 32], &[b"ab", b"c"]));
        }
    }
}
