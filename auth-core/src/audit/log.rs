//! The log as a port.

use async_trait::async_trait;

use super::{checkpoint::Head, record::Record};
use crate::fault::Fault;

/// The audit log: rows, tiles and checkpoints. Implemented by `store`.
///
/// Only tiles and checkpoints may leave through HTTP; records are for the auditor.
#[async_trait]
pub trait Log: Send + Sync {
    /// Gives the next indices to at most `limit` records that have none, in order of row, brings
    /// tiles and head up, all in one act that locks the head; how many. Any node may do it.
    async fn seal(&self, limit: u32) -> Result<u32, Fault>;

    /// The head, as stored.
    async fn head(&self) -> Result<Head, Fault>;

    /// The bytes of a tile: 32 for each hash it holds.
    async fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Fault>;

    /// Keeps a checkpoint; the first one kept for a size stays.
    async fn keep_checkpoint(&self, size: u64, note: &str) -> Result<(), Fault>;

    /// The newest checkpoint.
    async fn checkpoint(&self) -> Result<Option<KeptCheckpoint>, Fault>;

    /// At most `limit` checkpoints, newest first.
    async fn checkpoints(&self, limit: u32) -> Result<Vec<KeptCheckpoint>, Fault>;

    /// At most `limit` sealed records after this place, in order of index, then row.
    async fn sealed(&self, after: Option<(i64, i64)>, limit: u32) -> Result<Vec<Record>, Fault>;

    /// At most `limit` records without index after this row, in order of row.
    async fn unsealed(&self, after: Option<i64>, limit: u32) -> Result<Vec<Record>, Fault>;

    /// At most `limit` records before this row that fit the search, newest first.
    async fn search(
        &self,
        search: &Search,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Record>, Fault>;
}

/// What the auditor looks for; what is `None` fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Exactly this act.
    pub act: Option<String>,
    /// Exactly this actor, as text.
    pub actor: Option<String>,
    /// Exactly this subject.
    pub subject: Option<String>,
    /// Exactly this error id, as read out on the telephone.
    pub error_id: Option<String>,
}

/// A checkpoint as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCheckpoint {
    /// The size it says, by its row.
    pub size: u64,
    /// The signed note.
    pub note: String,
}
