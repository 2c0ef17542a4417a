//! Keys as a port: what may be done with a private key without ever seeing it.
//!
//! Drivers (`keystore`, `hsm-sim`) implement [`Keystore`]; domains see only [`Signer`] and
//! [`KeySet`].

mod public;
mod set;
mod signer;
mod verify;

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use public::PublicKey;
pub use set::{KeySet, KeyState};
pub use signer::Signer;
pub use verify::{BadSignature, ecdsa_from_der, ecdsa_to_der, sm2_digest, verify};

/// A place where private keys live: a hardware module, its simulator, or a soft token.
///
/// The trait knows neither PKCS#11 nor SDF. Implementations bound their queues, answer
/// [`KeyError::Busy`] when they are full, and verify a signature before they return it.
#[async_trait]
pub trait Keystore: Send + Sync {
    /// What this keystore can do, known without asking the device again.
    fn capabilities(&self) -> &Capabilities;

    /// Makes a new key under a name that must be free, and returns its public half.
    /// Symmetric kinds have none and return `None`.
    async fn generate(&self, key: &KeyRef, kind: KeyKind) -> Result<Option<PublicKey>, KeyError>;

    /// The public half of a key.
    async fn public(&self, key: &KeyRef) -> Result<PublicKey, KeyError>;

    /// Every key, by name and kind: for `doctor` and the key inventory.
    async fn list(&self) -> Result<Vec<(KeyRef, KeyKind)>, KeyError>;

    /// Signs. ECDSA and SM2 signatures come as fixed-width `r ‖ s`, RSA and Ed25519 as their
    /// standard bytes.
    async fn sign(
        &self,
        key: &KeyRef,
        algorithm: SignatureAlgorithm,
        input: ToSign<'_>,
    ) -> Result<Vec<u8>, KeyError>;

    /// Destroys a key for ever. Destroying a key that is not there is an error.
    async fn destroy(&self, key: &KeyRef) -> Result<(), KeyError>;

    /// Encrypts a secret of at most [`MAX_WRAPPED`] bytes under a symmetric key, authenticated
    /// together with `context` (AES-256-GCM or SM4-GCM: nonce ‖ ciphertext ‖ tag).
    async fn wrap(&self, key: &KeyRef, secret: &[u8], context: &[u8]) -> Result<Vec<u8>, KeyError>;

    /// Reverses [`Keystore::wrap`]; fails with [`KeyError::Refused`] when key, context or any byte
    /// differs.
    async fn unwrap(
        &self,
        key: &KeyRef,
        wrapped: &[u8],
        context: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError>;
}

/// Longest secret [`Keystore::wrap`] takes, bytes: a key or a password verifier, not a document.
pub const MAX_WRAPPED: usize = 4096;

/// The name of a key in its keystore: a label such as `seal-7f3a` (PKCS#11 `CKA_LABEL`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyRef(String);

impl KeyRef {
    /// A key name.
    pub fn new(label: impl Into<String>) -> Self {
        Self(label.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key is. The algorithm is a property of the key, never of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// AES with 256 bits, for wrapping.
    Aes256,
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// ECDSA on P-256 (FIPS 186-5).
    P256,
    /// RSA with a 2048-bit modulus.
    Rsa2048,
    /// RSA with a 3072-bit modulus.
    Rsa3072,
    /// RSA with a 4096-bit modulus.
    Rsa4096,
    /// SM2 (GB/T 32918).
    Sm2,
    /// SM4 (GB/T 32907), for wrapping.
    Sm4,
}

impl KeyKind {
    /// Whether keys of this kind wrap rather than sign.
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::Aes256 | Self::Sm4)
    }

    /// The algorithm that a key of this kind signs with unless asked otherwise.
    pub const fn signature(self) -> Option<SignatureAlgorithm> {
        match self {
            Self::Aes256 | Self::Sm4 => None,
            Self::Ed25519 => Some(SignatureAlgorithm::EdDsa),
            Self::P256 => Some(SignatureAlgorithm::Es256),
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => Some(SignatureAlgorithm::Rs256),
            Self::Sm2 => Some(SignatureAlgorithm::Sm2Sm3),
        }
    }
}

/// A signature algorithm, with its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SignatureAlgorithm {
    /// Ed25519 (RFC 8037).
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA P-256 with SHA-256 (RFC 7518 §3.4).
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PSS with SHA-256, salt of 32 bytes (RFC 7518 §3.5).
    #[serde(rename = "PS256")]
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    #[serde(rename = "RS256")]
    Rs256,
    /// SM2 with SM3 and the default identity `1234567812345678` (GB/T 32918.2). No JOSE name is
    /// registered: a private one, used only for clients that ask.
    #[serde(rename = "SM2withSM3")]
    Sm2Sm3,
}

impl SignatureAlgorithm {
    /// The JOSE `alg` value.
    pub const fn jose(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
            Self::Sm2Sm3 => "SM2withSM3",
        }
    }

    /// Reads a JOSE `alg` value; `none` and everything unknown is `None`.
    pub fn from_jose(name: &str) -> Option<Self> {
        [Self::EdDsa, Self::Es256, Self::Ps256, Self::Rs256, Self::Sm2Sm3]
            .into_iter()
            .find(|algorithm| algorithm.jose() == name)
    }

    /// Whether a key of `kind` can sign with this algorithm.
    pub const fn fits(self, kind: KeyKind) -> bool {
        matches!(
            (self, kind),
            (Self::EdDsa, KeyKind::Ed25519)
                | (Self::Es256, KeyKind::P256)
                | (
                    Self::Ps256 | Self::Rs256,
                    KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096
                )
                | (Self::Sm2Sm3, KeyKind::Sm2)
        )
    }
}

/// What to sign.
#[derive(Clone, Copy, Debug)]
pub enum ToSign<'a> {
    /// The 32-byte digest the algorithm would compute: SHA-256 of the message, or for SM2
    /// `SM3(Z ‖ M)`. Ed25519 signs messages only.
    Digest(&'a [u8; 32]),
    /// The message itself; the keystore hashes.
    Message(&'a [u8]),
}

/// What a keystore can do.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// For `doctor`: `hsm-sim token "yinxin"`, `PKCS#11 SoftHSM v2.6 slot 3`.
    pub name: String,
    /// Kinds of key that can be generated and used.
    pub kinds: Vec<KeyKind>,
    /// Algorithms that can sign.
    pub algorithms: Vec<SignatureAlgorithm>,
}

/// Why a keystore did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bounded queue is full or the deadline passed: try again soon.
    #[error("keystore is busy")]
    Busy,
    /// A key of this name exists already.
    #[error("a key named {0} exists already")]
    Exists(KeyRef),
    /// The PIN was refused; no second attempt is made, so that the token is never locked by us.
    #[error("the keystore PIN was refused or is locked; an operator must act")]
    Locked,
    /// No key of this name.
    #[error("no key named {0}")]
    Missing(KeyRef),
    /// The key, its kind or its attributes do not allow this.
    #[error("the keystore refused: {0}")]
    Refused(String),
    /// The device does not answer or answers wrongly. Detail is for logs only.
    #[error("keystore unavailable: {0}")]
    Unavailable(String),
    /// The keystore does not know this kind or algorithm.
    #[error("the keystore does not support {0}")]
    Unsupported(String),
}

impl From<KeyError> for crate::fault::Fault {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Busy => Self::Busy,
            KeyError::Refused(_) => Self::Corrupt,
            KeyError::Exists(_)
            | KeyError::Locked
            | KeyError::Missing(_)
            | KeyError::Unavailable(_)
            | KeyError::Unsupported(_) => Self::Unavailable,
        }
    }
}
