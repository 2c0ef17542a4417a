//! What a holder sees of his certificates.

use auth_core::{
    Fault,
    id::{CredentialId, PersonId},
};

use super::{Registry, issue::Content};
use crate::{kinds::CertificateType, store::CredentialRow};

/// A certificate with its content, for its holder.
#[derive(Clone, Debug)]
pub struct Mine {
    /// The row.
    pub row: CredentialRow,
    /// Its type.
    pub kind: &'static CertificateType,
    /// Its content.
    pub content: Content,
}

impl Registry {
    /// The certificates of a person, newest first.
    pub async fn mine(&self, holder: &PersonId) -> Result<Vec<Mine>, Fault> {
        let mut out = Vec::new();
        for row in self.credentials.of_holder(holder).await? {
            out.extend(self.opened(row).await?);
        }
        Ok(out)
    }

    /// One certificate of this person; others' look as if they did not exist.
    pub async fn my_certificate(
        &self,
        holder: &PersonId,
        id: &CredentialId,
    ) -> Result<Option<Mine>, Fault> {
        match self.credentials.find(id).await? {
            Some(row) if row.holder == *holder => self.opened(row).await,
            _ => Ok(None),
        }
    }

    /// A row with its content; `None` once its holder was erased.
    pub async fn opened(&self, row: CredentialRow) -> Result<Option<Mine>, Fault> {
        let kind = CertificateType::by_slug(&row.kind).ok_or(Fault::Corrupt)?;
        let content = self.content(&row).await?;
        Ok(content.map(|content| Mine { row, kind, content }))
    }
}
