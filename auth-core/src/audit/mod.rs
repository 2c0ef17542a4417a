//! The audit log: events, the Merkle tree over them, signed checkpoints, and their verification.
//!
//! Every domain keeps its own enum of acts with `fn event(&self, …) -> Event`; the row is written
//! in the act's own transaction, so that a state change and its record commit together.

mod event;

pub use event::{Actor, Event, Outcome, Value};
