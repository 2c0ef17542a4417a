//! Person rows.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{OrganisationId, PersonId},
    person::{People, PersonRow, Username, VerifierChange},
    role::{Role, RoleGrant},
    session::Assurance,
};

use super::{Conn, Db, Store, kernel_roles, kernel_sessions::end_sessions};
use crate::{Failure, columns::hash_column};

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, sub, username, assurance, wrapped_key, profile, verifier, id_number_hash,
             phone_hash, disabled_at, must_change_password, created_at FROM person WHERE ",
            $condition
        )
    };
}

#[async_trait]
impl People for Store {
    async fn add(&self, row: PersonRow, event: Event) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let added = insert(tx.conn(), &row).await?;
                if added {
                    tx.record(event);
                }
                Ok(added)
            })
        })
        .await
    }

    async fn find(&self, id: &PersonId) -> Result<Option<PersonRow>, Fault> {
        self.one_person(select!("id = $1"), id.as_str().to_owned()).await
    }

    async fn by_username(&self, username: &Username) -> Result<Option<PersonRow>, Fault> {
        self.one_person(select!("username = $1"), username.as_str().to_owned()).await
    }

    async fn by_sub(&self, sub: &str) -> Result<Option<PersonRow>, Fault> {
        self.one_person(select!("sub = $1"), sub.to_owned()).await
    }

    async fn by_id_number(&self, hash: &[u8; 32]) -> Result<Option<PersonRow>, Fault> {
        self.one_person(select!("id_number_hash = $1"), hash.to_vec()).await
    }

    async fn list(&self, after: Option<&PersonId>, limit: u32) -> Result<Vec<PersonRow>, Fault> {
        let after = after.map_or_else(String::new, |id| id.as_str().to_owned());
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<Columns> = sqlx::query_as(select!("id > $1 ORDER BY id LIMIT $2"))
                    .bind(after)
                    .bind(i64::from(limit))
                    .fetch_all(conn)
                    .await?;
                rows.into_iter().map(person).collect()
            })
        })
        .await
    }

    async fn set_verifier(&self, change: VerifierChange) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let changed = sqlx::query(
                    "UPDATE person SET verifier = $1, must_change_password = $2
                     WHERE id = $3 AND verifier = $4",
                )
                .bind(change.verifier)
                .bind(i64::from(change.must_change))
                .bind(change.person.as_str())
                .bind(change.expected)
                .execute(tx.conn())
                .await?;
                if changed.rows_affected() == 0 {
                    return Ok(false);
                }
                end_sessions(tx.conn(), &change.person, change.keep.as_ref(), change.now).await?;
                tx.record(change.event);
                Ok(true)
            })
        })
        .await
    }

    async fn set_disabled(
        &self,
        id: &PersonId,
        disabled_at: Option<Timestamp>,
        event: Event,
    ) -> Result<bool, Fault> {
        let id = id.clone();
        self.act(move |tx| {
            Box::pin(async move {
                let changed = sqlx::query("UPDATE person SET disabled_at = $1 WHERE id = $2")
                    .bind(disabled_at.map(|at| at.0))
                    .bind(id.as_str())
                    .execute(tx.conn())
                    .await?;
                if changed.rows_affected() == 0 {
                    return Ok(false);
                }
                if let Some(at) = disabled_at {
                    end_sessions(tx.conn(), &id, None, at).await?;
                }
                tx.record(event);
                Ok(true)
            })
        })
        .await
    }

    async fn erase(&self, id: &PersonId, now: Timestamp, event: Event) -> Result<bool, Fault> {
        let id = id.clone();
        self.act(move |tx| {
            Box::pin(async move {
                let nothing: &[u8] = &[];
                let changed = sqlx::query(
                    "UPDATE person SET wrapped_key = $1, profile = $1, verifier = $1,
                     id_number_hash = NULL, phone_hash = NULL,
                     disabled_at = COALESCE(disabled_at, $2)
                     WHERE id = $3 AND wrapped_key <> $1",
                )
                .bind(nothing)
                .bind(now.0)
                .bind(id.as_str())
                .execute(tx.conn())
                .await?;
                if changed.rows_affected() == 0 {
                    return Ok(false);
                }
                end_sessions(tx.conn(), &id, None, now).await?;
                tx.record(event);
                Ok(true)
            })
        })
        .await
    }

    async fn grant_role(
        &self,
        grant: RoleGrant,
        mac: [u8; 32],
        event: Event,
    ) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let granted = kernel_roles::grant(tx.conn(), &grant, mac, event.at).await?;
                if granted {
                    tx.record(event);
                }
                Ok(granted)
            })
        })
        .await
    }

    async fn withdraw_role(
        &self,
        person: &PersonId,
        role: Role,
        organisation: Option<&OrganisationId>,
        event: Event,
    ) -> Result<bool, Fault> {
        let (person, organisation) = (person.clone(), organisation.cloned());
        self.act(move |tx| {
            Box::pin(async move {
                let withdrawn =
                    kernel_roles::withdraw(tx.conn(), &person, role, organisation.as_ref()).await?;
                if withdrawn {
                    tx.record(event);
                }
                Ok(withdrawn)
            })
        })
        .await
    }

    async fn roles(&self, person: &PersonId) -> Result<Vec<(RoleGrant, [u8; 32])>, Fault> {
        let person = person.clone();
        self.read(move |conn| Box::pin(async move { kernel_roles::of_person(conn, &person).await }))
            .await
    }

    async fn all_roles(
        &self,
        after: Option<&PersonId>,
        limit: u32,
    ) -> Result<Vec<(RoleGrant, [u8; 32])>, Fault> {
        let after = after.map_or_else(String::new, |id| id.as_str().to_owned());
        self.read(move |conn| {
            Box::pin(async move { kernel_roles::page(conn, &after, limit).await })
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

impl Store {
    async fn one_person<V>(&self, sql: &'static str, value: V) -> Result<Option<PersonRow>, Fault>
    where
        V: for<'q> sqlx::Encode<'q, Db> + sqlx::Type<Db> + Send + 'static,
    {
        self.read(move |conn| {
            Box::pin(async move {
                let row: Option<Columns> =
                    sqlx::query_as(sql).bind(value).fetch_optional(conn).await?;
                row.map(person).transpose()
            })
        })
        .await
    }
}

async fn insert(conn: &mut Conn, row: &PersonRow) -> Result<bool, Failure> {
    let inserted = sqlx::query(
        "INSERT INTO person (id, sub, username, assurance, wrapped_key, profile, verifier,
         id_number_hash, phone_hash, disabled_at, must_change_password, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
    )
    .bind(row.id.as_str())
    .bind(&row.sub)
    .bind(row.username.as_str())
    .bind(i64::from(row.assurance.0))
    .bind(&row.wrapped_key)
    .bind(&row.profile)
    .bind(&row.verifier)
    .bind(row.id_number_hash.as_ref().map(<[u8; 32]>::as_slice))
    .bind(row.phone_hash.as_ref().map(<[u8; 32]>::as_slice))
    .bind(row.disabled_at.map(|at| at.0))
    .bind(i64::from(row.must_change_password))
    .bind(row.created_at.0)
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

type Columns = (
    String,
    String,
    String,
    i64,
    Vec<u8>,
    Vec<u8>,
    Vec<u8>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<i64>,
    i64,
    i64,
);

fn person(row: Columns) -> Result<PersonRow, Failure> {
    let hash = |bytes: Option<Vec<u8>>| bytes.map(hash_column).transpose();
    Ok(PersonRow {
        id: PersonId::from_text(row.0),
        sub: row.1,
        username: Username::from_stored(row.2),
        assurance: Assurance(u8::try_from(row.3).map_err(|_| Fault::Corrupt)?),
        wrapped_key: row.4,
        profile: row.5,
        verifier: row.6,
        id_number_hash: hash(row.7)?,
        phone_hash: hash(row.8)?,
        disabled_at: row.9.map(Timestamp),
        must_change_password: row.10 != 0,
        created_at: Timestamp(row.11),
    })
}
