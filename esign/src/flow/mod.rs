//! The decisions of the seal domain, without HTTP and without SQL.

mod api;
mod authority;
mod check;
mod custody;
mod format;
mod make;
mod request;
mod rights;
mod sealer;
mod sealing;
mod sweep;
mod verify;

use std::sync::Arc;

use auth_core::{Profile, Random, Timestamp, id::SealId, key::Keystore, vault::Vault};

use crate::{
    error::SealError,
    seal::{SEAL_TABLE, Seal},
    store::{SealRequests, Sealings, Seals},
};

pub use api::{ApiSeal, seal_for_client};
pub use authority::{CertificateState, IssuingAuthority, SealAuthority};
pub use check::check;
pub use custody::Custody;
pub use format::{Format, Sealed, sign_document};
pub use make::{NewSeal, change_seal, make_seal};
pub use request::{
    Ask, RequestView, decide, document, request, requests, retry, sealed_document, view, withdraw,
};
pub use rights::{give_right, may_client_use, seals_of_client, withdraw_right};
pub use sealer::Sealer;
pub use sealing::{SealUse, seal_document};
pub use sweep::{open_intents, sweep};
pub use verify::{Beliefs, Verifier, is_cms, is_pdf, verify};

/// What the flows work with: ports, keys and rules.
#[derive(Clone)]
pub struct Office {
    /// Seal rows.
    pub seals: Arc<dyn Seals>,
    /// Requests of officers.
    pub requests: Arc<dyn SealRequests>,
    /// Uses of seals.
    pub sealings: Arc<dyn Sealings>,
    /// Where the keys of seals live.
    pub keystore: Arc<dyn Keystore>,
    /// Certifies the keys of seals.
    pub authority: Arc<dyn SealAuthority>,
    /// MACs of rows.
    pub vault: Arc<Vault>,
    /// Encrypts documents while they wait.
    pub custody: Arc<Custody>,
    /// Source of ids.
    pub random: Arc<dyn Random>,
    /// Rules.
    pub policy: Policy,
}

/// Rules that differ between installations.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Seals of a demo county show 样章·无效.
    pub demo: bool,
    /// Algorithms of new seals.
    pub profile: Profile,
    /// Largest document, bytes.
    pub max_document: usize,
    /// How long a document and its sealed form are kept for officers, seconds.
    pub keep_request_seconds: i64,
    /// How long an idempotency key of an application is remembered, seconds.
    pub keep_output_seconds: i64,
    /// How long records of ended sealings stay besides the audit log, seconds.
    pub keep_record_seconds: i64,
    /// After this long without an end a sealing counts as broken off, seconds.
    pub stale_seconds: i64,
    /// Most requests per officer whose documents are kept.
    pub max_requests: u32,
    /// Most bytes of output kept per application.
    pub max_kept: u64,
    /// Validity of the certificate of a new seal, days.
    pub certificate_days: i64,
}

impl Policy {
    /// The rules unless configured otherwise.
    pub const fn new(profile: Profile, demo: bool) -> Self {
        Self {
            demo,
            profile,
            max_document: 20 * 1024 * 1024,
            keep_request_seconds: 7 * DAY,
            keep_output_seconds: DAY,
            keep_record_seconds: 400 * DAY,
            stale_seconds: 60,
            max_requests: 20,
            max_kept: 2 * 1024 * 1024 * 1024,
            certificate_days: 2 * 365,
        }
    }
}

impl Office {
    /// A seal whose row is untouched.
    pub(crate) async fn seal(&self, id: &SealId) -> Result<(Seal, [u8; 32]), SealError> {
        let (seal, mac) = self.seals.find(id).await?.ok_or(SealError::NotFound)?;
        self.check(&seal, &mac)?;
        Ok((seal, mac))
    }

    /// An edited row is [`auth_core::Fault::Corrupt`]: it must stop its seal, not revive it.
    pub(crate) fn check(&self, seal: &Seal, mac: &[u8; 32]) -> Result<(), SealError> {
        if self.vault.row_mac_holds(SEAL_TABLE, &seal.mac_parts(), mac) {
            Ok(())
        } else {
            tracing::error!(seal = %seal.id, "seal row does not match its MAC");
            Err(auth_core::Fault::Corrupt.into())
        }
    }

    /// The MAC of a seal's row.
    pub(crate) fn mac(&self, seal: &Seal) -> [u8; 32] {
        self.vault.row_mac(SEAL_TABLE, &seal.mac_parts())
    }

    /// The seals of an organisation, or all, in order of id; edited rows stop the list.
    pub async fn list(
        &self,
        organisation: Option<&auth_core::id::OrganisationId>,
        after: Option<&SealId>,
        limit: u32,
    ) -> Result<Vec<Seal>, SealError> {
        let rows = self.seals.list(organisation, after, limit).await?;
        let checked = rows.into_iter().map(|(seal, mac)| self.check(&seal, &mac).map(|()| seal));
        checked.collect()
    }

    /// Whether a seal and its certificate may be used now.
    pub(crate) async fn usable(&self, seal: &Seal, now: Timestamp) -> Result<(), SealError> {
        seal.usable(now)?;
        match self.authority.state(&seal.chain, now).await? {
            CertificateState::Good => Ok(()),
            CertificateState::Revoked => Err(crate::seal::NotUsable::Revoked.into()),
        }
    }
}

const DAY: i64 = 24 * 60 * 60;
