//! The store on SQLite: one writer, many readers, group commit.

mod engine;
mod writer;

#[path = "../sql/audit_log.rs"]
mod audit_log;
#[path = "../sql/kernel_organisations.rs"]
mod kernel_organisations;
#[path = "../sql/kernel_people.rs"]
mod kernel_people;
#[path = "../sql/kernel_roles.rs"]
mod kernel_roles;
#[path = "../sql/kernel_secrets.rs"]
mod kernel_secrets;
#[path = "../sql/kernel_sessions.rs"]
mod kernel_sessions;
#[path = "../sql/record.rs"]
mod record;

pub(crate) use engine::{Conn, Db, Store, Tx};
