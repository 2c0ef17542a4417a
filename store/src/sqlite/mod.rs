//! The store on SQLite: one writer, many readers, group commit.

mod engine;
mod writer;

#[path = "../sql/kernel_secrets.rs"]
mod kernel_secrets;
#[path = "../sql/record.rs"]
mod record;

pub(crate) use engine::{Conn, Db, Store, Tx};
