//! Single use and insert-once: of fifty at the same moment exactly one wins.

use std::sync::Arc;

use auth_core::port::Secrets;

use crate::{
    database::{Database, on_both},
    fixture::event,
};

on_both!(fifty_insert_at_once_and_one_wins, what_is_there_stays);

async fn fifty_insert_at_once_and_one_wins(database: Database) {
    // Two nodes, so that PostgreSQL and SQLite decide, not one writer task.
    let nodes = [Arc::clone(&database.stores.secrets), database.again().await.secrets];
    for round in 0..5 {
        let name = format!("cookie-{round}");
        let tries = (0..50_u8).map(|number| {
            let (secrets, name) = (Arc::clone(&nodes[usize::from(number % 2)]), name.clone());
            tokio::spawn(async move {
                secrets.insert_once(&name, &[number], event("secret.make")).await.unwrap()
            })
        });
        let mut kept = Vec::new();
        for answer in tries.collect::<Vec<_>>() {
            kept.push(answer.await.unwrap());
        }
        kept.dedup();
        assert_eq!(kept.len(), 1, "everybody uses the winner's");
        assert_eq!(nodes[0].read(&name).await.unwrap().as_ref(), kept.first());
    }
    assert_eq!(database.count("SELECT COUNT(*) FROM audit_event").await, 5, "one record each");
}

async fn what_is_there_stays(database: Database) {
    let secrets: &dyn Secrets = database.stores.secrets.as_ref();
    assert_eq!(secrets.read("absent").await, Ok(None));
    assert_eq!(secrets.insert_once("n", b"first", event("a")).await, Ok(b"first".to_vec()));
    assert_eq!(secrets.insert_once("n", b"second", event("a")).await, Ok(b"first".to_vec()));
    assert_eq!(secrets.insert_once("m", b"", event("a")).await, Ok(Vec::new()));
}
