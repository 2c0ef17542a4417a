//! Certificates and their places in status lists.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{CredentialId, OrganisationId, PersonId},
};

use crate::status::Status;

/// Certificate rows, status lists and their entries. Implemented by `store`.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Takes a free place in the open status list, or in a new one. Places once taken are never
    /// given again, also when nothing is issued for them.
    async fn reserve(&self, act: Reserve) -> Result<Reserved, Fault>;

    /// Writes an issued certificate.
    async fn keep(&self, new: NewCredential) -> Result<Kept, Fault>;

    /// The certificate that an earlier request with this key issued.
    async fn by_key(&self, client: &str, key: &str) -> Result<Option<IdempotencyKey>, Fault>;

    /// A certificate.
    async fn find(&self, id: &CredentialId) -> Result<Option<CredentialRow>, Fault>;

    /// The certificates of a holder, newest first, at most a hundred.
    async fn of_holder(&self, holder: &PersonId) -> Result<Vec<CredentialRow>, Fault>;

    /// The certificates that an organisation issued, newest first, those before `before`.
    async fn of_organisation(
        &self,
        organisation: &OrganisationId,
        before: Option<&CredentialId>,
        limit: u32,
    ) -> Result<Vec<CredentialRow>, Fault>;

    /// Changes the status of a certificate or receipt, if it is still one of `act.from`.
    async fn change_status(&self, act: ChangeStatus) -> Result<Changed, Fault>;

    /// Keeps the sealed document of a certificate, encrypted; the first one wins.
    async fn keep_document(
        &self,
        id: &CredentialId,
        document: Vec<u8>,
        event: Event,
    ) -> Result<bool, Fault>;

    /// A status list: its size and how often it changed.
    async fn list(&self, id: u32) -> Result<Option<ListRow>, Fault>;

    /// A status list with its entries that are not 0, read together.
    async fn list_entries(&self, id: u32) -> Result<Option<(ListRow, Vec<(u32, u8)>)>, Fault>;

    /// The numbers of all lists.
    async fn lists(&self) -> Result<Vec<u32>, Fault>;
}

/// A place in a status list to be taken.
#[derive(Clone, Debug)]
pub struct Reserve {
    /// Random indices to try, in order; the first free one is taken (Token Status List §13.2).
    pub candidates: Vec<u32>,
    /// Entries of a list; a new one starts when the open list is half full, so that a few
    /// candidates always find room.
    pub entries: u32,
    /// Now.
    pub now: Timestamp,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// Every candidate was taken: draw again.
    Again,
    /// This place.
    Place(StatusPlace),
}

/// A place in a status list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusPlace {
    /// Number of the list.
    pub list: u32,
    /// Index in it.
    pub index: u32,
}

/// A certificate to be written.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// The row.
    pub row: CredentialRow,
    /// The request it answers, when it came with a key.
    pub key: Option<IdempotencyKey>,
    /// Recorded when it is written.
    pub event: Event,
}

/// A client's request, so that sending it twice issues once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Whose key.
    pub client: String,
    /// The `Idempotency-Key` header.
    pub key: String,
    /// SHA-256 of the request: the same key with another request is an error.
    pub request_hash: [u8; 32],
    /// What it issued.
    pub credential: CredentialId,
}

/// Whether a certificate was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It was.
    Done,
    /// A request with the same key came first.
    Repeated(IdempotencyKey),
}

/// A certificate as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRow {
    /// Its id.
    pub id: CredentialId,
    /// Slug of its type.
    pub kind: String,
    /// Who issued it.
    pub organisation: OrganisationId,
    /// Whose it is.
    pub holder: PersonId,
    /// The number people quote. Random: it says nothing about the holder.
    pub number: String,
    /// Its place in a status list.
    pub place: StatusPlace,
    /// Where it stands.
    pub status: Status,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Claims and signed forms, encrypted under the holder's key.
    pub sealed: Vec<u8>,
    /// The sealed PDF, encrypted likewise, once somebody asked for it.
    pub document: Option<Vec<u8>>,
}

/// A change of status.
#[derive(Clone, Debug)]
pub struct ChangeStatus {
    /// The certificate or receipt's place.
    pub place: StatusPlace,
    /// Allowed only from these.
    pub from: Vec<Status>,
    /// To this.
    pub to: Status,
    /// When.
    pub now: Timestamp,
    /// Recorded when it is changed.
    pub event: Event,
}

/// What came of a change of status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was changed.
    Done,
    /// It was in none of the states it may be changed from.
    NotFrom,
}

/// A status list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListRow {
    /// Its number, the last part of its URL.
    pub id: u32,
    /// How many entries.
    pub entries: u32,
    /// Counts the changes of its entries.
    pub version: i64,
}
