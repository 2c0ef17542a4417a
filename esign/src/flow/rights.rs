//! Which application may use which seal through the interface.

use auth_core::{
    Timestamp,
    audit::Actor,
    id::{ClientId, SealId},
};

use super::Office;
use crate::{
    act::SealAct,
    error::SealError,
    seal::{ClientRight, RIGHT_TABLE, Seal},
};

/// Gives an application the right to use a seal without a second officer.
///
/// # Errors
/// [`SealError::NotFound`] for an unknown seal, or a fault.
pub async fn give_right(
    office: &Office,
    right: ClientRight,
    actor: Actor,
    now: Timestamp,
) -> Result<(), SealError> {
    office.seal(&right.seal).await?;
    let event = SealAct::RightGiven { seal: &right.seal, client: &right.client };
    let event = event.event(actor, now);
    let mac = office.vault.row_mac(RIGHT_TABLE, &right.mac_parts());
    Ok(office.seals.give_right(right, mac, event).await?)
}

/// Takes an application's right away.
///
/// # Errors
/// [`SealError::NotFound`] when there was none, or a fault.
pub async fn withdraw_right(
    office: &Office,
    seal: &SealId,
    client: &ClientId,
    actor: Actor,
    now: Timestamp,
) -> Result<(), SealError> {
    let event = SealAct::RightWithdrawn { seal, client }.event(actor, now);
    if office.seals.withdraw_right(seal, client, event).await? {
        Ok(())
    } else {
        Err(SealError::NotFound)
    }
}

/// Whether an application may use a seal now.
///
/// # Errors
/// [`SealError::NotAllowed`], or a fault: an edited row is [`auth_core::Fault::Corrupt`].
pub async fn may_client_use(
    office: &Office,
    client: &ClientId,
    seal: &SealId,
    now: Timestamp,
) -> Result<(), SealError> {
    let rights = rights(office, client, now).await?;
    if rights.iter().any(|right| right.seal == *seal) { Ok(()) } else { Err(SealError::NotAllowed) }
}

/// The seals that an application may use now.
///
/// # Errors
/// A fault.
pub async fn seals_of_client(
    office: &Office,
    client: &ClientId,
    now: Timestamp,
) -> Result<Vec<Seal>, SealError> {
    let mut seals = Vec::new();
    for right in rights(office, client, now).await? {
        seals.push(office.seal(&right.seal).await?.0);
    }
    Ok(seals)
}

async fn rights(
    office: &Office,
    client: &ClientId,
    now: Timestamp,
) -> Result<Vec<ClientRight>, SealError> {
    let mut holding = Vec::new();
    for (right, mac) in office.seals.rights(client).await? {
        if !office.vault.row_mac_holds(RIGHT_TABLE, &right.mac_parts(), &mac) {
            tracing::error!(client = %right.client, seal = %right.seal, "right does not match its MAC");
            return Err(auth_core::Fault::Corrupt.into());
        }
        if right.holds_at(now) {
            holding.push(right);
        }
    }
    Ok(holding)
}
