//! Asking a snapshot of status lists about one certificate: three answers, never two.

use std::{collections::HashMap, sync::Arc};

use auth_core::{Timestamp, Verdict, jose::Jws};
use sha2::{Digest, Sha256};

use super::{Status, StatusToken};
use crate::trust::TrustList;

/// Status list tokens fetched beforehand, verified when they were added, by URL.
#[derive(Clone, Debug, Default)]
pub struct StatusSnapshot {
    tokens: HashMap<String, Arc<Held>>,
}

#[derive(Debug)]
struct Held {
    text_hash: [u8; 32],
    token: StatusToken,
}

impl StatusSnapshot {
    /// A snapshot without lists: every status is unknown.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads a status file: one status list token a line, empty lines ignored. Tokens that do not
    /// verify under `trust` at `now` are left out, and so make what they would have told unknown.
    pub fn read(file: &[u8], trust: &TrustList, now: Timestamp) -> Self {
        let mut snapshot = Self::empty();
        let text = std::str::from_utf8(file).unwrap_or_default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()).take(MAX_TOKENS) {
            snapshot.add(line, trust, now);
        }
        snapshot
    }

    /// Adds a token if it verifies and is newer than the one held for its list. Whether it was
    /// taken in. A text that is held already costs no signature check.
    pub fn add(&mut self, token: &str, trust: &TrustList, now: Timestamp) -> bool {
        let text_hash: [u8; 32] = Sha256::digest(token).into();
        if self.tokens.values().any(|held| held.text_hash == text_hash) {
            return false;
        }
        let Some(token) = verified(token, trust, now) else { return false };
        let held = self.tokens.get(&token.uri);
        // Of two lists of one second the one that came later counts: `iat` has whole seconds.
        let newer = held.is_none_or(|held| held.token.issued_at <= token.issued_at);
        if newer {
            let uri = token.uri.clone();
            self.tokens.insert(uri, Arc::new(Held { text_hash, token }));
        }
        newer
    }

    /// Where a certificate stands at `now`.
    pub fn standing(&self, uri: &str, index: u64, now: Timestamp) -> Standing {
        let Some(held) = self.tokens.get(uri) else { return Standing::Unknown(Unknown::NoList) };
        let token = &held.token;
        // A list from the future is a clock that is wrong, here or there.
        if token.issued_at > now.plus_seconds(LEEWAY) {
            return Standing::Unknown(Unknown::FromTheFuture);
        }
        let age = now.seconds_since(token.issued_at);
        let expired = token.expires_at.is_some_and(|at| at <= now);
        if expired || age > token.ttl.unwrap_or(MAX_AGE).min(MAX_AGE) {
            return Standing::Unknown(Unknown::Stale { issued_at: token.issued_at });
        }
        match token.list.at(index).map(Status::from_value) {
            Some(Some(status)) => Standing::Known { status, issued_at: token.issued_at },
            Some(None) => Standing::Unknown(Unknown::Value),
            None => Standing::OutOfRange,
        }
    }

    /// Whether a list is held, however old.
    pub fn has(&self, uri: &str) -> bool {
        self.tokens.contains_key(uri)
    }
}

/// A token whose signature, signer and right to speak for its list hold.
fn verified(token: &str, trust: &TrustList, now: Timestamp) -> Option<StatusToken> {
    let jws = Jws::parse(token).ok()?;
    trust.by_header(jws.header()).ok()?.into_iter().find_map(|signer| {
        let token = StatusToken::verify(&jws, signer.key(), signer.algorithm()).ok()?;
        let trusted = trust.judge(&signer, token.issued_at, now).verdict == Verdict::Valid;
        (trusted && signer.speaks_for(&token.uri)).then_some(token)
    })
}

/// What a snapshot says about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A fresh list says this.
    Known {
        /// The entry.
        status: Status,
        /// When the list was signed.
        issued_at: Timestamp,
    },
    /// The list has no such entry: the certificate is to be rejected (§8.3).
    OutOfRange,
    /// It could not be found out.
    Unknown(Unknown),
}

/// Why a status could not be found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The list was signed after the time judged.
    FromTheFuture,
    /// No list of this URL is at hand, or none that verifies.
    NoList,
    /// The list is older than its `ttl`, than 24 hours, or expired.
    Stale {
        /// When it was signed.
        issued_at: Timestamp,
    },
    /// The entry has a value without a meaning here.
    Value,
}

/// Oldest list that is believed whatever its `ttl` says, seconds.
pub const MAX_AGE: i64 = 24 * 3600;

/// Clocks may differ by this many seconds.
const LEEWAY: i64 = 60;

/// Most tokens read from one file: a county has a few lists a year.
const MAX_TOKENS: usize = 1024;
