//! What is remembered for minutes and may be lost: used `jti`s and nonces, and counts of tries.
//!
//! Losing it costs a retry, never a record. Whatever must never become usable again (codes,
//! refresh tokens) is a row in the store instead. Counting is [`crate::login::Throttle`].
//!
//! A cache remembers from its **epoch** on. When it lost its memory a new epoch starts, and
//! everything made before it is refused: it may have been used already, and nobody remembers.

use async_trait::async_trait;

use crate::{clock::Timestamp, fault::Fault};

/// Lets a nonce, proof or assertion be used once, across all nodes.
#[async_trait]
pub trait SingleUse: Send + Sync {
    /// Claims it. Of any number of callers, at any number of nodes, one is told
    /// [`Claimed::First`]. Fails closed: a cache that does not answer or is full is a [`Fault`].
    async fn claim(&self, claim: Claim<'_>) -> Result<Claimed, Fault>;
}

/// Something to be used once.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// What it is and whose: `dpop:<thumbprint>`, `client-assertion:<client>`, `c_nonce`. The same
    /// value under another purpose is another thing.
    pub purpose: &'a str,
    /// The `jti` or nonce itself. Any length; only its hash is kept.
    pub value: &'a str,
    /// When it says it was made (`iat`). The caller has refused what comes from further in the
    /// future than the clock skew it allows.
    pub issued_at: Timestamp,
    /// Until when it would otherwise be accepted, skew included: it is remembered till then.
    pub until: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// What came of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// Somebody has used it before: a replay.
    Again,
    /// It is the caller's to use.
    First,
    /// Made before the cache began to remember, or over already: the sender must make a new one
    /// (RFC 9449 §8 `use_dpop_nonce`, else `invalid_client` or `invalid_grant`).
    TooOld,
}
