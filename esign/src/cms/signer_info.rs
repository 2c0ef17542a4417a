//! One SignerInfo (RFC 5652 §5.3), read and verified.

use pki::{
    Certificate,
    algorithm::Scheme,
    asn1::{Reader, Tlv, dotted, is_sorted_set, tag, tlv},
};

use super::{
    CmsRefused, DigestAlgorithm,
    attributes::{self, Attribute},
    oid,
    verify::CmsSigner,
};

/// A SignerInfo as read.
pub(super) struct SignerInfo<'a> {
    version: u64,
    sid: SignerId<'a>,
    digest_identifier: &'a [u8],
    signed_attributes: Option<&'a [u8]>,
    signature_identifier: &'a [u8],
    signature: &'a [u8],
    unsigned_attributes: Option<&'a [u8]>,
}

/// How the signer's certificate is named.
enum SignerId<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    KeyId(&'a [u8]),
}

/// The parts of the SignedData that a SignerInfo is judged by.
pub(super) struct Around<'a> {
    pub(super) content_type: &'a [u8],
    pub(super) digests: &'a [Option<DigestAlgorithm>],
    pub(super) certificates: &'a [Certificate],
}

/// Reads the contents of a SignerInfo.
pub(super) fn read(contents: &[u8]) -> Result<SignerInfo<'_>, CmsRefused> {
    let mut fields = Reader::new(contents);
    let version = fields.unsigned()?;
    let sid = read_sid(fields.any()?)?;
    // §5.3: version 1 goes with issuerAndSerialNumber, 3 with subjectKeyIdentifier.
    if version != if matches!(sid, SignerId::KeyId(_)) { 3 } else { 1 } {
        return Err(CmsRefused::Version);
    }
    let info = SignerInfo {
        version,
        sid,
        digest_identifier: fields.expect(tag::SEQUENCE)?,
        signed_attributes: fields.optional(tag::context(0))?,
        signature_identifier: fields.expect(tag::SEQUENCE)?,
        signature: fields.expect(tag::OCTET_STRING)?,
        unsigned_attributes: fields.optional(tag::context(1))?,
    };
    fields.finish()?;
    Ok(info)
}

impl SignerInfo<'_> {
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// Every rule for one signer, cheap ones first.
    pub(super) fn verify(
        &self,
        around: &Around<'_>,
        digest_of: &dyn Fn(DigestAlgorithm) -> Vec<u8>,
    ) -> Result<CmsSigner, CmsRefused> {
        let digest = self.digest()?;
        let scheme = self.scheme(digest)?;
        if !around.digests.contains(&Some(digest)) {
            return Err(CmsRefused::DigestUnlisted);
        }
        let contents = self.signed_attributes.ok_or(CmsRefused::NoSignedAttributes)?;
        if !is_sorted_set(contents)? {
            return Err(CmsRefused::AttributesUnsorted);
        }
        let list = attributes::read(contents)?;
        attributes::refuse_repeated(&list)?;
        let certificate = self.certificate(around.certificates).ok_or(CmsRefused::NoCertificate)?;
        let signed_digest = self.check_bindings(&list, around, certificate)?;

        let key = certificate.key().ok_or_else(|| CmsRefused::Algorithm("key".to_owned()))?;
        // Stored as [0] IMPLICIT, signed as SET OF (§5.4): only the tag differs.
        let message = tlv(tag::SET, contents);
        scheme.verify(key, &message, self.signature).map_err(|_| CmsRefused::Signature)?;
        if signed_digest != digest_of(digest) {
            return Err(CmsRefused::DigestMismatch);
        }
        let time = attributes::single(&list, &oid::SIGNING_TIME)?;
        let unsigned = attributes::read(self.unsigned_attributes.unwrap_or_default())?;
        Ok(CmsSigner {
            certificate: certificate.clone(),
            digest,
            scheme,
            signing_time: time.map(attributes::read_signing_time).transpose()?,
            attributes: names(&list),
            unsigned_attributes: names(&unsigned),
            value: self.signature.to_vec(),
        })
    }

    /// Attributes that bind content, certificate and algorithms; returns the signed digest.
    fn check_bindings<'a>(
        &self,
        list: &[Attribute<'a>],
        around: &Around<'_>,
        certificate: &Certificate,
    ) -> Result<&'a [u8], CmsRefused> {
        let required = |name, title| {
            attributes::single(list, name)?.ok_or(CmsRefused::AttributeMissing(title))
        };
        let mut content_type = required(&oid::CONTENT_TYPE, "content-type")?;
        let signed_type = content_type.oid()?;
        content_type.finish()?;
        if signed_type != around.content_type {
            return Err(CmsRefused::ContentType);
        }
        let mut message_digest = required(&oid::MESSAGE_DIGEST, "message-digest")?;
        let signed_digest = message_digest.expect(tag::OCTET_STRING)?;
        message_digest.finish()?;
        let reference = required(&oid::SIGNING_CERTIFICATE_V2, "signing-certificate-v2")?;
        attributes::check_signing_certificate(reference, certificate)?;
        if let Some(protected) = attributes::single(list, &oid::ALGORITHM_PROTECTION)? {
            let (digest, signature) = (self.digest_identifier, self.signature_identifier);
            attributes::check_protection(protected, digest, signature)?;
        }
        Ok(signed_digest)
    }

    fn digest(&self) -> Result<DigestAlgorithm, CmsRefused> {
        DigestAlgorithm::from_identifier(self.digest_identifier)?
            .ok_or_else(|| CmsRefused::Algorithm(identifier_name(self.digest_identifier)))
    }

    /// The signature algorithm, which must hash as the content was hashed.
    fn scheme(&self, digest: DigestAlgorithm) -> Result<Scheme, CmsRefused> {
        let refused = || CmsRefused::Algorithm(identifier_name(self.signature_identifier));
        let mut reader = Reader::new(self.signature_identifier);
        let name = reader.oid()?;
        // Named by the key alone (RFC 3370 §3.2, GM/T 0010): the hash is the content's.
        let by_key = if name == pki::oid::RSA_ENCRYPTION.as_bytes() {
            match digest {
                DigestAlgorithm::Sha256 => Some(Scheme::RsaSha256),
                DigestAlgorithm::Sha384 => Some(Scheme::RsaSha384),
                DigestAlgorithm::Sha512 => Some(Scheme::RsaSha512),
                DigestAlgorithm::Sm3 => None,
            }
        } else if name == pki::oid::SM2_SIGN.as_bytes() {
            (digest == DigestAlgorithm::Sm3).then_some(Scheme::Sm2Sm3)
        } else {
            let scheme = Scheme::from_identifier(self.signature_identifier)?;
            return scheme.filter(|scheme| digest.fits(*scheme)).ok_or_else(refused);
        };
        if reader.optional(tag::NULL)?.is_some_and(|null| !null.is_empty()) {
            return Err(refused());
        }
        reader.finish()?;
        by_key.ok_or_else(refused)
    }

    fn certificate<'c>(&self, certificates: &'c [Certificate]) -> Option<&'c Certificate> {
        certificates.iter().find(|certificate| match self.sid {
            SignerId::IssuerAndSerial { issuer, serial } => {
                certificate.issuer().der() == issuer && certificate.serial() == serial
            }
            SignerId::KeyId(id) => certificate.extensions().subject_key_id.as_deref() == Some(id),
        })
    }
}

fn read_sid(element: Tlv<'_>) -> Result<SignerId<'_>, CmsRefused> {
    match element.tag {
        tag::SEQUENCE => {
            let mut fields = element.contents();
            let issuer = fields.element(tag::SEQUENCE)?.raw;
            let serial = fields.integer()?;
            fields.finish()?;
            Ok(SignerId::IssuerAndSerial { issuer, serial })
        }
        0x80 => Ok(SignerId::KeyId(element.value)),
        _ => Err(CmsRefused::Malformed(pki::asn1::Asn1Error::UnexpectedTag)),
    }
}

fn names(list: &[Attribute<'_>]) -> Vec<String> {
    list.iter().map(|attribute| dotted(attribute.name)).collect()
}

fn identifier_name(contents: &[u8]) -> String {
    Reader::new(contents).oid().map_or_else(|_| "unreadable".to_owned(), dotted)
}
