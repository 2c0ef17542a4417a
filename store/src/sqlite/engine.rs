//! Connections, acts, reads, migrations and checks on SQLite.

use std::{
    fs::OpenOptions,
    io::ErrorKind,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use auth_core::{Fault, Random, Timestamp, audit::Event};
use futures_util::future::BoxFuture;
use sqlx::{
    ConnectOptions as _, Connection as _, SqlitePool,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePoolOptions,
        SqliteSynchronous,
    },
};

use super::writer::Writer;
use crate::{
    failure::Failure,
    migration::{Finding, SQLITE as MIGRATIONS},
    stores::{Engine, StoreError},
    sweep::{SWEEPS, SWEPT_AT_ONCE},
};

/// The database driver, where a generic name is needed.
pub(crate) type Db = sqlx::Sqlite;
/// A connection.
pub(crate) type Conn = sqlx::SqliteConnection;

/// The store.
pub(crate) struct Store {
    options: SqliteConnectOptions,
    readers: SqlitePool,
    writer: Writer,
}

/// An act under way: its connection and the events it has recorded.
pub(crate) struct Tx {
    pub(super) conn: Conn,
    pub(super) events: Vec<Event>,
}

impl Tx {
    /// The connection, inside the act's savepoint.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// Records an event; it commits with the act or not at all.
    pub(crate) fn record(&mut self, event: Event) {
        self.events.push(event);
    }
}

impl Store {
    /// Opens the file, making it when absent.
    pub(crate) async fn open(url: &str, random: Arc<dyn Random>) -> Result<Self, StoreError> {
        let options = options(url)?;
        make_private(options.get_filename())?;
        let conn = options.connect().await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(READ_WAIT)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone().create_if_missing(false).pragma("query_only", "on"));
        let writer = Writer::start(conn, options.clone(), random);
        Ok(Self { options, readers, writer })
    }

    /// Runs one act: everything it does and records commits together, or nothing does.
    pub(crate) async fn act<T, F>(&self, act: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Failure>> + Send + 'static,
    {
        self.writer.act(act).await
    }

    /// Runs reads on one connection; each statement sees the newest commit.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, Fault>
    where
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, Failure>> + Send,
    {
        let mut conn = self.readers.acquire().await.map_err(|e| Failure::from(e).fault())?;
        read(&mut conn).await.map_err(Failure::fault)
    }

    /// Runs reads that all see the same moment.
    pub(crate) async fn snapshot<T, F>(&self, read: F) -> Result<T, Fault>
    where
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, Failure>> + Send,
    {
        let fault = |error| Failure::Sql(error).fault();
        let mut tx = self.readers.begin().await.map_err(fault)?;
        let out = read(&mut tx).await.map_err(Failure::fault)?;
        tx.rollback().await.map_err(fault)?;
        Ok(out)
    }

    async fn apply_migrations(conn: &mut Conn) -> Result<(), StoreError> {
        sqlx::raw_sql(
            "CREATE TABLE IF NOT EXISTS schema_migration
             (number BIGINT PRIMARY KEY, name TEXT NOT NULL, sql_hash BLOB NOT NULL)",
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
    /// On a connection of its own; `BEGIN IMMEDIATE` keeps a second process waiting.
    async fn migrate(&self) -> Result<(), StoreError> {
        let mut conn = self.options.clone().busy_timeout(MIGRATION_WAIT).connect().await?;
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
        Self::apply_migrations(&mut tx).await?;
        tx.commit().await?;
        conn.close().await?;
        Ok(())
    }

    async fn check(&self) -> Result<Vec<Finding>, StoreError> {
        let mut conn = self.readers.acquire().await?;
        let version: String =
            sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *conn).await?;
        let journal: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *conn).await?;
        // Every connection is opened with the same options, so a reader speaks for the writer.
        let synchronous: i64 =
            sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *conn).await?;
        let whole: String =
            sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *conn).await?;
        let numbers: Vec<(i64,)> = sqlx::query_as("SELECT number FROM schema_migration")
            .fetch_all(&mut *conn)
            .await
            .unwrap_or_default();
        let halted = self.writer.is_halted();
        Ok(vec![
            Finding::new("engine", format!("SQLite {version}"), true, ""),
            Finding::new("journal_mode", &journal, journal == "wal", "use a local file system"),
            Finding::new(
                "synchronous",
                synchronous.to_string(),
                synchronous >= 2,
                "remove ?synchronous=off from database.url: it is for tests only",
            ),
            permissions(self.options.get_filename()),
            Finding::new("quick_check", &whole, whole == "ok", "restore the file from a backup"),
            crate::migration::schema_finding(MIGRATIONS, numbers.iter().map(|row| row.0)),
            Finding::new(
                "writer",
                if halted { "halted after a failed write" } else { "running" },
                !halted,
                "check the disk, then restart the program",
            ),
        ])
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
        self.writer.close().await;
        self.readers.close().await;
    }
}

/// Makes the file, when absent, for its owner only; SQLite gives its journal the same rights.
fn make_private(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(StoreError::Sql(sqlx::Error::Io(error)))
        }
        _ => Ok(()),
    }
}

/// Whether others than the owner may read or write the file.
fn permissions(path: &Path) -> Finding {
    let mode = std::fs::metadata(path).map_or(0, |file| file.permissions().mode() & 0o777);
    let remedy = "chmod 600 the database file: it holds salts and names";
    Finding::new("permissions", format!("{mode:o}"), mode & 0o077 == 0, remedy)
}

/// `sqlite:///path?synchronous=off|full`.
fn options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    let rest = url.strip_prefix("sqlite:").ok_or(StoreError::Url("not sqlite:"))?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    if path.is_empty() || path == ":memory:" {
        return Err(StoreError::Url("SQLite needs the path of a file"));
    }
    let mut synchronous = SqliteSynchronous::Full;
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        synchronous = match parameter {
            "synchronous=full" => SqliteSynchronous::Full,
            "synchronous=off" => SqliteSynchronous::Off,
            _ => return Err(StoreError::Url("unknown parameter; only synchronous=full|off")),
        };
    }
    Ok(SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .locking_mode(SqliteLockingMode::Normal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(BUSY_WAIT)
        .pragma("trusted_schema", "off")
        .pragma("cell_size_check", "on"))
}

/// Reads are short; more connections than this only compete for the same page cache.
const READERS: u32 = 8;
/// Longest wait for a free reader before a request is told to come back.
const READ_WAIT: Duration = Duration::from_secs(2);
/// Longest wait for another process (the command line) that holds the write lock.
const BUSY_WAIT: Duration = Duration::from_secs(2);
/// A migration waits for another node's migration, which may take a while.
const MIGRATION_WAIT: Duration = Duration::from_secs(60);
