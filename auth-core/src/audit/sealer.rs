//! Sealing: giving records their place and signing what the log has become.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    checkpoint::Head,
    log::Log,
    merkle::{Edge, Tile, edge_tiles},
    note::{self, NoteKey},
};
use crate::{
    fault::Fault,
    key::{KeyError, Signer},
};

/// Seals the log. Every node may run one, once a second: the store makes them take turns.
pub struct Sealer {
    log: Arc<dyn Log>,
    signer: Signer,
    origin: String,
    keys: Vec<NoteKey>,
    /// What this process signed last: a log that shrinks under it is noticed at once.
    signed: Mutex<Option<Head>>,
}

impl Sealer {
    /// A sealer of the log `origin` (issuer without scheme), which is also the key's name. `None`
    /// when that cannot be the name of a key. `retired` are keys that signed earlier checkpoints.
    pub fn new(
        log: Arc<dyn Log>,
        signer: Signer,
        origin: impl Into<String>,
        retired: Vec<NoteKey>,
    ) -> Option<Self> {
        let origin = origin.into();
        let mut keys = retired;
        keys.push(NoteKey::new(&origin, signer.algorithm(), signer.public().clone())?);
        Some(Self { log, signer, origin, keys, signed: Mutex::new(None) })
    }

    /// Keys whose checkpoints of this log are believed.
    pub fn keys(&self) -> &[NoteKey] {
        &self.keys
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Seals what is waiting, and signs and keeps a checkpoint if the log has grown.
    ///
    /// Before it signs it checks that the tree it is about to sign continues the one it signed
    /// before: whoever rewrites the database gets no signature for it.
    pub async fn seal(&self) -> Result<Head, SealError> {
        for _ in 0..MOST_ROUNDS {
            if self.log.seal(ROUND).await? < ROUND {
                break;
            }
        }
        // Read before the head: another node may seal and sign between any two of our steps, and
        // what was signed earlier can only be shorter.
        let signed = *self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = self.newest_checkpoint().await?;
        let head = self.head_from_tiles().await?;
        for older in [signed, kept].into_iter().flatten() {
            self.refuse_fork(head, older).await?;
        }
        if kept.is_none_or(|kept| kept.size != head.size) {
            let text = head.checkpoint_text(&self.origin);
            let note = note::sign(&self.signer, &self.origin, &text).await?;
            self.log.keep_checkpoint(head.size, &note).await?;
        }
        *self.signed.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
        Ok(head)
    }

    async fn newest_checkpoint(&self) -> Result<Option<Head>, SealError> {
        let Some(kept) = self.log.checkpoint().await? else { return Ok(None) };
        Head::open(&kept.note, &self.origin, &self.keys)
            .filter(|opened| opened.size == kept.size)
            .map(Some)
            .ok_or(SealError::BadCheckpoint(kept.size))
    }

    /// The head as the tiles have it; the stored root must be the same.
    async fn head_from_tiles(&self) -> Result<Head, SealError> {
        let stored = self.log.head().await?;
        let root = root_at(self.log.as_ref(), stored.size).await?;
        if root == Some(stored.root) { Ok(stored) } else { Err(SealError::Forked(stored.size)) }
    }

    async fn refuse_fork(&self, head: Head, older: Head) -> Result<(), SealError> {
        let extends = older.size <= head.size
            && root_at(self.log.as_ref(), older.size).await? == Some(older.root);
        if extends { Ok(()) } else { Err(SealError::Forked(older.size)) }
    }
}

/// The root of the first `size` leaves, from tiles; `None` when the tiles do not reach.
pub(super) async fn root_at(
    log: &dyn Log,
    size: u64,
) -> Result<Option<super::merkle::Hash>, Fault> {
    let mut tiles = Vec::new();
    for (level, index) in edge_tiles(size) {
        let bytes = log.tile(level, index).await?;
        tiles.push(((level, index), bytes.and_then(|bytes| Tile::parse_hashes(&bytes))));
    }
    let edge = Edge::of(size, |level, index| {
        tiles.iter_mut().find(|(at, _)| *at == (level, index)).and_then(|(_, tile)| tile.take())
    });
    Ok(edge.map(|edge| edge.root()))
}

/// Why the log was not sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The newest kept checkpoint does not open: run `yinxin audit verify`.
    #[error("the checkpoint of size {0} is not signed by a key of ours")]
    BadCheckpoint(u64),
    /// Store or keystore failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The log does not continue what was signed at this size; nothing is signed until an operator
    /// has run `yinxin audit verify`.
    #[error("the log does not continue what was signed at size {0}")]
    Forked(u64),
    /// The keystore did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Records sealed in one act: short enough to hold the lock for some milliseconds only.
const ROUND: u32 = 1024;
/// Rounds in one go; what is left waits for the next second.
const MOST_ROUNDS: usize = 64;
