//! Authority rows.

use async_trait::async_trait;
use auth_core::{Fault, Timestamp, audit::Event, id::CaId, key::KeyRef};
use pki::store::{Authorities, Authority, Issuance};

use super::{Store, pki_certificates::record};

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, key_label, parent_id, certificate, created_at FROM authority ",
            $condition
        )
    };
}

#[async_trait]
impl Authorities for Store {
    async fn add(
        &self,
        authority: Authority,
        issued: Issuance,
        event: Event,
    ) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let inserted = sqlx::query(
                    "INSERT INTO authority (id, key_label, parent_id, certificate, created_at)
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                )
                .bind(authority.id.as_str())
                .bind(authority.key.as_str())
                .bind(authority.parent.as_ref().map(CaId::as_str))
                .bind(authority.certificate.as_slice())
                .bind(authority.created_at.0)
                .execute(tx.conn())
                .await?;
                if inserted.rows_affected() == 0 {
                    return Ok(false);
                }
                if !record(tx.conn(), &issued).await? {
                    // An authority without a reserved certificate would have no status.
                    return Err(Fault::Corrupt.into());
                }
                tx.record(event);
                Ok(true)
            })
        })
        .await
    }

    async fn find(&self, id: &CaId) -> Result<Option<Authority>, Fault> {
        let id = id.as_str().to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                let row: Option<Columns> =
                    sqlx::query_as(select!("WHERE id = $1")).bind(id).fetch_optional(conn).await?;
                Ok(row.map(authority))
            })
        })
        .await
    }

    async fn list(&self) -> Result<Vec<Authority>, Fault> {
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<Columns> =
                    sqlx::query_as(select!("ORDER BY id")).fetch_all(conn).await?;
                Ok(rows.into_iter().map(authority).collect())
            })
        })
        .await
    }
}

type Columns = (String, String, Option<String>, Vec<u8>, i64);

fn authority(row: Columns) -> Authority {
    let (id, key, parent, certificate, created_at) = row;
    Authority {
        id: CaId::from_text(id),
        key: KeyRef::new(key),
        parent: parent.map(CaId::from_text),
        certificate,
        created_at: Timestamp(created_at),
    }
}
