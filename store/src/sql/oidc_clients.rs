//! OAuth client rows.

use async_trait::async_trait;
use auth_core::{Fault, Timestamp, audit::Event, id::ClientId, secret::TokenHash};
use oidc_provider::{
    client::{Authentication, Client, SecretMethod},
    store::Clients,
};

use super::{Conn, Store};
use crate::{Failure, columns::hash_column};

type Columns = (String, String, Option<Vec<u8>>, Option<String>, i64, Option<i64>);

#[async_trait]
impl Clients for Store {
    async fn add(&self, client: Client, event: Event) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let added = insert(tx.conn(), &client).await?;
                if added {
                    tx.record(event);
                }
                Ok(added)
            })
        })
        .await
    }

    async fn find(&self, id: &ClientId) -> Result<Option<Client>, Fault> {
        let id = id.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let row: Option<Columns> = sqlx::query_as(
                    "SELECT id, registration, secret_hash, secret_method, created_at, disabled_at
                     FROM oidc_client WHERE id = $1",
                )
                .bind(id.as_str())
                .fetch_optional(conn)
                .await?;
                row.map(client).transpose()
            })
        })
        .await
    }

    async fn list(&self, after: Option<&ClientId>, limit: u32) -> Result<Vec<Client>, Fault> {
        let after = after.map_or_else(String::new, |id| id.as_str().to_owned());
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<Columns> = sqlx::query_as(
                    "SELECT id, registration, secret_hash, secret_method, created_at, disabled_at
                     FROM oidc_client WHERE id > $1 ORDER BY id LIMIT $2",
                )
                .bind(after)
                .bind(i64::from(limit))
                .fetch_all(conn)
                .await?;
                rows.into_iter().map(client).collect()
            })
        })
        .await
    }

    async fn set_disabled(
        &self,
        id: &ClientId,
        disabled_at: Option<Timestamp>,
        event: Event,
    ) -> Result<bool, Fault> {
        let id = id.clone();
        self.act(move |tx| {
            Box::pin(async move {
                let changed = sqlx::query("UPDATE oidc_client SET disabled_at = $1 WHERE id = $2")
                    .bind(disabled_at.map(|at| at.0))
                    .bind(id.as_str())
                    .execute(tx.conn())
                    .await?;
                let found = changed.rows_affected() == 1;
                if found {
                    tx.record(event);
                }
                Ok(found)
            })
        })
        .await
    }

    async fn set_authentication(
        &self,
        id: &ClientId,
        authentication: Authentication,
        event: Event,
    ) -> Result<bool, Fault> {
        let id = id.clone();
        self.act(move |tx| {
            Box::pin(async move {
                let (hash, method) = secret_columns(&authentication);
                let changed = sqlx::query(
                    "UPDATE oidc_client SET secret_hash = $1, secret_method = $2 WHERE id = $3",
                )
                .bind(hash)
                .bind(method)
                .bind(id.as_str())
                .execute(tx.conn())
                .await?;
                let found = changed.rows_affected() == 1;
                if found {
                    tx.record(event);
                }
                Ok(found)
            })
        })
        .await
    }
}

async fn insert(conn: &mut Conn, client: &Client) -> Result<bool, Failure> {
    let registration = serde_json::to_string(&client.registration).map_err(|_| Fault::Corrupt)?;
    let (hash, method) = secret_columns(&client.authentication);
    let inserted = sqlx::query(
        "INSERT INTO oidc_client (id, registration, secret_hash, secret_method, created_at,
         disabled_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(client.id.as_str())
    .bind(registration)
    .bind(hash)
    .bind(method)
    .bind(client.created_at.0)
    .bind(client.disabled_at.map(|at| at.0))
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

fn secret_columns(authentication: &Authentication) -> (Option<Vec<u8>>, Option<&'static str>) {
    match authentication {
        Authentication::Public => (None, None),
        Authentication::Secret { hash, method } => (Some(hash.0.to_vec()), Some(method.as_str())),
    }
}

fn client(columns: Columns) -> Result<Client, Failure> {
    let (id, registration, secret_hash, secret_method, created_at, disabled_at) = columns;
    let authentication = match (secret_hash, secret_method) {
        (None, None) => Authentication::Public,
        (Some(hash), Some(method)) => Authentication::Secret {
            hash: TokenHash(hash_column(hash)?),
            method: SecretMethod::parse(&method).ok_or(Fault::Corrupt)?,
        },
        _ => return Err(Fault::Corrupt.into()),
    };
    Ok(Client {
        id: ClientId::from_text(id),
        registration: serde_json::from_str(&registration).map_err(|_| Fault::Corrupt)?,
        authentication,
        created_at: Timestamp(created_at),
        disabled_at: disabled_at.map(Timestamp),
    })
}
