//! Certificate revocation lists (X.509 CRL v2, RFC 5280 §5).

mod issue;
mod read;

pub use issue::{CrlParts, Entry, sign_crl};
pub use read::{Crl, MAX_CRL, Revoked};

/// Why a certificate was revoked (RFC 5280 §5.3.1). `removeFromCRL` belongs to delta lists, which
/// are not made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationReason {
    /// The attribute authority was compromised.
    AaCompromise,
    /// The subject's relation to the issuer changed.
    AffiliationChanged,
    /// The authority's key was compromised.
    CaCompromise,
    /// Temporarily suspended.
    CertificateHold,
    /// Operation ended.
    CessationOfOperation,
    /// The key was compromised.
    KeyCompromise,
    /// A privilege was withdrawn.
    PrivilegeWithdrawn,
    /// Replaced by another certificate.
    Superseded,
    /// Not said.
    Unspecified,
}

impl RevocationReason {
    /// The CRLReason value.
    pub const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
        }
    }

    /// From a CRLReason value.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Stable kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AaCompromise => "aa-compromise",
            Self::AffiliationChanged => "affiliation-changed",
            Self::CaCompromise => "ca-compromise",
            Self::CertificateHold => "certificate-hold",
            Self::CessationOfOperation => "cessation-of-operation",
            Self::KeyCompromise => "key-compromise",
            Self::PrivilegeWithdrawn => "privilege-withdrawn",
            Self::Superseded => "superseded",
            Self::Unspecified => "unspecified",
        }
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::AaCompromise,
        Self::AffiliationChanged,
        Self::CaCompromise,
        Self::CertificateHold,
        Self::CessationOfOperation,
        Self::KeyCompromise,
        Self::PrivilegeWithdrawn,
        Self::Superseded,
        Self::Unspecified,
    ];
}
