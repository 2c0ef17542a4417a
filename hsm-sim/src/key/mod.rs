//! Key material in use: parsed once, kept in memory, never handed out.

mod aead;
mod ec;
mod rsa;

use auth_core::Random;
use auth_core::key::{KeyKind, PublicKey, SignatureAlgorithm, ToSign};
use zeroize::Zeroizing;

pub use self::rsa::{RsaPadding, verify_rsa};
use crate::TokenError;

/// A key ready for use.
pub struct Key {
    kind: KeyKind,
    public: Option<PublicKey>,
    inner: Inner,
}

enum Inner {
    Aead(aead::Wrapping),
    Ed25519(Box<ec::Ed25519>),
    P256(Box<ec::P256>),
    Rsa(Box<rsa::Rsa>),
    Sm2(Box<ec::Sm2>),
}

impl Key {
    /// Makes new key material: 32-byte scalars and seeds, PKCS#1 `RSAPrivateKey`, or the bytes of a
    /// symmetric key. RSA takes from half a second to several; the others microseconds.
    pub fn generate(kind: KeyKind, random: &dyn Random) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        match kind {
            KeyKind::Aes256 | KeyKind::Ed25519 => Ok(Zeroizing::new(random.bytes::<32>().to_vec())),
            KeyKind::Sm4 => Ok(Zeroizing::new(random.bytes::<16>().to_vec())),
            KeyKind::P256 => Ok(ec::P256::generate(random)),
            KeyKind::Sm2 => Ok(ec::Sm2::generate(random)),
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
                rsa::Rsa::generate(kind, random)
            }
        }
    }

    /// Reads what [`Key::generate`] made.
    pub fn parse(kind: KeyKind, secret: &[u8]) -> Result<Self, TokenError> {
        let (inner, public) = match kind {
            KeyKind::Aes256 | KeyKind::Sm4 => {
                (Inner::Aead(aead::Wrapping::parse(kind, secret)?), None)
            }
            KeyKind::Ed25519 => {
                let (key, public) = ec::Ed25519::parse(secret)?;
                (Inner::Ed25519(Box::new(key)), Some(public))
            }
            KeyKind::P256 => {
                let (key, public) = ec::P256::parse(secret)?;
                (Inner::P256(Box::new(key)), Some(public))
            }
            KeyKind::Sm2 => {
                let (key, public) = ec::Sm2::parse(secret)?;
                (Inner::Sm2(Box::new(key)), Some(public))
            }
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
                let (key, public) = rsa::Rsa::parse(kind, secret)?;
                (Inner::Rsa(Box::new(key)), Some(public))
            }
        };
        Ok(Self { kind, public, inner })
    }

    /// What this key is.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The public half; `None` for symmetric keys.
    pub const fn public(&self) -> Option<&PublicKey> {
        self.public.as_ref()
    }

    /// Signs; the form of the bytes is that of [`auth_core::key::Keystore::sign`].
    pub fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        input: ToSign<'_>,
        random: &dyn Random,
    ) -> Result<Vec<u8>, TokenError> {
        if !algorithm.fits(self.kind) {
            return Err(TokenError::Refused("the key is not for this algorithm"));
        }
        match &self.inner {
            Inner::Aead(_) => Err(TokenError::Refused("a symmetric key does not sign")),
            Inner::Ed25519(key) => key.sign(input),
            Inner::P256(key) => key.sign(input),
            Inner::Rsa(key) => key.sign(algorithm, input, random),
            Inner::Sm2(key) => key.sign(input, random),
        }
    }

    /// Signs with RSA as PKCS#11 mechanisms ask: `input` is what the padding takes.
    pub fn sign_rsa(
        &self,
        padding: RsaPadding,
        input: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, TokenError> {
        match &self.inner {
            Inner::Rsa(key) => key.sign_padded(padding, input, random),
            _ => Err(TokenError::Refused("not an RSA key")),
        }
    }

    /// Encrypts and authenticates: nonce ‖ ciphertext ‖ tag, nonce and tag of 12 and 16 bytes.
    pub fn wrap(
        &self,
        secret: &[u8],
        context: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, TokenError> {
        let nonce = random.bytes::<12>();
        let mut out = nonce.to_vec();
        out.extend(self.aead()?.seal(&nonce, secret, context)?);
        Ok(out)
    }

    /// Reverses [`Key::wrap`].
    pub fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        let (nonce, sealed) =
            wrapped.split_first_chunk().ok_or(TokenError::Refused("wrapped secret too short"))?;
        self.aead()?.open(nonce, sealed, context)
    }

    /// Encrypts with a nonce that the caller chose, as PKCS#11 `CKM_AES_GCM` does; answers
    /// ciphertext ‖ tag. The caller must never repeat a nonce.
    pub fn seal(&self, nonce: &[u8; 12], secret: &[u8], aad: &[u8]) -> Result<Vec<u8>, TokenError> {
        self.aead()?.seal(nonce, secret, aad)
    }

    /// Reverses [`Key::seal`].
    pub fn open(
        &self,
        nonce: &[u8; 12],
        sealed: &[u8],
        aad: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        self.aead()?.open(nonce, sealed, aad)
    }

    const fn aead(&self) -> Result<&aead::Wrapping, TokenError> {
        match &self.inner {
            Inner::Aead(key) => Ok(key),
            _ => Err(TokenError::Refused("a signing key does not wrap")),
        }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The material does not parse: it is damaged, or was never a key of this kind.
const fn bad_material() -> TokenError {
    TokenError::Refused("key material is damaged")
}
