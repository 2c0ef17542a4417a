//! The cache in Redis, shared by all nodes.
//!
//! Every request is one Lua script, so it is atomic. Redis may lose what it acknowledged (a
//! restart, a fail-over to a replica that lags, an old snapshot, `FLUSHALL`): a counter that rises
//! with every claim shows it, since a node that sees it fall starts a new epoch.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use ::redis::{AsyncConnectionConfig, Client, RedisError, Script, aio::MultiplexedConnection};
use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    cache::{Claim, Claimed, SingleUse},
    login::Throttle,
};
use tokio::sync::Mutex;

use super::{
    CacheError,
    memory::{Memory, claim_key, text_key},
};
use crate::Finding;

/// The cache of several nodes.
pub struct Redis {
    client: Client,
    config: AsyncConnectionConfig,
    connection: Mutex<Option<(u64, MultiplexedConnection)>>,
    made: std::sync::atomic::AtomicU64,
    margin_micros: i64,
    /// Highest claim number this node has seen.
    seen: AtomicI64,
    scripts: Scripts,
    /// Counts while Redis is away.
    fallback: Arc<Memory>,
}

struct Scripts {
    claim: Script,
    hit: Script,
}

impl Redis {
    /// A cache at this URL; connects at first use. `now` begins the fallback's memory.
    pub fn open(url: &str, now: Timestamp, margin_seconds: u32) -> Result<Self, CacheError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WAIT))
            .set_response_timeout(Some(RESPONSE_WAIT));
        Ok(Self {
            client: Client::open(url)?,
            config,
            connection: Mutex::new(None),
            made: std::sync::atomic::AtomicU64::new(0),
            margin_micros: i64::from(margin_seconds).saturating_mul(1_000_000),
            seen: AtomicI64::new(0),
            scripts: Scripts { claim: Script::new(CLAIM), hit: Script::new(HIT) },
            fallback: Arc::new(Memory::new(now)),
        })
    }

    /// Looks at what an operator can get wrong about Redis.
    pub async fn check(&self) -> Vec<Finding> {
        let policy = self.ask(|mut connection| async move {
            let info: String =
                ::redis::cmd("INFO").arg("memory").query_async(&mut connection).await?;
            let line = info.lines().find_map(|line| line.strip_prefix("maxmemory_policy:"));
            Ok(line.unwrap_or("unknown").to_owned())
        });
        match policy.await {
            Err(_) => {
                vec![Finding::new("cache", "Redis does not answer", false, "check cache.url")]
            }
            Ok(policy) => vec![
                Finding::new("cache", "Redis", true, ""),
                Finding::new(
                    "maxmemory-policy",
                    &policy,
                    policy == "noeviction",
                    "set maxmemory-policy noeviction: an evicted nonce could be used again",
                ),
            ],
        }
    }

    /// Runs a request on the shared connection. A connection on which anything failed or timed out
    /// is never used again: a late reply must not be read as the answer to somebody else's request
    /// (CVE-2025-29923).
    async fn ask<T, F, R>(&self, request: F) -> Result<T, Fault>
    where
        F: FnOnce(MultiplexedConnection) -> R,
        R: Future<Output = Result<T, RedisError>>,
    {
        let (number, connection) = self.connect().await.map_err(|error| {
            tracing::warn!(%error, "Redis does not answer");
            Fault::Unavailable
        })?;
        match tokio::time::timeout(RESPONSE_WAIT, request(connection)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                tracing::warn!(%error, "Redis request failed; connection dropped");
                self.drop_connection(number).await;
                Err(Fault::Unavailable)
            }
            Err(_elapsed) => {
                tracing::warn!("Redis request timed out; connection dropped");
                self.drop_connection(number).await;
                Err(Fault::Unavailable)
            }
        }
    }

    async fn connect(&self) -> Result<(u64, MultiplexedConnection), RedisError> {
        let mut slot = self.connection.lock().await;
        if let Some((number, connection)) = &*slot {
            return Ok((*number, connection.clone()));
        }
        let connection =
            self.client.get_multiplexed_async_connection_with_config(&self.config).await?;
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        *slot = Some((number, connection.clone()));
        Ok((number, connection))
    }

    async fn drop_connection(&self, number: u64) {
        let mut slot = self.connection.lock().await;
        if slot.as_ref().is_some_and(|(current, _)| *current == number) {
            *slot = None;
        }
    }
}

#[async_trait]
impl SingleUse for Redis {
    async fn claim(&self, claim: Claim<'_>) -> Result<Claimed, Fault> {
        if claim.until <= claim.now {
            return Ok(Claimed::TooOld);
        }
        let kept_millis = claim.until.0.saturating_sub(claim.now.0) / 1_000 + KEPT_LONGER_MILLIS;
        let seen = self.seen.load(Ordering::Acquire);
        let mut script = self.scripts.claim.prepare_invoke();
        script
            .key(EPOCH_KEY)
            .key(NUMBER_KEY)
            .key(format!("{PREFIX}once:{}", hex::encode(claim_key(&claim))))
            .arg(claim.issued_at.0)
            .arg(claim.now.0.saturating_add(self.margin_micros))
            .arg(kept_millis)
            .arg(seen);
        let answer = self
            .ask(|mut connection| async move {
                script.invoke_async::<(String, i64)>(&mut connection).await
            })
            .await?;
        self.seen.fetch_max(answer.1, Ordering::AcqRel);
        match answer.0.as_str() {
            "first" => Ok(Claimed::First),
            "again" => Ok(Claimed::Again),
            "old" => Ok(Claimed::TooOld),
            _ => Err(Fault::Corrupt),
        }
    }
}

/// Fixed windows that begin with the first hit, counted by Redis's own clock.
///
/// While Redis is away each node counts for itself, and counts every hit twice: stricter than one
/// shared counter for up to two nodes, and no wider open than the number of nodes beyond.
#[async_trait]
impl Throttle for Redis {
    async fn hit(&self, key: &str, window_seconds: u32, now: Timestamp) -> Result<u32, Fault> {
        let mut script = self.scripts.hit.prepare_invoke();
        script.key(count_key(key)).arg(u64::from(window_seconds) * 1_000);
        let counted = self
            .ask(|mut connection| async move { script.invoke_async(&mut connection).await })
            .await;
        match counted {
            Ok(count) => Ok(count),
            Err(_) => {
                self.fallback.hit(key, window_seconds, now).await?;
                self.fallback.hit(key, window_seconds, now).await
            }
        }
    }

    async fn peek(&self, key: &str, window_seconds: u32, now: Timestamp) -> Result<u32, Fault> {
        let counter = count_key(key);
        let counted = self
            .ask(|mut connection| async move {
                ::redis::cmd("GET").arg(counter).query_async(&mut connection).await
            })
            .await;
        match counted {
            Ok(count) => Ok(Option::<u32>::unwrap_or_default(count)),
            Err(_) => self.fallback.peek(key, window_seconds, now).await,
        }
    }

    async fn clear(&self, key: &str) -> Result<(), Fault> {
        self.fallback.clear(key).await?;
        let counter = count_key(key);
        // A counter that stays is the stricter side, so this may fail in silence.
        let _ = self
            .ask(|mut connection| async move {
                ::redis::cmd("DEL").arg(counter).query_async::<i64>(&mut connection).await
            })
            .await;
        Ok(())
    }
}

fn count_key(key: &str) -> String {
    format!("{PREFIX}count:{}", hex::encode(text_key(key)))
}

/// KEYS: epoch, claim number, claim. ARGV: issued_at, epoch to begin with if memory was lost,
/// milliseconds to keep, highest number the caller has seen.
///
/// Times are microseconds as decimal text; Lua's doubles hold them exactly until the year 2255.
const CLAIM: &str = r"
local number = redis.call('INCR', KEYS[2])
local epoch = redis.call('GET', KEYS[1])
if not epoch or number <= tonumber(ARGV[4]) then
  epoch = ARGV[2]
  number = math.max(number, tonumber(ARGV[4]) + 1)
  redis.call('SET', KEYS[2], string.format('%.0f', number))
  redis.call('SET', KEYS[1], epoch)
end
if tonumber(ARGV[1]) < tonumber(epoch) then
  return {'old', number}
end
if redis.call('SET', KEYS[3], '1', 'NX', 'PX', ARGV[3]) then
  return {'first', number}
end
return {'again', number}
";

/// KEYS: counter. ARGV: window in milliseconds. A counter without an end gets one, so that none
/// can stay for ever.
const HIT: &str = r"
local count = redis.call('INCR', KEYS[1])
if count == 1 or redis.call('PTTL', KEYS[1]) < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return count
";

/// Before every key, so that one Redis can serve other programs too.
const PREFIX: &str = "yinxin:";
const EPOCH_KEY: &str = "yinxin:epoch";
const NUMBER_KEY: &str = "yinxin:number";
/// Claims are kept longer than asked: nodes' clocks differ by some seconds.
const KEPT_LONGER_MILLIS: i64 = 10_000;
/// Longest wait for a connection; a request that needs the cache must fail within two seconds.
const CONNECT_WAIT: Duration = Duration::from_millis(800);
/// Longest wait for an answer.
const RESPONSE_WAIT: Duration = Duration::from_millis(800);
