//! The cache in this process's memory, bounded.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    cache::{Claim, Claimed, SingleUse},
    login::Throttle,
};
use sha2::{Digest, Sha256};

/// The cache of a single node. Its epoch is the moment it was made.
pub struct Memory {
    epoch: Timestamp,
    most: usize,
    claims: Mutex<Expiring<()>>,
    counts: Mutex<Expiring<u32>>,
}

impl Memory {
    /// An empty cache that remembers from `epoch` on.
    pub fn new(epoch: Timestamp) -> Self {
        Self::with_bound(epoch, MOST_ENTRIES)
    }

    /// An empty cache that holds at most `most` claims and `most` counters.
    pub fn with_bound(epoch: Timestamp, most: usize) -> Self {
        Self { epoch, most, claims: Mutex::default(), counts: Mutex::default() }
    }
}

#[async_trait]
impl SingleUse for Memory {
    async fn claim(&self, claim: Claim<'_>) -> Result<Claimed, Fault> {
        if claim.issued_at < self.epoch || claim.until <= claim.now {
            return Ok(Claimed::TooOld);
        }
        let key = claim_key(&claim);
        let mut claims = lock(&self.claims);
        claims.expire(claim.now);
        if claims.entries.contains_key(&key) {
            return Ok(Claimed::Again);
        }
        // A claim that still counts is never thrown out for a new one: full is busy.
        if claims.entries.len() >= self.most {
            tracing::error!("the cache is full of claims; refusing new ones");
            return Err(Fault::Busy);
        }
        claims.insert(key, (), claim.until);
        Ok(Claimed::First)
    }
}

/// Fixed windows that begin with the first hit.
///
/// When the cache is full, keys not yet counted share one counter: somebody who floods it with new
/// keys runs into that counter's limit, and resets nobody's.
#[async_trait]
impl Throttle for Memory {
    async fn hit(&self, key: &str, window_seconds: u32, now: Timestamp) -> Result<u32, Fault> {
        let mut counts = lock(&self.counts);
        counts.expire(now);
        let mut key = text_key(key);
        if !counts.entries.contains_key(&key) && counts.entries.len() >= self.most {
            key = OVERFLOW;
        }
        if let Some((count, _)) = counts.entries.get_mut(&key) {
            *count = count.saturating_add(1);
            return Ok(*count);
        }
        counts.insert(key, 1, now.plus_seconds(i64::from(window_seconds)));
        Ok(1)
    }

    async fn peek(&self, key: &str, _window_seconds: u32, now: Timestamp) -> Result<u32, Fault> {
        let mut counts = lock(&self.counts);
        counts.expire(now);
        let own = counts.entries.get(&text_key(key));
        let full = counts.entries.len() >= self.most;
        let shared = || counts.entries.get(&OVERFLOW).filter(|_| full);
        Ok(own.or_else(shared).map_or(0, |(count, _)| *count))
    }

    async fn clear(&self, key: &str) -> Result<(), Fault> {
        lock(&self.counts).remove(&text_key(key));
        Ok(())
    }
}

/// SHA-256 of purpose and value, each with its length, so that neither slides into the other.
pub(super) fn claim_key(claim: &Claim<'_>) -> Key {
    let mut hash = Sha256::new();
    for part in [claim.purpose, claim.value] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

pub(super) fn text_key(text: &str) -> Key {
    Sha256::digest(text).into()
}

pub(super) type Key = [u8; 32];

/// Entries in order of their end.
struct Expiring<V> {
    entries: HashMap<Key, (V, Timestamp)>,
    ends: BTreeSet<(Timestamp, Key)>,
}

impl<V> Default for Expiring<V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), ends: BTreeSet::new() }
    }
}

impl<V> Expiring<V> {
    fn expire(&mut self, now: Timestamp) {
        while let Some((end, key)) = self.ends.first().copied().filter(|(end, _)| *end <= now) {
            self.ends.remove(&(end, key));
            self.entries.remove(&key);
        }
    }

    fn insert(&mut self, key: Key, value: V, end: Timestamp) {
        self.ends.insert((end, key));
        self.entries.insert(key, (value, end));
    }

    fn remove(&mut self, key: &Key) {
        if let Some((_, end)) = self.entries.remove(key) {
            self.ends.remove(&(end, *key));
        }
    }
}

/// A panic elsewhere cannot leave these maps half changed.
fn lock<V>(map: &Mutex<Expiring<V>>) -> MutexGuard<'_, Expiring<V>> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What no key hashes to.
const OVERFLOW: Key = [0; 32];
/// About 60 MB when full. A county signs in some tens of thousands of people in a window.
const MOST_ENTRIES: usize = 200_000;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_cache_forgets_no_claim_and_resets_no_count() {
        let now = Timestamp::from_unix(1_000);
        let cache = Memory::with_bound(now, 3);
        let claim =
            |value| Claim { purpose: "p", value, issued_at: now, until: now.plus_seconds(60), now };
        for value in ["a", "b", "c"] {
            assert_eq!(cache.claim(claim(value)).await, Ok(Claimed::First));
            assert_eq!(cache.hit(value, 60, now).await, Ok(1));
        }
        assert_eq!(cache.claim(claim("d")).await, Err(Fault::Busy));
        assert_eq!(cache.claim(claim("a")).await, Ok(Claimed::Again));
        for flood in 1..=50_u32 {
            assert_eq!(cache.hit(&flood.to_string(), 60, now).await, Ok(flood));
        }
        assert_eq!(cache.hit("a", 60, now).await, Ok(2));
        assert_eq!(cache.peek("never seen", 60, now).await, Ok(50));
        let later = now.plus_seconds(61);
        assert_eq!(cache.hit("never seen", 60, later).await, Ok(1));
    }
}
