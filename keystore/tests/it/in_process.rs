//! The contract on hsm-sim's token, in memory and on disk.

use std::sync::Arc;

use hsm_sim::{OsRandom, Token};

use crate::contract;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contract_in_memory() {
    contract::all(Arc::new(Token::ephemeral(Arc::new(OsRandom)).unwrap())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contract_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let token =
        Token::create(dir.path(), "county", "87654321", "123456", Arc::new(OsRandom)).unwrap();
    contract::all(Arc::new(token.clone())).await;
    assert_eq!(token.check().unwrap(), []);
}
