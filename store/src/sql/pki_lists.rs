//! Published revocation lists.

use async_trait::async_trait;
use auth_core::{Fault, Timestamp, audit::Event, id::CaId};
use pki::store::{PublishedCrl, RevocationLists};

use super::Store;

#[async_trait]
impl RevocationLists for Store {
    async fn latest(&self, ca: &CaId) -> Result<Option<PublishedCrl>, Fault> {
        let ca = ca.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let row: Option<(i64, Vec<u8>, i64, i64)> = sqlx::query_as(
                    "SELECT number, der, this_update, next_update FROM revocation_list
                     WHERE authority_id = $1 ORDER BY number DESC LIMIT 1",
                )
                .bind(ca.as_str())
                .fetch_optional(conn)
                .await?;
                let Some((number, der, this_update, next_update)) = row else { return Ok(None) };
                Ok(Some(PublishedCrl {
                    ca,
                    number: u64::try_from(number).map_err(|_| Fault::Corrupt)?,
                    der,
                    this_update: Timestamp(this_update),
                    next_update: Timestamp(next_update),
                }))
            })
        })
        .await
    }

    async fn publish(&self, list: PublishedCrl, event: Event) -> Result<bool, Fault> {
        let number = i64::try_from(list.number).map_err(|_| Fault::Corrupt)?;
        self.act(move |tx| {
            Box::pin(async move {
                // Numbers only grow: one that is not above all others was made from older facts.
                let inserted = sqlx::query(
                    "INSERT INTO revocation_list
                     (authority_id, number, der, this_update, next_update)
                     SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS
                     (SELECT 1 FROM revocation_list WHERE authority_id = $1 AND number >= $2)
                     ON CONFLICT DO NOTHING",
                )
                .bind(list.ca.as_str())
                .bind(number)
                .bind(list.der.as_slice())
                .bind(list.this_update.0)
                .bind(list.next_update.0)
                .execute(tx.conn())
                .await?;
                if inserted.rows_affected() == 0 {
                    return Ok(false);
                }
                sqlx::query("DELETE FROM revocation_list WHERE authority_id = $1 AND number < $2")
                    .bind(list.ca.as_str())
                    .bind(number)
                    .execute(tx.conn())
                    .await?;
                tx.record(event);
                Ok(true)
            })
        })
        .await
    }
}
