//! Certificate rows.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{CredentialId, OrganisationId, PersonId},
};
use credential::{
    status::Status,
    store::{
        ChangeStatus, Changed, CredentialRow, Credentials, IdempotencyKey, Kept, ListRow,
        NewCredential, Reserve, Reserved, StatusPlace,
    },
};

use super::{Conn, Db, Store, credential_status as status};
use crate::{Failure, columns::hash_column};

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT c.id, c.kind, c.organisation_id, c.holder_id, c.number, c.list_id, c.idx,
             e.value, c.issued_at, c.expires_at, c.sealed, c.document
             FROM credential c JOIN status_entry e ON e.list_id = c.list_id AND e.idx = c.idx
             WHERE ",
            $condition
        )
    };
}

#[async_trait]
impl Credentials for Store {
    async fn reserve(&self, act: Reserve) -> Result<Reserved, Fault> {
        self.act(move |tx| Box::pin(async move { status::reserve(tx.conn(), &act).await })).await
    }

    async fn keep(&self, new: NewCredential) -> Result<Kept, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                if let Some(key) = &new.key
                    && let Some(earlier) = request(tx.conn(), &key.client, &key.key).await?
                {
                    return Ok(Kept::Repeated(earlier));
                }
                insert(tx.conn(), &new.row).await?;
                if let Some(key) = &new.key
                    && !insert_request(tx.conn(), key, new.row.issued_at).await?
                {
                    // Two requests at once on a database that lets them run so: the later one
                    // fails, is sent again and finds the first.
                    return Err(Fault::Busy.into());
                }
                tx.record(new.event);
                Ok(Kept::Done)
            })
        })
        .await
    }

    async fn by_key(&self, client: &str, key: &str) -> Result<Option<IdempotencyKey>, Fault> {
        let (client, key) = (client.to_owned(), key.to_owned());
        self.read(move |conn| Box::pin(async move { request(conn, &client, &key).await })).await
    }

    async fn find(&self, id: &CredentialId) -> Result<Option<CredentialRow>, Fault> {
        let id = id.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let row: Option<Columns> = sqlx::query_as(select!("c.id = $1"))
                    .bind(id.as_str())
                    .fetch_optional(conn)
                    .await?;
                row.map(credential).transpose()
            })
        })
        .await
    }

    async fn of_holder(&self, holder: &PersonId) -> Result<Vec<CredentialRow>, Fault> {
        let holder = holder.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<Columns> =
                    sqlx::query_as(select!("c.holder_id = $1 ORDER BY c.id DESC LIMIT $2"))
                        .bind(holder.as_str())
                        .bind(MOST_HELD)
                        .fetch_all(conn)
                        .await?;
                rows.into_iter().map(credential).collect()
            })
        })
        .await
    }

    async fn of_organisation(
        &self,
        organisation: &OrganisationId,
        before: Option<&CredentialId>,
        limit: u32,
    ) -> Result<Vec<CredentialRow>, Fault> {
        let organisation = organisation.clone();
        // `g` comes after every hexadecimal digit, and so after every id.
        let before = before.map_or_else(|| "g".to_owned(), ToString::to_string);
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<Columns> = sqlx::query_as(select!(
                    "c.organisation_id = $1 AND c.id < $2 ORDER BY c.id DESC LIMIT $3"
                ))
                .bind(organisation.as_str())
                .bind(before)
                .bind(i64::from(limit))
                .fetch_all(conn)
                .await?;
                rows.into_iter().map(credential).collect()
            })
        })
        .await
    }

    async fn change_status(&self, act: ChangeStatus) -> Result<Changed, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let step = (act.from.as_slice(), act.to);
                if !status::change(tx.conn(), act.place, step, act.now).await? {
                    return Ok(Changed::NotFrom);
                }
                tx.record(act.event);
                Ok(Changed::Done)
            })
        })
        .await
    }

    async fn keep_document(
        &self,
        id: &CredentialId,
        document: Vec<u8>,
        event: Event,
    ) -> Result<bool, Fault> {
        let id = id.clone();
        self.act(move |tx| {
            Box::pin(async move {
                let kept = sqlx::query(
                    "UPDATE credential SET document = $1 WHERE id = $2 AND document IS NULL",
                )
                .bind(document)
                .bind(id.as_str())
                .execute(tx.conn())
                .await?;
                let kept = kept.rows_affected() == 1;
                if kept {
                    tx.record(event);
                }
                Ok(kept)
            })
        })
        .await
    }

    async fn list(&self, id: u32) -> Result<Option<ListRow>, Fault> {
        self.read(move |conn| Box::pin(async move { status::list(conn, id).await })).await
    }

    async fn list_entries(&self, id: u32) -> Result<Option<(ListRow, Vec<(u32, u8)>)>, Fault> {
        self.snapshot(move |conn| Box::pin(async move { status::entries(conn, id).await })).await
    }

    async fn lists(&self) -> Result<Vec<u32>, Fault> {
        self.read(move |conn| Box::pin(async move { status::lists(conn).await })).await
    }
}

type Columns = (
    String,
    String,
    String,
    String,
    String,
    i64,
    i64,
    i64,
    i64,
    Option<i64>,
    Vec<u8>,
    Option<Vec<u8>>,
);

fn credential(row: Columns) -> Result<CredentialRow, Failure> {
    let (id, kind, organisation, holder, number, list, index, value, issued_at, expires_at, ..) =
        row;
    let (sealed, document) = (row.10, row.11);
    Ok(CredentialRow {
        id: CredentialId::from_text(id),
        kind,
        organisation: OrganisationId::from_text(organisation),
        holder: PersonId::from_text(holder),
        number,
        place: place(list, index)?,
        status: status_value(value)?,
        issued_at: Timestamp(issued_at),
        expires_at: expires_at.map(Timestamp),
        sealed,
        document,
    })
}

pub(super) fn place(list: i64, index: i64) -> Result<StatusPlace, Failure> {
    let narrow = |value: i64| u32::try_from(value).map_err(|_| Failure::from(Fault::Corrupt));
    Ok(StatusPlace { list: narrow(list)?, index: narrow(index)? })
}

pub(super) fn status_value(value: i64) -> Result<Status, Failure> {
    let value = u8::try_from(value).ok().and_then(Status::from_value);
    value.ok_or_else(|| Fault::Corrupt.into())
}

async fn insert(conn: &mut Conn, row: &CredentialRow) -> Result<(), Failure> {
    sqlx::query::<Db>(
        "INSERT INTO credential (id, kind, organisation_id, holder_id, number, list_id, idx,
         issued_at, expires_at, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(row.id.as_str())
    .bind(&row.kind)
    .bind(row.organisation.as_str())
    .bind(row.holder.as_str())
    .bind(&row.number)
    .bind(i64::from(row.place.list))
    .bind(i64::from(row.place.index))
    .bind(row.issued_at.0)
    .bind(row.expires_at.map(|at| at.0))
    .bind(row.sealed.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_request(
    conn: &mut Conn,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<bool, Failure> {
    sqlx::query(
        "DELETE FROM credential_request WHERE created_at < $1 AND credential_id IN
         (SELECT credential_id FROM credential_request WHERE created_at < $1 LIMIT $2)",
    )
    .bind(now.plus_seconds(-KEY_SECONDS).0)
    .bind(SWEPT_AT_ONCE)
    .execute(&mut *conn)
    .await?;
    let written = sqlx::query(
        "INSERT INTO credential_request (client, request_key, request_hash, credential_id,
         created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(&key.client)
    .bind(&key.key)
    .bind(key.request_hash.as_slice())
    .bind(key.credential.as_str())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(written.rows_affected() == 1)
}

async fn request(
    conn: &mut Conn,
    client: &str,
    key: &str,
) -> Result<Option<IdempotencyKey>, Failure> {
    let row: Option<(Vec<u8>, String)> = sqlx::query_as(
        "SELECT request_hash, credential_id FROM credential_request
         WHERE client = $1 AND request_key = $2",
    )
    .bind(client)
    .bind(key)
    .fetch_optional(conn)
    .await?;
    let Some((hash, credential)) = row else { return Ok(None) };
    Ok(Some(IdempotencyKey {
        client: client.to_owned(),
        key: key.to_owned(),
        request_hash: hash_column(hash)?,
        credential: CredentialId::from_text(credential),
    }))
}

/// How long a repeated request finds its certificate, seconds; clients try again within minutes.
const KEY_SECONDS: i64 = 7 * 24 * 3600;
/// Old requests forgotten with each new one: the table stays as small as a week's use.
const SWEPT_AT_ONCE: i64 = 10;
/// Certificates shown to one holder; people have a few dozen.
const MOST_HELD: i64 = 100;
