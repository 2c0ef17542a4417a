//! Signature mechanisms applied to keys.

use auth_core::key::{KeyKind, PublicKey, SignatureAlgorithm, ToSign, verify};
use cryptoki_sys::*;
use token::OsRandom;
use token::key::{Key, RsaPadding, verify_rsa};

use crate::answer::Answer;
use crate::hash::Hash;
use crate::mechanisms::{CKM_VENDOR_SM2, CKM_VENDOR_SM3_SM2};
use crate::memory::{Mechanism, Parameter};

/// A signature mechanism with its parameters, fit for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// The token hashes; `RSA` and ECDSA with SHA-256, SM2 with SM3, Ed25519 as it is.
    Message(SignatureAlgorithm),
    /// The caller hashed: ECDSA or SM2.
    Digest(SignatureAlgorithm),
    /// RSA over input that is padded as it comes.
    Padded(RsaPadding),
    /// SHA-256, then PSS with a salt that is not 32 bytes.
    HashPadded(RsaPadding),
}

/// What has been given to sign so far.
pub(crate) enum Gathered {
    Bytes(Vec<u8>),
    Hash(Hash),
}

impl Scheme {
    /// The scheme of a mechanism for a kind of key.
    pub(crate) fn new(mechanism: &Mechanism, kind: KeyKind) -> Answer<Self> {
        let message = Self::Message;
        let scheme = match mechanism.kind {
            CKM_ECDSA => Self::Digest(SignatureAlgorithm::Es256),
            CKM_ECDSA_SHA256 => message(SignatureAlgorithm::Es256),
            CKM_EDDSA => message(SignatureAlgorithm::EdDsa),
            CKM_RSA_PKCS => Self::Padded(RsaPadding::Pkcs1Raw),
            CKM_SHA256_RSA_PKCS => message(SignatureAlgorithm::Rs256),
            CKM_RSA_PKCS_PSS => Self::Padded(pss(&mechanism.parameter)?),
            CKM_SHA256_RSA_PKCS_PSS => match pss(&mechanism.parameter)? {
                RsaPadding::PssSha256 { salt: 32 } => message(SignatureAlgorithm::Ps256),
                padding => Self::HashPadded(padding),
            },
            CKM_VENDOR_SM2 => Self::Digest(SignatureAlgorithm::Sm2Sm3),
            CKM_VENDOR_SM3_SM2 => message(SignatureAlgorithm::Sm2Sm3),
            _ => return Err(CKR_MECHANISM_INVALID),
        };
        let pads = matches!(scheme, Self::Padded(_) | Self::HashPadded(_));
        let plain = !matches!(mechanism.kind, CKM_RSA_PKCS_PSS | CKM_SHA256_RSA_PKCS_PSS);
        // Ed25519ctx and Ed25519ph are asked for by parameter; we sign pure Ed25519 only.
        if plain && !matches!(mechanism.parameter, Parameter::None) {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        }
        let fits = match scheme {
            Self::Message(algorithm) | Self::Digest(algorithm) => algorithm.fits(kind),
            Self::Padded(_) | Self::HashPadded(_) => pads && SignatureAlgorithm::Rs256.fits(kind),
        };
        fits.then_some(scheme).ok_or(CKR_KEY_TYPE_INCONSISTENT)
    }

    /// Where the parts of a multi-part operation go: into a hash where one is due, so that any
    /// length is signed in constant memory; otherwise into a bounded buffer.
    pub(crate) fn gather(self) -> Gathered {
        use SignatureAlgorithm::{Es256, Ps256, Rs256};
        match self {
            Self::Message(Es256 | Ps256 | Rs256) | Self::HashPadded(_) => {
                Gathered::Hash(Hash::sha256())
            }
            Self::Message(_) | Self::Digest(_) | Self::Padded(_) => Gathered::Bytes(Vec::new()),
        }
    }

    /// Signs input that came in one piece.
    pub(crate) fn sign(self, key: &Key, input: &[u8]) -> Answer<Vec<u8>> {
        let signed = match self {
            Self::Message(algorithm) => key.sign(algorithm, ToSign::Message(input), &OsRandom),
            Self::Digest(algorithm) => {
                let digest = digest(algorithm, input)?;
                key.sign(algorithm, ToSign::Digest(&digest), &OsRandom)
            }
            Self::Padded(padding) => key.sign_rsa(padding, input, &OsRandom),
            Self::HashPadded(padding) => key.sign_rsa(padding, &sha256(input), &OsRandom),
        };
        signed.map_err(|_| CKR_DATA_LEN_RANGE)
    }

    /// Signs input that came in parts.
    pub(crate) fn sign_gathered(self, key: &Key, input: Gathered) -> Answer<Vec<u8>> {
        let (scheme, bytes) = self.gathered(input);
        scheme.sign(key, &bytes)
    }

    /// Verifies a signature over input that came in one piece.
    pub(crate) fn verify(self, key: &PublicKey, input: &[u8], signature: &[u8]) -> Answer {
        if signature.len() != signature_length(key.kind()) {
            return Err(CKR_SIGNATURE_LEN_RANGE);
        }
        let good = match self {
            Self::Message(algorithm) => {
                verify(key, algorithm, ToSign::Message(input), signature).is_ok()
            }
            Self::Digest(algorithm) => {
                let digest = digest(algorithm, input)?;
                verify(key, algorithm, ToSign::Digest(&digest), signature).is_ok()
            }
            Self::Padded(padding) => verify_rsa(key, padding, input, signature),
            Self::HashPadded(padding) => verify_rsa(key, padding, &sha256(input), signature),
        };
        good.then_some(()).ok_or(CKR_SIGNATURE_INVALID)
    }

    /// Verifies a signature over input that came in parts.
    pub(crate) fn verify_gathered(
        self,
        key: &PublicKey,
        input: Gathered,
        signature: &[u8],
    ) -> Answer {
        let (scheme, bytes) = self.gathered(input);
        scheme.verify(key, &bytes, signature)
    }

    /// The same signature as one over what has been gathered.
    fn gathered(self, input: Gathered) -> (Self, Vec<u8>) {
        match input {
            Gathered::Bytes(bytes) => (self, bytes),
            Gathered::Hash(hash) => {
                let over_digest = match self {
                    Self::Message(SignatureAlgorithm::Ps256) => {
                        Self::Padded(RsaPadding::PssSha256 { salt: 32 })
                    }
                    Self::Message(SignatureAlgorithm::Rs256) => {
                        Self::Padded(RsaPadding::Pkcs1Sha256)
                    }
                    Self::Message(algorithm) => Self::Digest(algorithm),
                    Self::HashPadded(padding) => Self::Padded(padding),
                    other => other,
                };
                (over_digest, hash.finish())
            }
        }
    }
}

impl Gathered {
    /// Takes one more part.
    pub(crate) fn push(&mut self, part: &[u8]) -> Answer {
        match self {
            Self::Hash(hash) => hash.update(part),
            Self::Bytes(bytes) if bytes.len().saturating_add(part.len()) > BUFFER_MAX => {
                return Err(CKR_DATA_LEN_RANGE);
            }
            Self::Bytes(bytes) => bytes.extend_from_slice(part),
        }
        Ok(())
    }
}

/// Length of the signatures of a kind of key, bytes.
pub(crate) const fn signature_length(kind: KeyKind) -> usize {
    match kind {
        KeyKind::Rsa2048 => 256,
        KeyKind::Rsa3072 => 384,
        KeyKind::Rsa4096 => 512,
        _ => 64,
    }
}

/// The number that ECDSA signs: the leftmost 256 bits of a longer hash, a shorter one as it is
/// (FIPS 186-5 §6.4.1). SM2 takes exactly 32 bytes.
fn digest(algorithm: SignatureAlgorithm, input: &[u8]) -> Answer<[u8; 32]> {
    if input.is_empty() || (algorithm == SignatureAlgorithm::Sm2Sm3 && input.len() != 32) {
        return Err(CKR_DATA_LEN_RANGE);
    }
    let mut out = [0; 32];
    let used = input.len().min(32);
    out[32 - used..].copy_from_slice(&input[..used]);
    Ok(out)
}

fn sha256(input: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, input).as_ref().to_vec()
}

fn pss(parameter: &Parameter) -> Answer<RsaPadding> {
    match parameter {
        Parameter::Pss(params)
            if params.hashAlg == CKM_SHA256
                && params.mgf == CKG_MGF1_SHA256
                && params.sLen <= SALT_MAX =>
        {
            Ok(RsaPadding::PssSha256 { salt: params.sLen as usize })
        }
        _ => Err(CKR_MECHANISM_PARAM_INVALID),
    }
}

/// What is left for a salt in the smallest modulus: 256 - 32 - 2.
const SALT_MAX: CK_ULONG = 222;

/// Longest message signed in parts by a scheme that needs it whole (Ed25519 reads it twice).
const BUFFER_MAX: usize = 16 * 1024 * 1024;
