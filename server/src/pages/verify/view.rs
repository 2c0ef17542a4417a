//! A report as people read it.

use auth_core::{
    Reason, Report, SignatureReport, Timestamp, Verdict,
    verdict::{Changes, Coverage, Integrity, Revocation, Trust},
};
use web::Texts;

use super::statement;
use crate::pages::CATALOG;

/// The page of a result.
#[derive(askama::Template)]
#[template(path = "pages/result.html")]
pub(super) struct Result<'a> {
    t: Texts,
    verdict: &'static str,
    several: bool,
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

/// A name and a value.
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: String,
}

struct SignatureView<'a> {
    heading: String,
    badge: &'static str,
    signer: &'a str,
    distinguished_name: Option<&'a str>,
    facts: Vec<Fact>,
    details: Vec<Fact>,
    /// Those of this signature alone; a file with one signature has told them above.
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
        let several = report.signatures.len() > 1;
        Self {
            t,
            verdict,
            several,
            heading: t.t(&format!("verdict-{verdict}")),
            meaning: t.t(&format!("verdict-{verdict}-meaning")),
            kind: known(t, "kind", &report.kind).unwrap_or_else(|| report.kind.clone()),
            name,
            judged_at: t.lang().time(judged_at),
            reasons: report.reasons.iter().map(|reason| ReasonLine::new(t, reason)).collect(),
            statement: statement::facts(t, report),
            signatures: report
                .signatures
                .iter()
                .enumerate()
                .map(|(index, signature)| SignatureView::new(t, index, signature))
                .map(|view| if several { view } else { view.without_reasons() })
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
            fact("sig-time", signed_at),
            fact("sig-integrity", t.t(integrity(signature.integrity))),
            fact("sig-changes", t.t(changes(signature.changes))),
            fact("sig-trust", t.t(trust(signature.trust))),
            fact("sig-revocation", t.t(revocation(signature.revocation))),
        ];
        let details = vec![
            fact("sig-coverage", t.t(coverage(signature.coverage))),
            fact("sig-format", format),
            fact("sig-indication", signature.indication.clone()),
        ];
        let common_name = common_name(&signature.signer);
        let number = (index + 1).to_string();
        Self {
            heading: t.t1("sig-heading", "number", &number),
            badge,
            signer: match common_name.unwrap_or(&signature.signer) {
                "" => "—",
                signer => signer,
            },
            distinguished_name: common_name.map(|_| signature.signer.as_str()),
            facts,
            details,
            reasons: signature.reasons.iter().map(|reason| ReasonLine::new(t, reason)).collect(),
        }
    }
}

impl SignatureView<'_> {
    fn without_reasons(mut self) -> Self {
        self.reasons.clear();
        self
    }
}

/// The common name in a distinguished name (RFC 4514), unless it is written with escapes: then the
/// whole is clearer.
fn common_name(name: &str) -> Option<&str> {
    let start = if name.starts_with("CN=") { 3 } else { name.find(",CN=")? + 4 };
    let value = name.get(start..)?.split(',').next()?;
    (!value.is_empty() && !value.contains(['\\', '"', '#'])).then_some(value)
}

/// The text of a code, or of the family it belongs to (`cms-version` is one of `cms`), if there is
/// one: codes come from all rooms.
fn known(t: Texts, prefix: &str, code: &str) -> Option<String> {
    let mut family = code;
    loop {
        let id = format!("{prefix}-{family}");
        if CATALOG.has(&id) {
            return Some(t.t(&id));
        }
        family = family.rsplit_once('-')?.0;
    }
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

#[cfg(test)]
mod tests {
    use super::common_name;

    #[test]
    fn the_common_name_is_shown_first() {
        assert_eq!(common_name("CN=示例县,O=x,C=CN"), Some("示例县"));
        assert_eq!(common_name("C=CN,O=x,CN=示例县"), Some("示例县"));
        assert_eq!(common_name("CN=a\\,b,O=x"), None);
        assert_eq!(common_name("示例县 (https://a.cn)"), None);
        assert_eq!(common_name(""), None);
    }
}
