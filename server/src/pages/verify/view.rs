//! A report as people read it.

use auth_core::{
    Reason, Report, SignatureReport, Timestamp, Verdict,
    verdict::{Changes, Coverage, Integrity, Revocation, Trust},
};
use serde_json::Value;
use web::{Lang, Texts};

use crate::pages::CATALOG;

/// The page of a result.
#[derive(askama::Template)]
#[template(path = "pages/result.html")]
pub(super) struct Result<'a> {
    t: Texts,
    verdict: &'static str,
    heading: String,
    meaning: String,
    kind: String,
    name: Option<&'a str>,
    judged_at: String,
    reasons: Vec<ReasonLine<'a>>,
    statement: Vec<Fact>,
    signatures: Vec<SignatureView<'a>>,
}

struct ReasonLine<'a> {
    text: String,
    code: &'a str,
    detail: Option<&'a str>,
}

struct Fact {
    label: String,
    value: String,
}

struct SignatureView<'a> {
    heading: String,
    badge: &'static str,
    facts: Vec<Fact>,
    reasons: Vec<ReasonLine<'a>>,
}

impl<'a> Result<'a> {
    pub(super) fn new(
        t: Texts,
        report: &'a Report,
        name: Option<&'a str>,
        judged_at: Timestamp,
    ) -> Self {
        let verdict = match report.verdict {
            Verdict::Invalid => "invalid",
            Verdict::Undetermined => "undetermined",
            Verdict::Valid => "valid",
        };
        Self {
            t,
            verdict,
            heading: t.t(&format!("verdict-{verdict}")),
            meaning: t.t(&format!("verdict-{verdict}-meaning")),
            kind: known(t, "kind", &report.kind).unwrap_or_else(|| report.kind.clone()),
            name,
            judged_at: t.lang().time(judged_at),
            reasons: report.reasons.iter().map(|reason| ReasonLine::new(t, reason)).collect(),
            statement: statement(t, report),
            signatures: report
                .signatures
                .iter()
                .enumerate()
                .map(|(index, signature)| SignatureView::new(t, index, signature))
                .collect(),
        }
    }
}

impl<'a> ReasonLine<'a> {
    fn new(t: Texts, reason: &'a Reason) -> Self {
        let text = known(t, "reason", &reason.code).unwrap_or_else(|| t.t("reason-other"));
        Self { text, code: &reason.code, detail: reason.detail.as_deref() }
    }
}

impl<'a> SignatureView<'a> {
    fn new(t: Texts, index: usize, signature: &'a SignatureReport) -> Self {
        let fact = |id: &str, value: String| Fact { label: t.t(id), value };
        let signed_at =
            signature.signed_at.map_or_else(|| t.t("sig-time-none"), |at| t.lang().time(at));
        let format = match signature.level.as_str() {
            "" => signature.format.clone(),
            level => format!("{} {level}", signature.format),
        };
        let badge = match signature.indication.as_str() {
            text if text.starts_with("TOTAL-PASSED") => "good",
            text if text.starts_with("TOTAL-FAILED") => "bad",
            _ => "wait",
        };
        let facts = vec![
            fact("sig-signer", signature.signer.clone()),
            fact("sig-time", signed_at),
            fact("sig-integrity", t.t(integrity(signature.integrity))),
            fact("sig-coverage", t.t(coverage(signature.coverage))),
            fact("sig-changes", t.t(changes(signature.changes))),
            fact("sig-trust", t.t(trust(signature.trust))),
            fact("sig-revocation", t.t(revocation(signature.revocation))),
            fact("sig-format", format),
            fact("sig-indication", signature.indication.clone()),
        ];
        let number = (index + 1).to_string();
        Self {
            heading: t.t1("sig-heading", "number", &number),
            badge,
            facts,
            reasons: signature.reasons.iter().map(|reason| ReasonLine::new(t, reason)).collect(),
        }
    }
}

/// What a statement says: known names first, in the order of [`CLAIM_ORDER`], then the others.
fn statement(t: Texts, report: &Report) -> Vec<Fact> {
    let place = |name: &str| {
        CLAIM_ORDER.iter().position(|known| *known == name).unwrap_or(CLAIM_ORDER.len())
    };
    let mut claims: Vec<(&String, &Value)> = report.statement.iter().collect();
    claims.sort_by_key(|(name, _)| place(name));
    claims
        .into_iter()
        .map(|(name, value)| Fact {
            label: known(t, "claim", name).unwrap_or_else(|| name.clone()),
            value: shown(t, name, value),
        })
        .collect()
}

/// A value in a statement; times (`…_at`, JWT `NumericDate`) become dates, codes become words.
fn shown(t: Texts, name: &str, value: &Value) -> String {
    let date = |seconds: i64| t.lang().time(Timestamp::from_unix(seconds));
    match value {
        Value::Null => "—".to_owned(),
        Value::Bool(yes) => t.t(if *yes { "value-yes" } else { "value-no" }),
        Value::Number(number) => match number.as_i64() {
            Some(seconds) if TIMES.contains(&name) || name.ends_with("_at") => date(seconds),
            _ => number.to_string(),
        },
        Value::String(text) => known(t, "value", text).unwrap_or_else(|| text.clone()),
        Value::Array(items) => {
            let separator = if t.lang() == Lang::ZhCn { "、" } else { ", " };
            let items: Vec<String> = items.iter().map(|item| shown(t, name, item)).collect();
            items.join(separator)
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| {
                    let label = known(t, "claim", name).unwrap_or_else(|| name.clone());
                    format!("{label}: {}", shown(t, name, value))
                })
                .collect();
            members.join("; ")
        }
    }
}

/// The text of a code, if there is one: codes come from outside and need not be ours.
fn known(t: Texts, prefix: &str, code: &str) -> Option<String> {
    let id = format!("{prefix}-{}", code.replace('_', "-"));
    CATALOG.has(&id).then(|| t.t(&id))
}

fn integrity(value: Integrity) -> &'static str {
    match value {
        Integrity::Broken => "integrity-broken",
        Integrity::Intact => "integrity-intact",
    }
}

fn coverage(value: Coverage) -> &'static str {
    match value {
        Coverage::Partial => "coverage-partial",
        Coverage::Revision => "coverage-revision",
        Coverage::Whole => "coverage-whole",
    }
}

fn changes(value: Changes) -> &'static str {
    match value {
        Changes::Forbidden => "changes-forbidden",
        Changes::None => "changes-none",
        Changes::Permitted => "changes-permitted",
    }
}

fn trust(value: Trust) -> &'static str {
    match value {
        Trust::Trusted => "trust-trusted",
        Trust::Unknown => "trust-unknown",
        Trust::Untrusted => "trust-untrusted",
    }
}

fn revocation(value: Revocation) -> &'static str {
    match value {
        Revocation::Good => "revocation-good",
        Revocation::Revoked => "revocation-revoked",
        Revocation::Unknown => "revocation-unknown",
    }
}

/// Names of a licence and a receipt in the order in which people look for them.
const CLAIM_ORDER: [&str; 12] = [
    "name",
    "credit_code",
    "item",
    "answer",
    "legal_representative",
    "address",
    "scope",
    "number",
    "issuer",
    "issued_at",
    "valid_from",
    "valid_until",
];
/// JWT and CWT times (RFC 7519 §4.1).
const TIMES: [&str; 3] = ["exp", "iat", "nbf"];
