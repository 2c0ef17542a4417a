//! Writing certificates.

use auth_core::{
    Random, Timestamp,
    key::{KeyError, PublicKey, SignatureAlgorithm, Signer},
};
use const_oid::ObjectIdentifier;
use sha2::{Digest, Sha256};

use super::CertificateProfile;
use crate::{
    algorithm,
    asn1::{self, Asn1Error, Reader},
    name::Name,
    oid,
};

/// A serial number: 16 octets, 126 of their bits random, positive and below 2^127 (CA/Browser Forum
/// BR §7.1 wants at least 64 random bits and less than 2^159).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Serial([u8; 16]);

impl Serial {
    /// A new one.
    pub fn new(random: &dyn Random) -> Self {
        let mut octets: [u8; 16] = random.bytes();
        octets[0] = octets[0] & 0x3F | 0x40; // positive, and of one length
        Self(octets)
    }

    /// As 32 lower-case hexadecimal digits: how records name it.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    /// Reads what [`Serial::to_hex`] wrote.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut octets = [0; 16];
        hex::decode_to_slice(text, &mut octets).ok()?;
        (octets[0] & 0xC0 == 0x40).then_some(Self(octets))
    }

    /// The contents octets of its INTEGER.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// Who signs a certificate, and where the signer's list and certificate are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// Its name.
    pub name: Name,
    /// Its subjectKeyIdentifier.
    pub key_id: Vec<u8>,
    /// Address of its revocation list; `None` in a root's own certificate.
    pub crl_url: Option<String>,
    /// Address of its certificate; `None` in a root's own certificate.
    pub certificate_url: Option<String>,
}

/// All that goes into a certificate.
#[derive(Clone, Copy, Debug)]
pub struct TbsParts<'a> {
    /// What kind of certificate.
    pub profile: &'a CertificateProfile,
    /// Its number.
    pub serial: Serial,
    /// Who signs.
    pub issuer: &'a Issuer,
    /// Whose key.
    pub subject: &'a Name,
    /// The key.
    pub public: &'a PublicKey,
    /// First and last moment of validity.
    pub validity: (Timestamp, Timestamp),
    /// Policies, contents octets of their object identifiers.
    pub policies: &'a [&'a [u8]],
    /// How it will be signed.
    pub algorithm: SignatureAlgorithm,
}

/// The TBSCertificate (RFC 5280 §4.1.2): what is linted, then signed.
pub fn certificate_tbs(parts: &TbsParts<'_>) -> Vec<u8> {
    let (not_before, not_after) = parts.validity;
    asn1::sequence([
        asn1::context(0, [asn1::small_integer(2)]),
        asn1::integer(parts.serial.as_bytes()),
        algorithm::identifier(parts.algorithm),
        parts.issuer.name.der().to_vec(),
        asn1::sequence([asn1::write_time(not_before), asn1::write_time(not_after)]),
        parts.subject.der().to_vec(),
        parts.public.spki().to_vec(),
        asn1::context(3, [asn1::sequence(extensions(parts))]),
    ])
}

/// Signs a TBSCertificate whose algorithm is the signer's.
pub async fn sign_certificate(signer: &Signer, tbs: &[u8]) -> Result<Vec<u8>, KeyError> {
    let signature = algorithm::sign(signer, tbs).await?;
    let algorithm = algorithm::identifier(signer.algorithm());
    Ok(asn1::sequence([tbs, &algorithm, &asn1::bits(&signature)]))
}

/// subjectKeyIdentifier: the first 160 bits of SHA-256 of the key (RFC 7093 §2 (1)).
pub fn key_id(public: &PublicKey) -> Vec<u8> {
    Sha256::digest(public.raw())[..20].to_vec()
}

/// One Extension (RFC 5280 §4.1).
pub(crate) fn extension(id: &ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { asn1::boolean() } else { Vec::new() };
    asn1::sequence([asn1::oid(id), critical, asn1::octets(value)])
}

/// authorityKeyIdentifier with a keyIdentifier only.
pub(crate) fn authority_key_id(key_id: &[u8]) -> Vec<u8> {
    let value = asn1::sequence([asn1::context_primitive(0, key_id)]);
    extension(&oid::AUTHORITY_KEY_IDENTIFIER, false, &value)
}

fn extensions(parts: &TbsParts<'_>) -> Vec<Vec<u8>> {
    let profile = parts.profile;
    let subject_key = asn1::octets(&key_id(parts.public));
    let mut list = vec![
        basic_constraints(profile),
        extension(&oid::KEY_USAGE, true, &asn1::named_bits(profile.key_usage)),
        extension(&oid::SUBJECT_KEY_IDENTIFIER, false, &subject_key),
        authority_key_id(&parts.issuer.key_id),
    ];
    if !profile.extended_key_usage.is_empty() {
        let purposes = profile.extended_key_usage.iter();
        let purposes = asn1::sequence(purposes.map(|id| asn1::tlv(asn1::tag::OID, id)));
        list.push(extension(&oid::EXTENDED_KEY_USAGE, false, &purposes));
    }
    if !parts.policies.is_empty() {
        let policy = |id: &&[u8]| asn1::sequence([asn1::tlv(asn1::tag::OID, id)]);
        let policies = asn1::sequence(parts.policies.iter().map(policy));
        list.push(extension(&oid::CERTIFICATE_POLICIES, false, &policies));
    }
    if let Some(url) = &parts.issuer.crl_url {
        let full_name = asn1::context(0, [asn1::context_primitive(6, url.as_bytes())]);
        let point = asn1::sequence([asn1::context(0, [full_name])]);
        list.push(extension(&oid::CRL_DISTRIBUTION_POINTS, false, &asn1::sequence([point])));
    }
    if let Some(url) = &parts.issuer.certificate_url {
        let location = asn1::context_primitive(6, url.as_bytes());
        let access = asn1::sequence([asn1::oid(&oid::AD_CA_ISSUERS), location]);
        list.push(extension(&oid::AUTHORITY_INFO_ACCESS, false, &asn1::sequence([access])));
    }
    list
}

fn basic_constraints(profile: &CertificateProfile) -> Vec<u8> {
    let mut value = Vec::new();
    if profile.is_ca() {
        value.push(asn1::boolean());
        value.extend(profile.path_length().map(asn1::small_integer));
    }
    extension(&oid::BASIC_CONSTRAINTS, true, &asn1::sequence(value))
}

/// A TBSCertificate with a signature that signs nothing, so that a draft can be read back and
/// linted before the real signature exists.
pub(crate) fn unsigned_certificate(tbs: &[u8]) -> Result<Vec<u8>, Asn1Error> {
    let mut fields = Reader::only(tbs, asn1::tag::SEQUENCE)?;
    fields.optional(asn1::tag::context(0))?;
    fields.integer()?;
    let algorithm = fields.element(asn1::tag::SEQUENCE)?.raw;
    Ok(asn1::sequence([tbs, algorithm, &asn1::bits(&[])]))
}
