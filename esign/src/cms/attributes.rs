//! Signed attributes (RFC 5652 §5.3): written sorted, read strictly.

use auth_core::{Timestamp, key::SignatureAlgorithm};
use pki::{
    Certificate, algorithm,
    asn1::{self, Asn1Error, Reader, dotted, tag},
    oid::ObjectIdentifier,
};

use super::{CmsOptions, CmsRefused, DigestAlgorithm, Digested, oid};

/// The attributes of a new signature, each a DER Attribute.
pub(super) fn signed(
    algorithm: SignatureAlgorithm,
    certificate: &Certificate,
    content: &Digested,
    options: CmsOptions,
) -> Vec<Vec<u8>> {
    let mut list = vec![
        attribute(&oid::CONTENT_TYPE, asn1::oid(&oid::DATA)),
        attribute(&oid::MESSAGE_DIGEST, asn1::octets(&content.value)),
        attribute(
            &oid::SIGNING_CERTIFICATE_V2,
            signing_certificate(content.algorithm, certificate),
        ),
        attribute(&oid::ALGORITHM_PROTECTION, protection(content.algorithm, algorithm)),
    ];
    if let Some(at) = options.signing_time {
        list.push(attribute(&oid::SIGNING_TIME, asn1::write_time(at)));
    }
    list
}

/// One attribute as read: its name and its values.
#[derive(Clone, Debug)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a [u8],
    values: &'a [u8],
}

/// Reads the contents of a SET OF Attribute.
pub(super) fn read<'a>(contents: &'a [u8]) -> Result<Vec<Attribute<'a>>, CmsRefused> {
    let mut reader = Reader::new(contents);
    let mut list: Vec<Attribute<'a>> = Vec::new();
    while !reader.is_empty() {
        let mut attribute = reader.sequence()?;
        let name = attribute.oid()?;
        let values = attribute.expect(tag::SET)?;
        attribute.finish()?;
        if list.len() == MAX_ATTRIBUTES {
            return Err(CmsRefused::Limit("attributes"));
        }
        list.push(Attribute { name, values });
    }
    Ok(list)
}

/// Finds an attribute that may occur once and has one value; returns a reader over that value.
pub(super) fn single<'a>(
    list: &[Attribute<'a>],
    name: &ObjectIdentifier,
) -> Result<Option<Reader<'a>>, CmsRefused> {
    let repeated = || CmsRefused::AttributeRepeated(name.to_string());
    let mut found = list.iter().filter(|attribute| attribute.name == name.as_bytes());
    let Some(attribute) = found.next() else { return Ok(None) };
    let mut values = Reader::new(attribute.values);
    let value = if values.is_empty() { Err(repeated()) } else { Ok(values.any()?) }?;
    if found.next().is_some() || !values.is_empty() {
        return Err(repeated());
    }
    Ok(Some(Reader::new(value.raw)))
}

/// No attribute may occur twice in signed attributes, known or not: which one counts would be the
/// reader's guess.
pub(super) fn refuse_repeated(list: &[Attribute<'_>]) -> Result<(), CmsRefused> {
    let mut names: Vec<&[u8]> = list.iter().map(|attribute| attribute.name).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair.first() == pair.last()) {
        Some(pair) => {
            Err(CmsRefused::AttributeRepeated(dotted(pair.first().copied().unwrap_or_default())))
        }
        None => Ok(()),
    }
}

/// Checks signing-certificate-v2 (RFC 5035 §3): its first entry is the signer's certificate.
pub(super) fn check_signing_certificate(
    mut value: Reader<'_>,
    certificate: &Certificate,
) -> Result<(), CmsRefused> {
    let mut outer = value.sequence()?;
    value.finish()?;
    let mut certificates = outer.sequence()?;
    let mut first = certificates.sequence()?;
    let digest = match first.optional(tag::SEQUENCE)? {
        None => DigestAlgorithm::Sha256,
        Some(contents) => DigestAlgorithm::from_identifier(contents)?
            .ok_or_else(|| CmsRefused::Algorithm("digest of the certificate".to_owned()))?,
    };
    let hash = first.expect(tag::OCTET_STRING)?;
    if hash != digest.digest(certificate.der()) {
        return Err(CmsRefused::SigningCertificate);
    }
    if let Some(issuer_serial) = first.optional(tag::SEQUENCE)? {
        check_issuer_serial(issuer_serial, certificate)?;
    }
    first.finish()?;
    Ok(())
}

/// Checks CMSAlgorithmProtection (RFC 6211 §2) against the SignerInfo's own fields.
pub(super) fn check_protection(
    mut value: Reader<'_>,
    digest_identifier: &[u8],
    signature_identifier: &[u8],
) -> Result<(), CmsRefused> {
    let mut protected = value.sequence()?;
    value.finish()?;
    let digest = protected.expect(tag::SEQUENCE)?;
    let signature = protected.optional(tag::context(1))?;
    let same = digest == digest_identifier && signature == Some(signature_identifier);
    if same && protected.is_empty() { Ok(()) } else { Err(CmsRefused::AlgorithmProtection) }
}

/// Reads a signing time.
pub(super) fn read_signing_time(mut value: Reader<'_>) -> Result<Timestamp, Asn1Error> {
    let at = asn1::read_time(&mut value)?;
    value.finish().map(|()| at)
}

fn check_issuer_serial(contents: &[u8], certificate: &Certificate) -> Result<(), CmsRefused> {
    let mut reader = Reader::new(contents);
    let names = reader.expect(tag::SEQUENCE)?;
    let serial = reader.integer()?;
    reader.finish()?;
    let mut names = Reader::new(names);
    let issuer = names.expect(tag::context(4))?; // directoryName
    names.finish()?;
    if issuer == certificate.issuer().der() && serial == certificate.serial() {
        Ok(())
    } else {
        Err(CmsRefused::SigningCertificate)
    }
}

fn attribute(name: &ObjectIdentifier, value: Vec<u8>) -> Vec<u8> {
    asn1::sequence([asn1::oid(name), asn1::set_of(vec![value])])
}

/// SigningCertificateV2 with one ESSCertIDv2; SHA-256 is the default and left out.
fn signing_certificate(digest: DigestAlgorithm, certificate: &Certificate) -> Vec<u8> {
    let mut id = Vec::new();
    if digest != DigestAlgorithm::Sha256 {
        id.push(digest.identifier());
    }
    id.push(asn1::octets(&digest.digest(certificate.der())));
    asn1::sequence([asn1::sequence([asn1::sequence(id)])])
}

/// CMSAlgorithmProtection: without it an attacker may swap names of equivalent algorithms.
fn protection(digest: DigestAlgorithm, algorithm: SignatureAlgorithm) -> Vec<u8> {
    let mut signature = algorithm::identifier(algorithm);
    if let Some(first) = signature.first_mut() {
        *first = tag::context(1);
    }
    asn1::sequence([digest.identifier(), signature])
}

/// Most attributes in one set; real signatures have under ten.
const MAX_ATTRIBUTES: usize = 64;
