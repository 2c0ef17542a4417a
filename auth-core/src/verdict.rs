//! Answers of verifiers: valid, invalid or undetermined, with reasons as data.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// The outcome of a check. There is no default: a verifier must say which.
///
/// Shown to people as 技术核验通过 / 未通过 / 无法判定, never as 合法有效: a technical check is not a
/// legal opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A rule was found broken.
    Invalid,
    /// Something needed could not be checked: neither "revoked" nor "fine".
    Undetermined,
    /// Every rule was checked and holds.
    Valid,
}

impl Verdict {
    /// The verdict of a whole from those of its parts: one invalid part spoils it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Invalid, _) | (_, Self::Invalid) => Self::Invalid,
            (Self::Undetermined, _) | (_, Self::Undetermined) => Self::Undetermined,
            (Self::Valid, Self::Valid) => Self::Valid,
        }
    }

    /// Exit code of the command line: 0 valid, 1 invalid, 2 undetermined.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Undetermined => 2,
        }
    }
}

/// Why a verdict is what it is: a stable code for programs, detail for people and logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable kebab-case code, also the key of its translated sentence (`reason-…`).
    pub code: String,
    /// What exactly: an object, a field, a time. Never personal data.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
}

impl Reason {
    /// A reason without detail.
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), detail: None }
    }

    /// A reason with detail.
    pub fn with(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: code.into(), detail: Some(detail.into()) }
    }
}

/// What `yinxin verify --json` and `POST /api/verify` answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The answer for the whole file or text.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What was recognised: `pdf`, `cms`, `sd-jwt-vc`, `yx1`, `receipt`, `ofd`.
    pub kind: String,
    /// One entry per signature found.
    pub signatures: Vec<SignatureReport>,
    /// What the statement says (certificate fields, receipt answer); empty for documents.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty", default)]
    pub statement: serde_json::Map<String, serde_json::Value>,
}

impl Report {
    /// A report that is invalid for one reason, before any signature was found.
    pub fn invalid(kind: impl Into<String>, reason: Reason) -> Self {
        Self {
            verdict: Verdict::Invalid,
            reasons: vec![reason],
            kind: kind.into(),
            signatures: Vec::new(),
            statement: serde_json::Map::new(),
        }
    }
}

/// What was found about one signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureReport {
    /// `PAdES`, `CAdES`, `CMS`, `JWS`, `COSE`, `SES`.
    pub format: String,
    /// `B-B`, `B-T`, …; empty where the format has no levels.
    pub level: String,
    /// The signer as its certificate names it (RFC 4514), or the issuer URL.
    pub signer: String,
    /// Claimed or proven signing time.
    pub signed_at: Option<Timestamp>,
    /// Whether the signed bytes are untouched.
    pub integrity: Integrity,
    /// How much of the document the signature covers.
    pub coverage: Coverage,
    /// What came after the signature.
    pub changes: Changes,
    /// Whether the signer's chain ends in a trust anchor.
    pub trust: Trust,
    /// Whether the signer's certificate or the statement was revoked.
    pub revocation: Revocation,
    /// EN 319 102-1 §5.1.3: `TOTAL-PASSED`, `TOTAL-FAILED/…`, `INDETERMINATE/…`.
    pub indication: String,
    /// Why this signature is not plainly good.
    pub reasons: Vec<Reason>,
}

/// Whether the signed bytes are untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Integrity {
    /// Digest or signature value does not match.
    Broken,
    /// Digest and signature value match.
    Intact,
}

/// How much of the document a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// Less than the revision it was made in.
    Partial,
    /// The whole revision it was made in, with later revisions after it.
    Revision,
    /// The whole file.
    Whole,
}

/// What was changed after the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Changes {
    /// Something that may not change after signing did.
    Forbidden,
    /// Nothing follows.
    None,
    /// Only what may follow: further signatures, validation data.
    Permitted,
}

/// Whether the signer's chain ends in a trust anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Ends in a given anchor, every certificate fit for its use.
    Trusted,
    /// No chain could be built.
    Unknown,
    /// A chain exists but breaks a rule.
    Untrusted,
}

/// Whether a certificate or statement was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Revocation {
    /// Fresh status says good.
    Good,
    /// Status says revoked at or before the time judged.
    Revoked,
    /// No fresh status was at hand.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_verdict_wins_and_undetermined_is_never_valid() {
        use Verdict::{Invalid, Undetermined, Valid};
        assert_eq!(Valid.and(Undetermined), Undetermined);
        assert_eq!(Undetermined.and(Invalid), Invalid);
        assert_eq!(Valid.and(Valid), Valid);
    }
}
