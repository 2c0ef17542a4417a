//! Names of officers, decrypted for those who may see a request.

use auth_core::{Fault, directory::Directory, id::PersonId};

/// The name to show; a dash for somebody whose data was erased.
pub(super) async fn name(directory: &Directory, person: &PersonId) -> Result<String, Fault> {
    let Some(row) = directory.people.find(person).await? else { return Ok(NOBODY.to_owned()) };
    let profile = directory.profile(&row).await?;
    Ok(profile.map_or_else(|| NOBODY.to_owned(), |profile| profile.name.clone()))
}

const NOBODY: &str = "—";
