//! Secrets all nodes share: read, or inserted once.

use async_trait::async_trait;
use auth_core::{Fault, audit::Event, port::Secrets};

use super::Store;

#[async_trait]
impl Secrets for Store {
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let name = name.to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                Ok(sqlx::query_scalar("SELECT wrapped FROM secret WHERE name = $1")
                    .bind(name)
                    .fetch_optional(conn)
                    .await?)
            })
        })
        .await
    }

    async fn insert_once(
        &self,
        name: &str,
        wrapped: &[u8],
        event: Event,
    ) -> Result<Vec<u8>, Fault> {
        let (name, wrapped) = (name.to_owned(), wrapped.to_vec());
        self.act(move |tx| {
            Box::pin(async move {
                let inserted: Option<Vec<u8>> = sqlx::query_scalar(
                    "INSERT INTO secret (name, wrapped) VALUES ($1, $2)
                     ON CONFLICT (name) DO NOTHING RETURNING wrapped",
                )
                .bind(&name)
                .bind(wrapped)
                .fetch_optional(tx.conn())
                .await?;
                if let Some(wrapped) = inserted {
                    tx.record(event);
                    return Ok(wrapped);
                }
                // The statement above waited for whoever won, so the winner's row is visible.
                Ok(sqlx::query_scalar("SELECT wrapped FROM secret WHERE name = $1")
                    .bind(&name)
                    .fetch_one(tx.conn())
                    .await?)
            })
        })
        .await
    }
}
