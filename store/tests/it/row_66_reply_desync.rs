//! Row 66 of the attack table: a slow Redis must not let one request read another's reply
//! (CVE-2025-29923). The connection is dropped on any timeout.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use auth_core::Fault;
use store::cache::open;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::fixture::NOW;

/// A server that answers every `GET` with a number of its own, the first one two seconds late.
async fn slow_server() -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::spawn(serve(stream, number));
        }
    });
    (url, connections)
}

async fn serve(mut stream: TcpStream, connection: u32) {
    let mut buffer = [0; 4096];
    let mut late = connection == 1;
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
        let gets = request.matches("\r\nGET\r\n").count();
        let others = request.matches('*').count() - gets;
        let mut reply = "+OK\r\n".repeat(others);
        for _ in 0..gets {
            if std::mem::take(&mut late) {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            // What connection 1 says belongs to somebody else.
            let value = if connection == 1 { "666" } else { "7" };
            reply.push_str(&format!("${}\r\n{value}\r\n", value.len()));
        }
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_reply_answers_nobody() {
    let (url, connections) = slow_server().await;
    let cache = open(&url, NOW, 0).unwrap();
    // The first request times out and is counted locally.
    assert_eq!(cache.throttle.peek("a", 60, NOW).await, Ok(0));
    for _ in 0..50 {
        assert_eq!(cache.throttle.peek("b", 60, NOW).await, Ok(7), "its own reply");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2, "one connection was dropped");
    tokio::time::sleep(Duration::from_millis(1500)).await; // the late reply arrives now
    assert_eq!(cache.throttle.peek("c", 60, NOW).await, Ok(7));
}

#[tokio::test]
async fn a_server_that_answers_nonsense_is_unavailable() {
    let (url, _) = slow_server().await;
    let cache = open(&url, NOW, 0).unwrap();
    let claim = auth_core::cache::Claim {
        purpose: "p",
        value: "v",
        issued_at: NOW,
        until: NOW.plus_seconds(60),
        now: NOW,
    };
    assert_eq!(cache.single_use.claim(claim).await, Err(Fault::Unavailable));
}
