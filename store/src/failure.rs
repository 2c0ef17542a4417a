//! What can go wrong inside an act, and the [`Fault`] it becomes.

use auth_core::Fault;

/// Why an act or a read stopped. Everything it did is rolled back.
///
/// SQL errors become faults here; their detail goes to the log and no further.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The act itself found that it cannot go on: a row that contradicts itself.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The database refused or did not answer.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

impl Failure {
    /// The fault a domain sees; the detail is logged.
    pub(crate) fn fault(self) -> Fault {
        let error = match self {
            Self::Fault(fault) => return fault,
            Self::Sql(error) => error,
        };
        let fault = of_sql(&error);
        match fault {
            Fault::Busy => tracing::warn!(%error, "database busy"),
            Fault::Corrupt => tracing::error!(%error, "statement and stored data disagree"),
            Fault::Unavailable => tracing::error!(%error, "database unavailable"),
        }
        fault
    }
}

fn of_sql(error: &sqlx::Error) -> Fault {
    use sqlx::Error as E;
    match error {
        E::PoolTimedOut => Fault::Busy,
        E::Database(database) => of_code(database.code().as_deref().unwrap_or_default()),
        E::ColumnDecode { .. }
        | E::ColumnIndexOutOfBounds { .. }
        | E::ColumnNotFound(_)
        | E::Decode(_)
        | E::Encode(_)
        | E::RowNotFound
        | E::TypeNotFound { .. } => Fault::Corrupt,
        _ => Fault::Unavailable,
    }
}

/// PostgreSQL answers five-character SQLSTATEs, SQLite decimal result codes.
fn of_code(code: &str) -> Fault {
    match code {
        // Deadlock, serialization failure, lock not available, too many connections: all rolled
        // back for certain, so a retry is safe.
        "40P01" | "40001" | "55P03" | "53300" => Fault::Busy,
        // SQLITE_BUSY and SQLITE_LOCKED with their extended codes (n & 0xff is 5 or 6).
        "5" | "6" | "261" | "517" | "773" | "262" => Fault::Busy,
        // Integrity, data and syntax errors (SQLSTATE classes 22, 23, 42); SQLITE_ERROR,
        // SQLITE_CORRUPT, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_NOTADB.
        "1" | "11" | "20" | "26" => Fault::Corrupt,
        state if state.len() == 5 && ["22", "23", "42"].iter().any(|c| state.starts_with(c)) => {
            Fault::Corrupt
        }
        result if result.parse::<u32>().is_ok_and(|n| n & 0xff == 19) => Fault::Corrupt,
        _ => Fault::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_sorted_by_what_to_do() {
        for (code, fault) in [
            ("40P01", Fault::Busy),
            ("517", Fault::Busy),
            ("23505", Fault::Corrupt),
            ("2067", Fault::Corrupt), // SQLITE_CONSTRAINT_UNIQUE
            ("57P01", Fault::Unavailable),
            ("10", Fault::Unavailable),
            ("", Fault::Unavailable),
        ] {
            assert_eq!(of_code(code), fault, "{code}");
        }
    }
}
