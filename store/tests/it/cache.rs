//! The cache's promises, in memory and Redis.

use std::sync::Arc;

use auth_core::{
    Fault, Timestamp,
    cache::{Claim, Claimed},
};
use store::cache::{Cache, open};

use crate::{fixture::NOW, redis_server::RedisServer};

macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod in_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::open("memory:", super::NOW, 0).unwrap()).await;
            })+
        }
        mod in_redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let Some(server) = super::RedisServer::start().await else { return };
                super::$name(super::open(&server.url, super::NOW, 0).unwrap()).await;
            })+
        }
    };
}

on_both!(
    fifty_claim_at_once_and_one_is_first,
    a_claim_is_its_purpose_and_value,
    what_is_over_is_too_old,
    counts_rise_are_read_and_cleared,
);

fn claim(value: &str, now: Timestamp) -> Claim<'_> {
    Claim { purpose: "test", value, issued_at: now, until: now.plus_seconds(300), now }
}

async fn fifty_claim_at_once_and_one_is_first(cache: Cache) {
    for round in 0..5 {
        let tries = (0..50).map(|_| {
            let single_use = Arc::clone(&cache.single_use);
            tokio::spawn(async move {
                single_use.claim(claim(&format!("jti-{round}"), NOW)).await.unwrap()
            })
        });
        let mut first = 0;
        for answer in tries.collect::<Vec<_>>() {
            match answer.await.unwrap() {
                Claimed::First => first += 1,
                Claimed::Again => {}
                Claimed::TooOld => panic!("made now"),
            }
        }
        assert_eq!(first, 1);
    }
}

async fn a_claim_is_its_purpose_and_value(cache: Cache) {
    let claimed = async |purpose: &str, value: &str| {
        let claim = Claim { purpose, ..claim(value, NOW) };
        cache.single_use.claim(claim).await.unwrap()
    };
    assert_eq!(claimed("ab", "c").await, Claimed::First);
    assert_eq!(claimed("a", "bc").await, Claimed::First);
    assert_eq!(claimed("ab", "c").await, Claimed::Again);
    assert_eq!(claimed("ab", &"long".repeat(100_000)).await, Claimed::First);
    assert_eq!(claimed("ab", "").await, Claimed::First);
    assert_eq!(claimed("ab", "\r\nFLUSHALL\r\n").await, Claimed::First);
    assert_eq!(claimed("ab", "c").await, Claimed::Again);
}

async fn what_is_over_is_too_old(cache: Cache) {
    cache.single_use.claim(claim("opens the epoch", NOW)).await.unwrap();
    let over = Claim { until: NOW, ..claim("x", NOW) };
    assert_eq!(cache.single_use.claim(over).await, Ok(Claimed::TooOld));
    let before = Claim { issued_at: NOW.plus_seconds(-1), ..claim("y", NOW) };
    assert_eq!(cache.single_use.claim(before).await, Ok(Claimed::TooOld));
}

async fn counts_rise_are_read_and_cleared(cache: Cache) {
    let throttle = &cache.throttle;
    assert_eq!(throttle.peek("k", 900, NOW).await, Ok(0));
    for expected in 1..=3 {
        assert_eq!(throttle.hit("k", 900, NOW).await, Ok(expected));
    }
    assert_eq!(throttle.peek("k", 900, NOW).await, Ok(3));
    assert_eq!(throttle.peek("other", 900, NOW).await, Ok(0));
    throttle.clear("k").await.unwrap();
    assert_eq!(throttle.hit("k", 900, NOW).await, Ok(1));
    let hits = (0..100).map(|_| {
        let throttle = Arc::clone(throttle);
        tokio::spawn(async move { throttle.hit("many", 900, NOW).await.unwrap() })
    });
    let mut counts = Vec::new();
    for hit in hits.collect::<Vec<_>>() {
        counts.push(hit.await.unwrap());
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=100).collect::<Vec<u32>>(), "no two get the same count");
}

#[tokio::test]
async fn a_window_ends_in_memory_by_the_given_clock() {
    let cache = open("memory:", NOW, 0).unwrap();
    assert_eq!(cache.throttle.hit("k", 60, NOW).await, Ok(1));
    assert_eq!(cache.throttle.hit("k", 60, NOW.plus_seconds(59)).await, Ok(2));
    assert_eq!(cache.throttle.hit("k", 60, NOW.plus_seconds(60)).await, Ok(1));
}

#[tokio::test]
async fn a_counter_in_redis_always_has_an_end() {
    let Some(server) = RedisServer::start().await else { return };
    let cache = open(&server.url, NOW, 0).unwrap();
    cache.throttle.hit("k", 60, NOW).await.unwrap();
    cache.single_use.claim(claim("x", NOW)).await.unwrap();
    let redis::Value::Array(keys) = server.command(&["KEYS", "yinxin:*:*"]).await else {
        panic!("no list")
    };
    assert_eq!(keys.len(), 2);
    for key in keys {
        let key: String = redis::from_redis_value(key).unwrap();
        let redis::Value::Int(left) = server.command(&["PTTL", &key]).await else {
            panic!("{key}")
        };
        assert!(left > 0, "{key} stays for ever");
        assert!(!key.contains('x') || !key.ends_with(":x"), "only hashes are kept: {key}");
    }
}

/// Redis forgets (flushed, restarted, or restored from an older copy): nothing used before may be
/// used again, while new things still may.
#[tokio::test]
async fn a_redis_that_lost_its_memory_starts_a_new_epoch() {
    let Some(mut server) = RedisServer::start().await else { return };
    let margin = 30;
    let cache = open(&server.url, NOW, margin).unwrap();
    let single_use = &cache.single_use;
    let mut now = NOW;
    assert_eq!(single_use.claim(claim("first ever", now)).await, Ok(Claimed::TooOld));
    for loss in 0..4 {
        now = now.plus_seconds(100);
        let (used, dated_ahead) = (format!("used-{loss}"), format!("ahead-{loss}"));
        let ahead = Claim { issued_at: now.plus_seconds(20), ..claim(&dated_ahead, now) };
        for number in 0..10 {
            let other = format!("{loss}-{number}");
            assert_eq!(single_use.claim(claim(&other, now)).await, Ok(Claimed::First));
        }
        let copied = server.command(&["GET", "yinxin:number"]).await;
        assert_eq!(single_use.claim(claim(&used, now)).await, Ok(Claimed::First));
        assert_eq!(single_use.claim(ahead).await, Ok(Claimed::First));
        match loss {
            0 => drop(server.command(&["FLUSHALL"]).await),
            1 => server.restart().await,
            2 => drop(server.command(&["DEL", "yinxin:epoch"]).await),
            _ => {
                // An older copy: epoch and number are there, the last claims are not.
                let redis::Value::BulkString(number) = copied else { panic!("no number") };
                let epoch = server.command(&["GET", "yinxin:epoch"]).await;
                let redis::Value::BulkString(epoch) = epoch else { panic!("no epoch") };
                server.command(&["FLUSHALL"]).await;
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                server.command(&["SET", "yinxin:number", &text(&number)]).await;
                server.command(&["SET", "yinxin:epoch", &text(&epoch)]).await;
            }
        }
        let again = Claim { now: now.plus_seconds(1), ..claim(&used, now) };
        let mut answer = single_use.claim(again).await;
        if answer == Err(Fault::Unavailable) {
            answer = single_use.claim(again).await; // the restart cost the connection
        }
        assert_eq!(answer, Ok(Claimed::TooOld), "loss {loss}");
        let ahead = Claim { now: now.plus_seconds(1), ..ahead };
        assert_eq!(single_use.claim(ahead).await, Ok(Claimed::TooOld), "loss {loss}");
        now = now.plus_seconds(60);
        let fresh = format!("fresh-{loss}");
        assert_eq!(single_use.claim(claim(&fresh, now)).await, Ok(Claimed::First), "loss {loss}");
    }
}

/// Redis away: single use fails closed; counting goes on in each node, stricter.
#[tokio::test]
async fn without_redis_nothing_is_claimed_and_counts_go_double() {
    let Some(mut server) = RedisServer::start().await else { return };
    let cache = open(&server.url, NOW, 0).unwrap();
    assert_eq!(cache.throttle.hit("k", 60, NOW).await, Ok(1));
    assert!(cache.check().await.iter().all(store::Finding::is_good));
    server.kill();
    assert_eq!(cache.single_use.claim(claim("x", NOW)).await, Err(Fault::Unavailable));
    assert_eq!(cache.throttle.hit("k", 60, NOW).await, Ok(2));
    assert_eq!(cache.throttle.hit("k", 60, NOW).await, Ok(4));
    assert_eq!(cache.throttle.peek("k", 60, NOW).await, Ok(4));
    assert!(!cache.check().await.iter().all(store::Finding::is_good));
    server.restart().await;
    assert_eq!(cache.single_use.claim(claim("x", NOW)).await, Ok(Claimed::First));
}

#[test]
fn urls_that_cannot_be_meant_are_refused() {
    for url in ["", "memory", "memcached://x", "redis", "redis://[", "rediss+unix://x"] {
        assert!(open(url, NOW, 0).is_err(), "{url}");
    }
}
