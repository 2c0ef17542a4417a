//! A database that goes away for a while: callers are told soon, and it comes back by itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use auth_core::Fault;
use sqlx::{Connection as _, PgConnection};

use crate::{
    database::Database,
    fixture::{event, organisation, person},
};

/// Connections are cut at random moments, at commits too. What was answered is kept; what was
/// refused is kept whole or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_lose_nothing_that_was_answered() {
    let Some(database) = Database::postgres().await else { return };
    let over = Arc::new(AtomicBool::new(false));
    let writers = (0..8).map(|writer| {
        let (secrets, over) = (Arc::clone(&database.stores.secrets), Arc::clone(&over));
        tokio::spawn(async move {
            let (mut answered, mut refused) = (Vec::new(), 0_u32);
            for number in 0.. {
                if over.load(Ordering::Acquire) {
                    break;
                }
                let name = format!("{writer}-{number}");
                let made = event("make").subject(name.as_str());
                match secrets.insert_once(&name, b"x", made).await {
                    Ok(_) => answered.push(name),
                    Err(Fault::Corrupt) => panic!("an outage is not corruption"),
                    Err(_) => refused += 1,
                }
            }
            (answered, refused)
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    for _ in 0..15 {
        tokio::time::sleep(Duration::from_millis(60)).await;
        sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .execute(&mut admin)
        .await
        .unwrap();
    }
    over.store(true, Ordering::Release);
    let (mut answered, mut refused) = (Vec::new(), 0);
    for writer in writers {
        let (some, faults) = writer.await.unwrap();
        answered.extend(some);
        refused += faults;
    }
    assert!(refused > 0 && !answered.is_empty(), "{refused} refused, {}", answered.len());
    // Connections that were cut while idle each cost one request, then all is well by itself.
    for name in answered {
        let mut kept = database.stores.secrets.read(&name).await;
        for _ in 0..32 {
            if kept.is_ok() {
                break;
            }
            kept = database.stores.secrets.read(&name).await;
        }
        assert!(kept.unwrap().is_some(), "{name} was answered");
    }
    let secrets = database.count("SELECT COUNT(*) FROM secret").await;
    let pairs = "SELECT COUNT(*) FROM secret JOIN audit_event ON subject = name";
    assert_eq!(database.count(pairs).await, secrets);
    assert_eq!(database.count("SELECT COUNT(*) FROM audit_event").await, secrets);
}

/// A stranger holds a row: whoever needs it is told to come back, nobody waits for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_held_by_a_stranger_is_busy() {
    let Some(database) = Database::postgres().await else { return };
    let people = &database.stores.people;
    people.add(person("zhangsan"), event("add")).await.unwrap();
    let mut stranger = PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql("BEGIN; UPDATE person SET sub = sub").execute(&mut stranger).await.unwrap();
    let id = person("zhangsan").id;
    assert_eq!(people.set_disabled(&id, None, event("enable")).await, Err(Fault::Busy));
    assert_eq!(
        database.stores.organisations.add(organisation(1), event("add")).await,
        Ok(true),
        "others go on"
    );
    sqlx::raw_sql("ROLLBACK").execute(&mut stranger).await.unwrap();
    assert_eq!(people.set_disabled(&id, None, event("enable")).await, Ok(true));
    assert_eq!(database.count("SELECT COUNT(*) FROM audit_event WHERE act = 'enable'").await, 1);
}

/// Another process keeps the write lock of the file: acts that have not begun are told to come
/// back, and reads go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_locked_by_a_stranger_is_busy() {
    let database = Database::sqlite().await;
    let path = database.url.split_once('?').unwrap().0.to_owned();
    let mut stranger = sqlx::SqliteConnection::connect(&path).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut stranger).await.unwrap();
    assert_eq!(database.stores.people.record(event("a")).await, Err(Fault::Busy));
    assert_eq!(database.stores.secrets.read("none").await, Ok(None));
    sqlx::raw_sql("ROLLBACK").execute(&mut stranger).await.unwrap();
    assert_eq!(database.stores.people.record(event("a")).await, Ok(()));
    assert_eq!(database.count("SELECT COUNT(*) FROM audit_event").await, 1);
}

/// No server at all: told within two seconds or so, not after the operating system's patience.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_there_is_an_error_at_start() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap(); // accepts, never answers
    let port = listener.local_addr().unwrap().port();
    for url in [
        "postgres://nobody@localhost/x?host=/nonexistent".to_owned(),
        format!("postgres://nobody@127.0.0.1:{port}/x"),
    ] {
        let opened = store::open(&url, Arc::new(hsm_sim::OsRandom)).await;
        assert!(opened.is_err(), "{url}");
    }
}

#[tokio::test]
async fn a_new_database_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let database = Database::sqlite().await;
    database.stores.people.record(event("a")).await.unwrap();
    let path = database.url.strip_prefix("sqlite://").unwrap().split_once('?').unwrap().0;
    for suffix in ["", "-wal", "-shm"] {
        let file = std::fs::metadata(format!("{path}{suffix}")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{suffix}");
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let findings = database.stores.check().await.unwrap();
    assert!(findings.iter().any(|finding| finding.name == "permissions" && !finding.is_good()));
}
