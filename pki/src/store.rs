//! What the authority keeps, as ports: one method is one act is one transaction, and the act's
//! audit event commits with it.

use async_trait::async_trait;
use auth_core::{Fault, Timestamp, audit::Event, id::CaId, key::KeyRef};

use crate::{
    cert::Serial,
    crl::{Entry, RevocationReason},
};

/// Authorities.
#[async_trait]
pub trait Authorities: Send + Sync {
    /// Keeps a new authority together with the outcome of its own certificate's reservation.
    /// `false` when there is one of this id already; nothing is changed then.
    async fn add(
        &self,
        authority: Authority,
        issued: Issuance,
        event: Event,
    ) -> Result<bool, Fault>;

    /// One authority.
    async fn find(&self, id: &CaId) -> Result<Option<Authority>, Fault>;

    /// All authorities, by id: there are few.
    async fn list(&self) -> Result<Vec<Authority>, Fault>;
}

/// Certificates, from the reservation of a serial number on.
#[async_trait]
pub trait Certificates: Send + Sync {
    /// Reserves a serial number, before anything is signed: whatever is ever signed has a row.
    /// `false` when the number is taken.
    async fn reserve(&self, reservation: Reservation, event: Event) -> Result<bool, Fault>;

    /// Records what was signed under a reserved number. `false` when there is no such open
    /// reservation: not reserved, recorded already, or given up meanwhile.
    async fn record(&self, issued: Issuance, event: Event) -> Result<bool, Fault>;

    /// One certificate or reservation.
    async fn find(&self, ca: &CaId, serial: Serial) -> Result<Option<CertificateRow>, Fault>;

    /// Certificates of an authority in the order of their serial numbers, after `after`.
    async fn list(
        &self,
        ca: &CaId,
        after: Option<Serial>,
        limit: u32,
    ) -> Result<Vec<CertificateRow>, Fault>;

    /// Revokes a certificate, or gives a reservation up for ever.
    async fn revoke(&self, revocation: Revoke, event: Event) -> Result<RevokeOutcome, Fault>;

    /// Every revoked number of an authority, in the order of serial numbers.
    async fn revoked(&self, ca: &CaId) -> Result<Vec<Entry>, Fault>;

    /// Reservations made before `before` that have neither outcome nor revocation.
    async fn unfinished(&self, before: Timestamp, limit: u32)
    -> Result<Vec<(CaId, Serial)>, Fault>;
}

/// Published revocation lists.
#[async_trait]
pub trait RevocationLists: Send + Sync {
    /// The list with the highest number.
    async fn latest(&self, ca: &CaId) -> Result<Option<PublishedCrl>, Fault>;

    /// Publishes a list under a number that must be free; older lists of the authority go. `false`
    /// when another node was first: read the revocations again and sign the next number.
    async fn publish(&self, list: PublishedCrl, event: Event) -> Result<bool, Fault>;
}

/// An authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Its id, as in `/crl/{ca}`.
    pub id: CaId,
    /// Its key.
    pub key: KeyRef,
    /// Who certified it; `None` for a root.
    pub parent: Option<CaId>,
    /// Its certificate.
    pub certificate: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A serial number about to be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Who will sign.
    pub ca: CaId,
    /// The number.
    pub serial: Serial,
    /// Name of the certificate profile.
    pub profile: &'static str,
    /// The subject, as RFC 4514 writes it.
    pub subject: String,
    /// When.
    pub at: Timestamp,
    /// When the certificate will end.
    pub not_after: Timestamp,
}

/// What was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuance {
    /// Who signed.
    pub ca: CaId,
    /// The reserved number.
    pub serial: Serial,
    /// The certificate.
    pub certificate: Vec<u8>,
    /// When.
    pub at: Timestamp,
}

/// A certificate or reservation as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRow {
    /// Who signed.
    pub ca: CaId,
    /// Its number.
    pub serial: Serial,
    /// Name of its profile.
    pub profile: String,
    /// Its subject, as RFC 4514 writes it.
    pub subject: String,
    /// The certificate; `None` while it is only reserved.
    pub certificate: Option<Vec<u8>>,
    /// When the number was reserved.
    pub reserved_at: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// When and why it was revoked.
    pub revoked: Option<(Timestamp, RevocationReason)>,
}

/// A revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoke {
    /// Whose certificate.
    pub ca: CaId,
    /// Which.
    pub serial: Serial,
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// How a revocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokeOutcome {
    /// Revoked before; the first time and reason stay.
    Already,
    /// Revoked now.
    Done,
    /// No such certificate.
    Unknown,
}

/// A published list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedCrl {
    /// Whose.
    pub ca: CaId,
    /// Its cRLNumber.
    pub number: u64,
    /// The list.
    pub der: Vec<u8>,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is due.
    pub next_update: Timestamp,
}
