//! Checkpoints (C2SP tlog-checkpoint): a signed statement of how long the log is and what is in it.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    merkle::Hash,
    note::{self, NoteKey},
};

/// The head of a log: its size and the root over its leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many leaves.
    pub size: u64,
    /// Merkle root over them.
    pub root: Hash,
}

impl Head {
    /// The text of a checkpoint: origin, size, root. `origin` names the log: the issuer's host and
    /// path without scheme.
    pub fn checkpoint_text(&self, origin: &str) -> String {
        format!("{origin}\n{}\n{}\n", self.size, STANDARD.encode(self.root))
    }

    /// Opens a checkpoint of the log `origin`; `None` unless a key of `keys` has signed it and it
    /// is well formed. Lines after the third are extensions and ignored.
    pub fn open(checkpoint: &str, origin: &str, keys: &[NoteKey]) -> Option<Self> {
        let mut lines = note::open(checkpoint, keys)?.lines();
        let (named, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        if named != origin || (size != "0" && !size.starts_with(|c: char| matches!(c, '1'..='9'))) {
            return None;
        }
        Some(Self { size: size.parse().ok()?, root: STANDARD.decode(root).ok()?.try_into().ok()? })
    }
}
