//! Sealing for other domains.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Actor,
    id::{OrganisationId, SealId},
    port::{DocumentSealer, SealDocument, SealRefused},
};

use super::{Format, Office, SealUse, seal_document};
use crate::{error::SealError, request::Place};

/// Implements the port for other domains.
#[derive(Clone)]
pub struct Sealer {
    office: Office,
}

impl Sealer {
    /// A sealer for this office.
    pub const fn new(office: Office) -> Self {
        Self { office }
    }

    /// The organisation's only usable seal without a purpose of its own, or else its only usable
    /// one.
    async fn seal_of(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> Result<SealId, SealError> {
        let mut seals = self.office.list(Some(organisation), None, MOST_SEALS).await?;
        if seals.is_empty() {
            return Err(SealError::NotFound);
        }
        let why = seals.iter().find_map(|seal| seal.usable(now).err());
        seals.retain(|seal| seal.usable(now).is_ok());
        let main = seals.iter().position(|seal| seal.face.purpose.is_none());
        match (main, seals.as_slice(), why) {
            (Some(main), _, _) => Ok(seals.swap_remove(main).id),
            (None, [only], _) => Ok(only.id.clone()),
            (None, [], Some(why)) => Err(why.into()),
            _ => Err(SealError::NotFound),
        }
    }

    async fn run(&self, request: SealDocument) -> Result<Vec<u8>, SealError> {
        let seal = match request.seal {
            Some(seal) => seal,
            None => self.seal_of(&request.organisation, request.now).await?,
        };
        // A domain acts for its organisation, never with another's seal.
        let (row, _) = self.office.seal(&seal).await?;
        if row.organisation != request.organisation {
            return Err(SealError::NotAllowed);
        }
        let (page, x, y) = request.at;
        let page = u32::try_from(page).unwrap_or(u32::MAX);
        let act = SealUse {
            seal,
            document: request.pdf,
            format: Some(Format::Pdf),
            place: Place::At { page, x, y },
            reason: None,
            purpose: format!("{}:{}", request.purpose, request.subject),
            actor: Actor::System,
            now: request.now,
        };
        Ok(seal_document(&self.office, act).await?.file)
    }
}

#[async_trait]
impl DocumentSealer for Sealer {
    async fn seal(&self, request: SealDocument) -> Result<Result<Vec<u8>, SealRefused>, Fault> {
        match self.run(request).await {
            Ok(pdf) => Ok(Ok(pdf)),
            Err(error) => error.refused().map(Err),
        }
    }
}

/// More seals than any organisation has.
const MOST_SEALS: u32 = 200;
