//! Requests of officers and their documents.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{OrganisationId, PersonId, SealId, SealRequestId},
};
use esign::{
    flow::Format,
    request::RequestState,
    store::{Decision, NewSealing, RequestRow, SealRequests, SealingId},
};
use sqlx::Row as _;

use super::{Conn, Db, Store, esign_sealings as sealings};
use crate::{Failure, columns::hash_column};

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, seal_id, organisation_id, asked_by, asked_at, state, wrapped_key, texts,
             document_hash, size, format, place, decided_by, decided_at, refusal, sealing_id,
             sealed_at, expires_at FROM esign_request WHERE ",
            $condition
        )
    };
}

#[async_trait]
impl SealRequests for Store {
    async fn ask(
        &self,
        request: RequestRow,
        document: Vec<u8>,
        most: u32,
        event: Event,
    ) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                if kept(tx.conn(), &request.asked_by).await? >= i64::from(most) {
                    return Ok(false);
                }
                insert(tx.conn(), &request).await?;
                sqlx::query("INSERT INTO esign_document (request_id, bytes) VALUES ($1, $2)")
                    .bind(request.id.as_str())
                    .bind(document)
                    .execute(tx.conn())
                    .await?;
                tx.record(event);
                Ok(true)
            })
        })
        .await
    }

    async fn find(&self, id: &SealRequestId) -> Result<Option<RequestRow>, Fault> {
        let id = id.as_str().to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                let found = sqlx::query(select!("id = $1")).bind(id).fetch_optional(conn).await?;
                found.as_ref().map(request).transpose()
            })
        })
        .await
    }

    async fn waiting(
        &self,
        organisation: &OrganisationId,
        limit: u32,
    ) -> Result<Vec<RequestRow>, Fault> {
        let organisation = organisation.as_str().to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                let rows = sqlx::query(select!(
                    "organisation_id = $1 AND state = 'waiting' ORDER BY id LIMIT $2"
                ))
                .bind(organisation)
                .bind(i64::from(limit))
                .fetch_all(conn)
                .await?;
                rows.iter().map(request).collect()
            })
        })
        .await
    }

    async fn asked_by(&self, person: &PersonId, limit: u32) -> Result<Vec<RequestRow>, Fault> {
        let person = person.as_str().to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                let rows = sqlx::query(select!("asked_by = $1 ORDER BY id DESC LIMIT $2"))
                    .bind(person)
                    .bind(i64::from(limit))
                    .fetch_all(conn)
                    .await?;
                rows.iter().map(request).collect()
            })
        })
        .await
    }

    async fn document(&self, id: &SealRequestId) -> Result<Option<Vec<u8>>, Fault> {
        let id = id.as_str().to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                let row: Option<(Vec<u8>,)> =
                    sqlx::query_as("SELECT bytes FROM esign_document WHERE request_id = $1")
                        .bind(id)
                        .fetch_optional(conn)
                        .await?;
                Ok(row.map(|(bytes,)| bytes))
            })
        })
        .await
    }

    async fn approve(
        &self,
        decision: Decision,
        sealing: NewSealing,
        events: [Event; 2],
    ) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let approved = sqlx::query(
                    "UPDATE esign_request SET state = 'approved', decided_by = $1, decided_at = $2,
                     sealing_id = $3
                     WHERE id = $4 AND state = 'waiting' AND asked_by <> $5 AND expires_at > $6",
                )
                .bind(decision.by.as_str())
                .bind(decision.at.0)
                .bind(&sealing.id.0)
                .bind(decision.request.as_str())
                .bind(decision.by.as_str())
                .bind(decision.at.0)
                .execute(tx.conn())
                .await?;
                if approved.rows_affected() == 0 {
                    return Ok(false);
                }
                if !sealings::insert(tx.conn(), &sealing, None).await? {
                    return Err(Fault::Corrupt.into());
                }
                events.into_iter().for_each(|event| tx.record(event));
                Ok(true)
            })
        })
        .await
    }

    async fn refuse(
        &self,
        decision: Decision,
        reason: Vec<u8>,
        event: Event,
    ) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let refused = sqlx::query(
                    "UPDATE esign_request SET state = 'refused', decided_by = $1, decided_at = $2,
                     refusal = $3 WHERE id = $4 AND state = 'waiting' AND asked_by <> $5",
                )
                .bind(decision.by.as_str())
                .bind(decision.at.0)
                .bind(reason)
                .bind(decision.request.as_str())
                .bind(decision.by.as_str())
                .execute(tx.conn())
                .await?;
                let refused = refused.rows_affected() == 1;
                if refused {
                    tx.record(event);
                }
                Ok(refused)
            })
        })
        .await
    }

    async fn withdraw(&self, decision: Decision, event: Event) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let withdrawn = sqlx::query(
                    "UPDATE esign_request SET state = 'withdrawn', decided_at = $1
                     WHERE id = $2 AND state = 'waiting' AND asked_by = $3",
                )
                .bind(decision.at.0)
                .bind(decision.request.as_str())
                .bind(decision.by.as_str())
                .execute(tx.conn())
                .await?;
                let withdrawn = withdrawn.rows_affected() == 1;
                if withdrawn {
                    tx.record(event);
                }
                Ok(withdrawn)
            })
        })
        .await
    }

    async fn begin_again(
        &self,
        id: &SealRequestId,
        sealing: NewSealing,
        stale_before: Timestamp,
        event: Event,
    ) -> Result<bool, Fault> {
        let id = id.as_str().to_owned();
        self.act(move |tx| {
            Box::pin(async move {
                let Some(old) = ended(tx.conn(), &id, stale_before).await? else {
                    return Ok(false);
                };
                let begun = sqlx::query(
                    "UPDATE esign_request SET sealing_id = $1
                     WHERE id = $2 AND state = 'approved' AND sealing_id = $3",
                )
                .bind(&sealing.id.0)
                .bind(&id)
                .bind(&old)
                .execute(tx.conn())
                .await?;
                if begun.rows_affected() == 0 {
                    return Ok(false);
                }
                sealings::abandon(tx.conn(), &old, sealing.begun_at).await?;
                if !sealings::insert(tx.conn(), &sealing, None).await? {
                    return Err(Fault::Corrupt.into());
                }
                tx.record(event);
                Ok(true)
            })
        })
        .await
    }

    async fn sweep(
        &self,
        now: Timestamp,
        over_before: Timestamp,
        limit: u32,
    ) -> Result<u64, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let expired = sqlx::query(
                    "UPDATE esign_request SET state = 'expired' WHERE id IN (
                     SELECT id FROM esign_request WHERE state = 'waiting' AND expires_at <= $1
                     LIMIT $2)",
                )
                .bind(now.0)
                .bind(i64::from(limit))
                .execute(tx.conn())
                .await?;
                // Whoever was refused or withdrew has no use for the bytes either.
                let forgotten = sqlx::query(
                    "DELETE FROM esign_document WHERE request_id IN (
                     SELECT d.request_id FROM esign_document d
                     JOIN esign_request r ON r.id = d.request_id
                     WHERE r.expires_at <= $1 OR r.state IN ('refused', 'withdrawn') LIMIT $2)",
                )
                .bind(now.0)
                .bind(i64::from(limit))
                .execute(tx.conn())
                .await?;
                let deleted = sqlx::query(
                    "DELETE FROM esign_request WHERE id IN (SELECT r.id FROM esign_request r
                     WHERE r.expires_at < $1 AND NOT EXISTS (
                     SELECT 1 FROM esign_document d WHERE d.request_id = r.id) LIMIT $2)",
                )
                .bind(over_before.0)
                .bind(i64::from(limit))
                .execute(tx.conn())
                .await?;
                Ok(expired.rows_affected() + forgotten.rows_affected() + deleted.rows_affected())
            })
        })
        .await
    }
}

/// The sealing of an approved request, if it failed, was abandoned, or never ended in time.
async fn ended(
    conn: &mut Conn,
    request: &str,
    stale_before: Timestamp,
) -> Result<Option<String>, Failure> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT s.id FROM esign_request r JOIN esign_sealing s ON s.id = r.sealing_id
         WHERE r.id = $1 AND r.state = 'approved' AND (s.outcome IN ('failed', 'abandoned')
         OR (s.outcome IS NULL AND s.begun_at < $2))",
    )
    .bind(request)
    .bind(stale_before.0)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(id,)| id))
}

/// Requests of this person whose documents are kept, counted under the lock of the person's row,
/// so that uploads at the same moment cannot pass the bound together.
async fn kept(conn: &mut Conn, person: &PersonId) -> Result<i64, Failure> {
    sqlx::query("UPDATE person SET id = id WHERE id = $1")
        .bind(person.as_str())
        .execute(&mut *conn)
        .await?;
    let (count,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM esign_request r JOIN esign_document d ON d.request_id = r.id
         WHERE r.asked_by = $1",
    )
    .bind(person.as_str())
    .fetch_one(conn)
    .await?;
    Ok(count)
}

fn request(row: &<Db as sqlx::Database>::Row) -> Result<RequestRow, Failure> {
    let state: String = row.try_get("state")?;
    let format: String = row.try_get("format")?;
    let place: String = row.try_get("place")?;
    let person = |column: &str| -> Result<Option<PersonId>, Failure> {
        Ok(row.try_get::<Option<String>, _>(column)?.map(PersonId::from_text))
    };
    let time = |column: &str| -> Result<Option<Timestamp>, Failure> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp))
    };
    Ok(RequestRow {
        id: SealRequestId::from_text(row.try_get::<String, _>("id")?),
        seal: SealId::from_text(row.try_get::<String, _>("seal_id")?),
        organisation: OrganisationId::from_text(row.try_get::<String, _>("organisation_id")?),
        asked_by: PersonId::from_text(row.try_get::<String, _>("asked_by")?),
        asked_at: Timestamp(row.try_get("asked_at")?),
        state: RequestState::parse(&state).ok_or(Fault::Corrupt)?,
        wrapped_key: row.try_get("wrapped_key")?,
        texts: row.try_get("texts")?,
        document_hash: hash_column(row.try_get("document_hash")?)?,
        size: u64::try_from(row.try_get::<i64, _>("size")?).map_err(|_| Fault::Corrupt)?,
        format: Format::parse(&format).ok_or(Fault::Corrupt)?,
        place: serde_json::from_str(&place).map_err(|_| Fault::Corrupt)?,
        decided_by: person("decided_by")?,
        decided_at: time("decided_at")?,
        refusal: row.try_get("refusal")?,
        sealing: row.try_get::<Option<String>, _>("sealing_id")?.map(SealingId),
        sealed_at: time("sealed_at")?,
        expires_at: Timestamp(row.try_get("expires_at")?),
    })
}

async fn insert(conn: &mut Conn, request: &RequestRow) -> Result<(), Failure> {
    let place = serde_json::to_string(&request.place).map_err(|_| Fault::Corrupt)?;
    sqlx::query(
        "INSERT INTO esign_request (id, seal_id, organisation_id, asked_by, asked_at, state,
         wrapped_key, texts, document_hash, size, format, place, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(request.id.as_str())
    .bind(request.seal.as_str())
    .bind(request.organisation.as_str())
    .bind(request.asked_by.as_str())
    .bind(request.asked_at.0)
    .bind(request.state.as_str())
    .bind(&request.wrapped_key)
    .bind(&request.texts)
    .bind(request.document_hash.as_slice())
    .bind(i64::try_from(request.size).map_err(|_| Fault::Corrupt)?)
    .bind(request.format.as_str())
    .bind(place)
    .bind(request.expires_at.0)
    .execute(conn)
    .await?;
    Ok(())
}
