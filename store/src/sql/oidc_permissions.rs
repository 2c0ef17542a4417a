//! What people allowed clients.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{ClientId, GrantId, PersonId},
};
use oidc_provider::{
    client::Registration,
    grant::Permission,
    scope::Scopes,
    store::{MAX_LISTED, Permissions},
};

use super::{Conn, Store};
use crate::Failure;

type Columns = (String, String, String, String, i64);

#[async_trait]
impl Permissions for Store {
    async fn live(
        &self,
        person: &PersonId,
        client: &ClientId,
    ) -> Result<Option<Permission>, Fault> {
        let (person, client) = (person.clone(), client.clone());
        self.read(move |conn| {
            Box::pin(async move {
                let row: Option<Columns> = sqlx::query_as(
                    "SELECT id, person_id, client_id, scopes, created_at FROM oidc_permission
                     WHERE person_id = $1 AND client_id = $2 AND withdrawn_at IS NULL",
                )
                .bind(person.as_str())
                .bind(client.as_str())
                .fetch_optional(conn)
                .await?;
                row.map(permission).transpose()
            })
        })
        .await
    }

    async fn of(&self, person: &PersonId) -> Result<Vec<(Permission, String)>, Fault> {
        let person = person.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<(String, String, String, String, i64, String)> = sqlx::query_as(
                    "SELECT p.id, p.person_id, p.client_id, p.scopes, p.created_at, c.registration
                     FROM oidc_permission p JOIN oidc_client c ON c.id = p.client_id
                     WHERE p.person_id = $1 AND p.withdrawn_at IS NULL
                     ORDER BY p.created_at DESC, p.id DESC LIMIT $2",
                )
                .bind(person.as_str())
                .bind(i64::from(MAX_LISTED))
                .fetch_all(conn)
                .await?;
                rows.into_iter()
                    .map(|(id, person, client, scopes, created_at, registration)| {
                        let registration: Registration =
                            serde_json::from_str(&registration).map_err(|_| Fault::Corrupt)?;
                        let columns = (id, person, client, scopes, created_at);
                        Ok((permission(columns)?, registration.name))
                    })
                    .collect()
            })
        })
        .await
    }

    async fn withdraw(
        &self,
        person: &PersonId,
        grant: &GrantId,
        now: Timestamp,
        event: Event,
    ) -> Result<bool, Fault> {
        let (person, grant) = (person.clone(), grant.clone());
        self.act(move |tx| {
            Box::pin(async move {
                let withdrawn = sqlx::query(
                    "UPDATE oidc_permission SET withdrawn_at = $1
                     WHERE id = $2 AND person_id = $3 AND withdrawn_at IS NULL",
                )
                .bind(now.0)
                .bind(grant.as_str())
                .bind(person.as_str())
                .execute(tx.conn())
                .await?;
                let found = withdrawn.rows_affected() == 1;
                if found {
                    tx.record(event);
                }
                Ok(found)
            })
        })
        .await
    }
}

/// Writes a permission: more scopes for the live row of its id, or a new row. `false` when the row
/// was withdrawn, or another is live, meanwhile.
pub(super) async fn write(conn: &mut Conn, permission: &Permission) -> Result<bool, Failure> {
    let scopes = permission.scopes.to_string();
    let widened = sqlx::query(
        "UPDATE oidc_permission SET scopes = $1 WHERE id = $2 AND withdrawn_at IS NULL",
    )
    .bind(&scopes)
    .bind(permission.id.as_str())
    .execute(&mut *conn)
    .await?;
    if widened.rows_affected() == 1 {
        return Ok(true);
    }
    let inserted = sqlx::query(
        "INSERT INTO oidc_permission (id, person_id, client_id, scopes, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(permission.id.as_str())
    .bind(permission.person.as_str())
    .bind(permission.client.as_str())
    .bind(&scopes)
    .bind(permission.created_at.0)
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Whether a permission has not been withdrawn.
pub(super) async fn is_live(conn: &mut Conn, grant: &GrantId) -> Result<bool, Failure> {
    let count: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM oidc_permission WHERE id = $1 AND withdrawn_at IS NULL",
    )
    .bind(grant.as_str())
    .fetch_one(conn)
    .await?;
    Ok(count == 1)
}

fn permission(columns: Columns) -> Result<Permission, Failure> {
    let (id, person, client, scopes, created_at) = columns;
    Ok(Permission {
        id: GrantId::from_text(id),
        person: PersonId::from_text(person),
        client: ClientId::from_text(client),
        scopes: Scopes::parse(&scopes).ok_or(Fault::Corrupt)?,
        created_at: Timestamp(created_at),
    })
}
