//! Certificates (X.509 v3, RFC 5280 §4): read from foreign bytes, written by profile.

mod extensions;
mod general_name;
mod issue;
mod profile;

use std::ops::Range;

use auth_core::{
    Timestamp,
    key::{BadSignature, PublicKey},
};
use sha2::{Digest, Sha256};

pub use extensions::{
    BasicConstraints, DistributionPoint, Extensions, KeyUsage, NameConstraints, PolicyConstraints,
    PolicyMapping,
};
pub use general_name::{GeneralName, Subtree};
pub use issue::{Issuer, Serial, TbsParts, certificate_tbs, key_id, sign_certificate};
pub(crate) use issue::{authority_key_id, extension, unsigned_certificate};
pub use profile::{
    CREDENTIAL_SIGNER, CertificateProfile, ISSUING_CA, KP_CREDENTIAL_SIGNING, Kind, PROFILES,
    ROOT_CA, SEAL,
};

use crate::{
    algorithm::{Scheme, SubjectKey},
    asn1::{self, Asn1Error, Reader, tag},
    name::Name,
};

pub(crate) use extensions::{read_extension_list, read_point_name};

/// A certificate as read: the bytes as they came, and what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: Range<usize>,
    signature: Range<usize>,
    scheme: Option<Scheme>,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    spki: Range<usize>,
    key: Option<SubjectKey>,
    extensions: Extensions,
}

impl Certificate {
    /// Reads strict DER of at most [`MAX_CERTIFICATE`] bytes. Keys and algorithms that are not
    /// supported are kept as "unknown": such a certificate can be shown, never trusted.
    pub fn from_der(der: &[u8]) -> Result<Self, Asn1Error> {
        if der.len() > MAX_CERTIFICATE {
            return Err(Asn1Error::Value("certificate size"));
        }
        let mut certificate = Reader::only(der, tag::SEQUENCE)?;
        let tbs = certificate.element(tag::SEQUENCE)?;
        let outer_algorithm = certificate.element(tag::SEQUENCE)?;
        let signature = certificate.bit_octets()?;
        certificate.finish()?;

        let mut fields = tbs.contents();
        let version = match fields.optional(tag::context(0))? {
            None => 0,
            Some(explicit) => match Reader::new(explicit).unsigned()? {
                found @ (1 | 2) => found,
                _ => return Err(Asn1Error::Value("certificate version")),
            },
        };
        let serial = fields.integer()?;
        // RFC 5280 §4.1.2.3: at most 20 octets. (Zero and negative ones exist and are only odd.)
        if serial.len() > 21 {
            return Err(Asn1Error::Value("serial number"));
        }
        // RFC 5280 §4.1.1.2: the two algorithm fields must be the same, or one is not signed.
        if fields.element(tag::SEQUENCE)?.raw != outer_algorithm.raw {
            return Err(Asn1Error::Value("signature algorithm: outer and inner differ"));
        }
        let issuer = Name::from_der(fields.element(tag::SEQUENCE)?.raw)?;
        let mut validity = fields.sequence()?;
        let not_before = asn1::read_time(&mut validity)?;
        let not_after = asn1::read_time(&mut validity)?;
        validity.finish()?;
        let subject = Name::from_der(fields.element(tag::SEQUENCE)?.raw)?;
        let spki = fields.element(tag::SEQUENCE)?.raw;
        if version >= 1 {
            fields.optional(tag::context_primitive(1))?;
            fields.optional(tag::context_primitive(2))?;
        }
        let extensions = match fields.optional(tag::context(3))? {
            Some(explicit) if version == 2 => Extensions::read(explicit)?,
            Some(_) => return Err(Asn1Error::Value("extensions before version 3")),
            None => Extensions::default(),
        };
        fields.finish()?;

        let place = |part: &[u8]| range_in(der, part);
        Ok(Self {
            tbs: place(tbs.raw),
            signature: place(signature),
            scheme: Scheme::from_identifier(outer_algorithm.value)?,
            serial: serial.to_vec(),
            issuer,
            subject,
            not_before,
            not_after,
            spki: place(spki),
            key: SubjectKey::from_spki(spki),
            extensions,
            der: der.to_vec(),
        })
    }

    /// The certificate as it came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The signed part.
    pub fn tbs(&self) -> &[u8] {
        self.der.get(self.tbs.clone()).unwrap_or_default()
    }

    /// How the issuer signed; `None` when that is not supported.
    pub const fn scheme(&self) -> Option<Scheme> {
        self.scheme
    }

    /// Serial number, contents octets of its INTEGER.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// Who issued it.
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Whom it certifies.
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// Start of validity, inclusive.
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// End of validity, inclusive.
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether `at` lies in the validity period (RFC 5280 §4.1.2.5: both ends included).
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.not_before <= at && at.unix() <= self.not_after.unix()
    }

    /// The key it certifies; `None` when its kind is not supported.
    pub const fn key(&self) -> Option<&SubjectKey> {
        self.key.as_ref()
    }

    /// The key it certifies, when it is of a kind that our keystores make.
    pub const fn public(&self) -> Option<&PublicKey> {
        match &self.key {
            Some(SubjectKey::Known(public)) => Some(public),
            _ => None,
        }
    }

    /// SubjectPublicKeyInfo as it came.
    pub fn spki(&self) -> &[u8] {
        self.der.get(self.spki.clone()).unwrap_or_default()
    }

    /// Its extensions.
    pub const fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// SHA-256 of the whole certificate: how it is named in records and ESS attributes.
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// Whether issuer and subject are the same name (RFC 5280 §3.2 "self-issued").
    pub fn is_self_issued(&self) -> bool {
        self.issuer.matches(&self.subject)
    }

    /// Verifies the signature with the issuer's key. Fails for unsupported algorithms too.
    pub fn verify_with(&self, issuer: &SubjectKey) -> Result<(), BadSignature> {
        let signature = self.der.get(self.signature.clone()).ok_or(BadSignature)?;
        self.scheme.ok_or(BadSignature)?.verify(issuer, self.tbs(), signature)
    }

    /// Whether a certified key may sign certificates: basicConstraints says CA, and keyUsage, where
    /// present, has keyCertSign (RFC 5280 §6.1.4 (k), (n)).
    pub fn is_ca(&self) -> bool {
        let usage = self.extensions.key_usage;
        self.extensions.basic_constraints.is_some_and(|basic| basic.ca)
            && usage.is_none_or(|usage| usage.has(KeyUsage::KEY_CERT_SIGN))
    }

    /// Whether it carries the demo policy: technically sound, legally nothing.
    pub fn has_no_legal_effect(&self) -> bool {
        let policies = self.extensions.policies.as_deref().unwrap_or_default();
        policies.iter().any(|policy| policy == crate::oid::POLICY_NO_LEGAL_EFFECT)
    }
}

/// Where `part`, a slice of `whole`, lies in it.
pub(crate) fn range_in(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    start..start.saturating_add(part.len())
}

/// Largest certificate read, bytes: real ones have 1 to 8 KiB; post-quantum ones under 32.
pub const MAX_CERTIFICATE: usize = 64 * 1024;
