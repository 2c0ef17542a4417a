//! Opening a store and handing out its ports.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{
    Fault, Random, Timestamp, audit::Log, organisation::Organisations, person::People,
    port::Secrets, session::Sessions,
};

use credential::store::{Credentials, Matters, Proofs, ShowCodes};
use esign::store::{SealRequests, Sealings, Seals};
use oidc_provider::store::{Clients, Permissions, Tokens};
use pki::{
    ca::CaPorts,
    store::{Authorities, Certificates, RevocationLists},
};

use crate::{migration::Finding, postgres, sqlite};

/// Every port the store implements, one field each, over one database.
#[derive(Clone)]
pub struct Stores {
    /// Certificate authorities, their certificates and revocation lists.
    pub ca: CaPorts,
    /// Certificates and status lists.
    pub credentials: Arc<dyn Credentials>,
    /// OAuth clients.
    pub clients: Arc<dyn Clients>,
    /// The audit log.
    pub log: Arc<dyn Log>,
    /// Matters in which departments may ask.
    pub matters: Arc<dyn Matters>,
    /// Organisations, posts and mandates.
    pub organisations: Arc<dyn Organisations>,
    /// People and their roles.
    pub people: Arc<dyn People>,
    /// What people allowed clients.
    pub permissions: Arc<dyn Permissions>,
    /// Questions and receipts.
    pub proofs: Arc<dyn Proofs>,
    /// Requests to seal documents.
    pub seal_requests: Arc<dyn SealRequests>,
    /// Uses of seals.
    pub sealings: Arc<dyn Sealings>,
    /// Seals and the rights of applications to them.
    pub seals: Arc<dyn Seals>,
    /// Secrets all nodes share.
    pub secrets: Arc<dyn Secrets>,
    /// Browser sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Codes that people show at counters.
    pub show_codes: Arc<dyn ShowCodes>,
    /// Codes, families and refresh tokens.
    pub tokens: Arc<dyn Tokens>,
    engine: Arc<dyn Engine>,
}

/// Opens the database of a URL.
///
/// - `sqlite:///abs/path.db`: WAL, every commit on disk before it is answered. `?synchronous=off`
///   gives that up and is for tests only; [`Stores::check`] reports it.
/// - `postgres://user@host/db`: refused when the server would lose acknowledged commits
///   (`fsync=off`, `synchronous_commit=off`).
///
/// `random` salts audit records. Call [`Stores::migrate`] before anything else on a new database.
pub async fn open(url: &str, random: Arc<dyn Random>) -> Result<Stores, StoreError> {
    if url.starts_with("sqlite:") {
        Ok(Stores::of(Arc::new(sqlite::Store::open(url, random).await?)))
    } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        Ok(Stores::of(Arc::new(postgres::Store::open(url, random).await?)))
    } else {
        Err(StoreError::Url("neither sqlite: nor postgres:"))
    }
}

impl Stores {
    fn of<S>(store: Arc<S>) -> Self
    where
        S: Engine
            + Credentials
            + Matters
            + Proofs
            + ShowCodes
            + SealRequests
            + Sealings
            + Seals
            + Authorities
            + Certificates
            + Clients
            + Permissions
            + Tokens
            + RevocationLists
            + Log
            + Organisations
            + People
            + Secrets
            + Sessions
            + 'static,
    {
        Self {
            ca: CaPorts {
                authorities: Arc::clone(&store) as _,
                certificates: Arc::clone(&store) as _,
                lists: Arc::clone(&store) as _,
            },
            clients: Arc::clone(&store) as _,
            log: Arc::clone(&store) as _,
            organisations: Arc::clone(&store) as _,
            people: Arc::clone(&store) as _,
            permissions: Arc::clone(&store) as _,
            seal_requests: Arc::clone(&store) as _,
            sealings: Arc::clone(&store) as _,
            seals: Arc::clone(&store) as _,
            secrets: Arc::clone(&store) as _,
            sessions: Arc::clone(&store) as _,
            tokens: Arc::clone(&store) as _,
            credentials: Arc::clone(&store) as _,
            matters: Arc::clone(&store) as _,
            proofs: Arc::clone(&store) as _,
            show_codes: Arc::clone(&store) as _,
            engine: store,
        }
    }

    /// Brings the schema up. Does nothing when it is up; safe when two nodes start together.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.engine.migrate().await
    }

    /// Looks at everything an operator can get wrong about the database.
    pub async fn check(&self) -> Result<Vec<Finding>, StoreError> {
        self.engine.check().await
    }

    /// Deletes what is over and no longer needed, at most a thousand rows of each table; how many
    /// rows. Run it every minute, and again at once while it deletes much.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64, Fault> {
        self.engine.sweep(now).await
    }

    /// Waits for acts under way, then closes all connections.
    pub async fn close(&self) {
        self.engine.close().await;
    }
}

/// What both engines do besides their ports.
#[async_trait]
pub(crate) trait Engine: Send + Sync {
    async fn migrate(&self) -> Result<(), StoreError>;
    async fn check(&self) -> Result<Vec<Finding>, StoreError>;
    async fn sweep(&self, now: Timestamp) -> Result<u64, Fault>;
    async fn close(&self);
}

/// Why a store did not open or come up.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An applied migration differs from the program's: the database belongs to another version.
    #[error("migration {0:04} was applied in another form; the database belongs to another build")]
    MigrationChanged(i64),
    /// The database knows a migration that the program does not.
    #[error("migration {0:04} is unknown to this program; it is older than the database")]
    MigrationUnknown(i64),
    /// The server would lose acknowledged commits.
    #[error("{setting} is {value}: acknowledged records could be lost; set it to {wanted}")]
    NotDurable {
        /// The server setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// The database refused or did not answer.
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The URL is not one we understand.
    #[error("database URL: {0}")]
    Url(&'static str),
}
