//! Cryptographic Message Syntax (RFC 5652): the detached signature inside a sealed PDF (PAdES) and
//! beside any other file (CAdES), baseline level B-B.
//!
//! Signing goes through `auth_core::key::Signer`; verifying is Rust only, strict DER, bounded, and
//! says nothing about trust: whoever asks takes the certificates to `pki::path`.

mod attributes;
mod certificates;
mod digest;
mod error;
mod sign;
mod signer_info;
mod verify;

pub use digest::{DigestAlgorithm, Digested, Hasher};
pub use error::{CmsError, CmsRefused};
pub use sign::{CmsOptions, max_len, sign_detached};
pub use verify::{CmsSignature, CmsSigner, split_padding, verify_detached};

/// Object identifiers of CMS and of its attributes.
mod oid {
    use pki::oid::ObjectIdentifier;

    const fn oid(dotted: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(dotted)
    }

    /// id-aa-CMSAlgorithmProtect (RFC 6211).
    pub(super) const ALGORITHM_PROTECTION: ObjectIdentifier = oid("1.2.840.113549.1.9.52");
    /// id-contentType (RFC 5652 §11.1).
    pub(super) const CONTENT_TYPE: ObjectIdentifier = oid("1.2.840.113549.1.9.3");
    /// id-data (RFC 5652 §4).
    pub(super) const DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.1");
    /// data as GM/T 0010 numbers it.
    pub(super) const GM_DATA: ObjectIdentifier = oid("1.2.156.10197.6.1.4.2.1");
    /// signedData as GM/T 0010 numbers it.
    pub(super) const GM_SIGNED_DATA: ObjectIdentifier = oid("1.2.156.10197.6.1.4.2.2");
    /// id-messageDigest (RFC 5652 §11.2).
    pub(super) const MESSAGE_DIGEST: ObjectIdentifier = oid("1.2.840.113549.1.9.4");
    /// id-signedData (RFC 5652 §5.1).
    pub(super) const SIGNED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.2");
    /// id-aa-signingCertificateV2 (RFC 5035 §3).
    pub(super) const SIGNING_CERTIFICATE_V2: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.47");
    /// id-signingTime (RFC 5652 §11.3).
    pub(super) const SIGNING_TIME: ObjectIdentifier = oid("1.2.840.113549.1.9.5");
}

/// Largest CMS read, bytes: a chain of large certificates, time-stamps and revocation data fit well.
pub const MAX_CMS: usize = 1024 * 1024;

#[cfg(test)]
mod tests;
