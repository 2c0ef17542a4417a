//! What Yinxin certifies, as data: one profile for each kind of certificate.

use super::KeyUsage;
use crate::oid;

/// A kind of certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateProfile {
    /// Which it is.
    pub kind: Kind,
    /// Stable name for records and the command line.
    pub name: &'static str,
    /// keyUsage bits, always critical.
    pub key_usage: u32,
    /// extKeyUsage; empty for authorities.
    pub extended_key_usage: &'static [&'static [u8]],
    /// Longest validity, days.
    pub max_days: i64,
}

/// Which kind of certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An authority that certifies keys; below it no other authority.
    IssuingCa,
    /// An end of the chain.
    Leaf,
    /// A self-signed authority that certifies authorities.
    RootCa,
}

/// The self-signed anchor; certifies issuing authorities and signs their revocation list.
pub const ROOT_CA: CertificateProfile = CertificateProfile {
    kind: Kind::RootCa,
    name: "root-ca",
    key_usage: KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN,
    extended_key_usage: &[],
    max_days: 20 * 366,
};

/// The authority that certifies seals and signers.
pub const ISSUING_CA: CertificateProfile = CertificateProfile {
    kind: Kind::IssuingCa,
    name: "issuing-ca",
    key_usage: KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN,
    extended_key_usage: &[],
    max_days: 10 * 366,
};

/// The key of an electronic seal (电子印章): signs documents, bindingly. Named for e-mail too, since
/// programs older than RFC 9336 (OpenSSL's `cms -verify`, NSS in pdfsig) accept nothing else.
pub const SEAL: CertificateProfile = CertificateProfile {
    kind: Kind::Leaf,
    name: "seal",
    key_usage: KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION,
    extended_key_usage: &[oid::KP_DOCUMENT_SIGNING.as_bytes(), oid::KP_EMAIL_PROTECTION.as_bytes()],
    max_days: 3 * 366,
};

/// The key that signs electronic certificates (电子证照), receipts and status lists; its purpose
/// keeps it from signing documents.
pub const CREDENTIAL_SIGNER: CertificateProfile = CertificateProfile {
    kind: Kind::Leaf,
    name: "credential-signer",
    key_usage: KeyUsage::DIGITAL_SIGNATURE,
    extended_key_usage: &[KP_CREDENTIAL_SIGNING],
    max_days: 3 * 366,
};

/// All profiles, by name.
pub const PROFILES: [&CertificateProfile; 4] = [&ROOT_CA, &ISSUING_CA, &SEAL, &CREDENTIAL_SIGNER];

/// Purpose "signs electronic certificates and their status": arc 1 below the UUID of
/// [`oid::POLICY_NO_LEGAL_EFFECT`], since no purpose for it is registered.
pub const KP_CREDENTIAL_SIGNING: &[u8] = &[
    0x69, 0xE6, 0xDD, 0xEE, 0xF1, 0x89, 0x8E, 0xB2, 0x93, 0xBB, 0xBC, 0xE9, 0xFC, 0xF8, 0xE6, 0xD4,
    0xFF, 0xAD, 0x31, 0x01,
];

impl CertificateProfile {
    /// Finds a profile by its name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        PROFILES.into_iter().find(|profile| profile.name == name)
    }

    /// Whether the subject is an authority.
    pub const fn is_ca(&self) -> bool {
        !matches!(self.kind, Kind::Leaf)
    }

    /// pathLenConstraint: one authority below a root, none below an issuing one.
    pub const fn path_length(&self) -> Option<u64> {
        match self.kind {
            Kind::IssuingCa => Some(0),
            Kind::Leaf => None,
            Kind::RootCa => Some(1),
        }
    }
}
