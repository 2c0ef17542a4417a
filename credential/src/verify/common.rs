//! What both signed forms have in common: times, status, signer, report.

use auth_core::{
    Reason, Report, Timestamp, Verdict,
    verdict::{Changes, Coverage, Integrity, Revocation, SignatureReport, Trust},
};
use serde_json::{Map, Value};

use super::Knowledge;
use crate::{
    status::{Standing, Status, Unknown},
    trust::{Candidate, SignerJudgement},
};

/// What a verified statement says of itself.
pub(super) struct Said<'a> {
    pub(super) issuer: &'a str,
    pub(super) issued_at: Timestamp,
    pub(super) not_before: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    /// Index and URL of a status list; `None` when the statement has no status.
    pub(super) status: Option<(u64, &'a str)>,
}

/// Collects findings into a verdict: it starts valid and can only get worse.
pub(super) struct Findings {
    verdict: Verdict,
    reasons: Vec<Reason>,
    revocation: Revocation,
}

impl Findings {
    pub(super) const fn new() -> Self {
        Self { verdict: Verdict::Valid, reasons: Vec::new(), revocation: Revocation::Good }
    }

    pub(super) fn add(&mut self, verdict: Verdict, reason: Reason) {
        self.verdict = self.verdict.and(verdict);
        self.reasons.push(reason);
    }

    /// Times first, then status: an expired statement stays expired whatever its status.
    pub(super) fn check(&mut self, said: &Said<'_>, knowledge: &Knowledge<'_>) {
        let now = knowledge.now;
        let soon = now.plus_seconds(LEEWAY);
        if said.issued_at > soon || said.not_before.is_some_and(|at| at > soon) {
            self.add(Verdict::Invalid, Reason::new("not-yet-valid"));
        }
        if let Some(at) = said.expires_at.filter(|at| *at <= now) {
            self.add(Verdict::Invalid, Reason::with("expired", at.rfc3339()));
        }
        let Some((index, uri)) = said.status else {
            self.reasons.push(Reason::new("no-status"));
            return;
        };
        match knowledge.status.standing(uri, index, now) {
            Standing::Known { status: Status::Valid, .. } => {}
            Standing::Known { status: Status::Invalid, issued_at } => {
                self.revocation = Revocation::Revoked;
                self.add(Verdict::Invalid, Reason::with("revoked", issued_at.rfc3339()));
            }
            Standing::Known { status: Status::Suspended, issued_at } => {
                self.revocation = Revocation::Revoked;
                self.add(Verdict::Invalid, Reason::with("suspended", issued_at.rfc3339()));
            }
            Standing::OutOfRange => {
                self.revocation = Revocation::Unknown;
                self.add(Verdict::Invalid, Reason::new("status-out-of-range"));
            }
            Standing::Unknown(why) => {
                self.revocation = Revocation::Unknown;
                self.add(Verdict::Undetermined, unknown_status(why, uri));
            }
        }
    }

    /// The signer, as of the time it signed.
    pub(super) fn judge(
        &mut self,
        signer: &Candidate,
        said: &Said<'_>,
        knowledge: &Knowledge<'_>,
    ) -> SignerJudgement {
        let judgement = knowledge.trust.judge(signer, said.issued_at, knowledge.now);
        self.verdict = self.verdict.and(judgement.verdict);
        self.reasons.extend(judgement.reasons.iter().cloned());
        if !signer.speaks_for(said.issuer) {
            self.add(Verdict::Invalid, Reason::with("issuer-not-certified", said.issuer));
        }
        judgement
    }

    /// The report of a statement whose signature is intact.
    pub(super) fn report(
        self,
        kind: &str,
        format: &str,
        said: &Said<'_>,
        (signer, judgement): (&Candidate, &SignerJudgement),
        statement: Map<String, Value>,
    ) -> Report {
        let signature = SignatureReport {
            format: format.to_owned(),
            level: String::new(),
            signer: format!("{} ({})", signer.name(), said.issuer),
            signed_at: Some(said.issued_at),
            integrity: Integrity::Intact,
            coverage: Coverage::Whole,
            changes: Changes::None,
            trust: judgement.trust,
            revocation: self.revocation,
            indication: indication(self.verdict, self.revocation, judgement.indication).to_owned(),
            reasons: judgement.reasons.clone(),
        };
        Report {
            verdict: self.verdict,
            reasons: self.reasons,
            kind: kind.to_owned(),
            signatures: vec![signature],
            statement,
        }
    }
}

/// A report on a statement whose signer is not known or whose signature is broken.
pub(super) fn without_signer(kind: &str, format: &str, verdict: Verdict, reason: Reason) -> Report {
    let broken = verdict == Verdict::Invalid;
    let mut report = Report::invalid(kind, reason.clone());
    report.verdict = verdict;
    if broken {
        report.signatures.push(SignatureReport {
            format: format.to_owned(),
            level: String::new(),
            signer: String::new(),
            signed_at: None,
            integrity: Integrity::Broken,
            coverage: Coverage::Whole,
            changes: Changes::None,
            trust: Trust::Unknown,
            revocation: Revocation::Unknown,
            indication: "TOTAL-FAILED/SIG_CRYPTO_FAILURE".to_owned(),
            reasons: vec![reason],
        });
    }
    report
}

fn unknown_status(why: Unknown, uri: &str) -> Reason {
    match why {
        Unknown::FromTheFuture => Reason::new("status-from-the-future"),
        Unknown::NoList => Reason::with("status-missing", uri),
        Unknown::Stale { issued_at } => Reason::with("status-stale", issued_at.rfc3339()),
        Unknown::Value => Reason::new("status-value-unknown"),
    }
}

fn indication(verdict: Verdict, revocation: Revocation, signer: &'static str) -> &'static str {
    match (verdict, revocation) {
        (Verdict::Valid, _) => "TOTAL-PASSED",
        (_, Revocation::Revoked) => "TOTAL-FAILED/REVOKED",
        (Verdict::Undetermined, _) if signer == "TOTAL-PASSED" => "INDETERMINATE/TRY_LATER",
        (_, _) if signer == "TOTAL-PASSED" => "TOTAL-FAILED/FORMAT_FAILURE",
        _ => signer,
    }
}

/// Clocks may differ by this many seconds.
const LEEWAY: i64 = 60;
