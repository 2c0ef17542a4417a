//! The store: SQL for SQLite and PostgreSQL behind the ports that the kernel and the domains
//! declare, and the cache in memory or Redis.
//!
//! One port method is one act is one transaction, and the act's audit rows commit with it. It
//! refuses to be an object mapper: no transaction type leaves this crate, and it makes no ids,
//! times or tokens (salts of audit rows excepted).
//!
//! # To add an aggregate
//!
//! 1. Declare its port in the domain (`<domain>/src/store.rs`), one method per act, values and
//!    audit events in, an outcome enum out, `Result<_, Fault>`.
//! 2. Write `migrations/{sqlite,postgres}/NNNN_act.sql` (0001–0099 kernel, 01xx oidc-provider,
//!    02xx esign, 03xx credential). Columns are `BLOB`/`BYTEA`, `BIGINT`, `TEXT` only. The two
//!    files of a number create the same tables. Adding the files is enough: `build.rs` lists them.
//! 3. Write the SQL once in `src/sql/<domain>_<aggregate>.rs`:
//!
//!    ```ignore
//!    use super::{Conn, Store, Tx}; // what is needed of them
//!
//!    #[async_trait]
//!    impl Grants for Store {
//!        async fn redeem_code(&self, act: RedeemCode) -> Result<Redeemed, Fault> {
//!            self.act(move |tx| {
//!                Box::pin(async move {
//!                    let row: Option<(String,)> = sqlx::query_as(
//!                        "UPDATE code SET redeemed_at = $1
//!                         WHERE hash = $2 AND redeemed_at IS NULL RETURNING grant_id",
//!                    )
//!                    .bind(act.now.0)
//!                    .bind(act.hash.0.as_slice())
//!                    .fetch_optional(tx.conn())
//!                    .await?;
//!                    tx.record(act.event);
//!                    Ok(if row.is_some() { Redeemed::Yes } else { Redeemed::Again })
//!                })
//!            })
//!            .await
//!        }
//!    }
//!    ```
//!
//!    `self.act` writes, `self.read` runs reads on one connection, `self.snapshot` runs several
//!    reads that must agree with each other. Return `Err(Fault::Corrupt.into())` for a row that
//!    cannot be understood. An act that ends in `Err` leaves nothing behind, its audit row
//!    included; a refusal that must be recorded is an `Ok` outcome.
//! 4. Mount it in `src/sqlite/mod.rs` and `src/postgres/mod.rs`:
//!    `#[path = "../sql/<domain>_<aggregate>.rs"] mod <domain>_<aggregate>;`
//! 5. Add the port to `Stores` (a field) and to `Stores::of` (a bound and a line) in
//!    `src/stores.rs`.
//! 6. If the table grows, add a line to `SWEEPS` in `src/sweep.rs`, and test the promises in
//!    `tests/it` on both databases.
//!
//! Both databases speak the same subset: `$1` placeholders,
//! `RETURNING`, `ON CONFLICT … DO NOTHING`. A unique violation is an outcome, not an error: write
//! `INSERT … ON CONFLICT DO NOTHING RETURNING id` and look whether a row came back. `COUNT(*)` is
//! an `i64` in both; cast sums: `CAST(SUM(n) AS BIGINT)`. There is no `now()`, no boolean
//! (`BIGINT` 0/1), no `ILIKE`, no JSON operator.

#![allow(
    clippy::duplicate_mod,
    reason = "each aggregate's SQL is compiled once for each database, on purpose"
)]
#![allow(clippy::type_complexity, reason = "rows are read as tuples of columns")]

pub mod cache;
mod columns;
mod failure;
mod migration;
mod postgres;
mod sqlite;
mod stores;
mod sweep;

pub use failure::Failure;
pub use migration::Finding;
pub use stores::{StoreError, Stores, open};
