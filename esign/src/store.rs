//! The ports behind which the store keeps seals, requests and sealings.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{ClientId, OrganisationId, PersonId, SealId, SealRequestId},
};

use crate::{
    flow::Format,
    request::{Place, RequestState},
    seal::{ClientRight, Seal},
};

/// Seal rows and the rights of applications to them. Implemented by `store`.
#[async_trait]
pub trait Seals: Send + Sync {
    /// Adds a seal with the MAC of its row; `false` when its id or its number is taken.
    async fn add(&self, seal: Seal, mac: [u8; 32], event: Event) -> Result<bool, Fault>;

    /// One seal with its stored MAC.
    async fn find(&self, id: &SealId) -> Result<Option<(Seal, [u8; 32])>, Fault>;

    /// At most `limit` seals after `after` in order of id, of one organisation or of all.
    async fn list(
        &self,
        organisation: Option<&OrganisationId>,
        after: Option<&SealId>,
        limit: u32,
    ) -> Result<Vec<(Seal, [u8; 32])>, Fault>;

    /// Writes a changed state, if the stored MAC still is `expected`; whether it was.
    async fn change(
        &self,
        seal: Seal,
        expected: [u8; 32],
        mac: [u8; 32],
        event: Event,
    ) -> Result<bool, Fault>;

    /// Gives an application the right to a seal, replacing an earlier one.
    async fn give_right(
        &self,
        right: ClientRight,
        mac: [u8; 32],
        event: Event,
    ) -> Result<(), Fault>;

    /// Takes a right away; whether there was one.
    async fn withdraw_right(
        &self,
        seal: &SealId,
        client: &ClientId,
        event: Event,
    ) -> Result<bool, Fault>;

    /// The rights of an application with their stored MACs, past ones too.
    async fn rights(&self, client: &ClientId) -> Result<Vec<(ClientRight, [u8; 32])>, Fault>;

    /// At most `limit` rights after `after` in order of application and seal, for `doctor`.
    async fn all_rights(
        &self,
        after: Option<&(ClientId, SealId)>,
        limit: u32,
    ) -> Result<Vec<(ClientRight, [u8; 32])>, Fault>;

    /// Records an act that changes no row of this aggregate, such as a refusal.
    async fn record(&self, event: Event) -> Result<(), Fault>;
}

/// Requests of officers, from asking to download. Implemented by `store`.
#[async_trait]
pub trait SealRequests: Send + Sync {
    /// Adds a request and its document, unless the asker has `most` whose bytes are still kept.
    async fn ask(
        &self,
        request: RequestRow,
        document: Vec<u8>,
        most: u32,
        event: Event,
    ) -> Result<bool, Fault>;

    /// One request.
    async fn find(&self, id: &SealRequestId) -> Result<Option<RequestRow>, Fault>;

    /// Requests that wait for a decision in an organisation, oldest first.
    async fn waiting(
        &self,
        organisation: &OrganisationId,
        limit: u32,
    ) -> Result<Vec<RequestRow>, Fault>;

    /// Requests of one asker, newest first.
    async fn asked_by(&self, person: &PersonId, limit: u32) -> Result<Vec<RequestRow>, Fault>;

    /// The encrypted document, while it is kept.
    async fn document(&self, id: &SealRequestId) -> Result<Option<Vec<u8>>, Fault>;

    /// Approves a waiting request and begins its sealing, in one act; `false`, with nothing
    /// written, when it waits no more or `by` is the asker.
    async fn approve(
        &self,
        decision: Decision,
        sealing: NewSealing,
        events: [Event; 2],
    ) -> Result<bool, Fault>;

    /// Refuses a waiting request with an encrypted reason; `false` as for [`Self::approve`].
    async fn refuse(
        &self,
        decision: Decision,
        reason: Vec<u8>,
        event: Event,
    ) -> Result<bool, Fault>;

    /// Takes a waiting request back; `false` unless it waits and `by` asked.
    async fn withdraw(&self, decision: Decision, event: Event) -> Result<bool, Fault>;

    /// Begins a sealing anew for an approved request whose last one failed or was begun before
    /// `stale_before` and never ended; `false` otherwise.
    async fn begin_again(
        &self,
        id: &SealRequestId,
        sealing: NewSealing,
        stale_before: Timestamp,
        event: Event,
    ) -> Result<bool, Fault>;

    /// Forgets the bytes of requests whose time is over (those still waiting expire), and requests
    /// whose time was over before `over_before`; at most `limit` of each. How many.
    async fn sweep(&self, now: Timestamp, over_before: Timestamp, limit: u32)
    -> Result<u64, Fault>;
}

/// Uses of seals: what was begun, what was done, and their outputs for a while. Implemented by
/// `store`.
#[async_trait]
pub trait Sealings: Send + Sync {
    /// Records that a seal is about to be used.
    async fn begin(&self, sealing: NewSealing, event: Event) -> Result<(), Fault>;

    /// What became of an idempotency key, without claiming it; `None` when it may be claimed.
    async fn claimed(&self, claim: &Claim) -> Result<Option<Claimed>, Fault>;

    /// Begins a sealing under an application's idempotency key, or says what became of the key.
    async fn claim(
        &self,
        sealing: NewSealing,
        claim: Claim,
        event: Event,
    ) -> Result<Claimed, Fault>;

    /// Records the result, marking the request of this sealing as sealed; `false` when the sealing
    /// had ended already or was abandoned.
    async fn finish(&self, done: SealingDone, event: Event) -> Result<bool, Fault>;

    /// Records that no signature was made.
    async fn fail(&self, id: &SealingId, at: Timestamp, event: Event) -> Result<(), Fault>;

    /// The kept output of a finished sealing.
    async fn output(&self, id: &SealingId) -> Result<Option<Vec<u8>>, Fault>;

    /// Sealings begun before `before` that never ended: a signature may exist that nobody has.
    async fn open(&self, before: Timestamp, limit: u32) -> Result<Vec<SealingRow>, Fault>;

    /// Forgets outputs whose time is over and ended sealings begun before `ended_before`; at most
    /// `limit` of each. How many.
    async fn sweep(
        &self,
        now: Timestamp,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<u64, Fault>;
}

/// A request as stored; its texts and document are encrypted under a key of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestRow {
    /// Its id.
    pub id: SealRequestId,
    /// With which seal.
    pub seal: SealId,
    /// Whose seal it is.
    pub organisation: OrganisationId,
    /// Who asks.
    pub asked_by: PersonId,
    /// When.
    pub asked_at: Timestamp,
    /// Where it stands.
    pub state: RequestState,
    /// The request's data key, wrapped by the keystore.
    pub wrapped_key: Vec<u8>,
    /// [`crate::request::Texts`], encrypted.
    pub texts: Vec<u8>,
    /// SHA-256 of the document.
    pub document_hash: [u8; 32],
    /// Size of the document in bytes.
    pub size: u64,
    /// How it is signed.
    pub format: Format,
    /// Where the seal stands.
    pub place: Place,
    /// Who decided.
    pub decided_by: Option<PersonId>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why it was refused, encrypted.
    pub refusal: Option<Vec<u8>>,
    /// The last use of the seal for it.
    pub sealing: Option<SealingId>,
    /// When it was sealed.
    pub sealed_at: Option<Timestamp>,
    /// When the bytes go.
    pub expires_at: Timestamp,
}

/// Who decides what, when.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The request.
    pub request: SealRequestId,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// Id of one use of a seal: a UUIDv7.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SealingId(pub String);

/// A use of a seal that is about to happen.
#[derive(Clone, Debug)]
pub struct NewSealing {
    /// Its id.
    pub id: SealingId,
    /// The seal.
    pub seal: SealId,
    /// The officer's request it belongs to.
    pub request: Option<SealRequestId>,
    /// For whom or what, as audited.
    pub purpose: String,
    /// SHA-256 of what is sealed.
    pub document_hash: [u8; 32],
    /// When.
    pub begun_at: Timestamp,
}

/// An application's idempotency key.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The application.
    pub client: ClientId,
    /// SHA-256 of the key it sent.
    pub key_hash: [u8; 32],
    /// SHA-256 over everything that shapes the result: seal, place, texts, document.
    pub fingerprint: [u8; 32],
    /// Sealings begun before this moment and never ended are given up and may be begun anew.
    pub stale_before: Timestamp,
    /// Most bytes of output kept for this application.
    pub most_kept: u64,
}

/// What became of an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The key was used for another request.
    Different,
    /// The application keeps too much already: wait for the oldest to go.
    Full,
    /// Another request with this key is being worked on.
    InProgress,
    /// The key is new (or its earlier sealing failed): go on.
    New,
    /// Done before: what [`SealingDone::output`] kept.
    Same(Vec<u8>),
}

/// A use of a seal that happened.
#[derive(Clone, Debug)]
pub struct SealingDone {
    /// Its id.
    pub id: SealingId,
    /// SHA-256 of the sealed file, or of the detached signature.
    pub sealed_hash: [u8; 32],
    /// When.
    pub at: Timestamp,
    /// What was added to the document (PDF) or the detached signature, to give it out again.
    pub output: Option<Vec<u8>>,
    /// Until when the output is kept.
    pub keep_until: Timestamp,
}

/// A use of a seal as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealingRow {
    /// Its id.
    pub id: SealingId,
    /// The seal.
    pub seal: SealId,
    /// For whom or what.
    pub purpose: String,
    /// SHA-256 of what was to be sealed.
    pub document_hash: [u8; 32],
    /// When it was begun.
    pub begun_at: Timestamp,
}
