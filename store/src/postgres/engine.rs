//! Connections, acts, reads, migrations and checks on PostgreSQL.

use std::{str::FromStr as _, sync::Arc, time::Duration};

use auth_core::{Fault, Random, Timestamp, audit::Event};
use futures_util::future::BoxFuture;
use sqlx::{
    Connection as _, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::record;
use crate::{
    failure::Failure,
    migration::{Finding, POSTGRES as MIGRATIONS},
    stores::{Engine, StoreError},
    sweep::{SWEEPS, SWEPT_AT_ONCE},
};

/// The database driver, where a generic name is needed.
pub(crate) type Db = Postgres;
/// A connection.
pub(crate) type Conn = sqlx::PgConnection;

/// The store.
pub(crate) struct Store {
    pool: PgPool,
    random: Arc<dyn Random>,
}

/// An act under way: its transaction and the events it has recorded.
pub(crate) struct Tx {
    transaction: Transaction<'static, Postgres>,
    events: Vec<Event>,
}

impl Tx {
    /// The connection, inside the act's transaction.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut self.transaction
    }

    /// Records an event; it commits with the act or not at all.
    pub(crate) fn record(&mut self, event: Event) {
        self.events.push(event);
    }
}

impl Store {
    /// Connects, and refuses a server that would lose acknowledged commits.
    pub(crate) async fn open(url: &str, random: Arc<dyn Random>) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.application_name("yinxin").options([
            ("statement_timeout", STATEMENT_TIME),
            ("lock_timeout", LOCK_TIME),
            ("idle_in_transaction_session_timeout", IDLE_TIME),
            ("default_transaction_isolation", "read committed"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_WAIT)
            .test_before_acquire(false)
            .before_acquire(|conn, meta| {
                Box::pin(async move {
                    // Only a connection that has rested may have died unnoticed.
                    Ok(meta.idle_for < RESTED || conn.ping().await.is_ok())
                })
            })
            .connect_with(options)
            .await?;
        let store = Self { pool, random };
        store.refuse_unsafe_server().await?;
        Ok(store)
    }

    /// Runs one act: everything it does and records commits together, or nothing does.
    ///
    /// When the connection is lost at the commit, the outcome is unknown and the caller is told
    /// [`Fault::Unavailable`]: it must read again before it repeats anything.
    pub(crate) async fn act<T, F>(&self, act: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Failure>> + Send + 'static,
    {
        let fault = |error| Failure::Sql(error).fault();
        let transaction = self.pool.begin().await.map_err(fault)?;
        let mut tx = Tx { transaction, events: Vec::new() };
        let value = act(&mut tx).await.map_err(Failure::fault)?;
        let Tx { mut transaction, events } = tx;
        record::insert(&mut transaction, &events, self.random.as_ref()).await.map_err(fault)?;
        transaction.commit().await.map_err(|error| {
            tracing::error!(%error, "outcome of a commit is unknown");
            Fault::Unavailable
        })?;
        Ok(value)
    }

    /// Runs reads on one connection; each statement sees the newest commit.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, Fault>
    where
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, Failure>> + Send,
    {
        let mut conn = self.pool.acquire().await.map_err(|e| Failure::from(e).fault())?;
        read(&mut conn).await.map_err(Failure::fault)
    }

    /// Runs reads that all see the same moment.
    pub(crate) async fn snapshot<T, F>(&self, read: F) -> Result<T, Fault>
    where
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, Failure>> + Send,
    {
        let fault = |error| Failure::Sql(error).fault();
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut tx = self.pool.begin_with(begin).await.map_err(fault)?;
        let out = read(&mut tx).await.map_err(Failure::fault)?;
        tx.rollback().await.map_err(fault)?;
        Ok(out)
    }

    async fn refuse_unsafe_server(&self) -> Result<(), StoreError> {
        let mut conn = self.pool.acquire().await?;
        for (setting, wanted) in [("fsync", "on"), ("synchronous_commit", "on")] {
            let value = show(&mut conn, setting).await?;
            if value == "off" {
                return Err(StoreError::NotDurable { setting, value, wanted });
            }
        }
        Ok(())
    }

    async fn apply_migrations(conn: &mut Conn) -> Result<(), StoreError> {
        sqlx::raw_sql(
            "CREATE TABLE IF NOT EXISTS schema_migration
             (number BIGINT PRIMARY KEY, name TEXT NOT NULL, sql_hash BYTEA NOT NULL)",
        )
        .execute(&mut *conn)
        .await?;
        let applied: Vec<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT number, sql_hash FROM schema_migration ORDER BY number")
                .fetch_all(&mut *conn)
                .await?;
        for step in crate::migration::pending(MIGRATIONS, &applied)? {
            sqlx::raw_sql(step.sql).execute(&mut *conn).await?;
            sqlx::query(
                "INSERT INTO schema_migration (number, name, sql_hash) VALUES ($1, $2, $3)",
            )
            .bind(step.number)
            .bind(step.name)
            .bind(step.hash())
            .execute(&mut *conn)
            .await?;
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Engine for Store {
    /// In one transaction under an advisory lock, so that a second node waits and then finds
    /// nothing to do.
    async fn migrate(&self) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        sqlx::raw_sql("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
            .execute(&mut *tx)
            .await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(MIGRATION_LOCK)
            .execute(&mut *tx)
            .await?;
        Self::apply_migrations(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn check(&self) -> Result<Vec<Finding>, StoreError> {
        let mut conn = self.pool.acquire().await?;
        let mut findings = vec![Finding::new(
            "engine",
            format!("PostgreSQL {}", show(&mut conn, "server_version").await?),
            true,
            "",
        )];
        for (setting, bad, remedy) in SETTINGS {
            let value = show(&mut conn, setting).await?;
            let good = !bad.contains(&value.as_str());
            findings.push(Finding::new(setting, value, good, remedy));
        }
        let recovering: bool =
            sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(&mut *conn).await?;
        findings.push(Finding::new(
            "role",
            if recovering { "standby" } else { "primary" },
            !recovering,
            "point database.url at the primary",
        ));
        let numbers: Vec<(i64,)> = sqlx::query_as("SELECT number FROM schema_migration")
            .fetch_all(&mut *conn)
            .await
            .unwrap_or_default();
        findings
            .push(crate::migration::schema_finding(MIGRATIONS, numbers.iter().map(|row| row.0)));
        Ok(findings)
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, Fault> {
        let mut rows = 0;
        for sweep in SWEEPS {
            rows += self
                .act(move |tx| {
                    Box::pin(async move {
                        let over = now.plus_seconds(sweep.kept_seconds.saturating_neg());
                        let swept = sqlx::query(sweep.sql)
                            .bind(over.0)
                            .bind(SWEPT_AT_ONCE)
                            .execute(tx.conn())
                            .await?;
                        Ok(swept.rows_affected())
                    })
                })
                .await?;
        }
        Ok(rows)
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

async fn show(conn: &mut Conn, setting: &str) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT current_setting($1)").bind(setting).fetch_one(conn).await
}

/// Server settings `check` looks at, the values that are not fit, and what to do.
const SETTINGS: [(&str, &[&str], &str); 6] = [
    ("fsync", &["off"], "set fsync = on: commits are lost when the machine stops"),
    ("full_page_writes", &["off"], "set full_page_writes = on: torn pages corrupt the database"),
    (
        "synchronous_commit",
        &["off", "local"],
        "set synchronous_commit = on (remote_apply with a synchronous standby)",
    ),
    ("server_encoding", &["SQL_ASCII"], "create the database with ENCODING 'UTF8'"),
    ("data_checksums", &["off"], "run pg_checksums --enable: silent disk errors stay unseen"),
    ("statement_timeout", &["0"], "do not override statement_timeout in database.url"),
];

/// Connections of one node. PostgreSQL itself is the bound on concurrent work.
const CONNECTIONS: u32 = 16;
/// Longest wait for a connection: an outage must become a 503 within two seconds.
const ACQUIRE_WAIT: Duration = Duration::from_millis(1_800);
/// A connection idle for longer is tried before it is used.
const RESTED: Duration = Duration::from_secs(1);
/// Longest statement, milliseconds.
const STATEMENT_TIME: &str = "5000";
/// Longest wait for a row lock, milliseconds.
const LOCK_TIME: &str = "2000";
/// Longest pause inside a transaction, milliseconds: a node that hangs must not keep locks.
const IDLE_TIME: &str = "5000";
/// Key of the advisory lock that migrations hold; an arbitrary constant of ours.
const MIGRATION_LOCK: i64 = 0x5958_4d49_4752;
