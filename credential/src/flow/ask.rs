//! A case worker asks: only what is registered, only for a stated purpose, never without the
//! holder.

use auth_core::{
    Fault, Timestamp,
    id::{OrganisationId, PersonId, ProofId},
    person::Username,
    role::Role,
};

use super::{Authority, Registry, show};
use crate::{
    act::Act,
    items::ProofItem,
    store::{Matter, ProofRow, ProofState},
};

/// A question to be asked.
#[derive(Clone, Debug)]
pub struct AskRequest<'a> {
    /// The asking organisation.
    pub organisation: OrganisationId,
    /// User name or shown code of the person it is about.
    pub person: &'a str,
    /// Code of the item.
    pub item: &'a str,
    /// Code of the registered matter.
    pub matter: &'a str,
    /// Case number and why, 1 to 200 characters.
    pub purpose: &'a str,
    /// Who asks.
    pub by: Authority<'a>,
    /// Now.
    pub now: Timestamp,
}

impl Registry {
    /// Asks. The question waits for the holder's decision; nothing of the record is touched.
    pub async fn ask(&self, request: AskRequest<'_>) -> Result<ProofId, AskError> {
        match self.checked_question(&request).await {
            Ok((item, person)) => self.write_question(&request, item, &person).await,
            Err(error) => {
                if let Some(rule) = error.rule() {
                    let event = Act::ProofAsk
                        .refused(request.by.actor(), rule, request.now)
                        .subject(request.organisation.as_str())
                        .with("item", clipped(request.item))
                        .with("matter", clipped(request.matter));
                    self.proofs.record(event).await?;
                }
                Err(error)
            }
        }
    }

    /// The checks in order: who asks, what, for which matter, why, about whom.
    async fn checked_question(
        &self,
        request: &AskRequest<'_>,
    ) -> Result<(&'static ProofItem, PersonId), AskError> {
        if !request.by.may(Role::CaseWorker, &request.organisation, &self.policy) {
            return Err(AskError::NotCaseWorker);
        }
        let item = ProofItem::by_code(request.item).ok_or(AskError::UnknownItem)?;
        let matters = self.matters.of(&request.organisation).await?;
        let matter = matters.iter().find(|matter| matter.code == request.matter);
        if !matter.is_some_and(|matter| matter.items.iter().any(|code| code == item.code)) {
            return Err(AskError::MatterNotRegistered);
        }
        let length = request.purpose.trim().chars().count();
        if !(1..=MAX_PURPOSE).contains(&length) || request.purpose.chars().any(char::is_control) {
            return Err(AskError::Purpose);
        }
        let person = if show::is_code(request.person) {
            self.redeem_code(request.person, request.now).await?
        } else {
            match Username::parse(request.person) {
                Some(name) => self.people.by_username(&name).await?.map(|row| row.id),
                None => None,
            }
        };
        Ok((item, person.ok_or(AskError::UnknownPerson)?))
    }

    async fn write_question(
        &self,
        request: &AskRequest<'_>,
        item: &'static ProofItem,
        person: &PersonId,
    ) -> Result<ProofId, AskError> {
        let (_, key) = self.holder(person).await?.ok_or(AskError::UnknownPerson)?;
        let asked_by = match &request.by {
            Authority::Session(session) => session.person.clone(),
            other => PersonId::from_text(other.actor().to_string()),
        };
        let random = self.vault.random();
        let id = ProofId::new(request.now, random);
        let purpose = key.seal(&purpose_field(&id), request.purpose.trim().as_bytes(), random)?;
        let row = ProofRow {
            id: id.clone(),
            item: item.code.to_owned(),
            item_version: item.version,
            person: person.clone(),
            organisation: request.organisation.clone(),
            asked_by,
            matter: request.matter.to_owned(),
            purpose,
            asked_at: request.now,
            expires_at: request.now.plus_seconds(self.policy.consent_seconds),
            state: ProofState::Asked,
            decided_at: None,
            text_hash: None,
            withdrawn_at: None,
        };
        let event = Act::ProofAsk
            .done(request.by.actor(), request.now)
            .subject(id.as_str())
            .with("item", item.code)
            .with("matter", request.matter)
            .with("organisation", request.organisation.as_str());
        self.proofs.ask(row, event).await?;
        Ok(id)
    }

    /// Case number and reason of a question, decrypted; `None` once the person was erased.
    pub async fn purpose(&self, row: &ProofRow) -> Result<Option<String>, Fault> {
        let Some((_, key)) = self.holder(&row.person).await? else { return Ok(None) };
        let text = key.open(&purpose_field(&row.id), &row.purpose)?;
        String::from_utf8(text.to_vec()).map(Some).map_err(|_| Fault::Corrupt)
    }

    /// Registers a matter in which a department may ask items. Unknown items are refused.
    pub async fn register_matter(
        &self,
        matter: Matter,
        by: &Authority<'_>,
        now: Timestamp,
    ) -> Result<(), AskError> {
        if matter.items.iter().any(|code| ProofItem::by_code(code).is_none()) {
            return Err(AskError::UnknownItem);
        }
        let event = Act::MatterRegister
            .done(by.actor(), now)
            .subject(matter.organisation.as_str())
            .with("matter", matter.code.as_str());
        Ok(self.matters.register(matter, event).await?)
    }
}

fn purpose_field(id: &ProofId) -> String {
    format!("purpose:{id}")
}

/// What a stranger typed, short enough for the log.
fn clipped(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(64).collect()
}

/// Why a question was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Something underneath failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The department has not registered this item for this matter (Decree 716, article 7:
    /// materials may not be used for unrelated purposes).
    #[error("the item is not registered for this matter")]
    MatterNotRegistered,
    /// Whoever asks is no case worker there.
    #[error("not a case worker of this organisation")]
    NotCaseWorker,
    /// The purpose is missing, too long or has control characters.
    #[error("the purpose is missing or too long")]
    Purpose,
    /// No such item.
    #[error("unknown item")]
    UnknownItem,
    /// No such person, or the code has ended or was used.
    #[error("unknown person")]
    UnknownPerson,
}

impl AskError {
    /// The rule as recorded; faults are not refusals.
    const fn rule(self) -> Option<&'static str> {
        match self {
            Self::Fault(_) => None,
            Self::MatterNotRegistered => Some("matter-not-registered"),
            Self::NotCaseWorker => Some("not-case-worker"),
            Self::Purpose => Some("purpose"),
            Self::UnknownItem => Some("unknown-item"),
            Self::UnknownPerson => Some("unknown-person"),
        }
    }
}

/// Longest purpose, characters.
pub const MAX_PURPOSE: usize = 200;
