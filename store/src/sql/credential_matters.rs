//! Registered matters, and the codes people show at counters.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{OrganisationId, PersonId},
};
use credential::store::{Matter, Matters, NewShowCode, ShowCodes};

use super::Store;
use crate::Failure;

#[async_trait]
impl Matters for Store {
    async fn register(&self, matter: Matter, event: Event) -> Result<(), Fault> {
        let items = serde_json::to_string(&matter.items).map_err(|_| Fault::Corrupt)?;
        self.act(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO matter (organisation_id, code, name, items)
                     VALUES ($1, $2, $3, $4) ON CONFLICT (organisation_id, code)
                     DO UPDATE SET name = excluded.name, items = excluded.items",
                )
                .bind(matter.organisation.as_str())
                .bind(&matter.code)
                .bind(&matter.name)
                .bind(&items)
                .execute(tx.conn())
                .await?;
                tx.record(event);
                Ok(())
            })
        })
        .await
    }

    async fn of(&self, organisation: &OrganisationId) -> Result<Vec<Matter>, Fault> {
        let organisation = organisation.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<Columns> = sqlx::query_as(
                    "SELECT organisation_id, code, name, items FROM matter
                     WHERE organisation_id = $1 ORDER BY code LIMIT $2",
                )
                .bind(organisation.as_str())
                .bind(MOST_LISTED)
                .fetch_all(conn)
                .await?;
                rows.into_iter().map(matter).collect()
            })
        })
        .await
    }

    async fn all(&self) -> Result<Vec<Matter>, Fault> {
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<Columns> = sqlx::query_as(
                    "SELECT organisation_id, code, name, items FROM matter
                     ORDER BY organisation_id, code LIMIT $1",
                )
                .bind(MOST_LISTED)
                .fetch_all(conn)
                .await?;
                rows.into_iter().map(matter).collect()
            })
        })
        .await
    }
}

#[async_trait]
impl ShowCodes for Store {
    async fn show(&self, code: NewShowCode) -> Result<(), Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "DELETE FROM show_code WHERE hash IN
                     (SELECT hash FROM show_code WHERE expires_at < $1 LIMIT $2)",
                )
                .bind(code.now.0)
                .bind(SWEPT_AT_ONCE)
                .execute(tx.conn())
                .await?;
                sqlx::query(
                    "INSERT INTO show_code (hash, person_id, expires_at) VALUES ($1, $2, $3)",
                )
                .bind(code.hash.as_slice())
                .bind(code.person.as_str())
                .bind(code.expires_at.0)
                .execute(tx.conn())
                .await?;
                tx.record(code.event);
                Ok(())
            })
        })
        .await
    }

    async fn redeem(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<PersonId>, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let row: Option<(String,)> = sqlx::query_as(
                    "UPDATE show_code SET redeemed_at = $1
                     WHERE hash = $2 AND redeemed_at IS NULL AND expires_at > $1
                     RETURNING person_id",
                )
                .bind(now.0)
                .bind(hash.as_slice())
                .fetch_optional(tx.conn())
                .await?;
                Ok(row.map(|(person,)| PersonId::from_text(person)))
            })
        })
        .await
    }
}

type Columns = (String, String, String, String);

fn matter((organisation, code, name, items): Columns) -> Result<Matter, Failure> {
    Ok(Matter {
        organisation: OrganisationId::from_text(organisation),
        code,
        name,
        items: serde_json::from_str(&items).map_err(|_| Fault::Corrupt)?,
    })
}

/// Matters shown at once.
const MOST_LISTED: i64 = 1000;
/// Ended codes forgotten with each new one: the table stays as small as its use.
const SWEPT_AT_ONCE: i64 = 10;
