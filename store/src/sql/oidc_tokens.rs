//! Codes, families and refresh tokens.

use async_trait::async_trait;
use auth_core::{Fault, Timestamp, audit::Event, secret::TokenHash};
use oidc_provider::{
    grant::{Code, CodeFound, Family, FamilyFound, FamilyId, RefreshFound},
    store::{
        CodeIssued, IssueCode, NewRefresh, RedeemCode, Redeemed, RotateRefresh, Rotated, Tokens,
    },
};

use super::{Conn, Store, oidc_permissions, oidc_rows};
use crate::Failure;

#[async_trait]
impl Tokens for Store {
    async fn issue_code(&self, act: IssueCode) -> Result<CodeIssued, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let permitted = match &act.permission {
                    Some(permission) => oidc_permissions::write(tx.conn(), permission).await?,
                    None => oidc_permissions::is_live(tx.conn(), &act.code.grant).await?,
                };
                if !permitted {
                    return Ok(CodeIssued::Raced);
                }
                insert_code(tx.conn(), &act.code).await?;
                for event in act.events {
                    tx.record(event);
                }
                Ok(CodeIssued::Done)
            })
        })
        .await
    }

    async fn find_code(&self, hash: &TokenHash) -> Result<Option<CodeFound>, Fault> {
        let hash = *hash;
        self.read(move |conn| Box::pin(async move { oidc_rows::find_code(conn, &hash).await }))
            .await
    }

    async fn redeem_code(&self, act: RedeemCode) -> Result<Redeemed, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                if !first_use_of_code(tx.conn(), &act).await? {
                    let Some(family) = family_of_code(tx.conn(), &act.hash).await? else {
                        return Ok(Redeemed::Gone);
                    };
                    revoke(tx.conn(), &family, act.now).await?;
                    tx.record(act.replayed);
                    return Ok(Redeemed::Replayed);
                }
                insert_family(tx.conn(), &act.family).await?;
                if let Some(refresh) = &act.refresh {
                    insert_refresh(tx.conn(), &act.family.id, 0, refresh).await?;
                }
                tx.record(act.done);
                Ok(Redeemed::Done)
            })
        })
        .await
    }

    async fn find_refresh(&self, hash: &TokenHash) -> Result<Option<RefreshFound>, Fault> {
        let hash = *hash;
        self.read(move |conn| Box::pin(async move { oidc_rows::find_refresh(conn, &hash).await }))
            .await
    }

    async fn rotate(&self, act: RotateRefresh) -> Result<Rotated, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                if !first_use_of_refresh(tx.conn(), &act).await? {
                    if !was_used(tx.conn(), &act.hash).await? {
                        return Ok(Rotated::Gone);
                    }
                    revoke(tx.conn(), &act.family, act.now).await?;
                    tx.record(act.reused);
                    return Ok(Rotated::Reused);
                }
                let next = act.generation.saturating_add(1);
                insert_refresh(tx.conn(), &act.family, next, &act.successor).await?;
                tx.record(act.done);
                Ok(Rotated::Done)
            })
        })
        .await
    }

    async fn find_family(&self, id: &FamilyId) -> Result<Option<FamilyFound>, Fault> {
        let id = id.clone();
        self.read(move |conn| Box::pin(async move { oidc_rows::find_family(conn, &id).await }))
            .await
    }

    async fn revoke_family(
        &self,
        id: &FamilyId,
        now: Timestamp,
        event: Event,
    ) -> Result<(), Fault> {
        let id = id.clone();
        self.act(move |tx| {
            Box::pin(async move {
                revoke(tx.conn(), &id, now).await?;
                tx.record(event);
                Ok(())
            })
        })
        .await
    }

    async fn record(&self, event: Event) -> Result<(), Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                tx.record(event);
                Ok(())
            })
        })
        .await
    }
}

/// The one statement that decides who redeems a code.
async fn first_use_of_code(conn: &mut Conn, act: &RedeemCode) -> Result<bool, Failure> {
    let used = sqlx::query(
        "UPDATE oidc_code SET redeemed_at = $1, family_id = $2
         WHERE hash = $3 AND redeemed_at IS NULL AND expires_at > $4
           AND EXISTS (SELECT 1 FROM oidc_permission p
                       WHERE p.id = oidc_code.permission_id AND p.withdrawn_at IS NULL)",
    )
    .bind(act.now.0)
    .bind(act.family.id.as_str())
    .bind(act.hash.0.as_slice())
    .bind(act.now.0)
    .execute(conn)
    .await?;
    Ok(used.rows_affected() == 1)
}

async fn family_of_code(conn: &mut Conn, hash: &TokenHash) -> Result<Option<FamilyId>, Failure> {
    let family: Option<Option<String>> =
        sqlx::query_scalar("SELECT family_id FROM oidc_code WHERE hash = $1")
            .bind(hash.0.as_slice())
            .fetch_optional(conn)
            .await?;
    Ok(family.flatten().map(FamilyId::from_text))
}

/// The one statement that decides who uses a refresh token.
async fn first_use_of_refresh(conn: &mut Conn, act: &RotateRefresh) -> Result<bool, Failure> {
    let used = sqlx::query(
        "UPDATE oidc_refresh SET used_at = $1
         WHERE hash = $2 AND generation = $3 AND used_at IS NULL AND expires_at > $4
           AND EXISTS (SELECT 1 FROM oidc_family f
                       JOIN oidc_permission p ON p.id = f.permission_id
                       WHERE f.id = oidc_refresh.family_id AND f.revoked_at IS NULL
                         AND f.expires_at > $5 AND p.withdrawn_at IS NULL)",
    )
    .bind(act.now.0)
    .bind(act.hash.0.as_slice())
    .bind(act.generation)
    .bind(act.now.0)
    .bind(act.now.0)
    .execute(conn)
    .await?;
    Ok(used.rows_affected() == 1)
}

async fn was_used(conn: &mut Conn, hash: &TokenHash) -> Result<bool, Failure> {
    let count: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM oidc_refresh WHERE hash = $1 AND used_at IS NOT NULL",
    )
    .bind(hash.0.as_slice())
    .fetch_one(conn)
    .await?;
    Ok(count == 1)
}

async fn revoke(conn: &mut Conn, family: &FamilyId, now: Timestamp) -> Result<(), Failure> {
    sqlx::query("UPDATE oidc_family SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
        .bind(now.0)
        .bind(family.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

async fn insert_code(conn: &mut Conn, code: &Code) -> Result<(), Failure> {
    let authentication = serde_json::to_string(&code.authentication).map_err(|_| Fault::Corrupt)?;
    sqlx::query(
        "INSERT INTO oidc_code (hash, permission_id, client_id, person_id, session_id,
         redirect_uri, scopes, nonce, challenge, authentication, issued_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(code.hash.0.as_slice())
    .bind(code.grant.as_str())
    .bind(code.client.as_str())
    .bind(code.person.as_str())
    .bind(code.session.as_str())
    .bind(&code.redirect_uri)
    .bind(code.scopes.to_string())
    .bind(code.nonce.as_deref())
    .bind(code.challenge.as_ref().map(oidc_provider::pkce::Challenge::as_str))
    .bind(authentication)
    .bind(code.issued_at.0)
    .bind(code.expires_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_family(conn: &mut Conn, family: &Family) -> Result<(), Failure> {
    let authentication =
        serde_json::to_string(&family.authentication).map_err(|_| Fault::Corrupt)?;
    sqlx::query(
        "INSERT INTO oidc_family (id, permission_id, client_id, person_id, session_id, scopes,
         authentication, sid, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(family.id.as_str())
    .bind(family.grant.as_str())
    .bind(family.client.as_str())
    .bind(family.person.as_str())
    .bind(family.session.as_ref().map(auth_core::id::SessionId::as_str))
    .bind(family.scopes.to_string())
    .bind(authentication)
    .bind(&family.sid)
    .bind(family.created_at.0)
    .bind(family.expires_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_refresh(
    conn: &mut Conn,
    family: &FamilyId,
    generation: i64,
    refresh: &NewRefresh,
) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO oidc_refresh (hash, family_id, generation, expires_at)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(refresh.hash.0.as_slice())
    .bind(family.as_str())
    .bind(generation)
    .bind(refresh.expires_at.0)
    .execute(conn)
    .await?;
    Ok(())
}
