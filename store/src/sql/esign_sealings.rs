//! Uses of seals: intents, results, and the outputs kept for a while.

use async_trait::async_trait;
use auth_core::{Fault, Timestamp, audit::Event, id::SealId};
use esign::store::{Claim, Claimed, NewSealing, SealingDone, SealingId, SealingRow, Sealings};

use super::{Conn, Store};
use crate::{Failure, columns::hash_column};

#[async_trait]
impl Sealings for Store {
    async fn begin(&self, sealing: NewSealing, event: Event) -> Result<(), Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                if !insert(tx.conn(), &sealing, None).await? {
                    return Err(Fault::Corrupt.into());
                }
                tx.record(event);
                Ok(())
            })
        })
        .await
    }

    async fn claimed(&self, claim: &Claim) -> Result<Option<Claimed>, Fault> {
        let claim = claim.clone();
        self.read(move |conn| {
            Box::pin(async move {
                Ok(standing(conn, &claim).await?.and_then(|(_, standing)| match standing {
                    Standing::Answer(claimed) => Some(claimed),
                    Standing::Over => None,
                }))
            })
        })
        .await
    }

    async fn claim(
        &self,
        sealing: NewSealing,
        claim: Claim,
        event: Event,
    ) -> Result<Claimed, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                match standing(tx.conn(), &claim).await? {
                    Some((_, Standing::Answer(claimed))) => return Ok(claimed),
                    Some((id, Standing::Over)) => release(tx.conn(), &id, sealing.begun_at).await?,
                    None => {}
                }
                if kept(tx.conn(), &claim).await? >= claim.most_kept {
                    return Ok(Claimed::Full);
                }
                // Another request may have claimed the key since it was looked up.
                if !insert(tx.conn(), &sealing, Some(&claim)).await? {
                    return Ok(Claimed::InProgress);
                }
                tx.record(event);
                Ok(Claimed::New)
            })
        })
        .await
    }

    async fn finish(&self, done: SealingDone, event: Event) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let size = done.output.as_ref().map_or(0, Vec::len);
                let ended: Option<(Option<String>,)> = sqlx::query_as(
                    "UPDATE esign_sealing SET outcome = 'done', ended_at = $1, sealed_hash = $2,
                     output = $3, output_size = $4, keep_until = $5
                     WHERE id = $6 AND outcome IS NULL RETURNING request_id",
                )
                .bind(done.at.0)
                .bind(done.sealed_hash.as_slice())
                .bind(done.output)
                .bind(i64::try_from(size).unwrap_or(i64::MAX))
                .bind(done.keep_until.0)
                .bind(&done.id.0)
                .fetch_optional(tx.conn())
                .await?;
                let Some((request,)) = ended else { return Ok(false) };
                if let Some(request) = request {
                    sqlx::query(
                        "UPDATE esign_request SET state = 'sealed', sealed_at = $1
                         WHERE id = $2 AND state = 'approved' AND sealing_id = $3",
                    )
                    .bind(done.at.0)
                    .bind(request)
                    .bind(&done.id.0)
                    .execute(tx.conn())
                    .await?;
                }
                tx.record(event);
                Ok(true)
            })
        })
        .await
    }

    async fn fail(&self, id: &SealingId, at: Timestamp, event: Event) -> Result<(), Fault> {
        let id = id.0.clone();
        self.act(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE esign_sealing SET outcome = 'failed', ended_at = $1
                     WHERE id = $2 AND outcome IS NULL",
                )
                .bind(at.0)
                .bind(id)
                .execute(tx.conn())
                .await?;
                tx.record(event);
                Ok(())
            })
        })
        .await
    }

    async fn output(&self, id: &SealingId) -> Result<Option<Vec<u8>>, Fault> {
        let id = id.0.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let row: Option<(Option<Vec<u8>>,)> =
                    sqlx::query_as("SELECT output FROM esign_sealing WHERE id = $1")
                        .bind(id)
                        .fetch_optional(conn)
                        .await?;
                Ok(row.and_then(|(output,)| output))
            })
        })
        .await
    }

    async fn open(&self, before: Timestamp, limit: u32) -> Result<Vec<SealingRow>, Fault> {
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<(String, String, String, Vec<u8>, i64)> = sqlx::query_as(
                    "SELECT id, seal_id, purpose, document_hash, begun_at FROM esign_sealing
                     WHERE (outcome IS NULL OR outcome = 'abandoned') AND begun_at < $1
                     ORDER BY begun_at LIMIT $2",
                )
                .bind(before.0)
                .bind(i64::from(limit))
                .fetch_all(conn)
                .await?;
                rows.into_iter()
                    .map(|(id, seal, purpose, hash, begun)| {
                        Ok(SealingRow {
                            id: SealingId(id),
                            seal: SealId::from_text(seal),
                            purpose,
                            document_hash: hash_column(hash)?,
                            begun_at: Timestamp(begun),
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    async fn sweep(
        &self,
        now: Timestamp,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<u64, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let forgotten = sqlx::query(
                    "UPDATE esign_sealing SET output = NULL, output_size = 0, client_id = NULL,
                     key_hash = NULL, fingerprint = NULL, keep_until = NULL
                     WHERE id IN (SELECT id FROM esign_sealing WHERE keep_until <= $1 LIMIT $2)",
                )
                .bind(now.0)
                .bind(i64::from(limit))
                .execute(tx.conn())
                .await?;
                let deleted = sqlx::query(
                    "DELETE FROM esign_sealing WHERE id IN (SELECT id FROM esign_sealing
                     WHERE outcome IN ('done', 'failed') AND keep_until IS NULL AND begun_at < $1
                     LIMIT $2)",
                )
                .bind(ended_before.0)
                .bind(i64::from(limit))
                .execute(tx.conn())
                .await?;
                Ok(forgotten.rows_affected() + deleted.rows_affected())
            })
        })
        .await
    }
}

/// What the row of an idempotency key means for whoever comes with it.
enum Standing {
    Answer(Claimed),
    /// Failed, broken off, or its output forgotten: the key may be claimed anew.
    Over,
}

async fn standing(conn: &mut Conn, claim: &Claim) -> Result<Option<(String, Standing)>, Failure> {
    type Row = (String, Vec<u8>, Option<String>, i64, Option<Vec<u8>>);
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, fingerprint, outcome, begun_at, output FROM esign_sealing
         WHERE client_id = $1 AND key_hash = $2",
    )
    .bind(claim.client.as_str())
    .bind(claim.key_hash.as_slice())
    .fetch_optional(conn)
    .await?;
    let Some((id, fingerprint, outcome, begun_at, output)) = row else { return Ok(None) };
    let stale = Timestamp(begun_at) < claim.stale_before;
    let same = hash_column(fingerprint)? == claim.fingerprint;
    let standing = match (outcome.as_deref(), output) {
        (Some("failed" | "abandoned"), _) | (Some("done"), None) => Standing::Over,
        (None, _) if stale => Standing::Over,
        _ if !same => Standing::Answer(Claimed::Different),
        (Some("done"), Some(output)) => Standing::Answer(Claimed::Same(output)),
        (None, _) => Standing::Answer(Claimed::InProgress),
        (Some(_), _) => return Err(Fault::Corrupt.into()),
    };
    Ok(Some((id, standing)))
}

/// Frees an idempotency key; a sealing that never ended stays visible as abandoned.
async fn release(conn: &mut Conn, id: &str, at: Timestamp) -> Result<(), Failure> {
    abandon(conn, id, at).await?;
    sqlx::query("UPDATE esign_sealing SET client_id = NULL, key_hash = NULL WHERE id = $1")
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives up a sealing that never ended.
pub(super) async fn abandon(conn: &mut Conn, id: &str, at: Timestamp) -> Result<(), Failure> {
    sqlx::query(
        "UPDATE esign_sealing SET outcome = 'abandoned', ended_at = $1
         WHERE id = $2 AND outcome IS NULL",
    )
    .bind(at.0)
    .bind(id)
    .execute(conn)
    .await?;
    Ok(())
}

async fn kept(conn: &mut Conn, claim: &Claim) -> Result<u64, Failure> {
    let (bytes,): (i64,) = sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(output_size), 0) AS BIGINT) FROM esign_sealing
         WHERE client_id = $1",
    )
    .bind(claim.client.as_str())
    .fetch_one(conn)
    .await?;
    u64::try_from(bytes).map_err(|_| Fault::Corrupt.into())
}

/// Inserts an intent; `false` when the id or the idempotency key is taken.
pub(super) async fn insert(
    conn: &mut Conn,
    sealing: &NewSealing,
    claim: Option<&Claim>,
) -> Result<bool, Failure> {
    let inserted: Option<(String,)> = sqlx::query_as(
        "INSERT INTO esign_sealing (id, seal_id, request_id, purpose, document_hash, begun_at,
         client_id, key_hash, fingerprint, output_size)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(&sealing.id.0)
    .bind(sealing.seal.as_str())
    .bind(sealing.request.as_ref().map(|id| id.as_str().to_owned()))
    .bind(&sealing.purpose)
    .bind(sealing.document_hash.as_slice())
    .bind(sealing.begun_at.0)
    .bind(claim.map(|claim| claim.client.as_str().to_owned()))
    .bind(claim.map(|claim| claim.key_hash.to_vec()))
    .bind(claim.map(|claim| claim.fingerprint.to_vec()))
    .fetch_optional(conn)
    .await?;
    Ok(inserted.is_some())
}
