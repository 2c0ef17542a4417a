//! The holder decides: allow once, refuse, or take back. What was read is recorded by its hash.

use auth_core::{
    Fault, Timestamp,
    audit::Actor,
    id::{PersonId, ProofId},
    session::{Factor, SessionView},
};
use sha2::{Digest, Sha256};
use web::Lang;

use super::{Registry, china_date};
use crate::{
    act::Act,
    items::ProofItem,
    store::{ConsentAct, Consented, Decision, ProofRow, ProofState, ReceiptRow},
    texts::CATALOG,
};

/// Who decides, and how surely it is them.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The person.
    pub person: PersonId,
    /// Factors of the session.
    pub factors: Vec<Factor>,
}

impl From<&SessionView> for Holder {
    fn from(session: &SessionView) -> Self {
        Self { person: session.person.clone(), factors: session.factors.clone() }
    }
}

/// A question as its holder or asker sees it.
#[derive(Clone, Debug)]
pub struct Question {
    /// The row.
    pub row: ProofRow,
    /// The item.
    pub item: &'static ProofItem,
    /// Name of the asking organisation.
    pub organisation: String,
    /// Name of the matter.
    pub matter: String,
    /// Case number and reason.
    pub purpose: String,
}

impl Registry {
    /// A question with its names; `None` when it does not exist or its person was erased.
    pub async fn question(&self, row: ProofRow) -> Result<Option<Question>, Fault> {
        let item = ProofItem::by_code(&row.item).ok_or(Fault::Corrupt)?;
        let organisation =
            self.organisations.find(&row.organisation).await?.ok_or(Fault::Corrupt)?;
        let matters = self.matters.of(&row.organisation).await?;
        let matter = matters.into_iter().find(|matter| matter.code == row.matter);
        let Some(purpose) = self.purpose(&row).await? else { return Ok(None) };
        Ok(Some(Question {
            item,
            organisation: organisation.name,
            matter: matter.map_or_else(|| row.matter.clone(), |matter| matter.name),
            purpose,
            row,
        }))
    }

    /// Writes the holder's decision about a question. `text` is what the holder was shown;
    /// allowing answers at once.
    pub async fn consent(
        &self,
        id: &ProofId,
        holder: &Holder,
        decision: Decision,
        text: &str,
        now: Timestamp,
    ) -> Result<Option<ReceiptRow>, ConsentError> {
        let row = self.proofs.find(id).await?.ok_or(ConsentError::Unknown)?;
        let actor = Actor::Person(holder.person.clone());
        if row.person != holder.person {
            let event = Act::ProofConsent.refused(actor, "not-holder", now).subject(id.as_str());
            self.proofs.record(event).await?;
            // Others' questions look as if they did not exist.
            return Err(ConsentError::Unknown);
        }
        let text_hash: [u8; 32] = Sha256::digest(text).into();
        let (act, said) = match decision {
            Decision::Allow => (Act::ProofConsent, "allow"),
            Decision::Refuse => (Act::ProofConsent, "refuse"),
            Decision::Withdraw => (Act::ProofWithdraw, "withdraw"),
        };
        let factors: Vec<_> = holder.factors.iter().map(|factor| factor.amr()).collect();
        let event = act
            .done(actor, now)
            .subject(id.as_str())
            .with("decision", said)
            .with("text", &text_hash[..])
            .with("factors", factors.join(" "));
        let consent = ConsentAct {
            id: id.clone(),
            person: holder.person.clone(),
            decision,
            text_hash,
            factors: holder.factors.clone(),
            now,
            event,
        };
        match self.proofs.consent(consent).await? {
            Consented::TooLate => Err(ConsentError::TooLate),
            Consented::Done(row) if row.state == ProofState::Allowed => {
                Ok(self.answer(id, now).await.ok())
            }
            Consented::Done(_) => Ok(None),
        }
    }
}

/// The text a holder agrees to, in the language it was shown in. Its hash is recorded.
pub fn consent_text(question: &Question, lang: Lang) -> String {
    let item = match lang {
        Lang::En => question.item.en,
        Lang::ZhCn => question.item.zh_cn,
    };
    let until = match lang {
        Lang::En => super::china_day(question.row.expires_at),
        Lang::ZhCn => china_date(question.row.expires_at),
    };
    CATALOG.ta(
        lang,
        "consent-text",
        &[
            ("organisation", question.organisation.as_str()),
            ("item", item),
            ("matter", question.matter.as_str()),
            ("purpose", question.purpose.as_str()),
            ("until", until.as_str()),
        ],
    )
}

/// Why a decision was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// Something underneath failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It was decided already, or the question has ended.
    #[error("it can no longer be decided")]
    TooLate,
    /// No such question about this person.
    #[error("unknown")]
    Unknown,
}
