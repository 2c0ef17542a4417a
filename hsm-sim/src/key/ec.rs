//! Keys on curves: P-256, Ed25519 and SM2.

use auth_core::Random;
use auth_core::key::{KeyKind, PublicKey, ToSign};
use p256::elliptic_curve::{Generate, sec1::ToSec1Point};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use signature::RandomizedSigner;
use signature::hazmat::{PrehashSigner, RandomizedPrehashSigner};
use zeroize::Zeroizing;

use super::bad_material;
use crate::{TokenError, random::Rng};

/// ECDSA on P-256. Messages go through ring; bare digests, which ring does not take, through the
/// `p256` crate, about five times slower.
pub(super) struct P256 {
    ring: EcdsaKeyPair,
    bare: p256::ecdsa::SigningKey,
}

impl P256 {
    pub(super) fn generate(random: &dyn Random) -> Zeroizing<Vec<u8>> {
        let secret = p256::SecretKey::generate_from_rng(&mut Rng(random));
        Zeroizing::new(secret.to_bytes().to_vec())
    }

    pub(super) fn parse(secret: &[u8]) -> Result<(Self, PublicKey), TokenError> {
        let bare = p256::ecdsa::SigningKey::from_slice(secret).map_err(|_| bad_material())?;
        let point = bare.verifying_key().to_sec1_point(false);
        let ring = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            secret,
            point.as_bytes(),
            &SystemRandom::new(),
        )
        .map_err(|_| bad_material())?;
        let public =
            PublicKey::from_point(KeyKind::P256, point.as_bytes()).ok_or_else(bad_material)?;
        Ok((Self { ring, bare }, public))
    }

    pub(super) fn sign(&self, input: ToSign<'_>) -> Result<Vec<u8>, TokenError> {
        match input {
            ToSign::Message(message) => self
                .ring
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| TokenError::Refused("ECDSA failed")),
            ToSign::Digest(digest) => {
                let signature: p256::ecdsa::Signature = self
                    .bare
                    .sign_prehash(digest)
                    .map_err(|_| TokenError::Refused("ECDSA failed"))?;
                Ok(signature.to_bytes().to_vec())
            }
        }
    }
}

/// Ed25519 (RFC 8032), messages only.
pub(super) struct Ed25519(Ed25519KeyPair);

impl Ed25519 {
    pub(super) fn parse(secret: &[u8]) -> Result<(Self, PublicKey), TokenError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(secret).map_err(|_| bad_material())?;
        let bytes = pair.public_key().as_ref().try_into().map_err(|_| bad_material())?;
        let public = PublicKey::from_ed25519(bytes).ok_or_else(bad_material)?;
        Ok((Self(pair), public))
    }

    pub(super) fn sign(&self, input: ToSign<'_>) -> Result<Vec<u8>, TokenError> {
        match input {
            ToSign::Message(message) => Ok(self.0.sign(message).as_ref().to_vec()),
            ToSign::Digest(_) => Err(TokenError::Refused("Ed25519 signs messages, not digests")),
        }
    }
}

/// SM2 (GB/T 32918.2) with the default identity; the crate hashes Z once, when the key is parsed.
pub(super) struct Sm2(sm2::dsa::SigningKey);

impl Sm2 {
    pub(super) fn generate(random: &dyn Random) -> Zeroizing<Vec<u8>> {
        let secret = sm2::SecretKey::generate_from_rng(&mut Rng(random));
        Zeroizing::new(secret.to_bytes().to_vec())
    }

    pub(super) fn parse(secret: &[u8]) -> Result<(Self, PublicKey), TokenError> {
        let key = sm2::dsa::SigningKey::from_slice(IDENTITY, secret).map_err(|_| bad_material())?;
        let point = key.verifying_key().as_affine().to_sec1_point(false);
        let public =
            PublicKey::from_point(KeyKind::Sm2, point.as_bytes()).ok_or_else(bad_material)?;
        Ok((Self(key), public))
    }

    /// The nonce is derived from key and digest (RFC 6979) together with fresh randomness, so that
    /// neither a broken generator nor a fault repeats it.
    pub(super) fn sign(
        &self,
        input: ToSign<'_>,
        random: &dyn Random,
    ) -> Result<Vec<u8>, TokenError> {
        let mut rng = Rng(random);
        let signature: sm2::dsa::Signature = match input {
            ToSign::Digest(digest) => self.0.sign_prehash_with_rng(&mut rng, digest),
            ToSign::Message(message) => self.0.try_sign_with_rng(&mut rng, message),
        }
        .map_err(|_| TokenError::Refused("SM2 signing failed"))?;
        Ok(signature.to_bytes().to_vec())
    }
}

const IDENTITY: &str = "1234567812345678";
