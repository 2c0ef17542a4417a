//! Migrations: idempotent, safe when nodes start together, refused when they do not fit.

use std::sync::Arc;

use store::StoreError;

use crate::database::{Database, fresh_postgres_url, on_both};

on_both!(
    a_second_run_changes_nothing,
    eight_nodes_start_together,
    a_changed_or_unknown_step_is_refused,
    check_is_content,
);

async fn a_second_run_changes_nothing(database: Database) {
    let steps = database.count("SELECT COUNT(*) FROM schema_migration").await;
    assert!(steps >= 3);
    database.stores.migrate().await.unwrap();
    assert_eq!(database.count("SELECT COUNT(*) FROM schema_migration").await, steps);
}

async fn eight_nodes_start_together(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let url = if database.is_sqlite() {
        format!("sqlite://{}?synchronous=off", folder.path().join("t.db").display())
    } else {
        fresh_postgres_url().await.unwrap()
    };
    let nodes = (0..8).map(|_| {
        let url = url.clone();
        tokio::spawn(async move {
            let stores = store::open(&url, Arc::new(hsm_sim::OsRandom)).await.unwrap();
            stores.migrate().await.unwrap();
            stores
        })
    });
    for node in nodes.collect::<Vec<_>>() {
        node.await.unwrap().close().await;
    }
}

async fn a_changed_or_unknown_step_is_refused(database: Database) {
    database.sql("UPDATE schema_migration SET sql_hash = X'00' WHERE number = 1").await;
    let error = database.stores.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::MigrationChanged(1)), "{error}");
    database.sql("DELETE FROM schema_migration WHERE number = 1").await;
    database.sql("INSERT INTO schema_migration VALUES (9999, 'x', X'00')").await;
    let error = database.stores.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::MigrationUnknown(9999)), "{error}");
}

async fn check_is_content(database: Database) {
    let bad: Vec<_> = database.stores.check().await.unwrap();
    let bad: Vec<_> = bad.into_iter().filter(|finding| !finding.is_good()).collect();
    let names: Vec<_> = bad.iter().map(|finding| finding.name).collect();
    if database.is_sqlite() {
        assert_eq!(names, ["synchronous"], "{bad:?}"); // the test database's own choice
    } else {
        assert_eq!(names, ["data_checksums"], "{bad:?}"); // initdb's default
    }
}

#[tokio::test]
async fn a_server_that_loses_commits_is_refused() {
    let Some(url) = fresh_postgres_url().await else { return };
    let database = url.split_once("localhost/").unwrap().1.split('?').next().unwrap().to_owned();
    let mut admin = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let sql = format!("ALTER DATABASE {database} SET synchronous_commit = off");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
    let opened = store::open(&url, Arc::new(hsm_sim::OsRandom)).await;
    assert!(matches!(
        opened.err(),
        Some(StoreError::NotDurable { setting: "synchronous_commit", .. })
    ));
}

#[tokio::test]
async fn urls_that_cannot_be_meant_are_refused() {
    for url in [
        "",
        "mysql://x",
        "sqlite::memory:",
        "sqlite://",
        "sqlite:///tmp/x.db?synchronous=normal",
        "sqlite:///tmp/x.db?mode=memory",
    ] {
        let opened = store::open(url, Arc::new(hsm_sim::OsRandom)).await;
        assert!(matches!(opened.err(), Some(StoreError::Url(_))), "{url}");
    }
}
