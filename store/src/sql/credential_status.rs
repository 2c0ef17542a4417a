//! Status lists and their entries: used by certificates and receipts alike.

use auth_core::{Fault, Timestamp};
use credential::{
    status::Status,
    store::{ListRow, Reserve, Reserved, StatusPlace},
};

use super::Conn;
use crate::Failure;

/// Takes the first free candidate in the open list.
pub(super) async fn reserve(conn: &mut Conn, act: &Reserve) -> Result<Reserved, Failure> {
    let list = open_list(conn, act).await?;
    for index in &act.candidates {
        let taken = sqlx::query(
            "INSERT INTO status_entry (list_id, idx, value, changed_at) VALUES ($1, $2, 0, $3)
             ON CONFLICT DO NOTHING",
        )
        .bind(list)
        .bind(i64::from(*index))
        .bind(act.now.0)
        .execute(&mut *conn)
        .await?;
        if taken.rows_affected() == 1 {
            sqlx::query("UPDATE status_list SET used = used + 1 WHERE id = $1")
                .bind(list)
                .execute(conn)
                .await?;
            let list = u32::try_from(list).map_err(|_| Fault::Corrupt)?;
            return Ok(Reserved::Place(StatusPlace { list, index: *index }));
        }
    }
    Ok(Reserved::Again)
}

/// The newest list while it is less than half full, else a new one.
async fn open_list(conn: &mut Conn, act: &Reserve) -> Result<i64, Failure> {
    let newest: Option<(i64, i64, i64)> =
        sqlx::query_as("SELECT id, entries, used FROM status_list ORDER BY id DESC LIMIT 1")
            .fetch_optional(&mut *conn)
            .await?;
    match newest {
        Some((id, entries, used)) if used < entries / 2 && entries == i64::from(act.entries) => {
            Ok(id)
        }
        other => {
            let id = other.map_or(1, |(id, ..)| id + 1);
            sqlx::query(
                "INSERT INTO status_list (id, entries, used, version, created_at)
                 VALUES ($1, $2, 0, 0, $3) ON CONFLICT DO NOTHING",
            )
            .bind(id)
            .bind(i64::from(act.entries))
            .bind(act.now.0)
            .execute(conn)
            .await?;
            Ok(id)
        }
    }
}

/// Changes an entry if it is one of `from`, and counts the change. Whether it was.
pub(super) async fn change(
    conn: &mut Conn,
    place: StatusPlace,
    (from, to): (&[Status], Status),
    now: Timestamp,
) -> Result<bool, Failure> {
    for status in from {
        let changed = sqlx::query(
            "UPDATE status_entry SET value = $1, changed_at = $2
             WHERE list_id = $3 AND idx = $4 AND value = $5",
        )
        .bind(i64::from(to.value()))
        .bind(now.0)
        .bind(i64::from(place.list))
        .bind(i64::from(place.index))
        .bind(i64::from(status.value()))
        .execute(&mut *conn)
        .await?;
        if changed.rows_affected() == 1 {
            sqlx::query("UPDATE status_list SET version = version + 1 WHERE id = $1")
                .bind(i64::from(place.list))
                .execute(conn)
                .await?;
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) async fn list(conn: &mut Conn, id: u32) -> Result<Option<ListRow>, Failure> {
    let row: Option<(i64, i64)> =
        sqlx::query_as("SELECT entries, version FROM status_list WHERE id = $1")
            .bind(i64::from(id))
            .fetch_optional(conn)
            .await?;
    let Some((entries, version)) = row else { return Ok(None) };
    let entries = u32::try_from(entries).map_err(|_| Fault::Corrupt)?;
    Ok(Some(ListRow { id, entries, version }))
}

pub(super) async fn entries(
    conn: &mut Conn,
    id: u32,
) -> Result<Option<(ListRow, Vec<(u32, u8)>)>, Failure> {
    let Some(list) = list(&mut *conn, id).await? else { return Ok(None) };
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT idx, value FROM status_entry WHERE list_id = $1 AND value <> 0 ORDER BY idx",
    )
    .bind(i64::from(id))
    .fetch_all(conn)
    .await?;
    let mut entries = Vec::with_capacity(rows.len());
    for (index, value) in rows {
        let index = u32::try_from(index).map_err(|_| Fault::Corrupt)?;
        entries.push((index, u8::try_from(value).map_err(|_| Fault::Corrupt)?));
    }
    Ok(Some((list, entries)))
}

pub(super) async fn lists(conn: &mut Conn) -> Result<Vec<u32>, Failure> {
    let rows: Vec<(i64,)> =
        sqlx::query_as("SELECT id FROM status_list ORDER BY id").fetch_all(conn).await?;
    rows.into_iter().map(|(id,)| u32::try_from(id).map_err(|_| Fault::Corrupt.into())).collect()
}
