//! The token on disk and in memory.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod disk;
mod keys;
mod pins;
mod row_92_kill;

use std::sync::Arc;

use hsm_sim::{OsRandom, Token};

pub(crate) const USER: &str = "123456";
pub(crate) const SO: &str = "87654321";

/// A token on disk, and the directory that goes with it.
pub(crate) fn on_disk() -> (tempfile::TempDir, Token) {
    let dir = tempfile::tempdir().unwrap();
    let token = Token::create(dir.path(), "county", SO, USER, Arc::new(OsRandom)).unwrap();
    (dir, token)
}

pub(crate) fn reopen(dir: &tempfile::TempDir) -> Token {
    Token::open(dir.path(), USER, Arc::new(OsRandom)).unwrap()
}
