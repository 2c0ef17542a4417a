//! Structure and value together.

use auth_core::Reason;
use auth_core::verdict::{Changes, Coverage, Integrity, Revocation, SignatureReport, Trust};

use super::change::ChangeKind;
use super::found::FoundSignature;
use super::inspect::inspect;
use crate::cms::{
    CmsRefused, CmsSignature, CmsSigner, DigestAlgorithm, Hasher, split_padding, verify_detached,
};
use crate::pdf::PdfRefused;

/// A signature with the outcome for its value.
#[derive(Clone, Debug)]
pub struct PdfSignature {
    /// Where it is, what it covers and what came after.
    pub found: FoundSignature,
    /// Its value; `Err` says why it does not hold or could not be checked.
    pub value: Result<CmsSignature, ValueRefused>,
}

/// Why a signature value was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueRefused {
    /// The CMS does not hold.
    #[error(transparent)]
    Cms(#[from] CmsRefused),
    /// The byte range is not exact, so it is not even known what was signed.
    #[error("no exact signed bytes")]
    NothingSigned,
    /// A `SubFilter` that is not checked here.
    #[error("encoding {0:?} is not checked")]
    Unsupported(String),
}

/// Finds every signature and checks its value against the bytes that it covers.
///
/// A later signature whose value does not hold, or is of a kind not checked here, takes no
/// responsibility for its revision: for the signatures before it, that revision is then a forbidden
/// change. An invisible document time-stamp adds nothing to answer for.
pub fn verify(bytes: &[u8]) -> Result<Vec<PdfSignature>, PdfRefused> {
    let mut signatures: Vec<PdfSignature> = inspect(bytes)?
        .into_iter()
        .map(|found| PdfSignature { value: check_value(bytes, &found), found })
        .collect();
    let unproven: Vec<String> = signatures
        .iter()
        .filter(|signature| signature.signer().is_none())
        .map(|signature| signature.found.field.clone())
        .collect();
    for signature in &mut signatures {
        let blamed = signature.found.later.iter().find(|change| match &change.kind {
            ChangeKind::SignatureAdded { field, .. } => unproven.contains(field),
            _ => false,
        });
        if let Some(blamed) = blamed {
            let detail = format!("revision {}: signed by a broken signature", blamed.revision);
            signature.found.changes = Changes::Forbidden;
            signature.found.reasons.push(Reason::with("pdf-changed-after-signing", detail));
        }
    }
    Ok(signatures)
}

impl PdfSignature {
    /// The signer whose value, digest and certificate binding hold.
    pub fn signer(&self) -> Option<&CmsSigner> {
        self.value.as_ref().ok()?.only_signer().ok()
    }

    /// Whether the value holds over the signed bytes.
    pub fn integrity(&self) -> Integrity {
        if self.signer().is_some() { Integrity::Intact } else { Integrity::Broken }
    }

    /// Intact, covering its whole revision, and followed by nothing forbidden. Trust in the signer
    /// is a further question.
    pub fn is_sound(&self) -> bool {
        self.integrity() == Integrity::Intact
            && self.found.coverage != Coverage::Partial
            && self.found.changes != Changes::Forbidden
    }

    /// The report without trust and revocation, which are `Unknown` until the caller has judged
    /// the certificate.
    pub fn report(&self) -> SignatureReport {
        let mut reasons = self.found.reasons.clone();
        reasons.extend(self.value_reason());
        let pades = self.found.sub_filter == CADES;
        let signer = self.signer();
        SignatureReport {
            format: if pades { "PAdES" } else { "CMS" }.to_owned(),
            level: if pades { "B-B" } else { "" }.to_owned(),
            signer: signer.map(|signer| signer.certificate.subject().rfc4514()).unwrap_or_default(),
            signed_at: self.found.claimed_at.or(signer.and_then(|signer| signer.signing_time)),
            integrity: self.integrity(),
            coverage: self.found.coverage,
            changes: self.found.changes,
            trust: Trust::Unknown,
            revocation: Revocation::Unknown,
            indication: self.indication().to_owned(),
            reasons,
        }
    }

    fn value_reason(&self) -> Option<Reason> {
        match &self.value {
            Ok(cms) => cms.only_signer().err().map(|refused| refused.reason()),
            Err(ValueRefused::Cms(refused)) => Some(refused.reason()),
            Err(ValueRefused::NothingSigned) => None, // The byte range is among the reasons.
            Err(ValueRefused::Unsupported(kind)) => {
                Some(Reason::with("pdf-signature-unsupported", kind.clone()))
            }
        }
    }

    /// EN 319 102-1 §5.1.3, as far as it can be said without the certificate path.
    fn indication(&self) -> &'static str {
        let refused = match &self.value {
            Ok(cms) => cms.only_signer().err(),
            Err(ValueRefused::Cms(refused)) => Some(refused.clone()),
            Err(ValueRefused::NothingSigned | ValueRefused::Unsupported(_)) => None,
        };
        let whole = self.found.coverage != Coverage::Partial;
        let changed = self.found.changes == Changes::Forbidden;
        match refused {
            Some(CmsRefused::DigestMismatch) => "TOTAL-FAILED/HASH_FAILURE",
            Some(CmsRefused::Signature) => "TOTAL-FAILED/SIG_CRYPTO_FAILURE",
            // However little is known of the value, the document itself is not what was signed.
            _ if changed || !whole => "TOTAL-FAILED/FORMAT_FAILURE",
            Some(CmsRefused::Algorithm(_)) => "INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
            Some(CmsRefused::AttributeMissing(_)) => "INDETERMINATE/SIG_CONSTRAINTS_FAILURE",
            Some(CmsRefused::NoCertificate) => "INDETERMINATE/NO_SIGNING_CERTIFICATE_FOUND",
            Some(_) => "TOTAL-FAILED/FORMAT_FAILURE",
            None if self.value.is_ok() => "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND",
            None => "INDETERMINATE/GENERIC",
        }
    }
}

fn check_value(bytes: &[u8], found: &FoundSignature) -> Result<CmsSignature, ValueRefused> {
    if found.sub_filter != CADES && found.sub_filter != "adbe.pkcs7.detached" {
        return Err(ValueRefused::Unsupported(found.sub_filter.clone()));
    }
    let parts = found.parts(bytes).ok_or(ValueRefused::NothingSigned)?;
    let digest_of = |algorithm: DigestAlgorithm| {
        let mut hasher = Hasher::new(algorithm);
        parts.iter().for_each(|part| hasher.update(part));
        hasher.finish().value
    };
    Ok(verify_detached(split_padding(&found.contents)?, &digest_of)?)
}

/// The `SubFilter` of PAdES (EN 319 142-1 §6.3).
const CADES: &str = "ETSI.CAdES.detached";
