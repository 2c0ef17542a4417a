//! Writing audit rows: one insert for all events of a transaction (a batch, on SQLite).

use auth_core::{
    Random,
    audit::{Event, SALT_BYTES},
};
use sqlx::QueryBuilder;

use super::{Conn, Db};

/// Inserts the rows of these events, salted, without leaf index: the sealer gives them theirs.
pub(super) async fn insert(
    conn: &mut Conn,
    events: &[Event],
    random: &dyn Random,
) -> Result<(), sqlx::Error> {
    for chunk in events.chunks(ROWS_AT_ONCE) {
        let mut query = QueryBuilder::<Db>::new(
            "INSERT INTO audit_event \
             (act, actor, subject, outcome, at, error_id, detail, salt, entry_hash) ",
        );
        query.push_values(chunk, |mut row, event| {
            let salt = random.bytes::<SALT_BYTES>();
            let entry = event.entry(&salt);
            let detail = (!event.detail.is_empty()).then(|| event.detail_cbor());
            row.push_bind(event.act)
                .push_bind(event.actor.to_string())
                .push_bind(event.subject.clone())
                .push_bind(event.outcome.as_str())
                .push_bind(event.at.0)
                .push_bind(event.error_id.as_ref().map(|id| id.as_str().to_owned()))
                .push_bind(detail)
                .push_bind(salt.to_vec())
                .push_bind(entry.to_vec());
        });
        // Statements of few rows recur and are worth preparing; the rest would crowd the cache.
        query.build().persistent(chunk.len() <= 4).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Nine parameters a row: far below the limits of both (32 766 and 65 535 parameters).
const ROWS_AT_ONCE: usize = 512;
