//! The store's promises, kept on both databases; the cache's, in memory and Redis.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    unreachable_pub,
    missing_docs,
    reason = "tests"
)]

mod cache;
mod crash;
mod database;
mod fixture;
mod foreign_go;
mod group_commit;
mod log;
mod migrate;
mod oidc_tokens;
mod outage;
mod people;
mod pki_authority;
mod redis_server;
mod row_66_reply_desync;
mod row_93_audit;
mod seals;
mod secrets;
mod sessions;
