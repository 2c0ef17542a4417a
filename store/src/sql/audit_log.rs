//! The audit log: sealing, tiles, checkpoints, and reading records.

use async_trait::async_trait;
use auth_core::{
    Fault,
    audit::{
        Head, KeptCheckpoint, Log, Record, Search,
        merkle::{Edge, Tile, edge_tiles, leaf_hash},
    },
};
use sqlx::Row as _;

use super::{Conn, Db, Store};
use crate::{Failure, columns::hash_column};

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, leaf_index, act, actor, subject, outcome, at, error_id, detail, salt,
             entry_hash FROM audit_event WHERE ",
            $condition
        )
    };
}

#[async_trait]
impl Log for Store {
    async fn seal(&self, limit: u32) -> Result<u32, Fault> {
        self.act(move |tx| Box::pin(async move { seal(tx.conn(), limit).await })).await
    }

    async fn head(&self) -> Result<Head, Fault> {
        self.read(|conn| {
            Box::pin(async move {
                let row = sqlx::query_as("SELECT size, root FROM audit_head WHERE log = 1")
                    .fetch_one(conn)
                    .await?;
                head(row)
            })
        })
        .await
    }

    async fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Fault> {
        self.read(move |conn| Box::pin(async move { tile(conn, level, index).await })).await
    }

    async fn keep_checkpoint(&self, size: u64, note: &str) -> Result<(), Fault> {
        let note = note.to_owned();
        self.act(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO audit_checkpoint (size, note) VALUES ($1, $2)
                     ON CONFLICT (size) DO NOTHING",
                )
                .bind(column(size)?)
                .bind(note)
                .execute(tx.conn())
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn checkpoint(&self) -> Result<Option<KeptCheckpoint>, Fault> {
        Ok(self.checkpoints(1).await?.pop())
    }

    async fn checkpoints(&self, limit: u32) -> Result<Vec<KeptCheckpoint>, Fault> {
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<(i64, String)> = sqlx::query_as(
                    "SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT $1",
                )
                .bind(i64::from(limit))
                .fetch_all(conn)
                .await?;
                let kept = rows
                    .into_iter()
                    .map(|(size, note)| Ok(KeptCheckpoint { size: count(size)?, note }));
                kept.collect()
            })
        })
        .await
    }

    async fn sealed(&self, after: Option<(i64, i64)>, limit: u32) -> Result<Vec<Record>, Fault> {
        let (index, row) = after.unwrap_or((i64::MIN, i64::MIN));
        self.read(move |conn| {
            Box::pin(async move {
                let rows = sqlx::query(select!(
                    "leaf_index IS NOT NULL AND leaf_index >= $1 AND (leaf_index, id) > ($1, $2)
                     ORDER BY leaf_index, id LIMIT $3"
                ))
                .bind(index)
                .bind(row)
                .bind(i64::from(limit))
                .fetch_all(conn)
                .await?;
                rows.iter().map(record).collect()
            })
        })
        .await
    }

    async fn unsealed(&self, after: Option<i64>, limit: u32) -> Result<Vec<Record>, Fault> {
        self.read(move |conn| {
            Box::pin(async move {
                let rows =
                    sqlx::query(select!("leaf_index IS NULL AND id > $1 ORDER BY id LIMIT $2"))
                        .bind(after.unwrap_or(i64::MIN))
                        .bind(i64::from(limit))
                        .fetch_all(conn)
                        .await?;
                rows.iter().map(record).collect()
            })
        })
        .await
    }

    async fn search(
        &self,
        search: &Search,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Record>, Fault> {
        let search = search.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let mut query = sqlx::QueryBuilder::<Db>::new(select!("id < "));
                query.push_bind(before.unwrap_or(i64::MAX));
                for (column, value) in [
                    (" AND act = ", search.act),
                    (" AND actor = ", search.actor),
                    (" AND subject = ", search.subject),
                    (" AND error_id = ", search.error_id),
                ] {
                    if let Some(value) = value {
                        query.push(column).push_bind(value);
                    }
                }
                query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit));
                let rows = query.build().fetch_all(conn).await?;
                rows.iter().map(record).collect()
            })
        })
        .await
    }
}

async fn seal(conn: &mut Conn, limit: u32) -> Result<u32, Failure> {
    // The update locks the head: sealers take turns, on one node or several.
    let locked =
        sqlx::query_as("UPDATE audit_head SET size = size WHERE log = 1 RETURNING size, root")
            .fetch_one(&mut *conn)
            .await?;
    let head = head(locked)?;
    let entries = give_indices(conn, head.size, limit).await?;
    if entries.is_empty() {
        return Ok(0);
    }
    let mut stored = Vec::new();
    for (level, index) in edge_tiles(head.size) {
        let bytes = tile(conn, level, index).await?.ok_or(Fault::Corrupt)?;
        stored.push(((level, index), Tile::parse_hashes(&bytes).ok_or(Fault::Corrupt)?));
    }
    let mut edge = Edge::of(head.size, |level, index| {
        stored.iter().find(|(at, _)| *at == (level, index)).map(|(_, hashes)| hashes.clone())
    })
    .filter(|edge| edge.root() == head.root)
    .ok_or(Fault::Corrupt)?;
    let mut changed = Vec::new();
    for entry in &entries {
        edge.push(leaf_hash(entry), |tile| changed.push(tile));
    }
    changed.extend(edge.partial_tiles());
    for tile in &changed {
        keep_tile(conn, tile).await?;
    }
    sqlx::query("UPDATE audit_head SET size = $1, root = $2 WHERE log = 1")
        .bind(column(edge.size())?)
        .bind(edge.root().to_vec())
        .execute(conn)
        .await?;
    u32::try_from(entries.len()).map_err(|_| Fault::Corrupt.into())
}

/// Gives the indices from `size` on to records without one, in order of row; their entries in that
/// order.
async fn give_indices(conn: &mut Conn, size: u64, limit: u32) -> Result<Vec<[u8; 32]>, Failure> {
    let mut rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "UPDATE audit_event SET leaf_index = $1 + waiting.number
         FROM (SELECT id AS row_id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS number
               FROM audit_event WHERE leaf_index IS NULL ORDER BY id LIMIT $2) AS waiting
         WHERE audit_event.id = waiting.row_id
         RETURNING leaf_index, entry_hash",
    )
    .bind(column(size)?)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.sort_by_key(|(index, _)| *index);
    rows.into_iter().map(|(_, entry)| Ok(hash_column(entry)?)).collect()
}

async fn tile(conn: &mut Conn, level: u8, index: u64) -> Result<Option<Vec<u8>>, Failure> {
    Ok(sqlx::query_scalar("SELECT hashes FROM audit_tile WHERE level = $1 AND position = $2")
        .bind(i64::from(level))
        .bind(column(index)?)
        .fetch_optional(conn)
        .await?)
}

async fn keep_tile(conn: &mut Conn, tile: &Tile) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO audit_tile (level, position, hashes) VALUES ($1, $2, $3)
         ON CONFLICT (level, position) DO UPDATE SET hashes = excluded.hashes",
    )
    .bind(i64::from(tile.level))
    .bind(column(tile.index)?)
    .bind(tile.bytes())
    .execute(conn)
    .await?;
    Ok(())
}

fn head((size, root): (i64, Vec<u8>)) -> Result<Head, Failure> {
    Ok(Head { size: count(size)?, root: hash_column(root)? })
}

fn record(row: &<Db as sqlx::Database>::Row) -> Result<Record, Failure> {
    Ok(Record {
        row: row.try_get(0)?,
        index: row.try_get(1)?,
        act: row.try_get(2)?,
        actor: row.try_get(3)?,
        subject: row.try_get(4)?,
        outcome: row.try_get(5)?,
        at: row.try_get(6)?,
        error_id: row.try_get(7)?,
        detail: row.try_get(8)?,
        salt: row.try_get(9)?,
        entry_hash: row.try_get(10)?,
    })
}

fn column(count: u64) -> Result<i64, Fault> {
    i64::try_from(count).map_err(|_| Fault::Corrupt)
}

fn count(column: i64) -> Result<u64, Fault> {
    u64::try_from(column).map_err(|_| Fault::Corrupt)
}
