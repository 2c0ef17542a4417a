//! Verifying detached signatures: structure, digests, values and bindings; trust is another matter.

use auth_core::Timestamp;
use pki::{
    Certificate,
    algorithm::Scheme,
    asn1::{Asn1Error, Reader, tag},
};

use super::{CmsRefused, DigestAlgorithm, MAX_CMS, certificates, oid, signer_info};

/// A SignedData whose form is sound. Whether its signatures are is told signer by signer.
#[derive(Clone, Debug)]
pub struct CmsSignature {
    /// One outcome for each SignerInfo, in their order; never empty. A caller that needs all of them
    /// good must look at all of them.
    pub signers: Vec<Result<CmsSigner, CmsRefused>>,
    /// Every embedded certificate.
    pub certificates: Vec<Certificate>,
    /// DER of every embedded revocation list: unauthenticated until verified.
    pub lists: Vec<Vec<u8>>,
}

impl CmsSignature {
    /// The only signer, good; PAdES allows no second one (EN 319 142-1 §5.2).
    pub fn only_signer(&self) -> Result<&CmsSigner, CmsRefused> {
        match self.signers.as_slice() {
            [one] => one.as_ref().map_err(Clone::clone),
            [] => Err(CmsRefused::NoSigner),
            _ => Err(CmsRefused::Limit("signers")),
        }
    }
}

/// A signer whose signature value, content digest and certificate binding were checked and hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CmsSigner {
    /// The signer's certificate: authentic only as far as its path is validated.
    pub certificate: Certificate,
    /// The content's hash.
    pub digest: DigestAlgorithm,
    /// How it was signed.
    pub scheme: Scheme,
    /// The claimed signing time.
    pub signing_time: Option<Timestamp>,
    /// Object identifiers of all signed attributes, in dots.
    pub attributes: Vec<String>,
    /// Object identifiers of all unsigned attributes, in dots: not covered by the signature.
    pub unsigned_attributes: Vec<String>,
    /// The signature value: what a signature time-stamp covers (EN 319 122-1 §5.3).
    pub value: Vec<u8>,
}

/// Verifies a detached CMS signature; `digest_of` digests the content with the hash asked for.
///
/// Strict on purpose: DER throughout, the version numbers RFC 5652 computes, signed attributes in
/// DER order and each once, signing-certificate-v2 required, the signer's certificate embedded.
pub fn verify_detached(
    cms: &[u8],
    digest_of: &dyn Fn(DigestAlgorithm) -> Vec<u8>,
) -> Result<CmsSignature, CmsRefused> {
    if cms.len() > MAX_CMS {
        return Err(CmsRefused::Limit("size"));
    }
    let mut fields = open(cms)?;
    let version = fields.unsigned()?;
    let digests = read_digests(fields.expect(tag::SET)?)?;
    let mut content = fields.sequence()?;
    let content_type = content.oid()?;
    if !content.is_empty() {
        return Err(CmsRefused::Attached);
    }
    if ![oid::DATA, oid::GM_DATA].iter().any(|data| data.as_bytes() == content_type) {
        return Err(CmsRefused::ContentType);
    }
    let certificates = fields.optional(tag::context(0))?.unwrap_or_default();
    let certificates = certificates::read(certificates)?;
    let lists = certificates::read_lists(fields.optional(tag::context(1))?.unwrap_or_default())?;
    let infos = fields.expect(tag::SET)?;
    fields.finish()?;

    let mut parsed = Vec::new();
    let mut reader = Reader::new(infos);
    while !reader.is_empty() {
        if parsed.len() == MAX_SIGNERS {
            return Err(CmsRefused::Limit("signers"));
        }
        parsed.push(signer_info::read(reader.expect(tag::SEQUENCE)?)?);
    }
    if parsed.is_empty() {
        return Err(CmsRefused::NoSigner);
    }
    check_version(version, content_type, &parsed)?;
    let around =
        signer_info::Around { content_type, digests: &digests, certificates: &certificates };
    let signers = parsed.iter().map(|info| info.verify(&around, digest_of)).collect();
    Ok(CmsSignature { signers, certificates, lists })
}

/// Cuts the zeros that fill a PDF's `/Contents` off: returns the one DER element at the start.
///
/// # Errors
/// [`CmsRefused::Malformed`] when anything but zeros follows it.
pub fn split_padding(contents: &[u8]) -> Result<&[u8], CmsRefused> {
    let element = Reader::new(contents).any()?;
    let padding = contents.get(element.raw.len()..).unwrap_or_default();
    if padding.iter().all(|octet| *octet == 0) {
        Ok(element.raw)
    } else {
        Err(CmsRefused::Malformed(Asn1Error::Trailing))
    }
}

/// ContentInfo (§3): returns the fields of the SignedData within.
fn open(cms: &[u8]) -> Result<Reader<'_>, CmsRefused> {
    let mut info = Reader::only(cms, tag::SEQUENCE)?;
    let kind = info.oid()?;
    if ![oid::SIGNED_DATA, oid::GM_SIGNED_DATA].iter().any(|known| known.as_bytes() == kind) {
        return Err(CmsRefused::NotSignedData);
    }
    let explicit = info.expect(tag::context(0))?;
    info.finish()?;
    Ok(Reader::only(explicit, tag::SEQUENCE)?)
}

/// digestAlgorithms: announced hashes; those not accepted become `None`.
fn read_digests(contents: &[u8]) -> Result<Vec<Option<DigestAlgorithm>>, CmsRefused> {
    let mut reader = Reader::new(contents);
    let mut digests = Vec::new();
    while !reader.is_empty() {
        if digests.len() == MAX_SIGNERS {
            return Err(CmsRefused::Limit("digest algorithms"));
        }
        digests.push(DigestAlgorithm::from_identifier(reader.expect(tag::SEQUENCE)?)?);
    }
    Ok(digests)
}

/// RFC 5652 §5.1: 3 when the content is no id-data or a SignerInfo has version 3, otherwise 1.
/// (Attribute certificates, which would raise it, are refused.) A version that follows from nothing
/// is refused, so that no byte of the whole is free to change.
fn check_version(
    version: u64,
    content_type: &[u8],
    infos: &[signer_info::SignerInfo<'_>],
) -> Result<(), CmsRefused> {
    let plain =
        content_type == oid::DATA.as_bytes() && infos.iter().all(|info| info.version() == 1);
    // GM/T 0010 writes 1 although its content is not id-data.
    let gm = content_type == oid::GM_DATA.as_bytes() && version == 1;
    if version == if plain { 1 } else { 3 } || gm { Ok(()) } else { Err(CmsRefused::Version) }
}

/// Most SignerInfos: a few people sign one document in parallel, not crowds.
const MAX_SIGNERS: usize = 16;
