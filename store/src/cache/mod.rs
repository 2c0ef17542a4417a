//! The cache in memory or Redis: things used once, and counts of tries.

mod memory;
mod redis;

use std::sync::Arc;

use auth_core::{Timestamp, cache::SingleUse, login::Throttle};

pub use memory::Memory;
pub use redis::Redis;

use crate::Finding;

/// The ports of a cache.
#[derive(Clone)]
pub struct Cache {
    /// Nonces, proofs and assertions, used once.
    pub single_use: Arc<dyn SingleUse>,
    /// Counts of tries.
    pub throttle: Arc<dyn Throttle>,
    redis: Option<Arc<Redis>>,
}

/// Opens the cache of a URL: `memory:` for one node, `redis://`, `rediss://` (TLS) or
/// `redis+unix://` for several.
///
/// `margin_seconds` is the clock skew that callers allow senders: a new epoch starts that much
/// later than now, so that something dated ahead and used just before the loss stays refused.
/// Zero makes sense in tests only, where clocks agree.
pub fn open(url: &str, now: Timestamp, margin_seconds: u32) -> Result<Cache, CacheError> {
    if url == "memory:" {
        let memory = Arc::new(Memory::new(now.plus_seconds(i64::from(margin_seconds))));
        return Ok(Cache { single_use: Arc::clone(&memory) as _, throttle: memory, redis: None });
    }
    if !["redis:", "rediss:", "redis+unix:"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(CacheError::Url("neither memory: nor redis:, rediss: or redis+unix:"));
    }
    let redis = Arc::new(Redis::open(url, now, margin_seconds)?);
    Ok(Cache {
        single_use: Arc::clone(&redis) as _,
        throttle: Arc::clone(&redis) as _,
        redis: Some(redis),
    })
}

impl Cache {
    /// Looks at what an operator can get wrong about the cache.
    pub async fn check(&self) -> Vec<Finding> {
        match &self.redis {
            None => vec![Finding::new("cache", "memory of this process", true, "")],
            Some(redis) => redis.check().await,
        }
    }
}

/// Why a cache did not open.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Redis refused its URL.
    #[error("cache: {0}")]
    Redis(#[from] ::redis::RedisError),
    /// The URL is not one we understand.
    #[error("cache URL: {0}")]
    Url(&'static str),
}
