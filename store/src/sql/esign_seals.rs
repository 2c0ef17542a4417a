//! Seal rows and the rights of applications.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{ClientId, OrganisationId, SealId},
    key::{KeyRef, SignatureAlgorithm},
};
use esign::{
    seal::{ClientRight, Seal, SealState, face_json},
    store::Seals,
};

use super::{Conn, Store};
use crate::{Failure, columns::hash_column};

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, organisation_id, face, picture, state, key_label, algorithm, chain, valid_until,
             made_at, changed_at, mac FROM esign_seal WHERE ",
            $condition
        )
    };
}

macro_rules! select_right {
    ($condition:literal) => {
        concat!(
            "SELECT client_id, seal_id, valid_from, valid_until, mac FROM esign_right WHERE ",
            $condition
        )
    };
}

#[async_trait]
impl Seals for Store {
    async fn add(&self, seal: Seal, mac: [u8; 32], event: Event) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let added = insert(tx.conn(), &seal, mac).await?;
                if added {
                    tx.record(event);
                }
                Ok(added)
            })
        })
        .await
    }

    async fn find(&self, id: &SealId) -> Result<Option<(Seal, [u8; 32])>, Fault> {
        let id = id.as_str().to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                let row: Option<Columns> =
                    sqlx::query_as(select!("id = $1")).bind(id).fetch_optional(conn).await?;
                row.map(seal).transpose()
            })
        })
        .await
    }

    async fn list(
        &self,
        organisation: Option<&OrganisationId>,
        after: Option<&SealId>,
        limit: u32,
    ) -> Result<Vec<(Seal, [u8; 32])>, Fault> {
        let organisation = organisation.map(|id| id.as_str().to_owned());
        let after = after.map_or_else(String::new, |id| id.as_str().to_owned());
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<Columns> = match organisation {
                    Some(organisation) => {
                        sqlx::query_as(select!(
                            "organisation_id = $1 AND id > $2 ORDER BY id LIMIT $3"
                        ))
                        .bind(organisation)
                        .bind(after)
                        .bind(i64::from(limit))
                        .fetch_all(conn)
                        .await?
                    }
                    None => {
                        sqlx::query_as(select!("id > $1 ORDER BY id LIMIT $2"))
                            .bind(after)
                            .bind(i64::from(limit))
                            .fetch_all(conn)
                            .await?
                    }
                };
                rows.into_iter().map(seal).collect()
            })
        })
        .await
    }

    async fn change(
        &self,
        seal: Seal,
        expected: [u8; 32],
        mac: [u8; 32],
        event: Event,
    ) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let changed = sqlx::query(
                    "UPDATE esign_seal SET state = $1, changed_at = $2, mac = $3
                     WHERE id = $4 AND mac = $5",
                )
                .bind(seal.state.as_str())
                .bind(seal.changed_at.0)
                .bind(mac.as_slice())
                .bind(seal.id.as_str())
                .bind(expected.as_slice())
                .execute(tx.conn())
                .await?;
                let changed = changed.rows_affected() == 1;
                if changed {
                    tx.record(event);
                }
                Ok(changed)
            })
        })
        .await
    }

    async fn give_right(
        &self,
        right: ClientRight,
        mac: [u8; 32],
        event: Event,
    ) -> Result<(), Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO esign_right (client_id, seal_id, valid_from, valid_until, mac)
                     VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (client_id, seal_id) DO UPDATE
                     SET valid_from = excluded.valid_from, valid_until = excluded.valid_until,
                         mac = excluded.mac",
                )
                .bind(right.client.as_str())
                .bind(right.seal.as_str())
                .bind(right.valid_from.0)
                .bind(right.valid_until.map(|until| until.0))
                .bind(mac.as_slice())
                .execute(tx.conn())
                .await?;
                tx.record(event);
                Ok(())
            })
        })
        .await
    }

    async fn withdraw_right(
        &self,
        seal: &SealId,
        client: &ClientId,
        event: Event,
    ) -> Result<bool, Fault> {
        let (seal, client) = (seal.as_str().to_owned(), client.as_str().to_owned());
        self.act(move |tx| {
            Box::pin(async move {
                let gone =
                    sqlx::query("DELETE FROM esign_right WHERE client_id = $1 AND seal_id = $2")
                        .bind(client)
                        .bind(seal)
                        .execute(tx.conn())
                        .await?;
                let gone = gone.rows_affected() == 1;
                if gone {
                    tx.record(event);
                }
                Ok(gone)
            })
        })
        .await
    }

    async fn rights(&self, client: &ClientId) -> Result<Vec<(ClientRight, [u8; 32])>, Fault> {
        let client = client.as_str().to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<RightColumns> =
                    sqlx::query_as(select_right!("client_id = $1 ORDER BY seal_id"))
                        .bind(client)
                        .fetch_all(conn)
                        .await?;
                rows.into_iter().map(right).collect()
            })
        })
        .await
    }

    async fn all_rights(
        &self,
        after: Option<&(ClientId, SealId)>,
        limit: u32,
    ) -> Result<Vec<(ClientRight, [u8; 32])>, Fault> {
        let (client, seal) = after.map_or_else(Default::default, |(client, seal)| {
            (client.as_str().to_owned(), seal.as_str().to_owned())
        });
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<RightColumns> = sqlx::query_as(select_right!(
                    "client_id > $1 OR (client_id = $2 AND seal_id > $3)
                     ORDER BY client_id, seal_id LIMIT $4"
                ))
                .bind(&client)
                .bind(&client)
                .bind(seal)
                .bind(i64::from(limit))
                .fetch_all(conn)
                .await?;
                rows.into_iter().map(right).collect()
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

type Columns =
    (String, String, String, Vec<u8>, String, String, String, String, i64, i64, i64, Vec<u8>);

fn seal(row: Columns) -> Result<(Seal, [u8; 32]), Failure> {
    let (id, organisation, face, picture, state, key, algorithm, chain, until, made, changed, mac) =
        row;
    let chain: Vec<String> = serde_json::from_str(&chain).map_err(|_| Fault::Corrupt)?;
    let chain = chain.iter().map(|der| hex::decode(der).map_err(|_| Fault::Corrupt));
    let seal = Seal {
        id: SealId::from_text(id),
        organisation: OrganisationId::from_text(organisation),
        face: serde_json::from_str(&face).map_err(|_| Fault::Corrupt)?,
        picture,
        state: SealState::parse(&state).ok_or(Fault::Corrupt)?,
        key: KeyRef::new(key),
        algorithm: SignatureAlgorithm::from_jose(&algorithm).ok_or(Fault::Corrupt)?,
        chain: chain.collect::<Result<_, _>>()?,
        valid_until: Timestamp(until),
        made_at: Timestamp(made),
        changed_at: Timestamp(changed),
    };
    Ok((seal, hash_column(mac)?))
}

type RightColumns = (String, String, i64, Option<i64>, Vec<u8>);

fn right(row: RightColumns) -> Result<(ClientRight, [u8; 32]), Failure> {
    let (client, seal, from, until, mac) = row;
    let right = ClientRight {
        client: ClientId::from_text(client),
        seal: SealId::from_text(seal),
        valid_from: Timestamp(from),
        valid_until: until.map(Timestamp),
    };
    Ok((right, hash_column(mac)?))
}

async fn insert(conn: &mut Conn, seal: &Seal, mac: [u8; 32]) -> Result<bool, Failure> {
    let chain: Vec<String> = seal.chain.iter().map(hex::encode).collect();
    let chain = serde_json::to_string(&chain).map_err(|_| Fault::Corrupt)?;
    let face = String::from_utf8(face_json(&seal.face)).map_err(|_| Fault::Corrupt)?;
    let added: Option<(String,)> = sqlx::query_as(
        "INSERT INTO esign_seal (id, organisation_id, number, face, picture, state, key_label,
         algorithm, chain, valid_until, made_at, changed_at, mac)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(seal.id.as_str())
    .bind(seal.organisation.as_str())
    .bind(&seal.face.number)
    .bind(face)
    .bind(&seal.picture)
    .bind(seal.state.as_str())
    .bind(seal.key.as_str())
    .bind(seal.algorithm.jose())
    .bind(chain)
    .bind(seal.valid_until.0)
    .bind(seal.made_at.0)
    .bind(seal.changed_at.0)
    .bind(mac.as_slice())
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}
