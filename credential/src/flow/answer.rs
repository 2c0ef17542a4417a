//! Answering: methods in order, a typed predicate, a signed receipt.
//!
//! The asker gets item, answer, time and receipt; the record itself never leaves this file.

use auth_core::{Fault, Report, Timestamp, Verdict, audit::Actor, id::ProofId, key::KeyError};
use serde_json::{Map, Value, json};

use super::{Registry, china_day, consent::Question, digits, issue::id_bytes};
use crate::{
    act::Act,
    items::{Method, Predicate, ProofItem},
    receipt::{Answer, CLAIMS, SLUG, masked},
    sd_jwt,
    status::{Status, StatusSnapshot},
    store::{AnswerAct, ProofRow, ProofState, ReceiptRow, StatusPlace},
    verify, yx1,
};

impl Registry {
    /// Answers a question that was allowed. Answering twice gives the first receipt again.
    pub async fn answer(&self, id: &ProofId, now: Timestamp) -> Result<ReceiptRow, AnswerError> {
        let row = self.proofs.find(id).await?.ok_or(AnswerError::Unknown)?;
        match row.state {
            ProofState::Answered => {
                return Ok(self.proofs.receipt(id).await?.ok_or(Fault::Corrupt)?);
            }
            ProofState::Allowed if row.expires_at > now => {}
            _ => {
                let event = Act::ProofAnswer.refused(Actor::System, "no-consent", now);
                self.proofs.record(event.subject(id.as_str())).await?;
                return Err(AnswerError::NoConsent);
            }
        }
        let question = self.question(row).await?.ok_or(AnswerError::Unknown)?;
        let (answer, method) = self.find_answer(&question, now).await?;
        let place = self.reserve_place(now).await?;
        let receipt = self.sign_receipt(&question, answer, place, now).await?;
        let event = Act::ProofAnswer
            .done(Actor::System, now)
            .subject(id.as_str())
            .with("answer", answer.as_str())
            .with("method", method.as_str())
            .with("list", i64::from(place.list))
            .with("index", i64::from(place.index));
        if self.proofs.answer(AnswerAct { receipt: receipt.clone(), now, event }).await? {
            return Ok(receipt);
        }
        // Withdrawn meanwhile, or answered by another request: what is written counts.
        self.proofs.receipt(id).await?.ok_or(AnswerError::NoConsent)
    }

    /// The methods in their order, until one decides.
    async fn find_answer(
        &self,
        question: &Question,
        now: Timestamp,
    ) -> Result<(Answer, Method), Fault> {
        let mut tried = Method::Original;
        for method in question.item.methods {
            tried = *method;
            match method {
                Method::Credential => {
                    let answer = self.by_credential(&question.row, question.item, now).await?;
                    if answer != Answer::Undetermined {
                        return Ok((answer, *method));
                    }
                }
                Method::Original => return Ok((Answer::Undetermined, *method)),
            }
        }
        Ok((Answer::Undetermined, tried))
    }

    /// The holder's certificates of the type, judged as any stranger would judge them.
    async fn by_credential(
        &self,
        row: &ProofRow,
        item: &ProofItem,
        now: Timestamp,
    ) -> Result<Answer, Fault> {
        let snapshot = match self.snapshot(now).await {
            Ok(snapshot) => snapshot,
            Err(fault) => {
                tracing::error!(%fault, "status lists are not at hand");
                StatusSnapshot::empty()
            }
        };
        let kind = item.predicate.kind();
        let mut answer = Answer::No;
        for certificate in self.credentials.of_holder(&row.person).await? {
            if certificate.kind != kind.slug {
                continue;
            }
            let Some(content) = self.content(&certificate).await? else { continue };
            let report = verify::verify(content.sd_jwt.as_bytes(), &self.trust, &snapshot, now);
            match judge(&item.predicate, &report, now) {
                Answer::Yes => return Ok(Answer::Yes),
                Answer::Undetermined => answer = Answer::Undetermined,
                Answer::No => {}
            }
        }
        Ok(answer)
    }

    async fn sign_receipt(
        &self,
        question: &Question,
        answer: Answer,
        place: StatusPlace,
        now: Timestamp,
    ) -> Result<ReceiptRow, AnswerError> {
        let row = &question.row;
        let (person, key) = self.holder(&row.person).await?.ok_or(AnswerError::Unknown)?;
        let name = Self::profile(&person, &key)?.name.clone();
        let expires_at = now.plus_seconds(question.item.validity_days * 24 * 3600);
        let day = china_day(now).replace('-', "");
        let number = format!("{day}{}", digits(self.vault.random(), 8));
        let texts = [
            number,
            format!("{}@{}", question.item.code, row.item_version),
            question.item.zh_cn.to_owned(),
            answer.as_str().to_owned(),
            now.rfc3339(),
            question.organisation.clone(),
            question.matter.clone(),
            masked(&name),
        ];
        let issuer = &self.policy.issuer;
        let status = (place.index, self.list_uri(place.list));
        let named = CLAIMS.iter().zip(&texts);
        let open: Map<String, Value> =
            named.clone().map(|((claim, ..), text)| ((*claim).to_owned(), json!(text))).collect();
        let draft = sd_jwt::Draft {
            vct: format!("{issuer}/vct/{SLUG}"),
            issuer: issuer.clone(),
            open,
            hidden: Vec::new(),
            issued_at: now,
            expires_at: Some(expires_at),
            status: Some(status.clone()),
            holder_key: None,
            decoys: 0,
        };
        let signed = sd_jwt::issue(&self.receipt_signer, &draft, self.vault.random()).await?;
        let claims = yx1::Claims {
            issuer: issuer.clone(),
            expires_at: Some(expires_at),
            issued_at: now,
            id: id_bytes(row.id.as_str()),
            status: Some(status),
            kind: SLUG.to_owned(),
            fields: named.map(|((_, key, ..), text)| (*key, text.clone())).collect(),
        };
        let cose = yx1::issue(&self.receipt_signer, &claims).await?;
        Ok(ReceiptRow {
            id: row.id.clone(),
            answer: answer.as_str().to_owned(),
            place,
            status: Status::Valid,
            answered_at: now,
            expires_at,
            sd_jwt: signed.text,
            code: yx1::to_url(issuer, &cose),
        })
    }
}

/// The predicate on a verified certificate. Only a rule of the certificate's own life (ended,
/// revoked, suspended) is a no; a certificate of ours that does not verify at all is our trouble,
/// not the holder's, and leaves the answer open.
fn judge(predicate: &Predicate, report: &Report, now: Timestamp) -> Answer {
    let ended = ["expired", "revoked", "suspended"];
    let is_ended = report.reasons.iter().any(|reason| ended.contains(&reason.code.as_str()));
    match report.verdict {
        Verdict::Valid => {}
        Verdict::Invalid if is_ended => return Answer::No,
        Verdict::Invalid | Verdict::Undetermined => return Answer::Undetermined,
    }
    match predicate {
        Predicate::InForce { .. } => Answer::Yes,
        Predicate::MonthsSince { claim, months, .. } => {
            let day = report.statement.get(*claim).and_then(Value::as_str);
            match day.and_then(|day| months_since(day, now)) {
                Some(passed) if passed >= *months => Answer::Yes,
                Some(_) => Answer::No,
                None => Answer::Undetermined,
            }
        }
    }
}

/// Whole months from a day to today in China; a month is full on the same day of the month, or on
/// its last day.
fn months_since(day: &str, now: Timestamp) -> Option<i32> {
    let from = Timestamp::parse_rfc3339(&format!("{day}T00:00:00Z"))?.to_datetime().date();
    let today = china_day(now);
    let to = Timestamp::parse_rfc3339(&format!("{today}T00:00:00Z"))?.to_datetime().date();
    let count = |date: time::Date| date.year() * 12 + i32::from(u8::from(date.month()));
    let last_of_month = to.month().length(to.year());
    let full = to.day() >= from.day().min(last_of_month);
    Some(count(to) - count(from) - i32::from(!full))
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Something underneath failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The holder did not allow it, took it back, or it has ended.
    #[error("no consent")]
    NoConsent,
    /// No such question.
    #[error("unknown")]
    Unknown,
}

impl From<KeyError> for AnswerError {
    fn from(error: KeyError) -> Self {
        tracing::error!(%error, "signing a receipt failed");
        Self::Fault(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_to_the_day_in_china() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        for (day, now, months) in [
            ("2025-11-24", "2026-11-24T00:00:00Z", 12),
            ("2025-11-24", "2026-11-22T23:59:59Z", 11),
            // 16:00 UTC is midnight in China.
            ("2025-11-24", "2026-11-23T15:59:59Z", 11),
            ("2025-11-24", "2026-11-23T16:00:00Z", 12),
            ("2025-12-31", "2026-12-30T00:00:00Z", 11),
            ("2024-02-29", "2025-02-28T00:00:00Z", 12),
            ("2025-12-31", "2026-01-01T00:00:00Z", 0),
            ("2026-12-01", "2026-11-24T00:00:00Z", -1),
        ] {
            assert_eq!(months_since(day, at(now)), Some(months), "{day} {now}");
        }
        assert_eq!(months_since("2025-02-30", at("2026-11-24T00:00:00Z")), None);
    }
}
