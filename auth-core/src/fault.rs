//! The only infrastructure error a domain sees.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// What can go wrong below a domain, sorted by what the caller should do.
///
/// The detail (which database, which statement) goes to the log where it happened, never upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A bounded queue is full: try again soon (HTTP 503 with `Retry-After`).
    #[error("busy")]
    Busy,
    /// Stored data contradicts itself or fails its MAC: stop and call the operator (HTTP 500).
    #[error("stored data is corrupt")]
    Corrupt,
    /// A store, cache or keystore does not answer: try again later (HTTP 503).
    #[error("unavailable")]
    Unavailable,
}

/// Joins what a person sees on an error page with the line in log and audit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorId(String);

impl ErrorId {
    /// A new id: 10 characters of Crockford's base 32, easy to read out on the telephone.
    pub fn new(random: &dyn Random) -> Self {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let bytes: [u8; 10] = random.bytes();
        Self(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErrorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
