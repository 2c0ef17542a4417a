//! The keys of one purpose through their life: next, active, retired.

use super::{PublicKey, SignatureAlgorithm, Signer};
use crate::clock::Timestamp;

/// Where a key stands in its rotation.
#[derive(Clone, Debug)]
pub enum KeyState {
    /// Signs.
    Active(Signer),
    /// Published so that caches know it before its first signature.
    Next(Signer),
    /// Signs no more, published until the last thing it signed has expired.
    Retired {
        /// The public key.
        public: PublicKey,
        /// Its algorithm.
        algorithm: SignatureAlgorithm,
        /// Its key id.
        kid: String,
        /// When it leaves the published set.
        until: Timestamp,
    },
}

/// The keys of one purpose: at most one active per algorithm.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Vec<KeyState>,
}

impl KeySet {
    /// A set of keys.
    pub const fn new(keys: Vec<KeyState>) -> Self {
        Self { keys }
    }

    /// The key that signs with `algorithm` now.
    pub fn active(&self, algorithm: SignatureAlgorithm) -> Option<&Signer> {
        self.keys.iter().find_map(|state| match state {
            KeyState::Active(signer) if signer.algorithm() == algorithm => Some(signer),
            _ => None,
        })
    }

    /// Every algorithm with an active key.
    pub fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        let active = |state: &KeyState| match state {
            KeyState::Active(signer) => Some(signer.algorithm()),
            _ => None,
        };
        self.keys.iter().filter_map(active).collect()
    }

    /// What a verifier may use: every published key with `kid` and algorithm.
    pub fn published(&self, now: Timestamp) -> Vec<(&str, SignatureAlgorithm, &PublicKey)> {
        self.keys
            .iter()
            .filter_map(|state| match state {
                KeyState::Active(signer) | KeyState::Next(signer) => {
                    Some((signer.kid(), signer.algorithm(), signer.public()))
                }
                KeyState::Retired { public, algorithm, kid, until } => {
                    (now < *until).then_some((kid.as_str(), *algorithm, public))
                }
            })
            .collect()
    }

    /// The published key of this id.
    pub fn by_kid(&self, kid: &str, now: Timestamp) -> Option<(SignatureAlgorithm, &PublicKey)> {
        self.published(now)
            .into_iter()
            .find(|(id, ..)| *id == kid)
            .map(|(_, algorithm, public)| (algorithm, public))
    }
}
