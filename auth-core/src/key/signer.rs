//! A signer: all that a domain sees of a private key.

use std::sync::Arc;

use super::{KeyError, KeyRef, Keystore, PublicKey, SignatureAlgorithm, ToSign};
use crate::jose::thumbprint;

/// Keystore, key, algorithm, and how others find the public half (`kid` or certificate chain).
#[derive(Clone)]
pub struct Signer {
    keystore: Arc<dyn Keystore>,
    key: KeyRef,
    algorithm: SignatureAlgorithm,
    public: PublicKey,
    kid: String,
    chain: Arc<[Vec<u8>]>,
}

impl Signer {
    /// A signer for a key that exists. What the key cannot do is found here, not at first use.
    pub async fn open(
        keystore: Arc<dyn Keystore>,
        key: KeyRef,
        algorithm: SignatureAlgorithm,
        chain: Vec<Vec<u8>>,
    ) -> Result<Self, KeyError> {
        let public = keystore.public(&key).await?;
        if !algorithm.fits(public.kind()) {
            let detail = format!("key {key} cannot sign {}", algorithm.jose());
            return Err(KeyError::Refused(detail));
        }
        if !keystore.capabilities().algorithms.contains(&algorithm) {
            return Err(KeyError::Unsupported(algorithm.jose().to_owned()));
        }
        let kid = thumbprint(&public);
        Ok(Self { keystore, key, algorithm, public, kid, chain: chain.into() })
    }

    /// Signs; see [`Keystore::sign`] for the form of the bytes.
    pub async fn sign(&self, input: ToSign<'_>) -> Result<Vec<u8>, KeyError> {
        self.keystore.sign(&self.key, self.algorithm, input).await
    }

    /// The algorithm.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The name of the key in its keystore.
    pub const fn key(&self) -> &KeyRef {
        &self.key
    }

    /// The public key.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Key id: the RFC 7638 thumbprint of the public key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// DER certificates, leaf first; empty for keys known by `kid` only.
    pub fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("key", &self.key).field("kid", &self.kid).finish()
    }
}
