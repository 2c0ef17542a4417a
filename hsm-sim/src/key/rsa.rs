//! RSA: generation, reading and padding with the `rsa` crate, signing of messages with ring.

use std::sync::OnceLock;

use auth_core::Random;
use auth_core::key::{KeyKind, PublicKey, SignatureAlgorithm, ToSign};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair};
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey, Pss};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::bad_material;
use crate::{TokenError, random::Rng};

/// How PKCS#11 mechanisms pad what they sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaPadding {
    /// `CKM_RSA_PKCS`: the input is a DigestInfo that the caller made, or other bytes, at most
    /// modulus length less eleven.
    Pkcs1Raw,
    /// `CKM_SHA256_RSA_PKCS`: the input is a SHA-256 digest.
    Pkcs1Sha256,
    /// PSS with SHA-256 and MGF1-SHA-256 and a salt of so many bytes: the input is a SHA-256
    /// digest.
    PssSha256 {
        /// Salt length, bytes.
        salt: usize,
    },
}

impl RsaPadding {
    /// The padding of `PS256`, and of `RS256` for everything else.
    pub(crate) fn of(algorithm: SignatureAlgorithm) -> Self {
        match algorithm {
            SignatureAlgorithm::Ps256 => Self::PssSha256 { salt: 32 },
            _ => Self::Pkcs1Sha256,
        }
    }
}

/// Verifies what [`super::Key::sign_rsa`] makes. False for anything wrong, including other kinds
/// of key.
pub fn verify_rsa(public: &PublicKey, padding: RsaPadding, input: &[u8], signature: &[u8]) -> bool {
    let Some((n, e)) = public.rsa_parts() else { return false };
    let n = BoxedUint::from_be_slice_vartime(n);
    let e = BoxedUint::from_be_slice_vartime(e);
    let Ok(key) = rsa::PublicKey::new(n, e) else { return false };
    match padding {
        RsaPadding::Pkcs1Raw => key.verify(Pkcs1v15Sign::new_unprefixed(), input, signature),
        RsaPadding::Pkcs1Sha256 => key.verify(Pkcs1v15Sign::new::<Sha256>(), input, signature),
        RsaPadding::PssSha256 { salt } => {
            key.verify(Pss::<Sha256>::new_with_salt(salt), input, signature)
        }
    }
    .is_ok()
}

/// An RSA private key. Ring signs messages; it takes no bare digests, so those go through the
/// `rsa` crate, blinded, about four times slower.
pub(super) struct Rsa {
    ring: RsaKeyPair,
    der: Zeroizing<Vec<u8>>,
    /// Parsed at the first bare digest only.
    bare: OnceLock<Option<PrivateKey>>,
}

impl Rsa {
    pub(super) fn generate(
        kind: KeyKind,
        random: &dyn Random,
    ) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        let bits = modulus_bits(kind)?;
        let key = PrivateKey::new(&mut Rng(random), bits)
            .map_err(|_| TokenError::Refused("RSA generation failed"))?;
        let der = key.to_pkcs1_der().map_err(|_| bad_material())?;
        Ok(Zeroizing::new(der.as_bytes().to_vec()))
    }

    pub(super) fn parse(kind: KeyKind, secret: &[u8]) -> Result<(Self, PublicKey), TokenError> {
        let ring = RsaKeyPair::from_der(secret).map_err(|_| bad_material())?;
        let parts = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(ring.public());
        let public = PublicKey::from_rsa(&parts.n, &parts.e)
            .filter(|public| public.kind() == kind)
            .ok_or_else(bad_material)?;
        let der = Zeroizing::new(secret.to_vec());
        Ok((Self { ring, der, bare: OnceLock::new() }, public))
    }

    pub(super) fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        input: ToSign<'_>,
        random: &dyn Random,
    ) -> Result<Vec<u8>, TokenError> {
        let pss = algorithm == SignatureAlgorithm::Ps256;
        match input {
            ToSign::Digest(digest) => self.sign_padded(RsaPadding::of(algorithm), digest, random),
            ToSign::Message(message) => {
                let mut signature = vec![0; self.ring.public().modulus_len()];
                let padding: &dyn ring::signature::RsaEncoding =
                    if pss { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                self.ring
                    .sign(padding, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| TokenError::Refused("RSA failed"))?;
                Ok(signature)
            }
        }
    }

    pub(super) fn sign_padded(
        &self,
        padding: RsaPadding,
        input: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, TokenError> {
        let key = self
            .bare
            .get_or_init(|| PrivateKey::from_pkcs1_der(&self.der).ok())
            .as_ref()
            .ok_or_else(bad_material)?;
        let mut rng = Rng(random);
        match padding {
            RsaPadding::Pkcs1Raw => {
                key.sign_with_rng(&mut rng, Pkcs1v15Sign::new_unprefixed(), input)
            }
            RsaPadding::Pkcs1Sha256 => {
                key.sign_with_rng(&mut rng, Pkcs1v15Sign::new::<Sha256>(), input)
            }
            RsaPadding::PssSha256 { salt } => {
                key.sign_with_rng(&mut rng, Pss::<Sha256>::new_with_salt(salt), input)
            }
        }
        .map_err(|_| TokenError::Refused("input does not fit the RSA padding"))
    }
}

fn modulus_bits(kind: KeyKind) -> Result<usize, TokenError> {
    match kind {
        KeyKind::Rsa2048 => Ok(2048),
        KeyKind::Rsa3072 => Ok(3072),
        KeyKind::Rsa4096 => Ok(4096),
        other => Err(TokenError::Unsupported(format!("{other:?} is not RSA"))),
    }
}
