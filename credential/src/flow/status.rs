//! Revoking, suspending, resuming; publishing status lists.

use std::{collections::HashMap, sync::Mutex};

use auth_core::{
    Fault, Timestamp,
    id::{CredentialId, ProofId},
    key::KeyError,
    role::Role,
};

use super::{Authority, Registry};
use crate::{
    act::Act,
    status::{Status, StatusList, StatusSnapshot, sign},
    store::{ChangeStatus, Changed},
};

/// A change of a certificate's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Valid again after suspension.
    Resume,
    /// Invalid for ever (吊销).
    Revoke,
    /// Invalid for now (暂扣).
    Suspend,
}

impl Change {
    const fn act(self) -> Act {
        match self {
            Self::Resume => Act::Resume,
            Self::Revoke => Act::Revoke,
            Self::Suspend => Act::Suspend,
        }
    }

    /// From which states, and to which.
    const fn step(self) -> (&'static [Status], Status) {
        match self {
            Self::Resume => (&[Status::Suspended], Status::Valid),
            Self::Revoke => (&[Status::Valid, Status::Suspended], Status::Invalid),
            Self::Suspend => (&[Status::Valid], Status::Suspended),
        }
    }
}

/// Signed lists of this node.
#[derive(Debug, Default)]
pub struct Published(Mutex<HashMap<u32, PublishedList>>);

#[derive(Clone, Debug)]
struct PublishedList {
    token: String,
    version: i64,
    signed_at: Timestamp,
}

impl Registry {
    /// Changes the status of a certificate. Who issues for the organisation may also revoke.
    pub async fn change_status(
        &self,
        id: &CredentialId,
        change: Change,
        by: &Authority<'_>,
        now: Timestamp,
    ) -> Result<(), StatusError> {
        let row = self.credentials.find(id).await?.ok_or(StatusError::Unknown)?;
        if !by.may(Role::Issuer, &row.organisation, &self.policy) {
            let event = change.act().refused(by.actor(), "not-issuer", now).subject(id.as_str());
            self.proofs.record(event).await?;
            return Err(StatusError::NotIssuer);
        }
        let (from, to) = change.step();
        let event = change.act().done(by.actor(), now).subject(id.as_str());
        let act = ChangeStatus { place: row.place, from: from.to_vec(), to, now, event };
        match self.credentials.change_status(act).await? {
            Changed::Done => Ok(()),
            Changed::NotFrom => Err(StatusError::NotFrom(row.status)),
        }
    }

    /// Revokes a certificate for ever.
    pub async fn revoke(
        &self,
        id: &CredentialId,
        by: &Authority<'_>,
        now: Timestamp,
    ) -> Result<(), StatusError> {
        self.change_status(id, Change::Revoke, by, now).await
    }

    /// Revokes a receipt; the department that asked may, and so may an operator.
    pub async fn revoke_receipt(
        &self,
        id: &ProofId,
        by: &Authority<'_>,
        now: Timestamp,
    ) -> Result<(), StatusError> {
        let row = self.proofs.find(id).await?.ok_or(StatusError::Unknown)?;
        let receipt = self.proofs.receipt(id).await?.ok_or(StatusError::Unknown)?;
        if !by.may(Role::CaseWorker, &row.organisation, &self.policy) {
            let event = Act::ProofRevoke.refused(by.actor(), "not-asker", now);
            self.proofs.record(event.subject(id.as_str())).await?;
            return Err(StatusError::NotIssuer);
        }
        let (from, to) = Change::Revoke.step();
        let event = Act::ProofRevoke.done(by.actor(), now).subject(id.as_str());
        let act = ChangeStatus { place: receipt.place, from: from.to_vec(), to, now, event };
        match self.credentials.change_status(act).await? {
            Changed::Done => Ok(()),
            Changed::NotFrom => Err(StatusError::NotFrom(receipt.status)),
        }
    }

    /// The URL of a list.
    pub fn list_uri(&self, list: u32) -> String {
        format!("{}/status/{list}", self.policy.issuer)
    }

    /// The signed list: the copy at hand while it is young and nothing changed, else a new one.
    pub async fn published_list(&self, list: u32, now: Timestamp) -> Result<Option<String>, Fault> {
        let Some(row) = self.credentials.list(list).await? else { return Ok(None) };
        if let Some(held) = self.published.fresh(list, row.version, now, self.policy.status_ttl) {
            return Ok(Some(held));
        }
        let Some((row, entries)) = self.credentials.list_entries(list).await? else {
            return Ok(None);
        };
        let mut bits = StatusList::new(BITS, row.entries as usize).map_err(|_| Fault::Corrupt)?;
        for (index, value) in entries {
            bits.set(u64::from(index), value).map_err(|_| Fault::Corrupt)?;
        }
        let lifetimes = (self.policy.status_lifetime, self.policy.status_ttl);
        let token = sign(&self.status_signer, &self.list_uri(list), &bits, now, lifetimes)
            .await
            .map_err(|error: KeyError| {
                tracing::error!(%error, list, "signing a status list failed");
                Fault::from(error)
            })?;
        self.published.keep(list, row.version, token.clone(), now);
        Ok(Some(token))
    }

    /// What our own lists say now, as a verifier sees it.
    pub async fn snapshot(&self, now: Timestamp) -> Result<StatusSnapshot, Fault> {
        let mut snapshot = StatusSnapshot::empty();
        for list in self.credentials.lists().await? {
            if let Some(token) = self.published_list(list, now).await? {
                snapshot.add(&token, &self.trust, now);
            }
        }
        Ok(snapshot)
    }

    /// The same as a file for offline verifiers: one token a line.
    pub async fn snapshot_file(&self, now: Timestamp) -> Result<String, Fault> {
        let mut file = String::new();
        for list in self.credentials.lists().await? {
            if let Some(token) = self.published_list(list, now).await? {
                file.push_str(&token);
                file.push('\n');
            }
        }
        Ok(file)
    }
}

impl Published {
    /// The copy of this version, if at least half its time to live is left: whoever fetches it
    /// then can still use it for a while.
    fn fresh(&self, list: u32, version: i64, now: Timestamp, ttl: i64) -> Option<String> {
        let lists = self.0.lock().ok()?;
        let held = lists.get(&list)?;
        let age = now.seconds_since(held.signed_at);
        let usable = held.version == version && (0..=ttl / 2).contains(&age);
        usable.then(|| held.token.clone())
    }

    fn keep(&self, list: u32, version: i64, token: String, now: Timestamp) {
        if let Ok(mut lists) = self.0.lock() {
            lists.insert(list, PublishedList { token, version, signed_at: now });
        }
    }
}

/// Why a status was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// Something underneath failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It stands elsewhere: what is revoked stays revoked.
    #[error("cannot be changed from {0:?}")]
    NotFrom(Status),
    /// Whoever asks may not.
    #[error("not an issuer of this organisation")]
    NotIssuer,
    /// No such certificate or receipt.
    #[error("unknown")]
    Unknown,
}

/// Two bits an entry: valid, revoked, suspended.
const BITS: u8 = 2;
