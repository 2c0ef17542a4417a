//! `kill -9` in the middle of batches: what was answered is there, and nothing is half there.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use auth_core::{Fault, key::KeyKind};

use crate::{
    database::Database,
    fixture::{event, sealer, signer, verified},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_on_sqlite() {
    kill_and_look(Database::sqlite_durable().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_on_postgres() {
    if let Some(database) = Database::postgres().await {
        kill_and_look(database).await;
    }
}

async fn kill_and_look(database: Database) {
    let signer = signer(KeyKind::Ed25519).await;
    let sealer = sealer(&database.stores.log, &signer);
    for round in 0..5_u64 {
        let acked = write_until_killed(&database.url, round, 50 + 37 * round);
        assert!(!acked.is_empty());
        for name in acked {
            let kept = database.stores.secrets.read(&name).await.unwrap();
            assert_eq!(kept.as_deref(), Some(name.as_bytes()), "{name} was answered");
        }
        // Exactly one record for each secret, and none without.
        let secrets = database.count("SELECT COUNT(*) FROM secret").await;
        let records = database.count("SELECT COUNT(*) FROM audit_event").await;
        let pairs = database
            .count(
                "SELECT COUNT(*) FROM secret JOIN audit_event ON subject = name AND act = 'make'",
            )
            .await;
        assert_eq!((records, pairs), (secrets, secrets));
        sealer.seal().await.unwrap();
        let found = verified(&database.stores.log, &signer, &[]).await;
        assert!(found.is_untouched() && found.unsealed == 0, "{found:?}");
        assert_eq!(i64::try_from(found.head.size), Ok(records));
        if database.is_sqlite() {
            let check = database.stores.check().await.unwrap();
            let quick = check.iter().find(|finding| finding.name == "quick_check").unwrap();
            assert_eq!(quick.value, "ok");
        }
    }
}

/// Starts this test binary as a writer, kills it after `count` answers, and gives the names that
/// it said were answered.
fn write_until_killed(url: &str, round: u64, count: u64) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_writes_until_killed", "--ignored", "--nocapture"])
        .env("YINXIN_CHILD_URL", url)
        .env("YINXIN_CHILD_ROUND", round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acked = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let Ok(line) = line else { break };
        if let Some(name) = line.strip_prefix("answered ") {
            acked.push(name.to_owned());
        }
        if acked.len() as u64 == count {
            child.kill().unwrap(); // SIGKILL; lines written before it are still read
        }
    }
    child.wait().unwrap();
    acked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child of the tests above"]
async fn child_writes_until_killed() {
    let Ok(url) = std::env::var("YINXIN_CHILD_URL") else { return };
    let round = std::env::var("YINXIN_CHILD_ROUND").unwrap();
    let stores = store::open(&url, Arc::new(hsm_sim::OsRandom)).await.unwrap();
    let next = Arc::new(AtomicU64::new(0));
    let writers = (0..32).map(|_| {
        let (stores, next, round) = (stores.clone(), Arc::clone(&next), round.clone());
        tokio::spawn(async move {
            for _ in 0..1_000_000 {
                let name = format!("{round}-{}", next.fetch_add(1, Ordering::Relaxed));
                let made = event("make").subject(name.as_str());
                match stores.secrets.insert_once(&name, name.as_bytes(), made).await {
                    Ok(_) => println!("answered {name}"),
                    Err(fault) => println!("refused {fault}"),
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

/// The disk is full (a limit on the size of files stands in for it): acts are refused, reads go
/// on, and once there is room the log has no gap.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_acts_and_loses_none() {
    let database = Database::sqlite_durable().await;
    let script = "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"";
    let output = Command::new("sh")
        .args(["-c", script, "sh", "800"]) // blocks of 512 bytes
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_fills_the_disk", "--ignored", "--nocapture"])
        .env("YINXIN_CHILD_URL", &database.url)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let answered: Vec<_> = text.lines().filter_map(|l| l.strip_prefix("answered ")).collect();
    assert!(text.contains("refused unavailable") && text.contains("reads go on"), "{text}");
    assert!(!answered.is_empty());
    for name in &answered {
        let kept = database.stores.secrets.read(name).await.unwrap();
        assert!(kept.is_some(), "{name} was answered");
    }
    let secrets = database.count("SELECT COUNT(*) FROM secret").await;
    let records = database.count("SELECT COUNT(*) FROM audit_event").await;
    assert_eq!(secrets, records);
    assert_eq!(usize::try_from(secrets).unwrap(), answered.len(), "nothing refused was kept");
    database.stores.secrets.insert_once("after", b"x", event("make")).await.unwrap();
    let signer = signer(KeyKind::Ed25519).await;
    sealer(&database.stores.log, &signer).seal().await.unwrap();
    assert!(verified(&database.stores.log, &signer, &[]).await.is_untouched());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child of the test above"]
async fn child_fills_the_disk() {
    let Ok(url) = std::env::var("YINXIN_CHILD_URL") else { return };
    let stores = store::open(&url, Arc::new(hsm_sim::OsRandom)).await.unwrap();
    for number in 0..10_000 {
        let name = format!("full-{number}");
        let made = event("make").subject(name.as_str());
        match stores.secrets.insert_once(&name, &[7; 1000], made).await {
            Ok(_) => println!("answered {name}"),
            Err(fault) => {
                println!("refused {fault}");
                assert_eq!(fault, Fault::Unavailable);
                assert!(stores.secrets.read("full-0").await.unwrap().is_some());
                println!("reads go on");
                return;
            }
        }
    }
}
