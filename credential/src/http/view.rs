//! What templates show: names and values, states, times.

use auth_core::{Fault, Timestamp};
use serde_json::{Map, Value};
use web::{Lang, Texts};

use crate::{
    flow::{china_date, china_day, consent::Question},
    kinds::{CertificateType, common},
    qr::QrCode,
    receipt::Answer,
    status::Status,
    store::{ProofState, ReceiptRow},
};

/// A name and a value.
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: String,
}

/// A word and the colour that repeats it.
pub(super) struct Badge {
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// A time, for machines and for people.
pub(super) struct Moment {
    pub(super) datetime: String,
    pub(super) text: String,
}

impl Moment {
    pub(super) fn new(at: Timestamp, lang: Lang) -> Self {
        let local = at.plus_seconds(8 * 3600).rfc3339();
        let clock: String = local.chars().skip(11).take(5).collect();
        Self { datetime: at.rfc3339(), text: format!("{} {clock}", day(at, lang)) }
    }
}

/// A day in China, as each language writes it.
pub(super) fn day(at: Timestamp, lang: Lang) -> String {
    match lang {
        Lang::En => china_day(at),
        Lang::ZhCn => china_date(at),
    }
}

/// The name of a type.
pub(super) const fn kind_name(kind: &CertificateType, lang: Lang) -> &'static str {
    match lang {
        Lang::En => kind.en,
        Lang::ZhCn => kind.zh_cn,
    }
}

/// What a certificate says, in the order of its type.
pub(super) fn facts(kind: &CertificateType, claims: &Map<String, Value>, lang: Lang) -> Vec<Fact> {
    let own = kind.fields.iter().map(|field| (field.claim, field.zh_cn, field.en));
    let shared = common::ALL.iter().map(|(claim, _, zh_cn, en)| (*claim, *zh_cn, *en));
    own.chain(shared)
        .filter_map(|(claim, zh_cn, en)| {
            let value = claims.get(claim)?.as_str()?.to_owned();
            let label = match lang {
                Lang::En => en,
                Lang::ZhCn => zh_cn,
            };
            Some(Fact { label: label.to_owned(), value })
        })
        .collect()
}

/// Where a certificate or receipt stands: its status, and whether it has ended.
pub(super) fn standing(
    t: Texts,
    status: Status,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Badge {
    let ended = expires_at.is_some_and(|at| at <= now);
    let (class, id) = match status {
        Status::Invalid => ("badge-bad", "state-revoked"),
        Status::Suspended => ("badge-wait", "state-suspended"),
        Status::Valid if ended => ("badge-bad", "state-expired"),
        Status::Valid => ("badge-good", "state-valid"),
    };
    Badge { class, text: t.t(id) }
}

/// Where a question stands.
pub(super) fn question_state(t: Texts, question: &Question, now: Timestamp) -> Badge {
    let lapsed = question.row.expires_at <= now;
    let (class, id) = match question.row.state {
        ProofState::Asked if lapsed => ("badge-plain", "proof-lapsed"),
        ProofState::Allowed if lapsed => ("badge-plain", "proof-lapsed"),
        ProofState::Allowed => ("badge-wait", "proof-allowed"),
        ProofState::Answered => ("badge-good", "proof-answered"),
        ProofState::Asked => ("badge-wait", "proof-asked"),
        ProofState::Refused => ("badge-bad", "proof-refused"),
        ProofState::Withdrawn => ("badge-bad", "proof-withdrawn"),
    };
    Badge { class, text: t.t(id) }
}

/// An answer, as a verdict block.
pub(super) struct AnswerView {
    pub(super) class: &'static str,
    pub(super) text: String,
    pub(super) hint: String,
}

impl AnswerView {
    pub(super) fn new(t: Texts, receipt: &ReceiptRow) -> Result<Self, Fault> {
        let (class, text, hint) = match Answer::parse(&receipt.answer).ok_or(Fault::Corrupt)? {
            Answer::No => ("verdict-invalid", "answer-no", "answer-no-hint"),
            Answer::Undetermined => {
                ("verdict-undetermined", "answer-undetermined", "answer-undetermined-hint")
            }
            Answer::Yes => ("verdict-valid", "answer-yes", "answer-yes-hint"),
        };
        Ok(Self { class, text: t.t(text), hint: t.t(hint) })
    }
}

/// A QR code as SVG; nothing when the text does not fit, which issuing has ruled out.
pub(super) fn qr_svg(text: &str, label: &str) -> String {
    QrCode::new(text).map(|code| code.svg(label)).unwrap_or_default()
}
