//! Looking for rows that somebody edited behind the program's back.

use auth_core::{Fault, directory::EditedRow};

use super::Office;
use crate::seal::{RIGHT_TABLE, SEAL_TABLE};

/// Names every seal and every right of an application whose MAC is wrong: for `doctor`.
///
/// # Errors
/// A fault.
pub async fn check(office: &Office) -> Result<Vec<EditedRow>, Fault> {
    let mut edited = Vec::new();
    check_seals(office, &mut edited).await?;
    check_rights(office, &mut edited).await?;
    Ok(edited)
}

async fn check_seals(office: &Office, edited: &mut Vec<EditedRow>) -> Result<(), Fault> {
    let mut after = None;
    loop {
        let rows = office.seals.list(None, after.as_ref(), PAGE).await?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = Some(last.id.clone());
        for (seal, mac) in rows {
            if !office.vault.row_mac_holds(SEAL_TABLE, &seal.mac_parts(), &mac) {
                edited.push(EditedRow { table: SEAL_TABLE, row: seal.id.to_string() });
            }
        }
    }
}

async fn check_rights(office: &Office, edited: &mut Vec<EditedRow>) -> Result<(), Fault> {
    let mut after = None;
    loop {
        let rows = office.seals.all_rights(after.as_ref(), PAGE).await?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = Some((last.client.clone(), last.seal.clone()));
        for (right, mac) in rows {
            if !office.vault.row_mac_holds(RIGHT_TABLE, &right.mac_parts(), &mac) {
                let row = format!("{}/{}", right.client, right.seal);
                edited.push(EditedRow { table: RIGHT_TABLE, row });
            }
        }
    }
}

/// Rows read at a time.
const PAGE: u32 = 200;
