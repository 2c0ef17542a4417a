//! What is deleted once it is over: one bounded statement per table that grows.
//!
//! The audit log is never swept.

/// A statement that deletes at most `$2` rows which were over at `$1`.
pub(crate) struct Sweep {
    /// How long rows are kept after their end, seconds.
    pub(crate) kept_seconds: i64,
    pub(crate) sql: &'static str,
}

/// In order: rows that others refer to come last.
pub(crate) const SWEEPS: &[Sweep] = &[
    Sweep {
        // Ended sessions stay for a week so that their owner can still be told of them.
        kept_seconds: 7 * DAY,
        sql: "DELETE FROM session WHERE id IN (SELECT id FROM session
              WHERE COALESCE(ended_at, expires_at) < $1 OR expires_at < $1 LIMIT $2)",
    },
    Sweep {
        // Every checkpoint is superseded by a later one; the newest ten thousand are more than an
        // auditor compares. `$1` is not needed: a checkpoint has no end.
        kept_seconds: 0,
        sql: "DELETE FROM audit_checkpoint WHERE $1 > 0 AND size IN (
              SELECT size FROM audit_checkpoint WHERE size <= (
              SELECT size FROM audit_checkpoint ORDER BY size DESC LIMIT 1 OFFSET 10000)
              ORDER BY size LIMIT $2)",
    },
];

/// Rows deleted by one statement: some milliseconds of the writer's time.
pub(crate) const SWEPT_AT_ONCE: i64 = 1000;

const DAY: i64 = 24 * 3600;
