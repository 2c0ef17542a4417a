//! Session rows.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{PersonId, SessionId},
    secret::TokenHash,
    session::{Factor, NewSession, SessionFound, SessionListed, Sessions},
};

use super::{Conn, Store};
use crate::Failure;

#[async_trait]
impl Sessions for Store {
    async fn begin(&self, session: NewSession) -> Result<(), Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                insert(tx.conn(), &session).await?;
                if let Some(replaced) = &session.replaces {
                    end_session(tx.conn(), None, replaced, session.authenticated_at).await?;
                }
                tx.record(session.event);
                Ok(())
            })
        })
        .await
    }

    async fn find(
        &self,
        token: &TokenHash,
        now: Timestamp,
        idle_seconds: i64,
    ) -> Result<Option<SessionFound>, Fault> {
        let hash = token.0.to_vec();
        let idle_since = now.plus_seconds(idle_seconds.saturating_neg());
        let found = self
            .read(move |conn| Box::pin(async move { live(conn, hash, now, idle_since).await }))
            .await?;
        let Some((found, seen_at)) = found else { return Ok(None) };
        if now.seconds_since(seen_at) >= NOTE_USE_SECONDS {
            let id = found.id.clone();
            // Missing this note shortens an idle session by minutes; failing the request for it
            // would end every session while the disk is full.
            let noted =
                self.act(move |tx| Box::pin(async move { note_use(tx.conn(), &id, now).await }));
            let _ = noted.await;
        }
        Ok(Some(found))
    }

    async fn of(&self, person: &PersonId, now: Timestamp) -> Result<Vec<SessionListed>, Fault> {
        let person = person.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<(String, i64, i64, i64, String, String)> = sqlx::query_as(
                    "SELECT id, authenticated_at, seen_at, expires_at, user_agent, source
                     FROM session WHERE person_id = $1 AND ended_at IS NULL AND expires_at > $2
                     ORDER BY authenticated_at DESC, id DESC LIMIT $3",
                )
                .bind(person.as_str())
                .bind(now.0)
                .bind(MOST_LISTED)
                .fetch_all(conn)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|(id, authenticated_at, seen_at, expires_at, user_agent, source)| {
                        SessionListed {
                            id: SessionId::from_text(id),
                            authenticated_at: Timestamp(authenticated_at),
                            seen_at: Timestamp(seen_at),
                            expires_at: Timestamp(expires_at),
                            user_agent,
                            source,
                        }
                    })
                    .collect())
            })
        })
        .await
    }

    async fn end(
        &self,
        person: &PersonId,
        session: &SessionId,
        now: Timestamp,
        event: Event,
    ) -> Result<bool, Fault> {
        let (person, session) = (person.clone(), session.clone());
        self.act(move |tx| {
            Box::pin(async move {
                let ended = end_session(tx.conn(), Some(&person), &session, now).await?;
                if ended {
                    tx.record(event);
                }
                Ok(ended)
            })
        })
        .await
    }

    async fn end_all(
        &self,
        person: &PersonId,
        keep: Option<&SessionId>,
        now: Timestamp,
        event: Event,
    ) -> Result<u64, Fault> {
        let (person, keep) = (person.clone(), keep.cloned());
        self.act(move |tx| {
            Box::pin(async move {
                let ended = end_sessions(tx.conn(), &person, keep.as_ref(), now).await?;
                tx.record(event);
                Ok(ended)
            })
        })
        .await
    }
}

/// Ends every live session of a person but one; how many.
pub(super) async fn end_sessions(
    conn: &mut Conn,
    person: &PersonId,
    keep: Option<&SessionId>,
    now: Timestamp,
) -> Result<u64, Failure> {
    let ended = sqlx::query(
        "UPDATE session SET ended_at = $1
         WHERE person_id = $2 AND ended_at IS NULL AND id <> $3",
    )
    .bind(now.0)
    .bind(person.as_str())
    .bind(keep.map_or("", SessionId::as_str))
    .execute(conn)
    .await?;
    Ok(ended.rows_affected())
}

async fn end_session(
    conn: &mut Conn,
    person: Option<&PersonId>,
    session: &SessionId,
    now: Timestamp,
) -> Result<bool, Failure> {
    let ended = sqlx::query(
        "UPDATE session SET ended_at = $1
         WHERE id = $2 AND ended_at IS NULL AND person_id = COALESCE($3, person_id)",
    )
    .bind(now.0)
    .bind(session.as_str())
    .bind(person.map(PersonId::as_str))
    .execute(conn)
    .await?;
    Ok(ended.rows_affected() == 1)
}

async fn insert(conn: &mut Conn, session: &NewSession) -> Result<(), Failure> {
    let factors = serde_json::to_string(&session.factors).map_err(|_| Fault::Corrupt)?;
    sqlx::query(
        "INSERT INTO session (id, token_hash, person_id, factors, authenticated_at, seen_at,
         expires_at, user_agent, source) VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)",
    )
    .bind(session.id.as_str())
    .bind(session.token_hash.0.as_slice())
    .bind(session.person.as_str())
    .bind(factors)
    .bind(session.authenticated_at.0)
    .bind(session.expires_at.0)
    .bind(&session.user_agent)
    .bind(&session.source)
    .execute(conn)
    .await?;
    Ok(())
}

/// The live session of a token hash and when its use was last noted.
async fn live(
    conn: &mut Conn,
    hash: Vec<u8>,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Option<(SessionFound, Timestamp)>, Failure> {
    let row: Option<(String, String, String, i64, i64)> = sqlx::query_as(
        "SELECT s.id, s.person_id, s.factors, s.authenticated_at, s.seen_at
         FROM session s JOIN person p ON p.id = s.person_id
         WHERE s.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > $2
           AND s.seen_at > $3 AND p.disabled_at IS NULL",
    )
    .bind(hash)
    .bind(now.0)
    .bind(idle_since.0)
    .fetch_optional(conn)
    .await?;
    let Some((id, person, factors, authenticated_at, seen_at)) = row else { return Ok(None) };
    let factors: Vec<Factor> = serde_json::from_str(&factors).map_err(|_| Fault::Corrupt)?;
    let found = SessionFound {
        id: SessionId::from_text(id),
        person: PersonId::from_text(person),
        factors,
        authenticated_at: Timestamp(authenticated_at),
    };
    Ok(Some((found, Timestamp(seen_at))))
}

async fn note_use(conn: &mut Conn, id: &SessionId, now: Timestamp) -> Result<(), Failure> {
    sqlx::query("UPDATE session SET seen_at = $1 WHERE id = $2 AND seen_at < $1")
        .bind(now.0)
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// A use is noted when the last note is this old: a write every request would be waste.
const NOTE_USE_SECONDS: i64 = 300;
/// Sessions shown to their owner; nobody reads further, and `end_all` ends the rest too.
const MOST_LISTED: i64 = 100;
