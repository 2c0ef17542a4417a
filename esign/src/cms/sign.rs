//! Making detached signatures.

use auth_core::{
    Timestamp,
    key::{KeyKind, SignatureAlgorithm, Signer},
};
use pki::{Certificate, algorithm, asn1};

use super::{CmsError, DigestAlgorithm, Digested, attributes, oid};

/// What a signature says beyond the content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CmsOptions {
    /// The claimed signing time. CAdES B-B requires it (EN 319 122-1 §6.3); in PAdES it must be
    /// absent, since the signature dictionary's `/M` carries it (EN 319 142-1 §6.3).
    pub signing_time: Option<Timestamp>,
}

/// Signs a digest: DER SignedData (RFC 5652 §5.1) without content, with the signer's chain embedded
/// and the signer's certificate bound by signing-certificate-v2 (RFC 5035 §3). SHA-256 with P-256
/// and RSA keys, SM3 with SM2 keys.
pub async fn sign_detached(
    signer: &Signer,
    content: Digested,
    options: CmsOptions,
) -> Result<Vec<u8>, CmsError> {
    let digest = DigestAlgorithm::of(signer.algorithm()).ok_or(CmsError::Algorithm)?;
    if content.algorithm != digest {
        return Err(CmsError::Digest);
    }
    let certificate = signer_certificate(signer)?;
    let attributes = attributes::signed(signer.algorithm(), &certificate, &content, options);
    let signature = algorithm::sign(signer, &asn1::set_of(attributes.clone())).await?;
    Ok(assemble(signer, &certificate, digest, attributes, &signature))
}

/// An upper bound, at most three bytes too high, for what [`sign_detached`] returns for this signer:
/// how large a gap a PDF needs.
pub fn max_len(signer: &Signer) -> Result<usize, CmsError> {
    let digest = DigestAlgorithm::of(signer.algorithm()).ok_or(CmsError::Algorithm)?;
    let certificate = signer_certificate(signer)?;
    let content = Digested { algorithm: digest, value: vec![0; 32] };
    let options = CmsOptions { signing_time: Some(Timestamp::from_unix(0)) };
    let attributes = attributes::signed(signer.algorithm(), &certificate, &content, options);
    let signature = vec![0; longest_signature(signer)];
    let with_time = assemble(signer, &certificate, digest, attributes, &signature).len();
    Ok(with_time + GENERALIZED_TIME_EXCESS)
}

/// The chain's first certificate, which must certify the signer's key.
fn signer_certificate(signer: &Signer) -> Result<Certificate, CmsError> {
    let first = signer.chain().first().ok_or(CmsError::Chain)?;
    let certificate = Certificate::from_der(first).map_err(|_| CmsError::Chain)?;
    if certificate.public() == Some(signer.public()) {
        Ok(certificate)
    } else {
        Err(CmsError::Chain)
    }
}

fn assemble(
    signer: &Signer,
    certificate: &Certificate,
    digest: DigestAlgorithm,
    attributes: Vec<Vec<u8>>,
    signature: &[u8],
) -> Vec<u8> {
    let mut signed_attributes = asn1::set_of(attributes);
    if let Some(first) = signed_attributes.first_mut() {
        *first = asn1::tag::context(0); // stored as [0] IMPLICIT, signed as SET OF (§5.4)
    }
    let issuer_and_serial = asn1::sequence([
        certificate.issuer().der(),
        &asn1::tlv(asn1::tag::INTEGER, certificate.serial()),
    ]);
    let signer_info = asn1::sequence([
        asn1::small_integer(1),
        issuer_and_serial,
        digest.identifier(),
        signed_attributes,
        algorithm::identifier(signer.algorithm()),
        asn1::octets(signature),
    ]);
    let mut certificates: Vec<&[u8]> = signer.chain().iter().map(Vec::as_slice).collect();
    certificates.sort_unstable(); // a SET OF
    certificates.dedup();
    let signed_data = asn1::sequence([
        asn1::small_integer(1),
        asn1::set_of(vec![digest.identifier()]),
        asn1::sequence([asn1::oid(&oid::DATA)]),
        asn1::context(0, certificates),
        asn1::set_of(vec![signer_info]),
    ]);
    asn1::sequence([asn1::oid(&oid::SIGNED_DATA), asn1::context(0, [signed_data])])
}

/// Longest signature value as CMS carries it.
fn longest_signature(signer: &Signer) -> usize {
    match (signer.algorithm(), signer.public().kind()) {
        // SEQUENCE of two INTEGERs, each 32 octets and perhaps a leading zero.
        (SignatureAlgorithm::Es256 | SignatureAlgorithm::Sm2Sm3, _) => 72,
        (_, KeyKind::Rsa2048) => 256,
        (_, KeyKind::Rsa3072) => 384,
        (_, KeyKind::Rsa4096) => 512,
        _ => 64,
    }
}

/// From 2050 on, signing time takes two octets more (RFC 5652 §11.3).
const GENERALIZED_TIME_EXCESS: usize = 2;
