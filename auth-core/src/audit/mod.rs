//! The audit log: events, the Merkle tree over them, signed checkpoints, and their verification.
//!
//! Every domain keeps its own enum of acts with `fn event(&self, …) -> Event`; the row is written
//! in the act's own transaction, so that a state change and its record commit together. Within a
//! second a [`Sealer`] gives each row a leaf in the log and signs a checkpoint. Whoever holds an
//! older checkpoint can find every later change, with [`verify()`].
//!
//! An entry of the log is SHA-256(32-byte salt ‖ canonical event). The tree over the entries is
//! RFC 6962's, cut into tiles (C2SP tlog-tiles), always with SHA-256, in the `gm` profile too: the
//! formats fix it. Checkpoints are then signed with SM2.

mod checkpoint;
mod event;
mod log;
pub mod merkle;
pub mod note;
mod record;
mod sealer;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests;
mod tile_path;
mod verify;

pub use checkpoint::Head;
pub use event::{Actor, Event, Outcome, Value};
pub use log::{KeptCheckpoint, Log, Search};
pub use note::NoteKey;
pub use record::{Record, SALT_BYTES};
pub use sealer::{SealError, Sealer};
pub use tile_path::TilePath;
pub use verify::{Place, Tampering, Verified, verify};
