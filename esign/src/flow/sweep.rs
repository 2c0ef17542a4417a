//! Housekeeping: bytes whose time is over go; sealings that never ended are reported.

use auth_core::Timestamp;

use super::Office;
use crate::{error::SealError, store::SealingRow};

/// Forgets what is kept too long, in small acts; how many rows changed. Call it every few minutes.
///
/// # Errors
/// A fault.
pub async fn sweep(office: &Office, now: Timestamp) -> Result<u64, SealError> {
    let ended_before = now.plus_seconds(-office.policy.keep_record_seconds);
    let mut all = 0;
    for _ in 0..ROUNDS {
        let requests = office.requests.sweep(now, ended_before, BATCH).await?;
        let sealings = office.sealings.sweep(now, ended_before, BATCH).await?;
        all += requests + sealings;
        if requests + sealings == 0 {
            break;
        }
    }
    Ok(all)
}

/// Uses of seals that were begun and never ended: a signature may exist that nobody was given.
/// Shown by `doctor` and on the administration page; each is logged as an error.
///
/// # Errors
/// A fault.
pub async fn open_intents(office: &Office, now: Timestamp) -> Result<Vec<SealingRow>, SealError> {
    let before = now.plus_seconds(-office.policy.stale_seconds);
    let open = office.sealings.open(before, BATCH).await?;
    for sealing in &open {
        tracing::error!(
            sealing = %sealing.id.0, seal = %sealing.seal, purpose = %sealing.purpose,
            begun_at = %sealing.begun_at.rfc3339(), "sealing was begun and never ended"
        );
    }
    Ok(open)
}

/// Rows per act: a write that others hardly notice.
const BATCH: u32 = 200;
/// Acts per call: an end even when rows come faster than they go.
const ROUNDS: usize = 50;
