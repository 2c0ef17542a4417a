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
        // A used code is kept for a day, so that a late replay still ends what was issued for it.
        kept_seconds: DAY,
        sql: "DELETE FROM oidc_code WHERE hash IN (SELECT hash FROM oidc_code
              WHERE expires_at < $1 LIMIT $2)",
    },
    Sweep {
        // The same for used refresh tokens, for a week: some clients come back on Mondays.
        kept_seconds: 7 * DAY,
        sql: "DELETE FROM oidc_refresh WHERE hash IN (SELECT hash FROM oidc_refresh
              WHERE used_at < $1 LIMIT $2)",
    },
    Sweep {
        kept_seconds: DAY,
        sql: "DELETE FROM oidc_family WHERE id IN (SELECT id FROM oidc_family
              WHERE expires_at < $1 LIMIT $2)",
    },
    Sweep {
        // The audit log remembers longer; codes and families refer to the row until they go.
        kept_seconds: 365 * DAY,
        sql: "DELETE FROM oidc_permission WHERE id IN (SELECT p.id FROM oidc_permission p
              WHERE p.withdrawn_at < $1
                AND NOT EXISTS (SELECT 1 FROM oidc_family f WHERE f.permission_id = p.id)
                AND NOT EXISTS (SELECT 1 FROM oidc_code c WHERE c.permission_id = p.id)
              LIMIT $2)",
    },
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
