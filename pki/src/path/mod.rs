//! Certification path validation (RFC 5280 §6): from a certificate to an anchor, within a budget.

mod build;
mod names;
mod policy;
mod rules;

use auth_core::{Reason, Timestamp, verdict::Trust};

use crate::{
    cert::Certificate,
    oid,
    trust::{AnchorClass, TrustList},
};

pub use policy::PolicyInputs;

/// What a certificate is used for: decides which purposes and usages are fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// No purpose is asked for: path rules only.
    Any,
    /// Signing electronic certificates, receipts and their status.
    CredentialSigning,
    /// Signing documents: seals.
    DocumentSigning,
}

impl Purpose {
    /// extKeyUsage values that fit; an absent extension fits too, except for our own purposes,
    /// where certificates are made by us and always carry it.
    fn accepts(self, extended_key_usage: Option<&[Vec<u8>]>) -> bool {
        let fits = |purpose: &Vec<u8>| {
            let known: &[&[u8]] = match self {
                Self::Any => return true,
                Self::CredentialSigning => &[crate::cert::KP_CREDENTIAL_SIGNING],
                Self::DocumentSigning => &DOCUMENT_PURPOSES,
            };
            known.contains(&purpose.as_slice())
        };
        match extended_key_usage {
            None => self != Self::CredentialSigning,
            Some(purposes) => purposes.iter().any(fits),
        }
    }
}

/// What a path is judged by.
#[derive(Clone, Copy, Debug)]
pub struct PathQuestion<'a> {
    /// Certificates that may stand between leaf and anchor; unauthenticated.
    pub pool: &'a [Certificate],
    /// The anchors.
    pub trust: &'a TrustList,
    /// The time at which every certificate must be valid.
    pub at: Timestamp,
    /// What the leaf is used for.
    pub purpose: Purpose,
    /// Policies asked for; the default asks for none.
    pub policies: PolicyInputs<'a>,
}

/// A path that obeys every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidPath {
    /// The certificates, leaf first, anchor last.
    pub certificates: Vec<Certificate>,
    /// What the anchor's word is worth.
    pub class: AnchorClass,
    /// Whether anchor or policy say "demo": technically sound, legally nothing.
    pub no_legal_effect: bool,
}

/// The answer about a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathOutcome {
    /// A path obeys every rule.
    Trusted(ValidPath),
    /// No path leads from the leaf to an anchor.
    Unknown(PathFlaw),
    /// Paths exist, and each breaks a rule; this is the rule broken by the one that came furthest.
    Untrusted(PathFlaw),
}

impl PathOutcome {
    /// As reports say it.
    pub const fn trust(&self) -> Trust {
        match self {
            Self::Trusted(_) => Trust::Trusted,
            Self::Unknown(_) => Trust::Unknown,
            Self::Untrusted(_) => Trust::Untrusted,
        }
    }

    /// The path, when there is one.
    pub const fn path(&self) -> Option<&ValidPath> {
        match self {
            Self::Trusted(path) => Some(path),
            Self::Unknown(_) | Self::Untrusted(_) => None,
        }
    }
}

/// A rule of path validation that is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFlaw {
    /// The search took more signature checks than [`MAX_SIGNATURE_CHECKS`].
    #[error("too many possible paths")]
    Budget,
    /// §6.1.3 (a)(1): a signature does not verify or is of an unsupported kind.
    #[error("certificate signature wrong or unsupported: {0}")]
    CertificateSignature(String),
    /// §6.1.4 (o), §6.1.5 (f): a critical extension that is not understood.
    #[error("critical extension not understood: {0}")]
    CriticalExtension(String),
    /// §6.1.3 (a)(2): past its end.
    #[error("certificate expired: {0}")]
    Expired(String),
    /// The key may not be used so (keyUsage, §6.1.4 (n)).
    #[error("key usage does not allow this: {0}")]
    KeyUsage(String),
    /// §6.1.3 (b), (c): a name outside the permitted or inside the excluded trees.
    #[error("name constraints violated: {0}")]
    NameConstraints(String),
    /// No certificate of the issuer is known, or no chain ends in an anchor.
    #[error("no path to a trust anchor")]
    NoPath,
    /// §6.1.4 (k): an issuer that is no authority.
    #[error("issuer is not an authority: {0}")]
    NotCa(String),
    /// §6.1.3 (a)(2): before its beginning.
    #[error("certificate not valid yet: {0}")]
    NotYetValid(String),
    /// §6.1.4 (l), (m): more authorities than an issuer allows.
    #[error("path longer than an issuer allows")]
    PathLength,
    /// §6.1.5 (g): no policy is left although one is required.
    #[error("no acceptable certificate policy")]
    Policy,
    /// extKeyUsage names other purposes.
    #[error("certificate is for another purpose: {0}")]
    Purpose(String),
}

impl PathFlaw {
    /// Stable code and detail for reports.
    pub fn reason(&self) -> Reason {
        let detail = match self {
            Self::CertificateSignature(name)
            | Self::CriticalExtension(name)
            | Self::Expired(name)
            | Self::KeyUsage(name)
            | Self::NameConstraints(name)
            | Self::NotCa(name)
            | Self::NotYetValid(name)
            | Self::Purpose(name) => Some(name.clone()),
            Self::Budget | Self::NoPath | Self::PathLength | Self::Policy => None,
        };
        Reason { code: self.code().to_owned(), detail }
    }

    /// Stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Budget => "path-budget",
            Self::CertificateSignature(_) => "certificate-signature-wrong",
            Self::CriticalExtension(_) => "critical-extension-unknown",
            Self::Expired(_) => "certificate-expired",
            Self::KeyUsage(_) => "key-usage",
            Self::NameConstraints(_) => "name-constraints",
            Self::NoPath => "no-trusted-path",
            Self::NotCa(_) => "issuer-not-authority",
            Self::NotYetValid(_) => "certificate-not-yet-valid",
            Self::PathLength => "path-too-long",
            Self::Policy => "policy-missing",
            Self::Purpose(_) => "certificate-purpose",
        }
    }
}

/// Looks for a path from `leaf` to an anchor and judges it.
pub fn validate(leaf: &Certificate, question: &PathQuestion<'_>) -> PathOutcome {
    build::Search::new(question).run(leaf)
}

/// The embedded certificates that no path uses: a signature that carries such has bytes that mean
/// nothing, and a verifier that wants every byte accounted for says so.
pub fn stray<'c>(embedded: &'c [Certificate], paths: &[&ValidPath]) -> Vec<&'c Certificate> {
    let used = |certificate: &&Certificate| {
        paths.iter().all(|path| !path.certificates.contains(certificate))
    };
    embedded.iter().filter(used).collect()
}

/// extKeyUsage values under which documents are signed in practice: RFC 9336, Microsoft, Adobe,
/// e-mail (the usual stand-in before RFC 9336), any.
const DOCUMENT_PURPOSES: [&[u8]; 5] = [
    oid::KP_DOCUMENT_SIGNING.as_bytes(),
    oid::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.3.12").as_bytes(),
    oid::ObjectIdentifier::new_unwrap("1.2.840.113583.1.1.5").as_bytes(),
    oid::KP_EMAIL_PROTECTION.as_bytes(),
    oid::ANY_EXTENDED_KEY_USAGE.as_bytes(),
];

/// Most signature checks for one question: cross-signed authorities make paths grow exponentially
/// (RS-2023-0053).
pub const MAX_SIGNATURE_CHECKS: usize = 100;
/// Most certificates in a path, leaf and anchor included.
pub const MAX_DEPTH: usize = 8;
