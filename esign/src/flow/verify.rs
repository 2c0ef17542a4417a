//! Verifying sealed PDFs and detached signatures, with trust and revocation.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use auth_core::{
    Reason, Report, SignatureReport, Timestamp, Verdict,
    port::{DocumentVerifier, VerifyInput},
    verdict::{Changes, Coverage, Integrity, Revocation, Trust},
};
use pki::{Certificate, Knowledge, judge, path::Purpose, status::CrlSnapshot, trust::TrustList};

use crate::{
    cms::{self, CmsRefused, CmsSigner, DigestAlgorithm},
    pdf::{PdfRefused, verify::PdfSignature},
};

/// What a verifier believes: anchors and revocation lists, fetched beforehand.
#[derive(Clone, Debug, Default)]
pub struct Beliefs {
    /// The anchors.
    pub trust: TrustList,
    /// The revocation lists.
    pub lists: CrlSnapshot,
}

/// Verifies PDF and CMS; implements the port for `/verify`, the interface and the command line.
/// The beliefs are swapped whole.
#[derive(Clone, Default)]
pub struct Verifier {
    beliefs: Arc<RwLock<Arc<Beliefs>>>,
}

impl Verifier {
    /// A verifier that believes this.
    pub fn new(beliefs: Beliefs) -> Self {
        Self { beliefs: Arc::new(RwLock::new(Arc::new(beliefs))) }
    }

    /// From now on believes this; verifications under way keep what they began with.
    pub fn believe(&self, beliefs: Beliefs) {
        *self.beliefs.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(beliefs);
    }

    /// What it believes now.
    pub fn beliefs(&self) -> Arc<Beliefs> {
        Arc::clone(&self.beliefs.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl DocumentVerifier for Verifier {
    fn sniff(&self, bytes: &[u8]) -> bool {
        is_pdf(bytes) || is_cms(bytes)
    }

    async fn verify(&self, input: VerifyInput<'_>) -> Report {
        let beliefs = self.beliefs();
        let size = input.bytes.len() + input.content.map_or(0, <[u8]>::len);
        if size <= INLINE_BYTES {
            return verify(input, &beliefs);
        }
        let (bytes, content) = (input.bytes.to_vec(), input.content.map(<[u8]>::to_vec));
        let at = input.at;
        let work = move || {
            verify(VerifyInput { bytes: &bytes, content: content.as_deref(), at }, &beliefs)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(report) => report,
            // A panic or a shutdown: nothing was found out.
            Err(_) => undetermined("pdf", Reason::new("not-checked")),
        }
    }
}

/// Verifies a PDF or a detached signature: a pure function of the bytes, the beliefs and the time.
pub fn verify(input: VerifyInput<'_>, beliefs: &Beliefs) -> Report {
    if is_pdf(input.bytes) { verify_pdf(input, beliefs) } else { verify_cms(input, beliefs) }
}

/// Whether these bytes are a PDF, however broken: its mark stands in the first kilobyte.
pub fn is_pdf(bytes: &[u8]) -> bool {
    let start = bytes.get(..1024).unwrap_or(bytes);
    start.windows(5).any(|window| window == b"%PDF-")
}

/// Whether these bytes begin as a DER ContentInfo of SignedData does (RFC 5652 §3, GM/T 0010).
pub fn is_cms(bytes: &[u8]) -> bool {
    let start = bytes.get(..32).unwrap_or(bytes);
    bytes.first() == Some(&0x30)
        && SIGNED_DATA.iter().any(|oid| start.windows(oid.len()).any(|window| window == *oid))
}

fn verify_pdf(input: VerifyInput<'_>, beliefs: &Beliefs) -> Report {
    let signatures = match crate::pdf::verify::verify(input.bytes) {
        Ok(signatures) => signatures,
        Err(refused) => return pdf_refused(&refused),
    };
    if signatures.is_empty() {
        return Report::invalid("pdf", Reason::new("no-signature"));
    }
    let judged: Vec<_> =
        signatures.iter().map(|signature| pdf_signature(signature, beliefs, input.at)).collect();
    whole("pdf", judged)
}

fn pdf_signature(
    signature: &PdfSignature,
    beliefs: &Beliefs,
    at: Timestamp,
) -> (Verdict, SignatureReport) {
    let mut report = signature.report();
    let (Ok(cms), Some(signer)) = (&signature.value, signature.signer()) else {
        return (failed(&report.indication), report);
    };
    if !signature.is_sound() {
        return (failed(&report.indication), report);
    }
    let claimed = report.signed_at;
    let verdict =
        judged(&mut report, &signer.certificate, &cms.certificates, beliefs, (claimed, at));
    (verdict, report)
}

fn verify_cms(input: VerifyInput<'_>, beliefs: &Beliefs) -> Report {
    let Some(content) = input.content else {
        return undetermined("cms", Reason::new("content-missing"));
    };
    let digest_of = |algorithm: DigestAlgorithm| algorithm.digest(content);
    let found = match cms::verify_detached(input.bytes, &digest_of) {
        Ok(found) => found,
        Err(refused) => return Report::invalid("cms", refused.reason()),
    };
    let judge = |signer: &Result<CmsSigner, CmsRefused>| match signer {
        Ok(signer) => {
            let mut report = cms_report(signer);
            let times = (signer.signing_time, input.at);
            let verdict =
                judged(&mut report, &signer.certificate, &found.certificates, beliefs, times);
            (verdict, report)
        }
        Err(refused) => refused_signer(refused),
    };
    whole("cms", found.signers.iter().map(judge).collect())
}

/// Trust and revocation of the signer, at the time asked for: without a trusted time stamp nothing
/// proves that the signature is older (EN 319 102-1 §5.5).
fn judged(
    report: &mut SignatureReport,
    certificate: &Certificate,
    embedded: &[Certificate],
    beliefs: &Beliefs,
    (claimed, at): (Option<Timestamp>, Timestamp),
) -> Verdict {
    let knowledge = Knowledge { trust: &beliefs.trust, lists: &beliefs.lists, now: at };
    let judgement = judge(certificate, embedded, knowledge, at, Purpose::DocumentSigning);
    report.trust = judgement.trust;
    report.revocation = judgement.revocation;
    report.indication = judgement.indication.to_owned();
    report.reasons.extend(judgement.reasons);
    let claim = match claimed {
        Some(claimed) if claimed > at.plus_seconds(CLOCK_SKEW) => {
            Some((Verdict::Undetermined, "signing-time-in-future"))
        }
        Some(claimed) if claimed < certificate.not_before() => {
            Some((Verdict::Invalid, "signing-time-before-certificate"))
        }
        _ => None,
    };
    match claim {
        None => judgement.verdict,
        Some((verdict, code)) => {
            report.reasons.push(Reason::new(code));
            if judgement.verdict == Verdict::Valid {
                "INDETERMINATE/SIG_CONSTRAINTS_FAILURE".clone_into(&mut report.indication);
            }
            judgement.verdict.and(verdict)
        }
    }
}

fn cms_report(signer: &CmsSigner) -> SignatureReport {
    // The signed certificate reference is required of all; the claimed time makes the level.
    let baseline = signer.signing_time.is_some();
    SignatureReport {
        format: if baseline { "CAdES" } else { "CMS" }.to_owned(),
        level: if baseline { "B-B" } else { "" }.to_owned(),
        signer: signer.certificate.subject().rfc4514(),
        signed_at: signer.signing_time,
        integrity: Integrity::Intact,
        coverage: Coverage::Whole,
        changes: Changes::None,
        trust: Trust::Unknown,
        revocation: Revocation::Unknown,
        indication: String::new(),
        reasons: Vec::new(),
    }
}

fn refused_signer(refused: &CmsRefused) -> (Verdict, SignatureReport) {
    let (verdict, indication) = match refused {
        CmsRefused::Algorithm(_) => {
            (Verdict::Undetermined, "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE")
        }
        CmsRefused::NoCertificate => {
            (Verdict::Undetermined, "INDETERMINATE/NO_SIGNING_CERTIFICATE_FOUND")
        }
        CmsRefused::DigestMismatch => (Verdict::Invalid, "TOTAL-FAILED/HASH_FAILURE"),
        CmsRefused::Signature => (Verdict::Invalid, "TOTAL-FAILED/SIG_CRYPTO_FAILURE"),
        _ => (Verdict::Invalid, "TOTAL-FAILED/FORMAT_FAILURE"),
    };
    let report = SignatureReport {
        format: "CMS".to_owned(),
        level: String::new(),
        signer: String::new(),
        signed_at: None,
        integrity: Integrity::Broken,
        coverage: Coverage::Whole,
        changes: Changes::None,
        trust: Trust::Unknown,
        revocation: Revocation::Unknown,
        indication: indication.to_owned(),
        reasons: vec![refused.reason()],
    };
    (verdict, report)
}

/// One bad signature spoils the document. The reasons of the parts are those of the whole.
fn whole(kind: &str, judged: Vec<(Verdict, SignatureReport)>) -> Report {
    let verdict = judged.iter().map(|(verdict, _)| *verdict).reduce(Verdict::and);
    let mut reasons: Vec<Reason> = Vec::new();
    for reason in judged.iter().flat_map(|(_, report)| &report.reasons) {
        if !reasons.contains(reason) {
            reasons.push(reason.clone());
        }
    }
    Report {
        // Callers hand in at least one signature.
        verdict: verdict.unwrap_or(Verdict::Invalid),
        reasons,
        kind: kind.to_owned(),
        signatures: judged.into_iter().map(|(_, report)| report).collect(),
        statement: serde_json::Map::new(),
    }
}

/// The verdict on a signature that is not sound, from its EN 319 102-1 indication.
fn failed(indication: &str) -> Verdict {
    if indication.starts_with("INDETERMINATE/") { Verdict::Undetermined } else { Verdict::Invalid }
}

/// A PDF that was turned away: what could not be read is not called broken.
fn pdf_refused(refused: &PdfRefused) -> Report {
    let reason = |code: &str| Reason::with(code, refused.to_string());
    match refused {
        PdfRefused::Encrypted => undetermined("pdf", reason("pdf-encrypted")),
        PdfRefused::Limit(_) => undetermined("pdf", reason("pdf-limit")),
        PdfRefused::Hybrid => Report::invalid("pdf", reason("pdf-hybrid")),
        PdfRefused::Irregular(_) => Report::invalid("pdf", reason("pdf-irregular")),
        PdfRefused::Xfa => undetermined("pdf", reason("pdf-xfa")),
        _ => Report::invalid("pdf", reason("pdf-broken")),
    }
}

fn undetermined(kind: &str, reason: Reason) -> Report {
    Report { verdict: Verdict::Undetermined, ..Report::invalid(kind, reason) }
}

/// DER of id-signedData, international and GM/T 0010.
const SIGNED_DATA: [&[u8]; 2] = [
    &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02],
    &[0x06, 0x0A, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x06, 0x01, 0x04, 0x02, 0x02],
];
/// Signers' clocks may be this many seconds ahead of ours.
const CLOCK_SKEW: i64 = 300;
/// Up to this size verifying is shorter than a change of thread.
const INLINE_BYTES: usize = 256 * 1024;
