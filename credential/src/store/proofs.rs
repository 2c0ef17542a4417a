//! Questions, consents, receipts, registered matters and the codes people show.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{OrganisationId, PersonId, ProofId},
    session::Factor,
};

use super::StatusPlace;
use crate::status::Status;

/// Proof rows. Implemented by `store`.
#[async_trait]
pub trait Proofs: Send + Sync {
    /// Writes a question.
    async fn ask(&self, row: ProofRow, event: Event) -> Result<(), Fault>;

    /// A question.
    async fn find(&self, id: &ProofId) -> Result<Option<ProofRow>, Fault>;

    /// Questions about a person, newest first, at most a hundred.
    async fn of_person(&self, person: &PersonId) -> Result<Vec<ProofRow>, Fault>;

    /// Questions of an organisation, newest first, at most a hundred.
    async fn of_organisation(&self, organisation: &OrganisationId) -> Result<Vec<ProofRow>, Fault>;

    /// Writes the holder's decision, if it may still be made: to allow or refuse while asked and
    /// not past its end, to withdraw while allowed or answered.
    async fn consent(&self, act: ConsentAct) -> Result<Consented, Fault>;

    /// Writes an answer and its receipt, if the question is still allowed.
    async fn answer(&self, act: AnswerAct) -> Result<bool, Fault>;

    /// The receipt of a question.
    async fn receipt(&self, id: &ProofId) -> Result<Option<ReceiptRow>, Fault>;

    /// Writes an audit event alone: a refusal.
    async fn record(&self, event: Event) -> Result<(), Fault>;
}

/// A question, from asking to receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofRow {
    /// Its id.
    pub id: ProofId,
    /// Code of the item.
    pub item: String,
    /// Version of the item.
    pub item_version: u16,
    /// About whom.
    pub person: PersonId,
    /// The asking organisation.
    pub organisation: OrganisationId,
    /// The case worker.
    pub asked_by: PersonId,
    /// Code of the registered matter.
    pub matter: String,
    /// The case's number and why it is asked, as the case worker wrote it, encrypted under the
    /// key of the person asked about.
    pub purpose: Vec<u8>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it lapses unless allowed.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub state: ProofState,
    /// The decision, once made.
    pub decided_at: Option<Timestamp>,
    /// SHA-256 of the text that was shown when it was made.
    pub text_hash: Option<[u8; 32]>,
    /// When consent was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
}

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofState {
    /// The holder allowed it; the answer follows.
    Allowed,
    /// Answered, with a receipt.
    Answered,
    /// Waiting for the holder.
    Asked,
    /// The holder said no.
    Refused,
    /// The holder took the consent back.
    Withdrawn,
}

impl ProofState {
    /// Stable text for columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Answered => "answered",
            Self::Asked => "asked",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads what [`ProofState::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Allowed, Self::Answered, Self::Asked, Self::Refused, Self::Withdrawn]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// What a holder decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes, answer this once.
    Allow,
    /// No.
    Refuse,
    /// No longer.
    Withdraw,
}

/// A decision to be written.
#[derive(Clone, Debug)]
pub struct ConsentAct {
    /// The question.
    pub id: ProofId,
    /// The person it is about, who decides.
    pub person: PersonId,
    /// What.
    pub decision: Decision,
    /// SHA-256 of the text shown.
    pub text_hash: [u8; 32],
    /// Factors of the session it was made in.
    pub factors: Vec<Factor>,
    /// When.
    pub now: Timestamp,
    /// Recorded when it is written.
    pub event: Event,
}

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consented {
    /// Written; the row as it is now.
    Done(Box<ProofRow>),
    /// It may not be made any more.
    TooLate,
}

/// An answer to be written.
#[derive(Clone, Debug)]
pub struct AnswerAct {
    /// The receipt.
    pub receipt: ReceiptRow,
    /// When.
    pub now: Timestamp,
    /// Recorded when it is written.
    pub event: Event,
}

/// A receipt: everything the asking side gets to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// The question.
    pub id: ProofId,
    /// `yes`, `no`, `undetermined`.
    pub answer: String,
    /// Its place in a status list.
    pub place: StatusPlace,
    /// Where it stands.
    pub status: Status,
    /// When it was answered.
    pub answered_at: Timestamp,
    /// Until when it may be relied on.
    pub expires_at: Timestamp,
    /// The signed JWT form.
    pub sd_jwt: String,
    /// The signed QR form.
    pub code: String,
}

/// Matters in which a department may ask items.
#[async_trait]
pub trait Matters: Send + Sync {
    /// Registers a matter, or replaces the items of one.
    async fn register(&self, matter: Matter, event: Event) -> Result<(), Fault>;

    /// The matters of a department.
    async fn of(&self, organisation: &OrganisationId) -> Result<Vec<Matter>, Fault>;

    /// Every matter, for the public catalogue, at most a thousand.
    async fn all(&self) -> Result<Vec<Matter>, Fault>;
}

/// A registered matter (办理事项).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    /// The department.
    pub organisation: OrganisationId,
    /// Its code, unique in the department.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Codes of the items that may be asked in it.
    pub items: Vec<String>,
}

/// Codes by which a person at the counter says who they are (亮证码): short-lived, used once.
#[async_trait]
pub trait ShowCodes: Send + Sync {
    /// Keeps a code's hash, and forgets those that ended.
    async fn show(&self, code: NewShowCode) -> Result<(), Fault>;

    /// Uses a code up; whose it was.
    async fn redeem(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<PersonId>, Fault>;
}

/// A code to be kept.
#[derive(Clone, Debug)]
pub struct NewShowCode {
    /// SHA-256 of the code.
    pub hash: [u8; 32],
    /// Who shows it.
    pub person: PersonId,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Now.
    pub now: Timestamp,
    /// Recorded.
    pub event: Event,
}
