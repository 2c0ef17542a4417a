//! What the desks look at in the domains. Joined in the wiring of `server`.

use async_trait::async_trait;
use auth_core::{Fault, Timestamp};

/// Clients, keys and certificates, to look at; acts on them have their own places.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// OAuth clients in order of id.
    async fn clients(&self) -> Result<Vec<ClientRow>, Fault>;

    /// Keys that the program is configured to use.
    async fn keys(&self) -> Result<Vec<KeyRow>, Fault>;

    /// Certificates (数字证书) the program issued or uses, newest first.
    async fn certificates(&self) -> Result<Vec<CertificateRow>, Fault>;
}

/// The audit log, to read and to prove.
#[async_trait]
pub trait AuditTrail: Send + Sync {
    /// At most `limit` records before `before`, newest first.
    async fn page(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>, Fault>;

    /// Proves the log complete and untouched, or says what is wrong.
    async fn prove(&self, now: Timestamp) -> Result<AuditProof, Fault>;
}

/// An OAuth client in a list.
#[derive(Clone, Debug)]
pub struct ClientRow {
    /// `client_id`.
    pub id: String,
    /// Name shown on consent.
    pub name: String,
    /// Whether it authenticates itself.
    pub confidential: bool,
    /// Registered redirect URIs.
    pub redirect_uris: Vec<String>,
    /// Whether it may be used.
    pub state: ListedState,
}

/// A key in a list.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Name in the keystore.
    pub name: String,
    /// `P-256`, `RSA-2048`, `SM2`, …
    pub kind: String,
    /// What it is for: a key of the catalogue, `key-use-…`, without prefix.
    pub purpose: String,
    /// Whether it may be used.
    pub state: ListedState,
}

/// A certificate in a list.
#[derive(Clone, Debug)]
pub struct CertificateRow {
    /// Subject (RFC 4514).
    pub subject: String,
    /// Issuer (RFC 4514).
    pub issuer: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// End of validity.
    pub valid_until: Timestamp,
    /// Whether it is good.
    pub state: ListedState,
}

/// State of something in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedState {
    /// In use.
    Active,
    /// Switched off; can be switched on again.
    Disabled,
    /// Past its end.
    Expired,
    /// Revoked for good.
    Revoked,
}

impl ListedState {
    /// The id of its word.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Active => "state-active",
            Self::Disabled => "state-disabled",
            Self::Expired => "state-expired",
            Self::Revoked => "state-revoked",
        }
    }

    /// The badge class that goes with it.
    pub const fn badge(self) -> &'static str {
        match self {
            Self::Active => "badge-good",
            Self::Disabled | Self::Expired => "badge-wait",
            Self::Revoked => "badge-bad",
        }
    }
}

/// A record of the audit log.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Its place; larger is newer.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub act: String,
    /// By whom, as `auth_core::audit::Actor` writes it.
    pub actor: String,
    /// To what.
    pub subject: Option<String>,
    /// `done`, `failed`, `refused`.
    pub outcome: String,
    /// The error number that was shown.
    pub error_id: Option<String>,
    /// Further facts, as `name=value`.
    pub detail: Vec<String>,
}

/// What a proof of the log found.
#[derive(Clone, Debug)]
pub struct AuditProof {
    /// Records that the tree covers.
    pub sealed: u64,
    /// Records that are younger than the last checkpoint.
    pub unsealed: u64,
    /// What is wrong; empty means complete and untouched.
    pub findings: Vec<String>,
}
