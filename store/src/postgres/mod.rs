//! The store on PostgreSQL: a pool, a transaction per act.

mod engine;

#[path = "../sql/kernel_secrets.rs"]
mod kernel_secrets;
#[path = "../sql/record.rs"]
mod record;

pub(crate) use engine::{Conn, Db, Store, Tx};
