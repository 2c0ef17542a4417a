//! One call for verifiers: path and revocation of a signer's certificate, as reports say it.

use auth_core::{
    Reason, Timestamp, Verdict,
    verdict::{Revocation, Trust},
};

use crate::{
    cert::{Certificate, KeyUsage},
    path::{self, PathFlaw, PathOutcome, PathQuestion, PolicyInputs, Purpose, ValidPath},
    status::{CrlSnapshot, Moment},
    trust::TrustList,
};

/// What a verifier knows about the world: snapshots, nothing that could be fetched meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Knowledge<'a> {
    /// The anchors.
    pub trust: &'a TrustList,
    /// The revocation lists.
    pub lists: &'a CrlSnapshot,
    /// The current time.
    pub now: Timestamp,
}

/// What was found about a signer's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The answer: valid only when a path is trusted and every certificate in it is good.
    pub verdict: Verdict,
    /// Whether the chain ends in an anchor.
    pub trust: Trust,
    /// Whether a certificate of the path was revoked.
    pub revocation: Revocation,
    /// EN 319 102-1 §5.1.3, tables 5 and 6.
    pub indication: &'static str,
    /// Why; `no-legal-effect` stands here also when the verdict is valid.
    pub reasons: Vec<Reason>,
    /// The trusted path, if there is one.
    pub path: Option<ValidPath>,
}

/// Judges a signer's certificate at a time; `embedded` are the certificates that came along.
pub fn judge(
    leaf: &Certificate,
    embedded: &[Certificate],
    knowledge: Knowledge<'_>,
    judged_at: Timestamp,
    purpose: Purpose,
) -> Judgement {
    let question = PathQuestion {
        pool: embedded,
        trust: knowledge.trust,
        at: judged_at,
        purpose,
        policies: PolicyInputs::default(),
    };
    match path::validate(leaf, &question) {
        PathOutcome::Trusted(found) => {
            let when = Moment { judged_at, now: knowledge.now };
            let others = list_signers(&found, &question, knowledge.lists, when);
            let status = knowledge.lists.path_status(&found.certificates, &others, when);
            judge_status(found, status)
        }
        PathOutcome::Untrusted(flaw) => without_path(&flaw, Verdict::Invalid, Trust::Untrusted),
        PathOutcome::Unknown(flaw) => without_path(&flaw, Verdict::Undetermined, Trust::Unknown),
    }
}

/// Certificates beside the path that bear the name of one of its issuers and may sign lists, each
/// with a path of its own to the same anchor (RFC 5280 §6.3.3 (f)) that is not revoked itself.
fn list_signers<'a>(
    found: &ValidPath,
    question: &PathQuestion<'a>,
    lists: &CrlSnapshot,
    when: Moment,
) -> Vec<&'a Certificate> {
    let path = &found.certificates;
    let beside = |other: &&Certificate| {
        let usage = other.extensions().key_usage;
        usage.is_some_and(|usage| usage.has(KeyUsage::CRL_SIGN))
            && !path.contains(other)
            && path.iter().any(|certificate| other.subject().matches(certificate.issuer()))
    };
    let question = PathQuestion { purpose: Purpose::Any, ..*question };
    let same_anchor = |other: &&Certificate| {
        let outcome = path::validate(other, &question);
        outcome.path().is_some_and(|path| {
            path.certificates.last() == found.certificates.last()
                && lists.path_status(&path.certificates, &[], when).0 == Revocation::Good
        })
    };
    question.pool.iter().filter(beside).take(MAX_LIST_SIGNERS).filter(same_anchor).collect()
}

fn judge_status(found: ValidPath, status: (Revocation, Vec<Reason>)) -> Judgement {
    let (revocation, mut reasons) = status;
    if found.no_legal_effect {
        reasons.push(Reason::new("no-legal-effect"));
    }
    let (verdict, indication) = match revocation {
        Revocation::Good => (Verdict::Valid, "TOTAL-PASSED"),
        // Without a trusted time-stamp nobody knows whether the signature is older than that.
        Revocation::Revoked => (Verdict::Invalid, "INDETERMINATE/REVOKED_NO_POE"),
        Revocation::Unknown => (Verdict::Undetermined, "INDETERMINATE/TRY_LATER"),
    };
    Judgement { verdict, trust: Trust::Trusted, revocation, indication, reasons, path: Some(found) }
}

fn without_path(flaw: &PathFlaw, verdict: Verdict, trust: Trust) -> Judgement {
    let indication = match flaw {
        PathFlaw::Expired(_) | PathFlaw::NotYetValid(_) => "INDETERMINATE/OUT_OF_BOUNDS_NO_POE",
        PathFlaw::NoPath => "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND",
        PathFlaw::Purpose(_) | PathFlaw::Policy => "INDETERMINATE/CHAIN_CONSTRAINTS_FAILURE",
        _ => "INDETERMINATE/CERTIFICATE_CHAIN_GENERAL_FAILURE",
    };
    let (revocation, reasons) = (Revocation::Unknown, vec![flaw.reason()]);
    Judgement { verdict, trust, revocation, indication, reasons, path: None }
}

/// Most certificates beside a path that are tried as signers of lists: each costs a validation.
const MAX_LIST_SIGNERS: usize = 4;
